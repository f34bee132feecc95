//! Opening a recorded day: a file, or one of the bundled days by name.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::engine::{AccountSetup, DaySetup, HoldingSetup};
use crate::feed::FeedError;
use crate::feed::day::{DayMeta, DayReader, StartingAccount};
use crate::journal::{DayRef, Hash};
use crate::market::time::NS_PER_S;
use crate::market::{AccountId, Board, Calendar, CalendarError, Money, Timestamp};

/// The bundled days: name, file, contents. Made by the project itself and marked SIMULATED.
const BUNDLED: [(&str, &[u8]); 2] = [
    ("quiet", include_bytes!("../../replays/quiet.parquet")),
    ("halt-day", include_bytes!("../../replays/halt-day.parquet")),
];

/// The name of the day that opens when none is given.
pub const DEFAULT_DAY: &str = "quiet";
/// The account that a day without one of its own is traded with.
const DEFAULT_ACCOUNT: &str = "07";

/// Why a day cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DayError {
    /// The file.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The calendar does not know the day.
    #[error("{file}: {source}")]
    Calendar {
        /// Which file.
        file: String,
        /// What the calendar says.
        source: CalendarError,
    },
    /// Neither a file nor a bundled day.
    #[error("{0}: no such file, and the bundled days are {names}", names = bundled_names().join(", "))]
    NoSuchDay(String),
    /// The content hash is not one.
    #[error("{0}: its content hash cannot be read")]
    Hash(String),
}

/// The names of the bundled days.
#[must_use]
pub fn bundled_names() -> Vec<&'static str> {
    BUNDLED.iter().map(|(name, _)| *name).collect()
}

/// A day ready to be played.
pub struct Day {
    /// The file.
    pub reader: DayReader,
    /// The facts that decide.
    pub setup: Arc<DaySetup>,
    /// How a journal refers to it.
    pub reference: DayRef,
    /// The account that orders of a local terminal go to.
    pub account: Option<AccountId>,
    /// First and last moment.
    pub span: (Timestamp, Timestamp),
}

impl Day {
    /// Opens a day by path or bundled name. `account` is used where the day carries none of its own.
    ///
    /// # Errors
    /// [`DayError`], naming the file.
    pub fn open(name: &str, account: Option<&StartingAccount>) -> Result<Self, DayError> {
        let reader = open_reader(name)?;
        reader.check_replayable()?;
        let file = reader.file().to_owned();
        let span = reader.span().unwrap_or_default();
        let setup = set_up(reader.meta(), reader.file(), account, span)?;
        let content = reader.content_hash()?;
        let content_sha256 = content.parse::<Hash>().map_err(|_| DayError::Hash(file))?;
        let reference =
            DayRef { title: setup.title.clone(), date: setup.date, content_sha256, rows: reader.rows() };
        let account = setup.accounts.first().map(|a| a.id.clone());
        let end = setup.phases.last().map_or(span.1, |(at, _)| span.1.max(*at));
        Ok(Self { reader, reference, account, span: (span.0, end), setup: Arc::new(setup) })
    }
}

fn open_reader(name: &str) -> Result<DayReader, DayError> {
    if let Some((name, bytes)) = BUNDLED.iter().find(|(bundled, _)| *bundled == name) {
        return Ok(DayReader::from_bytes(name, Bytes::from_static(bytes))?);
    }
    let path = Path::new(name);
    if !path.exists() && !name.contains(['/', '.']) {
        return Err(DayError::NoSuchDay(name.to_owned()));
    }
    Ok(DayReader::open(path)?)
}

/// The facts of a day from its description. `file` is what errors call it; `span`, its first and last moment, is for a
/// day of another market.
///
/// # Errors
/// [`DayError::Calendar`].
pub fn set_up(
    meta: &DayMeta,
    file: &str,
    configured: Option<&StartingAccount>,
    span: (Timestamp, Timestamp),
) -> Result<DaySetup, DayError> {
    let mut setup = match meta.market {
        Board::Nepse => {
            let schedule = Calendar::embedded()
                .session(meta.date)
                .map_err(|source| DayError::Calendar { file: file.to_owned(), source })?;
            let accounts = accounts(meta, configured);
            DaySetup::nepse(&meta.title, &schedule, meta.instruments.clone(), accounts)
        }
        Board::Foreign => {
            let bar_ns = 300 * NS_PER_S;
            let bars = u32::try_from(span.1.since_ns(span.0) / bar_ns + 1).unwrap_or(u32::MAX);
            DaySetup::foreign(&meta.title, meta.instruments.clone(), span.0, bar_ns, bars)
        }
    };
    setup.simulated = meta.simulated;
    setup.depth = meta.depth;
    Ok(setup)
}

/// The day's own account, else the configured one, else cash of NPR 10,000,000 and no shares.
fn accounts(meta: &DayMeta, configured: Option<&StartingAccount>) -> Vec<AccountSetup> {
    let cash_only = StartingAccount { cash: Money::from_paisa(1_000_000_000), holdings: Vec::new() };
    let account = meta.account.as_ref().or(configured).unwrap_or(&cash_only);
    let holdings = account.holdings.iter().filter_map(|h| {
        let instrument = meta.instruments.find(&h.symbol)?;
        let previous_close = meta.instruments.get(instrument)?.previous_close;
        let cost = h.wacc.and_then(|wacc| wacc.notional(h.qty));
        Some(HoldingSetup { instrument, qty: h.qty, cost, previous_close })
    });
    vec![AccountSetup {
        id: meta.account_id.clone().unwrap_or_else(|| AccountId::new(DEFAULT_ACCOUNT)),
        cash: account.cash,
        holdings: holdings.collect(),
    }]
}
