//! Any model function on JSON, and the reference cases that hold it to its word.
//!
//! This is how numbers are checked from outside: one catalogue of named functions, each a thin
//! translation between JSON and the room that owns the mathematics. `himal calc` is a command
//! line over [`list`], [`evaluate`] and [`run_cases`].
//!
//! What is evaluated is the bare estimator in the case's own convention, at any length at which
//! the formula is defined. Minimum samples, bounds and gates of the specification belong to the
//! product's wrappers and are not applied here. No input is recognised and none is special-cased.
//!
//! To add a function: one entry in `FUNCTIONS` of its family's file. To add a family: one file
//! and one line in `family/mod.rs`.

pub mod cases;
pub mod catalogue;
pub mod compare;
pub mod error;
pub mod family;
pub mod input;
pub mod value;

pub use cases::{FamilyReport, run_cases};
pub use catalogue::{Field, Function, Kind, evaluate, find, list};
pub use error::CalcError;
pub use input::Case;
pub use value::Value;
