//! Tax on the gain of a sale.

use super::FeeError;
use super::schedule::negative;
use crate::market::rules::{ALWAYS, Dated};
use crate::market::{Money, SessionDate};

/// Who holds the shares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Holder {
    /// A natural person.
    Individual,
    /// A company, fund or other body.
    Entity,
}

/// Rates in basis points, for shares held up to and for shares held beyond [`LONG_TERM_DAYS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Rates {
    short: i64,
    long: i64,
}

const fn rates(short: i64, long: i64) -> Rates {
    Rates { short, long }
}

static INDIVIDUAL: Dated<Rates> = Dated(&[
    (ALWAYS, rates(1_000, 1_000)),
    (20_110_717, rates(500, 500)),
    (20_210_716, rates(750, 500)),
    (20_260_717, rates(1_000, 750)),
]);
static ENTITY: Dated<Rates> = Dated(&[(ALWAYS, rates(1_500, 1_500)), (20_110_717, rates(1_000, 1_000))]);

/// Calendar days up to which a holding counts as short.
pub const LONG_TERM_DAYS: i64 = 365;

/// The tax rate on a gain realised on `date` after `holding_days` calendar days, in basis points.
///
/// Individuals: 10 % to 2011-07-16; 5 % to 2021-07-15 (high confidence, except that 7.5 % was
/// announced and taken back in 2018); 7.5 % up to 365 days and 5 % beyond to 2026-07-16 (high); 10
/// % and 7.5 % from 2026-07-17 (rates high, start medium). Entities: 15 % to 2011-07-16, 10 % since
/// (medium; no newer value was found for 2026). Source: market rules, section 5.
#[must_use]
pub fn tax_rate_bps(date: SessionDate, holder: Holder, holding_days: i64) -> i64 {
    let table = match holder {
        Holder::Individual => &INDIVIDUAL,
        Holder::Entity => &ENTITY,
    };
    let rates = table.on(date).expect("the table holds from the beginning");
    if holding_days <= LONG_TERM_DAYS { rates.short } else { rates.long }
}

/// The tax on a gain, to the nearest paisa, half up. A loss is not taxed and does not offset
/// another symbol's gain.
///
/// `gain` is the sale after its charges minus what the shares cost with theirs (weighted average
/// cost), per symbol.
///
/// # Errors
/// [`FeeError::OutOfDomain`] if the holding days are negative.
pub fn capital_gains_tax(
    date: SessionDate,
    holder: Holder,
    holding_days: i64,
    gain: Money,
) -> Result<Money, FeeError> {
    if holding_days < 0 {
        return Err(FeeError::OutOfDomain { name: "holding days", value: holding_days });
    }
    if gain <= Money::ZERO {
        return Ok(Money::ZERO);
    }
    let bps = tax_rate_bps(date, holder, holding_days);
    gain.scaled_half_up(bps, 10_000).ok_or_else(|| negative("gain", gain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::rules::day;

    #[test]
    fn the_rate_by_date_holder_and_days() {
        assert!(INDIVIDUAL.is_ordered() && ENTITY.is_ordered());
        let (person, body) = (Holder::Individual, Holder::Entity);
        for (date, holder, days, bps) in [
            ("2011-07-16", person, 30, 1_000),
            ("2011-07-17", person, 30, 500),
            ("2021-07-15", person, 30, 500),
            ("2021-07-16", person, 30, 750),
            ("2024-07-02", person, 365, 750),
            ("2024-07-02", person, 366, 500),
            ("2026-07-16", person, 30, 750),
            ("2026-07-17", person, 365, 1_000),
            ("2026-07-17", person, 366, 750),
            ("2011-07-16", body, 30, 1_500),
            ("2024-07-02", body, 400, 1_000),
            ("2026-08-03", body, 30, 1_000),
        ] {
            assert_eq!(tax_rate_bps(day(date), holder, days), bps, "{date} {holder:?} {days}");
        }
    }

    #[test]
    fn the_worked_example_before_and_after_the_change() {
        for (date, days, gain, tax) in [
            ("2026-08-03", 30, 2_151_875, Some(215_188)),
            ("2026-07-16", 30, 2_151_875, Some(161_391)),
            ("2026-08-03", 30, -350_000, Some(0)),
            ("2026-08-03", -1, 100, None),
        ] {
            let got = capital_gains_tax(day(date), Holder::Individual, days, Money::from_paisa(gain)).ok();
            assert_eq!(got.map(Money::paisa), tax, "{date} {gain}");
        }
    }
}
