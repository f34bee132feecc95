//! The command line: one file per subcommand.
//!
//! Every command has `--help` with examples, exits 0 (done), 1 (failed) or 2 (bad usage), prints
//! one object on standard output with `--json` and messages on standard error.

pub mod bench;
