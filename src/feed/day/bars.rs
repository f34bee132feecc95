//! Daily bars, which travel in the same file layout so that one tool chain reads both.

use crate::market::{InstrumentId, Price, Qty, SessionDate};

/// One session of one instrument as the exchange published it, unadjusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DailyBar {
    /// The session.
    pub date: SessionDate,
    /// The instrument.
    pub instrument: InstrumentId,
    /// First price. Before 2018 the published opens are often the close before.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Shares traded, odd lots included.
    pub volume: Qty,
    /// The adjusted close before, where the record's change in percent gives it.
    pub previous_close: Option<Price>,
}
