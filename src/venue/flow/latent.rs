//! What each security is worth while nobody says so: the value that draws the orders.
//!
//! `value = previous close * (1 + beta * market + own + story)`. The market factor is the
//! scenario's path plus noise that returns to it; each security has noise of its own. Orders are drawn around
//! these values; the prices themselves come from matching alone.

use chrono::NaiveTime;

use super::draw::Dice;
use super::scenario::{Scenario, level_at};
use super::universe::Listed;

/// Seconds of a continuous session.
const SESSION_S: f64 = 14_400.0;
const BPS: f64 = 1e-4;

/// The values, moved second by second.
#[derive(Clone, Debug)]
pub(super) struct Latent {
    market_dice: Dice,
    market_noise: f64,
    market: f64,
    /// Noise per second for a pace of 1, as a fraction.
    market_step: f64,
    pull_per_s: f64,
    own: Vec<Own>,
}

#[derive(Clone, Debug)]
struct Own {
    dice: Dice,
    close: f64,
    beta: f64,
    step: f64,
    noise: f64,
    story: f64,
    /// Which story of the scenario, if any.
    story_no: Option<usize>,
}

impl Latent {
    /// The values before the day. Streams from `first_stream` on are used, one for the market and
    /// one for each security.
    pub(super) fn new(scenario: &Scenario, listed: &[Listed], seed: u64, first_stream: u64) -> Self {
        let per_second = 1.0 / SESSION_S.sqrt();
        let own = (first_stream + 1..).zip(listed).map(|(stream, l)| Own {
            dice: Dice::new(seed, stream),
            close: l.previous_close.units() as f64,
            beta: l.beta,
            step: l.volatility * scenario.own_volatility * BPS * per_second,
            noise: 0.0,
            story: 0.0,
            story_no: scenario.stories.iter().position(|s| s.symbol == l.symbol),
        });
        Self {
            market_dice: Dice::new(seed, first_stream),
            market_noise: 0.0,
            market: 0.0,
            market_step: scenario.market.volatility * BPS * per_second,
            pull_per_s: scenario.market.reversion / 3_600.0,
            own: own.collect(),
        }
    }

    /// One second passes.
    pub(super) fn second(&mut self, scenario: &Scenario, at: NaiveTime) {
        let nervous = scenario.pace_at(at).volatility;
        self.market_noise +=
            nervous * self.market_step * self.market_dice.normal() - self.pull_per_s * self.market_noise;
        self.market = level_at(&scenario.market.path, at) * BPS + self.market_noise;
        for own in &mut self.own {
            own.noise += nervous * own.step * own.dice.normal();
            if let Some(story) = own.story_no.and_then(|i| scenario.stories.get(i)) {
                own.story = level_at(&story.path, at) * BPS;
            }
        }
    }

    /// What a security is worth, in price units; at least a tenth of its previous close.
    pub(super) fn value(&self, i: usize) -> f64 {
        let own = &self.own[i];
        own.close * (1.0 + own.beta * self.market + own.noise + own.story).max(0.1)
    }
}
