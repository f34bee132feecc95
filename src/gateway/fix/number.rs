//! Decimal fields as whole numbers, from their text and never through a float.

use super::{FixMessage, FixRefusal};
use crate::market::{Money, Price, Qty};

/// Whole units of a hundredth, or of one: what is finer is refused, zeros at the end are not.
fn whole(message: &FixMessage, tag: u32, scale: i64) -> Result<Option<i64>, FixRefusal> {
    let Some(text) = message.get(tag) else { return Ok(None) };
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
    let units = Price::parse(text, scale).ok().filter(|_| plain);
    let refusal = || FixRefusal::Number { tag, text: text.chars().take(40).collect(), scale };
    units.map(Price::units).map(Some).ok_or_else(refusal)
}

/// A price, if the field is there.
///
/// # Errors
/// [`FixRefusal::Number`].
pub(super) fn price(message: &FixMessage, tag: u32) -> Result<Option<Price>, FixRefusal> {
    Ok(whole(message, tag, 100)?.map(Price::from_units))
}

/// Shares, if the field is there.
///
/// # Errors
/// [`FixRefusal::Number`].
pub(super) fn qty(message: &FixMessage, tag: u32) -> Result<Option<Qty>, FixRefusal> {
    let units = whole(message, tag, 1)?;
    if let Some(text) = units.filter(|u| *u < 0).and(message.get(tag)) {
        return Err(FixRefusal::Number { tag, text: text.to_owned(), scale: 1 });
    }
    Ok(units.map(Qty::from_units))
}

/// Money, if the field is there.
///
/// # Errors
/// [`FixRefusal::Number`].
pub(super) fn money(message: &FixMessage, tag: u32) -> Result<Option<Money>, FixRefusal> {
    Ok(whole(message, tag, 100)?.map(Money::from_paisa))
}

/// A count, if the field is there.
///
/// # Errors
/// [`FixRefusal::Number`].
pub(super) fn count(message: &FixMessage, tag: u32) -> Result<Option<u64>, FixRefusal> {
    Ok(qty(message, tag)?.and_then(|n| u64::try_from(n.units()).ok()))
}

/// A price as it is sent: two decimals.
pub(super) fn print(price: Price) -> String {
    let (sign, units) =
        if price.units() < 0 { ("-", price.units().unsigned_abs()) } else { ("", price.units() as u64) };
    format!("{sign}{}.{:02}", units / 100, units % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(text: &str) -> FixMessage {
        FixMessage::new("8").with(44, text)
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (text, want) in [
            ("249.5", Some(24_950)),
            ("249.50000", Some(24_950)),
            ("0", Some(0)),
            ("-1.25", Some(-125)),
            ("249.505", None),
            ("1,000", None),
            ("+1", None),
            ("1e3", None),
            ("NaN", None),
            (".", None),
            (" 1", None),
            ("92233720368547758.08", None),
        ] {
            let read = price(&with(text), 44);
            assert_eq!(read.ok().flatten().map(Price::units), want, "{text}");
        }
        assert_eq!(qty(&with("100.00"), 44), Ok(Some(Qty::from_units(100))));
        assert!(qty(&with("100.5"), 44).is_err());
        assert!(qty(&with("-1"), 44).is_err());
        assert_eq!(money(&with("-12.30"), 44), Ok(Some(Money::from_paisa(-1_230))));
        assert_eq!(price(&FixMessage::new("8"), 44), Ok(None));
    }

    proptest! {
        #[test]
        fn a_price_comes_back_as_it_was_sent(units in any::<i64>()) {
            let units = units / 128;
            let read = price(&with(&print(Price::from_units(units))), 44);
            prop_assert_eq!(read, Ok(Some(Price::from_units(units))));
        }

        #[test]
        fn no_text_is_a_panic(text in ".{0,30}") {
            let message = with(&text);
            let _ = (price(&message, 44), qty(&message, 44), money(&message, 44), count(&message, 44));
        }
    }
}
