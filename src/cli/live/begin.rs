//! The day of a session: an unfinished one is taken up, or the source is asked what day it is and one is begun.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use super::CommonArgs;
use super::journals::{is_of, journal_of, newest_unfinished, word};
use super::wires::{Feeds, Wires};
use crate::cli::{CliError, Global, paths};
use crate::feed::day::DayMeta;
use crate::feed::import::Securities;
use crate::feed::live::SourceClock;
use crate::journal::SessionKind;
use crate::market::SessionDate;
use crate::runtime::config;
use crate::runtime::live::board::LocalClock;
use crate::runtime::live::fetch::Fetcher;
use crate::runtime::live::probe::probe;
use crate::runtime::live::recovery::{self, Begun, LiveKind};
use crate::runtime::live::source::{ExchangeFeed, FeedName, Listed, SiteFeed, SiteFound};

/// A session ready to go on, and what is known of its source.
pub(super) struct Started {
    pub(super) begun: Begun,
    /// What the source's clock showed; `None` lets the day stand still until that is heard.
    pub(super) clock: Option<SourceClock>,
    /// What was found at each site, in the order of the feeds.
    pub(super) sites: Vec<SiteFound>,
}

/// Everything that decides which session it is.
pub(super) struct Begin<'a> {
    pub(super) global: &'a Global,
    pub(super) args: &'a CommonArgs,
    pub(super) wires: &'a Wires,
    pub(super) kind: LiveKind,
    pub(super) clock: LocalClock,
}

/// What a source says of its day.
struct Told {
    day: DayMeta,
    clock: Option<SourceClock>,
    sites: Vec<SiteFound>,
    notes: Vec<String>,
}

fn failed(error: impl ToString) -> CliError {
    CliError::failed(error.to_string())
}

