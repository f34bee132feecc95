//! Reading execution reports, tag by tag.

use super::number::{count, price, qty};
use super::{FixMessage, FixRefusal};
use crate::execution::{ExecutionId, OrderState, RejectReason, ReportKind, Standing, VenueOrderId};
use crate::market::{Price, Qty, Side};

/// An execution report (8) as it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Execution {
    /// 150.
    pub(super) what: char,
    /// 39.
    pub(super) status: char,
    /// 37.
    pub(super) venue_id: VenueOrderId,
    /// 17.
    pub(super) execution: String,
    /// 11.
    pub(super) client_id: Option<String>,
    /// 41.
    pub(super) before: Option<String>,
    /// 55.
    pub(super) symbol: Option<String>,
    /// 54.
    pub(super) side: Option<Side>,
    /// 38.
    pub(super) qty: Option<Qty>,
    /// 44.
    pub(super) limit: Option<Price>,
    /// 14.
    pub(super) filled: Qty,
    /// 584: it is part of the answer to this question about all orders.
    pub(super) mass: Option<String>,
    /// 790: it is the answer to this question about one order.
    pub(super) question: Option<String>,
    /// 911: how many reports such an answer has.
    pub(super) total: Option<u64>,
    /// 912: it is the last of them.
    pub(super) last: bool,
    /// 103.
    pub(super) reject: Option<String>,
    /// 58.
    pub(super) text: Option<String>,
}

impl Execution {
    pub(super) fn read(message: &FixMessage) -> Result<Self, FixRefusal> {
        let owned = |tag| message.get(tag).map(str::to_owned);
        let what = letter(message, 150)?;
        let status = letter(message, 39)?;
        // Of the other codes those that have a direction: ours are 1 and 2, somebody else's may be any.
        let side = match message.get(54) {
            Some("1" | "3") => Some(Side::Buy),
            Some("2" | "4" | "5" | "6") => Some(Side::Sell),
            _ => None,
        };
        Ok(Self {
            what,
            status,
            venue_id: VenueOrderId(message.need(37)?.into()),
            execution: message.need(17)?.to_owned(),
            client_id: owned(11),
            before: owned(41),
            symbol: owned(55),
            side,
            qty: qty(message, 38)?,
            limit: price(message, 44)?,
            filled: qty(message, 14)?.unwrap_or(Qty::ZERO),
            mass: owned(584),
            question: owned(790),
            total: count(message, 911)?,
            last: message.says_yes(912),
            reject: owned(103),
            text: owned(58),
        })
    }

    /// It only answers a question; nothing has happened.
    pub(super) const fn is_status(&self) -> bool {
        self.what == 'I'
    }

    /// The answer that there is no such order, or none at all.
    pub(super) fn is_nothing(&self) -> bool {
        self.is_status()
            && self.status == '8'
            && (self.reject.as_deref() == Some("5") || self.total == Some(0) || self.has_no_venue_id())
    }

    /// The answer that there is no order at all, and not one of several that was rejected.
    pub(super) fn is_nothing_at_all(&self) -> bool {
        self.is_nothing() && self.total.is_none_or(|total| total <= 1)
    }

    /// The counterparty never gave it an id.
    pub(super) fn has_no_venue_id(&self) -> bool {
        &*self.venue_id.0 == "NONE"
    }

    /// Whether the id it carries is the one under which the order now stands, and not one of a change under way.
    pub(super) const fn names_current(&self) -> bool {
        !matches!(self.status, 'A' | '6' | 'E' | '8')
            && !matches!(self.what, 'A' | '6' | 'E' | '8' | '4' | 'C')
    }

    /// Where the order stands.
    pub(super) fn state(&self) -> Result<OrderState, FixRefusal> {
        let working = if self.filled.is_zero() { OrderState::Accepted } else { OrderState::PartiallyFilled };
        match self.status {
            // The counterparty has it: it is open risk, whatever it still waits for.
            '0' | '1' | '5' | '6' | '7' | '9' | 'A' | 'B' | 'D' | 'E' => Ok(working),
            '2' => Ok(OrderState::Filled),
            '4' => Ok(OrderState::Cancelled),
            '8' => Ok(OrderState::Rejected),
            '3' | 'C' => Ok(OrderState::Expired),
            other => Err(FixRefusal::Code { tag: 39, code: other.to_string() }),
        }
    }

    /// How the venue has the order. `known` is what was sent, for what is not said.
    pub(super) fn standing(&self, known: Option<(Qty, Price)>) -> Result<Standing, FixRefusal> {
        let missing = |tag| FixRefusal::Missing { kind: "8".to_owned(), tag };
        Ok(Standing {
            venue_id: self.venue_id.clone(),
            qty: self.qty.or(known.map(|k| k.0)).ok_or_else(|| missing(38))?,
            limit: self.limit.or(known.map(|k| k.1)).ok_or_else(|| missing(44))?,
            filled: self.filled,
            state: self.state()?,
        })
    }

    /// What happened, in the engine's words; `None` if nothing that it needs to know.
    pub(super) fn kind(
        &self,
        message: &FixMessage,
        known: Option<(Qty, Price)>,
    ) -> Result<Option<ReportKind>, FixRefusal> {
        let terms = || self.standing(known).map(|s| (s.qty, s.limit));
        Ok(Some(match self.what {
            '0' => ReportKind::Accepted { venue_id: self.venue_id.clone(), queue_ahead: None },
            'F' => {
                let missing = |tag| FixRefusal::Missing { kind: "8".to_owned(), tag };
                let shares = qty(message, 32)?.ok_or_else(|| missing(32))?;
                let at = price(message, 31)?.ok_or_else(|| missing(31))?;
                ReportKind::Filled {
                    execution: ExecutionId(self.execution.as_str().into()),
                    qty: shares,
                    price: at,
                }
            }
            '4' => ReportKind::Cancelled,
            '3' | 'C' => ReportKind::Expired,
            '5' => {
                let (qty, limit) = terms()?;
                ReportKind::Amended { qty, limit, queue_ahead: None }
            }
            // The counterparty changed it by itself.
            'D' => {
                let (qty, limit) = terms()?;
                if known == Some((qty, limit)) {
                    return Ok(None);
                }
                ReportKind::Amended { qty, limit, queue_ahead: None }
            }
            // The id is of an order that is there: what became of ours is not known, and is asked.
            '8' if self.reject.as_deref() == Some("6") => ReportKind::Unknown,
            '8' => ReportKind::Rejected(self.reason()),
            'A' | '6' | 'E' => ReportKind::Received,
            '7' | '9' | 'B' => return Ok(None),
            // A trade that is taken back or changed has no place in the books: the next comparison shows it.
            other => return Err(FixRefusal::Code { tag: 150, code: other.to_string() }),
        }))
    }

    /// Why, as far as it says.
    pub(super) fn reason(&self) -> RejectReason {
        match (self.reject.as_deref(), &self.text) {
            (Some("2"), _) => RejectReason::MarketClosed,
            (Some("5"), _) => RejectReason::NoSuchOrder,
            (_, Some(text)) => RejectReason::Venue(text.clone()),
            (Some(code), None) => RejectReason::Venue(format!("reason {code}")),
            (None, None) => RejectReason::Venue("no reason given".to_owned()),
        }
    }
}

/// A field of one letter.
fn letter(message: &FixMessage, tag: u32) -> Result<char, FixRefusal> {
    let text = message.need(tag)?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err(FixRefusal::Code { tag, code: text.to_owned() }),
    }
}
