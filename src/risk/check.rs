//! The checks an order passes before it may leave.
//!
//! Every check runs and every refusal is listed. A check whose input is missing fails closed:
//! an unknown previous close refuses the order rather than skipping the band.

use crate::execution::NewOrder;
use crate::market::{Money, Price, Qty, SessionPhase, Side, Tick};

use super::Denial;

/// An order that passed every check. Only this room can make one, and the engine sends nothing else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked<T>(T);

impl<T> Checked<T> {
    /// The order itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// What the checks look at, gathered by the engine at the moment of the command.
#[derive(Clone, Debug)]
pub struct CheckInput {
    /// Whether trading is halted by us.
    pub halted: bool,
    /// The phase of the session.
    pub phase: SessionPhase,
    /// Whether the exchange has halted trading. Orders may rest through a halt, so it is no denial.
    pub market_halted: bool,
    /// Whether the instrument is of this market at all.
    pub tradable_here: bool,
    /// The price grid, if known.
    pub tick: Option<Tick>,
    /// Least and most shares in one order, if the kind is known.
    pub qty_range: Option<(Qty, Qty)>,
    /// The day's legal prices, if the previous close is known.
    pub daily_band: Option<(Price, Price)>,
    /// What order entry takes now, if a reference price is known.
    pub order_band: Option<(Price, Price)>,
    /// Cash not needed by working buys.
    pub free_cash: Money,
    /// Settled shares not already on sale.
    pub sellable: Qty,
    /// What the order would cost with charges (buys), if it can be counted.
    pub cost: Option<Money>,
}

/// Checks a new order.
///
/// # Errors
/// Every reason it may not leave, in the order of the list above.
pub fn check_new(order: NewOrder, input: &CheckInput) -> Result<Checked<NewOrder>, Vec<Denial>> {
    let denials = denials(&order, input);
    if denials.is_empty() { Ok(Checked(order)) } else { Err(denials) }
}

/// Checks what an order would become. `input.free_cash` and `input.sellable` count as if the
/// order were not there.
///
/// # Errors
/// Every reason the change may not leave.
pub fn check_amend(order: NewOrder, input: &CheckInput) -> Result<Checked<NewOrder>, Vec<Denial>> {
    check_new(order, input)
}

fn denials(order: &NewOrder, input: &CheckInput) -> Vec<Denial> {
    let blocked = |line: CheckLine| match line.outcome {
        Outcome::Block(denial) => Some(denial),
        Outcome::Pass | Outcome::Warn(_) => None,
    };
    examine(order, input).into_iter().filter_map(blocked).collect()
}

/// One check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckName {
    /// Nobody has stopped trading here.
    Stop,
    /// It is of this market.
    Market,
    /// The session takes orders.
    Session,
    /// Least and most shares of one order.
    Quantity,
    /// The limit is a price of the grid.
    Tick,
    /// The limit is within the day's legal prices.
    DailyBand,
    /// The limit is within what order entry takes now.
    OrderBand,
    /// Price times quantity can be counted.
    Value,
    /// There is cash, or there are settled shares, for it.
    Means,
}

/// Something a person should know that denies nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caution {
    /// The exchange has halted trading: the order rests until it goes on.
    MarketHalted,
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing.
    Pass,
    /// Something to know.
    Warn(Caution),
    /// A reason why the order may not leave.
    Block(Denial),
}

/// One check and what it found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckLine {
    /// Which.
    pub check: CheckName,
    /// What it found.
    pub outcome: Outcome,
}

