//! What a gateway says that there is, and how that differs from what we hold.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ClientOrderId, OrderState, VenueOrderId};
use crate::market::{AccountId, InstrumentId, Money, Price, Qty, Side};

/// Orders, cash and holdings of an account as the gateway has them at one moment. What a gateway does not
/// state is `None`, is not compared, and is shown as not stated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Statement {
    /// Whose.
    pub account: AccountId,
    /// The number of the last report that it includes; 0 where reports have none.
    pub reports: u64,
    /// Cash, less what today's purchases will take.
    pub cash: Option<Money>,
    /// What today's sales will bring at settlement.
    pub due: Option<Money>,
    /// Shares by instrument, those without any left out.
    pub holdings: Option<Vec<StatedHolding>>,
    /// Every order of the day that the venue took.
    pub orders: Vec<StatedOrder>,
}

/// Shares of one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StatedHolding {
    /// Of which.
    pub instrument: InstrumentId,
    /// Held, those bought today included.
    pub qty: Qty,
    /// Settled and not sold today.
    pub settled: Qty,
}

/// One order as the venue has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StatedOrder {
    /// Which of ours; `None` if the id is none that this journal could have given.
    pub id: Option<ClientOrderId>,
    /// The id under which it was entered, word for word.
    pub client_id: Arc<str>,
    /// The venue's id.
    pub venue_id: VenueOrderId,
    /// What; `None` if it is not of this day's instruments.
    pub instrument: Option<InstrumentId>,
    /// Which way.
    pub side: Side,
    /// Shares, with amendments.
    pub qty: Qty,
    /// Limit, with amendments.
    pub limit: Price,
    /// Shares traded.
    pub filled: Qty,
    /// Where it stands.
    pub state: OrderState,
}

/// One thing that the gateway has otherwise than we do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The statement is about another account.
    Account {
        /// As stated.
        theirs: AccountId,
    },
    /// Cash.
    Cash {
        /// In our books.
        ours: Money,
        /// As stated.
        theirs: Money,
    },
    /// What today's sales will bring.
    Due {
        /// In our books.
        ours: Money,
        /// As stated.
        theirs: Money,
    },
    /// Shares held.
    Shares {
        /// Of which instrument.
        instrument: InstrumentId,
        /// In our books.
        ours: Qty,
        /// As stated.
        theirs: Qty,
    },
    /// Settled shares among them.
    Settled {
        /// Of which instrument.
        instrument: InstrumentId,
        /// In our books.
        ours: Qty,
        /// As stated.
        theirs: Qty,
    },
    /// An order of ours that the venue does not have.
    OrderMissing {
        /// Which one.
        id: ClientOrderId,
        /// Where it stands for us.
        ours: OrderState,
    },
    /// An order that the venue has and that was never sent from here.
    OrderUnasked {
        /// The id under which it was entered.
        client_id: Arc<str>,
        /// The venue's id.
        venue_id: VenueOrderId,
        /// What, if it is of this day.
        instrument: Option<InstrumentId>,
        /// Which way.
        side: Side,
        /// Shares still open there.
        left: Qty,
        /// Shares traded.
        filled: Qty,
    },
    /// Shares of an order that traded.
    OrderFilled {
        /// Which one.
        id: ClientOrderId,
        /// For us.
        ours: Qty,
        /// As stated.
        theirs: Qty,
    },
    /// Whether an order is open, and how it ended.
    OrderState {
        /// Which one.
        id: ClientOrderId,
        /// For us.
        ours: OrderState,
        /// As stated.
        theirs: OrderState,
    },
    /// Shares and limit of an open order.
    OrderTerms {
        /// Which one.
        id: ClientOrderId,
        /// For us.
        ours: (Qty, Price),
        /// As stated.
        theirs: (Qty, Price),
    },
}
