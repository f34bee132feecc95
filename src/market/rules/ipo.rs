//! The first trade of a new listing.

use super::band::Band;
use super::{ALWAYS, Dated, RuleError};
use crate::market::{Price, SessionDate};

/// How the price of a first trade is bounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum FirstTrade {
    /// One to three times the net worth per share.
    NetWorth,
    /// One to three times the face value, unless the net worth is below it; then the older rule.
    FaceValue,
}

static RULE: Dated<FirstTrade> =
    Dated(&[(ALWAYS, FirstTrade::NetWorth), (20_260_216, FirstTrade::FaceValue)]);

/// Where the first trade of a listing may take place, in the special opening auction. If nothing
/// matches there, the symbol does not trade that day and tries again in the next session; after the
/// first price, the daily band applies around it.
///
/// To January 2026: one to three times the net worth per share. From February 2026 (first used on
/// 2026-02-16): one to three times the face value where the net worth reaches the face value, else
/// up to three times the net worth; the lower end of that last case is not published and taken to
/// be the net worth, as before. Source: market rules, section 2 (high confidence).
///
/// # Errors
/// [`RuleError::OutOfDomain`] unless both values are positive and fit.
pub fn first_trade_band(net_worth: Price, face_value: Price, date: SessionDate) -> Result<Band, RuleError> {
    const NAME: &str = "first trade of a listing";
    let refuse = |name, price: Price| RuleError::OutOfDomain { rule: NAME, name, value: price.units() };
    if !net_worth.is_positive() {
        return Err(refuse("net worth per share", net_worth));
    }
    if !face_value.is_positive() {
        return Err(refuse("face value", face_value));
    }
    let base = match RULE.require(NAME, date)? {
        FirstTrade::FaceValue if net_worth >= face_value => face_value,
        _ => net_worth,
    };
    let upper = base.units().checked_mul(3).ok_or_else(|| refuse("base price", base))?;
    Ok(Band { lower: base, upper: Price::from_units(upper) })
}

#[cfg(test)]
mod tests {
    use super::super::day;
    use super::*;

    #[test]
    fn the_first_trade_by_date() {
        assert!(RULE.is_ordered());
        for (net_worth, date, expected) in [
            (15_000, "2025-06-01", Some((15_000, 45_000))),
            (8_000, "2025-06-01", Some((8_000, 24_000))),
            (15_000, "2026-02-16", Some((10_000, 30_000))),
            (10_000, "2026-06-01", Some((10_000, 30_000))),
            (8_000, "2026-06-01", Some((8_000, 24_000))),
            (0, "2026-06-01", None),
            (-500, "2025-06-01", None),
            (i64::MAX, "2025-06-01", None),
        ] {
            let got =
                first_trade_band(Price::from_units(net_worth), Price::from_units(10_000), day(date)).ok();
            assert_eq!(got.map(|b| (b.lower.units(), b.upper.units())), expected, "{net_worth} on {date}");
        }
    }
}