/// Every check that applies, in order, each with what it found. Where one leaves nothing for those
/// after it to look at (another market, no price), they are left out.
#[must_use]
pub fn examine(order: &NewOrder, input: &CheckInput) -> Vec<CheckLine> {
    let mut out = Vec::with_capacity(9);
    let mut line = |check: CheckName, denial: Option<Denial>| {
        let outcome = denial.map_or(Outcome::Pass, Outcome::Block);
        out.push(CheckLine { check, outcome });
    };
    line(CheckName::Stop, input.halted.then_some(Denial::Halted));
    line(CheckName::Market, (!input.tradable_here).then_some(Denial::ViewOnly));
    if !input.tradable_here {
        return out;
    }
    let open = matches!(input.phase, SessionPhase::PreOpen | SessionPhase::Continuous);
    line(CheckName::Session, (!open).then_some(Denial::SessionClosed { phase: input.phase }));
    line(CheckName::Quantity, quantity(order.qty, input.qty_range));
    let (limit, priced) = (order.limit, order.limit.is_positive());
    line(
        CheckName::Tick,
        if priced { off_tick(limit, input.tick) } else { Some(Denial::PriceNotPositive { limit }) },
    );
    if priced {
        line(CheckName::DailyBand, daily_band(limit, input.daily_band));
        line(CheckName::OrderBand, order_band(limit, input.order_band));
    }
    let countable = match order.side {
        Side::Buy => input.cost.is_some(),
        Side::Sell => limit.notional(order.qty).is_some(),
    };
    line(CheckName::Value, (!countable).then_some(Denial::ValueOverflow));
    line(CheckName::Means, means(order, input));
    if input.market_halted
        && let Some(session) = out.iter_mut().find(|l| l.check == CheckName::Session)
        && session.outcome == Outcome::Pass
    {
        session.outcome = Outcome::Warn(Caution::MarketHalted);
    }
    out
}

fn quantity(qty: Qty, range: Option<(Qty, Qty)>) -> Option<Denial> {
    if !qty.is_positive() {
        return Some(Denial::QtyNotPositive { qty });
    }
    match range {
        None => Some(cannot("board lot", "the kind of security")),
        Some((min, _)) if qty < min => Some(Denial::QtyBelowMin { qty, min }),
        Some((_, max)) if qty > max => Some(Denial::QtyAboveMax { qty, max }),
        Some(_) => None,
    }
}

fn off_tick(limit: Price, tick: Option<Tick>) -> Option<Denial> {
    match tick {
        None => Some(cannot("tick", "the kind of security")),
        Some(tick) if !limit.is_on_grid(tick) => {
            Some(Denial::OffTick { limit, tick: Price::from_units(tick.units()) })
        }
        Some(_) => None,
    }
}

fn daily_band(limit: Price, band: Option<(Price, Price)>) -> Option<Denial> {
    match band {
        None => Some(cannot("daily band", "the previous close")),
        Some((low, high)) if limit < low || limit > high => {
            Some(Denial::OutsideDailyBand { limit, low, high })
        }
        Some(_) => None,
    }
}

fn order_band(limit: Price, band: Option<(Price, Price)>) -> Option<Denial> {
    match band {
        None => Some(cannot("order band", "the last price")),
        Some((low, high)) if limit < low || limit > high => {
            Some(Denial::OutsideOrderBand { limit, low, high })
        }
        Some(_) => None,
    }
}

fn means(order: &NewOrder, input: &CheckInput) -> Option<Denial> {
    match (order.side, input.cost) {
        (Side::Buy, Some(needed)) if needed > input.free_cash => {
            Some(Denial::CashShort { needed, free: input.free_cash })
        }
        (Side::Sell, _) if order.qty > input.sellable => {
            Some(Denial::SharesShort { qty: order.qty, sellable: input.sellable })
        }
        _ => None,
    }
}

