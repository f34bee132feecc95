//! What trades and quotes say about order flow: sides, spreads, imbalances, impact and toxicity
//! (X7, X14, X15, the liquidity part of C10).
//!
//! Each estimator has a batch form over slices, which is what reference cases are evaluated on,
//! and where the product runs it live an online form that holds the last window and gives the
//! same number after every observation. Nothing here looks past the observation it is given.
//!
//! One sign convention: positive means more bids, or more buying.

pub mod amihud;
pub mod book;
pub mod kyle;
pub mod order_flow;
pub mod spread;
pub mod trade_sign;
pub mod vpin;
