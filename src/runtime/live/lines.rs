//! The lines themselves: a task each, which owns its session and its connection.
//!
//! A task connects, tells its session what is heard and that time passes, sends what the session wants sent, fetches
//! what it wants fetched, and brings what follows to the intake. A source of documents has no connection to be made: its
//! line stands from the start, and whether anything answers is for its session to say. A line decides nothing but when to try again: later after each failure, sooner again
//! after a connection that became live.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::task::block_in_place;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::board::{Board, LocalClock};
use super::fetch::{Fetcher, Fetching};
use super::intake::{Intake, Item};
use super::socket::{Address, Socket};
use crate::execution::{GatewayRequest, LineState};
use crate::feed::live::{Backoff, FeedOut, FeedSession, SourceClock};
use crate::gateway::session::{GatewayOut, GatewaySession};
use crate::market::SourceId;

/// How often a session is told that time passes.
pub(super) const TICK: Duration = Duration::from_millis(100);
/// How long a frame may take to be sent before the connection counts as gone.
pub(super) const SEND: Duration = Duration::from_secs(5);

/// A document of so many bytes takes milliseconds to be read.
const LONG: usize = 1 << 20;

/// What every line shares.
#[derive(Clone)]
pub struct Shared {
    /// Where what follows goes.
    pub intake: Arc<Intake>,
    /// Where it is shown how it stands.
    pub board: Board,
    /// This machine's clock.
    pub clock: LocalClock,
    /// Becomes true when everything ends.
    pub stop: watch::Receiver<bool>,
}

/// How a feed's source is reached.
#[derive(Clone, Debug)]
pub struct Way {
    /// Where frames come from; `None` for a source of documents alone.
    pub stream: Option<Address>,
    /// What fetches documents, where the source has any.
    pub documents: Option<Fetcher>,
}

impl From<Address> for Way {
    fn from(stream: Address) -> Self {
        Self { stream: Some(stream), documents: None }
    }
}

impl Way {
    async fn connect(&self) -> Result<Option<Socket>, String> {
        match &self.stream {
            Some(address) => address.connect().await.map(Some),
            None => Ok(None),
        }
    }
}

/// What a session asks of a feed's line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineOrder {
    /// To begin its connection anew.
    Anew,
    /// To end for good, and why.
    End(&'static str),
}

/// Why a connection ended.
pub(super) struct Ended {
    pub(super) why: String,
    pub(super) again: bool,
}

pub(super) fn ended(why: impl Into<String>) -> Ended {
    Ended { why: why.into(), again: true }
}

/// A feed's line, for as long as the session lives, or until it is told to end.
pub async fn feed(
    mut session: Box<dyn FeedSession>,
    (source, place): (SourceId, usize),
    way: Way,
    shared: Shared,
    mut orders: mpsc::Receiver<LineOrder>,
) {
    let mut backoff = Backoff::new(u64::from(source.0) ^ shared.clock.now().ns() as u64);
    let mut line = FeedLine { source, place, shared: shared.clone(), told: None, clock: None };
    let mut stop = shared.stop.clone();
    loop {
        let ended = match stopped(&mut stop, way.connect()).await {
            None => return,
            Some(Err(why)) => ended(why),
            Some(Ok(socket)) => {
                let fetching = Fetching::new(way.documents.clone());
                let ends = (socket, fetching);
                let ended = line.connection(session.as_mut(), ends, &mut orders, &mut stop).await;
                if line.told == Some(LineState::Live) {
                    backoff.worked();
                }
                ended
            }
        };
        let mut out = FeedOut::default();
        session.lost(shared.clock.now(), &mut out);
        line.take(session.as_mut(), &mut out).await;
        if *stop.borrow() {
            return;
        }
        if !ended.again {
            line.close(session.as_ref(), ended.why);
            return;
        }
        let wait = backoff.wait();
        shared.board.down(place, ended.why, Some(Instant::now() + wait));
        tokio::select! {
            biased;
            _ = stop.changed() => return,
            Some(LineOrder::End(why)) = orders.recv() => {
                line.close(session.as_ref(), why.to_owned());
                return;
            }
            () = sleep(wait) => {}
        }
    }
}

struct FeedLine {
    source: SourceId,
    place: usize,
    shared: Shared,
    told: Option<LineState>,
    /// What was said last of the source's clock.
    clock: Option<SourceClock>,
}

impl FeedLine {
    /// It is not tried again.
    fn close(&mut self, session: &dyn FeedSession, why: String) {
        self.shared.intake.push(Item::Feed(self.source, LineState::Closed));
        self.shared.board.feed(self.place, LineState::Closed, session.stats(), true);
        self.shared.board.down(self.place, why, None);
    }