fn cannot(rule: &str, missing: &str) -> Denial {
    Denial::CannotCheck { rule: rule.to_owned(), missing: missing.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{AccountId, InstrumentId};

    fn input() -> CheckInput {
        CheckInput {
            halted: false,
            phase: SessionPhase::Continuous,
            market_halted: false,
            tradable_here: true,
            tick: Tick::new(10),
            qty_range: Some((Qty::from_units(10), Qty::from_units(100_000))),
            daily_band: Some((Price::from_units(45_000), Price::from_units(55_000))),
            order_band: Some((Price::from_units(49_000), Price::from_units(51_000))),
            free_cash: Money::from_paisa(1_000_000),
            sellable: Qty::from_units(50),
            cost: Some(Money::from_paisa(500_000)),
        }
    }

    /// `order` against `input`, as the names of the denials.
    fn check(side: Side, qty: i64, limit: i64, input: &CheckInput) -> Vec<String> {
        let order = NewOrder {
            account: AccountId::new("07"),
            instrument: InstrumentId(0),
            side,
            qty: Qty::from_units(qty),
            limit: Price::from_units(limit),
        };
        match check_new(order, input) {
            Ok(_) => Vec::new(),
            Err(denials) => denials
                .iter()
                .map(|d| format!("{d:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned())
                .collect(),
        }
    }

    #[test]
    fn every_check_has_a_line_and_a_market_halt_is_a_warning() {
        let order = |limit: i64| NewOrder {
            account: AccountId::new("07"),
            instrument: InstrumentId(0),
            side: Side::Buy,
            qty: Qty::from_units(10),
            limit: Price::from_units(limit),
        };
        let lines = examine(&order(50_000), &input());
        assert_eq!(lines.len(), 9);
        assert!(lines.iter().all(|l| l.outcome == Outcome::Pass));
        let halted = CheckInput { market_halted: true, ..input() };
        let warned: Vec<_> =
            examine(&order(50_000), &halted).into_iter().filter(|l| l.outcome != Outcome::Pass).collect();
        let want = CheckLine { check: CheckName::Session, outcome: Outcome::Warn(Caution::MarketHalted) };
        assert_eq!(warned, [want]);
        assert!(check_new(order(50_000), &halted).is_ok(), "a warning denies nothing");
        assert_eq!(examine(&order(0), &input()).len(), 7, "without a price there are no bands to look at");
    }

    #[test]
    fn rows() {
        let ok = input();
        let rows: [(Side, i64, i64, CheckInput, &[&str]); 14] = [
            (Side::Buy, 10, 50_000, ok.clone(), &[]),
            (Side::Sell, 50, 50_000, ok.clone(), &[]),
            (Side::Sell, 51, 50_000, ok.clone(), &["SharesShort"]),
            (Side::Buy, 9, 50_000, ok.clone(), &["QtyBelowMin"]),
            (Side::Buy, 0, 50_000, ok.clone(), &["QtyNotPositive"]),
            (Side::Buy, 100_001, 50_000, ok.clone(), &["QtyAboveMax"]),
            (Side::Buy, 10, 50_005, ok.clone(), &["OffTick"]),
            (Side::Buy, 10, 51_010, ok.clone(), &["OutsideOrderBand"]),
            (
                Side::Buy,
                9,
                60_005,
                ok.clone(),
                &["QtyBelowMin", "OffTick", "OutsideDailyBand", "OutsideOrderBand"],
            ),
            (Side::Buy, 10, 0, ok.clone(), &["PriceNotPositive"]),
            (Side::Buy, 10, 50_000, CheckInput { halted: true, ..ok.clone() }, &["Halted"]),
            (
                Side::Buy,
                10,
                50_000,
                CheckInput { phase: SessionPhase::Ended, ..ok.clone() },
                &["SessionClosed"],
            ),
            (
                Side::Buy,
                10,
                50_000,
                CheckInput { cost: Some(Money::from_paisa(1_000_001)), ..ok.clone() },
                &["CashShort"],
            ),
            (
                Side::Buy,
                10,
                50_000,
                CheckInput { tick: None, qty_range: None, daily_band: None, order_band: None, ..ok.clone() },
                &["CannotCheck", "CannotCheck", "CannotCheck", "CannotCheck"],
            ),
        ];
        for (side, qty, limit, input, want) in rows {
            assert_eq!(check(side, qty, limit, &input), want, "{side} {qty} @ {limit}");
        }
    }
}
