//! Price bands, and the daily one around the previous close.

use super::{ALWAYS, Dated, RuleError};
use crate::market::{Price, SessionDate, Tick};

const RULE: &str = "daily price band";

/// Basis points of the previous close, each way.
static DAILY: Dated<i64> = Dated(&[(ALWAYS, 1_000), (20_260_420, 1_500)]);

/// Prices from `lower` to `upper`, both allowed. Never empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band {
    /// Lowest allowed price.
    pub lower: Price,
    /// Highest allowed price.
    pub upper: Price,
}

impl Band {
    /// `width_bps` basis points each way around a reference, rounded inward to the grid: the upper
    /// end down, the lower end up. With a tick of one paisa this is the limit the exchange
    /// quotes; with the instrument's tick, the last price that can be entered.
    ///
    /// # Errors
    /// [`RuleError::OutOfDomain`] if the reference is not positive, the width is negative, or no
    /// price of the grid is left.
    pub fn around(reference: Price, width_bps: i64, tick: Tick) -> Result<Self, RuleError> {
        let out_of_domain = |name, value| RuleError::OutOfDomain { rule: "price band", name, value };
        if !reference.is_positive() {
            return Err(out_of_domain("reference price", reference.units()));
        }
        if width_bps < 0 {
            return Err(out_of_domain("width in basis points", width_bps));
        }
        let unit = i128::from(tick.units()) * 10_000;
        let scaled = |bps: i64| i128::from(reference.units()) * (10_000 + i128::from(bps));
        let upper = scaled(width_bps).div_euclid(unit);
        // The grid begins at one tick: a band that reaches below it ends there.
        let lower = (-(-scaled(-width_bps)).div_euclid(unit)).max(1);
        let price = |ticks: i128| i64::try_from(ticks * i128::from(tick.units())).map(Price::from_units).ok();
        match (price(lower), price(upper)) {
            (Some(lower), Some(upper)) if lower <= upper => Ok(Self { lower, upper }),
            _ => Err(out_of_domain("reference price", reference.units())),
        }
    }

    /// Whether a price is allowed.
    #[must_use]
    pub fn contains(self, price: Price) -> bool {
        self.lower <= price && price <= self.upper
    }

    /// The nearest allowed price.
    #[must_use]
    pub fn clamp(self, price: Price) -> Price {
        price.clamp(self.lower, self.upper)
    }

    /// What both bands allow; `None` if nothing.
    #[must_use]
    pub fn intersect(self, other: Self) -> Option<Self> {
        let band = Self { lower: self.lower.max(other.lower), upper: self.upper.min(other.upper) };
        (band.lower <= band.upper).then_some(band)
    }
}

/// How far a price may move from the previous close in a day, in basis points each way.
///
/// 10 % to 2026-04-17, 15 % from 2026-04-20 (high confidence; market rules, section 2). Debentures
/// are assumed to follow shares.
#[must_use]
pub fn daily_band_bps(date: SessionDate) -> i64 {
    DAILY.on(date).copied().expect("the table holds from the beginning")
}

/// The prices of a day: [`daily_band_bps`] around the adjusted previous close (on the first day of
/// a listing, around the price of its opening auction), rounded inward to the grid. Trading goes on
/// at the limit; no rule stops a single symbol there.
///
/// # Errors
/// As [`Band::around`].
pub fn daily_band(previous_close: Price, tick: Tick, date: SessionDate) -> Result<Band, RuleError> {
    Band::around(previous_close, daily_band_bps(date), tick).map_err(|error| match error {
        RuleError::OutOfDomain { value, .. } => {
            RuleError::OutOfDomain { rule: RULE, name: "previous close", value }
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::day;
    use super::*;

    fn paisa(lower: i64, upper: i64) -> Band {
        Band { lower: Price::from_units(lower), upper: Price::from_units(upper) }
    }

    #[test]
    fn the_daily_band_by_date() {
        assert!(DAILY.is_ordered());
        for (close, tick, date, lower, upper) in [
            (50_000, 10, "2024-07-02", 45_000, 55_000),
            (50_000, 10, "2026-04-17", 45_000, 55_000),
            (50_000, 10, "2026-04-20", 42_500, 57_500),
            // A band as the exchange quotes it, and the part of it that lies on the grid.
            (170_300, 1, "2026-08-03", 144_755, 195_845),
            (170_300, 10, "2026-08-03", 144_760, 195_840),
            // Two limit-up closes in a row.
            (69_270, 10, "2026-06-01", 58_880, 79_660),
            (79_660, 10, "2026-06-02", 67_720, 91_600),
            // The first days of two listings: the auction price and the limit above it.
            (30_000, 10, "2026-03-01", 27_000, 33_000),
            (29_970, 10, "2026-06-01", 25_480, 34_460),
            (1_033, 1, "2024-07-02", 930, 1_136),
            (5, 1, "2024-07-02", 5, 5),
        ] {
            let tick = Tick::new(tick).unwrap();
            let got = daily_band(Price::from_units(close), tick, day(date));
            assert_eq!(got, Ok(paisa(lower, upper)), "{close} on {date}");
        }
        let tick = Tick::new(10).unwrap();
        for close in [0, -1, 4, i64::MAX] {
            assert!(daily_band(Price::from_units(close), tick, day("2024-07-02")).is_err(), "{close}");
        }
    }

    #[test]
    fn bands_meet_or_do_not() {
        assert_eq!(paisa(10, 20).intersect(paisa(15, 30)), Some(paisa(15, 20)));
        assert_eq!(paisa(10, 20).intersect(paisa(21, 30)), None);
        assert_eq!(paisa(10, 20).clamp(Price::from_units(25)), Price::from_units(20));
    }

    proptest! {
        #[test]
        fn both_ends_lie_on_the_grid_and_inside(
            close in 1i64..10_000_000,
            tick in 1i64..200,
            bps in 0i64..2_000,
        ) {
            let grid = Tick::new(tick).unwrap();
            if let Ok(band) = Band::around(Price::from_units(close), bps, grid) {
                prop_assert!(band.lower.is_on_grid(grid) && band.upper.is_on_grid(grid));
                prop_assert!(band.lower.is_positive());
                let within = |p: Price| (p.units() - close).abs() * 10_000 <= close * bps;
                prop_assert!(within(band.upper) && within(band.lower));
                // One tick further out would break the limit.
                prop_assert!(!within(Price::from_units(band.upper.units() + tick)));
                let below = Price::from_units(band.lower.units() - tick);
                prop_assert!(band.lower.units() == tick || !within(below));
            }
        }
    }
}
