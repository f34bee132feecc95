//! The exchange as a whole.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::index::Index;
use super::member::worth;
use super::order::{Entry, Record};
use super::security::{Security, Trade};
use super::{Member, MemberNo, OrderNo, Owner, Report};
use crate::market::rules::RuleError;
use crate::market::rules::halt;
use crate::market::{
    AccountId, Halt, IndexValue, InstrumentId, InstrumentKind, MarketData, MarketEvent, Money, Price, Qty,
    SessionDate, SessionPhase, Side, Timestamp,
};
use crate::venue::book::{Handle, Limit};
use crate::venue::tape::Tape;
use crate::wire::{CancelledBy, ClientId, Market, OrderEvent, Reject, Standing};

/// A security as the exchange lists it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listing {
    /// What kind.
    pub kind: InstrumentKind,
    /// The close of the session before.
    pub previous_close: Price,
    /// Listed shares, the weight in the index; 0 for what is not in it.
    pub shares: i64,
}

/// A market-wide stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stopped {
    /// `None` is the rest of the day.
    until: Option<Timestamp>,
}

/// What a member wants of an order that rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amendment {
    /// New total quantity, fills included.
    pub qty: Qty,
    /// New limit.
    pub limit: Price,
}

/// What the drawn crowd has bought and sold by now: the other side of the members' accounts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    /// Shares bought less shares sold, by security.
    pub shares: BTreeMap<InstrumentId, i64>,
    /// Paisa received less paid.
    pub paisa: i128,
}

/// The exchange over one day.
#[derive(Clone, Debug)]
pub struct Exchange {
    date: SessionDate,
    /// When continuous trading opens: halt levels count from there.
    open: Timestamp,
    securities: Vec<Security>,
    index: Index,
    tape: Tape,
    phase: SessionPhase,
    stopped: Option<Stopped>,
    /// The highest halt level tripped today.
    tripped: u8,
    members: Vec<Member>,
    records: Vec<Record>,
    /// For each member its orders by its own ids. Only looked up, never gone through, so its order decides nothing.
    by_client: Vec<HashMap<ClientId, OrderNo>>,
    reports: VecDeque<Report>,
    crowd: Ledger,
    trades: Vec<Trade>,
}

impl Exchange {
    /// An exchange before its day, with securities numbered in the order given.
    ///
    /// # Errors
    /// [`RuleError`] if a rule of the date has no answer for a security.
    pub fn new(
        date: SessionDate,
        open: Timestamp,
        index_previous_close_e2: i64,
        listings: &[Listing],
    ) -> Result<Self, RuleError> {
        let security =
            |(id, l): (u32, &Listing)| Security::new(InstrumentId(id), l.kind, l.previous_close, date);
        Ok(Self {
            date,
            open,
            securities: (0..).zip(listings).map(security).collect::<Result<_, _>>()?,
            index: Index::new(index_previous_close_e2, listings),
            tape: Tape::new(date),
            phase: SessionPhase::Closed,
            stopped: None,
            tripped: 0,
            members: Vec::new(),
            records: Vec::new(),
            by_client: Vec::new(),
            reports: VecDeque::new(),
            crowd: Ledger::default(),
            trades: Vec::new(),
        })
    }

    /// Lets a member in.
    ///
    /// # Panics
    /// Beyond 65,535 members.
    pub fn admit(&mut self, member: Member) -> MemberNo {
        self.members.push(member);
        self.by_client.push(HashMap::new());
        MemberNo(u16::try_from(self.members.len() - 1).expect("fewer than 65,536 members"))
    }

    // What can be asked.

    /// The phase of the session.
    #[must_use]
    pub const fn phase(&self) -> SessionPhase {
        self.phase
    }

    /// Whether trading is stopped, and until when (`None` within: for the rest of the day).
    #[must_use]
    pub fn stopped(&self) -> Option<Option<Timestamp>> {
        self.stopped.map(|s| s.until)
    }

    /// The securities by number.
    #[must_use]
    pub fn securities(&self) -> &[Security] {
        &self.securities
    }

    /// One security.
    #[must_use]
    pub fn security(&self, id: InstrumentId) -> Option<&Security> {
        self.securities.get(id.0 as usize)
    }

    /// The index now.
    #[must_use]
    pub fn index(&self) -> IndexValue {
        self.index.value()
    }

    /// A member by number.
    #[must_use]
    pub fn member(&self, no: MemberNo) -> Option<&Member> {
        self.members.get(usize::from(no.0))
    }

