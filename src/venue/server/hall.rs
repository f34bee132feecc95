//! The venue without sockets.

use std::collections::{BTreeMap, VecDeque};

use super::VenueClock;
use super::fault::Faults;
use crate::feed::day::StartingAccount;
use crate::market::{
    AccountId, BrokerId, Halt, InstrumentId, LevelUpdate, MarketData, MarketEvent, Price, Qty, Side, Symbol,
    Tick, Timestamp,
};
use crate::venue::exchange::{Amendment, Entry, Member, MemberNo, Record, Security};
use crate::venue::flow::{Flow, FlowError, Scenario, generate};
use crate::wire::{
    AccountPicture, Banner, ClientFrame, ClientId, HaltPicture, HoldingPicture, MarketSaid, OrderEvent,
    OrderPicture, Reject, Said, SecurityPicture, ServerFrame, SnapshotPicture, VERSION,
};

/// Levels of a side that are shown.
const SHOWN: usize = 5;

/// An account of the venue and the token that stands for it.
#[derive(Clone, Debug)]
pub struct Seat {
    /// What a client says to be taken for it.
    pub token: String,
    /// The account.
    pub account: AccountId,
    /// The broker whose number the tape shows.
    pub broker: BrokerId,
    /// What it starts with.
    pub start: StartingAccount,
}

/// Why the hall cannot open.
#[derive(Debug, thiserror::Error)]
pub enum HallError {
    /// The scenario.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// Two seats with one token or one account, or a token that is no secret.
    #[error("seat {account}: {why}")]
    Seat {
        /// Which one.
        account: AccountId,
        /// What is wrong.
        why: String,
    },
}

/// A report that has a number.
#[derive(Clone, Debug)]
struct Logged {
    at: Timestamp,
    client_id: ClientId,
    event: OrderEvent,
}

/// The venue without sockets. See the module.
#[derive(Debug)]
pub struct Hall {
    name: String,
    flow: Flow,
    faults: Faults,
    now: Timestamp,
    tokens: BTreeMap<String, MemberNo>,
    /// Every report of a member, the first having number 1.
    logs: BTreeMap<MemberNo, Vec<Logged>>,
    /// Numbers of reports on their way, and when they are told.
    pending: VecDeque<(Timestamp, MemberNo, u64)>,
    /// The number of the last thing said to everybody.
    seq: u64,
    said: Vec<Said>,
    /// False bids that are being told.
    crossed: BTreeMap<Symbol, Price>,
}

impl Hall {
    /// Opens the hall: the day of a scenario and a seed, before anything has happened.
    ///
    /// # Errors
    /// [`HallError`].
    pub fn open(scenario: &Scenario, seed: u64, seats: &[Seat]) -> Result<Self, HallError> {
        let mut flow = generate(scenario, seed)?;
        let (mut tokens, mut logs) = (BTreeMap::new(), BTreeMap::new());
        for seat in seats {
            let refuse = |why: &str| HallError::Seat { account: seat.account.clone(), why: why.to_owned() };
            if seat.token.len() < 8 {
                return Err(refuse("a token has at least eight characters"));
            }
            if flow.exchange().member_of(&seat.account).is_some() {
                return Err(refuse("the account has two seats"));
            }
            let mut member = Member::new(seat.account.clone(), seat.broker, seat.start.cash);
            for held in &seat.start.holdings {
                let id = flow.instruments().find(&held.symbol);
                let id = id.ok_or_else(|| refuse(&format!("holds {}, which is not listed", held.symbol)))?;
                member = member.holding(id, held.qty);
            }
            let no = flow.exchange_mut().admit(member);
            if tokens.insert(seat.token.clone(), no).is_some() {
                return Err(refuse("another seat has the same token"));
            }
            logs.insert(no, Vec::new());
        }
        Ok(Self {
            name: format!("{} (seed {seed})", scenario.title),
            faults: Faults::new(scenario.faults.clone()),
            now: flow.next_at().unwrap_or(Timestamp::from_ns(0)),
            flow,
            tokens,
            logs,
            pending: VecDeque::new(),
            seq: 0,
            said: Vec::new(),
            crossed: BTreeMap::new(),
        })
    }

    /// The day that runs.
    #[must_use]
    pub const fn flow(&self) -> &Flow {
        &self.flow
    }

    /// The exchange's time.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The moment that is told.
    #[must_use]
    pub fn told_now(&self) -> Timestamp {
        self.faults.told(self.now)
    }

