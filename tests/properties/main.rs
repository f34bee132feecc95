//! Properties of the arithmetic rooms: whatever goes in, what comes out is a number or a typed error; and
//! no answer depends on what had not yet happened.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod sound;
mod source;
mod statistics;
mod beliefs;
mod causality;
mod decisions;
mod executions;
mod markets;
