//! The rules that readings are taken for: the breakers of K2, and the burst of rejects of K4.

use serde::{Deserialize, Serialize};

/// One rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// B01: probability of stress.
    Stress,
    /// B02: realised over forecast volatility.
    VolOverForecast,
    /// B03: drawdown, first step.
    DrawdownReduce,
    /// B04: drawdown, second step.
    DrawdownHalt,
    /// B05: drawdown, third step.
    DrawdownStop,
    /// B06: loss of the day.
    LossToday,
    /// B07: loss over 5 and 21 sessions.
    LossSessions,
    /// B08: messages that had to be quarantined.
    Quarantine,
    /// B09: orders that trade.
    FillRate,
    /// B10: confidence of the forecast.
    Confidence,
    /// B11: age of market data.
    DataAge,
    /// B12: link to venue or broker, orders nobody answered for.
    Link,
    /// B13: position and sellable limits.
    PositionLimit,
    /// B14: slippage of orders.
    Slippage,
    /// B15: volatility of the index, index halt.
    IndexVolatility,
    /// B16: correlations break down.
    Correlation,
    /// B17: errors of models.
    ModelErrors,
    /// B18: books against the broker's.
    Reconciliation,
    /// B19: offset of the clock.
    ClockOffset,
    /// B20: settlement failure, pay-in shortfall.
    Settlement,
    /// B21: journal, chain, reports that cannot be true.
    Integrity,
    /// B22: unknown internal error.
    InternalError,
    /// K4: rejects within a minute.
    RejectBurst,
}

/// What a rule would do.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Action {
    /// Scale targets or new orders down to this part.
    Reduce {
        /// In (0, 1).
        scale: f64,
    },
    /// No order that adds risk.
    Halt,
    /// The same for one instrument.
    HaltSymbol,
    /// No buys.
    HaltBuys,
    /// One instrument waits.
    PauseSymbol,
    /// No orders at all but an approved plan.
    EmergencyStop,
}

impl Rule {
    /// Every rule, in order of its number.
    pub const ALL: [Self; 23] = [
        Self::Stress,
        Self::VolOverForecast,
        Self::DrawdownReduce,
        Self::DrawdownHalt,
        Self::DrawdownStop,
        Self::LossToday,
        Self::LossSessions,
        Self::Quarantine,
        Self::FillRate,
        Self::Confidence,
        Self::DataAge,
        Self::Link,
        Self::PositionLimit,
        Self::Slippage,
        Self::IndexVolatility,
        Self::Correlation,
        Self::ModelErrors,
        Self::Reconciliation,
        Self::ClockOffset,
        Self::Settlement,
        Self::Integrity,
        Self::InternalError,
        Self::RejectBurst,
    ];

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its number in the specification.
    #[must_use]
    pub const fn code(self) -> &'static str {
        const CODES: [&str; 23] = [
            "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B10", "B11", "B12", "B13", "B14",
            "B15", "B16", "B17", "B18", "B19", "B20", "B21", "B22", "K4",
        ];
        CODES[self.index()]
    }

    /// What it would do when it acts; the mildest of its steps where it has several.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Stress | Self::DrawdownReduce | Self::LossSessions | Self::IndexVolatility => {
                Action::Reduce { scale: 0.5 }
            }
            Self::Correlation => Action::Reduce { scale: 0.7 },
            Self::FillRate => Action::Reduce { scale: 0.3 },
            Self::Confidence => Action::Reduce { scale: 0.2 },
            Self::VolOverForecast
            | Self::DrawdownHalt
            | Self::LossToday
            | Self::Quarantine
            | Self::DataAge
            | Self::Link
            | Self::ModelErrors
            | Self::Reconciliation
            | Self::ClockOffset
            | Self::InternalError
            | Self::RejectBurst => Action::Halt,
            Self::PositionLimit => Action::HaltSymbol,
            Self::Slippage => Action::PauseSymbol,
            Self::Settlement => Action::HaltBuys,
            Self::DrawdownStop | Self::Integrity => Action::EmergencyStop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_in_its_place() {
        for (i, rule) in Rule::ALL.iter().enumerate() {
            assert_eq!(rule.index(), i);
        }
        assert_eq!(
            (Rule::Stress.code(), Rule::Slippage.code(), Rule::InternalError.code()),
            ("B01", "B14", "B22")
        );
    }
}
