//! The segments of a live session: what it heard becomes a recorded day, to be replayed tomorrow.
//!
//! Each event has the time at which the session took it, so that a replay sees what the session saw when it saw it;
//! where the source's own clock stood is not kept. A tail torn by a crash is left out and said.

use std::path::Path;

use super::input::Input;
use super::{ImportOptions, ImportReport};
use crate::feed::FeedError;
use crate::feed::day::{DayMeta, DayWriter};
use crate::feed::recording::{HeardWhat, RecordingReader};

pub(super) fn import(
    inputs: &[Input],
    out: &Path,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let mut writer: Option<(DayWriter, DayMeta)> = None;
    for input in inputs {
        let mut reader = RecordingReader::open(input.path())?;
        let day = reader.day().clone();
        if options.date.is_some_and(|date| date != day.date) {
            let what = format!("{}: it is of {}", input.name(), day.date);
            return Err(FeedError::WrongFiles(what));
        }
        let (writer, _) = match &mut writer {
            Some((_, first)) if *first != day => {
                let what = format!("{}: it is of another day or session than the first", input.name());
                return Err(FeedError::WrongFiles(what));
            }
            Some(both) => both,
            None => writer.insert((DayWriter::create(out, day.clone())?, day)),
        };
        if let Some(torn) = reader.torn() {
            report.note(format!(
                "{}: {} bytes at its end never became whole and are left out",
                input.name(),
                torn.bytes
            ));
        }
        while let Some(heard) = reader.next_entry()? {
            report.read += 1;
            let HeardWhat::Market(mut event) = heard.what else { continue };
            event.at = heard.at;
            writer.push(&event)?;
            report.written += 1;
        }
    }
    if let Some((mut writer, _)) = writer {
        let origin = report.origin();
        writer.meta_mut().origin = Some(origin);
        writer.finish()?;
    }
    Ok(())
}
