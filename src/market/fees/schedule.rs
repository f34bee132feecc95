//! The rates in force on a day.

use super::FeeError;
use crate::market::rules::{ALWAYS, Dated};
use crate::market::{InstrumentKind, Money, SessionDate, Side};

/// A commission slab: amounts up to and including `up_to` pay `ppm` on the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Slab {
    /// Largest amount of the slab; `None` for the last one.
    up_to: Option<Money>,
    /// Millionths of the amount; `None` where the rate of that time is not known.
    ppm: Option<i64>,
}

const fn slab(up_to_rupees: i64, ppm: i64) -> Slab {
    Slab { up_to: Money::from_rupees(up_to_rupees), ppm: Some(ppm) }
}

const fn above(ppm: i64) -> Slab {
    Slab { up_to: None, ppm: Some(ppm) }
}

/// The five slabs of shares: up to 50 thousand, 500 thousand, 2 million, 10 million, and above.
const fn shares(ppm: [i64; 5]) -> [Slab; 5] {
    [
        slab(50_000, ppm[0]),
        slab(500_000, ppm[1]),
        slab(2_000_000, ppm[2]),
        slab(10_000_000, ppm[3]),
        above(ppm[4]),
    ]
}

const TO_2016: [Slab; 3] = [slab(50_000, 10_000), slab(500_000, 9_000), Slab { up_to: None, ppm: None }];
const TO_2020: [Slab; 5] = shares([6_000, 5_500, 5_000, 4_500, 4_000]);
const TO_2024: [Slab; 5] = shares([4_000, 3_700, 3_400, 3_000, 2_700]);
const FROM_2024: [Slab; 5] = shares([3_600, 3_300, 3_100, 2_700, 2_400]);

static SHARES: Dated<&[Slab]> =
    Dated(&[(ALWAYS, &TO_2016), (20_160_720, &TO_2020), (20_201_227, &TO_2024), (20_240_514, &FROM_2024)]);
static BONDS: Dated<&[Slab]> = Dated(&[(ALWAYS, &[slab(500_000, 1_000), slab(5_000_000, 500), above(200)])]);
static FUNDS: Dated<&[Slab]> =
    Dated(&[(ALWAYS, &[slab(500_000, 1_500), slab(5_000_000, 1_200), above(1_000)])]);

/// The least commission on a day's amount: NPR 10.
const MINIMUM: Money = Money::from_paisa(1_000);

/// What the depository takes per symbol and day on each side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepositoryFees {
    /// On the day's purchases of a symbol. Calculators charge it, the transfer itself is the
    /// sale: set to nothing to drop it.
    pub buy: Money,
    /// On the day's sales of a symbol.
    pub sell: Money,
}

impl Default for DepositoryFees {
    /// NPR 25 on each side (sale high confidence, purchase medium; market rules, section 5).
    fn default() -> Self {
        Self { buy: Money::from_paisa(2_500), sell: Money::from_paisa(2_500) }
    }
}

impl DepositoryFees {
    pub(super) const fn on(self, side: Side) -> Money {
        match side {
            Side::Buy => self.buy,
            Side::Sell => self.sell,
        }
    }
}

/// The rates for one kind of instrument on one day.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    date: SessionDate,
    slabs: &'static [Slab],
    regulator_ppm: i64,
    pub(super) depository: DepositoryFees,
}

impl Schedule {
    /// The rates in force.
    ///
    /// Commission in per cent of the whole amount, at least NPR 10 (market rules, section 5):
    ///
    /// | shares, by amount in thousands | to 50 | to 500 | to 2,000 | to 10,000 | above | confidence |
    /// |---|---|---|---|---|---|---|
    /// | to 2016-07-19 | 1.00 | 0.90 | unknown | unknown | unknown | medium |
    /// | to 2020-12-26 | 0.60 | 0.55 | 0.50 | 0.45 | 0.40 | high, start medium |
    /// | to 2024-05-13 | 0.40 | 0.37 | 0.34 | 0.30 | 0.27 | high |
    /// | since | 0.36 | 0.33 | 0.31 | 0.27 | 0.24 | high |
    ///
    /// | others, at all dates | to 500 | to 5,000 | above | confidence |
    /// |---|---|---|---|---|
    /// | debentures, bonds | 0.10 | 0.05 | 0.02 | high |
    /// | funds | 0.15 | 0.12 | 0.10 | high |
    ///
    /// Promoter shares pay as shares. Regulator: 0.015 % on shares, 0.010 % on corporate
    /// debentures and funds, 0.005 % on other bonds (high).
    ///
    /// # Errors
    /// [`FeeError::NotListed`] for an instrument of another market.
    pub fn on(kind: InstrumentKind, date: SessionDate) -> Result<Self, FeeError> {
        let (table, regulator_ppm) = match kind {
            InstrumentKind::Equity | InstrumentKind::PromoterShare => (&SHARES, 150),
            InstrumentKind::MutualFund => (&FUNDS, 100),
            InstrumentKind::Debenture => (&BONDS, 100),
            InstrumentKind::Bond => (&BONDS, 50),
            InstrumentKind::Foreign => return Err(FeeError::NotListed(kind)),
        };
        let slabs = table.on(date).copied().expect("the table holds from the beginning");
        Ok(Self { date, slabs, regulator_ppm, depository: DepositoryFees::default() })
    }