    async fn connection(
        &mut self,
        session: &mut dyn FeedSession,
        (mut socket, mut fetching): (Option<Socket>, Fetching),
        orders: &mut mpsc::Receiver<LineOrder>,
        stop: &mut watch::Receiver<bool>,
    ) -> Ended {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut out = FeedOut::default();
        let mut worked = false;
        session.opened(self.shared.clock.now(), &mut out);
        loop {
            if let Some(socket) = &mut socket
                && let Err(why) = send(socket, std::mem::take(&mut out.send)).await
            {
                return ended(why);
            }
            fetching.begin(std::mem::take(&mut out.fetch));
            let close = out.close.take();
            self.take(session, &mut out).await;
            worked |= session.state().is_live();
            if let Some(close) = close {
                // It closes either way; whether the other side says so too is its affair.
                if let Some(mut socket) = socket {
                    let _ = timeout(SEND, socket.close(None)).await;
                }
                return Ended { why: close.why, again: close.again };
            }
            tokio::select! {
                biased;
                _ = stop.changed() => return ended("the session ends"),
                Some(order) = orders.recv() => return match order {
                    LineOrder::Anew => ended("begun anew: it takes over"),
                    LineOrder::End(why) => Ended { why: why.to_owned(), again: false },
                },
                (fetch, answer) = fetching.next() => {
                    let now = self.shared.clock.now();
                    match answer {
                        // A long document takes its time, and other lines are not to wait for it.
                        Ok(text) if text.len() >= LONG => {
                            block_in_place(|| session.fetched(now, fetch, Ok(&text), &mut out));
                        }
                        Ok(text) => session.fetched(now, fetch, Ok(&text), &mut out),
                        Err(error) => {
                            let why = error.to_string();
                            if error.is_not_there() {
                                session.not_there(now, fetch, &why, &mut out);
                            } else {
                                session.fetched(now, fetch, Err(&why), &mut out);
                            }
                            self.shared.board.trouble(self.place, why);
                        }
                    }
                }
                frame = next(&mut socket) => match text(frame) {
                    Ok(Some(text)) => session.heard(self.shared.clock.now(), text.as_str(), &mut out),
                    Ok(None) => {}
                    Err(why) => {
                        self.told = worked.then_some(LineState::Live);
                        return ended(why);
                    }
                },
                _ = tick.tick() => {
                    session.tick(self.shared.clock.now(), &mut out);
                    let steady = session.clock().is_none_or(|clock| clock.speed_milli == 1_000);
                    self.shared.board.feed(self.place, session.state(), session.stats(), steady);
                    self.shared.board.notes(self.place, session.notes());
                }
            }
        }
    }

    /// Brings to the intake what followed, and waits while there is no room.
    async fn take(&mut self, session: &mut dyn FeedSession, out: &mut FeedOut) {
        let Shared { intake, board, .. } = &self.shared;
        let events = std::mem::take(&mut out.events);
        let clock = session.clock();
        if clock != self.clock
            && let Some(clock) = clock
        {
            intake.push(Item::Clock(self.source, clock));
        }
        self.clock = clock;
        if !events.is_empty() && intake.market(events) {
            while !intake.has_room() && !*self.shared.stop.borrow() {
                sleep(Duration::from_millis(2)).await;
            }
        }
        let state = session.state();
        if self.told.replace(state) != Some(state) {
            intake.push(Item::Feed(self.source, state));
            let steady = session.clock().is_none_or(|clock| clock.speed_milli == 1_000);
            board.feed(self.place, state, session.stats(), steady);
        }
    }
}

