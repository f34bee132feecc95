//! One book of a Binance session: where it stands against the stream.

use std::collections::VecDeque;

use super::super::backoff::Backoff;
use super::super::depth::Update;
use crate::feed::binance::Chain;
use crate::market::Timestamp;

/// Changes kept while a picture is on its way; more than these start the waiting anew.
const HELD_MAX: usize = 4_096;
/// The least time between two requests for a picture of one book, in nanoseconds.
const BETWEEN_NS: i64 = 1_000_000_000;

/// What to do with a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It changes the book.
    Apply,
    /// Kept until the picture is there.
    Held,
    /// Nothing new in it.
    Old,
    /// Something before it is missing: the book is not known any more.
    Gap,
}

/// Where the book stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// Not known.
    Waiting,
    /// A picture up to this update, and no change since.
    Pictured(u64),
    /// In step up to this update.
    InStep(u64),
}

/// Whether a change is the first after a picture: it overlaps it as the exchange says, or names it as the one before,
/// which on futures is no overlap.
fn joins(chain: Chain, picture: u64, update: &Update) -> bool {
    chain.joins(picture, update.first, update.last) || chain.follows(picture, update.first, update.previous)
}

/// A book.
#[derive(Clone, Debug)]
pub(super) struct Book {
    place: Place,
    held: VecDeque<Update>,
    /// The number of the request under way, and when it was made.
    pub(super) asked: Option<(u64, Timestamp)>,
    /// Not to be asked for before this; `None` while nothing was heard of it. Stays when a picture came, so that
    /// holes in quick succession do not become as many requests.
    ask_from: Option<Timestamp>,
    backoff: Backoff,
    /// It was known, and something went missing.
    pub(super) gap: bool,
    /// A request was not answered with a picture.
    pub(super) late: bool,
    /// The last update heard of on this connection.
    heard: u64,
    /// When the exchange sent what was heard last.
    pub(super) at: Option<Timestamp>,
    /// The last trade.
    pub(super) trade: Option<u64>,
}

impl Book {
    pub(super) const fn new(seed: u64) -> Self {
        Self {
            place: Place::Waiting,
            held: VecDeque::new(),
            asked: None,
            ask_from: None,
            backoff: Backoff::new(seed),
            gap: false,
            late: false,
            heard: 0,
            at: None,
            trade: None,
        }
    }

    /// Whether what was told of it is the book as it is.
    pub(super) const fn is_known(&self) -> bool {
        !matches!(self.place, Place::Waiting)
    }

    /// The connection is gone.
    pub(super) fn lost(&mut self) {
        self.held.clear();
        (self.place, self.asked, self.ask_from) = (Place::Waiting, None, None);
        (self.gap, self.late, self.heard, self.trade) = (false, false, 0, None);
    }

    /// Something is missing: not known until the next picture.
    pub(super) fn lose(&mut self, now: Timestamp) {
        self.held.clear();
        (self.place, self.gap) = (Place::Waiting, true);
        self.want(now);
    }

    /// A picture is needed, as soon as one may be asked for.
    pub(super) fn want(&mut self, now: Timestamp) {
        self.ask_from.get_or_insert(now);
    }

    /// Whether a picture is to be asked for now.
    pub(super) fn asks(&self, now: Timestamp) -> bool {
        !self.is_known() && self.asked.is_none() && self.ask_from.is_some_and(|from| from <= now)
    }

    /// A picture was asked for.
    pub(super) fn ask(&mut self, number: u64, now: Timestamp) {
        self.asked = Some((number, now));
        self.ask_from = Some(now.plus_ns(BETWEEN_NS));
    }

    /// A picture did not come, or cannot be read.
    pub(super) fn fail(&mut self, now: Timestamp) {
        self.late = true;
        self.retry(now);
    }

    /// A picture is of no use: another is asked for after a while.
    pub(super) fn retry(&mut self, now: Timestamp) {
        self.asked = None;
        let wait = i64::try_from(self.backoff.wait().as_nanos()).unwrap_or(BETWEEN_NS);
        self.ask_from = Some(now.plus_ns(wait));
    }

    /// What a change means.
    pub(super) fn hear(&mut self, update: &Update, chain: Chain, now: Timestamp) -> Verdict {
        let (first, last) = (update.first, update.last);
        let verdict = match self.place {
            Place::Waiting => return self.hold(update, chain, now),
            Place::Pictured(picture) if chain.is_old(picture, last) => Verdict::Old,
            Place::Pictured(picture) if joins(chain, picture, update) => Verdict::Apply,
            Place::InStep(before) if last <= before => Verdict::Old,
            Place::InStep(before) if chain.follows(before, first, update.previous) => Verdict::Apply,
            Place::Pictured(_) | Place::InStep(_) => Verdict::Gap,
        };
        match verdict {
            Verdict::Apply => {
                (self.place, self.heard) = (Place::InStep(last), last);
                self.backoff.worked();
            }
            Verdict::Gap => {
                self.lose(now);
                self.heard = self.heard.max(last);
                self.held.push_back(update.clone());
            }
            Verdict::Old | Verdict::Held => {}
        }
        verdict
    }

    /// Keeps a change for the picture. What does not follow what is kept makes that useless.
    fn hold(&mut self, update: &Update, chain: Chain, now: Timestamp) -> Verdict {
        self.want(now);
        let mut verdict = Verdict::Held;
        if let Some(before) = self.held.back() {
            if update.last <= before.last {
                return Verdict::Old;
            }
            if !chain.follows(before.last, update.first, update.previous) {
                verdict = Verdict::Gap;
                self.held.clear();
            }
        }
        if self.held.len() == HELD_MAX {
            self.held.clear();
        }
        self.heard = self.heard.max(update.last);
        self.held.push_back(update.clone());
        verdict
    }

    /// A picture up to an update came: the changes that follow it, or `None` if it is too old to be of use.
    pub(super) fn picture(&mut self, picture: u64, chain: Chain) -> Option<VecDeque<Update>> {
        while self.held.front().is_some_and(|update| chain.is_old(picture, update.last)) {
            self.held.pop_front();
        }
        let fits = match self.held.front() {
            Some(update) => joins(chain, picture, update),
            None => picture >= self.heard,
        };
        if !fits {
            return None;
        }
        (self.place, self.asked) = (Place::Pictured(picture), None);
        (self.gap, self.late) = (false, false);
        Some(std::mem::take(&mut self.held))
    }
}