    /// Whether connections are cut and none is taken.
    #[must_use]
    pub fn disconnected(&self) -> bool {
        self.faults.disconnected(self.now)
    }

    /// Whether nothing is said to everybody.
    #[must_use]
    pub fn frozen(&self) -> bool {
        self.faults.frozen(self.now)
    }

    /// The number of the last thing that was handed out to everybody.
    #[must_use]
    pub fn told_seq(&self) -> u64 {
        self.said.first().map_or(self.seq, |said| said.seq - 1)
    }

    /// Lets time pass up to a moment. Time never runs back.
    pub fn run_until(&mut self, now: Timestamp) {
        self.flow.run_until(now);
        self.now = self.now.max(now);
        self.collect();
        self.cross();
    }

    /// Whom a token stands for.
    #[must_use]
    pub fn member_of(&self, token: &str) -> Option<MemberNo> {
        // Every token is compared in full, so that the time it takes tells nothing of how much was right.
        let same = |known: &str| {
            let differs = known.bytes().zip(token.bytes()).fold(0, |acc, (a, b)| acc | (a ^ b));
            known.len() == token.len() && differs == 0
        };
        self.tokens.iter().fold(None, |found, (known, no)| if same(known) { Some(*no) } else { found })
    }

    /// The answer to a greeting.
    #[must_use]
    pub fn banner(&self, member: MemberNo, clock: &VenueClock, heartbeat_ms: u64) -> Banner {
        let account = self.flow.exchange().member(member).map(|m| m.account.clone());
        Banner {
            version: VERSION,
            venue: self.name.clone(),
            simulated: true,
            account: account.unwrap_or_else(|| AccountId::new("")),
            date: self.now.nepal_date(),
            at: self.told_now(),
            speed_milli: clock.speed_milli(),
            heartbeat_ms,
            reports: self.reports(member),
        }
    }

    /// What was said to everybody since it was last asked; nothing while the feed is frozen.
    pub fn take_said(&mut self) -> Vec<Said> {
        if self.frozen() { Vec::new() } else { std::mem::take(&mut self.said) }
    }

    /// The next report that is due, with whom it is for.
    pub fn take_report(&mut self) -> Option<(MemberNo, ServerFrame)> {
        let (due, ..) = self.pending.front()?;
        if *due > self.now {
            return None;
        }
        let (_, member, no) = self.pending.pop_front()?;
        Some((member, self.report(member, no)?))
    }

