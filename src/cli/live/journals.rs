//! The journals of live sessions: which one goes on, and what a new one is called.

use std::path::{Path, PathBuf};

use crate::engine::GatewayKind;
use crate::feed::day::DayMeta;
use crate::journal::{JournalReader, SessionKind};
use crate::market::{Board, Symbol};
use crate::runtime::live::recovery::{self, LiveKind};
use crate::runtime::live::segments_of;
use crate::runtime::live::source::FeedName;

/// What the names of a session's journals begin with. A day that is keyed in by hand is not one to be taken up over a
/// line, nor is that of one source one of another.
pub(super) fn word(kind: LiveKind, feed: &FeedName) -> String {
    let word = match (kind.session, kind.gateway) {
        (SessionKind::Paper, _) => "paper",
        (_, GatewayKind::Manual) => "manual",
        _ => "live",
    };
    match feed {
        FeedName::Venue(_) => word.to_owned(),
        FeedName::Exchange(feed) => format!("{word}-{}", feed.exchange.word()),
        FeedName::Site(_) => format!("{word}-nepse"),
    }
}

/// Whether a session of this day is one of the feed: an exchange's is if it is about the same instruments.
pub(super) fn is_of(day: &DayMeta, feed: &FeedName) -> bool {
    match feed {
        FeedName::Venue(_) | FeedName::Site(_) => day.market == Board::Nepse,
        FeedName::Exchange(feed) => {
            let symbols: Vec<Symbol> = day.instruments.iter().map(|(_, i)| i.symbol.clone()).collect();
            day.market == Board::Foreign && symbols == feed.symbols()
        }
    }
}

/// The journal of a day that is not finished, or a free name.
pub(super) fn journal_of(folder: &Path, word: &str, feed: &FeedName, day: &DayMeta) -> PathBuf {
    let stem = format!("{word}-{}", day.date);
    let numbered = |n: u32| folder.join(format!("{stem}-{n:04}.journal"));
    let of_another = |path: &Path| recovery::day_of(path).is_ok_and(|day| !is_of(&day, feed));
    let taken = |path: &PathBuf| {
        path.exists() && (!is_unfinished(path) || of_another(path))
            || !path.exists() && !segments_of(path).is_empty()
    };
    (1..).map(numbered).find(|path| !taken(path)).unwrap_or_else(|| numbered(u32::MAX))
}

fn is_unfinished(path: &Path) -> bool {
    JournalReader::open(path).is_ok_and(|records| {
        !records.filter_map(Result::ok).any(|r| matches!(r.body, crate::journal::Body::Close(_)))
    })
}

/// The newest journal of the feed that is not finished.
pub(super) fn newest_unfinished(folder: &Path, word: &str, feed: &FeedName) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let of_word = |path: &PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let rest = name.strip_prefix(word).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
        // After the word comes the date, not another word.
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.ends_with(".journal")
    };
    let mut journals: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(of_word).collect();
    journals.sort();
    let of_feed = |path: &PathBuf| recovery::day_of(path).is_ok_and(|day| is_of(&day, feed));
    journals.into_iter().rev().find(|path| is_unfinished(path) && of_feed(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Instrument, SessionDate, Timestamp, Universe};

    const PAPER: LiveKind = LiveKind { session: SessionKind::Paper, gateway: GatewayKind::Inside };

    #[test]
    fn a_session_goes_on_with_its_own_journal_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let btc = FeedName::parse("binance:BTCUSDT/0.01/0.00001").unwrap();
        let eth = FeedName::parse("binance:ETHUSDT/0.01/0.00001").unwrap();
        let venue = FeedName::parse("ws://127.0.0.1:1").unwrap();
        let foreign = |symbol| {
            let FeedName::Exchange(feed) = &btc else { panic!() };
            feed.day(
                vec![Instrument::foreign(Symbol::new(symbol), 100, 1)],
                Timestamp::from_ns(1_723_161_480_000_000_000),
            )
        };
        assert_eq!(
            (word(PAPER, &btc), word(PAPER, &venue)),
            ("paper-binance".to_owned(), "paper".to_owned())
        );
        let first = journal_of(folder, "paper-binance", &btc, &foreign("BTCUSDT"));
        assert_eq!(first, folder.join("paper-binance-2024-08-08-0001.journal"));
        drop(recovery::begin(&first, foreign("BTCUSDT"), PAPER, "T").unwrap());
        assert_eq!(journal_of(folder, "paper-binance", &btc, &foreign("BTCUSDT")), first, "it goes on");
        let other = journal_of(folder, "paper-binance", &eth, &foreign("ETHUSDT"));
        assert_eq!(other, folder.join("paper-binance-2024-08-08-0002.journal"));
        assert_eq!(newest_unfinished(folder, "paper-binance", &btc), Some(first));
        assert_eq!(newest_unfinished(folder, "paper-binance", &eth), None);
        assert_eq!(newest_unfinished(folder, "paper", &venue), None, "`binance` is no date");
        let date = SessionDate::new(2026, 8, 20).unwrap();
        let day = DayMeta::new(
            date,
            Board::Nepse,
            "a day",
            Universe::new([Instrument::nepse(Symbol::new("NABIL"))]),
        );
        let own = journal_of(folder, "paper", &venue, &day);
        drop(recovery::begin(&own, day, PAPER, "T").unwrap());
        assert_eq!(newest_unfinished(folder, "paper", &venue), Some(own));
    }
}
