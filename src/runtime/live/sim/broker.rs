//! A broker who speaks FIX 4.4 and has a seat at the hall: application messages in, application messages out. What is
//! below them, sequence numbers and what is asked for again, is not here.

use std::collections::{BTreeMap, BTreeSet};

use crate::gateway::fix::FixMessage;
use crate::market::{Price, Qty, Side, Symbol};
use crate::venue::exchange::MemberNo;
use crate::venue::server::Hall;
use crate::wire::{ClientFrame, ClientId, Market, OrderEvent, OrderPicture, ServerFrame, Standing};

/// See the module.
#[derive(Default)]
pub(super) struct FixBroker {
    /// The change under way of each order, and the id under which it stands.
    changes: BTreeMap<ClientId, String>,
    current: BTreeMap<ClientId, String>,
    executions: u64,
    /// Every id that a change was given.
    pub(super) given: BTreeSet<String>,
    /// Somebody has asked for something.
    pub(super) used: bool,
}

impl FixBroker {
    /// A message of the desk: what goes to the hall, and what is answered at once.
    pub(super) fn asked(
        &mut self,
        hall: &mut Hall,
        member: MemberNo,
        text: &str,
    ) -> (Option<ClientFrame>, Vec<String>) {
        self.used = true;
        let message = FixMessage::parse(text).unwrap();
        let field = |tag| message.get(tag).unwrap();
        let qty = || Qty::from_units(field(38).parse().unwrap());
        let limit = || Price::parse(field(44), 100).unwrap();
        match message.kind() {
            "D" => {
                let frame = ClientFrame::New {
                    client_id: ClientId::new(field(11)),
                    symbol: Symbol::new(field(55)),
                    side: if field(54) == "1" { Side::Buy } else { Side::Sell },
                    qty: qty(),
                    limit: limit(),
                    market: Market::Board,
                };
                (Some(frame), Vec::new())
            }
            "G" | "F" => {
                let order = base(field(11));
                let stands = self.current.get(&order).map_or(&*order.0, String::as_str);
                assert_eq!(stands, field(41), "it names the id under which the order stands");
                self.changes.insert(order.clone(), field(11).to_owned());
                assert!(self.given.insert(field(11).to_owned()), "no id is given twice");
                let frame = match message.kind() {
                    "G" => ClientFrame::Amend { client_id: order, qty: qty(), limit: limit() },
                    _ => ClientFrame::Cancel { client_id: order },
                };
                (Some(frame), Vec::new())
            }
            "H" => {
                let order = base(field(11));
                let picture = picture(hall, member, &order);
                let about = FixMessage::new("8").with(790, field(790));
                (None, vec![self.stands(&order, 'I', picture.as_ref(), about)])
            }
            "AF" => {
                let ServerFrame::Orders { orders, .. } =
                    hall.ask(member, ClientFrame::Orders {}).pop().unwrap()
                else {
                    panic!("orders are answered by orders")
                };
                let about = || FixMessage::new("8").with(584, field(584)).with(911, orders.len());
                let none = self.stands(&ClientId::new("NONE"), 'I', None, about());
                let each =
                    orders.iter().map(|order| self.stands(&order.client_id, 'I', Some(order), about()));
                let all: Vec<String> = each.collect();
                (None, if all.is_empty() { vec![none] } else { all })
            }
            other => panic!("{other} is not asked of this broker"),
        }
    }

    /// A report of the hall in the broker's words.
    pub(super) fn report(&mut self, hall: &mut Hall, member: MemberNo, report: &ServerFrame) -> String {
        let ServerFrame::Report { client_id, event, .. } = report else { panic!("it is a report") };
        let picture = picture(hall, member, client_id);
        let mut about = FixMessage::new("8");
        let what = match event {
            OrderEvent::Accepted { .. } => '0',
            OrderEvent::Rejected { reasons } => {
                about.push(58, &reasons[0].to_string());
                '8'
            }
            OrderEvent::Filled { qty, price, .. } => {
                about = about.with(32, qty.units()).with(31, paisa(*price));
                'F'
            }
            OrderEvent::Amended { .. } => '5',
            OrderEvent::Cancelled { .. } => '4',
            OrderEvent::Expired { .. } => 'C',
            OrderEvent::AmendRejected { reasons } | OrderEvent::CancelRejected { reasons } => {
                let amend = matches!(event, OrderEvent::AmendRejected { .. });
                let change = self.changes.remove(client_id).unwrap_or_default();
                let refused = FixMessage::new("9").with(11, change).with(434, if amend { 2 } else { 1 });
                return refused.with(58, &reasons[0]).to_string();
            }
        };
        if let Some(change) = self.changes.remove(client_id).filter(|_| matches!(what, '5' | '4')) {
            self.current.insert(client_id.clone(), change);
        }
        self.stands(client_id, what, picture.as_ref(), about)
    }

    fn stands(
        &mut self,
        order: &ClientId,
        what: char,
        picture: Option<&OrderPicture>,
        about: FixMessage,
    ) -> String {
        self.executions += 1;
        let current = self.current.get(order).cloned().unwrap_or_else(|| order.0.to_string());
        let message = about.with(11, current).with(17, format!("E{}", self.executions)).with(150, what);
        let Some(picture) = picture else {
            return message
                .with(37, "NONE")
                .with(39, 8)
                .with(103, if what == 'I' { 5 } else { 99 })
                .to_string();
        };
        let status = match picture.standing {
            Standing::Open => '0',
            Standing::PartiallyFilled => '1',
            Standing::Filled => '2',
            Standing::Cancelled => '4',
            Standing::Expired => 'C',
        };
        let side = if picture.side == Side::Buy { 1 } else { 2 };
        let message =
            message.with(37, picture.order.0).with(39, status).with(55, &picture.symbol).with(54, side);
        let message = message.with(38, picture.qty.units()).with(44, paisa(picture.limit));
        message.with(14, picture.filled.units()).to_string()
    }
}

/// The order that an id is of: what a change adds to it left out.
fn base(id: &str) -> ClientId {
    let mut parts = id.splitn(3, '-');
    ClientId::new(&[parts.next().unwrap(), parts.next().unwrap()].join("-"))
}

fn picture(hall: &mut Hall, member: MemberNo, order: &ClientId) -> Option<OrderPicture> {
    match hall.ask(member, ClientFrame::Query { client_id: order.clone() }).pop() {
        Some(ServerFrame::Order { order, .. }) => order,
        other => panic!("a question is answered: {other:?}"),
    }
}

fn paisa(price: Price) -> String {
    format!("{}.{:02}", price.units() / 100, price.units() % 100)
}
