//! What the session asks us: whether a message may leave, and what to do with one that came.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hotfix::Application;
use hotfix::application::{InboundDecision, OutboundDecision};
use hotfix::message::Part;
use hotfix::session::Status;
use tokio::sync::mpsc;

use super::numbers::Numbers;
use crate::gateway::fix::FixMessage;

/// A message of ours and the logon that it was made for.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// The message.
    pub message: FixMessage,
    /// Which logon of this process, counted from one; after another one it is too late for it.
    pub logon: u64,
}

impl Outbound {
    /// Writes the fields behind the header.
    pub(super) fn fill(&self, into: &mut hotfix::Message) {
        for (tag, value) in self.message.fields() {
            // Any field of the body does as a pattern: only the tag and the place are used.
            let mut field = hotfix::fix44::ACCOUNT.clone();
            field.tag = *tag;
            into.set(&field, value.as_str());
        }
    }
}

/// What the session tells the line.
#[derive(Debug)]
pub enum Event {
    /// An application message came in its turn.
    Heard {
        /// Its number.
        sequence: u64,
        /// What it says.
        message: FixMessage,
    },
    /// The session stands otherwise.
    Status {
        /// How.
        status: Status,
        /// Logons so far in this process.
        logon: u64,
    },
}

/// See the module.
pub struct App {
    events: mpsc::UnboundedSender<Event>,
    numbers: Numbers,
    active: AtomicBool,
    logons: AtomicU64,
}

impl App {
    /// One that tells what it hears to `events`.
    #[must_use]
    pub const fn new(events: mpsc::UnboundedSender<Event>, numbers: Numbers) -> Self {
        Self { events, numbers, active: AtomicBool::new(false), logons: AtomicU64::new(0) }
    }
}

#[async_trait::async_trait]
impl Application for App {
    type Outbound = Outbound;

    /// A message that was made before the line was lost, or is lost now, is never sent.
    async fn on_outbound_message(&self, outbound: &Outbound) -> OutboundDecision {
        let current =
            self.active.load(Ordering::SeqCst) && self.logons.load(Ordering::SeqCst) == outbound.logon;
        if current { OutboundDecision::Send } else { OutboundDecision::Drop }
    }

    async fn on_inbound_message(&self, message: &hotfix::Message) -> InboundDecision {
        let (sequence, message) = read(message);
        self.numbers.hearing(sequence);
        // Nobody listens any more when everything ends; it is asked for again then.
        let _ = self.events.send(Event::Heard { sequence, message });
        InboundDecision::Accept
    }

    async fn on_logout(&mut self, _: &str) {}

    async fn on_logon(&mut self) {}

    async fn on_state_change(&self, from: &Status, to: &Status) {
        let logged_on = |status: &Status| matches!(status, Status::Active | Status::AwaitingResend { .. });
        if logged_on(to) && !logged_on(from) {
            self.logons.fetch_add(1, Ordering::SeqCst);
        }
        self.active.store(*to == Status::Active, Ordering::SeqCst);
        let logon = self.logons.load(Ordering::SeqCst);
        let _ = self.events.send(Event::Status { status: to.clone(), logon });
    }
}

/// A message that came, its groups one field after the other. Of the header the flags are kept that say it may have
/// come before.
fn read(message: &hotfix::Message) -> (u64, FixMessage) {
    let header = message.header().get_field_map();
    let of_header = |tag: u32| {
        let field = header.fields.iter().find(|(key, _)| key.get() == tag);
        field.map(|(_, field)| String::from_utf8_lossy(&field.data).into_owned())
    };
    let sequence = of_header(34).and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut read = FixMessage::new(&of_header(35).unwrap_or_default());
    for tag in [43, 97] {
        if let Some(value) = of_header(tag) {
            read.push(tag, &value);
        }
    }
    flatten(message, &mut read);
    (sequence, read)
}

fn flatten(part: &impl Part, into: &mut FixMessage) {
    let map = part.get_field_map();
    for (tag, field) in &map.fields {
        into.push(tag.get(), &String::from_utf8_lossy(&field.data));
        for group in map.groups.get(tag).into_iter().flatten() {
            flatten(group, into);
        }
    }
}
