//! The terminals a screen runs on.
//!
//! [`bytes`] turns pictures into bytes for whatever wire there is; [`local`] is the terminal the
//! program was started in; [`clipboard`] is what lies behind it.

pub mod bytes;
pub mod clipboard;
pub mod local;

pub use bytes::BytesBackend;
pub use local::LocalTerminal;
