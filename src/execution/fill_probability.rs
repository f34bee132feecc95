//! Whether a resting limit order will be filled in time (X3).
//!
//! Fills of a resting order are taken as a Poisson stream whose intensity per minute falls
//! with the distance from the market, falls with what queues ahead, and rises when the other
//! side is heavy: a resting buy is filled by sellers. The part of an order that is at or
//! through the touch is filled at once, up to what is shown there.
//!
//! It does not know the daily price band; see [`super::circuit`].

use serde::{Deserialize, Serialize};

use crate::market::Side;
use crate::model::ModelError;
use crate::model::units::{Bps, Minutes, require, require_non_negative, require_positive};

/// From this half spread on, distances are measured from the own side's touch and no longer
/// from the mid: an order that is already best must not look far away (X3).
pub const WIDE_HALF_SPREAD_BPS: f64 = 30.0;

/// Best bid and ask in currency per share; always a proper quote, never crossed or locked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Quote {
    bid: f64,
    ask: f64,
}

impl Quote {
    /// A quote with `0 < bid < ask`.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for anything else.
    pub fn new(bid: f64, ask: f64) -> Result<Self, ModelError> {
        require_positive("bid", bid)?;
        require(ask > bid, "ask", ask, "finite, above the bid")?;
        Ok(Self { bid, ask })
    }

    /// The best bid.
    #[must_use]
    pub const fn bid(self) -> f64 {
        self.bid
    }

    /// The best ask.
    #[must_use]
    pub const fn ask(self) -> f64 {
        self.ask
    }

    /// Half way between the two.
    #[must_use]
    pub fn mid(self) -> f64 {
        f64::midpoint(self.bid, self.ask)
    }

    /// Half the spread as a fraction of the mid, the `h` of X1.
    #[must_use]
    pub fn half_spread(self) -> f64 {
        (self.ask - self.bid) / (2.0 * self.mid())
    }

    /// The best price of one's own side: where an order of `side` rests first in line.
    #[must_use]
    pub const fn own_touch(self, side: Side) -> f64 {
        match side {
            Side::Buy => self.bid,
            Side::Sell => self.ask,
        }
    }

    /// The best price to trade against at once.
    #[must_use]
    pub const fn opposite_touch(self, side: Side) -> f64 {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }

    /// Whether an order of `side` at `limit` trades at once.
    #[must_use]
    pub fn is_marketable(self, side: Side, limit: f64) -> bool {
        side.sign() as f64 * (limit - self.opposite_touch(side)) >= 0.0
    }

    /// What passive distances are measured from.
    #[must_use]
    pub fn reference(self, side: Side) -> DistanceFrom {
        if self.half_spread() * 1e4 > WIDE_HALF_SPREAD_BPS {
            DistanceFrom::OwnTouch(side)
        } else {
            DistanceFrom::Mid
        }
    }

    /// Passive distance of `limit`, a fraction of the mid, never below zero: `s (Ref - L) / M`.
    #[must_use]
    pub(crate) fn passive_distance(self, side: Side, limit: f64) -> f64 {
        let from = match self.reference(side) {
            DistanceFrom::Mid => self.mid(),
            DistanceFrom::OwnTouch(side) => self.own_touch(side),
        };
        (side.sign() as f64 * (from - limit) / self.mid()).max(0.0)
    }
}

/// The point a passive distance starts at. Parameters are calibrated for one of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DistanceFrom {
    /// The mid, in a narrow market.
    Mid,
    /// The best price of the order's own side, in a wide one.
    OwnTouch(Side),
}

/// Parameters of the fill intensity `lambda0 exp(-alpha delta) (1 - beta s I)`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct FillModel {
    /// Intensity at no distance and a balanced book, per minute.
    pub lambda0_per_min: f64,
    /// Decay per unit of distance (a fraction of price): 150 is an e-fold per 67 bps.
    pub alpha: f64,
    /// Response to the imbalance of the book, a pure number in [0, 1).
    pub beta: f64,
}

impl Default for FillModel {
    fn default() -> Self {
        Self { lambda0_per_min: 0.05, alpha: 150.0, beta: 0.3 }
    }
}

/// A limit order as the fill model sees it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RestingOrder {
    /// Which way it goes.
    pub side: Side,
    /// Passive distance, a fraction of the mid, at or above 0: of the limit from the reference of X3.
    pub distance: f64,
    /// Book imbalance in [-1, 1], positive with more bids; `None` if the book shows neither side.
    pub imbalance: Option<f64>,
    /// What stands before it and its size, if the queue is to count.
    pub queue: Option<Queue>,
}

