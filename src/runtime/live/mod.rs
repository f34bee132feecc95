//! A live session: lines to the outside, the engine on a thread of its own, and what is heard kept as it comes.

pub mod board;
pub mod book_file;
pub mod broker;
#[cfg(test)]
mod by_hand;
mod core;
pub mod fetch;
#[cfg(feature = "fix")]
pub mod fix;
mod handed;
pub mod intake;
pub mod line_set;
pub mod lines;
pub mod probe;
mod recorder;
pub mod recovery;
pub mod session;
#[cfg(test)]
mod sim;
pub mod socket;
pub mod source;

pub use self::core::LiveCore;
pub use recorder::{Recorder, segment_path, segments_of};
