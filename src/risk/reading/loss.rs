//! Readings of losses: drawdown and the day (B03 to B06). Losses are positive.

use super::{Amount, Caveat, Facts, Measure, Measured, Missing};

/// B03, B04, B05: fall from the highest value, as far back as it is kept.
pub(super) fn drawdown(facts: &Facts, limit: f64) -> Measure {
    known(facts, facts.drawdown, limit)
}

/// B06: loss of the day above 2 % of the value at the open. A gain is no loss of less than zero.
pub(super) fn today(facts: &Facts) -> Measure {
    let measure = known(facts, facts.loss.map(|loss| if loss > 0.0 { loss } else { 0.0 }), 0.02);
    match measure {
        Measure::Known(measured) => Measure::Known(Measured { caveat: None, ..measured }),
        missing => missing,
    }
}

fn known(facts: &Facts, value: Option<f64>, limit: f64) -> Measure {
    match value {
        _ if facts.accounts == 0 => Measure::Missing(Missing::NoAccount),
        Some(value) => {
            Measure::Known(Measured::above(Amount::Share(value), Amount::Share(limit)).but(Caveat::TodayOnly))
        }
        None => Measure::Missing(Missing::NoPrice),
    }
}