    /// The same rates with other depository fees.
    #[must_use]
    pub const fn with_depository(self, depository: DepositoryFees) -> Self {
        Self { depository, ..self }
    }

    /// The commission on a day's total amount for one account, symbol and side: the slab's rate on
    /// the whole, at least NPR 10; nothing on nothing.
    ///
    /// # Errors
    /// [`FeeError::NotAvailable`] where the rate of that time is not known;
    /// [`FeeError::OutOfDomain`] for a negative amount.
    pub fn commission(&self, amount: Money) -> Result<Money, FeeError> {
        if amount < Money::ZERO {
            return Err(negative("amount", amount));
        }
        if amount == Money::ZERO {
            return Ok(Money::ZERO);
        }
        let slab = self.slabs.iter().find(|s| s.up_to.is_none_or(|limit| amount <= limit));
        let ppm = slab.and_then(|s| s.ppm).ok_or(FeeError::NotAvailable { date: self.date, amount })?;
        let fee = amount.scaled_half_up(ppm, 1_000_000).ok_or_else(|| negative("amount", amount))?;
        Ok(fee.max(MINIMUM))
    }

    /// The regulator's fee on an amount.
    ///
    /// # Errors
    /// [`FeeError::OutOfDomain`] for a negative amount.
    pub fn regulator_fee(&self, amount: Money) -> Result<Money, FeeError> {
        if amount < Money::ZERO {
            return Err(negative("amount", amount));
        }
        amount.scaled_half_up(self.regulator_ppm, 1_000_000).ok_or_else(|| negative("amount", amount))
    }
}

pub(super) fn negative(name: &'static str, value: Money) -> FeeError {
    FeeError::OutOfDomain { name, value: value.paisa() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::rules::day;

    #[test]
    fn the_commission_by_date_kind_and_slab() {
        assert!(SHARES.is_ordered() && BONDS.is_ordered() && FUNDS.is_ordered());
        let share = InstrumentKind::Equity;
        for (kind, date, rupees, paisa) in [
            (share, "2026-08-03", 50_000, Some(18_000)),
            (share, "2026-08-03", 50_001, Some(16_500)), // 165.0033
            (share, "2026-08-03", 500_000, Some(165_000)),
            (share, "2026-08-03", 500_001, Some(155_000)), // the cliff: 1,550.0031
            (share, "2026-08-03", 2_000_000, Some(620_000)),
            (share, "2026-08-03", 10_000_000, Some(2_700_000)),
            (share, "2026-08-03", 10_000_001, Some(2_400_000)),
            (share, "2026-08-03", 1_000, Some(1_000)), // the minimum
            (share, "2026-08-03", 0, Some(0)),
            (share, "2026-08-03", -1, None),
            (share, "2024-05-14", 100_000, Some(33_000)),
            (share, "2024-05-13", 100_000, Some(37_000)),
            (share, "2020-12-27", 100_000, Some(37_000)),
            (share, "2020-12-26", 100_000, Some(55_000)),
            (share, "2016-07-20", 100_000, Some(55_000)),
            (share, "2016-07-19", 100_000, Some(90_000)),
            (share, "2016-07-19", 500_001, None), // not known
            (InstrumentKind::PromoterShare, "2024-07-02", 100_000, Some(33_000)),
            (InstrumentKind::Debenture, "2024-07-02", 500_000, Some(50_000)),
            (InstrumentKind::Bond, "2024-07-02", 5_000_000, Some(250_000)),
            (InstrumentKind::Bond, "2024-07-02", 6_000_000, Some(120_000)),
            (InstrumentKind::MutualFund, "2024-07-02", 5_000, Some(1_000)),
            (InstrumentKind::MutualFund, "2024-07-02", 5_000_000, Some(600_000)),
            (InstrumentKind::MutualFund, "2024-07-02", 5_000_001, Some(500_000)),
        ] {
            let schedule = Schedule::on(kind, day(date)).unwrap();
            let got = schedule.commission(Money::from_rupees(rupees).unwrap()).ok();
            assert_eq!(got.map(Money::paisa), paisa, "{kind:?} {date} {rupees}");
        }
        assert!(Schedule::on(InstrumentKind::Foreign, day("2024-07-02")).is_err());
        let today = Schedule::on(share, day("2026-08-03")).unwrap();
        assert!(today.commission(Money::from_paisa(i64::MAX)).is_ok());
    }

    #[test]
    fn the_regulators_fee_by_kind() {
        for (kind, paisa) in [
            (InstrumentKind::Equity, 7_500),
            (InstrumentKind::MutualFund, 5_000),
            (InstrumentKind::Debenture, 5_000),
            (InstrumentKind::Bond, 2_500),
        ] {
            let schedule = Schedule::on(kind, day("2026-08-03")).unwrap();
            assert_eq!(
                schedule.regulator_fee(Money::from_paisa(50_000_000)).unwrap().paisa(),
                paisa,
                "{kind:?}"
            );
        }
    }
}
