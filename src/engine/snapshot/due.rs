//! What today's trades bring and take, by the day it falls due.

use crate::engine::Account;
use crate::market::{InstrumentId, Money, Qty, SessionDate};

/// One day ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueView {
    /// The day; `None` where the calendar does not reach that far.
    pub date: Option<SessionDate>,
    /// Paid for today's purchases, charges in it. It is off the free cash already.
    pub pays: Money,
    /// Comes in for today's sales, charges off.
    pub receives: Money,
    /// Shares bought today that can be sold from then on.
    pub sellable: Vec<(InstrumentId, Qty)>,
}

/// The days on which something of today falls due.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DueDates {
    /// The buyer pays.
    pub pay_in: Option<SessionDate>,
    /// The seller is paid.
    pub settles: Option<SessionDate>,
    /// What was bought can be sold.
    pub first_sale: Option<SessionDate>,
}

impl DueView {
    /// Everything of an account that is due, the earliest day first, unknown days last.
    pub(super) fn of(account: &Account, dates: DueDates) -> Vec<Self> {
        let pays = account
            .positions
            .values()
            .try_fold(Money::ZERO, |sum, p| sum.checked_add(p.buys.amount)?.checked_add(p.buys.total()?));
        let bought = account.positions.iter().filter(|(_, p)| p.bought.is_positive());
        let mut days = vec![
            Self { pays: pays.unwrap_or_default(), ..Self::on(dates.pay_in) },
            Self { receives: account.due, ..Self::on(dates.settles) },
            Self { sellable: bought.map(|(id, p)| (*id, p.bought)).collect(), ..Self::on(dates.first_sale) },
        ];
        days.retain(|day| day.pays != Money::ZERO || day.receives != Money::ZERO || !day.sellable.is_empty());
        days.sort_by_key(|day| (day.date.is_none(), day.date));
        days.dedup_by(|later, day| {
            let same = later.date == day.date;
            if same {
                day.pays = day.pays.saturating_add(later.pays);
                day.receives = day.receives.saturating_add(later.receives);
                day.sellable.append(&mut later.sellable);
            }
            same
        });
        days
    }

    const fn on(date: Option<SessionDate>) -> Self {
        Self { date, pays: Money::ZERO, receives: Money::ZERO, sellable: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{AccountSetup, Position};
    use crate::market::AccountId;
    use crate::market::fees::DayCharged;

    fn account(bought: i64, amount: i64, due: i64) -> Account {
        let setup = AccountSetup { id: AccountId::new("07"), cash: Money::ZERO, holdings: Vec::new() };
        let mut account = Account::new(&setup);
        let buys = DayCharged { amount: Money::from_paisa(amount), ..DayCharged::default() };
        let position = Position { bought: Qty::from_units(bought), buys, ..Position::default() };
        account.positions.insert(InstrumentId(0), position);
        account.due = Money::from_paisa(due);
        account
    }

    #[test]
    fn what_falls_on_one_day_stands_together_and_nothing_due_is_no_row() {
        let on = |day| SessionDate::new(2026, 8, day);
        let dates = DueDates { pay_in: on(24), settles: on(25), first_sale: on(26) };
        let rows = |bought, amount, due, dates| {
            let row = |d: DueView| (d.date, d.pays.paisa(), d.receives.paisa(), d.sellable.len());
            DueView::of(&account(bought, amount, due), dates).into_iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(rows(0, 0, 0, dates), []);
        assert_eq!(rows(5, 900, 0, dates), [(on(24), 900, 0, 0), (on(26), 0, 0, 1)]);
        assert_eq!(rows(5, 900, 70, dates), [(on(24), 900, 0, 0), (on(25), 0, 70, 0), (on(26), 0, 0, 1)]);
        let same = DueDates { settles: on(24), ..dates };
        assert_eq!(rows(0, 900, 70, same), [(on(24), 900, 70, 0)]);
        assert_eq!(rows(5, 900, 70, DueDates::default()), [(None, 900, 70, 1)]);
    }
}
