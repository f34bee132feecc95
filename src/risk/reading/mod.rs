//! How near each rule of K2 is to acting: value, limit, and what is not measured.
//!
//! Pure functions of [`Facts`], which the engine gathers. A breaker will act on the same readings;
//! today they only show. What cannot be measured says why and is never taken for quiet.
//!
//! To add one: a function in the file of its family, a line in [`measure_of`].

mod feed;
mod loss;
mod measure;
mod orders;
mod regime;
mod rule;

pub use measure::{Acts, Amount, Caveat, Measure, Measured, Missing};
pub use rule::{Action, Rule};

use crate::market::SourceId;

/// What readings are taken from, gathered at one moment.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Facts {
    /// Whether trades can happen now.
    pub trading: bool,
    /// Filtered probability of stress, in [0, 1].
    pub p_stress: f64,
    /// Whether that is still the start of the day.
    pub p_stress_is_start: bool,
    /// Volatility of the last hour, decimal per day.
    pub realised_vol: Option<f64>,
    /// Forecast for the day, decimal per day, if a daily model made one.
    pub vol_forecast: Option<f64>,
    /// How many accounts there are.
    pub accounts: usize,
    /// Fall from the day's highest value of the worst account, decimal; `None` if one has no value.
    pub drawdown: Option<f64>,
    /// Loss since the open of the worst account, decimal, negative for a gain; `None` if one has no value.
    pub loss: Option<f64>,
    /// The feed with the highest known quarantine rate, decimal.
    pub quarantine: Option<(SourceId, f64)>,
    /// Messages in the window of the feed that spoke most; `None` without a feed.
    pub messages: Option<u64>,
    /// The feed that has been silent longest, in nanoseconds.
    pub silent: Option<(SourceId, i64)>,
    /// Own orders.
    pub orders: OrderFacts,
    /// The index against the next halt: move and level in hundredths of a basis point.
    pub index_halt: Option<IndexFacts>,
    /// Reports that cannot be true.
    pub incidents: u64,
}

/// Own orders of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OrderFacts {
    /// Closed, or traded in part.
    pub finished: u64,
    /// Traded at all.
    pub traded: u64,
    /// Nobody knows what became of them.
    pub unknown: u64,
    /// Rejected by the venue within the last minute.
    pub rejected: u64,
    /// Instruments of which more is on sale than can be sold.
    pub oversold: u64,
}

/// The index against the halt rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexFacts {
    /// How far it has moved from the close before, either way.
    pub moved_bps_e2: i64,
    /// Where the next step is.
    pub level_bps_e2: i64,
    /// Whether the market is halted now.
    pub halted: bool,
}

/// One rule and what is known of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reading {
    /// Which rule.
    pub rule: Rule,
    /// What is known.
    pub measure: Measure,
}

impl Reading {
    /// How near it is, if it is measured.
    #[must_use]
    pub fn nearness(&self) -> Option<f64> {
        match &self.measure {
            Measure::Known(measured) => Some(measured.nearness()),
            Measure::Missing(_) => None,
        }
    }
}

/// Every reading, in the order of [`Rule::ALL`].
#[must_use]
pub fn readings(facts: &Facts) -> [Reading; Rule::ALL.len()] {
    Rule::ALL.map(|rule| Reading { rule, measure: measure_of(rule, facts) })
}