impl Begin<'_> {
    pub(super) async fn session(&self) -> Result<Started, CliError> {
        let feed = &self.wires.names[0];
        let folder = match &self.args.journal {
            Some(_) => None,
            None => Some(paths::journals_dir(self.global).map_err(CliError::failed)?),
        };
        let existing = self.args.journal.as_ref().filter(|path| path.exists());
        if let Some(path) = existing.filter(|_| matches!(self.wires.feeds, Feeds::Venue(_))) {
            return self.take_up(path.clone(), None, Vec::new());
        }
        let word = word(self.kind, feed);
        let told = match &self.wires.feeds {
            Feeds::Venue(_) => self.ask_venue().await?,
            Feeds::Exchange(feeds, fetcher) => self.ask_exchange(feeds, fetcher).await,
            Feeds::Site(feeds, fetcher) => self.ask_site(feeds, fetcher).await?,
        };
        match (told, existing) {
            (told, Some(path)) => self.take_up(
                path.clone(),
                told.as_ref().ok(),
                told.as_ref().err().cloned().into_iter().collect(),
            ),
            (Ok(told), None) => {
                let path = match (&self.args.journal, &folder) {
                    (Some(path), _) => path.clone(),
                    (None, Some(folder)) => journal_of(folder, &word, feed, &told.day),
                    (None, None) => return Err(CliError::failed("no place for a journal")),
                };
                if path.exists() {
                    return self.take_up(path, Some(&told), Vec::new());
                }
                let mut begun = recovery::begin(&path, told.day, self.kind, &tag()).map_err(failed)?;
                begun.notes.extend(told.notes);
                Ok(Started { begun, clock: told.clock, sites: told.sites })
            }
            // Nobody answers: a session that is not finished is shown as it was, its lines down.
            (Err(why), None) => match folder.and_then(|folder| newest_unfinished(&folder, &word, feed)) {
                Some(path) => self.take_up(path, None, vec![why]),
                None => Err(CliError::failed(why)),
            },
        }
    }

    fn take_up(&self, path: PathBuf, told: Option<&Told>, notes: Vec<String>) -> Result<Started, CliError> {
        if let (Some(told), Ok(day)) = (told, recovery::day_of(&path)) {
            same_day(&path, day.date, told.day.date).map_err(CliError::usage)?;
        }
        let mut begun = recovery::take_up(&path, self.kind).map_err(failed)?;
        if !is_of(&begun.day, &self.wires.names[0]) {
            let what = format!("{}: it is the session of another feed: {}", path.display(), begun.day.title);
            return Err(CliError::usage(what));
        }
        begun.notes.extend(notes);
        begun.notes.extend(told.into_iter().flat_map(|told| told.notes.iter().cloned()));
        let clock = told.and_then(|told| told.clock);
        let sites = match (&self.wires.feeds, told) {
            (_, Some(told)) => told.sites.clone(),
            (Feeds::Site(feeds, _), None) => feeds.iter().map(SiteFeed::unknown).collect(),
            _ => Vec::new(),
        };
        Ok(Started { begun, clock, sites })
    }

    /// The first feed that answers says what day it is; the gateway where there is one, for it knows the account.
    async fn ask_venue(&self) -> Result<Result<Told, String>, CliError> {
        let Feeds::Venue(feeds) = &self.wires.feeds else { return Ok(Err("no venue".to_owned())) };
        let mut why = Vec::new();
        for address in self.wires.gateway.iter().chain(feeds) {
            let probed = match probe(address, &self.wires.token).await {
                Ok(probed) => probed,
                Err(error) => {
                    why.push(format!("{}: {error}", address.url()));
                    continue;
                }
            };
            let config_dir = paths::config_dir(self.global);
            let known = config::account(config_dir.as_deref()).map_err(|e| CliError::usage(e.to_string()))?;
            let mut day = probed.day(Some(&known));
            if config::has_account(config_dir.as_deref()) || self.kind.session == SessionKind::Paper {
                // Ours are compared with the gateway's: what differs is shown before anything is sent.
                day.account = Some(known);
            }
            let clock = SourceClock {
                here: self.clock.now(),
                there: probed.banner.at,
                speed_milli: probed.banner.speed_milli,
            };
            return Ok(Ok(Told { day, clock: Some(clock), sites: Vec::new(), notes: Vec::new() }));
        }
        Ok(Err(why.join("; ")))
    }

    /// The first exchange that lists the instruments. Its clock, where it tells it, says which day it is.
    async fn ask_exchange(&self, feeds: &[ExchangeFeed], fetcher: &Fetcher) -> Result<Told, String> {
        let mut why = Vec::new();
        for feed in feeds {
            let (asked, with) = (feed.clone(), fetcher.clone());
            match waited(move || asked.ask(&with)).await {
                Ok(Listed { instruments, at }) => {
                    let here = self.clock.now();
                    let there = at.unwrap_or(here);
                    let clock = SourceClock { here, there, speed_milli: 1_000 };
                    let day = feed.day(instruments, there);
                    return Ok(Told { day, clock: Some(clock), sites: Vec::new(), notes: why });
                }
                Err(error) => why.push(error),
            }
        }
        Err(why.join("; "))
    }

    /// The first site whose documents name securities says what day it is.
    async fn ask_site(
        &self,
        feeds: &[SiteFeed],
        fetcher: &Fetcher,
    ) -> Result<Result<Told, String>, CliError> {
        let list = Securities::read(self.args.securities.as_deref(), self.args.daily.as_deref());
        let list = list.map_err(|e| CliError::usage(e.to_string()))?;
        let mut sites = Vec::new();
        let mut notes = Vec::new();
        for feed in feeds {
            let (asked, with) = (feed.clone(), fetcher.clone());
            sites.push(match waited(move || asked.ask(&with)).await {
                Ok(found) => {
                    notes.extend(found.notes.iter().cloned());
                    found
                }
                Err(error) => {
                    notes.push(error);
                    feed.unknown()
                }
            });
        }
        let mut why = notes.clone();
        for (feed, found) in feeds.iter().zip(&sites) {
            let here = self.clock.now();
            let date = feed.date(&found.day, here);
            let mut day = match feed.day(found, &list, date) {
                Ok(day) => day,
                Err(error) => {
                    why.push(error);
                    continue;
                }
            };
            let known = config::account(paths::config_dir(self.global).as_deref());
            day.account = Some(known.map_err(|e| CliError::usage(e.to_string()))?);
            if day.instruments.iter().all(|(_, instrument)| instrument.kind.is_none()) {
                notes.push(
                    "no security's type is known, so no order is taken: --securities FILE says them"
                        .to_owned(),
                );
            }
            if date != here.nepal_date() {
                notes.push(format!(
                    "the documents are of {date}: this session stands at the end of what they say"
                ));
            }
            let there = SiteFeed::starts_at(&found.day, date, here);
            let clock = there.map(|there| SourceClock { here, there, speed_milli: 1_000 });
            return Ok(Ok(Told { day, clock, sites, notes }));
        }
        Ok(Err(why.join("; ")))
    }
}

