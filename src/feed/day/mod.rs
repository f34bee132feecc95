//! A recorded day: one Parquet file that any data tool reads and that a replay streams.
//!
//! [`DayWriter`] takes events in order and leaves a complete file or none; [`DayReader`] hands
//! them out again, a row group at a time, from a file or from bytes in memory, and can start at
//! any row or moment. The description of the day ([`DayMeta`]) travels in the footer.
//!
//! What always holds: events come out exactly as they went in; memory does not grow with the
//! length of the day; bytes that changed since writing are an error and never a panic, because
//! each row group is checked against its checksum before anything decodes it.
//!
//! Not here: what the events mean. `docs/day-file.md` has the columns.

mod bars;
mod batch;
mod bytes;
mod group;
mod meta;
mod reader;
mod schema;
mod words;
mod writer;

pub use bars::DailyBar;
pub(crate) use bytes::hex;
pub use meta::{DayMeta, Origin, OriginFile, SourceInfo, StartingAccount, StartingHolding};
pub use reader::{DayReader, Events};
pub use schema::{GROUP_ROWS, SCHEMA};
pub use writer::DayWriter;

#[cfg(test)]
mod tests;
