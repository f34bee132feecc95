//! What a gateway reports about our orders.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ClientOrderId, QueueAhead};
use crate::market::{Price, Qty};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Arc<str>);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

text_id! {
    /// The venue's id of an order.
    VenueOrderId
}
text_id! {
    /// The venue's id of one fill. A fill counts once by this id, however often it is reported.
    ExecutionId
}

/// One report about one order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExecutionReport {
    /// Which order.
    pub id: ClientOrderId,
    /// What happened to it.
    pub kind: ReportKind,
}

/// What happened to an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// The venue has it and it rests or works.
    Accepted {
        /// The venue's id.
        venue_id: VenueOrderId,
        /// Shares ahead of it in the queue, where that can be estimated.
        queue_ahead: Option<QueueAhead>,
    },
    /// The venue refused it.
    Rejected(RejectReason),
    /// Some or all of it traded.
    Filled {
        /// Counts once by this id.
        execution: ExecutionId,
        /// Shares.
        qty: Qty,
        /// At this price.
        price: Price,
    },
    /// An amendment took effect.
    Amended {
        /// New total quantity, fills included.
        qty: Qty,
        /// New limit.
        limit: Price,
        /// Shares ahead of it now.
        queue_ahead: Option<QueueAhead>,
    },
    /// An amendment was refused; the order stands as it was.
    AmendRejected(RejectReason),
    /// What was left is gone.
    Cancelled,
    /// A cancel was refused; the order stands as it was.
    CancelRejected(RejectReason),
    /// The day ended with the rest unfilled.
    Expired,
    /// The estimate of the shares ahead has changed.
    Queue(QueueAhead),
    /// Nobody knows: asked and not answered in time. Never resent.
    Unknown,
    /// The gateway has what was last asked for in hand; the venue has said nothing yet.
    Received,
}

/// Why the venue refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// Outside the order-entry band of that moment.
    #[error("{limit} is outside the order band {low} to {high}")]
    OutsideBand {
        /// The limit asked for.
        limit: Price,
        /// Lowest allowed.
        low: Price,
        /// Highest allowed.
        high: Price,
    },
    /// No orders are taken now.
    #[error("the market takes no orders now")]
    MarketClosed,
    /// The order is not there (any more).
    #[error("no such working order")]
    NoSuchOrder,
    /// What the venue said, word for word.
    #[error("{0}")]
    Venue(String),
}
