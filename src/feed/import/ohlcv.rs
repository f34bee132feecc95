//! Daily bars of one symbol.

use std::path::Path;

use super::ImportOptions;
use super::daily::DailyFile;
use super::input::Input;
use super::reference::Reference;
use super::report::ImportReport;
use crate::feed::FeedError;
use crate::feed::day::{DailyBar, DayMeta, DayWriter};
use crate::market::{Board, Symbol, Universe};

pub(super) fn import(
    inputs: &[Input],
    out: &Path,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let [input] = inputs else {
        return Err(FeedError::WrongFiles("ohlcv takes one file, one symbol".to_owned()));
    };
    let daily = DailyFile::read(input, report)?;
    let last = daily
        .rows()
        .last()
        .ok_or(FeedError::NoRows { file: input.label(), refused: report.refused_count })?;
    let symbol = options.symbol.clone().unwrap_or_else(|| symbol_of(&input.name()));
    let instrument = Reference::read(options, report)?.instrument(&symbol, None, last.date);
    let market = options.market.unwrap_or(Board::Nepse);
    let mut meta = DayMeta::new(last.date, market, &format!("{symbol} daily"), Universe::new([instrument]));
    (meta.timed, meta.daily) = (false, true);
    let id = meta.instruments.find(&symbol).expect("the universe was made of this symbol");
    let mut writer = DayWriter::create(out, meta)?;
    for row in daily.rows() {
        if row.high < row.open.max(row.close) || row.low > row.open.min(row.close) {
            report.count("range_without_open_or_close", 1);
        }
        if row.volume.is_zero() {
            report.count("without_volume", 1);
        }
        writer.push_bar(&DailyBar {
            date: row.date,
            instrument: id,
            open: row.open,
            high: row.high,
            low: row.low,
            close: row.close,
            volume: row.volume,
            previous_close: daily.previous_close(row.date),
        })?;
    }
    report.note("prices are as published, not adjusted; before 2018 the open is often the close before");
    report.written = writer.rows();
    writer.meta_mut().origin = Some(report.origin());
    writer.finish()?;
    Ok(())
}

/// The ticker in a file name such as `NABIL.csv.gz`.
fn symbol_of(name: &str) -> Symbol {
    Symbol::new(name.split('.').next().unwrap_or(name))
}
