//! The line of a gateway over FIX 4.4: a task that owns the connection and the library's session.
//!
//! The library counts and checks the sequence numbers, beats, and asks for what is missing. The task connects, brings
//! bytes and messages to and fro, and tries again later after each failure. It sees every message before the session
//! does, because the session keeps rejects to itself and some of what it relies on it does not check.

mod app;
mod numbers;
mod settings;
pub mod wire;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hotfix::config::SessionConfig;
use hotfix::message::RawFixMessage;
use hotfix::session::session_ref::InternalSessionRef;
use hotfix::session::{SendOutcome, SessionHandle, Status};
use hotfix::transport::writer::{WriterMessage, WriterRef};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use self::app::{App, Event, Outbound};
use super::lines::{Ended, SEND, Shared, TICK, bring, ended};
use super::socket::Stream;
use crate::execution::{GatewayRequest, LineState};
use crate::feed::live::Backoff;
use crate::gateway::fix::{FixGateway, FixMessage};
use crate::gateway::session::{GatewayOut, GatewaySession};

pub use numbers::Numbers;
pub use settings::{FixSettings, FixSettingsError};

/// Messages that may wait to be written.
const TO_WRITE: usize = 1_024;
/// How long the other side may take to answer our logout when the session ends.
const LEAVING: Duration = Duration::from_millis(800);
/// How long what is missing may take to come before the connection counts as broken.
const GAP: Duration = Duration::from_secs(10);

/// The library's session and both its ends.
struct Session {
    inner: InternalSessionRef<Outbound>,
    handle: SessionHandle<Outbound>,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Session {
    fn begin(settings: &FixSettings, numbers: &Numbers) -> Result<Self, String> {
        let (told, events) = mpsc::unbounded_channel();
        let config = SessionConfig {
            begin_string: "FIX.4.4".to_owned(),
            sender_comp_id: settings.sender.clone(),
            target_comp_id: settings.target.clone(),
            data_dictionary_path: None,
            // The task connects, and not the library.
            connection_host: String::new(),
            connection_port: 0,
            tls_config: None,
            heartbeat_interval: settings.heartbeat,
            logon_timeout: 10,
            logout_timeout: 2,
            reconnect_interval: 0,
            reset_on_logon: settings.reset,
            schedule: None,
            // A field that the counterparty made for itself is no reason to lose a report.
            validation: hotfix::config::ValidationConfig::builder()
                .validate_user_defined_fields(false)
                .build(),
        };
        let app = App::new(told, numbers.clone());
        let inner = InternalSessionRef::new(config, app, numbers.clone()).map_err(|e| e.to_string())?;
        Ok(Self { handle: inner.clone().into(), inner, events })
    }
}

/// The gateway's line, for as long as the session lives.
pub async fn gateway(
    gateway: FixGateway,
    place: usize,
    (settings, numbers): (FixSettings, Numbers),
    shared: Shared,
    mut requests: mpsc::Receiver<(u64, GatewayRequest)>,
) {
    let mut backoff = Backoff::new(shared.clock.now().ns() as u64);
    let mut stop = shared.stop.clone();
    let mut line = Line::new(gateway, place, shared, (settings, numbers));
    let mut session = None;
    loop {
        let peer = line.settings.peer.clone();
        let Some(stream) = line.meanwhile(peer.connect(), &mut requests, &mut stop).await else { return };
        line.worked = false;
        let mut end = match stream {
            Ok(stream) => line.connect(&mut session, stream, &mut requests, &mut stop).await,
            Err(why) => ended(why),
        };
        if let Some(text) = line.farewell.take() {
            end.why = format!("logged out: {text}");
        }
        end.again &= line.disconnected(&mut session, &end.why).await;
        if line.worked {
            backoff.worked();
        }
        if !end.again {
            line.gateway.close();
        }
        line.bring(&mut GatewayOut::default());
        if *stop.borrow() {
            return;
        }
        let wait = if end.again { backoff.wait() } else { Duration::from_secs(u64::from(u32::MAX)) };
        line.shared.board.down(place, end.why, end.again.then(|| Instant::now() + wait));
        if line.meanwhile(sleep(wait), &mut requests, &mut stop).await.is_none() {
            return;
        }
    }
}

struct Line {
    gateway: FixGateway,
    place: usize,
    shared: Shared,
    told: Option<LineState>,
    settings: FixSettings,
    numbers: Numbers,
    /// Logons so far in this process.
    logon: u64,
    /// What the other side said when it logged us out.
    farewell: Option<String>,
    /// Messages on their way into the journal, each with what the intake had taken after it.
    unsettled: VecDeque<(u64, u64)>,
    heard: Instant,
    gap: Option<Instant>,
    /// The present connection became live.
    worked: bool,
}

impl Line {
    fn new(
        gateway: FixGateway,
        place: usize,
        shared: Shared,
        (settings, numbers): (FixSettings, Numbers),
    ) -> Self {
        Self {
            gateway,
            place,
            shared,
            told: None,
            settings,
            numbers,
            logon: 0,
            farewell: None,
            unsettled: VecDeque::new(),
            heard: Instant::now(),
            gap: None,
            worked: false,
        }
    }

