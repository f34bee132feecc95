//! The checks an order passes before it may leave.
//!
//! Every check runs and every refusal is listed. A check whose input is missing fails closed:
//! an unknown previous close refuses the order rather than skipping the band.

use crate::execution::NewOrder;
use crate::market::{Money, Price, Qty, SessionPhase, Side, Tick};

use super::Denial;
use super::verdict::{self, Check, CheckResult, Verdict, Warning};

/// Below this an order's fixed charges weigh on it: it warns (P13).
const SMALL_VALUE: Money = Money::from_paisa(500_000);

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
    /// Why market data is not to be relied on, if it is not.
    pub data: Option<Denial>,
    /// Why the gateway is not to be sent anything new, if it is not.
    pub gateway: Option<Denial>,
}

/// What the checks said of an order, and the order itself if none of them blocks it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// What each check said.
    pub results: Vec<CheckResult>,
    /// The order, or every reason it may not leave.
    pub order: Result<Checked<NewOrder>, Vec<Denial>>,
}

/// Runs every check on an order. `input.free_cash` and `input.sellable` of an amendment count as if
/// the order were not there.
#[must_use]
pub fn judge(order: NewOrder, input: &CheckInput) -> Judged {
    let verdict = |check| CheckResult { check, verdict: verdict(check, &order, input) };
    let results = Check::ALL.map(verdict).to_vec();
    let denials = verdict::denials(&results);
    Judged { results, order: if denials.is_empty() { Ok(Checked(order)) } else { Err(denials) } }
}

/// Checks a new order, or what an order would become.
///
/// # Errors
/// Every reason it may not leave, in the order of [`Check::ALL`].
pub fn check_new(order: NewOrder, input: &CheckInput) -> Result<Checked<NewOrder>, Vec<Denial>> {
    judge(order, input).order
}

fn verdict(check: Check, order: &NewOrder, input: &CheckInput) -> Verdict {
    // What belongs to another market is refused for that alone: no other rule is about it.
    if !input.tradable_here && !matches!(check, Check::Listed | Check::Trading) {
        return Verdict::NotApplicable;
    }
    match check {
        Check::Trading => block_if(input.halted, Denial::Halted),
        Check::Listed => block_if(!input.tradable_here, Denial::ViewOnly),
        Check::Phase => {
            let open = matches!(input.phase, SessionPhase::PreOpen | SessionPhase::Continuous);
            block_if(!open, Denial::SessionClosed { phase: input.phase })
        }
        Check::Form => blocks(
            [quantity(order.qty, input.qty_range), tick(order.limit, input.tick)].into_iter().flatten(),
        ),
        Check::Band => band(order.limit, input),
        Check::Value => value(order, input),
        Check::Cash => cash(order, input),
        Check::Sellable => sellable(order, input),
        Check::MarketHalt if input.market_halted => Verdict::Warn(Warning::MarketHalted),
        Check::MarketHalt => Verdict::Pass,
        Check::Data => input.data.clone().map_or(Verdict::Pass, |denial| Verdict::Block(vec![denial])),
        Check::Reconciled => {
            input.gateway.clone().map_or(Verdict::Pass, |denial| Verdict::Block(vec![denial]))
        }
    }
}

fn block_if(refused: bool, denial: Denial) -> Verdict {
    blocks(refused.then_some(denial).into_iter())
}

