//! What a gateway reports about our orders.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ClientOrderId, OrderState, QueueAhead};
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
    /// The gateway's number of it, one more than that of the report before; 0 where it numbers none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub no: u64,
    /// Which order.
    pub id: ClientOrderId,
    /// What happened to it.
    pub kind: ReportKind,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serialiser hands a reference")]
const fn is_zero(no: &u64) -> bool {
    *no == 0
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
    /// The answer to a question what became of the order: how the venue has it.
    Standing(Standing),
    /// The answer to such a question, asked more than once: the venue never took the order.
    NotTaken,
    /// Something happened to an order under an id that this journal cannot have given.
    Foreign {
        /// The id, word for word.
        client_id: Arc<str>,
    },
}

/// How the venue has an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Standing {
    /// The venue's id.
    pub venue_id: VenueOrderId,
    /// Shares, with amendments.
    pub qty: Qty,
    /// Limit, with amendments.
    pub limit: Price,
    /// Shares traded. Believed only together with the fills themselves.
    pub filled: Qty,
    /// Where it stands: accepted, partially filled, filled, cancelled, rejected or expired.
    pub state: OrderState,
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
    /// The venue says that it never took the order.
    #[error("never taken by the venue")]
    NotTaken,
    /// A person says that it was never entered.
    #[error("never entered, says {by}")]
    NotEntered {
        /// Who says so.
        by: String,
    },
}
