//! The exchange: what takes orders, matches them under NEPSE's rules and says what happened.
//!
//! [`Exchange`] is a plain state with methods, one for each thing that can happen to it: a phase
//! begins, the auction matches, a member enters, amends or cancels, somebody of the drawn crowd acts, a
//! halt ends. Time comes with the call. What it says comes out in two ways: to everybody as market events
//! ([`Exchange::heard`]: five levels a side as changes, prints with contract numbers, phases, halts, the index),
//! and to each member as reports of its own orders ([`Exchange::report`]).
//!
//! The rules are those of the date (market rules, sections 1 to 4): opening auction at one price with
//! its own entry band, continuous trading by price and time at the resting price, one print per resting
//! order, an entry band that moves with every trade inside the day's band, index halts by level and hour,
//! board lots and an odd-lot book that makes no price, sells from free shares, buys within collateral, T+2. A
//! refusal lists every reason at once. An order amended to fewer shares keeps its place; any other change
//! loses it.
//!
//! What always holds: shares and cash are conserved over members and crowd; nothing trades outside the
//! bands, in a halt or outside the session; the board-lot book is never crossed after an order was matched; a
//! client id is taken once; a cancel of a resting order is never refused.
//!
//! Not known of the real exchange and therefore chosen: orders are refused during a halt and cancels are
//! not; the auction's leftovers are purged (market rules, section 1, low confidence).

mod index;
mod member;
mod order;
mod owner;
mod report;
mod security;
mod trading;

#[cfg(test)]
mod tests;

pub use member::{Holding, Member, MemberNo};
pub use order::{Entry, Record};
pub use owner::{OrderNo, Owner};
pub use report::Report;
pub use security::Security;
pub use trading::{Amendment, Exchange, Ledger, Listing};

pub use crate::wire::{CancelledBy, ClientId, ExchangeOrderId, Market, OrderEvent, Reject, Standing};