    /// Does something while there is no connection: requests are heard and not sent. `None` when everything ends.
    async fn meanwhile<T>(
        &mut self,
        work: impl Future<Output = T>,
        requests: &mut mpsc::Receiver<(u64, GatewayRequest)>,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<T> {
        tokio::pin!(work);
        if *stop.borrow() {
            return None;
        }
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => return None,
                Some((_, request)) = requests.recv() => {
                    let mut out = GatewayOut::default();
                    self.gateway.request(self.shared.clock.now(), &request, &mut out);
                }
                done = &mut work => return Some(done),
            }
        }
    }

    async fn connect(
        &mut self,
        session: &mut Option<Session>,
        stream: Box<dyn Stream>,
        requests: &mut mpsc::Receiver<(u64, GatewayRequest)>,
        stop: &mut watch::Receiver<bool>,
    ) -> Ended {
        let session = match session {
            Some(session) => session,
            None => match Session::begin(&self.settings, &self.numbers) {
                Ok(begun) => session.insert(begun),
                Err(why) => return Ended { why, again: false },
            },
        };
        let (reader, writer) = tokio::io::split(stream);
        let (to_writer, to_write) = mpsc::channel(TO_WRITE);
        let mut writing = tokio::spawn(write(writer, to_write, self.settings.login.clone()));
        self.heard = Instant::now();
        self.gap = None;
        let end = match session.inner.register_writer(WriterRef::new(to_writer)).await {
            Ok(()) => self.connection(session, reader, &mut writing, requests, stop).await,
            Err(gone) => ended(gone.to_string()),
        };
        writing.abort();
        end
    }