    /// The member of an account.
    #[must_use]
    pub fn member_of(&self, account: &AccountId) -> Option<MemberNo> {
        let at = self.members.iter().position(|m| m.account == *account)?;
        u16::try_from(at).ok().map(MemberNo)
    }

    /// A member's orders of the day, oldest first.
    pub fn orders(&self, member: MemberNo) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |r| r.member == member)
    }

    /// One order of a member by its own id.
    #[must_use]
    pub fn order(&self, member: MemberNo, client_id: &ClientId) -> Option<&Record> {
        self.no(member, client_id).and_then(|no| self.record(no))
    }

    /// Shares before an order in its queue; `None` if it does not rest.
    #[must_use]
    pub fn ahead(&self, record: &Record) -> Option<Qty> {
        let security = self.security(record.entry.instrument)?;
        security.book_of(record.entry.market).ahead(record.handle?)
    }

    /// What the drawn crowd has bought and sold.
    #[must_use]
    pub const fn crowd(&self) -> &Ledger {
        &self.crowd
    }

    /// The next thing said to everybody, oldest first.
    pub fn heard(&mut self) -> Option<MarketEvent> {
        self.tape.next()
    }

    /// The next report to a member, oldest first.
    pub fn report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    // What the day does.

    /// The day enters a phase. With the last one every open order expires.
    pub fn enter_phase(&mut self, phase: SessionPhase, at: Timestamp) {
        self.phase = phase;
        self.announce(at, MarketData::Session(phase));
        if phase == SessionPhase::Ended {
            self.announce(at, MarketData::Index(self.index.value()));
            self.close_all(at, Standing::Expired);
        }
    }

    /// The opening auction: every security matches at one price, and what is left is purged.
    pub fn match_auction(&mut self, at: Timestamp) {
        for i in 0..self.securities.len() {
            let mut trades = std::mem::take(&mut self.trades);
            self.securities[i].match_auction(at, &mut self.tape, &mut trades);
            self.tape.end_batch();
            self.settle(i, &trades, at);
            trades.clear();
            self.trades = trades;
            self.weigh(i);
        }
        self.announce(at, MarketData::Index(self.index.value()));
        self.close_all(at, Standing::Cancelled);
    }

    /// Publishes the index.
    pub fn publish_index(&mut self, at: Timestamp) {
        self.announce(at, MarketData::Index(self.index.value()));
    }

    /// A halt ends; says whether there was one to end.
    pub fn resume(&mut self, at: Timestamp) -> bool {
        let stopped = self.stopped.take().is_some();
        if stopped {
            self.announce(at, MarketData::Halt(Halt::End));
        }
        stopped
    }

    /// Somebody of the crowd enters an order. The crowd knows the rules and sends nothing they forbid.
    pub fn crowd_enters(&mut self, id: InstrumentId, order: Limit<Owner>, at: Timestamp) {
        let Some(security) = self.securities.get_mut(id.0 as usize) else { return };
        if self.phase == SessionPhase::PreOpen {
            security.collect(order, at, &mut self.tape);
            self.tape.end_batch();
        } else {
            self.trade(id, Market::Board, order, at);
        }
    }

    /// Somebody of the crowd takes an order out.
    pub fn crowd_withdraws(&mut self, id: InstrumentId, handle: Handle, at: Timestamp) {
        let Some(security) = self.securities.get_mut(id.0 as usize) else { return };
        security.withdraw(Market::Board, handle, at, &mut self.tape);
        self.tape.end_batch();
    }

    // What a member does.

    /// A member enters an order. The answer comes as reports: one that it was accepted or rejected, and then one
    /// for each trade.
    pub fn enter(&mut self, member: MemberNo, entry: Entry, at: Timestamp) {
        let reasons = self.faults(member, &entry);
        let client_id = entry.client_id.clone();
        if !reasons.is_empty() {
            self.tell(member, at, client_id, OrderEvent::Rejected { reasons });
            return;
        }
        let Some(broker) = self.member(member).map(|m| m.broker) else { return };
        let no = OrderNo(u32::try_from(self.records.len()).expect("fewer orders than there are numbers"));
        let id = self.tape.order_id(entry.instrument);
        let (instrument, market) = (entry.instrument, entry.market);
        let order = Limit {
            side: entry.side,
            price: entry.limit,
            qty: entry.qty,
            owner: Owner { broker, order: Some(no) },
        };
        if let Some(m) = self.members.get_mut(usize::from(member.0)) {
            m.reserve(instrument, entry.side, entry.qty, entry.limit);
        }
        if let Some(ids) = self.by_client.get_mut(usize::from(member.0)) {
            ids.insert(client_id.clone(), no);
        }
        let standing = Standing::Open;
        self.records.push(Record { id, member, entry, standing, filled: Qty::ZERO, at, handle: None });
        self.tell(member, at, client_id, OrderEvent::Accepted { order: id });
        self.place(no, instrument, market, order, at);
    }

    /// A member changes an order.
    pub fn amend(&mut self, member: MemberNo, client_id: &ClientId, to: Amendment, at: Timestamp) {
        let found = self.no(member, client_id).and_then(|no| Some((no, self.record(no)?)));
        let reasons = self.amend_faults(member, found.map(|(_, record)| record), to);
        let found = found.filter(|_| reasons.is_empty());
        let Some((no, record)) = found.map(|(no, record)| (no, record.clone())) else {
            self.tell(member, at, client_id.clone(), OrderEvent::AmendRejected { reasons });
            return;
        };
        let Record { entry, filled, handle: Some(handle), .. } = &record else { return };
        let (instrument, market, side) = (entry.instrument, entry.market, entry.side);
        let left = to.qty.less(*filled);
        let kept_place = to.limit == entry.limit && to.qty <= entry.qty && left.is_positive();
        let broker = self.member(member).map(|m| m.broker).unwrap_or_default();
        if let Some(m) = self.members.get_mut(usize::from(member.0)) {
            m.release(instrument, side, record.left(), entry.limit);
            m.reserve(instrument, side, left, to.limit);
        }
        if let Some(r) = self.records.get_mut(no.0 as usize) {
            (r.entry.qty, r.entry.limit) = (to.qty, to.limit);
        }
        let order = record.id;
        let event = OrderEvent::Amended { order, qty: to.qty, limit: to.limit, kept_place };
        self.tell(member, at, client_id.clone(), event);
        let Some(security) = self.securities.get_mut(instrument.0 as usize) else { return };
        if kept_place {
            security.reduce(market, *handle, left, at, &mut self.tape);
            self.tape.end_batch();
            return;
        }
        security.withdraw(market, *handle, at, &mut self.tape);
        self.tape.end_batch();
        let owner = Owner { broker, order: Some(no) };
        self.place(no, instrument, market, Limit { side, price: to.limit, qty: left, owner }, at);
        if !left.is_positive() {
            self.close(no, Standing::Filled);
        }
    }

    /// A member takes an order back.
    pub fn cancel(&mut self, member: MemberNo, client_id: &ClientId, at: Timestamp) {
        let no = self.no(member, client_id);
        match no.and_then(|no| self.record(no)).map(|r| r.standing.is_open()) {
            Some(true) => {}
            open => {
                let reason = if open.is_some() { Reject::NotOpen {} } else { Reject::NoSuchOrder {} };
                let event = OrderEvent::CancelRejected { reasons: vec![reason] };
                self.tell(member, at, client_id.clone(), event);
                return;
            }
        }
        if let Some(no) = no {
            self.take_out(no, at);
        }
    }

    /// A member takes back every open order, or those of one security, or those of one side of it. Returns
    /// how many there were; each is reported by itself.
    pub fn cancel_many(
        &mut self,
        member: MemberNo,
        of: Option<(InstrumentId, Option<Side>)>,
        at: Timestamp,
    ) -> usize {
        let wanted = |entry: &Entry| {
            of.is_none_or(|(id, side)| entry.instrument == id && side.is_none_or(|s| s == entry.side))
        };
        let open: Vec<OrderNo> = (0..)
            .zip(&self.records)
            .filter(|(_, r)| r.member == member && r.standing.is_open() && wanted(&r.entry))
            .map(|(no, _)| OrderNo(no))
            .collect();
        for no in &open {
            self.take_out(*no, at);
        }
        open.len()
    }

    // How.

    /// Everything that is wrong with a new order.
    fn faults(&self, member: MemberNo, entry: &Entry) -> Vec<Reject> {
        let mut out = Vec::new();
        let length = entry.client_id.0.len();
        if length == 0 || length > ClientId::LONGEST {
            out.push(Reject::BadClientId { length, longest: ClientId::LONGEST });
        }
        if let Some(record) = self.order(member, &entry.client_id) {
            out.push(Reject::DuplicateClientId { order: record.id });
        }
        self.moment(entry.market, &mut out);
        let Some(security) = self.security(entry.instrument) else {
            out.push(Reject::NoSuchSecurity {});
            return out;
        };
        let pre_open = self.phase == SessionPhase::PreOpen;
        security.faults(entry.market, entry.qty, entry.limit, pre_open, &mut out);
        if let Some(m) = self.member(member).filter(|_| entry.qty.is_positive()) {
            means(m, entry, entry.qty, (Money::ZERO, Qty::ZERO), &mut out);
        }
        out
    }

    fn amend_faults(&self, member: MemberNo, record: Option<&Record>, to: Amendment) -> Vec<Reject> {
        let Some(record) = record else { return vec![Reject::NoSuchOrder {}] };
        if !record.standing.is_open() {
            return vec![Reject::NotOpen {}];
        }
        let mut out = Vec::new();
        self.moment(record.entry.market, &mut out);
        if to.qty < record.filled {
            out.push(Reject::BelowFilled { qty: to.qty, filled: record.filled });
        }
        let Some(security) = self.security(record.entry.instrument) else { return out };
        let pre_open = self.phase == SessionPhase::PreOpen;
        security.faults(record.entry.market, to.qty, to.limit, pre_open, &mut out);
        if let Some(m) = self.member(member) {
            let wanted = Entry { qty: to.qty, limit: to.limit, ..record.entry.clone() };
            let held = (worth(record.left(), record.entry.limit), record.left());
            means(m, &wanted, to.qty.less(record.filled), held, &mut out);
        }
        out
    }

    /// Whether orders are taken now.
    fn moment(&self, market: Market, out: &mut Vec<Reject>) {
        let auction = self.phase == SessionPhase::PreOpen && market == Market::Board;
        if !auction && self.phase != SessionPhase::Continuous {
            out.push(Reject::MarketClosed { phase: self.phase });
        }
        if let Some(Stopped { until }) = self.stopped {
            out.push(Reject::Halted { until });
        }
    }

    /// Puts a member's order into the market.
    fn place(&mut self, no: OrderNo, id: InstrumentId, market: Market, order: Limit<Owner>, at: Timestamp) {
        let handle = if self.phase == SessionPhase::PreOpen {
            let Some(security) = self.securities.get_mut(id.0 as usize) else { return };
            let handle = security.collect(order, at, &mut self.tape);
            self.tape.end_batch();
            handle
        } else {
            self.trade(id, market, order, at)
        };
        if let Some(record) = self.records.get_mut(no.0 as usize) {
            record.handle = handle;
        }
    }

    /// Matches an order, rests what is left, and does what follows from the trades.
    fn trade(
        &mut self,
        id: InstrumentId,
        market: Market,
        order: Limit<Owner>,
        at: Timestamp,
    ) -> Option<Handle> {
        let i = id.0 as usize;
        let mut trades = std::mem::take(&mut self.trades);
        let handle = self.securities.get_mut(i)?.enter(market, order, at, &mut self.tape, &mut trades);
        self.tape.end_batch();
        let traded = !trades.is_empty();
        self.settle(i, &trades, at);
        trades.clear();
        self.trades = trades;
        if traded && self.weigh(i) {
            self.check_halt(at);
        }
        handle
    }

    /// Books trades with those they belong to and reports them.
    fn settle(&mut self, i: usize, trades: &[Trade], at: Timestamp) {
        let Ok(id) = u32::try_from(i).map(InstrumentId) else { return };
        for (execution, fill) in trades {
            for (side, owner) in [(Side::Buy, fill.buyer), (Side::Sell, fill.seller)] {
                let Some(no) = owner.order else {
                    self.crowd.book(id, side, fill.qty, fill.price);
                    continue;
                };
                let fees = self.securities.get(i).and_then(|s| s.fees);
                let Some(record) = self.records.get_mut(no.0 as usize) else { continue };
                record.filled = record.filled.saturating_add(fill.qty);
                let done = record.filled >= record.entry.qty;
                record.standing = if done { Standing::Filled } else { Standing::PartiallyFilled };
                if done {
                    record.handle = None;
                }
                let (member, client_id) = (record.member, record.entry.client_id.clone());
                let event = OrderEvent::Filled {
                    order: record.id,
                    execution: *execution,
                    qty: fill.qty,
                    price: fill.price,
                    filled: record.filled,
                    left: record.left(),
                };
                let limit = record.entry.limit;
                if let Some(m) = self.members.get_mut(usize::from(member.0)) {
                    m.release(id, side, fill.qty, limit);
                    m.book(id, side, (fill.qty, fill.price), fees.as_ref());
                }
                self.tell(member, at, client_id, event);
            }
        }
    }

    fn take_out(&mut self, no: OrderNo, at: Timestamp) {
        let Some(record) = self.record(no) else { return };
        let (entry, order, member, left) = (record.entry.clone(), record.id, record.member, record.left());
        if let (Some(handle), Some(security)) =
            (record.handle, self.securities.get_mut(entry.instrument.0 as usize))
        {
            security.withdraw(entry.market, handle, at, &mut self.tape);
            self.tape.end_batch();
        }
        self.close(no, Standing::Cancelled);
        let by = CancelledBy::Member;
        self.tell(member, at, entry.client_id, OrderEvent::Cancelled { order, left, by });
    }

    /// Closes a record and gives back what it held.
    fn close(&mut self, no: OrderNo, standing: Standing) {
        let Some(record) = self.records.get_mut(no.0 as usize) else { return };
        let left = record.left();
        let (member, entry) = (record.member, record.entry.clone());
        record.standing = standing;
        record.handle = None;
        if let Some(m) = self.members.get_mut(usize::from(member.0)) {
            m.release(entry.instrument, entry.side, left, entry.limit);
        }
    }

    /// Closes every open order of the members; their places in the books are gone or about to mean nothing.
    fn close_all(&mut self, at: Timestamp, standing: Standing) {
        let open = |(no, r): (u32, &Record)| r.standing.is_open().then_some(OrderNo(no));
        let open: Vec<OrderNo> = (0..).zip(&self.records).filter_map(open).collect();
        for no in open {
            let Some(record) = self.record(no) else { continue };
            let (order, left, member) = (record.id, record.left(), record.member);
            let client_id = record.entry.client_id.clone();
            self.close(no, standing);
            let event = match standing {
                Standing::Expired => OrderEvent::Expired { order, left },
                _ => OrderEvent::Cancelled { order, left, by: CancelledBy::Exchange },
            };
            self.tell(member, at, client_id, event);
        }
    }

    /// Brings the index up to a security's last price; says whether that moved it.
    fn weigh(&mut self, i: usize) -> bool {
        self.securities.get(i).and_then(Security::last).is_some_and(|last| self.index.traded(i, last))
    }

    fn check_halt(&mut self, at: Timestamp) {
        let value = self.index.value();
        let tripped = halt::tripped_by(self.date, self.open, at, self.tripped, value);
        // A date without a halt rule has no halts.
        let Some(level) = tripped.ok().flatten() else { return };
        let until = level.ends(at);
        self.tripped = level.level;
        self.stopped = Some(Stopped { until });
        self.announce(at, MarketData::Index(value));
        self.announce(at, MarketData::Halt(Halt::Start { level: Some(level.level), until }));
    }

    /// Says something about the market as a whole, as a batch of its own.
    fn announce(&mut self, at: Timestamp, data: MarketData) {
        self.tape.say(at, MarketEvent::MARKET, data);
        self.tape.end_batch();
    }

    fn tell(&mut self, member: MemberNo, at: Timestamp, client_id: ClientId, event: OrderEvent) {
        self.reports.push_back(Report { member, at, client_id, event });
    }

    fn no(&self, member: MemberNo, client_id: &ClientId) -> Option<OrderNo> {
        self.by_client.get(usize::from(member.0))?.get(client_id).copied()
    }

    fn record(&self, no: OrderNo) -> Option<&Record> {
        self.records.get(no.0 as usize)
    }
}

impl Ledger {
    fn book(&mut self, id: InstrumentId, side: Side, qty: Qty, price: Price) {
        let paisa = i128::from(worth(qty, price).paisa());
        let (shares, paisa) = match side {
            Side::Buy => (qty.units(), -paisa),
            Side::Sell => (-qty.units(), paisa),
        };
        *self.shares.entry(id).or_default() += shares;
        self.paisa += paisa;
    }
}

/// Whether a member has what an order of `qty` more shares needs, counting what the order itself already holds.
fn means(member: &Member, entry: &Entry, qty: Qty, held: (Money, Qty), out: &mut Vec<Reject>) {
    match entry.side {
        Side::Buy => {
            let (needed, free) = (worth(qty, entry.limit), member.free().saturating_add(held.0));
            if needed > free {
                out.push(Reject::CollateralShort { needed, free });
            }
        }
        Side::Sell => {
            let free = member.free_shares(entry.instrument).saturating_add(held.1);
            if qty > free {
                out.push(Reject::SharesNotFree { qty, free });
            }
        }
    }
}
