//! Pictures as bytes: what has changed since the last one, in one piece, or nothing at all.
//!
//! The screen remembers what the terminal shows. A new picture is compared with that cell by cell;
//! what differs is written in as few bytes as the two pictures allow (`paint`), between the
//! brackets of an atomic frame. Everything is drawn again only after a change of size, when somebody
//! asks for it, or when a frame was lost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::Painter;

/// Begins a picture that a terminal shows at once.
pub(super) const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";
/// Ends it.
pub(super) const SYNC_END: &[u8] = b"\x1b[?2026l";
/// A terminal that claims more columns or rows than this is given this many: a picture has a price.
const MOST: u16 = 1_000;

/// What a terminal shows, and the next picture.
#[derive(Debug)]
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    painter: Painter,
    known: bool,
    repaints: u64,
}

impl Screen {
    /// A terminal of so many columns and rows, about whose contents nothing is known. At most 1,000
    /// of either are used.
    #[must_use]
    pub fn new(columns: u16, rows: u16) -> Self {
        let area = Rect::new(0, 0, columns.min(MOST), rows.min(MOST));
        Self {
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            painter: Painter::default(),
            known: false,
            repaints: 0,
        }
    }

    /// Columns and rows.
    #[must_use]
    pub const fn size(&self) -> (u16, u16) {
        (self.next.area.width, self.next.area.height)
    }

    /// The terminal has this size now; if it is another, the next picture is drawn whole.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let fresh = Self::new(columns, rows);
        if fresh.size() != self.size() {
            *self = Self { repaints: self.repaints, ..fresh };
        }
    }

    /// What the terminal shows is no longer known: the next picture is drawn whole.
    pub const fn forget(&mut self) {
        self.known = false;
    }

    /// How many pictures were drawn whole.
    #[must_use]
    pub const fn repaints(&self) -> u64 {
        self.repaints
    }

    /// Draws the next picture into an empty buffer and returns the bytes that bring the terminal
    /// there, bracketed so that they appear at once; empty if nothing changed.
    pub fn draw(&mut self, picture: impl FnOnce(&mut Buffer)) -> Vec<u8> {
        self.next.reset();
        picture(&mut self.next);
        let mut out = Vec::with_capacity(1_024);
        out.extend_from_slice(SYNC_BEGIN);
        if !self.known {
            self.known = true;
            self.repaints += 1;
            self.shown.reset();
            self.painter.begin_anew(&mut out);
        }
        self.painter.paint(&self.shown, &self.next, &mut out);
        std::mem::swap(&mut self.shown, &mut self.next);
        if out.len() == SYNC_BEGIN.len() {
            out.clear();
        } else {
            out.extend_from_slice(SYNC_END);
        }
        out
    }
}