    async fn connection(
        &mut self,
        session: &mut Session,
        mut reader: ReadHalf<Box<dyn Stream>>,
        writing: &mut JoinHandle<String>,
        requests: &mut mpsc::Receiver<(u64, GatewayRequest)>,
        stop: &mut watch::Receiver<bool>,
    ) -> Ended {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut frames, mut bytes) = (wire::Frames::default(), vec![0; 16 * 1_024]);
        let mut out = GatewayOut::default();
        let mut leaving: Option<Instant> = None;
        loop {
            self.send(&session.handle, &mut out).await;
            self.bring(&mut out);
            tokio::select! {
                biased;
                _ = stop.changed(), if leaving.is_none() => {
                    leaving = Some(Instant::now());
                    // If it can say so no more, the end of the connection says it.
                    let _ = session.handle.shutdown(false).await;
                }
                Some(event) = session.events.recv() => self.on_event(event, &mut out),
                Some((number, request)) = requests.recv(), if leaving.is_none() => {
                    self.gateway.caused_by(number);
                    self.gateway.request(self.shared.clock.now(), &request, &mut out);
                }
                done = &mut *writing => {
                    return ended(done.unwrap_or_else(|_| "the writer ended".to_owned()));
                }
                came = reader.read(&mut bytes) => {
                    let came = match came {
                        Ok(0) => return ended("the other side left"),
                        Ok(count) => bytes.get(..count).unwrap_or_default(),
                        Err(error) => return ended(error.to_string()),
                    };
                    frames.add(came);
                    if let Err(why) = self.read(session, &mut frames, &mut out).await {
                        return ended(why);
                    }
                }
                _ = tick.tick() => {
                    self.gateway.tick(self.shared.clock.now(), &mut out);
                    self.settle();
                    if self.heard.elapsed().as_millis() > u128::from(self.settings.heartbeat) * 1_500 {
                        self.gateway.silent();
                    }
                    if self.gap.is_some_and(|since| since.elapsed() > GAP) {
                        return ended(format!("what is missing has not come for {} s", GAP.as_secs()));
                    }
                    if leaving.is_some_and(|since| since.elapsed() > LEAVING) {
                        return ended("the session ends");
                    }
                    self.shared.board.gateway(self.place, self.gateway.state(), self.gateway.stats());
                }
            }
        }
    }

    /// Hands whole messages to the session, after a look at each.
    async fn read(
        &mut self,
        session: &Session,
        frames: &mut wire::Frames,
        out: &mut GatewayOut,
    ) -> Result<(), String> {
        while let Some(message) = frames.message()? {
            let now = self.shared.clock.now();
            wire::sound(&message, now)?;
            self.heard = Instant::now();
            self.gateway.beat(now);
            match wire::field(&message, 35) {
                Some("3") => {
                    let mut reject = FixMessage::new("3");
                    for tag in [45, 371, 372, 373, 58] {
                        reject.push(tag, wire::field(&message, tag).unwrap_or_default());
                    }
                    self.gateway.heard(now, &reject.to_string(), out);
                }
                Some("5") => self.farewell = wire::field(&message, 58).map(str::to_owned),
                _ => {}
            }
            let handed = session.inner.new_fix_message_received(RawFixMessage::new(message)).await;
            handed.map_err(|gone| gone.to_string())?;
        }
        Ok(())
    }

    fn on_event(&mut self, event: Event, out: &mut GatewayOut) {
        let now = self.shared.clock.now();
        match event {
            Event::Heard { sequence, message } => {
                self.gateway.heard(now, &message.to_string(), out);
                // What follows from it is in the intake before the number is noted as being on its way.
                self.bring(&mut GatewayOut { said: std::mem::take(&mut out.said), ..GatewayOut::default() });
                self.unsettled.push_back((sequence, self.shared.intake.pushed()));
            }
            Event::Status { status: Status::Active, logon } => {
                (self.logon, self.gap) = (logon, None);
                self.gateway.opened(now, out);
            }
            Event::Status { status: Status::AwaitingResend { .. }, .. } => {
                self.gap.get_or_insert_with(Instant::now);
                self.gateway.gap();
            }
            Event::Status { .. } => {}
        }
    }

    /// Sends what the gateway wants sent. What does not leave now never does.
    async fn send(&mut self, handle: &SessionHandle<Outbound>, out: &mut GatewayOut) {
        for text in std::mem::take(&mut out.send) {
            let Ok(message) = FixMessage::parse(&text) else { continue };
            let outbound = Outbound { message: message.clone(), logon: self.logon };
            match handle.send(outbound).await {
                Ok(SendOutcome::Sent { sequence_number }) => self.gateway.sent(sequence_number, message),
                Ok(SendOutcome::Dropped) | Err(_) => self.gateway.unsent(),
            }
        }
    }

    fn bring(&mut self, out: &mut GatewayOut) {
        for refusal in self.gateway.take_refusals() {
            tracing::warn!(%refusal, "a message of the FIX counterparty is not used");
        }
        bring(&mut self.gateway, out, (self.place, &self.shared, &mut self.told));
        self.worked |= self.gateway.state().is_live();
    }

    /// Messages whose consequences are in the journal count as heard from now on.
    fn settle(&mut self) {
        let done = self.shared.intake.done();
        // Once nothing is taken any more, what comes is never done.
        while let Some((sequence, _)) = self.unsettled.front().filter(|(_, pushed)| *pushed <= done) {
            if let Err(error) = self.numbers.settle(*sequence) {
                // They will be asked for again, which does no harm.
                tracing::warn!(%error, "the sequence numbers could not be written");
            }
            self.unsettled.pop_front();
        }
    }

    /// The connection is gone. Takes what the session had heard before, and says whether another is to be tried.
    async fn disconnected(&mut self, session: &mut Option<Session>, why: &str) -> bool {
        let mut again = true;
        if let Some(open) = session {
            // The answer to the question comes after everything that was heard.
            let known = open.inner.disconnect(why.to_owned()).await.is_ok();
            let answer = if known { open.inner.should_reconnect().await.ok() } else { None };
            let mut out = GatewayOut::default();
            while let Ok(event) = open.events.try_recv() {
                if let Event::Heard { .. } = event {
                    self.on_event(event, &mut out);
                }
            }
            match answer {
                Some(answer) => again = answer,
                None => *session = None,
            }
        }
        self.settle();
        self.gateway.lost(self.shared.clock.now(), &mut GatewayOut::default());
        again
    }
}

/// Writes what the session wants written until it wants no more, or nothing can be. Returns why it ended.
async fn write<W: AsyncWrite>(
    mut writer: WriteHalf<W>,
    mut messages: mpsc::Receiver<WriterMessage>,
    login: Option<(String, String)>,
) -> String {
    while let Some(WriterMessage::SendMessage(message)) = messages.recv().await {
        let bytes = wire::with_login(message.as_bytes(), login.as_ref());
        match timeout(SEND, writer.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.to_string(),
            Err(_) => return format!("nothing could be sent for {} s", SEND.as_secs()),
        }
    }
    // It closes either way.
    let _ = timeout(SEND, writer.shutdown()).await;
    "the session closed the connection".to_owned()
}