/// The line a resting order waits in, in shares.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Queue {
    /// Visible shares at or better than the limit on its own side.
    pub ahead: f64,
    /// The order's own size.
    pub own: f64,
    /// Mean volume of five minutes, 20 sessions.
    pub volume_5min: f64,
}

impl Queue {
    /// The factor `1 / (1 + (ahead + own) / V5)`; 0 where nothing trades.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a size that is not finite and at or above 0.
    pub fn factor(self) -> Result<f64, ModelError> {
        require_non_negative("shares ahead", self.ahead)?;
        require_non_negative("own shares", self.own)?;
        require_non_negative("volume of five minutes", self.volume_5min)?;
        if self.volume_5min == 0.0 {
            return Ok(0.0);
        }
        Ok(1.0 / (1.0 + (self.ahead + self.own) / self.volume_5min))
    }
}

/// Intensity and what follows from it for one horizon.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FillEstimate {
    /// Fills per minute, at or above 0.
    pub intensity_per_min: f64,
    /// Probability of a fill within the horizon.
    pub probability: f64,
    /// Expected minutes until the fill or the end of the horizon, whichever is first.
    pub expected_minutes: f64,
}

impl FillModel {
    /// Intensity per minute of an order at rest.
    ///
    /// # Errors
    /// [`ModelError::OutOfDomain`] for a distance below 0, an imbalance outside [-1, 1], a queue
    /// or parameters outside their domain.
    pub fn intensity(&self, order: &RestingOrder) -> Result<f64, ModelError> {
        self.check()?;
        require_non_negative("passive distance", order.distance)?;
        let book = match order.imbalance {
            Some(imbalance) => {
                require((-1.0..=1.0).contains(&imbalance), "imbalance", imbalance, "[-1, 1]")?;
                (1.0 - self.beta * order.side.sign() as f64 * imbalance).clamp(0.1, 2.0)
            }
            None => 1.0,
        };
        let queue = order.queue.map_or(Ok(1.0), Queue::factor)?;
        Ok(self.lambda0_per_min * (-self.alpha * order.distance).exp() * book * queue)
    }

    /// The fill within `horizon` tradable minutes.
    ///
    /// # Errors
    /// As [`FillModel::intensity`].
    pub fn estimate(&self, order: &RestingOrder, horizon: Minutes) -> Result<FillEstimate, ModelError> {
        Ok(FillEstimate::from_intensity(self.intensity(order)?, horizon))
    }

    /// The fill of an order that may be partly marketable: `immediate` of `total` shares trade at
    /// once, the rest waits at the touch.
    ///
    /// # Errors
    /// As [`FillModel::intensity`], and [`ModelError::OutOfDomain`] unless `total > 0` and `immediate >= 0`.
    pub fn estimate_marketable(
        &self,
        order: &RestingOrder,
        total: f64,
        immediate: f64,
        horizon: Minutes,
    ) -> Result<FillEstimate, ModelError> {
        require_positive("order size", total)?;
        require_non_negative("shares filled at once", immediate)?;
        let rest = total - immediate;
        if rest <= 0.0 {
            return Ok(FillEstimate { intensity_per_min: 0.0, probability: 1.0, expected_minutes: 0.0 });
        }
        let queue = order.queue.map(|q| Queue { ahead: 0.0, own: rest, ..q });
        self.estimate(&RestingOrder { distance: 0.0, queue, ..*order }, horizon)
    }

    fn check(&self) -> Result<(), ModelError> {
        require_non_negative("lambda0", self.lambda0_per_min)?;
        require_non_negative("alpha", self.alpha)?;
        require((0.0..1.0).contains(&self.beta), "beta", self.beta, "[0, 1)")
    }
}

impl FillEstimate {
    /// `P = 1 - exp(-lambda T)` and `E[min(T_fill, T)] = (1 - exp(-lambda T)) / lambda`.
    #[must_use]
    pub(crate) fn from_intensity(intensity_per_min: f64, horizon: Minutes) -> Self {
        let minutes = horizon.value();
        let probability = -(-intensity_per_min * minutes).exp_m1();
        // Below this the quotient loses its digits and the wait is the whole horizon anyway.
        let expected_minutes =
            if intensity_per_min > 1e-300 { (probability / intensity_per_min).min(minutes) } else { minutes };
        Self { intensity_per_min, probability, expected_minutes }
    }
}

