//! The one task that owns the hall, and the door to it.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::connection::{ConnectionNo, Ending, FromConnection, ToConnection, over, run};
use super::{Hall, VenueClock};
use crate::venue::exchange::MemberNo;
use crate::wire::{ClientFrame, Said, ServerFrame, VERSION};

/// How often the day goes on.
const TICK: Duration = Duration::from_millis(5);
/// Things said to everybody in one frame at most, which keeps it far below the longest.
const EVENTS_PER_FRAME: usize = 500;
/// Frames that wait for one connection at most.
const QUEUE: usize = 1_024;
/// Places of the queue that market data leaves free for reports and answers.
const KEPT_FREE: usize = 256;
/// How long connections may take to end when the venue closes.
const FAREWELL: Duration = Duration::from_secs(2);
/// What they are told then.
const CLOSES: &str = "the venue closes";
/// How long a stranger may take over the handshake of TLS.
const TLS_HANDSHAKE: Duration = Duration::from_secs(10);
/// Requests that wait for the hub at most; then readers wait.
const REQUESTS: usize = 4_096;

/// How a venue is served.
#[derive(Clone)]
pub struct ServeOptions {
    /// The exchange's clock; starts with the server.
    pub clock: VenueClock,
    /// Something is said at least this often.
    pub heartbeat: Duration,
    /// TLS, if connections are to be encrypted.
    pub tls: Option<TlsAcceptor>,
    /// Connections at one time at most, those counted that have not greeted yet.
    pub most_connections: usize,
}

/// What happened while it was served.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ServeStats {
    /// Connections taken.
    pub connections: u64,
    /// Connections not taken, because there were too many or the line was cut.
    pub turned_away: u64,
    /// Connections that ended before the handshake of TLS or of WebSocket was done.
    pub no_handshake: u64,
    /// Greetings refused.
    pub refused: u64,
    /// Frames that meant nothing.
    pub bad_frames: u64,
    /// Connections closed for breaking a rule: a frame too long or not of WebSocket, a flood, no greeting.
    pub rules_broken: u64,
    /// Frames of market data not sent to readers who were too slow; each got a full picture later.
    pub conflated: u64,
    /// Readers too slow for their own reports, cut off.
    pub cut_off: u64,
}

/// One connection as the hub sees it.
struct Client {
    to: mpsc::Sender<ToConnection>,
    member: Option<MemberNo>,
    subscribed: bool,
    /// Market data was dropped, or it has just subscribed: a full picture comes first.
    wants_picture: bool,
}

/// Serves a hall until `stop` comes about.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    listener: TcpListener,
    hall: Hall,
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) -> io::Result<ServeStats> {
    let (to_hub, mut from_connections) = mpsc::channel(REQUESTS);
    let mut hub = Hub {
        hall,
        clients: BTreeMap::new(),
        heartbeat: options.heartbeat,
        clock: options.clock,
        started: Instant::now(),
        spoke: Instant::now(),
        stats: ServeStats::default(),
        taken: 0,
    };
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut next: ConnectionNo = 0;
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(said) = from_connections.recv() => {
                hub.go_on();
                hub.on_connection(said);
                // Whatever else has arrived belongs to the same moment.
                while let Ok(said) = from_connections.try_recv() {
                    hub.on_connection(said);
                }
                hub.tell();
            }
            _ = tick.tick() => {
                hub.go_on();
                hub.tell();
            }
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                if hub.taken >= options.most_connections || hub.hall.disconnected() {
                    hub.stats.turned_away += 1;
                    continue;
                }
                next += 1;
                hub.taken += 1;
                hub.stats.connections += 1;
                tokio::spawn(take(stream, next, to_hub.clone(), options.tls.clone()));
            }
        }
    }
    // Everybody is told, and what they did until then is counted.
    drop(to_hub);
    hub.close_all(CLOSES);
    let farewell = async {
        while let Some(said) = from_connections.recv().await {
            hub.on_connection(said);
            hub.close_all(CLOSES);
        }
    };
    // Who does not leave in this time is left.
    let _ = timeout(FAREWELL, farewell).await;
    Ok(hub.stats)
}

