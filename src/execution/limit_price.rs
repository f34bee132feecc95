//! Where a limit order should rest, or whether to cross (X5).
//!
//! Every price on the tick grid between the own touch and the furthest allowed one is valued:
//! what it gains if filled, what is lost if it is not. The function has more than one hill (queue
//! and bands see to that), so it is searched and not climbed. Both sides are mirror images.

use super::circuit;
use super::fill_probability::{FillModel, Queue, Quote, RestingOrder};
use crate::market::{Price, Qty, Side, Tick};
use crate::model::ModelError;
use crate::model::units::{Bps, Minutes, require, require_non_negative, require_unit};

/// No candidate is further from the reference than this.
pub const FURTHEST: f64 = 0.02;
/// More candidates than this are thinned out first and refined around the best.
pub const MOST_CANDIDATES: i64 = 400;

/// Visible shares at one price of the order's own side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RestingLevel {
    /// The price.
    pub price: Price,
    /// Shares resting there.
    pub qty: Qty,
}

/// A band of prices, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PriceBand {
    /// The lowest price allowed.
    pub low: Price,
    /// The highest price allowed.
    pub high: Price,
}

impl PriceBand {
    /// Whether a price is inside.
    #[must_use]
    pub fn contains(self, price: Price) -> bool {
        self.low <= price && price <= self.high
    }
}

/// An order whose limit is to be chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitProblem<'a> {
    /// Which way.
    pub side: Side,
    /// How many shares, above 0.
    pub qty: Qty,
    /// Best bid, if there is one.
    pub bid: Option<Price>,
    /// Best ask, if there is one.
    pub ask: Option<Price>,
    /// Price units per unit of currency.
    pub price_scale: i64,
    /// The grid of limits.
    pub tick: Tick,
    /// Today's band around the previous close, rounded inward.
    pub daily_band: PriceBand,
    /// Today's order-entry band around the last trade.
    pub entry_band: PriceBand,
    /// Expected return over the horizon, unsigned by side.
    pub expected_return: f64,
    /// Standard deviation of the return over the horizon.
    pub sigma: f64,
    /// Half spread and impact of crossing now, a fraction.
    pub crossing_slippage: f64,
    /// All costs of crossing now, a fraction.
    pub crossing_cost: f64,
    /// The fill intensity.
    pub fill: FillModel,
    /// Book imbalance, if the book shows both sides.
    pub imbalance: Option<f64>,
    /// The own side of the book, for the queue; `None` leaves the queue out.
    pub own_side: Option<&'a [RestingLevel]>,
    /// Mean volume of five minutes, shares.
    pub volume_5min: f64,
    /// Tradable minutes the order may rest.
    pub horizon: Minutes,
    /// Touch probability of the adverse edge of the band.
    pub p_circuit: f64,
    /// Share still filled once it is locked.
    pub locked_share: f64,
}

/// How likely and how soon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FillLabel {
    /// Below 30 %.
    LowFillProbability,
    /// Expected to take more than an hour.
    Slow,
    /// In between.
    Good,
    /// Above 80 %.
    Excellent,
}

/// How much the band matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CircuitLabel {
    /// The adverse edge is touched with more than 30 %: decide now.
    HighCircuitRisk,
    /// The adjusted fill probability is below 40 %.
    Low,
    /// Neither.
    Acceptable,
}

/// What to do at once when the band is close. Never a blind market order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CircuitAdvice {
    /// There is an edge left after crossing.
    Cross,
    /// There is none.
    Cancel,
}

/// One price and what it is worth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Candidate {
    /// The limit.
    pub limit: Price,
    /// Whether it trades at once.
    pub crosses: bool,
    /// Passive distance, a fraction of the mid.
    pub distance: f64,
    /// Fill probability within the horizon.
    pub p_fill: f64,
    /// The same, allowing for the band.
    pub p_adjusted: f64,
    /// Expected minutes until the fill or the end.
    pub expected_minutes: f64,
    /// What a fill gains on the mid; below zero when crossing.
    pub improvement: Bps,
    /// Expected gain less expected loss, in currency.
    pub utility: f64,
}

