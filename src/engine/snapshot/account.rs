//! An account as a screen sees it, with what getting out would really bring.

use super::due::{DueDates, DueView};
use crate::engine::{Account, Position, State};
use crate::market::fees::{Holder, break_even, capital_gains_tax};
use crate::market::rules::settlement::{DEFAULT_RESALE_SESSIONS, settlement};
use crate::market::{AccountId, Calendar, InstrumentId, Money, Price, Qty, SessionDate, Side, Symbol};

/// Holding days assumed where the purchase date is not known: the dearer rate applies.
const SHORT_HOLDING_DAYS: i64 = 1;

/// One account at one moment. `None` is "not known", with the reason on the position it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountView {
    /// Its name.
    pub id: AccountId,
    /// Cash less what working buys hold back.
    pub free_cash: Option<Money>,
    /// Cash less today's purchases.
    pub cash: Money,
    /// What today's sales will bring, and when.
    pub due: (Money, Option<SessionDate>),
    /// Net asset value.
    pub nav: Option<Money>,
    /// Net asset value when the day began, and the highest of the day.
    pub nav_open_peak: (Option<Money>, Option<Money>),
    /// Result of the day.
    pub day_result: Option<Money>,
    /// Result of the day if everything held were sold now: after charges and tax.
    pub after_exit: Option<Money>,
    /// Charges of today's fills.
    pub charges: Money,
    /// Fall from the day's highest value, in parts per million.
    pub drawdown_ppm: Option<u32>,
    /// Deepest fall of the day.
    pub drawdown_max_ppm: u32,
    /// Positions by instrument.
    pub positions: Vec<PositionView>,
    /// What today's trades bring and take, by day.
    pub by_date: Vec<DueView>,
}

/// One position at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionView {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Its ticker.
    pub symbol: Symbol,
    /// Shares, cost, result and charges of the day.
    pub position: Position,
    /// Settled shares not already on sale.
    pub sellable: Qty,
    /// The first day shares bought today can be sold.
    pub first_sale: Option<SessionDate>,
    /// Weighted average cost per share.
    pub wacc: Option<Price>,
    /// The first price on the grid at which a sale loses nothing.
    pub break_even: Option<Price>,
    /// Value less cost.
    pub unrealised: Option<Money>,
    /// Charges and tax if everything were sold at the mark.
    pub exit_cost: Option<Money>,
}

impl AccountView {
    pub(super) fn of(state: &State, account: &Account) -> Self {
        let dates = due_dates(state.setup().date);
        let positions: Vec<_> = account
            .positions
            .iter()
            .filter_map(|(id, p)| PositionView::of(state, account, *id, p, dates.first_sale))
            .collect();
        let exit_cost = positions.iter().try_fold(Money::ZERO, |sum, p| {
            if p.position.qty.is_zero() { Some(sum) } else { sum.checked_add(p.exit_cost?) }
        });
        let day_result = account.day_result();
        Self {
            id: account.id.clone(),
            free_cash: crate::engine::on_command::free_cash(state, &account.id),
            cash: account.cash,
            due: (account.due, dates.settles),
            nav: account.nav(),
            nav_open_peak: (account.nav_open, account.nav_peak),
            day_result,
            after_exit: day_result.zip(exit_cost).and_then(|(r, c)| r.checked_sub(c)),
            charges: account.charges,
            drawdown_ppm: account.drawdown_ppm(),
            drawdown_max_ppm: account.drawdown_max_ppm,
            positions,
            by_date: DueView::of(account, dates),
        }
    }
}

/// When today's trades fall due; nothing where the calendar does not reach.
fn due_dates(date: SessionDate) -> DueDates {
    let Ok(dates) = settlement(Calendar::embedded(), date, DEFAULT_RESALE_SESSIONS) else {
        return DueDates::default();
    };
    let settles = Some(dates.settles.date);
    DueDates {
        pay_in: dates.pay_in.map(|d| d.date).or(settles),
        settles,
        first_sale: Some(dates.resale.date),
    }
}

impl PositionView {
    fn of(
        state: &State,
        account: &Account,
        instrument: InstrumentId,
        position: &Position,
        first_sale: Option<SessionDate>,
    ) -> Option<Self> {
        let setup = state.setup();
        let symbol = setup.universe.get(instrument)?.symbol.clone();
        let on_sale: Qty = state
            .orders()
            .values()
            .filter(|o| {
                let order = &o.order;
                order.instrument == instrument && order.account == account.id && order.side == Side::Sell
            })
            .map(crate::execution::Order::open_qty)
            .sum();
        let exit = Exit::of(state, instrument, position);
        Some(Self {
            instrument,
            symbol,
            sellable: position.settled.less(on_sale),
            first_sale: first_sale.filter(|_| position.bought.is_positive()),
            wacc: position.wacc(),
            break_even: exit.as_ref().and_then(|e| e.break_even),
            unrealised: position.unrealised(),
            exit_cost: exit.and_then(|e| e.cost),
            position: position.clone(),
        })
    }
}

/// What a sale of everything now would take.
struct Exit {
    break_even: Option<Price>,
    cost: Option<Money>,
}

impl Exit {
    fn of(state: &State, instrument: InstrumentId, position: &Position) -> Option<Self> {
        let setup = state.setup();
        let rules = setup.rules.get(instrument.0 as usize)?;
        let (fees, tick) = (rules.fees()?, rules.tick?);
        if !position.qty.is_positive() {
            return None;
        }
        let even = position.cost.and_then(|c| break_even(fees, &position.sells, position.qty, c, tick).ok());
        let cost = position.value().zip(position.cost).and_then(|(value, cost)| {
            let (charges, _) = fees.charge(Side::Sell, &position.sells, value).ok()?;
            let left = value.checked_sub(charges.total)?;
            let gain = left.checked_sub(cost)?;
            let tax = capital_gains_tax(setup.date, Holder::Individual, SHORT_HOLDING_DAYS, gain).ok()?;
            charges.total.checked_add(tax)
        });
        Some(Self { break_even: even.map(|b| b.on_tick), cost })
    }
}
