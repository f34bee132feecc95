//! The seeded order flow that makes the bundled days.
//!
//! A day is a function of a [`Scenario`] and a seed: [`generate`] gives its events, [`write_day`] a
//! recorded day. Each security has a value nobody sees
//! (`latent`) and a crowd that sends orders around it (`crowd`). Prices are made by the
//! [`super::exchange`] alone; members may trade on it beside the crowd ([`Flow::exchange_mut`]).
//!
//! Why drawn orders and not drawn prices: a day with depth must have prints that came from that depth,
//! or everything that is learnt from queue, spread and cost on it is false.
//!
//! What always holds: the same scenario and seed give the same bytes on every machine (no clock, no hash map,
//! no mathematical library, see `draw`); whoever applies the events holds the exchange's best five
//! levels after every batch; that book is never crossed or locked in continuous trading; every print is on
//! the grid and inside the daily band; nothing trades in a halt.
//!
//! A new kind of day is a new file in
//! `scenario/` and one line in the list that names it. [`calibration`] compares a day with the market
//! it imitates.

mod agenda;
pub mod calibration;
mod crowd;
mod day;
mod draw;
mod error;
mod fault;
mod file;
mod latent;
mod scenario;
mod scrip;
mod universe;

pub use day::{Flow, generate};
pub use error::FlowError;
pub use fault::{Fault, FaultKind};
pub use file::{meta, write_day};
pub use scenario::{MarketFactor, Pace, Scenario, Story, Waypoint};

/// The securities of the universe as the exchange lists them.
#[cfg(test)]
pub(crate) fn listings() -> Result<Vec<super::exchange::Listing>, FlowError> {
    Ok(universe::listed()?.iter().map(universe::Listed::listing).collect())
}

#[cfg(test)]
mod tests;
