//! Cutting a large order over time (X11, X12).
//!
//! A schedule is weights over slots, made whole by [`allocation`], which loses no share and
//! invents none. [`twap`] weighs all slots alike, [`vwap`] by the volume the market is expected to
//! trade, [`almgren_chriss`] by impact against risk.

pub mod allocation;
pub mod almgren_chriss;
pub mod twap;
pub mod vwap;
