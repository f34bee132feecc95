//! The seeded order flow that makes the bundled days.
//!
//! A day is a function of a [`Scenario`] and a seed: [`generate`] gives its events, [`write_day`] a
//! recorded day. Behind it stands an exchange in small. Each security has a value nobody sees
//! (`latent`), a crowd that sends orders around it (`crowd`), and a matching engine that alone makes
//! prices (`matching`): price and time priority, one print per resting order, an opening auction at
//! one price, the daily band, the entry band that moves with every trade, index halts. What the
//! exchange shows is told as on a feed: five levels a side as changes (`shown`), prints without the side
//! that took, phases, halts and an index, numbered without a gap (`tape`).
//!
//! Why drawn orders and not drawn prices: a day with depth must have prints that came from that depth,
//! or everything that is learnt from queue, spread and cost on it is false.
//!
//! What always holds: the same scenario and seed give the same bytes on every machine (no clock, no hash map,
//! no mathematical library, see `draw`); whoever applies the events holds the exchange's best five
//! levels after every batch; that book is never crossed or locked in continuous trading; every print is on
//! the grid and inside the daily band; nothing trades in a halt.
//!
//! Not here: members, accounts, order entry from outside, sockets. A new kind of day is a new file in
//! `scenario/` and one line in the list that names it. [`calibration`] compares a day with the market
//! it imitates.

mod agenda;
pub mod calibration;
mod crowd;
mod day;
mod draw;
mod error;
mod file;
mod index;
mod latent;
mod matching;
mod scenario;
mod scrip;
mod shown;
mod tape;
mod universe;

pub use day::{Flow, generate};
pub use error::FlowError;
pub use file::{meta, write_day};
pub use scenario::{MarketFactor, Pace, Scenario, Story, Waypoint};

#[cfg(test)]
mod tests;