/// What is known of a rule.
#[must_use]
pub fn measure_of(rule: Rule, facts: &Facts) -> Measure {
    let missing = Measure::Missing;
    match rule {
        Rule::Stress => regime::stress(facts),
        Rule::VolOverForecast => regime::vol_over_forecast(facts),
        Rule::DrawdownReduce => loss::drawdown(facts, 0.05),
        Rule::DrawdownHalt => loss::drawdown(facts, 0.10),
        Rule::DrawdownStop => loss::drawdown(facts, 0.15),
        Rule::LossToday => loss::today(facts),
        Rule::LossSessions => missing(Missing::NoEarlierSessions),
        Rule::Quarantine => feed::quarantine(facts),
        Rule::FillRate => orders::fill_rate(facts),
        Rule::Confidence => missing(Missing::NoForecast),
        Rule::DataAge => feed::age(facts),
        Rule::Link => orders::unanswered(facts),
        Rule::PositionLimit => orders::oversold(facts),
        Rule::Slippage => missing(Missing::NoArrivalPrice),
        Rule::IndexVolatility => regime::index_halt(facts),
        Rule::Correlation => missing(Missing::NoCorrelations),
        Rule::ModelErrors => missing(Missing::NoModels),
        Rule::Reconciliation => missing(Missing::NoBrokerStatement),
        Rule::ClockOffset => missing(Missing::NoClockSource),
        Rule::Settlement => missing(Missing::NoSettlementReports),
        Rule::Integrity => orders::incidents(facts),
        Rule::InternalError => missing(Missing::NotCounted),
        Rule::RejectBurst => orders::rejects(facts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy() -> Facts {
        Facts {
            trading: true,
            p_stress: 0.31,
            realised_vol: Some(0.0171),
            vol_forecast: Some(0.0142),
            accounts: 1,
            drawdown: Some(0.018),
            loss: Some(-0.003),
            quarantine: Some((SourceId(1), 0.004)),
            messages: Some(9_000),
            silent: Some((SourceId(1), 3_000_000_000)),
            orders: OrderFacts { finished: 40, traded: 25, unknown: 1, rejected: 2, oversold: 0 },
            index_halt: Some(IndexFacts { moved_bps_e2: 3_400, level_bps_e2: 40_000, halted: false }),
            incidents: 0,
            ..Facts::default()
        }
    }

    /// Value and limit of a rule as numbers.
    fn figures(rule: Rule, facts: &Facts) -> Result<(f64, f64), Missing> {
        match measure_of(rule, facts) {
            Measure::Known(m) => Ok((m.value.number(), m.limit.number())),
            Measure::Missing(why) => Err(why),
        }
    }

    #[test]
    fn thresholds_of_the_rules() {
        for (rule, want) in [
            (Rule::Stress, Ok((0.31, 0.85))),
            (Rule::VolOverForecast, Ok((0.0171 / 0.0142, 2.5))),
            (Rule::DrawdownReduce, Ok((0.018, 0.05))),
            (Rule::DrawdownHalt, Ok((0.018, 0.10))),
            (Rule::DrawdownStop, Ok((0.018, 0.15))),
            (Rule::LossToday, Ok((0.0, 0.02))),
            (Rule::Quarantine, Ok((0.004, 0.05))),
            (Rule::FillRate, Ok((0.625, 0.30))),
            (Rule::DataAge, Ok((3.0, 60.0))),
            (Rule::Link, Ok((1.0, 0.0))),
            (Rule::PositionLimit, Ok((0.0, 0.0))),
            (Rule::IndexVolatility, Ok((0.0034, 0.04))),
            (Rule::Integrity, Ok((0.0, 0.0))),
            (Rule::RejectBurst, Ok((2.0, 5.0))),
            (Rule::Slippage, Err(Missing::NoArrivalPrice)),
        ] {
            assert_eq!(figures(rule, &busy()), want, "{rule:?}");
        }
    }

    #[test]
    fn what_cannot_be_measured_says_why() {
        let nothing = Facts::default();
        for (rule, facts, why) in [
            (Rule::VolOverForecast, Facts { vol_forecast: None, ..busy() }, Missing::NoVolForecast),
            (Rule::VolOverForecast, Facts { vol_forecast: Some(0.0), ..busy() }, Missing::NoVolForecast),
            (Rule::VolOverForecast, Facts { realised_vol: None, ..busy() }, Missing::NoReturn),
            (Rule::DrawdownReduce, nothing.clone(), Missing::NoAccount),
            (Rule::DrawdownReduce, Facts { drawdown: None, ..busy() }, Missing::NoPrice),
            (Rule::LossToday, Facts { loss: None, ..busy() }, Missing::NoPrice),
            (Rule::Quarantine, nothing.clone(), Missing::NoFeed),
            (
                Rule::Quarantine,
                Facts { quarantine: None, messages: Some(12), ..busy() },
                Missing::FewMessages { received: 12 },
            ),
            (Rule::DataAge, Facts { trading: false, ..busy() }, Missing::MarketClosed),
            (Rule::DataAge, Facts { silent: None, ..busy() }, Missing::NoFeed),
            (
                Rule::FillRate,
                Facts { orders: OrderFacts { finished: 19, traded: 1, ..OrderFacts::default() }, ..busy() },
                Missing::FewOrders { finished: 19 },
            ),
            (Rule::IndexVolatility, Facts { index_halt: None, ..busy() }, Missing::NoIndexHalt),
        ] {
            assert_eq!(figures(rule, &facts), Err(why), "{rule:?}");
        }
        assert!(readings(&nothing).iter().any(|r| r.nearness().is_some()), "some need nothing");
    }

    #[test]
    fn an_index_halt_in_force_is_beyond_whatever_the_distance() {
        let halted = IndexFacts { moved_bps_e2: 10, level_bps_e2: 60_000, halted: true };
        let Measure::Known(m) =
            measure_of(Rule::IndexVolatility, &Facts { index_halt: Some(halted), ..busy() })
        else {
            panic!("not measured")
        };
        assert!(m.is_beyond());
    }
}
