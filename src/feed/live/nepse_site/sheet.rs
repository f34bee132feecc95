//! The floorsheet as it grows: page after page, each contract once.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{SheetPage, SheetRow};
use crate::market::{ContractNo, SessionDate};

/// The most pages of one walk.
const PAGES_MAX: u32 = 2_000;

/// What was read of the day's floorsheet.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    day: Option<SessionDate>,
    seen: BTreeSet<ContractNo>,
    /// Rows of the walk under way, by contract.
    found: BTreeMap<ContractNo, SheetRow>,
    /// The page to ask for next.
    pub(super) page: u32,
    /// Whether to go on to the last page although contracts known already were met.
    whole: bool,
    /// The exchange says that there are more trades than were found.
    pub(super) gap: bool,
}

/// What a page brought.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Rows that cannot be taken, each counted once.
    pub(super) refused: u64,
    /// The walk is over: the new trades, in order of time and contract.
    pub(super) trades: Option<Vec<SheetRow>>,
    /// Trades were found to be missing just now.
    pub(super) noticed: bool,
}

impl Sheet {
    /// A contract that was told before.
    pub(super) fn know(&mut self, date: SessionDate, contract: ContractNo) {
        self.begin(date);
        self.seen.insert(contract);
    }

    /// Takes a page. The newest trades come first; with `paged`, older pages are asked for until one has a
    /// contract that is known.
    pub(super) fn take(&mut self, page: SheetPage, paged: bool) -> Walked {
        let mut walked = Walked::default();
        let mut met = false;
        for (contract, row) in page.rows {
            let Some(contract) = contract else {
                walked.refused += 1;
                continue;
            };
            match row {
                Ok(row) if self.day.is_some_and(|day| row.date < day) => walked.refused += 1,
                Ok(row) => {
                    self.begin(row.date);
                    if self.seen.contains(&contract) {
                        met = true;
                    } else {
                        self.found.insert(contract, row);
                    }
                }
                // What cannot be read is known from now on, so that it is counted once.
                Err(_) => walked.refused += u64::from(self.seen.insert(contract)),
            }
        }
        if paged && page.more && (self.whole || !met) && self.page < PAGES_MAX {
            self.page += 1;
            return walked;
        }
        self.page = 0;
        self.seen.extend(self.found.keys());
        let mut trades: Vec<SheetRow> = std::mem::take(&mut self.found).into_values().collect();
        trades.sort_by_key(|row| (row.at, row.print.contract));
        walked.trades = Some(trades);
        let missing = page.trades.is_some_and(|trades| trades > self.seen.len() as u64);
        walked.noticed = missing && !self.gap;
        (self.gap, self.whole) = (missing, missing);
        walked
    }

    /// A new day begins with an empty sheet.
    fn begin(&mut self, date: SessionDate) {
        if self.day.is_none_or(|day| date > day) {
            self.day = Some(date);
            self.seen.clear();
            self.found.clear();
        }
    }
}