/// Whether two feeds of a session can be together, and what else is refused before anything is asked.
pub(super) fn check(names: &[FeedName], kind: LiveKind, to_venue: bool) -> Result<(), String> {
    let Some((first, rest)) = names.split_first() else { return Err("a feed is needed".to_owned()) };
    if rest.iter().any(|other| !first.stands_by(other)) {
        return Err(
            "a second --feed stands by for the first: it is of the same market and about the same".to_owned()
        );
    }
    match first {
        FeedName::Exchange(feed) if kind.session == SessionKind::Live => {
            let name = feed.exchange.name();
            Err(format!(
                "{name} is another market, which is only looked at: himal paper --feed {}:..",
                feed.exchange.word()
            ))
        }
        FeedName::Site(_) if to_venue => {
            Err("the site is no venue: with --feed nepse: orders go to a person, --gateway manual".to_owned())
        }
        _ => Ok(()),
    }
}

/// Refuses a journal of one day for a source that is in another: its clock would take that day with it.
fn same_day(journal: &Path, of: SessionDate, source: SessionDate) -> Result<(), String> {
    if of == source {
        return Ok(());
    }
    Err(format!(
        "{}: it is the session of {of}, and the source's day is {source}: another --journal begins that",
        journal.display()
    ))
}

/// Runs something that waits where waiting harms nobody.
async fn waited<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(error.to_string()))
}

/// What the ids of a new journal begin with: different for any two, and kept in its opening record.
fn tag() -> String {
    // The standard library's hash keys are drawn from the system.
    let drawn = RandomState::new().build_hasher().finish();
    format!("H{drawn:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::GatewayKind;

    #[test]
    fn a_journal_of_yesterday_is_not_taken_into_today() {
        let day = |day| SessionDate::new(2024, 8, day).unwrap();
        let journal = Path::new("b.journal");
        assert_eq!(same_day(journal, day(8), day(8)), Ok(()));
        let refused = same_day(journal, day(8), day(9)).unwrap_err();
        assert!(refused.contains("2024-08-08") && refused.contains("2024-08-09"), "{refused}");
    }

    #[test]
    fn what_does_not_go_together_is_refused_in_words() {
        let kind = |session, gateway| LiveKind { session, gateway };
        let paper = kind(SessionKind::Paper, GatewayKind::Inside);
        let remote = kind(SessionKind::Live, GatewayKind::Remote);
        let manual = kind(SessionKind::Live, GatewayKind::Manual);
        for (names, kind, said) in [
            (&["binance:BTCUSDT"][..], paper, None),
            (&["binance:BTCUSDT"], remote, Some("Binance is another market")),
            (&["bybit:BTCUSDT"], manual, Some("himal paper --feed bybit:")),
            (&["nepse:/a"], manual, None),
            (&["nepse:/a"], remote, Some("--gateway manual")),
            (&["ws://a", "ws://b"], remote, None),
            (&["ws://a", "binance:BTCUSDT"], paper, Some("stands by")),
        ] {
            let parsed: Vec<FeedName> = names.iter().map(|name| FeedName::parse(name).unwrap()).collect();
            let checked = check(&parsed, kind, kind.gateway == GatewayKind::Remote);
            match said {
                None => assert_eq!(checked, Ok(()), "{names:?}"),
                Some(said) => assert!(checked.unwrap_err().contains(said), "{names:?}"),
            }
        }
    }
}
