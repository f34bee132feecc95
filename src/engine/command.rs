//! What a person can ask of the engine.

use serde::{Deserialize, Serialize};

use crate::execution::{ClientOrderId, NewOrder, VenueOrderId};
use crate::market::time::NS_PER_S;
use crate::market::{InstrumentId, Price, Qty, Side, Timestamp};

/// A command: an order to do something. Journaled before it is obeyed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Send an order.
    SubmitOrder(NewOrder),
    /// Take an order back. Never blocked by a halt or a check.
    CancelOrder {
        /// Which one.
        id: ClientOrderId,
    },
    /// Take many back at once.
    CancelMany(CancelScope),
    /// Change quantity or limit of an order.
    AmendOrder {
        /// Which one.
        id: ClientOrderId,
        /// New total quantity, fills included.
        qty: Qty,
        /// New limit.
        limit: Price,
        /// What the person saw when deciding.
        seen: SeenOrder,
    },
    /// Stop new orders, now, for the whole desk.
    Stop,
    /// Take back a stop pressed by mistake, within ten seconds.
    TakeBackStop,
    /// Release a stop.
    ReleaseStop,
    /// Note an alert as seen.
    AcknowledgeAlert {
        /// Its number.
        alert: u64,
    },
    /// Put an alert away until a time.
    ShelveAlert {
        /// Its number.
        alert: u64,
        /// Until when.
        until: Timestamp,
    },
    /// Send an order after keeping it inside for a moment, in which it can be taken back unseen. It
    /// passes the checks now and again when it leaves. A stop withdraws it.
    HoldOrder {
        /// The order.
        order: NewOrder,
        /// Nanoseconds to keep it, at most [`MAX_HOLD_NS`]; 0 or less sends it at once.
        hold_ns: i64,
    },
    /// Go on with what the gateway has, though it is otherwise than ours.
    AcceptDifference {
        /// [`crate::engine::Agreement::fingerprint`] of what the person saw.
        seen: u64,
    },
    /// What the broker or the venue said, by telephone or in its portal, became of an order that is unknown.
    TellOrder {
        /// Which one.
        id: ClientOrderId,
        /// What became of it.
        told: Told,
    },
}

/// What a person can say became of an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It rests there.
    Accepted {
        /// The number it has there.
        number: VenueOrderId,
    },
    /// Some or all of it traded.
    Filled {
        /// Shares.
        qty: Qty,
        /// At this price.
        price: Price,
    },
    /// It was never entered.
    NotEntered,
    /// It was refused.
    Refused {
        /// Why, in their words.
        why: String,
    },
    /// What was left of it has been taken out.
    Cancelled,
}

/// The longest that a manual order is held: 3 s.
pub const MAX_HOLD_NS: i64 = 3 * NS_PER_S;

/// Which orders to take back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelScope {
    /// Every working order.
    All,
    /// Those of one instrument.
    Instrument(InstrumentId),
    /// Those of one side of one instrument.
    Side(InstrumentId, Side),
}

/// What a person saw of an order; if it is no longer so, the engine says that instead of acting.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeenOrder {
    /// Shares not traded.
    pub left: Qty,
    /// Limit.
    pub limit: Price,
}
