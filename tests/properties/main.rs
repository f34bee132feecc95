//! Properties of the arithmetic rooms: whatever goes in, what comes out is a number or a typed error; and
//! no answer depends on what had not yet happened.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod beliefs;
mod causality;
mod complete;
mod decisions;
mod executions;
mod markets;
mod sound;
mod source;
mod statistics;
