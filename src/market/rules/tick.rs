//! The price grid.

use super::{ALWAYS, Dated, RuleError};
use crate::market::{InstrumentKind, SessionDate, Tick};

static SHARES: Dated<Tick> = Dated(&[(ALWAYS, tick_of(100)), (20_210_718, tick_of(10))]);
static FUNDS: Dated<Tick> = Dated(&[(ALWAYS, tick_of(1))]);

const fn tick_of(paisa: i64) -> Tick {
    Tick::new(paisa).expect("every tick of the table is positive")
}

/// The grid that limit prices must lie on.
///
/// Shares: NPR 1 to 2021-07-17, NPR 0.10 from 2021-07-18 (high confidence). Debentures and bonds
/// likewise (their NPR 1 before the change is assumed). Fund units: NPR 0.01, there since at
/// least 2018 and assumed before. Source: market rules, section 2.
///
/// # Errors
/// [`RuleError::NotListed`] for an instrument of another market.
pub fn tick(kind: InstrumentKind, date: SessionDate) -> Result<Tick, RuleError> {
    const RULE: &str = "tick";
    super::listed(RULE, kind)?;
    let table = if kind == InstrumentKind::MutualFund { &FUNDS } else { &SHARES };
    table.require(RULE, date).copied()
}

#[cfg(test)]
mod tests {
    use super::super::day;
    use super::*;

    #[test]
    fn the_tick_by_date_and_kind() {
        assert!(SHARES.is_ordered() && FUNDS.is_ordered());
        for (kind, date, paisa) in [
            (InstrumentKind::Equity, "2015-06-01", Some(100)),
            (InstrumentKind::Equity, "2021-07-17", Some(100)),
            (InstrumentKind::Equity, "2021-07-18", Some(10)),
            (InstrumentKind::PromoterShare, "2026-08-21", Some(10)),
            (InstrumentKind::Debenture, "2021-07-15", Some(100)),
            (InstrumentKind::Debenture, "2024-07-02", Some(10)),
            (InstrumentKind::Bond, "2024-07-02", Some(10)),
            (InstrumentKind::MutualFund, "2018-03-01", Some(1)),
            (InstrumentKind::MutualFund, "2026-08-21", Some(1)),
            (InstrumentKind::Foreign, "2024-07-02", None),
        ] {
            assert_eq!(tick(kind, day(date)).ok().map(Tick::units), paisa, "{kind:?} {date}");
        }
    }
}
