//! Where a session's market data comes from, as a person names it, and the day that follows from it.

mod exchange;
mod name;
mod site;

pub use exchange::{ExchangeFeed, Listed};
pub use name::{FeedName, NameError};
pub use site::{SiteFeed, SiteFound};
