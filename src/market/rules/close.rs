//! The official closing price.

use super::{ALWAYS, Dated, RuleError};
use crate::market::time::NS_PER_S;
use crate::market::{Price, Qty, SessionDate, Timestamp};

/// How the exchange fixed the close of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClosingRule {
    /// The last trade.
    LastTrade,
    /// The volume-weighted price of the last 15 minutes; the last trade if there was none in them.
    VwapLast15Minutes,
}

static RULE: Dated<ClosingRule> = Dated(&[
    (ALWAYS, ClosingRule::LastTrade),
    (20_250_320, ClosingRule::VwapLast15Minutes),
    (20_250_923, ClosingRule::LastTrade),
]);

/// The closing rule of a date: the last trade to 2025-03-19, the volume-weighted price of 14:45 to
/// 15:00 from 2025-03-20 to 2025-09-21, the last trade again from 2025-09-23 (2025-09-22 was a
/// holiday). Source: market rules, section 2 (high confidence).
#[must_use]
pub fn closing_rule(date: SessionDate) -> ClosingRule {
    RULE.on(date).copied().expect("the table holds from the beginning")
}

/// The official close of a symbol whose continuous session ends at `session_close`.
///
/// `prints` are the day's trades of at least a board lot in time order. The volume-weighted price
/// is rounded to the nearest paisa, half up (the rounding is not published; four closes in five
/// were off the tick). `None` without a trade.
///
/// # Errors
/// [`RuleError::OutOfDomain`] if the sums do not fit.
pub fn official_close(
    rule: ClosingRule,
    session_close: Timestamp,
    prints: impl IntoIterator<Item = (Timestamp, Price, Qty)>,
) -> Result<Option<Price>, RuleError> {
    let window_opens = session_close.plus_ns(-15 * 60 * NS_PER_S);
    let (mut last, mut value, mut volume) = (None, 0_i128, 0_i128);
    for (at, price, qty) in prints {
        last = Some(price);
        if at >= window_opens && qty.is_positive() {
            value = value.saturating_add(i128::from(price.units()) * i128::from(qty.units()));
            volume = volume.saturating_add(i128::from(qty.units()));
        }
    }
    if rule == ClosingRule::LastTrade || volume == 0 {
        return Ok(last);
    }
    let half_up = value.checked_mul(2).and_then(|v| v.checked_add(volume)).map(|v| v.div_euclid(2 * volume));
    match half_up.and_then(|units| i64::try_from(units).ok()) {
        Some(units) => Ok(Some(Price::from_units(units))),
        None => Err(RuleError::OutOfDomain { rule: "official close", name: "traded value", value: i64::MAX }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::day;
    use super::*;

    #[test]
    fn the_closing_rule_by_date() {
        assert!(RULE.is_ordered());
        for (date, rule) in [
            ("2025-03-19", ClosingRule::LastTrade),
            ("2025-03-20", ClosingRule::VwapLast15Minutes),
            ("2025-09-21", ClosingRule::VwapLast15Minutes),
            ("2025-09-23", ClosingRule::LastTrade),
            ("2012-01-01", ClosingRule::LastTrade),
        ] {
            assert_eq!(closing_rule(day(date)), rule, "{date}");
        }
    }

    #[test]
    fn the_close_of_a_day() {
        let at = |time: &str| Timestamp::nepal(day("2025-06-01"), time.parse().unwrap()).unwrap();
        let print =
            |time: &str, price: i64, qty: i64| (at(time), Price::from_units(price), Qty::from_units(qty));
        let early = print("12:00:00", 40_000, 500);
        let quarter = print("14:45:00", 50_000, 10);
        let late = print("14:59:59", 50_100, 20);
        let vwap = ClosingRule::VwapLast15Minutes;
        for (rule, prints, expected) in [
            (ClosingRule::LastTrade, vec![early, quarter, late], Some(50_100)),
            (vwap, vec![early, quarter, late], Some(50_067)), // 50,066.67
            (vwap, vec![quarter, print("14:50:00", 50_001, 10)], Some(50_001)), // half up
            (vwap, vec![early], Some(40_000)),                // halted before: the last price
            (vwap, vec![], None),
            (ClosingRule::LastTrade, vec![], None),
        ] {
            let got = official_close(rule, at("15:00:00"), prints.clone());
            assert_eq!(got, Ok(expected.map(Price::from_units)), "{rule:?} {prints:?}");
        }
    }
}
