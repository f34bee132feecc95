//! Where a limit price may be entered: a few per cent around the last trade, inside the daily band.

use super::band::{Band, daily_band};
use super::{ALWAYS, Dated, RuleError};
use crate::market::{Price, SessionDate, Tick};

/// Basis points around the last trade, each way.
static CONTINUOUS: Dated<i64> = Dated(&[(ALWAYS, 200), (20_260_420, 300)]);

/// Basis points around the previous close in the opening auction, each way.
static PRE_OPEN: Dated<i64> = Dated(&[(ALWAYS, 500), (20_210_718, 200), (20_260_420, 500)]);

/// How far from the last trade a limit may be entered in continuous trading, in basis points.
///
/// 2 % to 2026-04-17, 3 % from 2026-04-20, where it is read per security and this is the default
/// (high confidence; market rules, section 2).
#[must_use]
pub fn order_band_bps(date: SessionDate) -> i64 {
    CONTINUOUS.on(date).copied().expect("the table holds from the beginning")
}

/// How far from the previous close a limit may be entered in the opening auction, in basis points.
///
/// 5 % to 2021-07-17, 2 % to 2026-04-17, 5 % from 2026-04-20 (high confidence; market rules,
/// section 2).
#[must_use]
pub fn pre_open_band_bps(date: SessionDate) -> i64 {
    PRE_OPEN.on(date).copied().expect("the table holds from the beginning")
}

/// What an order may be priced at on a day: the daily band, and the narrower entry band that
/// moves with every trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderBands {
    previous_close: Price,
    tick: Tick,
    daily: Band,
    order_bps: i64,
    pre_open_bps: i64,
}

impl OrderBands {
    /// The bands of a day, looked up once so that recentring costs no lookup.
    ///
    /// # Errors
    /// As [`daily_band`].
    pub fn new(previous_close: Price, tick: Tick, date: SessionDate) -> Result<Self, RuleError> {
        Ok(Self {
            previous_close,
            tick,
            daily: daily_band(previous_close, tick, date)?,
            order_bps: order_band_bps(date),
            pre_open_bps: pre_open_band_bps(date),
        })
    }

    /// The same with this security's own width in continuous trading, where the exchange has
    /// published one.
    #[must_use]
    pub const fn with_order_bps(self, order_bps: i64) -> Self {
        Self { order_bps, ..self }
    }

    /// The prices the day allows.
    #[must_use]
    pub const fn daily(&self) -> Band {
        self.daily
    }

    /// Where a limit may be entered in continuous trading: around the last trade of at least a
    /// board lot, or around the previous close before the first.
    ///
    /// # Errors
    /// [`RuleError::OutOfDomain`] if the last price is not positive or leaves nothing of the daily
    /// band.
    pub fn continuous(&self, last: Option<Price>) -> Result<Band, RuleError> {
        self.inside_daily(last.unwrap_or(self.previous_close), self.order_bps)
    }

    /// Where a limit may be entered in the opening auction: around the previous close.
    ///
    /// # Errors
    /// [`RuleError::OutOfDomain`] if the grid leaves no price.
    pub fn pre_open(&self) -> Result<Band, RuleError> {
        self.inside_daily(self.previous_close, self.pre_open_bps)
    }

    fn inside_daily(&self, reference: Price, bps: i64) -> Result<Band, RuleError> {
        Band::around(reference, bps, self.tick)?.intersect(self.daily).ok_or(RuleError::OutOfDomain {
            rule: "order-entry band",
            name: "last price",
            value: reference.units(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::day;
    use super::*;

    #[test]
    fn the_entry_band_follows_the_last_trade_inside_the_day() {
        assert!(CONTINUOUS.is_ordered() && PRE_OPEN.is_ordered());
        let tick = Tick::new(10).unwrap();
        for (date, last, expected) in [
            ("2024-07-02", None, Some((49_000, 51_000))),
            ("2024-07-02", Some(51_000), Some((49_980, 52_020))),
            ("2024-07-02", Some(54_500), Some((53_410, 55_000))), // cut by the daily band
            ("2024-07-02", Some(45_000), Some((45_000, 45_900))),
            ("2026-04-17", None, Some((49_000, 51_000))),
            ("2026-04-20", None, Some((48_500, 51_500))),
            ("2026-04-20", Some(57_000), Some((55_290, 57_500))),
            ("2024-07-02", Some(70_000), None), // a last price that today's band excludes
            ("2024-07-02", Some(0), None),
        ] {
            let bands = OrderBands::new(Price::from_units(50_000), tick, day(date)).unwrap();
            let got = bands.continuous(last.map(Price::from_units)).ok();
            assert_eq!(got.map(|b| (b.lower.units(), b.upper.units())), expected, "{date} after {last:?}");
        }
    }

    #[test]
    fn the_auction_band_by_date() {
        let tick = Tick::new(10).unwrap();
        for (date, bps, lower, upper) in [
            ("2020-12-01", 500, 47_500, 52_500),
            ("2021-07-17", 500, 47_500, 52_500),
            ("2021-07-18", 200, 49_000, 51_000),
            ("2026-04-17", 200, 49_000, 51_000),
            ("2026-04-20", 500, 47_500, 52_500),
        ] {
            assert_eq!(pre_open_band_bps(day(date)), bps, "{date}");
            let band =
                OrderBands::new(Price::from_units(50_000), tick, day(date)).unwrap().pre_open().unwrap();
            assert_eq!((band.lower.units(), band.upper.units()), (lower, upper), "{date}");
        }
    }

    #[test]
    fn a_security_may_have_its_own_width() {
        let tick = Tick::new(10).unwrap();
        let bands = OrderBands::new(Price::from_units(50_000), tick, day("2026-08-03")).unwrap();
        let band = bands.with_order_bps(500).continuous(None).unwrap();
        assert_eq!((band.lower.units(), band.upper.units()), (47_500, 52_500));
    }
}
