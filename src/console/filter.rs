//! What a list is narrowed to: `sym:NABIL side:buy state:open sector:hydro age>60`, or
//! plain words.

use crate::engine::snapshot::{InstrumentView, Snapshot};
use crate::execution::Order;
use crate::market::time::NS_PER_S;
use crate::market::{InstrumentId, Side};

use super::breadth::NO_SECTOR;
use super::words;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Symbol(String),
    Side(Side),
    Open(bool),
    State(String),
    OlderThan(i64),
    Sector(String),
    Word(String),
}

/// Every condition; a row passes when all hold. A term that cannot be read is taken as a word.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Filter(Vec<Term>);

impl Filter {
    /// Reads a filter as it is typed.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.split_whitespace().map(term).collect())
    }

    /// Whether it lets everything through.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text has every word.
    #[must_use]
    pub fn text_has(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0.iter().all(|term| match term {
            Term::Symbol(s) | Term::State(s) | Term::Sector(s) | Term::Word(s) => {
                text.contains(&s.to_lowercase())
            }
            Term::Side(side) => text.contains(&side.to_string().to_lowercase()),
            Term::Open(_) | Term::OlderThan(_) => true,
        })
    }

    /// Whether a ticker, or the name behind it, passes.
    #[must_use]
    pub fn symbol_is(&self, symbol: &str, snapshot: &Snapshot, id: InstrumentId) -> bool {
        let facts = snapshot.day.universe.get(id);
        let in_text = |word: &String| {
            let word = word.to_lowercase();
            let has = |text: &str| text.to_lowercase().contains(&word);
            has(symbol)
                || facts.is_some_and(|f| has(&f.name))
                || facts.and_then(|f| f.sector.as_deref()).is_some_and(has)
        };
        self.0.iter().all(|term| match term {
            Term::Symbol(s) => symbol.starts_with(&s.to_uppercase()),
            Term::Sector(s) => in_sector(s, facts.and_then(|f| f.sector.as_deref()).unwrap_or(NO_SECTOR)),
            Term::Word(w) | Term::State(w) => in_text(w),
            Term::Side(_) | Term::Open(_) | Term::OlderThan(_) => true,
        })
    }

    /// Whether a sector passes by its name.
    #[must_use]
    pub fn sector_is(&self, name: &str) -> bool {
        self.0.iter().all(|term| match term {
            Term::Sector(s) => in_sector(s, name),
            Term::Symbol(s) | Term::Word(s) | Term::State(s) => {
                name.to_lowercase().contains(&s.to_lowercase())
            }
            Term::Side(_) | Term::Open(_) | Term::OlderThan(_) => true,
        })
    }

    /// Whether an instrument passes.
    #[must_use]
    pub fn instrument(&self, snapshot: &Snapshot, instrument: &InstrumentView) -> bool {
        let age = snapshot.now.since_ns(instrument.heard_at);
        let old = self.0.iter().all(|t| !matches!(t, Term::OlderThan(s) if age <= s * NS_PER_S));
        old && self.symbol_is(instrument.symbol.as_str(), snapshot, instrument.id)
    }

    /// Whether an order passes.
    #[must_use]
    pub fn order(&self, snapshot: &Snapshot, order: &Order) -> bool {
        let symbol = words::symbol(snapshot, order.order.instrument);
        let state = words::order_state(order).to_lowercase();
        self.0.iter().all(|term| match term {
            Term::Symbol(s) => symbol.starts_with(&s.to_uppercase()),
            Term::Side(side) => order.order.side == *side,
            Term::Open(open) => order.state.is_open() == *open,
            Term::State(s) => state.starts_with(&s.to_lowercase()),
            Term::OlderThan(s) => snapshot.now.since_ns(order.sent_at) > s.saturating_mul(NS_PER_S),
            Term::Sector(s) => {
                let facts = snapshot.day.universe.get(order.order.instrument);
                in_sector(s, facts.and_then(|f| f.sector.as_deref()).unwrap_or(NO_SECTOR))
            }
            Term::Word(w) => {
                let line = format!("{} {} {symbol} {state}", order.id, order.order.side).to_lowercase();
                line.contains(&w.to_lowercase())
            }
        })
    }
}

/// Whether a sector is meant: the whole name where `_` stands for its spaces, else the beginning of
/// one of its words.
fn in_sector(wanted: &str, name: &str) -> bool {
    let (wanted, name) = (wanted.to_lowercase().replace('_', " "), name.to_lowercase());
    if wanted.trim_end().contains(' ') {
        return name == wanted.trim_end();
    }
    name.split([' ', '-']).any(|word| word.starts_with(wanted.trim_end()))
}

fn term(text: &str) -> Term {
    let word = || Term::Word(text.to_owned());
    if let Some(rest) = text.strip_prefix("age>") {
        return rest.parse().map_or_else(|_| word(), Term::OlderThan);
    }
    match text.split_once(':') {
        Some(("sym", s)) => Term::Symbol(s.to_owned()),
        Some(("side", "buy")) => Term::Side(Side::Buy),
        Some(("side", "sell")) => Term::Side(Side::Sell),
        Some(("state", "open")) => Term::Open(true),
        Some(("state", "done")) => Term::Open(false),
        Some(("sector", s)) => Term::Sector(s.to_owned()),
        Some(("state", s)) => Term::State(s.to_owned()),
        _ => word(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms() {
        for (text, want) in [
            ("sym:NABIL", Term::Symbol("NABIL".into())),
            ("side:buy", Term::Side(Side::Buy)),
            ("side:up", Term::Word("side:up".into())),
            ("state:open", Term::Open(true)),
            ("state:unk", Term::State("unk".into())),
            ("sector:hydro", Term::Sector("hydro".into())),
            ("age>60", Term::OlderThan(60)),
            ("age>x", Term::Word("age>x".into())),
            ("feed", Term::Word("feed".into())),
        ] {
            assert_eq!(Filter::parse(text), Filter(vec![want]), "{text}");
        }
        assert!(Filter::parse("feed silent").text_has("Feed 2 silent for 14 s"));
        for (filter, name, want) in [
            ("sector:hydro", "Hydro Power", true),
            ("sector:bank", "Development Banks", true),
            ("sector:life", "Non Life Insurance", true),
            ("sector:life_insurance", "Non Life Insurance", false),
            ("sector:life_insurance", "Life Insurance", true),
            ("sector:ydro", "Hydro Power", false),
            ("sector:", "Hydro Power", true),
        ] {
            assert_eq!(Filter::parse(filter).sector_is(name), want, "{filter} {name}");
        }
        assert!(!Filter::parse("feed back").text_has("feed 2 silent"));
    }
}
