//! Daily histories become a model file: cleaned, adjusted, estimated, judged, written down.
//!
//! Pure functions over what `feed` has read: no file, no thread, no clock. [`series`] makes a
//! history fit for estimation and lists what it did, [`symbol`] estimates on one, [`assemble()`] on all,
//! and [`model_file`] is what others read. Every part is a model that passed its rules or a named
//! reason why there is none; what daily bars cannot tell is a default that says so.

pub mod covariance;
pub mod error;
pub mod finding;
pub mod market_model;
pub mod model_file;
pub mod regime;
pub mod sample;
pub mod series;
pub mod symbol;
pub mod trading;
pub mod verdict;
pub mod volatility;

mod assemble;
mod session_rows;
mod step;

pub use assemble::assemble;
pub use error::ModelFileError;
pub use model_file::ModelFile;
pub use series::Series;
pub use symbol::{FitOptions, SymbolModel};
pub use verdict::Verdict;
