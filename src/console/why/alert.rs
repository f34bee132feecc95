//! An alert: what was raised, who has noted it, and what it is about.

use super::{Subject, Telling};
use crate::console::{Frame, format, words};
use crate::engine::AlertKind;

pub(super) fn tell(frame: &Frame, id: u64) -> Option<Telling> {
    let alert = frame.snapshot.alerts.iter().find(|a| a.id == id)?;
    let mut out = Telling::about(format!("Alert {id}"));
    out.say(words::alert(&frame.snapshot, alert));
    out.say(format!("raised {}", alert.at));
    out.say(format!("weight {}", alert.kind.severity()));
    let noted = alert.acknowledged.as_ref().map(|by| format!("acknowledged by {by}"));
    out.say(noted.unwrap_or_else(|| "nobody has acknowledged it".to_owned()));
    if let Some(until) = alert.shelved_until {
        out.say(format!("shelved until {}", format::clock(until)));
    }
    match &alert.kind {
        AlertKind::OrderUnknown { id } | AlertKind::OrderRejected { id, .. } => {
            out.rest_on(format!("about {id}"), Subject::Order(*id));
        }
        AlertKind::Regime { .. } => out.rest_on("the market regime", Subject::Regime),
        kind => {
            if let Some(id) = kind.instrument() {
                let symbol = words::symbol(&frame.snapshot, id);
                out.rest_on(format!("about {symbol}"), Subject::Instrument(id));
            }
        }
    }
    Some(out)
}