/// The chosen limit beside what it was chosen over.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitChoice {
    /// The price to send.
    pub best: Candidate,
    /// The next best, if there is another price.
    pub runner_up: Option<Candidate>,
    /// What crossing now is worth, in currency.
    pub crossing_utility: f64,
    /// Touch probability of the adverse edge.
    pub p_circuit: f64,
    /// How likely and how soon.
    pub fill_label: FillLabel,
    /// How much the band matters.
    pub circuit_label: CircuitLabel,
    /// What to do at once if the band is close; `None` if it is not.
    pub circuit_advice: Option<CircuitAdvice>,
}

/// Chooses the limit of highest utility; ties go to the higher fill probability.
///
/// # Errors
/// [`ModelError::NotAvailable`] without a bid or an ask; [`ModelError::OutOfDomain`] for a crossed quote or
/// an input outside its domain; [`ModelError::Infeasible`] when the bands leave no price, neither at rest nor crossing.
pub fn choose(problem: &LimitProblem<'_>) -> Result<LimitChoice, ModelError> {
    let book = Book::new(problem)?;
    let mut candidates = book.search()?;
    let crossing = book.cross()?;
    let crossing_utility = book.crossing_utility();
    candidates.extend(crossing);
    candidates.sort_by(|a, b| {
        b.utility
            .total_cmp(&a.utility)
            .then(b.p_adjusted.total_cmp(&a.p_adjusted))
            .then(a.limit.cmp(&b.limit))
    });
    let mut ranked = candidates.into_iter();
    let best = ranked.next().ok_or(ModelError::Infeasible { why: "no price inside the bands" })?;
    let circuit_label = if problem.p_circuit > 0.30 {
        CircuitLabel::HighCircuitRisk
    } else if best.p_adjusted < 0.40 {
        CircuitLabel::Low
    } else {
        CircuitLabel::Acceptable
    };
    let edge = problem.side.sign() as f64 * problem.expected_return - problem.crossing_cost;
    let advice = if edge > 0.0 && crossing.is_some() { CircuitAdvice::Cross } else { CircuitAdvice::Cancel };
    Ok(LimitChoice {
        best,
        runner_up: ranked.next(),
        crossing_utility,
        p_circuit: problem.p_circuit,
        fill_label: fill_label(&best),
        circuit_label,
        circuit_advice: (circuit_label == CircuitLabel::HighCircuitRisk).then_some(advice),
    })
}

fn fill_label(best: &Candidate) -> FillLabel {
    if best.p_adjusted < 0.30 {
        FillLabel::LowFillProbability
    } else if best.p_adjusted > 0.80 {
        FillLabel::Excellent
    } else if best.expected_minutes > 60.0 {
        FillLabel::Slow
    } else {
        FillLabel::Good
    }
}

/// The problem in currency.
struct Book<'a> {
    problem: &'a LimitProblem<'a>,
    quote: Quote,
    sign: i64,
    shares: f64,
}

impl<'a> Book<'a> {
    fn new(problem: &'a LimitProblem<'a>) -> Result<Self, ModelError> {
        let (Some(bid), Some(ask)) = (problem.bid, problem.ask) else {
            return Err(ModelError::NotAvailable("quote"));
        };
        let scale = problem.price_scale as f64;
        require(scale >= 1.0, "price scale", scale, "1 or more")?;
        let shares = problem.qty.units() as f64;
        require(shares > 0.0, "quantity", shares, "above 0")?;
        require(true, "expected return", problem.expected_return, "finite")?;
        require_non_negative("sigma", problem.sigma)?;
        require_non_negative("crossing slippage", problem.crossing_slippage)?;
        require_non_negative("crossing cost", problem.crossing_cost)?;
        require_unit("circuit probability", problem.p_circuit)?;
        let quote = Quote::new(bid.units() as f64 / scale, ask.units() as f64 / scale)?;
        Ok(Self { problem, quote, sign: problem.side.sign(), shares })
    }

