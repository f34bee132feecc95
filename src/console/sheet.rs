//! A picture that is drawn over the one before: what would come out the same is left standing.
//!
//! A pane is a function of a frame, of a few parts of the terminal's state and of a theme. The sheet keeps
//! the last picture with what went into it. A key that moves the cursor of the ladder leaves every other
//! pane as it is; a new frame, another theme or another layout leaves nothing. Which parts a pane reads
//! is said in the list of panes. What was drawn over panes is taken off again by drawing those anew.
//!
//! The picture never depends on what was there before: drawn over any other it is, cell by cell, the one
//! that an empty sheet would get.

use std::sync::{Arc, Weak};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::{Layout, Slot};
use super::pane::{PaneId, pane};
use super::reads::{Part, Parts};
use super::theme::Theme;
use super::ui::Workspace;
use super::view::View;
use super::{Options, ShellStatus};
use crate::engine::Snapshot;

/// A picture, what it was drawn from, and where it differs from the one before.
#[derive(Debug)]
pub struct Sheet {
    buffer: Buffer,
    /// `None` while nothing on it can be left standing.
    drawn: Option<Drawn>,
    /// Of every row the columns that were drawn on, first and after the last.
    touched: Vec<(u16, u16)>,
}

/// What the last picture was drawn from.
#[derive(Debug)]
struct Drawn {
    whole: Whole,
    parts: Parts,
    /// What lies over the panes.
    covered: Vec<Rect>,
}

/// What goes into every pane. Frames are told apart by their place in memory, which is not given to
/// another while it is held here; what they hold is not kept alive by that.
#[derive(Debug)]
struct Whole {
    snapshot: Weak<Snapshot>,
    status: Weak<ShellStatus>,
    theme: Theme,
    options: Options,
    workspace: Workspace,
    full: bool,
    size: (u16, u16),
    layout: Layout,
}

impl Whole {
    fn of(view: &View<'_>, layout: &Layout) -> Self {
        Self {
            snapshot: Arc::downgrade(&view.frame.snapshot),
            status: Arc::downgrade(&view.frame.status),
            theme: view.theme.clone(),
            options: view.ui.options,
            workspace: view.ui.workspace,
            full: view.ui.full,
            size: view.ui.size,
            layout: layout.clone(),
        }
    }

    fn is(&self, view: &View<'_>, layout: &Layout) -> bool {
        let ui = view.ui;
        std::ptr::eq(self.snapshot.as_ptr(), Arc::as_ptr(&view.frame.snapshot))
            && std::ptr::eq(self.status.as_ptr(), Arc::as_ptr(&view.frame.status))
            && (self.options, self.workspace, self.full) == (ui.options, ui.workspace, ui.full)
            && self.size == ui.size
            && self.layout == *layout
            && self.theme == *view.theme
    }
}

/// What of a picture has to be drawn anew.
#[derive(Debug)]
pub(super) struct Stale {
    changed: Vec<Part>,
    /// Panes whose own list, or whose share of the focus, is another.
    panes: Vec<PaneId>,
    /// What is to be emptied: places where something lay over the panes, or the whole sheet.
    bare: Vec<Rect>,
}

impl Stale {
    /// What is to be emptied before anything is drawn.
    pub(super) fn bare(&self) -> &[Rect] {
        &self.bare
    }

    /// Whether a pane has to be drawn anew.
    pub(super) fn pane(&self, slot: Slot) -> bool {
        self.panes.contains(&slot.pane) || self.place(slot.area, pane(slot.pane).reads)
    }

    /// Whether what stands here and reads these parts has to be drawn anew.
    pub(super) fn place(&self, area: Rect, reads: &[Part]) -> bool {
        reads.iter().any(|part| self.changed.contains(part))
            || self.bare.iter().any(|bare| bare.intersects(area))
    }

    /// Whether a place is among those that are emptied first.
    pub(super) fn is_wiped(&self, area: Rect) -> bool {
        self.bare.iter().any(|bare| bare.union(area) == *bare)
    }
}

impl Sheet {
    /// An empty sheet.
    #[must_use]
    pub fn new(area: Rect) -> Self {
        Self::over(Buffer::empty(area))
    }

    /// A sheet over a picture that somebody else has drawn: nothing of it will be left.
    #[must_use]
    pub fn over(buffer: Buffer) -> Self {
        let touched = vec![(0, buffer.area.width); usize::from(buffer.area.height)];
        Self { buffer, drawn: None, touched }
    }

    /// The picture alone.
    #[must_use]
    pub fn into_buffer(self) -> Buffer {
        self.buffer
    }

    /// The picture.
    #[must_use]
    pub const fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Of every row the columns that were drawn on since [`Sheet::settle`], first and after the last.
    #[must_use]
    pub fn touched(&self) -> &[(u16, u16)] {
        &self.touched
    }

    /// The picture is known: from now on what is drawn counts as touched.
    pub fn settle(&mut self) {
        self.touched.fill((u16::MAX, 0));
    }

    /// The picture is not known to anybody: all of it counts as touched.
    pub fn touch_all(&mut self) {
        self.touched.fill((0, self.buffer.area.width));
    }

    /// An empty buffer to draw anything else in.
    pub fn blank(&mut self) -> &mut Buffer {
        self.drawn = None;
        self.touch_all();
        self.buffer.reset();
        &mut self.buffer
    }

    /// A place to draw in; it counts as touched.
    pub(super) fn touch(&mut self, area: Rect) -> &mut Buffer {
        let area = area.intersection(self.buffer.area);
        let rows = self.touched.get_mut(usize::from(area.top())..usize::from(area.bottom()));
        for (from, to) in rows.into_iter().flatten() {
            (*from, *to) = ((*from).min(area.left()), (*to).max(area.right()));
        }
        &mut self.buffer
    }

    /// What has to be drawn anew for a view in a layout. It is taken for drawn from then on.
    pub(super) fn renew(&mut self, view: &View<'_>, layout: &Layout) -> Stale {
        let before = self.drawn.take().filter(|drawn| drawn.whole.is(view, layout));
        // Laid out for another size than the terminal's, one thing may stand over another.
        let (area, size) = (self.buffer.area, view.ui.size);
        let Some(mut drawn) = before else {
            if size == (area.width, area.height) {
                let (whole, parts) = (Whole::of(view, layout), Parts::of(view.ui, layout));
                self.drawn = Some(Drawn { whole, parts, covered: Vec::new() });
            }
            return Stale { changed: Vec::new(), panes: Vec::new(), bare: vec![area] };
        };
        let (changed, panes) = drawn.parts.renew(view.ui, layout);
        let bare = std::mem::take(&mut drawn.covered);
        self.drawn = Some(drawn);
        Stale { changed, panes, bare }
    }

    /// Something lies over the panes here.
    pub(super) fn cover(&mut self, area: Rect) -> &mut Buffer {
        if let Some(drawn) = &mut self.drawn {
            drawn.covered.push(area);
        }
        self.touch(area)
    }
}
