//! The return of the market in one bar: the equal weight of the symbols that trade enough.
//!
//! The detector decides for the market and not for a share: with fixed levels most single shares
//! would read STRESS on a quiet day, because their bars are mostly tick and spread.

use crate::model::regime::BarKind;

/// Bars a symbol must have had today before it counts (C5).
pub const MARKET_MIN_BARS: u32 = 24;

/// One symbol's bar, as the market return sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SymbolBar {
    /// Bars with a trade this session so far, this one included.
    pub bars_so_far: u32,
    /// Log return over the bar; `None` when the symbol did not trade in it, which weighs in as
    /// zero.
    pub return_: Option<f64>,
}

/// The market's bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarketReturn {
    /// Log return of the equal-weight portfolio: `ln(1 + mean(exp(r) - 1))`, since log returns do
    /// not add across symbols.
    pub return_: f64,
    /// How many symbols are in it.
    pub symbols: usize,
    /// `Traded` if at least one of them traded.
    pub kind: BarKind,
}

/// The equal-weight return over the symbols with at least `min_bars` bars so far today.
///
/// A return that is not finite leaves its symbol out of this bar. `None` when no symbol qualifies:
/// there is then no market bar, and the detector is not advanced.
#[must_use]
pub fn equal_weight_return(bars: &[SymbolBar], min_bars: u32) -> Option<MarketReturn> {
    let (mut sum, mut symbols, mut traded) = (0.0, 0_usize, false);
    for bar in bars.iter().filter(|bar| bar.bars_so_far >= min_bars) {
        let simple = bar.return_.map_or(0.0, f64::exp_m1);
        if simple.is_finite() {
            sum += simple;
            symbols += 1;
            traded |= bar.return_.is_some();
        }
    }
    if symbols == 0 {
        return None;
    }
    let return_ = (sum / symbols as f64).ln_1p();
    let kind = if traded { BarKind::Traded } else { BarKind::NoTrade };
    return_.is_finite().then_some(MarketReturn { return_, symbols, kind })
}
