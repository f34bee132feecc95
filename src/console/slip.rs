//! Slips: what a person has to key into the broker's portal, and how its price stands to the band of this moment.

use super::words;
use crate::engine::GatewayKind;
use crate::engine::snapshot::Snapshot;
use crate::execution::{Order, OrderState, Pending};
use crate::market::{Price, Qty, Timestamp};

/// What is to be done in the portal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Enter the order.
    Enter,
    /// Change it to what the slip says.
    Change,
    /// Take out what is left of it.
    TakeOut,
    /// Look what became of it: it was entered, and nobody was here meanwhile.
    LookUp,
}

impl Asked {
    /// The desk's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enter => "enter",
            Self::Change => "change to",
            Self::TakeOut => "take out",
            Self::LookUp => "look up",
        }
    }
}

/// How the price of a slip stands to the band in which orders are taken now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stands {
    /// The portal would take it.
    Inside,
    /// The band has moved past it: the portal would refuse it.
    Past,
    /// The band is not known.
    NotKnown,
    /// No price is keyed in.
    NoMatter,
}

/// One slip.
#[derive(Clone, Copy, Debug)]
pub struct Slip<'a> {
    /// The order that it is of.
    pub order: &'a Order,
    /// What is to be done.
    pub asked: Asked,
    /// Shares to key in.
    pub qty: Qty,
    /// Price to key in.
    pub limit: Price,
    /// Since when it waits.
    pub since: Timestamp,
}

impl<'a> Slip<'a> {
    /// The slip of an order, where orders are keyed in by hand and this one waits for a person's word.
    #[must_use]
    pub fn of(snapshot: &Snapshot, order: &'a Order) -> Option<Self> {
        if snapshot.day.gateway != GatewayKind::Manual || !order.is_unanswered() {
            return None;
        }
        let (qty, limit) = (order.order.qty, order.order.limit);
        let entered = order.venue_id.is_some() || order.filled.is_positive();
        let (asked, qty, limit) = match order.pending {
            Some(Pending::Amend { qty, limit }) => (Asked::Change, qty, limit),
            Some(Pending::Cancel) => (Asked::TakeOut, qty, limit),
            None if entered => (Asked::LookUp, qty, limit),
            None => (Asked::Enter, qty, limit),
        };
        let since = match (asked, order.change) {
            (Asked::Change | Asked::TakeOut, Some(change)) => change.sent_at,
            (Asked::LookUp, _) => order.changed_at,
            _ => order.sent_at,
        };
        Some(Self { order, asked, qty, limit, since })
    }

    /// How its price stands to the band of this moment.
    #[must_use]
    pub fn stands(&self, snapshot: &Snapshot) -> Stands {
        if matches!(self.asked, Asked::TakeOut | Asked::LookUp) {
            return Stands::NoMatter;
        }
        let instrument = snapshot.instrument(self.order.order.instrument);
        match instrument.and_then(|i| i.order_band) {
            None => Stands::NotKnown,
            Some((low, high)) if (low..=high).contains(&self.limit) => Stands::Inside,
            Some(_) => Stands::Past,
        }
    }

    /// What the portal asks for, in its order; digits without grouping. An order that it has is found by its number.
    #[must_use]
    pub fn fields(&self, snapshot: &Snapshot) -> Vec<(String, String)> {
        let id = self.order.order.instrument;
        let price = words::price(snapshot, id, self.limit).replace(',', "");
        let number = self.order.venue_id.as_ref().map(|number| ("number", number.to_string()));
        let keyed = [
            ("symbol", words::symbol(snapshot, id).to_owned()),
            ("quantity", self.qty.units().to_string()),
            ("price", price),
        ];
        number.into_iter().chain(keyed).map(|(name, text)| (name.to_owned(), text)).collect()
    }
}

/// Every slip that waits, the oldest order first.
pub fn all(snapshot: &Snapshot) -> impl Iterator<Item = Slip<'_>> {
    snapshot.orders.iter().filter_map(|order| Slip::of(snapshot, order))
}

/// Whether an order is a slip on its ordinary way: a person has it and is to key it in. One that was entered
/// and of which nothing more is known is none: that is an order nobody answers for.
#[must_use]
pub fn is_to_key_in(snapshot: &Snapshot, order: &Order) -> bool {
    Slip::of(snapshot, order).is_some_and(|slip| slip.asked != Asked::LookUp)
}

/// Orders that nobody answers for, the slips that a person is about to key in left out.
pub fn unknown(snapshot: &Snapshot) -> impl Iterator<Item = &Order> {
    let orders = snapshot.orders.iter().map(AsRef::as_ref);
    orders.filter(|o| o.state == OrderState::Unknown && !is_to_key_in(snapshot, o))
}

/// How many slips wait to be keyed in.
#[must_use]
pub fn waiting(snapshot: &Snapshot) -> usize {
    all(snapshot).filter(|slip| slip.asked != Asked::LookUp).count()
}

/// Whether a person's word is taken for an order: it is unknown, or open where a person alone knows of it.
#[must_use]
pub fn takes_a_word(snapshot: &Snapshot, order: &Order) -> bool {
    let by_hand = snapshot.day.gateway == GatewayKind::Manual;
    order.state == OrderState::Unknown || by_hand && order.state.is_open() && order.state.has_left()
}
