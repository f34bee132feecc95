//! The product's own figures on this machine, one JSON line each.

pub mod replay;
