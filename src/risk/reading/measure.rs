//! A measured value beside its limit, or why there is none.

use crate::market::SourceId;

/// A value in its own unit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Amount {
    /// A probability, in [0, 1].
    Probability(f64),
    /// A part of a whole, decimal: 0.018 is 1.8 %.
    Share(f64),
    /// One value over another.
    Ratio(f64),
    /// How old, in nanoseconds.
    Age {
        /// Nanoseconds.
        ns: i64,
    },
    /// How many.
    Count(u64),
}

impl Amount {
    /// As a number, in its own unit (ages in seconds).
    #[must_use]
    pub const fn number(self) -> f64 {
        match self {
            Self::Probability(x) | Self::Share(x) | Self::Ratio(x) => x,
            Self::Age { ns } => ns as f64 / 1e9,
            Self::Count(n) => n as f64,
        }
    }
}

/// On which side of its limit a rule acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acts {
    /// When the value is above it.
    Above,
    /// When the value is below it; for parts of a whole only.
    Below,
}

/// What a reading leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caveat {
    /// A model's start, not yet moved by any evidence of the day.
    StartOnly,
    /// Counted from the open: the highest value of earlier sessions is not kept.
    TodayOnly,
    /// Orders without an answer only: an in-process gateway has no link to measure.
    UnansweredOnly,
    /// Shares on sale against shares that can be sold only: no position limits are configured.
    SellableOnly,
    /// The index halt only: no history of the index to take a percentile of.
    HaltOnly,
    /// Reports that cannot be true only: the journal speaks for itself in the header.
    ReportsOnly,
}

/// Why a rule has no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// No account.
    NoAccount,
    /// A holding has no price.
    NoPrice,
    /// No feed was heard.
    NoFeed,
    /// Too few messages to say a rate.
    FewMessages {
        /// In the window.
        received: u64,
    },
    /// Too few orders to say a rate.
    FewOrders {
        /// Finished or traded today.
        finished: u64,
    },
    /// The market is not trading: silence is no fault.
    MarketClosed,
    /// No index feed, or no close before, or no halt step left today.
    NoIndexHalt,
    /// No return of the day yet.
    NoReturn,
    /// No forecast of the day's volatility.
    NoVolForecast,
    /// Net asset values of earlier sessions are not kept.
    NoEarlierSessions,
    /// No forecast of returns runs.
    NoForecast,
    /// The price at the decision is not kept.
    NoArrivalPrice,
    /// No correlation matrix is kept.
    NoCorrelations,
    /// No model runs whose errors could be counted.
    NoModels,
    /// Nothing to compare our books with.
    NoBrokerStatement,
    /// Recorded and simulated time have no clock to be off from.
    NoClockSource,
    /// No reports of settlement.
    NoSettlementReports,
    /// Internal errors end the session and are not counted in it.
    NotCounted,
}

/// A value, its limit, and how it is to be read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measured {
    /// The value now.
    pub value: Amount,
    /// Where the rule acts.
    pub limit: Amount,
    /// On which side.
    pub acts: Acts,
    /// What it leaves out.
    pub caveat: Option<Caveat>,
    /// The feed it is about, if it is about one.
    pub source: Option<SourceId>,
}

impl Measured {
    /// A rule that acts above its limit.
    #[must_use]
    pub const fn above(value: Amount, limit: Amount) -> Self {
        Self { value, limit, acts: Acts::Above, caveat: None, source: None }
    }

    /// A rule that acts below its limit.
    #[must_use]
    pub const fn below(value: Amount, limit: Amount) -> Self {
        Self { value, limit, acts: Acts::Below, caveat: None, source: None }
    }

    /// The same, leaving something out.
    #[must_use]
    pub const fn but(self, caveat: Caveat) -> Self {
        Self { caveat: Some(caveat), ..self }
    }

    /// Whether the rule would act.
    #[must_use]
    pub fn is_beyond(&self) -> bool {
        match self.acts {
            Acts::Above => self.value.number() > self.limit.number(),
            Acts::Below => self.value.number() < self.limit.number(),
        }
    }

    /// How much of the way to the limit is gone: 0 far away, 1 at it, more beyond. A limit of zero
    /// is either not touched (0) or passed (1).
    #[must_use]
    pub fn nearness(&self) -> f64 {
        let (value, limit) = (self.value.number(), self.limit.number());
        let part = match self.acts {
            Acts::Above if limit > 0.0 => value / limit,
            Acts::Above => f64::from(u8::from(value > limit)),
            Acts::Below if limit < 1.0 => (1.0 - value) / (1.0 - limit),
            Acts::Below => f64::from(u8::from(value < limit)),
        };
        // Not `max`: a negative nought would be written with its sign.
        if part > 0.0 { part } else { 0.0 }
    }
}

/// What is known of a rule.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Measure {
    /// A value.
    Known(Measured),
    /// None, and why.
    Missing(Missing),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearness_is_the_part_of_the_way_that_is_gone() {
        use Amount::{Age, Count, Probability, Ratio, Share};
        for (measured, near, beyond) in [
            (Measured::above(Probability(0.34), Probability(0.85)), 0.4, false),
            (Measured::above(Ratio(3.0), Ratio(2.5)), 1.2, true),
            (Measured::above(Age { ns: 30_000_000_000 }, Age { ns: 60_000_000_000 }), 0.5, false),
            (Measured::above(Share(-0.01), Share(0.02)), 0.0, false),
            (Measured::below(Share(0.65), Share(0.30)), 0.5, false),
            (Measured::below(Share(0.30), Share(0.30)), 1.0, false),
            (Measured::below(Share(0.29), Share(0.30)), 0.71 / 0.70, true),
            (Measured::above(Count(0), Count(0)), 0.0, false),
            (Measured::above(Count(2), Count(0)), 1.0, true),
            (Measured::above(Count(5), Count(5)), 1.0, false),
        ] {
            assert!((measured.nearness() - near).abs() < 1e-12, "{measured:?}: {}", measured.nearness());
            assert_eq!(measured.is_beyond(), beyond, "{measured:?}");
        }
    }
}
