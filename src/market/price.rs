//! Prices on an instrument's own scale.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Money, Qty, Side};

/// A price in the smallest unit of its instrument's price scale. Whole, and never a float.
///
/// On NEPSE the scale is 100, so a price counts paisa per share. Foreign, view-only
/// instruments carry the scale of their import; two prices are comparable only within one
/// instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(i64);

/// The grid that limit prices of an instrument must lie on, in price units. Always positive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(i64);

impl Tick {
    /// A tick of `units` price units; `None` unless it is positive.
    #[must_use]
    pub const fn new(units: i64) -> Option<Self> {
        if units > 0 { Some(Self(units)) } else { None }
    }

    /// The tick in price units.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }
}

impl Price {
    /// A price of `units` on the instrument's scale.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// The price in units of the instrument's scale.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Whether the price can exist at all: orders and trades are above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether the price lies on the grid.
    #[must_use]
    pub const fn is_on_grid(self, tick: Tick) -> bool {
        self.0 % tick.0 == 0
    }

    /// Moves onto the tick grid without ever paying more or asking less: a buy rounds down, a
    /// sell rounds up. `None` if nothing positive is left or the sum overflows.
    #[must_use]
    pub const fn on_grid(self, tick: Tick, side: Side) -> Option<Self> {
        let Some(down) = self.0.div_euclid(tick.0).checked_mul(tick.0) else { return None };
        let units = match side {
            Side::Buy => down,
            Side::Sell if down == self.0 => down,
            Side::Sell => match down.checked_add(tick.0) {
                Some(up) => up,
                None => return None,
            },
        };
        if units > 0 { Some(Self(units)) } else { None }
    }

    /// The price moved by a whole number of ticks; `None` on overflow or if it leaves the positive prices.
    #[must_use]
    pub fn moved(self, ticks: i64, tick: Tick) -> Option<Self> {
        let units = self.0.checked_add(ticks.checked_mul(tick.0)?)?;
        (units > 0).then_some(Self(units))
    }

    /// Price times quantity as money: the only multiplication that means something here.
    /// Exact on the NEPSE scale (paisa per share, whole shares); `None` on overflow.
    #[must_use]
    pub fn notional(self, qty: Qty) -> Option<Money> {
        self.0.checked_mul(qty.units()).map(Money::from_paisa)
    }

    /// Reads `"1,234.50"` or `"1234.5"` on a scale of `scale` units per whole (100 for paisa).
    ///
    /// Parsed from the text and never through a float; digits beyond the scale are refused
    /// unless they are zeros.
    ///
    /// # Errors
    /// The text itself when it is not a decimal number on that scale.
    pub fn parse(text: &str, scale: i64) -> Result<Self, ParseNumberError> {
        parse_scaled(text, scale).map(Self)
    }
}

impl fmt::Display for Price {
    /// Two decimals, the NEPSE scale. The screen groups digits; this is for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, self.0, 100)
    }
}

/// A text that is not a number on the wanted scale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a number with at most {decimals} decimals")]
pub struct ParseNumberError {
    /// What was read.
    pub text: String,
    /// How many decimals the scale holds.
    pub decimals: u32,
}

/// Reads a decimal with optional thousands separators into whole units of `1/scale`.
pub(crate) fn parse_scaled(text: &str, scale: i64) -> Result<i64, ParseNumberError> {
    let decimals = scale.checked_ilog10().unwrap_or(0);
    let refuse = || ParseNumberError { text: text.chars().take(40).collect(), decimals };
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(refuse());
    }
    let mut units: i64 = 0;
    for c in whole.chars().filter(|c| *c != ',') {
        let digit = c.to_digit(10).ok_or_else(refuse)?;
        units = units.checked_mul(10).and_then(|u| u.checked_add(i64::from(digit))).ok_or_else(refuse)?;
    }
    units = units.checked_mul(scale).ok_or_else(refuse)?;
    let mut weight = scale;
    for c in fraction.chars() {
        let digit = i64::from(c.to_digit(10).ok_or_else(refuse)?);
        weight /= 10;
        if weight == 0 && digit != 0 {
            return Err(refuse());
        }
        units = units.checked_add(digit * weight).ok_or_else(refuse)?;
    }
    Ok(if negative { -units } else { units })
}

/// Writes whole units of `1/scale` as a decimal with all decimals of the scale.
pub(crate) fn write_scaled(f: &mut fmt::Formatter<'_>, units: i64, scale: i64) -> fmt::Result {
    let decimals = scale.checked_ilog10().unwrap_or(0) as usize;
    let sign = if units < 0 { "-" } else { "" };
    let magnitude = units.unsigned_abs();
    let scale = scale.unsigned_abs();
    if decimals == 0 {
        write!(f, "{sign}{magnitude}")
    } else {
        write!(f, "{sign}{}.{:0decimals$}", magnitude / scale, magnitude % scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_exactly_or_refuses() {
        for (text, units) in [
            ("500", Some(50_000)),
            ("500.5", Some(50_050)),
            ("1,234.50", Some(123_450)),
            ("0.01", Some(1)),
            ("12.3400", Some(1_234)),
            ("-3.05", Some(-305)),
            ("", None),
            (".", None),
            ("12.345", None),
            ("1e3", None),
            ("nan", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Price::parse(text, 100).ok().map(Price::units), units, "{text}");
        }
    }

    #[test]
    fn a_buy_never_pays_more_and_a_sell_never_asks_less() {
        let tick = Tick::new(10).unwrap();
        for (units, side, expected) in [
            (50_004, Side::Buy, Some(50_000)),
            (50_004, Side::Sell, Some(50_010)),
            (50_010, Side::Sell, Some(50_010)),
            (4, Side::Buy, None),
            (4, Side::Sell, Some(10)),
            (i64::MAX, Side::Sell, None),
        ] {
            let got = Price::from_units(units).on_grid(tick, side).map(Price::units);
            assert_eq!(got, expected, "{units} {side:?}");
        }
    }

    #[test]
    fn shows_two_decimals() {
        assert_eq!(Price::from_units(54_605).to_string(), "546.05");
        assert_eq!(Price::from_units(-5).to_string(), "-0.05");
    }
}
