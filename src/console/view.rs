//! What panes draw from: a frame, this terminal's state, a theme.

use super::format::PriceFormat;
use super::theme::Theme;
use super::ui::Ui;
use super::{Frame, ShellStatus, words};
use crate::engine::snapshot::{InstrumentView, Snapshot};
use crate::execution::Order;
use crate::market::{InstrumentId, Side, Timestamp};

/// Everything a pane may look at. Drawing reads and never writes.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The engine's picture and the shell's status.
    pub frame: &'a Frame,
    /// What this terminal looks at.
    pub ui: &'a Ui,
    /// What it looks like.
    pub theme: &'a Theme,
}

impl<'a> View<'a> {
    /// The engine's picture.
    #[must_use]
    pub fn snapshot(&self) -> &'a Snapshot {
        &self.frame.snapshot
    }

    /// The shell's status.
    #[must_use]
    pub fn status(&self) -> &'a ShellStatus {
        &self.frame.status
    }

    /// The engine's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.snapshot().now
    }

    /// The instrument looked at.
    #[must_use]
    pub fn instrument(&self) -> Option<&'a InstrumentView> {
        self.snapshot().instrument(self.ui.symbol?)
    }

    /// How an instrument writes its prices.
    #[must_use]
    pub fn prices(&self, id: InstrumentId) -> PriceFormat {
        words::price_format(self.snapshot(), id)
    }

    /// Open orders of ours in an instrument, on one side.
    pub fn own_orders(&self, id: InstrumentId, side: Side) -> impl Iterator<Item = &'a Order> {
        let open = move |o: &&Order| o.state.is_open() && o.order.instrument == id && o.order.side == side;
        self.snapshot().orders.iter().map(AsRef::as_ref).filter(open)
    }
}
