//! Pictures as bytes: what has changed since the last one, in one piece, or nothing at all.
//!
//! The screen remembers what the terminal shows. A new picture is compared with that cell by cell, where it
//! was drawn on at all; what differs is written in as few bytes as the two pictures allow (`paint`),
//! between the brackets of an atomic frame. Everything is written again only after a change of size, when
//! somebody asks for it, or when a frame was lost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{Painter, is_same_cell};
use crate::console::sheet::Sheet;
use crate::console::{Frame, Theme, Ui, draw_onto};

/// Begins a picture that a terminal shows at once.
pub(super) const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";
/// Ends it.
pub(super) const SYNC_END: &[u8] = b"\x1b[?2026l";
/// A terminal that claims more columns or rows than this is given this many: a picture has a price.
const MOST: u16 = 1_000;

/// What a terminal shows, and the next picture. Between two pictures both hold the same.
#[derive(Debug)]
pub struct Screen {
    shown: Buffer,
    next: Sheet,
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
            next: Sheet::new(area),
            painter: Painter::default(),
            known: false,
            repaints: 0,
        }
    }

    /// Columns and rows.
    #[must_use]
    pub const fn size(&self) -> (u16, u16) {
        (self.shown.area.width, self.shown.area.height)
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

    /// Draws the next picture of the console and returns the bytes that bring the terminal there,
    /// bracketed so that they appear at once; empty if nothing changed.
    pub fn draw_frame(&mut self, frame: &Frame, ui: &Ui, theme: &Theme) -> Vec<u8> {
        draw_onto(&mut self.next, frame, ui, theme);
        self.bytes()
    }

    /// The same with any other picture, drawn into an empty buffer.
    pub fn draw(&mut self, picture: impl FnOnce(&mut Buffer)) -> Vec<u8> {
        picture(self.next.blank());
        self.bytes()
    }

    fn bytes(&mut self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1_024);
        out.extend_from_slice(SYNC_BEGIN);
        if !self.known {
            self.known = true;
            self.repaints += 1;
            self.shown.reset();
            self.next.touch_all();
            self.painter.begin_anew(&mut out);
        }
        self.painter.paint(&self.shown, self.next.buffer(), self.next.touched(), &mut out);
        self.settle();
        if out.len() == SYNC_BEGIN.len() {
            out.clear();
        } else {
            out.extend_from_slice(SYNC_END);
        }
        out
    }

    /// The terminal shows the next picture now.
    fn settle(&mut self) {
        let next = self.next.buffer();
        let width = usize::from(next.area.width).max(1);
        for &y in self.painter.changed() {
            let row = usize::from(y) * width..(usize::from(y) + 1) * width;
            let (Some(shown), Some(next)) = (self.shown.content.get_mut(row.clone()), next.content.get(row))
            else {
                continue;
            };
            for (shown, next) in shown.iter_mut().zip(next) {
                if !is_same_cell(shown, next) {
                    shown.clone_from(next);
                }
            }
        }
        self.next.settle();
    }
}
