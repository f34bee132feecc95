//! What an order would do before it is sent: cost, break-even, dates, and what would deny it.
//!
//! The engine decides; this only says beforehand what it will look at, with the same rules.

use super::fill::{self, FillChance};
use super::{Frame, rows};
use crate::engine::snapshot::{AccountView, InstrumentView, PositionView};
use crate::execution::NewOrder;
use crate::market::fees::{Charges, Holder, break_even, capital_gains_tax};
use crate::market::rules::settlement::{DEFAULT_RESALE_SESSIONS, settlement};
use crate::market::{
    AccountId, Calendar, InstrumentId, InstrumentKind, Money, Price, Qty, SessionDate, Side, Tick,
};
use crate::risk::{CheckInput, CheckResult, Denial, Verdict, judge, verdict};

/// Holding days assumed where the purchase date is not known: the dearer rate applies.
const SHORT_HOLDING_DAYS: i64 = 1;

/// What is known about one instrument and account when an order is written.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    frame: &'a Frame,
    /// The instrument.
    pub view: &'a InstrumentView,
    /// The account, if the day has it.
    pub account: Option<&'a AccountView>,
    /// What the account has of it.
    pub position: Option<&'a PositionView>,
    /// The price grid, if known.
    pub tick: Option<Tick>,
    /// Least shares of one order; 1 where it is not known.
    pub lot: Qty,
}

impl<'a> Facts<'a> {
    /// The facts; `None` for an instrument that the day does not have.
    #[must_use]
    pub fn of(frame: &'a Frame, instrument: InstrumentId, account: Option<&AccountId>) -> Option<Self> {
        let snapshot = &frame.snapshot;
        let rules = snapshot.day.rules.get(instrument.0 as usize)?;
        let account = account.and_then(|id| snapshot.accounts.iter().find(|a| a.id == *id));
        Some(Self {
            frame,
            view: snapshot.instrument(instrument)?,
            position: account.and_then(|a| a.positions.iter().find(|p| p.instrument == instrument)),
            account,
            tick: rules.tick,
            lot: rules.qty_range.map_or(Qty::from_units(1), |(least, _)| least),
        })
    }

    /// The best price on a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Price> {
        let book = self.view.book.as_ref()?;
        let levels = if side == Side::Buy { &book.bids } else { &book.asks };
        levels.first().map(|l| l.price)
    }

    /// Where a patient order of a side would stand: the touch of its own side, else the last price.
    #[must_use]
    pub fn patient(&self, side: Side) -> Option<Price> {
        self.best(side).or_else(|| self.view.last()).or(self.view.previous_close)
    }

    /// What kind of security it is, if known.
    #[must_use]
    pub fn kind(&self) -> Option<InstrumentKind> {
        self.frame.snapshot.day.universe.get(self.view.id)?.kind
    }

    /// Average daily volume of the 20 sessions before, if known.
    #[must_use]
    pub fn adv(&self) -> Option<i64> {
        self.frame.snapshot.day.universe.get(self.view.id)?.adv
    }

    /// Settled shares not already on sale.
    #[must_use]
    pub fn sellable(&self) -> Qty {
        self.position.map_or(Qty::ZERO, |p| p.sellable)
    }
}

/// What an order would do.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Price times quantity.
    pub notional: Option<Money>,
    /// Charges, counting what the day has been charged.
    pub charges: Option<Charges>,
    /// Buy: what leaves, charges in it. Sell: what comes in, charges off.
    pub total: Option<Money>,
    /// Sell: tax on the gain, at the rate of a short holding.
    pub tax: Option<Money>,
    /// Buy: the first price on the grid at which selling it again loses nothing.
    pub break_even: Option<Price>,
    /// Buy: the first day it can be sold.
    pub first_sale: Option<SessionDate>,
    /// When money or shares are due.
    pub pay_in: Option<SessionDate>,
    /// Free cash after it.
    pub free_after: Option<Money>,
    /// The chance of a fill by the close, or why it cannot be said.
    pub fill: Result<FillChance, &'static str>,
    /// Every check with what it finds now.
    pub checks: Vec<CheckResult>,
}

impl Preview {
    /// What would deny it now.
    pub fn denials(&self) -> impl Iterator<Item = Denial> {
        verdict::denials(&self.checks).into_iter()
    }