    fn currency(&self, price: Price) -> f64 {
        price.units() as f64 / self.problem.price_scale as f64
    }

    fn allowed(&self, price: Price) -> bool {
        price.is_positive()
            && self.problem.daily_band.contains(price)
            && self.problem.entry_band.contains(price)
    }

    /// The furthest distance worth a look, a fraction of the mid.
    fn furthest(&self) -> f64 {
        let mid = self.quote.mid();
        let far_edge = match self.problem.side {
            Side::Buy => mid - self.currency(self.problem.daily_band.low),
            Side::Sell => self.currency(self.problem.daily_band.high) - mid,
        };
        FURTHEST.min(5.0 * self.problem.sigma).min(0.9 * far_edge / mid).max(0.0)
    }

    /// The resting candidate `ticks` away from the touch, if it is allowed.
    fn at(&self, start: Price, ticks: i64) -> Result<Option<Candidate>, ModelError> {
        match start.moved(-self.sign * ticks, self.problem.tick) {
            Some(limit) if self.allowed(limit) => self.rest(limit).map(Some),
            _ => Ok(None),
        }
    }

    /// All resting candidates, thinned to [`MOST_CANDIDATES`] and refined around the best.
    fn search(&self) -> Result<Vec<Candidate>, ModelError> {
        let touch = match self.problem.side {
            Side::Buy => self.problem.bid,
            Side::Sell => self.problem.ask,
        };
        let Some(start) = touch.and_then(|t| t.on_grid(self.problem.tick, self.problem.side)) else {
            return Ok(Vec::new());
        };
        let reference = match self.quote.reference(self.problem.side) {
            super::fill_probability::DistanceFrom::Mid => self.quote.mid(),
            super::fill_probability::DistanceFrom::OwnTouch(side) => self.quote.own_touch(side),
        };
        let tick = self.problem.tick.units() as f64 / self.problem.price_scale as f64;
        let reach =
            self.sign as f64 * (self.currency(start) - reference) + self.furthest() * self.quote.mid();
        #[expect(clippy::cast_possible_truncation, reason = "clamped to a million ticks")]
        let count = (reach / tick + 1e-9).floor().clamp(0.0, 1e6) as i64;
        let stride = (count + 1).div_euclid(MOST_CANDIDATES) + i64::from((count + 1) % MOST_CANDIDATES != 0);
        let mut found = Vec::new();
        for ticks in (0..=count).step_by(usize::try_from(stride.max(1)).unwrap_or(1)) {
            found.extend(self.at(start, ticks)?.map(|candidate| (ticks, candidate)));
        }
        if stride > 1
            && let Some((around, _)) =
                found.iter().max_by(|a, b| a.1.utility.total_cmp(&b.1.utility)).copied()
        {
            for ticks in (around - stride + 1).max(0)..(around + stride).min(count + 1) {
                if ticks != around {
                    found.extend(self.at(start, ticks)?.map(|candidate| (ticks, candidate)));
                }
            }
        }
        Ok(found.into_iter().map(|(_, candidate)| candidate).collect())
    }

    /// A price at rest.
    fn rest(&self, limit: Price) -> Result<Candidate, ModelError> {
        let problem = self.problem;
        let price = self.currency(limit);
        let distance = self.quote.passive_distance(problem.side, price);
        let order = RestingOrder {
            side: problem.side,
            distance,
            imbalance: problem.imbalance,
            queue: problem.own_side.map(|levels| Queue {
                ahead: self.ahead(levels, limit),
                own: self.shares,
                volume_5min: problem.volume_5min,
            }),
        };
        let fill = problem.fill.estimate(&order, problem.horizon)?;
        let p_adjusted = circuit::adjusted_fill(fill.probability, problem.p_circuit, problem.locked_share)?;
        let gain = self.sign as f64 * (self.quote.mid() - price);
        Ok(Candidate {
            limit,
            crosses: false,
            distance,
            p_fill: fill.probability,
            p_adjusted,
            expected_minutes: fill.expected_minutes,
            improvement: Bps::from_fraction(gain / self.quote.mid())?,
            utility: p_adjusted * gain * self.shares - (1.0 - p_adjusted) * self.missing(),
        })
    }

