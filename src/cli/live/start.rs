//! Putting a session together: the day, the journal, the lines, the terminal.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::begin::{Begin, Started, check};
use super::{CommonArgs, token};
use crate::cli::{CliError, Global, paths};
use crate::console::{ConnectionUse, Mode};
use crate::engine::{GatewayKind, OperatorId};
use crate::feed::live::{FeedSession, SourceClock, VenueFeed};
use crate::gateway::venue::{VenueAccess, VenueGateway};
use crate::journal::SessionKind;
use crate::market::SourceId;
use crate::runtime::config::Settings;
use crate::runtime::live::LiveCore;
use crate::runtime::live::board::{Board, LocalClock};
use crate::runtime::live::broker::Broker;
use crate::runtime::live::fetch::Fetcher;
use crate::runtime::live::intake::{Intake, Item};
use crate::runtime::live::lines::{self, Shared, Way};
use crate::runtime::live::recovery::{Begun, LiveKind};
use crate::runtime::live::session::{FeedPlace, LiveSession, Outlet, SessionSetup};
use crate::runtime::live::socket::{Address, AddressError};
use crate::runtime::live::source::{ExchangeFeed, FeedName, SiteFeed, SiteFound};
use crate::runtime::local::{self, LocalError, LocalSetup, Running, SessionStart};

/// Requests that may wait for the gateway's line.
const REQUESTS: usize = 4_096;
/// How long a document of an exchange may take: shorter than its session waits, so that it is said why there is none.
const EXCHANGE_PATIENCE: Duration = Duration::from_millis(4_500);
/// How long a document of the site may take.
const SITE_PATIENCE: Duration = Duration::from_millis(9_000);

/// Where a session's lines go, and what it says there.
pub(super) struct Wires {
    /// The feeds as they were named, at least one, all of one kind.
    pub(super) names: Vec<FeedName>,
    pub(super) feeds: Feeds,
    pub(super) gateway: Option<Address>,
    pub(super) token: String,
    /// How the streams of exchanges are reached.
    streams: Vec<Address>,
}

/// The feeds of a session.
pub(super) enum Feeds {
    /// Of a venue.
    Venue(Vec<Address>),
    /// Of an exchange, and what fetches its documents.
    Exchange(Vec<ExchangeFeed>, Fetcher),
    /// Of the site.
    Site(Vec<SiteFeed>, Fetcher),
}

impl Wires {
    fn read(args: &CommonArgs, gateway: Option<&str>, kind: LiveKind) -> Result<Self, CliError> {
        let usage = |e: &dyn std::fmt::Display| CliError::usage(e.to_string());
        let ca = args.ca.as_deref();
        let names: Vec<FeedName> = args
            .feed
            .iter()
            .map(|name| FeedName::parse(name))
            .collect::<Result<_, _>>()
            .map_err(|e| usage(&e))?;
        check(&names, kind, gateway.is_some()).map_err(|e| usage(&e))?;
        let (feeds, streams) = feeds(&names, ca).map_err(|e| usage(&e))?;
        let gateway = gateway.map(|url| Address::parse(url, ca)).transpose().map_err(|e| usage(&e))?;
        let needs_token = gateway.is_some() || matches!(feeds, Feeds::Venue(_));
        let token = match &args.token_file {
            Some(file) => token::read(file, args.account.as_deref())?,
            None if needs_token => {
                return Err(CliError::usage("a venue wants a token: --token-file FILE is needed"));
            }
            None => String::new(),
        };
        Ok(Self { names, feeds, gateway, token, streams })
    }

    /// The sessions of the feeds, each with how its source is reached. `clock` is what their clock is known to show.
    fn sessions(
        &self,
        begun: &Begun,
        sites: &[SiteFound],
        clock: Option<SourceClock>,
        seed: u64,
    ) -> Vec<(Box<dyn FeedSession>, Way)> {
        let day = &begun.day;
        let instruments = &day.instruments;
        let source = |n: usize| SourceId(u16::try_from(n + 1).unwrap_or(u16::MAX));
        match &self.feeds {
            Feeds::Venue(addresses) => {
                let session = |(n, address): (usize, &Address)| {
                    let feed = VenueFeed::new(source(n), &self.token, instruments.clone(), day.date);
                    let session: Box<dyn FeedSession> = Box::new(feed);
                    (session, Way::from(address.clone()))
                };
                addresses.iter().enumerate().map(session).collect()
            }
            Feeds::Exchange(feeds, fetcher) => {
                let session = |(n, (feed, address)): (usize, (&ExchangeFeed, &Address))| {
                    let way = Way { stream: Some(address.clone()), documents: Some(fetcher.clone()) };
                    let session = feed.exchange.session(
                        source(n),
                        instruments,
                        &feed.documents,
                        (clock, seed.wrapping_add(n as u64)),
                    );
                    (session, way)
                };
                feeds.iter().zip(&self.streams).enumerate().map(session).collect()
            }
            Feeds::Site(feeds, fetcher) => {
                let session = |(n, (feed, found)): (usize, (&SiteFeed, &SiteFound))| {
                    let mut session =
                        feed.session(source(n), found, instruments, (clock, seed.wrapping_add(n as u64)));
                    session.take_up(&begun.told);
                    let session: Box<dyn FeedSession> = Box::new(session);
                    let way = Way { stream: None, documents: Some(fetcher.clone()) };
                    (session, way)
                };
                feeds.iter().zip(sites).enumerate().map(session).collect()
            }
        }
    }
}

