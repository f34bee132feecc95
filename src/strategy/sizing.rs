//! How much to hold (C16).
//!
//! Half of Kelly's fraction on the forecast net of costs, times factors that can only lower it: calm
//! enough, regime, liquidity, capacity, breakers. Then limits, in a fixed order. Every factor and
//! every limit that bit is reported; no multiplier is above one. Shares come later: [`super::order_size`].

use super::edge::Forecast;
use crate::model::ModelError;
use crate::model::regime::FilteredProbability;
use crate::model::units::{
    AnnualVol, DailyVol, SessionsPerYear, require, require_non_negative, require_positive, require_unit,
};

/// Share of Kelly's fraction on a net forecast.
pub const KELLY_SHARE: f64 = 0.5;
/// Volatility aimed at, per year.
pub const TARGET_VOL_ANNUAL: f64 = 0.15;
/// A name that moves less than this a day is suspended or pegged: no position.
pub const SMALLEST_DAILY_VOL: f64 = 0.001;
/// An opening below this share of capital is not worth it.
pub const SMALLEST_OPENING: f64 = 0.01;
/// Largest weight of one name.
pub const POSITION_CAP: f64 = 0.10;

/// What a weight is made from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SizingInput {
    /// Forecast over the horizon, its mean net of the round trip.
    pub net: Forecast,
    /// Volatility per day.
    pub vol: DailyVol,
    /// Sessions a year counts.
    pub year: SessionsPerYear,
    /// Volatility aimed at.
    pub target_vol: AnnualVol,
    /// Probability of stress, filtered.
    pub p_stress: FilteredProbability,
    /// Scaled illiquidity of C10, at or above 0.
    pub illiquidity: f64,
    /// Factor for the use of capacity (X17), in [0, 1].
    pub capacity_factor: f64,
    /// The smallest active scale of the breakers (K2), in [0, 1]; 1 if none is active.
    pub breaker_scale: f64,
    /// Largest weight of one name.
    pub position_cap: f64,
    /// Weight that may still be added before gross exposure is at its limit, counting what this name holds now.
    pub gross_headroom: f64,
    /// Weight held now.
    pub current_weight: f64,
}

/// The factors of a weight, in the order in which they are multiplied.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Factors {
    /// Half of Kelly's fraction; below zero for a forecast below zero.
    pub kelly: f64,
    /// `min(1, target / volatility)`, both per year.
    pub volatility: f64,
    /// `1 - 0.8 p_stress`.
    pub regime: f64,
    /// `1 / (1 + 20 a)`.
    pub liquidity: f64,
    /// As given.
    pub capacity: f64,
    /// As given.
    pub breaker: f64,
}

impl Factors {
    /// Their product.
    #[must_use]
    pub fn product(&self) -> f64 {
        self.kelly * self.volatility * self.regime * self.liquidity * self.capacity * self.breaker
    }
}

/// A limit that changed a weight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum WeightClamp {
    /// The weight was below zero and shorts do not exist.
    LongOnly,
    /// The cap on one name.
    PositionCap {
        /// The cap.
        limit: f64,
    },
    /// The room left under the gross limit.
    GrossHeadroom {
        /// The room.
        limit: f64,
    },
    /// An opening too small to be worth it.
    DeadBand {
        /// The smallest opening.
        limit: f64,
    },
}

/// A weight with its reasons.
#[derive(Clone, PartialEq, Debug)]
pub struct SizedWeight {
    /// The factors.
    pub factors: Factors,
    /// Their product, before any limit.
    pub wished: f64,
    /// What is left, in [0, cap].
    pub weight: f64,
    /// The limits that bit, in the order applied.
    pub clamps: Vec<WeightClamp>,
}

/// Sizes one name.
///
/// # Errors
/// [`ModelError::Degenerate`] for a daily volatility below 0.1 %; [`ModelError::OutOfDomain`] for anything not
/// finite or outside its domain.
pub fn weight(input: &SizingInput) -> Result<SizedWeight, ModelError> {
    let factors = factors(input)?;
    let wished = factors.product();
    require(true, "weight", wished, "finite")?;
    let mut clamps = Vec::new();
    let mut weight = wished;
    if weight < 0.0 {
        weight = 0.0;
        clamps.push(WeightClamp::LongOnly);
    }
    if weight > input.position_cap {
        weight = input.position_cap;
        clamps.push(WeightClamp::PositionCap { limit: input.position_cap });
    }
    let room = input.gross_headroom.max(0.0);
    if weight > room {
        weight = room;
        clamps.push(WeightClamp::GrossHeadroom { limit: room });
    }
    if input.current_weight == 0.0 && weight > 0.0 && weight < SMALLEST_OPENING {
        weight = 0.0;
        clamps.push(WeightClamp::DeadBand { limit: SMALLEST_OPENING });
    }
    Ok(SizedWeight { factors, wished, weight, clamps })
}