fn blocks(denials: impl Iterator<Item = Denial>) -> Verdict {
    let denials: Vec<Denial> = denials.collect();
    if denials.is_empty() { Verdict::Pass } else { Verdict::Block(denials) }
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

fn tick(limit: Price, tick: Option<Tick>) -> Option<Denial> {
    if !limit.is_positive() {
        return Some(Denial::PriceNotPositive { limit });
    }
    match tick {
        None => Some(cannot("tick", "the kind of security")),
        Some(tick) if !limit.is_on_grid(tick) => {
            Some(Denial::OffTick { limit, tick: Price::from_units(tick.units()) })
        }
        Some(_) => None,
    }
}

/// Both bands; within two ticks of an end it warns.
fn band(limit: Price, input: &CheckInput) -> Verdict {
    if !limit.is_positive() {
        return Verdict::NotApplicable;
    }
    let daily = match input.daily_band {
        None => Some(cannot("daily band", "the previous close")),
        Some((low, high)) if limit < low || limit > high => {
            Some(Denial::OutsideDailyBand { limit, low, high })
        }
        Some(_) => None,
    };
    let entry = match input.order_band {
        None => Some(cannot("order band", "the last price")),
        Some((low, high)) if limit < low || limit > high => {
            Some(Denial::OutsideOrderBand { limit, low, high })
        }
        Some(_) => None,
    };
    let verdict = blocks(daily.into_iter().chain(entry));
    if verdict != Verdict::Pass {
        return verdict;
    }
    let two_ticks = input.tick.map_or(0, Tick::units).saturating_mul(2);
    let near = |(low, high): &(Price, Price)| {
        limit.units().saturating_sub(low.units()) < two_ticks
            || high.units().saturating_sub(limit.units()) < two_ticks
    };
    let narrowest = [input.daily_band, input.order_band].into_iter().flatten().find(near);
    narrowest.map_or(Verdict::Pass, |(low, high)| Verdict::Warn(Warning::NearBand { limit, low, high }))
}

fn value(order: &NewOrder, input: &CheckInput) -> Verdict {
    if order.side == Side::Buy && input.cost.is_none() {
        return Verdict::Block(vec![Denial::ValueOverflow]);
    }
    match order.limit.notional(order.qty).filter(|value| *value > Money::ZERO) {
        Some(value) if value < SMALL_VALUE => {
            Verdict::Warn(Warning::SmallValue { value, least: SMALL_VALUE })
        }
        Some(_) => Verdict::Pass,
        None => Verdict::NotApplicable,
    }
}

fn cash(order: &NewOrder, input: &CheckInput) -> Verdict {
    match (order.side, input.cost) {
        (Side::Buy, Some(needed)) => {
            block_if(needed > input.free_cash, Denial::CashShort { needed, free: input.free_cash })
        }
        _ => Verdict::NotApplicable,
    }
}

fn sellable(order: &NewOrder, input: &CheckInput) -> Verdict {
    match order.side {
        Side::Sell => {
            let denial = Denial::SharesShort { qty: order.qty, sellable: input.sellable };
            block_if(order.qty > input.sellable, denial)
        }
        Side::Buy => Verdict::NotApplicable,
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
            data: None,
            gateway: None,
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

    /// What each check says, a letter each in the order of [`Check::ALL`].
    fn letters(side: Side, qty: i64, limit: i64, input: &CheckInput) -> String {
        let order = NewOrder {
            account: AccountId::new("07"),
            instrument: InstrumentId(0),
            side,
            qty: Qty::from_units(qty),
            limit: Price::from_units(limit),
        };
        let letter = |r: &CheckResult| match r.verdict {
            Verdict::Pass => '.',
            Verdict::Warn(_) => 'w',
            Verdict::Block(_) => 'X',
            Verdict::NotApplicable => '-',
        };
        judge(order, input).results.iter().map(letter).collect()
    }

    #[test]
    fn nothing_new_goes_out_on_old_data_or_unsettled_books() {
        let blind = CheckInput { data: Some(Denial::FeedNotLive), ..input() };
        assert_eq!(check(Side::Sell, 50, 50_000, &blind), ["FeedNotLive"]);
        let apart = CheckInput { gateway: Some(Denial::NotReconciled), ..input() };
        assert_eq!(check(Side::Buy, 10, 50_000, &apart), ["NotReconciled"]);
        assert_eq!(letters(Side::Buy, 10, 50_000, &apart), ".......-..X");
    }

    #[test]
    fn every_check_says_something() {
        let ok = input();
        let elsewhere = CheckInput { tradable_here: false, halted: true, ..ok.clone() };
        let halted = CheckInput { market_halted: true, ..ok.clone() };
        for (side, qty, limit, input, want) in [
            (Side::Buy, 10, 50_000, &ok, ".......-..."),
            (Side::Sell, 10, 50_000, &ok, "......-...."),
            (Side::Sell, 60, 50_000, &ok, "......-X..."),
            (Side::Buy, 10, 49_010, &ok, "....ww.-..."),
            (Side::Buy, 10, 49_020, &ok, ".....w.-..."),
            (Side::Buy, 10, 50_990, &ok, "....w..-..."),
            (Side::Buy, 9, 51_005, &ok, "...XXw.-..."),
            (Side::Buy, 10, 0, &ok, "...X--.-..."),
            (Side::Buy, 10, 50_000, &halted, ".......-w.."),
            (Side::Buy, 10, 50_000, &elsewhere, "XX---------"),
        ] {
            assert_eq!(letters(side, qty, limit, input), want, "{side} {qty} @ {limit}");
        }
    }
}