/// How far a limit is from the reference, for display.
///
/// # Errors
/// [`ModelError::OutOfDomain`] if the limit is not finite.
pub fn distance_bps(quote: Quote, side: Side, limit: f64) -> Result<Bps, ModelError> {
    Bps::from_fraction(quote.passive_distance(side, limit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(distance: f64) -> RestingOrder {
        RestingOrder { side: Side::Buy, distance, imbalance: None, queue: None }
    }

    #[test]
    fn anchors_of_x3() {
        let half_hour = Minutes::new(30.0).unwrap();
        for (bps, probability) in [(5.0, 0.7513), (20.0, 0.6708), (100.0, 0.2844)] {
            let got = FillModel::default().estimate(&at(bps * 1e-4), half_hour).unwrap();
            assert!((got.probability - probability).abs() < 5e-5, "{bps} bps: {}", got.probability);
        }
    }

    #[test]
    fn more_asks_help_a_buy_and_hurt_a_sell() {
        let model = FillModel::default();
        let rate = |side, imbalance| {
            model.intensity(&RestingOrder { side, imbalance: Some(imbalance), ..at(0.001) }).unwrap()
        };
        assert!(rate(Side::Buy, -0.5) > rate(Side::Buy, 0.5));
        assert_eq!(rate(Side::Buy, -0.5), rate(Side::Sell, 0.5));
    }

    #[test]
    fn a_wide_market_measures_from_the_touch() {
        let wide = Quote::new(99.0, 101.0).unwrap();
        assert_eq!(wide.passive_distance(Side::Buy, 99.0), 0.0);
        assert_eq!(wide.passive_distance(Side::Sell, 101.0), 0.0);
        assert!((wide.passive_distance(Side::Buy, 98.0) - 0.01).abs() < 1e-12);
        assert_eq!(wide.passive_distance(Side::Buy, 100.0), 0.0, "inside the touch");
        let narrow = Quote::new(99.9, 100.1).unwrap();
        assert!((narrow.passive_distance(Side::Buy, 99.9) - 0.001).abs() < 1e-12);
        assert!((narrow.passive_distance(Side::Sell, 100.1) - 0.001).abs() < 1e-12);
        assert!(narrow.is_marketable(Side::Buy, 100.1) && !narrow.is_marketable(Side::Buy, 100.0));
        assert!(narrow.is_marketable(Side::Sell, 99.9) && !narrow.is_marketable(Side::Sell, 100.0));
    }

    #[test]
    fn the_marketable_part_fills_at_once() {
        let model = FillModel::default();
        let order =
            RestingOrder { queue: Some(Queue { ahead: 900.0, own: 100.0, volume_5min: 500.0 }), ..at(0.0) };
        let now = Minutes::new(0.0).unwrap();
        assert_eq!(model.estimate_marketable(&order, 100.0, 100.0, now).unwrap().probability, 1.0);
        assert_eq!(model.estimate_marketable(&order, 100.0, 40.0, now).unwrap().probability, 0.0);
        let later = Minutes::new(30.0).unwrap();
        let part = model.estimate_marketable(&order, 100.0, 40.0, later).unwrap();
        assert!(part.probability > model.estimate(&order, later).unwrap().probability);
    }

    #[test]
    fn nothing_trades_nothing_fills() {
        let order =
            RestingOrder { queue: Some(Queue { ahead: 0.0, own: 10.0, volume_5min: 0.0 }), ..at(0.0) };
        let got = FillModel::default().estimate(&order, Minutes::new(30.0).unwrap()).unwrap();
        assert_eq!((got.probability, got.expected_minutes), (0.0, 30.0));
    }

    #[test]
    fn outside_the_domain_is_refused() {
        let model = FillModel::default();
        let odd = [
            at(-1e-9),
            at(f64::NAN),
            RestingOrder { imbalance: Some(1.1), ..at(0.0) },
            RestingOrder { imbalance: Some(f64::NAN), ..at(0.0) },
            RestingOrder { queue: Some(Queue { ahead: -1.0, own: 0.0, volume_5min: 1.0 }), ..at(0.0) },
        ];
        for order in odd {
            assert!(model.intensity(&order).is_err(), "{order:?}");
        }
        for (bid, ask) in [(0.0, 1.0), (-1.0, 1.0), (1.0, 1.0), (2.0, 1.0), (1.0, f64::INFINITY)] {
            assert!(Quote::new(bid, ask).is_err(), "{bid} {ask}");
        }
    }

    proptest! {
        #[test]
        fn falls_with_distance_and_rises_with_time(
            near in 0.0..0.1f64, step in 0.0..0.1f64, short in 0.0..240.0f64, more in 0.0..240.0f64,
        ) {
            let model = FillModel::default();
            let p = |d: f64, t: f64| model.estimate(&at(d), Minutes::new(t).unwrap()).unwrap();
            prop_assert!(p(near + step, short).probability <= p(near, short).probability);
            prop_assert!(p(near, short + more).probability >= p(near, short).probability);
            let wait = p(near, short).expected_minutes;
            prop_assert!((0.0..=short).contains(&wait));
        }
    }
}