    /// How many checks that apply pass, warn, block.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |of: fn(&Verdict) -> bool| self.checks.iter().filter(|c| of(&c.verdict)).count();
        (
            count(|v| *v == Verdict::Pass),
            count(|v| matches!(v, Verdict::Warn(_))),
            count(|v| matches!(v, Verdict::Block(_))),
        )
    }
}

/// Works out what an order would do.
#[must_use]
pub fn preview(facts: &Facts<'_>, order: &NewOrder) -> Preview {
    let day = &facts.frame.snapshot.day;
    let fees = day.fees(order.instrument);
    let notional = order.limit.notional(order.qty).filter(|n| *n > Money::ZERO);
    let charged = |side: Side| {
        let position = facts.position.map(|p| &p.position);
        position.map(|p| if side == Side::Buy { p.buys } else { p.sells }).unwrap_or_default()
    };
    let charges = fees.zip(notional).and_then(|(f, n)| f.charge(order.side, &charged(order.side), n).ok());
    let charges = charges.map(|(lines, _)| lines);
    let total = notional.zip(charges).and_then(|(n, c)| match order.side {
        Side::Buy => n.checked_add(c.total),
        Side::Sell => n.checked_sub(c.total),
    });
    let buys = order.side == Side::Buy;
    let dates = settlement(Calendar::embedded(), day.date, DEFAULT_RESALE_SESSIONS).ok();
    let break_even = || {
        let tick = facts.tick?;
        break_even(fees?, &charged(Side::Sell), order.qty, total?, tick).ok().map(|b| b.on_tick)
    };
    let free = facts.account.and_then(|a| a.free_cash);
    Preview {
        notional,
        charges,
        total,
        tax: if buys { None } else { tax(facts, order, total) },
        break_even: if buys { break_even() } else { None },
        first_sale: dates.filter(|_| buys).map(|d| d.resale.date),
        pay_in: dates.and_then(|d| d.pay_in).map(|d| d.date),
        free_after: if buys { free.zip(total).and_then(|(f, t)| f.checked_sub(t)) } else { free },
        fill: fill::of_new(facts.frame, facts, order),
        checks: checks(facts, order, total),
    }
}

/// Tax on the gain of a sale, where the cost is known.
fn tax(facts: &Facts<'_>, order: &NewOrder, left: Option<Money>) -> Option<Money> {
    let position = &facts.position?.position;
    let cost = position.cost?.scaled_half_up(order.qty.units(), position.qty.units())?;
    let gain = left?.checked_sub(cost)?;
    let date = facts.frame.snapshot.day.date;
    capital_gains_tax(date, Holder::Individual, SHORT_HOLDING_DAYS, gain).ok()
}

fn checks(facts: &Facts<'_>, order: &NewOrder, total: Option<Money>) -> Vec<CheckResult> {
    let snapshot = &facts.frame.snapshot;
    let rules = snapshot.day.rules.get(order.instrument.0 as usize);
    let Some(account) = facts.account else {
        return verdict::unknown(&[Denial::UnknownAccount(order.account.to_string())]);
    };
    let input = CheckInput {
        halted: snapshot.trading.is_halted(),
        phase: snapshot.session.phase,
        market_halted: snapshot.session.halt.is_some(),
        tradable_here: !facts.view.view_only,
        tick: facts.tick,
        qty_range: rules.and_then(|r| r.qty_range),
        daily_band: facts.view.daily_band,
        order_band: facts.view.order_band,
        free_cash: account.free_cash.unwrap_or_default(),
        sellable: facts.sellable(),
        cost: total,
        data: snapshot.data_refusal(),
        gateway: snapshot.gateway.refuses(),
    };
    judge(order.clone(), &input).results
}

/// The account orders of this terminal go to: its own, else the only one of the day.
#[must_use]
pub fn account_of(frame: &Frame) -> Option<AccountId> {
    let only = || match frame.snapshot.accounts.as_slice() {
        [only] => Some(only.id.clone()),
        _ => None,
    };
    frame.status.account.clone().or_else(only)
}

/// Shares held and sellable of an instrument, over the accounts of this terminal.
#[must_use]
pub fn position_of(frame: &Frame, instrument: InstrumentId) -> Option<&PositionView> {
    rows::held(frame).find(|p| p.instrument == instrument)
}