async fn take(
    stream: TcpStream,
    no: ConnectionNo,
    hub: mpsc::Sender<FromConnection>,
    tls: Option<TlsAcceptor>,
) {
    // Small frames must not wait for larger ones; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    match tls {
        None => run(stream, no, &hub, QUEUE).await,
        Some(tls) => match timeout(TLS_HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => run(stream, no, &hub, QUEUE).await,
            Ok(Err(error)) => over(&hub, no, Ending::NoHandshake(error.to_string())).await,
            Err(_) => over(&hub, no, Ending::NoHandshake("no TLS in time".to_owned())).await,
        },
    }
    // A hub that is gone counts nothing any more.
    let _ = hub.send(FromConnection::Gone { no }).await;
}

struct Hub {
    hall: Hall,
    clients: BTreeMap<ConnectionNo, Client>,
    heartbeat: Duration,
    clock: VenueClock,
    started: Instant,
    /// When the last heartbeat was.
    spoke: Instant,
    stats: ServeStats,
    /// Sockets not given back yet.
    taken: usize,
}

impl Hub {
    fn go_on(&mut self) {
        let elapsed = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.hall.run_until(self.clock.after(elapsed));
    }

    fn on_connection(&mut self, said: FromConnection) {
        match said {
            FromConnection::Open { no, to } => {
                let client = Client { to, member: None, subscribed: false, wants_picture: false };
                self.clients.insert(no, client);
            }
            FromConnection::Over { no, why: Ending::NoHandshake(why) } => {
                self.stats.no_handshake += 1;
                tracing::info!(connection = no, why, "no handshake");
            }
            // What somebody does who was sent away already does not count again.
            FromConnection::Over { no, .. } | FromConnection::Frame { no, .. }
                if !self.clients.contains_key(&no) => {}
            FromConnection::Over { no, why: Ending::Broke(why) } => {
                self.stats.rules_broken += 1;
                tracing::warn!(connection = no, why, "broke a rule");
                self.cut(no, why);
            }
            FromConnection::Over { no, why: Ending::Left(why) } => {
                self.clients.remove(&no);
                tracing::info!(connection = no, why, "gone");
            }
            FromConnection::Gone { no } => {
                self.clients.remove(&no);
                self.taken -= 1;
            }
            FromConnection::Frame { no, frame: Err(reason) } => {
                self.stats.bad_frames += 1;
                self.answer(no, &ServerFrame::Error { reason });
            }
            FromConnection::Frame { no, frame: Ok(frame) } => self.on_frame(no, frame),
        }
    }

    fn on_frame(&mut self, no: ConnectionNo, frame: ClientFrame) {
        let Some(client) = self.clients.get_mut(&no) else { return };
        let Some(member) = client.member else {
            self.greet(no, &frame);
            return;
        };
        if frame == (ClientFrame::Subscribe {}) {
            client.subscribed = true;
            client.wants_picture = true;
        }
        for answer in self.hall.ask(member, frame) {
            self.answer(no, &answer);
        }
    }

    /// The first frame of a connection.
    fn greet(&mut self, no: ConnectionNo, frame: &ClientFrame) {
        let refusal = match frame {
            ClientFrame::Hello { version, .. } if *version != VERSION => {
                format!("version {version} is not spoken here, {VERSION} is")
            }
            ClientFrame::Hello { token, .. } => match self.hall.member_of(token) {
                Some(member) => {
                    if let Some(client) = self.clients.get_mut(&no) {
                        client.member = Some(member);
                    }
                    let heartbeat = u64::try_from(self.heartbeat.as_millis()).unwrap_or(u64::MAX);
                    let banner = self.hall.banner(member, &self.clock, heartbeat);
                    self.answer(no, &ServerFrame::Welcome(banner));
                    return;
                }
                None => "the token is not known".to_owned(),
            },
            _ => "the first frame is hello".to_owned(),
        };
        self.stats.refused += 1;
        self.answer(no, &ServerFrame::Refused { reason: refusal.clone() });
        self.cut(no, refusal);
    }

