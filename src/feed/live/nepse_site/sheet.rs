//! The floorsheet as it grows: page after page, each contract once.

use std::collections::{BTreeMap, BTreeSet};

use super::super::backoff::Backoff;
use super::document::{DocumentError, RowName, SheetPage, SheetRow};
use crate::market::{ContractNo, SessionDate, Timestamp};

/// The most pages of one walk.
const PAGES_MAX: u32 = 2_000;

/// What was read of the day's floorsheet.
#[derive(Debug)]
pub(super) struct Sheet {
    day: SessionDate,
    seen: BTreeSet<ContractNo>,
    /// Rows whose contract cannot be read, by the digest of their text: each is one trade that will never be known.
    unnamed: BTreeSet<u64>,
    /// Contracts that were turned away for now and counted: their time may come.
    turned_away: BTreeSet<ContractNo>,
    /// Rows of the walk under way, by contract.
    found: BTreeMap<ContractNo, SheetRow>,
    /// The page to ask for next.
    pub(super) page: u32,
    /// How many trades the exchange said there were when this walk began: its first page has the newest rows, and what
    /// is traded while older pages are read is for the next walk.
    said: Option<u64>,
    /// Whether to go on to the last page although contracts known already were met.
    whole: bool,
    /// The exchange says that there are more trades than were found.
    pub(super) gap: bool,
    /// When all pages are to be read again, and the waits between.
    whole_at: Timestamp,
    waits: Backoff,
}

/// What a page brought.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Rows that cannot be taken, each counted once.
    pub(super) refused: u64,
    /// Of them those of another day, and the last such day.
    pub(super) other_day: u64,
    pub(super) other_date: Option<SessionDate>,
    /// Names of securities that were not asked for, one of each such row.
    pub(super) unknown: Vec<String>,
    /// The newest time of the day.
    pub(super) newest: Option<Timestamp>,
    /// The walk is over: the new trades, in order of time and contract.
    pub(super) trades: Option<Vec<SheetRow>>,
    /// Trades were found to be missing just now.
    pub(super) noticed: bool,
}

impl Sheet {
    /// Nothing read yet of the sheet of a day. `seed` is where the waits between whole walks begin to differ from those of others.
    pub(super) const fn new(day: SessionDate, seed: u64) -> Self {
        Self {
            day,
            seen: BTreeSet::new(),
            unnamed: BTreeSet::new(),
            turned_away: BTreeSet::new(),
            found: BTreeMap::new(),
            page: 0,
            said: None,
            whole: false,
            gap: false,
            whole_at: Timestamp::from_ns(0),
            waits: Backoff::new(seed),
        }
    }

    /// A page could not be had: the walk begins anew with the newest.
    pub(super) const fn restart(&mut self) {
        self.page = 0;
    }

    /// Takes a page. The newest trades come first; with `paged`, older pages are asked for until one has a
    /// contract that is known.
    pub(super) fn take(&mut self, now: Timestamp, page: SheetPage, paged: bool) -> Walked {
        let mut walked = Walked::default();
        if self.page == 0 {
            self.said = page.trades;
            self.whole = self.gap && now >= self.whole_at;
        }
        let mut met = false;
        for (name, row) in page.rows {
            let contract = match name {
                RowName::Contract(contract) => contract,
                RowName::Digest(digest) => {
                    walked.refused += u64::from(self.unnamed.insert(digest));
                    continue;
                }
            };
            match row {
                Ok(row) if row.date != self.day => {
                    let first = u64::from(self.turned_away.insert(contract));
                    walked.refused += first;
                    walked.other_day += first;
                    walked.other_date = Some(row.date);
                }
                Ok(row) => {
                    walked.newest = walked.newest.max(Some(row.at));
                    if self.seen.contains(&contract) {
                        met = true;
                    } else {
                        self.found.insert(contract, row);
                    }
                }
                // This machine's clock may be behind: the row is good as soon as its time has come.
                Err(DocumentError::Ahead(_)) => {
                    walked.refused += u64::from(self.turned_away.insert(contract));
                }
                // What cannot be read is known from now on, so that it is counted once.
                Err(error) => {
                    let first = self.seen.insert(contract);
                    walked.refused += u64::from(first);
                    if let (true, DocumentError::UnknownSymbol(symbol)) = (first, error) {
                        walked.unknown.push(symbol);
                    }
                }
            }
        }
        if self.page == 0 && walked.newest.is_none() && walked.other_date.is_some() {
            // The sheet of another day: neither its older pages nor its count are of this one.
            self.gap = false;
            walked.trades = Some(Vec::new());
            return walked;
        }
        let is_last = !page.more || self.page >= PAGES_MAX;
        if paged && !is_last && (self.whole || !met) {
            self.page += 1;
            return walked;
        }
        self.page = 0;
        self.seen.extend(self.found.keys());
        let mut trades: Vec<SheetRow> = std::mem::take(&mut self.found).into_values().collect();
        trades.sort_by_key(|row| (row.at, row.print.contract));
        walked.trades = Some(trades);
        let known = self.seen.len() + self.unnamed.len();
        let missing = self.said.is_some_and(|said| said > known as u64);
        walked.noticed = missing && !self.gap;
        self.gap = missing;
        if !missing {
            self.waits.worked();
            self.whole_at = now;
        } else if is_last {
            // Everything was read and does not have it: until it is read again only the newest page is.
            let wait = i64::try_from(self.waits.wait().as_nanos()).unwrap_or(i64::MAX);
            self.whole_at = now.plus_ns(wait);
        }
        walked
    }
}
