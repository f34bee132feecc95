//! A reading of risk: how near a rule is to its limit, and what would happen there.

use super::Telling;
use crate::console::{Frame, format, risk_words, rows};
use crate::engine::snapshot::ReadingView;
use crate::risk::reading::{Acts, Measure};

pub(super) fn tell(frame: &Frame, row: u64) -> Option<Telling> {
    let view = rows::reading(frame, row)?;
    let rule = view.reading.rule;
    let mut out = Telling::about(format!("{} {}", rule.code(), risk_words::rule(rule)));
    for line in reading_lines(view) {
        out.say(line);
    }
    Some(out)
}

fn reading_lines(view: &ReadingView) -> Vec<String> {
    let rule = view.reading.rule;
    let mut lines = Vec::new();
    match &view.reading.measure {
        Measure::Known(m) => {
            lines.push(format!("now       {}", risk_words::amount(m.value)));
            let side = if m.acts == Acts::Above { "above" } else { "below" };
            lines.push(format!("limit     {side} {}", risk_words::limit(m)));
            let part = m.nearness() * 100.0;
            lines.push(format!(
                "of the way {part:.0}%{}",
                if m.is_beyond() { ", BEYOND the limit" } else { "" }
            ));
            lines.extend(m.source.map(|source| format!("feed      {source}")));
            lines.extend(m.caveat.map(|c| format!("leaves out {}", risk_words::caveat(c))));
        }
        Measure::Missing(why) => lines.push(format!("not measured: {}", risk_words::missing(*why))),
    }
    lines.push(match view.nearest {
        Some(nearest) => {
            format!(
                "nearest   {:.0}% today, since {}",
                f64::from(nearest.ppm) / 1e4,
                format::clock(nearest.at)
            )
        }
        None => "nearest   never off zero today".to_owned(),
    });
    lines.push(format!("would     {}", risk_words::action(rule.action())));
    lines.push(format!("released  {}", risk_words::release(rule)));
    lines.push("this only shows: nothing trips by itself yet".to_owned());
    lines
}