fn factors(input: &SizingInput) -> Result<Factors, ModelError> {
    require(true, "expected net return", input.net.mean, "finite")?;
    require_positive("sigma of the forecast", input.net.sigma)?;
    require_non_negative("illiquidity", input.illiquidity)?;
    require_unit("capacity factor", input.capacity_factor)?;
    require_unit("breaker scale", input.breaker_scale)?;
    require_unit("position cap", input.position_cap)?;
    require(true, "gross headroom", input.gross_headroom, "finite")?;
    require_non_negative("current weight", input.current_weight)?;
    if input.vol.value() < SMALLEST_DAILY_VOL {
        return Err(ModelError::Degenerate { why: "the name hardly moves: suspended or pegged" });
    }
    let annual = input.vol.annual(input.year).value();
    Ok(Factors {
        kelly: KELLY_SHARE * input.net.mean / (input.net.sigma * input.net.sigma),
        volatility: (input.target_vol.value() / annual).min(1.0),
        regime: 1.0 - 0.8 * input.p_stress.get(),
        liquidity: 1.0 / (1.0 + 20.0 * input.illiquidity),
        capacity: input.capacity_factor,
        breaker: input.breaker_scale,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn input() -> SizingInput {
        SizingInput {
            net: Forecast { mean: 0.004, sigma: 0.25 },
            vol: DailyVol::new(0.01).unwrap(),
            year: SessionsPerYear::default(),
            target_vol: AnnualVol::new(TARGET_VOL_ANNUAL).unwrap(),
            p_stress: FilteredProbability::new(0.25).unwrap(),
            illiquidity: 0.01,
            capacity_factor: 0.9,
            breaker_scale: 0.5,
            position_cap: POSITION_CAP,
            gross_headroom: 1.0,
            current_weight: 0.0,
        }
    }

    #[test]
    fn every_factor_is_reported_and_multiplied() {
        let got = weight(&input()).unwrap();
        let annual = 0.01 * 232.0_f64.sqrt();
        assert!((got.factors.kelly - 0.5 * 0.004 / 0.0625).abs() < 1e-15);
        assert!((got.factors.volatility - 0.15 / annual).abs() < 1e-15);
        assert!((got.factors.regime - 0.8).abs() < 1e-15);
        assert!((got.factors.liquidity - 1.0 / 1.2).abs() < 1e-15);
        assert!((got.wished - got.factors.product()).abs() < 1e-18);
        // Below one percent: an opening is skipped, a holding is not closed by it.
        assert_eq!((got.weight, got.clamps.as_slice()), (0.0, &[WeightClamp::DeadBand { limit: 0.01 }][..]));
        let held = weight(&SizingInput { current_weight: 0.05, ..input() }).unwrap();
        assert_eq!((held.weight, held.clamps.len()), (held.wished, 0));
    }

    #[test]
    fn limits_bite_in_order_and_are_named() {
        let strong = SizingInput { net: Forecast { mean: 0.05, sigma: 0.05 }, ..input() };
        let got = weight(&strong).unwrap();
        assert_eq!(
            (got.weight, got.clamps.as_slice()),
            (0.10, &[WeightClamp::PositionCap { limit: 0.10 }][..])
        );
        let crowded = weight(&SizingInput { gross_headroom: 0.03, ..strong }).unwrap();
        assert_eq!(crowded.weight, 0.03);
        assert_eq!(crowded.clamps[1], WeightClamp::GrossHeadroom { limit: 0.03 });
        let full = weight(&SizingInput { gross_headroom: -0.1, ..strong }).unwrap();
        assert_eq!(full.weight, 0.0);
        let short = weight(&SizingInput { net: Forecast { mean: -0.05, sigma: 0.05 }, ..input() }).unwrap();
        assert_eq!((short.weight, short.clamps.as_slice()), (0.0, &[WeightClamp::LongOnly][..]));
    }

    #[test]
    fn a_pegged_name_gets_no_position() {
        let pegged = SizingInput { vol: DailyVol::new(0.0009).unwrap(), ..input() };
        assert!(matches!(weight(&pegged), Err(ModelError::Degenerate { .. })));
        for bad in [
            SizingInput { net: Forecast { mean: f64::NAN, sigma: 0.1 }, ..input() },
            SizingInput { net: Forecast { mean: 0.1, sigma: 0.0 }, ..input() },
            SizingInput { breaker_scale: 1.5, ..input() },
            SizingInput { illiquidity: -0.1, ..input() },
        ] {
            assert!(weight(&bad).is_err());
        }
    }

    proptest! {
        #[test]
        fn nothing_raises_a_weight_but_the_forecast(
            p in 0.0..1.0f64, worse in 0.0..1.0f64, a in 0.0..0.5f64, breaker in 0.0..1.0f64,
        ) {
            let stress = |p: f64| FilteredProbability::new(p.min(1.0)).unwrap();
            let base = SizingInput {
                net: Forecast { mean: 0.02, sigma: 0.2 }, current_weight: 0.02, p_stress: stress(p), ..input()
            };
            let at = |i: &SizingInput| weight(i).unwrap().weight;
            let tighter = [
                SizingInput { p_stress: stress(p + worse), ..base },
                SizingInput { illiquidity: base.illiquidity + a, ..base },
                SizingInput { breaker_scale: breaker.min(base.breaker_scale), ..base },
            ];
            for input in tighter {
                prop_assert!(at(&input) <= at(&base));
            }
        }
    }
}
