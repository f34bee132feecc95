//! Decimal texts as whole numbers of a scale.

/// How many decimals a number of an instrument has at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    decimals: u32,
    units: i64,
}

/// The finest scale.
const MOST_DECIMALS: u32 = 12;
/// How much of a bad number is shown.
const SHOWN: usize = 40;

/// Why a text is not a number of this scale.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NumberError {
    /// Not digits with at most one point between them.
    #[error("`{0}` is not a decimal number")]
    NotDecimal(String),
    /// Below zero.
    #[error("`{0}` is negative")]
    Negative(String),
    /// A price of zero.
    #[error("a price of zero")]
    ZeroPrice,
    /// A trade of nothing.
    #[error("a quantity of zero")]
    ZeroQty,
    /// Written with a power of ten.
    #[error("`{0}` has an exponent")]
    Exponent(String),
    /// Finer than the scale, with something other than zeros at the end.
    #[error("`{text}` has more than {decimals} decimals")]
    TooFine {
        /// The text, at most its beginning.
        text: String,
        /// What the scale holds.
        decimals: u32,
    },
    /// Does not fit.
    #[error("`{0}` is too large")]
    TooLarge(String),
}

impl Scale {
    /// From units per whole: a power of ten, at most 10^12.
    #[must_use]
    pub const fn of(units: i64) -> Option<Self> {
        let mut decimals = 0;
        let mut power = 1;
        while decimals <= MOST_DECIMALS {
            if power == units {
                return Some(Self { decimals, units });
            }
            power *= 10;
            decimals += 1;
        }
        None
    }

    /// Units per whole.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.units
    }

    /// Decimals it holds.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        self.decimals
    }

    /// A number at or above zero, in units. Zeros after the last decimal that the scale holds are allowed.
    ///
    /// # Errors
    /// Whatever cannot be read exactly.
    pub fn read(self, text: &str) -> Result<i64, NumberError> {
        let shown = || text.chars().take(SHOWN).collect::<String>();
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(NumberError::NotDecimal(shown())),
            Some(parts) => parts,
            None => (text, ""),
        };
        if let Some(rest) = whole.strip_prefix('-') {
            let digits = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
            return Err(if digits {
                NumberError::Negative(shown())
            } else {
                NumberError::NotDecimal(shown())
            });
        }
        let digit = |b: u8| -> Result<i64, NumberError> {
            match b {
                b'0'..=b'9' => Ok(i64::from(b - b'0')),
                b'e' | b'E' => Err(NumberError::Exponent(shown())),
                _ => Err(NumberError::NotDecimal(shown())),
            }
        };
        if whole.is_empty() {
            return Err(NumberError::NotDecimal(shown()));
        }
        let large = || NumberError::TooLarge(shown());
        let mut value = 0_i64;
        for b in whole.bytes() {
            let digit = digit(b)?;
            value = value.checked_mul(10).and_then(|v| v.checked_add(digit)).ok_or_else(large)?;
        }
        value = value.checked_mul(self.units).ok_or_else(large)?;
        let mut weight = self.units;
        for b in fraction.bytes() {
            let digit = digit(b)?;
            weight /= 10;
            if weight == 0 && digit != 0 {
                return Err(NumberError::TooFine { text: shown(), decimals: self.decimals });
            }
            value = value.checked_add(digit * weight).ok_or_else(large)?;
        }
        Ok(value)
    }

    /// A price, in units: above zero.
    ///
    /// # Errors
    /// As [`Scale::read`], and for zero.
    pub fn read_price(self, text: &str) -> Result<i64, NumberError> {
        match self.read(text)? {
            0 => Err(NumberError::ZeroPrice),
            price => Ok(price),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_exactly_or_says_why_not() {
        let scale = Scale::of(100).unwrap();
        for (text, expected) in [
            ("0", Ok(0)),
            ("0.00000000", Ok(0)),
            ("61737.63000000", Ok(6_173_763)),
            ("007.5", Ok(750)),
            ("92233720368547758.07", Ok(i64::MAX)),
            ("92233720368547758.08", Err("too large")),
            ("9223372036854775808", Err("too large")),
            ("99999999999999999999999999", Err("too large")),
            ("1.005", Err("more than 2 decimals")),
            ("-1", Err("negative")),
            ("--1", Err("not a decimal")),
            ("1e3", Err("exponent")),
            ("1.5E3", Err("exponent")),
            ("", Err("not a decimal")),
            (".", Err("not a decimal")),
            (".5", Err("not a decimal")),
            ("5.", Err("not a decimal")),
            ("1.2.3", Err("not a decimal")),
            (" 1", Err("not a decimal")),
            ("+1", Err("not a decimal")),
            ("1,000", Err("not a decimal")),
            ("NaN", Err("not a decimal")),
            ("\u{0661}", Err("not a decimal")),
        ] {
            match (scale.read(text), expected) {
                (Ok(got), Ok(expected)) => assert_eq!(got, expected, "{text}"),
                (Err(got), Err(expected)) => {
                    assert!(got.to_string().contains(expected), "{text}: {got}");
                }
                (got, expected) => panic!("{text}: {got:?}, not {expected:?}"),
            }
        }
        assert_eq!(scale.read_price("0.00"), Err(NumberError::ZeroPrice));
    }

    #[test]
    fn a_scale_is_a_power_of_ten() {
        for (units, decimals) in [(1, Some(0)), (100, Some(2)), (1_000_000_000_000, Some(12))] {
            assert_eq!(Scale::of(units).map(Scale::decimals), decimals, "{units}");
        }
        for units in [0, -1, 2, 50, 10_000_000_000_000, i64::MAX, i64::MIN] {
            assert_eq!(Scale::of(units), None, "{units}");
        }
    }
}
