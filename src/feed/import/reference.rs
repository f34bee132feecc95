//! What is known about a security beside its trades: name, sector, type, tick, close before, volume.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ImportOptions;
use super::daily::DailyFile;
use super::input::Input;
use super::report::ImportReport;
use crate::feed::FeedError;
use crate::market::{Instrument, InstrumentKind, Money, SessionDate, Symbol, Tick};

/// Sessions in the average volume.
const ADV_SESSIONS: usize = 20;

/// The list of securities and the folder of daily files, as far as they were given.
#[derive(Debug, Default)]
pub(super) struct Reference {
    listed: BTreeMap<Symbol, Listed>,
    daily_dir: Option<PathBuf>,
}

#[derive(Debug)]
struct Listed {
    name: String,
    sector: Option<String>,
    kind: Option<InstrumentKind>,
}

impl Reference {
    pub(super) fn read(options: &ImportOptions, report: &mut ImportReport) -> Result<Self, FeedError> {
        let mut reference = Self { daily_dir: options.daily_dir.clone(), ..Self::default() };
        let Some(path) = &options.securities else { return Ok(reference) };
        let input = Input::new(path);
        let mut table = input.table()?;
        let columns = ["symbol", "security_name", "sector", "instrument_type"].map(|name| table.column(name));
        let [Some(symbol), name, sector, kind] = columns else {
            return Err(table.unknown_layout("a list of securities"));
        };
        while let Some((line, record)) = table.next_row()? {
            let Ok(record) = record else {
                report.refuse(&input.name(), line, "text", "not UTF-8 text");
                continue;
            };
            let field = |column: Option<usize>| {
                column.and_then(|i| record.get(i)).map(str::trim).filter(|text| !text.is_empty())
            };
            let Some(ticker) = field(Some(symbol)).map(Symbol::new) else { continue };
            let listed = Listed {
                name: field(name).unwrap_or(ticker.as_str()).to_owned(),
                sector: field(sector).map(str::to_owned),
                kind: field(kind).and_then(kind_of_type),
            };
            reference.listed.entry(ticker).or_insert(listed);
        }
        Ok(reference)
    }

    /// The tickers of the list.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.listed.keys()
    }

    /// The security as it stood before `date` opened. What was not given stays unknown.
    pub(super) fn instrument(&self, symbol: &Symbol, name: Option<&str>, date: SessionDate) -> Instrument {
        let listed = self.listed.get(symbol);
        let (daily, in_promoter_folder) = self.daily(symbol);
        let name = name.filter(|n| !n.is_empty()).or(listed.map(|l| l.name.as_str()));
        let promoter = in_promoter_folder || name.is_some_and(|n| n.to_lowercase().contains("promoter"));
        let kind = if promoter { Some(InstrumentKind::PromoterShare) } else { listed.and_then(|l| l.kind) };
        let mut instrument = Instrument::nepse(symbol.clone());
        if let Some(name) = name {
            name.clone_into(&mut instrument.name);
        }
        instrument.sector = listed.and_then(|l| l.sector.clone());
        instrument.kind = kind;
        instrument.tick = kind.and_then(|kind| tick(kind, date));
        instrument.face_value = kind.and_then(face_value);
        if let Some(daily) = daily {
            instrument.previous_close = daily.previous_close(date);
            instrument.adv = daily.average_volume(date, ADV_SESSIONS);
        }
        instrument
    }

    /// The daily file of a symbol, and whether it lies among the promoter shares.
    fn daily(&self, symbol: &Symbol) -> (Option<DailyFile>, bool) {
        let Some(dir) = &self.daily_dir else { return (None, false) };
        for (folder, promoter) in [(dir.clone(), false), (dir.join("promoter"), true)] {
            for ending in ["csv.gz", "csv"] {
                // A slash in a ticker (debentures have them) cannot be a folder.
                let path = folder.join(format!("{}.{ending}", symbol.as_str().replace('/', "_")));
                if path.is_file() {
                    let mut findings = ImportReport::default();
                    return (DailyFile::read(&Input::new(&path), &mut findings).ok(), promoter);
                }
            }
        }
        (None, false)
    }
}

fn kind_of_type(text: &str) -> Option<InstrumentKind> {
    match text {
        "Equity" => Some(InstrumentKind::Equity),
        "Mutual Funds" => Some(InstrumentKind::MutualFund),
        "Non-Convertible Debentures" => Some(InstrumentKind::Debenture),
        "Promoter Share" | "Promoter Shares" => Some(InstrumentKind::PromoterShare),
        _ => None,
    }
}

/// The price grid of a type on a date (market rules, section 2).
fn tick(kind: InstrumentKind, date: SessionDate) -> Option<Tick> {
    let from_2021 = date >= SessionDate::new(2021, 7, 18)?;
    match kind {
        InstrumentKind::MutualFund => Tick::new(1),
        InstrumentKind::Equity | InstrumentKind::PromoterShare => Tick::new(if from_2021 { 10 } else { 100 }),
        InstrumentKind::Debenture if from_2021 => Tick::new(10),
        _ => None,
    }
}

fn face_value(kind: InstrumentKind) -> Option<Money> {
    match kind {
        InstrumentKind::Equity | InstrumentKind::PromoterShare => Money::from_rupees(100),
        InstrumentKind::MutualFund => Money::from_rupees(10),
        InstrumentKind::Debenture => Money::from_rupees(1_000),
        InstrumentKind::Bond | InstrumentKind::Foreign => None,
    }
}
