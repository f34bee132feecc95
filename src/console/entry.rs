//! What a person may type for a price or a size, and what it means.
//!
//! Price: `545`, `545.5`, `bid`, `ask`, `mid`, `last`, each with `+2t` or `-5t`. Size: `100`, `2L`
//! (rupees), `50%` (of what can be sold), `3%adv` (of the average daily volume), `all`. Read from the text, never
//! through a float; a price that is typed is taken as typed, one that is worked out is put on the
//! grid without paying more or asking less.

use super::preview::Facts;
use super::size::Size;
use crate::market::{Price, Qty, Side};

/// A price from what was typed.
///
/// # Errors
/// Why it is no price, in words.
pub fn price(text: &str, side: Side, facts: &Facts<'_>, scale: i64) -> Result<Price, String> {
    let text = text.trim().to_lowercase();
    let begins_with_letter = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if !begins_with_letter {
        let typed = Price::parse(&text, scale).map_err(|e| e.to_string())?;
        return if typed.is_positive() { Ok(typed) } else { Err("no limit price".to_owned()) };
    }
    let split = text.find(['+', '-']).unwrap_or(text.len());
    let (name, offset) = text.split_at(split);
    let base = named(name, facts)?;
    let tick = facts.tick.ok_or("the tick is not known")?;
    let base = base.on_grid(tick, side).ok_or("no price there")?;
    let ticks = ticks(offset)?;
    base.moved(ticks, tick).ok_or_else(|| "no price there".to_owned())
}

fn named(name: &str, facts: &Facts<'_>) -> Result<Price, String> {
    let (bid, ask) = (facts.best(Side::Buy), facts.best(Side::Sell));
    let (found, missing) = match name {
        "bid" => (bid, "there is no bid"),
        "ask" => (ask, "there is no offer"),
        "mid" => {
            let mid = |b: Price, a: Price| Price::from_units(b.units().midpoint(a.units()));
            (bid.zip(ask).map(|(b, a)| mid(b, a)), "there is no mid: a side is empty")
        }
        "last" => (facts.view.last(), "nothing has traded"),
        _ => return Err(format!("`{name}` is no price: bid, ask, mid, last, or a number")),
    };
    found.ok_or_else(|| missing.to_owned())
}

fn ticks(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let digits = text.strip_suffix('t').unwrap_or(text);
    digits.parse().map_err(|_| format!("`{text}` is no number of ticks"))
}

/// A size from what was typed; see [`Size`].
///
/// # Errors
/// Why it is no size, in words.
pub fn qty(text: &str, limit: Option<Price>, facts: &Facts<'_>) -> Result<Qty, String> {
    Size::parse(text)?.qty(limit, facts)
}
