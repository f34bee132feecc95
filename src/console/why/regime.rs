//! The market regime: its label, the bars behind it, and in a bar the returns of the symbols.

use super::{Subject, Telling};
use crate::console::{Frame, format, words};
use crate::engine::RegimeInput;
use crate::market::Bar;
use crate::model::Provenance;

pub(super) fn tell(frame: &Frame) -> Telling {
    let regime = &frame.snapshot.regime;
    let day = &frame.snapshot.day;
    let levels = &day.regime.hysteresis;
    let mut out = Telling::about("Market regime");
    let p = format::probability(regime.p_stress);
    out.say(format!("label       {}, p of stress {p}, filtered: later bars change nothing", regime.label));
    let (above, below) = (levels.stress_above, levels.normal_below);
    out.say(format!("levels      STRESS above {above:.2}, NORMAL again below {below:.2}"));
    let sigma = regime.sigma_d_hat.map_or_else(|| "-".to_owned(), |s| format!("{:.2}%", s * 100.0));
    out.say(format!("volatility  {sigma} a day, over the last {} bars", day.regime.window));
    let input = match regime.input {
        RegimeInput::Index => "the index feed".to_owned(),
        RegimeInput::EqualWeight { symbols } => format!("the equal-weight return of {symbols} symbols"),
        RegimeInput::None => "nothing yet: no index, and no symbol has 24 bars".to_owned(),
    };
    out.say(format!("fed with    {input}"));
    if let Provenance::Fallback { name, reason } = &regime.provenance {
        out.say(format!("begins with {name}, because: {reason}"));
    }
    if regime.stale {
        out.say("STALE       the feed is silent and the label is frozen");
    }
    for change in regime.changes.iter().rev() {
        let at = format::clock_minutes(day.grid.end(change.bar));
        let p = format::probability(change.p_stress.get());
        let text = format!("changed     {at} {} to {}, p {p}", change.old, change.new);
        out.rest_on(text, Subject::RegimeBar(change.bar));
    }
    for bar in regime.history.iter().rev() {
        let at = format::clock_minutes(day.grid.end(bar.bar));
        let p = format::probability(bar.p_stress.get());
        out.rest_on(format!("bar {:<3}     to {at}  p {p}", bar.bar + 1), Subject::RegimeBar(bar.bar));
    }
    out
}

pub(super) fn bar(frame: &Frame, number: u32) -> Option<Telling> {
    let snapshot = &frame.snapshot;
    let p = snapshot.regime.history.iter().find(|b| b.bar == number)?.p_stress;
    let grid = &snapshot.day.grid;
    let (from, to) = (format::clock_minutes(grid.start(number)), format::clock_minutes(grid.end(number)));
    let mut out = Telling::about(format!("Bar {} of the regime, {from} to {to}", number + 1));
    out.say(format!("p of stress after it {}", format::probability(p.get())));
    let mut returns: Vec<(f64, String, Subject)> = Vec::new();
    for instrument in &snapshot.instruments {
        let Some((bar, before)) = found(&instrument.bars, number) else { continue };
        let (Some(now), Some(then)) = (bar.prices, before) else { continue };
        let change = now.close.units() as f64 / then.units().max(1) as f64 - 1.0;
        let prices = words::price_format(snapshot, instrument.id);
        let (from, to) = (prices.text(then), prices.text(now.close));
        let text = format!(
            "{:<10} {from:>10} to {to:>10}  {:+.2}%  {} prints",
            instrument.symbol,
            change * 100.0,
            bar.trades
        );
        returns.push((change.abs(), text, Subject::Instrument(instrument.id)));
    }
    returns.sort_by(|a, b| b.0.total_cmp(&a.0));
    if snapshot.regime.input == RegimeInput::Index {
        out.say("the index's own return decides; these are the symbols beside it, the largest first");
    }
    if returns.is_empty() {
        out.say("no symbol traded in it with a price before to compare with");
    }
    for (_, text, to) in returns {
        out.rest_on(text, to);
    }
    Some(out)
}

/// A bar and the last close before it.
fn found(bars: &[Bar], number: u32) -> Option<(&Bar, Option<crate::market::Price>)> {
    let at = bars.iter().position(|b| b.index == number)?;
    let before = bars.get(..at)?.iter().rev().find_map(|b| b.prices).map(|p| p.close);
    Some((bars.get(at)?, before))
}
