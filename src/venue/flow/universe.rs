//! The listed securities of the simulated exchange, all invented.

use serde::Deserialize;

use super::FlowError;
use crate::market::rules::tick;
use crate::market::{Instrument, InstrumentKind, Money, Price, SessionDate, Symbol, Universe};
use crate::venue::exchange::Listing;

const EMBEDDED: &str = include_str!("universe.toml");

/// A listed security and how it behaves.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) symbol: Symbol,
    pub(super) name: String,
    pub(super) sector: String,
    pub(super) kind: InstrumentKind,
    pub(super) previous_close: Price,
    /// Average daily volume in shares.
    pub(super) adv: i64,
    /// Listed shares, the weight in the index; 0 for what is not in it.
    pub(super) shares: i64,
    /// Reaction to the market factor.
    pub(super) beta: f64,
    /// Own volatility, basis points a day.
    pub(super) volatility: f64,
}

impl Listed {
    /// As the exchange lists it.
    pub(super) const fn listing(&self) -> Listing {
        Listing { kind: self.kind, previous_close: self.previous_close, shares: self.shares }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    securities: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    symbol: Symbol,
    name: String,
    sector: String,
    kind: InstrumentKind,
    previous_close: String,
    adv: i64,
    shares: i64,
    beta: f64,
    volatility: f64,
}

/// The listed securities, in the order of their ids.
///
/// # Errors
/// [`FlowError::Unreadable`]; never for the built-in table, which is tested.
pub(super) fn listed() -> Result<Vec<Listed>, FlowError> {
    let unreadable = |why: String| FlowError::Unreadable { what: "the universe".to_owned(), why };
    let file: File = toml::from_str(EMBEDDED).map_err(|e| unreadable(e.to_string()))?;
    let row = |row: Row| {
        let previous_close = Price::parse(&row.previous_close, 100).map_err(|e| unreadable(e.to_string()))?;
        Ok(Listed {
            symbol: row.symbol,
            name: row.name,
            sector: row.sector,
            kind: row.kind,
            previous_close,
            adv: row.adv,
            shares: row.shares,
            beta: row.beta,
            volatility: row.volatility,
        })
    };
    file.securities.into_iter().map(row).collect()
}

/// The securities as a day lists them, under the rules of its date.
///
/// # Errors
/// [`FlowError::Rule`] if the exchange's rules have no tick for a kind on that date.
pub(super) fn instruments(listed: &[Listed], date: SessionDate) -> Result<Universe, FlowError> {
    let instrument = |l: &Listed| -> Result<Instrument, FlowError> {
        let mut instrument = Instrument::nepse(l.symbol.clone());
        instrument.name.clone_from(&l.name);
        instrument.sector = Some(l.sector.clone());
        instrument.kind = Some(l.kind);
        instrument.tick = Some(tick::tick(l.kind, date)?);
        instrument.previous_close = Some(l.previous_close);
        instrument.face_value = Money::from_rupees(face_value(l.kind));
        instrument.adv = Some(l.adv);
        Ok(instrument)
    };
    Ok(Universe::new(listed.iter().map(instrument).collect::<Result<Vec<_>, _>>()?))
}

/// Face value in rupees (market rules, section 2).
const fn face_value(kind: InstrumentKind) -> i64 {
    match kind {
        InstrumentKind::MutualFund => 10,
        InstrumentKind::Debenture | InstrumentKind::Bond => 1_000,
        _ => 100,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn forty_securities_over_every_sector() {
        let listed = listed().unwrap();
        let universe = instruments(&listed, SessionDate::new(2026, 8, 20).unwrap()).unwrap();
        assert_eq!(universe.len(), 40, "every symbol is its own");
        let sectors: BTreeSet<&str> = listed.iter().map(|l| l.sector.as_str()).collect();
        assert_eq!(sectors.len(), 13);
        let of = |kind| listed.iter().filter(|l| l.kind == kind).count();
        assert_eq!((of(InstrumentKind::MutualFund), of(InstrumentKind::Debenture)), (2, 1));
        for l in &listed {
            assert!(l.adv > 0 && l.beta > 0.0 && l.volatility > 0.0, "{}", l.symbol);
            assert_eq!(l.shares > 0, l.kind == InstrumentKind::Equity, "{}", l.symbol);
        }
    }

    #[test]
    fn no_real_company_is_among_them() {
        let shared = std::env::var("HIMAL_SHARED")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
        let path = std::path::Path::new(&shared).join("data/nepse-reference/securities.csv.gz");
        let Ok(file) = std::fs::File::open(&path) else {
            println!("skipped: no reference list of securities");
            return;
        };
        let mut rows = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
        let real: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert!(real.len() > 300);
        for l in listed().unwrap() {
            let same = real.iter().find(|r| &r[1] == l.symbol.as_str() || r[2].eq_ignore_ascii_case(&l.name));
            assert!(same.is_none(), "{} is {same:?}", l.symbol);
        }
    }
}
