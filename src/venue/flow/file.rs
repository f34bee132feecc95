//! A generated day as a file.

use std::path::Path;

use super::{Flow, FlowError, Scenario, generate};
use crate::feed::day::{DayMeta, DayWriter, Origin, SourceInfo};
use crate::market::{Board, SourceId};

/// What the source of a generated day is called.
const SOURCE: &str = "simulated exchange";

/// What a generated day says about itself: SIMULATED, with the scenario and the seed that make it again.
#[must_use]
pub fn meta(scenario: &Scenario, seed: u64, flow: &Flow) -> DayMeta {
    let mut meta = DayMeta::new(scenario.date, Board::Nepse, &scenario.title, flow.instruments().clone());
    meta.simulated = true;
    meta.depth = true;
    meta.sources = vec![SourceInfo { id: SourceId(0), name: SOURCE.to_owned() }];
    meta.account = Some(scenario.account.clone());
    let mut origin = Origin { kind: "generated".to_owned(), ..Origin::default() };
    origin.notes = vec![
        format!("SIMULATED: scenario {}, seed {seed}", scenario.name),
        "every company, fund and ticker is invented".to_owned(),
        "five levels a side are shown, as the exchange shows them".to_owned(),
        "the index weighs the shares and leaves out fund units and the debenture".to_owned(),
    ];
    meta.origin = Some(origin);
    meta
}

/// Writes the day of a scenario and a seed; returns the rows written.
///
/// # Errors
/// As [`generate`], or [`FlowError::Feed`] if the file cannot be written; then nothing stands at `path`
/// that was not there before.
pub fn write_day(scenario: &Scenario, seed: u64, path: &Path) -> Result<u64, FlowError> {
    let flow = generate(scenario, seed)?;
    let mut writer = DayWriter::create(path, meta(scenario, seed, &flow))?;
    for event in flow {
        writer.push(&event)?;
    }
    Ok(writer.finish()?)
}