    /// Hands out what has been said and reported since the last time.
    fn tell(&mut self) {
        if self.hall.disconnected() {
            self.close_all("the line is cut");
        }
        while let Some((member, report)) = self.hall.take_report() {
            let text = Utf8Bytes::from(report.text());
            let of_member: Vec<ConnectionNo> =
                self.clients.iter().filter(|(_, c)| c.member == Some(member)).map(|(no, _)| *no).collect();
            for no in of_member {
                self.hand(no, text.clone());
            }
        }
        let said = self.hall.take_said();
        for part in said.chunks(EVENTS_PER_FRAME) {
            self.broadcast(part);
        }
        self.pictures();
        // Also to those who hear the market: not everybody has subscribed.
        if self.spoke.elapsed() >= self.heartbeat && !self.hall.frozen() {
            self.spoke = Instant::now();
            let (at, seq) = (self.hall.told_now(), self.hall.told_seq());
            let text = Utf8Bytes::from(ServerFrame::Heartbeat { at, seq }.text());
            let all: Vec<ConnectionNo> = self.greeted().collect();
            for no in all {
                self.hand(no, text.clone());
            }
        }
    }

    fn greeted(&self) -> impl Iterator<Item = ConnectionNo> + '_ {
        self.clients.iter().filter(|(_, c)| c.member.is_some()).map(|(no, _)| *no)
    }

    /// Market data goes to those who keep up; who does not gets a full picture when it can be taken.
    fn broadcast(&mut self, part: &[Said]) {
        let mut text = None;
        for client in self.clients.values_mut().filter(|c| c.subscribed && !c.wants_picture) {
            if client.to.capacity() <= KEPT_FREE {
                client.wants_picture = true;
                self.stats.conflated += 1;
                continue;
            }
            let text = text
                .get_or_insert_with(|| Utf8Bytes::from(ServerFrame::Events { events: part.to_vec() }.text()));
            // There is room, and nobody else sends; a closed queue is noticed by its reader.
            let _ = client.to.try_send(ToConnection::Text(text.clone()));
        }
    }

    fn pictures(&mut self) {
        let ready = |c: &Client| c.wants_picture && c.to.capacity() > QUEUE / 2;
        if self.hall.frozen() || !self.clients.values().any(ready) {
            return;
        }
        let text = Utf8Bytes::from(ServerFrame::Snapshot(self.hall.snapshot()).text());
        for client in self.clients.values_mut().filter(|c| ready(c)) {
            client.wants_picture = client.to.try_send(ToConnection::Text(text.clone())).is_err();
        }
    }

    fn answer(&mut self, no: ConnectionNo, frame: &ServerFrame) {
        self.hand(no, Utf8Bytes::from(frame.text()));
    }

    /// Hands over what must not be lost; a reader too slow for it is cut off.
    fn hand(&mut self, no: ConnectionNo, text: Utf8Bytes) {
        let Some(client) = self.clients.get(&no) else { return };
        if client.to.try_send(ToConnection::Text(text)).is_err() {
            self.stats.cut_off += 1;
            tracing::warn!(connection = no, "cut off: reads too slowly");
            self.clients.remove(&no);
        }
    }

    fn cut(&mut self, no: ConnectionNo, reason: String) {
        if let Some(client) = self.clients.remove(&no) {
            // A full queue is closed all the same, without the reason.
            let _ = client.to.try_send(ToConnection::Close(reason));
        }
    }

    fn close_all(&mut self, reason: &str) {
        let all: Vec<ConnectionNo> = self.clients.keys().copied().collect();
        for no in all {
            self.cut(no, reason.to_owned());
        }
    }
}
