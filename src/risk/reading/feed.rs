//! Readings of market data: quarantine rate and age (B08, B11).

use super::{Amount, Facts, Measure, Measured, Missing};

/// Silence beyond this halts (B11).
const AGE_MAX_NS: i64 = 60_000_000_000;

/// B08: the worst feed's share of quarantined messages above 5 %.
pub(super) fn quarantine(facts: &Facts) -> Measure {
    match (facts.quarantine, facts.messages) {
        (Some((source, rate)), _) => {
            let measured = Measured::above(Amount::Share(rate), Amount::Share(0.05));
            Measure::Known(Measured { source: Some(source), ..measured })
        }
        (None, Some(received)) => Measure::Missing(Missing::FewMessages { received }),
        (None, None) => Measure::Missing(Missing::NoFeed),
    }
}

/// B11: the most silent feed older than a minute, while the market trades.
pub(super) fn age(facts: &Facts) -> Measure {
    match facts.silent {
        _ if !facts.trading => Measure::Missing(Missing::MarketClosed),
        Some((source, ns)) => {
            let measured = Measured::above(Amount::Age { ns }, Amount::Age { ns: AGE_MAX_NS });
            Measure::Known(Measured { source: Some(source), ..measured })
        }
        None => Measure::Missing(Missing::NoFeed),
    }
}