fn feeds(names: &[FeedName], ca: Option<&Path>) -> Result<(Feeds, Vec<Address>), AddressError> {
    let (mut venues, mut exchanges, mut sites, mut streams) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in names {
        match name {
            FeedName::Venue(url) => venues.push(Address::parse(url, ca)?),
            FeedName::Exchange(feed) => {
                streams.push(Address::parse(&feed.stream_url(), ca)?);
                exchanges.push(feed.clone());
            }
            FeedName::Site(feed) => sites.push(feed.clone()),
        }
    }
    let feeds = if !exchanges.is_empty() {
        Feeds::Exchange(exchanges, Fetcher::new(ca, EXCHANGE_PATIENCE)?)
    } else if !sites.is_empty() {
        Feeds::Site(sites, Fetcher::new(ca, SITE_PATIENCE)?)
    } else {
        Feeds::Venue(venues)
    };
    Ok((feeds, streams))
}

pub(super) fn start(
    global: &Global,
    args: &CommonArgs,
    gateway: Option<&str>,
    kind: LiveKind,
) -> Result<(), CliError> {
    let config_dir = paths::config_dir(global);
    let settings = Settings::read(config_dir.as_deref()).map_err(|e| CliError::usage(e.to_string()))?;
    let wires = Wires::read(args, gateway, kind)?;
    local::check_terminal().map_err(|e| CliError::usage(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| CliError::failed(e.to_string()))?;
    let clock = LocalClock::start();
    let begin = Begin { global, args, wires: &wires, kind, clock };
    let started = runtime.block_on(begin.session())?;
    let mode = match (kind.session, started.begun.day.simulated) {
        (SessionKind::Paper, _) => Mode::Paper,
        (_, true) => Mode::Sim,
        (_, false) => Mode::Live,
    };
    let session = session(started, clock, wires, mode, OperatorId::new(&settings.operator), runtime);
    let local = LocalSetup { settings, config_dir, state_dir: paths::state_dir(global) };
    local::run(session, &local).map_err(|e| {
        let message = e.to_string();
        if e.is_usage() { CliError::usage(message) } else { CliError::failed(message) }
    })
}

fn session(
    Started { begun, clock: exchange, sites }: Started,
    clock: LocalClock,
    wires: Wires,
    mode: Mode,
    operator: OperatorId,
    runtime: tokio::runtime::Runtime,
) -> SessionStart {
    let by = operator.clone();
    let begin = move |mut notes: Vec<String>, frames| {
        // Two clients that fail at one moment do not come back at one moment.
        let seed = u64::from(std::process::id()) ^ clock.now().ns().unsigned_abs();
        let sessions = wires.sessions(&begun, &sites, exchange, seed);
        let Begun { sequencer, day, tag, notes: said, .. } = begun;
        notes.extend(said);
        let mut core = LiveCore::new(sequencer);
        if let Some(exchange) = exchange {
            core.set_clock(exchange);
        }
        let (stop, stopped) = watch::channel(false);
        let intake = Arc::new(Intake::default());
        let board = Board::default();
        let shared = Shared { intake: Arc::clone(&intake), board: board.clone(), clock, stop: stopped };
        let mut feeds = Vec::new();
        for (n, (session, way)) in (1..).zip(sessions) {
            let source = SourceId(n);
            let place = board.add(&format!("feed {n}"), ConnectionUse::Standby);
            let (restart, restarted) = mpsc::channel(1);
            runtime.spawn(lines::feed(session, (source, place), way, shared.clone(), restarted));
            feeds.push(FeedPlace { source, place, restart });
        }
        let account = core.state().accounts().keys().next().cloned();
        let mut outlet = Outlet::None;
        if core.state().gateway().kind == GatewayKind::Manual {
            let place = board.add("broker", ConnectionUse::Gateway);
            outlet = Outlet::Broker(Broker::of(core.state(), place));
        } else if let (Some(address), Some(account)) = (&wires.gateway, &account) {
            let place = board.add("venue", ConnectionUse::Gateway);
            let access = VenueAccess {
                token: wires.token.clone(),
                tag,
                account: account.clone(),
                date: day.date,
                universe: day.instruments.clone(),
                reports: core.state().gateway().reports,
            };
            let (to_gateway, from_engine) = mpsc::channel(REQUESTS);
            let gateway = Box::new(VenueGateway::new(access));
            runtime.spawn(lines::gateway(gateway, place, address.clone(), shared, from_engine));
            outlet = Outlet::Line(to_gateway);
        }
        let gateway = match &outlet {
            Outlet::None => "paper",
            Outlet::Line(_) => "venue",
            Outlet::Broker(_) => "broker",
        };
        let tell_to = Arc::clone(&intake);
        let setup = SessionSetup {
            core,
            intake,
            board,
            clock,
            feeds,
            outlet,
            gateway: gateway.to_owned(),
            mode,
            account,
            operator: by,
            notes,
        };
        let thread = std::thread::Builder::new().name("session".to_owned()).spawn(move || {
            let ended = LiveSession::new(setup, frames).run();
            // Nobody may be left to hear it.
            let _ = stop.send(true);
            runtime.shutdown_timeout(std::time::Duration::from_secs(1));
            ended.map_err(LocalError::from)
        })?;
        Ok(Running { tell: Box::new(move |message| tell_to.push(Item::Desk(message))), thread })
    };
    SessionStart { operator, begin: Box::new(begin) }
}