    /// Visible shares at or better than `limit` on the own side.
    fn ahead(&self, levels: &[RestingLevel], limit: Price) -> f64 {
        let better = |level: &&RestingLevel| self.sign * (level.price.cmp(&limit) as i64) >= 0;
        levels.iter().filter(better).map(|level| level.qty.units() as f64).sum()
    }

    /// What not trading loses: nothing when waiting is expected to be cheaper.
    fn missing(&self) -> f64 {
        let edge = self.sign as f64 * self.problem.expected_return - self.problem.crossing_cost;
        edge.max(0.0) * self.quote.mid() * self.shares
    }

    fn crossing_utility(&self) -> f64 {
        -self.problem.crossing_slippage * self.quote.mid() * self.shares
    }

    /// Trading at the opposite touch, if the bands allow that price.
    fn cross(&self) -> Result<Option<Candidate>, ModelError> {
        let touch = match self.problem.side {
            Side::Buy => self.problem.ask,
            Side::Sell => self.problem.bid,
        };
        let Some(limit) = touch.filter(|price| self.allowed(*price)) else { return Ok(None) };
        Ok(Some(Candidate {
            limit,
            crosses: true,
            distance: 0.0,
            p_fill: 1.0,
            p_adjusted: 1.0,
            expected_minutes: 0.0,
            improvement: Bps::from_fraction(-self.problem.crossing_slippage)?,
            utility: self.crossing_utility(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(units: i64) -> Price {
        Price::from_units(units)
    }

    fn buy() -> LimitProblem<'static> {
        LimitProblem {
            side: Side::Buy,
            qty: Qty::from_units(100),
            bid: Some(price(49_950)),
            ask: Some(price(50_050)),
            price_scale: 100,
            tick: Tick::new(10).unwrap(),
            daily_band: PriceBand { low: price(45_000), high: price(55_000) },
            entry_band: PriceBand { low: price(48_500), high: price(51_500) },
            expected_return: 0.01,
            sigma: 0.02,
            crossing_slippage: 0.002,
            crossing_cost: 0.006,
            fill: FillModel::default(),
            imbalance: None,
            own_side: None,
            volume_5min: 1_000.0,
            horizon: Minutes::new(60.0).unwrap(),
            p_circuit: 0.0,
            locked_share: circuit::LOCKED_FILL_SHARE,
        }
    }

    /// The same problem seen in a mirror at 500.
    fn mirrored(problem: &LimitProblem<'static>) -> LimitProblem<'static> {
        let flip = |p: Price| price(100_000 - p.units());
        let band = |b: PriceBand| PriceBand { low: flip(b.high), high: flip(b.low) };
        LimitProblem {
            side: problem.side.opposite(),
            bid: problem.ask.map(flip),
            ask: problem.bid.map(flip),
            daily_band: band(problem.daily_band),
            entry_band: band(problem.entry_band),
            expected_return: -problem.expected_return,
            imbalance: problem.imbalance.map(|i| -i),
            ..problem.clone()
        }
    }

    #[test]
    fn without_an_edge_waiting_costs_nothing() {
        let got = choose(&LimitProblem { expected_return: -0.01, ..buy() }).unwrap();
        assert!(!got.best.crosses && got.best.utility > 0.0);
        assert!(got.best.improvement.value() > 0.0);
        assert!(got.crossing_utility < 0.0);
    }

    #[test]
    fn a_large_edge_crosses() {
        let got = choose(&LimitProblem { expected_return: 0.10, ..buy() }).unwrap();
        assert!(got.best.crosses);
        assert_eq!(got.best.limit, price(50_050));
        assert_eq!(got.fill_label, FillLabel::Excellent);
    }

    #[test]
    fn every_candidate_was_looked_at() {
        // A one-paisa grid has some two thousand candidates: thinning must not lose the best.
        for (tick, bid, ask) in [(10, 49_950, 50_050), (1, 499_500, 500_500)] {
            let wide = PriceBand { low: price(bid - bid / 12), high: price(ask + ask / 12) };
            let problem = LimitProblem {
                tick: Tick::new(tick).unwrap(),
                bid: Some(price(bid)),
                ask: Some(price(ask)),
                daily_band: wide,
                entry_band: wide,
                ..buy()
            };
            let best = choose(&problem).unwrap().best;
            let book = Book::new(&problem).unwrap();
            let top = (0..20_000)
                .filter_map(|t| book.at(price(bid), t).unwrap())
                .filter(|c| c.distance <= FURTHEST)
                .map(|c| c.utility)
                .fold(f64::MIN, f64::max);
            assert_eq!(best.utility, top.max(book.crossing_utility()), "tick {tick}");
        }
    }

    #[test]
    fn the_band_close_by_asks_for_a_decision() {
        let close = LimitProblem { p_circuit: 0.5, ..buy() };
        assert_eq!(choose(&close).unwrap().circuit_advice, Some(CircuitAdvice::Cross));
        let hopeless = LimitProblem { expected_return: 0.0, ..close.clone() };
        assert_eq!(choose(&hopeless).unwrap().circuit_advice, Some(CircuitAdvice::Cancel));
        let locked =
            LimitProblem { entry_band: PriceBand { low: price(48_500), high: price(50_000) }, ..close };
        let got = choose(&locked).unwrap();
        assert!(!got.best.crosses, "the ask is outside the entry band");
        assert_eq!(got.circuit_advice, Some(CircuitAdvice::Cancel));
        assert_eq!(choose(&buy()).unwrap().circuit_advice, None);
    }

    #[test]
    fn a_long_queue_lowers_the_probability() {
        let levels = [RestingLevel { price: price(49_950), qty: Qty::from_units(50_000) }];
        let queued = LimitProblem { own_side: Some(&levels), expected_return: 0.0, ..buy() };
        let free = choose(&LimitProblem { own_side: Some(&[]), ..queued.clone() }).unwrap();
        assert!(choose(&queued).unwrap().best.p_fill < free.best.p_fill);
    }

    #[test]
    fn what_cannot_be_quoted_is_refused() {
        assert_eq!(choose(&LimitProblem { bid: None, ..buy() }), Err(ModelError::NotAvailable("quote")));
        assert!(choose(&LimitProblem { bid: Some(price(50_100)), ..buy() }).is_err());
        assert!(choose(&LimitProblem { sigma: f64::NAN, ..buy() }).is_err());
        assert!(choose(&LimitProblem { qty: Qty::ZERO, ..buy() }).is_err());
        let nowhere = PriceBand { low: price(60_000), high: price(61_000) };
        let shut = LimitProblem { entry_band: nowhere, ..buy() };
        assert!(matches!(choose(&shut), Err(ModelError::Infeasible { .. })));
    }

    proptest! {
        #[test]
        fn mirrored_problems_have_mirrored_answers(
            edge in -0.05..0.05f64, p in 0.0..1.0f64, imbalance in -1.0..1.0f64, minutes in 0.0..240.0f64,
        ) {
            let problem = LimitProblem {
                expected_return: edge,
                p_circuit: p,
                imbalance: Some(imbalance),
                horizon: Minutes::new(minutes).unwrap(),
                ..buy()
            };
            let (one, other) = (choose(&problem).unwrap(), choose(&mirrored(&problem)).unwrap());
            prop_assert!((one.best.utility - other.best.utility).abs() < 1e-6);
            prop_assert_eq!(one.best.crosses, other.best.crosses);
        }

        #[test]
        fn the_limit_is_on_the_grid_inside_the_bands(edge in -0.05..0.05f64, tick in 1i64..60) {
            let problem = LimitProblem { expected_return: edge, tick: Tick::new(tick).unwrap(), ..buy() };
            let best = choose(&problem).unwrap().best;
            prop_assert!(best.crosses || best.limit.is_on_grid(problem.tick));
            prop_assert!(problem.daily_band.contains(best.limit) && problem.entry_band.contains(best.limit));
        }
    }
}