    /// A full picture; what is said to everybody after it has the next number.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotPicture {
        let exchange = self.flow.exchange();
        let index = exchange.index();
        let picture = |(id, facts): (InstrumentId, &crate::market::Instrument)| {
            let security = exchange.security(id)?;
            Some(SecurityPicture {
                symbol: facts.symbol.clone(),
                name: facts.name.clone(),
                sector: facts.sector.clone(),
                kind: facts.kind?,
                tick: Price::from_units(security.tick().units()),
                lot: security.lot(),
                previous_close: facts.previous_close?,
                adv: facts.adv,
                last: security.last(),
                bids: self.side(security, Side::Buy),
                asks: self.side(security, Side::Sell),
            })
        };
        SnapshotPicture {
            seq: self.seq,
            at: self.told_now(),
            phase: exchange.phase(),
            halt: exchange.stopped().map(|until| HaltPicture { until }),
            index_e2: index.points_e2,
            index_previous_close_e2: index.previous_close_e2,
            securities: self.flow.instruments().iter().filter_map(picture).collect(),
        }
    }

    /// Whether a full picture taken now is up to date with what has been handed out: nothing waits.
    #[must_use]
    pub const fn nothing_waits(&self) -> bool {
        self.said.is_empty()
    }

    /// What a member asks; the answers to it alone. What becomes of orders comes as reports.
    pub fn ask(&mut self, member: MemberNo, frame: ClientFrame) -> Vec<ServerFrame> {
        let now = self.now;
        match frame {
            ClientFrame::Hello { .. } => return error("the greeting was taken already"),
            ClientFrame::Subscribe {} => {}
            ClientFrame::New { client_id, symbol, side, qty, limit, market } => {
                self.enter(member, client_id, &symbol, (side, qty, limit), market);
            }
            ClientFrame::Amend { client_id, qty, limit } => {
                self.flow.exchange_mut().amend(member, &client_id, Amendment { qty, limit }, now);
            }
            ClientFrame::Cancel { client_id } => self.flow.exchange_mut().cancel(member, &client_id, now),
            ClientFrame::CancelMany { symbol, side } => {
                let of = match symbol.map(|s| (self.flow.instruments().find(&s), s)) {
                    Some((None, symbol)) => return error(&format!("{symbol} is not listed")),
                    Some((Some(id), _)) => Some((id, side)),
                    None => None,
                };
                let count = self.flow.exchange_mut().cancel_many(member, of, now) as u64;
                self.after_trading();
                return vec![ServerFrame::CancelledMany { count }];
            }
            ClientFrame::Query { client_id } => {
                let order = self.flow.exchange().order(member, &client_id).and_then(|r| self.order(r));
                return vec![ServerFrame::Order { client_id, order }];
            }
            ClientFrame::Orders {} => {
                let orders = self.flow.exchange().orders(member).filter_map(|r| self.order(r)).collect();
                return vec![ServerFrame::Orders { reports: self.reports(member), orders }];
            }
            ClientFrame::Account {} => {
                return self.account(member).map(ServerFrame::Account).into_iter().collect();
            }
            ClientFrame::Resend { after } => {
                let told = self.told(member);
                let numbers = after.saturating_add(1)..=told;
                return numbers.filter_map(|no| self.report(member, no)).collect();
            }
            ClientFrame::Ping { n } => return vec![ServerFrame::Pong { n, at: self.told_now() }],
        }
        self.after_trading();
        Vec::new()
    }

    fn enter(
        &mut self,
        member: MemberNo,
        client_id: ClientId,
        symbol: &Symbol,
        (side, qty, limit): (Side, Qty, Price),
        market: crate::wire::Market,
    ) {
        let now = self.now;
        if self.faults.rejects_new(now) {
            let event = OrderEvent::Rejected { reasons: vec![Reject::VenueBusy {}] };
            self.log(member, now, client_id, event);
            return;
        }
        // An unknown ticker gets a number that nothing has, so that every other reason is found too.
        let instrument = self.flow.instruments().find(symbol).unwrap_or(MarketEvent::MARKET);
        let entry = Entry { client_id, instrument, side, qty, limit, market };
        self.flow.exchange_mut().enter(member, entry, now);
    }

    fn after_trading(&mut self) {
        self.flow.traded();
        self.collect();
    }

    /// Numbers what the exchange has said and reported.
    fn collect(&mut self) {
        while let Some(event) = self.flow.exchange_mut().heard() {
            if let Some(what) = self.said_of(&event) {
                let at = self.faults.told(event.at);
                self.say(at, event.flags.has(crate::market::EventFlags::LAST), what);
            }
        }
        while let Some(report) = self.flow.exchange_mut().report() {
            self.log(report.member, report.at, report.client_id, report.event);
        }
    }

    fn say(&mut self, at: Timestamp, last: bool, what: MarketSaid) {
        self.seq += 1;
        self.said.push(Said { seq: self.seq, at, last, what });
    }

    fn log(&mut self, member: MemberNo, at: Timestamp, client_id: ClientId, event: OrderEvent) {
        let log = self.logs.entry(member).or_default();
        log.push(Logged { at: self.faults.told(at), client_id, event });
        let no = log.len() as u64;
        // Late, and never before one that came earlier.
        let last = self.pending.back().map_or(at, |(due, ..)| *due);
        let due = at.plus_ns(self.faults.late_ns(at)).max(last);
        let times = if self.faults.duplicates(at) { 2 } else { 1 };
        for _ in 0..times {
            self.pending.push_back((due, member, no));
        }
    }

    /// Tells false bids where the scenario wants them, and takes back those whose time is over.
    fn cross(&mut self) {
        let wanted: Vec<Symbol> = self.faults.crossed(self.now).cloned().collect();
        let at = self.told_now();
        let over: Vec<Symbol> = self.crossed.keys().filter(|s| !wanted.contains(s)).cloned().collect();
        for symbol in over {
            let Some(price) = self.crossed.remove(&symbol) else { continue };
            // What is true at that price, which is most often nothing.
            let held = self.security(&symbol).and_then(|s| s.book().levels().level(Side::Buy, price));
            let (qty, orders) = held.map_or((Qty::ZERO, 0), |l| (l.qty, l.orders));
            let level = LevelUpdate { side: Side::Buy, price, qty, orders };
            self.say(at, true, level_said(symbol, &level));
        }
        for symbol in wanted {
            if self.crossed.contains_key(&symbol) {
                continue;
            }
            let Some(security) = self.security(&symbol) else { continue };
            let best = security.book().levels().best_price(Side::Sell);
            let Some(price) = best.and_then(|best| above(best, security.tick())) else { continue };
            let level = LevelUpdate { side: Side::Buy, price, qty: Qty::from_units(100), orders: 1 };
            self.crossed.insert(symbol.clone(), price);
            self.say(at, true, level_said(symbol, &level));
        }
    }

    fn security(&self, symbol: &Symbol) -> Option<&Security> {
        self.flow.exchange().security(self.flow.instruments().find(symbol)?)
    }

    fn side(&self, security: &Security, side: Side) -> Vec<(Price, Qty, u32)> {
        security.book().levels().levels(side).take(SHOWN).map(|l| (l.price, l.qty, l.orders)).collect()
    }

    fn symbol(&self, id: InstrumentId) -> Option<Symbol> {
        self.flow.instruments().get(id).map(|facts| facts.symbol.clone())
    }

    fn said_of(&self, event: &MarketEvent) -> Option<MarketSaid> {
        let symbol = || self.symbol(event.instrument);
        Some(match event.data {
            MarketData::Trade(print) => MarketSaid::Trade {
                symbol: symbol()?,
                price: print.price,
                qty: print.qty,
                buyer: print.buyer?,
                seller: print.seller?,
                contract: print.contract?,
                auction: event.flags.has(crate::market::EventFlags::AUCTION),
            },
            MarketData::Level(level) | MarketData::Snapshot(level) => level_said(symbol()?, &level),
            MarketData::Clear(_) => MarketSaid::Clear { symbol: symbol()? },
            // The hall's own pictures state it; nobody says it in between.
            MarketData::Last(_) => return None,
            MarketData::Session(phase) => MarketSaid::Phase { phase },
            MarketData::Halt(Halt::Start { level, until }) => MarketSaid::HaltStart { level, until },
            MarketData::Halt(Halt::End) => MarketSaid::HaltEnd {},
            MarketData::Index(value) => {
                MarketSaid::Index { points_e2: value.points_e2, previous_close_e2: value.previous_close_e2 }
            }
        })
    }

    fn reports(&self, member: MemberNo) -> u64 {
        self.logs.get(&member).map_or(0, |log| log.len() as u64)
    }

    /// The number of the last report that is not still on its way.
    fn told(&self, member: MemberNo) -> u64 {
        let waiting = self.pending.iter().find(|(_, m, _)| *m == member).map(|(.., no)| no - 1);
        waiting.unwrap_or_else(|| self.reports(member))
    }

    fn report(&self, member: MemberNo, no: u64) -> Option<ServerFrame> {
        let at = usize::try_from(no.checked_sub(1)?).ok()?;
        let Logged { at, client_id, event } = self.logs.get(&member)?.get(at)?.clone();
        Some(ServerFrame::Report { no, at, client_id, event })
    }

    fn order(&self, record: &Record) -> Option<OrderPicture> {
        Some(OrderPicture {
            client_id: record.entry.client_id.clone(),
            order: record.id,
            symbol: self.symbol(record.entry.instrument)?,
            side: record.entry.side,
            qty: record.entry.qty,
            limit: record.entry.limit,
            market: record.entry.market,
            standing: record.standing,
            filled: record.filled,
            ahead: self.flow.exchange().ahead(record),
        })
    }

    fn account(&self, member: MemberNo) -> Option<AccountPicture> {
        let m = self.flow.exchange().member(member)?;
        let holding = |(id, h): (&InstrumentId, &crate::venue::exchange::Holding)| {
            Some(HoldingPicture {
                symbol: self.symbol(*id)?,
                qty: h.qty(),
                settled: h.settled,
                free: h.free(),
            })
        };
        Some(AccountPicture {
            account: m.account.clone(),
            reports: self.reports(member),
            cash: m.cash,
            due: m.due,
            charges: m.charges,
            free: m.free(),
            holdings: m.holdings.iter().filter_map(holding).collect(),
        })
    }
}

fn level_said(symbol: Symbol, level: &LevelUpdate) -> MarketSaid {
    let LevelUpdate { side, price, qty, orders } = *level;
    MarketSaid::Level { symbol, side, price, qty, orders }
}

fn above(best: Price, tick: Tick) -> Option<Price> {
    best.moved(1, tick)
}

fn error(reason: &str) -> Vec<ServerFrame> {
    vec![ServerFrame::Error { reason: reason.to_owned() }]
}