/// The gateway's line, for as long as the session lives.
pub async fn gateway(
    mut session: Box<dyn GatewaySession>,
    place: usize,
    address: Address,
    shared: Shared,
    mut requests: mpsc::Receiver<GatewayRequest>,
) {
    let mut backoff = Backoff::new(shared.clock.now().ns() as u64);
    let mut told = None;
    let mut stop = shared.stop.clone();
    loop {
        let connecting = address.connect();
        tokio::pin!(connecting);
        // Requests are heard while there is no connection: the session says that they are not sent.
        let socket = loop {
            tokio::select! {
                biased;
                _ = stop.changed() => return,
                Some(request) = requests.recv() => {
                    let mut out = GatewayOut::default();
                    session.request(shared.clock.now(), &request, &mut out);
                }
                socket = &mut connecting => break socket,
            }
        };
        let mut worked = false;
        let ended = match socket {
            Err(why) => ended(why),
            Ok(socket) => {
                let line = (place, &shared, &mut told);
                orders(session.as_mut(), socket, line, &mut requests, &mut stop, &mut worked).await
            }
        };
        if worked {
            backoff.worked();
        }
        let mut out = GatewayOut::default();
        session.lost(shared.clock.now(), &mut out);
        bring(session.as_mut(), &mut out, (place, &shared, &mut told));
        if *stop.borrow() {
            return;
        }
        let wait = if ended.again { backoff.wait() } else { Duration::from_secs(u64::from(u32::MAX)) };
        shared.board.down(place, ended.why, ended.again.then(|| Instant::now() + wait));
        let pause = sleep(wait);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => return,
                Some(request) = requests.recv() => {
                    let mut out = GatewayOut::default();
                    session.request(shared.clock.now(), &request, &mut out);
                }
                () = &mut pause => break,
            }
        }
    }
}

pub(super) type GatewayLine<'a> = (usize, &'a Shared, &'a mut Option<LineState>);

async fn orders(
    session: &mut dyn GatewaySession,
    mut socket: Socket,
    (place, shared, told): GatewayLine<'_>,
    requests: &mut mpsc::Receiver<GatewayRequest>,
    stop: &mut watch::Receiver<bool>,
    worked: &mut bool,
) -> Ended {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut out = GatewayOut::default();
    session.opened(shared.clock.now(), &mut out);
    loop {
        if let Err(why) = send(&mut socket, std::mem::take(&mut out.send)).await {
            return ended(why);
        }
        let close = out.close.take();
        bring(session, &mut out, (place, shared, told));
        *worked |= session.state().is_live();
        if let Some((why, again)) = close {
            // It closes either way; whether the other side says so too is its affair.
            let _ = timeout(SEND, socket.close(None)).await;
            return Ended { why, again };
        }
        tokio::select! {
            biased;
            _ = stop.changed() => return ended("the session ends"),
            Some(request) = requests.recv() => session.request(shared.clock.now(), &request, &mut out),
            frame = socket.next() => match text(frame) {
                Ok(Some(text)) => session.heard(shared.clock.now(), text.as_str(), &mut out),
                Ok(None) => {}
                Err(why) => return ended(why),
            },
            _ = tick.tick() => {
                session.tick(shared.clock.now(), &mut out);
                shared.board.gateway(place, session.state(), session.stats());
            }
        }
    }
}

pub(super) fn bring(
    session: &mut dyn GatewaySession,
    out: &mut GatewayOut,
    (place, shared, told): GatewayLine<'_>,
) {
    for said in std::mem::take(&mut out.said) {
        shared.intake.push(Item::Said(said));
    }
    let state = session.state();
    if told.replace(state) != Some(state) {
        shared.intake.push(Item::Gateway(state));
        shared.board.gateway(place, state, session.stats());
    }
}

/// Runs something unless everything ends first.
async fn stopped<T>(stop: &mut watch::Receiver<bool>, work: impl Future<Output = T>) -> Option<T> {
    if *stop.borrow() {
        return None;
    }
    tokio::select! {
        biased;
        _ = stop.changed() => None,
        done = work => Some(done),
    }
}

async fn send(socket: &mut Socket, frames: Vec<String>) -> Result<(), String> {
    if frames.is_empty() {
        return Ok(());
    }
    let sending = async {
        for frame in frames {
            socket.feed(Message::text(frame)).await?;
        }
        socket.flush().await
    };
    match timeout(SEND, sending).await {
        Ok(sent) => sent.map_err(|e| e.to_string()),
        Err(_) => Err(format!("nothing could be sent for {} s", SEND.as_secs())),
    }
}

/// The next frame of a connection that has any.
async fn next(socket: &mut Option<Socket>) -> Frame {
    match socket {
        Some(socket) => socket.next().await,
        None => std::future::pending().await,
    }
}

type Frame = Option<Result<Message, tokio_tungstenite::tungstenite::Error>>;

/// The text of a frame that has one.
fn text(frame: Frame) -> Result<Option<tokio_tungstenite::tungstenite::Utf8Bytes>, String> {
    match frame {
        None => Err("the other side left".to_owned()),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Close(Some(close)))) if !close.reason.is_empty() => {
            Err(format!("closed by the other side: {}", close.reason))
        }
        Some(Ok(Message::Close(_))) => Err("closed by the other side".to_owned()),
        Some(Ok(_)) => Ok(None),
    }
}
