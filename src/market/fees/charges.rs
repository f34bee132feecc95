//! The charges of one fill, given what the day has already been charged.

use serde::{Deserialize, Serialize};

use super::FeeError;
use super::schedule::{Schedule, negative};
use crate::market::{Money, Side};

/// What a fill is charged, line by line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Charges {
    /// The broker's commission (the exchange's and the regulator's share of it are inside). May
    /// be negative when the day's total crosses a slab edge.
    pub commission: Money,
    /// The regulator's fee.
    pub sebon: Money,
    /// The depository's fee, on the first fill of a symbol, side and day only.
    pub dp: Money,
    /// All lines.
    pub total: Money,
}

/// What one account has traded and been charged in one symbol on one side today.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DayCharged {
    /// Price times quantity of the fills so far.
    pub amount: Money,
    /// Commission so far; the fee on `amount`.
    pub commission: Money,
    /// Regulator's fee so far, the sum over fills.
    pub sebon: Money,
    /// Depository's fee so far: nothing, or once.
    pub dp: Money,
}

impl DayCharged {
    /// All lines so far.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        self.commission.checked_add(self.sebon)?.checked_add(self.dp)
    }
}

impl Schedule {
    /// The charges of a fill of `notional`, and the day's totals after it.
    ///
    /// Commission: the fee on the day's total for account, symbol and side, minus what was
    /// already charged. Regulator: on this fill. Depository: once, with the first fill.
    ///
    /// # Errors
    /// [`FeeError::OutOfDomain`] unless the notional is positive and the sums fit;
    /// [`FeeError::NotAvailable`] where the rate of that time is not known.
    pub fn charge(
        &self,
        side: Side,
        so_far: &DayCharged,
        notional: Money,
    ) -> Result<(Charges, DayCharged), FeeError> {
        if notional <= Money::ZERO {
            return Err(negative("notional", notional));
        }
        let fits = |sum: Option<Money>| sum.ok_or_else(|| negative("notional", notional));
        let first = so_far.amount == Money::ZERO;
        let amount = fits(so_far.amount.checked_add(notional))?;
        let day_commission = self.commission(amount)?;
        let commission = fits(day_commission.checked_sub(so_far.commission))?;
        let sebon = self.regulator_fee(notional)?;
        let dp = if first { self.depository.on(side) } else { Money::ZERO };
        let total = fits(commission.checked_add(sebon).and_then(|sum| sum.checked_add(dp)))?;
        let after = DayCharged {
            amount,
            commission: day_commission,
            sebon: fits(so_far.sebon.checked_add(sebon))?,
            dp: fits(so_far.dp.checked_add(dp))?,
        };
        Ok((Charges { commission, sebon, dp, total }, after))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::market::InstrumentKind;
    use crate::market::fees::DepositoryFees;
    use crate::market::rules::day;

    fn today() -> Schedule {
        Schedule::on(InstrumentKind::Equity, day("2026-08-03")).unwrap()
    }

    fn rupees(amount: i64) -> Money {
        Money::from_rupees(amount).unwrap()
    }

    #[test]
    fn the_worked_example() {
        // amount, side, commission, regulator, depository, in paisa
        for (amount, side, commission, sebon, dp, total) in [
            (500_000, Side::Buy, 165_000, 7_500, 2_500, 175_000),
            (525_000, Side::Sell, 162_750, 7_875, 2_500, 173_125),
            (500_000, Side::Sell, 165_000, 7_500, 2_500, 175_000),
        ] {
            let (got, _) = today().charge(side, &DayCharged::default(), rupees(amount)).unwrap();
            let expected = Charges {
                commission: Money::from_paisa(commission),
                sebon: Money::from_paisa(sebon),
                dp: Money::from_paisa(dp),
                total: Money::from_paisa(total),
            };
            assert_eq!(got, expected, "{side} {amount}");
        }
    }

    #[test]
    fn crossing_a_slab_edge_gives_money_back() {
        let (first, after) = today().charge(Side::Buy, &DayCharged::default(), rupees(500_000)).unwrap();
        let (second, after) = today().charge(Side::Buy, &after, rupees(1)).unwrap();
        assert_eq!(first.commission.paisa(), 165_000);
        assert_eq!(second.commission.paisa(), -10_000);
        assert_eq!((second.sebon.paisa(), second.dp.paisa()), (0, 0));
        assert_eq!(second.total.paisa(), -10_000);
        assert_eq!(after.commission.paisa(), 155_000);
        assert_eq!(after.dp.paisa(), 2_500);
    }

    #[test]
    fn the_depository_fee_can_be_dropped_on_one_side() {
        let schedule =
            today().with_depository(DepositoryFees { buy: Money::ZERO, ..DepositoryFees::default() });
        for (side, paisa) in [(Side::Buy, 0), (Side::Sell, 2_500)] {
            let (charges, _) = schedule.charge(side, &DayCharged::default(), rupees(1_000)).unwrap();
            assert_eq!(charges.dp.paisa(), paisa, "{side}");
        }
    }

    #[test]
    fn what_cannot_be_charged_is_refused() {
        for paisa in [0, -1] {
            assert!(today().charge(Side::Buy, &DayCharged::default(), Money::from_paisa(paisa)).is_err());
        }
        let full = DayCharged { amount: Money::from_paisa(i64::MAX), ..DayCharged::default() };
        assert!(today().charge(Side::Sell, &full, Money::from_paisa(1)).is_err());
    }

    proptest! {
        #[test]
        fn the_days_commission_does_not_depend_on_how_it_was_filled(
            fills in prop::collection::vec(1i64..400_000_000, 1..20)
        ) {
            let mut so_far = DayCharged::default();
            let mut charged = Money::ZERO;
            for paisa in &fills {
                let (charges, after) = today().charge(Side::Buy, &so_far, Money::from_paisa(*paisa)).unwrap();
                charged = charged.checked_add(charges.total).unwrap();
                so_far = after;
            }
            let amount = Money::from_paisa(fills.iter().sum());
            prop_assert_eq!(so_far.amount, amount);
            prop_assert_eq!(so_far.commission, today().commission(amount).unwrap());
            prop_assert_eq!(so_far.total(), Some(charged));
            prop_assert_eq!(so_far.dp.paisa(), 2_500);
        }
    }
}
