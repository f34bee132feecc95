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
    let mut out = Vec::new();
    if input.halted {
        out.push(Denial::Halted);
    }
    if !input.tradable_here {
        out.push(Denial::ViewOnly);
        return out;
    }
    if !matches!(input.phase, SessionPhase::PreOpen | SessionPhase::Continuous) {
        out.push(Denial::SessionClosed { phase: input.phase });
    }
    quantity(order.qty, input.qty_range, &mut out);
    price(order.limit, input, &mut out);
    means(order, input, &mut out);
    out
}

fn quantity(qty: Qty, range: Option<(Qty, Qty)>, out: &mut Vec<Denial>) {
    if !qty.is_positive() {
        out.push(Denial::QtyNotPositive { qty });
        return;
    }
    match range {
        None => out.push(cannot("board lot", "the kind of security")),
        Some((min, _)) if qty < min => out.push(Denial::QtyBelowMin { qty, min }),
        Some((_, max)) if qty > max => out.push(Denial::QtyAboveMax { qty, max }),
        Some(_) => {}
    }
}

fn price(limit: Price, input: &CheckInput, out: &mut Vec<Denial>) {
    if !limit.is_positive() {
        out.push(Denial::PriceNotPositive { limit });
        return;
    }
    match input.tick {
        None => out.push(cannot("tick", "the kind of security")),
        Some(tick) if !limit.is_on_grid(tick) => {
            out.push(Denial::OffTick { limit, tick: Price::from_units(tick.units()) });
        }
        Some(_) => {}
    }
    match input.daily_band {
        None => out.push(cannot("daily band", "the previous close")),
        Some((low, high)) if limit < low || limit > high => {
            out.push(Denial::OutsideDailyBand { limit, low, high });
        }
        Some(_) => {}
    }
    match input.order_band {
        None => out.push(cannot("order band", "the last price")),
        Some((low, high)) if limit < low || limit > high => {
            out.push(Denial::OutsideOrderBand { limit, low, high });
        }
        Some(_) => {}
    }
}

fn means(order: &NewOrder, input: &CheckInput, out: &mut Vec<Denial>) {
    match (order.side, input.cost) {
        (Side::Buy, None) => out.push(Denial::ValueOverflow),
        (Side::Buy, Some(needed)) if needed > input.free_cash => {
            out.push(Denial::CashShort { needed, free: input.free_cash });
        }
        (Side::Sell, _) if order.qty > input.sellable => {
            out.push(Denial::SharesShort { qty: order.qty, sellable: input.sellable });
        }
        _ => {}
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
