//! Readings of market conditions: regime, volatility, index halt (B01, B02, B15).

use super::{Amount, Caveat, Facts, Measure, Measured, Missing};

/// B01: above 0.85.
pub(super) fn stress(facts: &Facts) -> Measure {
    let measured = Measured::above(Amount::Probability(facts.p_stress), Amount::Probability(0.85));
    Measure::Known(if facts.p_stress_is_start { measured.but(Caveat::StartOnly) } else { measured })
}

/// B02: volatility of the last hour above 2.5 times the forecast, both per day.
pub(super) fn vol_over_forecast(facts: &Facts) -> Measure {
    let Some(forecast) = facts.vol_forecast.filter(|f| f.is_finite() && *f > 0.0) else {
        return Measure::Missing(Missing::NoVolForecast);
    };
    match facts.realised_vol {
        Some(realised) => {
            Measure::Known(Measured::above(Amount::Ratio(realised / forecast), Amount::Ratio(2.5)))
        }
        None => Measure::Missing(Missing::NoReturn),
    }
}

/// B15, as far as the index halt stands in for it: the move of the index against the next step. A
/// halt in force counts as all of the way and a little more.
pub(super) fn index_halt(facts: &Facts) -> Measure {
    const SCALE: f64 = 1e6;
    let Some(index) = facts.index_halt else { return Measure::Missing(Missing::NoIndexHalt) };
    let level = index.level_bps_e2;
    let moved = if index.halted { index.moved_bps_e2.max(level + 1) } else { index.moved_bps_e2 };
    let share = |bps_e2: i64| Amount::Share(bps_e2 as f64 / SCALE);
    Measure::Known(Measured::above(share(moved), share(level)).but(Caveat::HaltOnly))
}
