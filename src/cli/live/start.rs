//! Putting a session together: the day, the journal, the lines, the terminal.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::{CommonArgs, OrdersTo, token};
use crate::cli::{CliError, Global, paths};
use crate::console::{ConnectionUse, Mode};
use crate::engine::{GatewayKind, OperatorId, State};
use crate::feed::day::DayMeta;
use crate::feed::live::{SourceClock, VenueFeed};
#[cfg(feature = "fix")]
use crate::gateway::fix::{FixAccess, FixGateway};
use crate::gateway::venue::{VenueAccess, VenueGateway};
use crate::journal::{JournalReader, SessionKind};
use crate::market::{AccountId, SourceId};
use crate::runtime::config::{self, Settings};
use crate::runtime::live::board::{Board, LocalClock};
use crate::runtime::live::book_file;
use crate::runtime::live::broker::Broker;
#[cfg(feature = "fix")]
use crate::runtime::live::fix;
use crate::runtime::live::intake::{Intake, Item};
use crate::runtime::live::lines::{self, Shared};
use crate::runtime::live::probe::probe;
use crate::runtime::live::recovery::{self, Begun, LiveKind};
use crate::runtime::live::session::{FeedPlace, LiveSession, Outlet, SessionSetup};
use crate::runtime::live::socket::Address;
use crate::runtime::live::{LiveCore, segments_of};
use crate::runtime::local::{self, LocalError, LocalSetup, Running, SessionStart};

/// Requests that may wait for the gateway's line.
const REQUESTS: usize = 4_096;

/// Where a session's lines go, and what it says there.
#[derive(Clone)]
struct Wires {
    feeds: Vec<Address>,
    gateway: Option<Address>,
    orders: OrdersTo,
    token: String,
}

pub(super) fn start(
    global: &Global,
    args: &CommonArgs,
    orders: &OrdersTo,
    kind: LiveKind,
) -> Result<(), CliError> {
    let config_dir = paths::config_dir(global);
    let settings = Settings::read(config_dir.as_deref()).map_err(|e| CliError::usage(e.to_string()))?;
    let address =
        |url: &str| Address::parse(url, args.ca.as_deref()).map_err(|e| CliError::usage(e.to_string()));
    let wires = Wires {
        feeds: args.feed.iter().map(|url| address(url)).collect::<Result<_, _>>()?,
        gateway: match orders {
            OrdersTo::Venue(url) => Some(address(url)?),
            _ => None,
        },
        orders: orders.clone(),
        token: token::read(&args.token_file, args.account.as_deref())?,
    };
    local::check_terminal().map_err(|e| CliError::usage(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| CliError::failed(e.to_string()))?;
    let clock = LocalClock::start();
    let (begun, exchange) = runtime.block_on(begin(global, args, &wires, kind, clock))?;
    let mode = match (kind.session, begun.day.simulated) {
        (SessionKind::Paper, _) => Mode::Paper,
        (_, true) => Mode::Sim,
        (_, false) => Mode::Live,
    };
    let clocks = (clock, exchange);
    let session = session(begun, clocks, wires, mode, OperatorId::new(&settings.operator), runtime);
    let local = LocalSetup { settings, config_dir, state_dir: paths::state_dir(global) };
    local::run(session, &local).map_err(|e| {
        let message = e.to_string();
        if e.is_usage() { CliError::usage(message) } else { CliError::failed(message) }
    })
}

/// Takes an unfinished session up, or asks the venue what day it is and begins one.
async fn begin(
    global: &Global,
    args: &CommonArgs,
    wires: &Wires,
    kind: LiveKind,
    clock: LocalClock,
) -> Result<(Begun, Option<SourceClock>), CliError> {
    let failed = |e: recovery::RecoveryError| CliError::failed(e.to_string());
    // A day that is keyed in by hand is not one to be taken up over a line, nor the other way round.
    let word = match (kind.session, kind.gateway) {
        (SessionKind::Paper, _) => "paper",
        (_, GatewayKind::Manual) => "manual",
        _ => "live",
    };
    let folder = match &args.journal {
        Some(_) => None,
        None => Some(paths::journals_dir(global).map_err(CliError::failed)?),
    };
    if let Some(path) = args.journal.as_ref().filter(|path| path.exists()) {
        return Ok((recovery::take_up(path, kind).map_err(failed)?, None));
    }
    // The first feed that answers says what day it is; the gateway where there is one, for it knows the account.
    let mut why = Vec::new();
    for address in wires.gateway.iter().chain(&wires.feeds) {
        let probed = match probe(address, &wires.token).await {
            Ok(probed) => probed,
            Err(error) => {
                why.push(format!("{}: {error}", address.url()));
                continue;
            }
        };
        let known = config::account(paths::config_dir(global).as_deref());
        let known = known.map_err(|e| CliError::usage(e.to_string()))?;
        let mut day = probed.day(Some(&known));
        let own_books = config::has_account(paths::config_dir(global).as_deref());
        if own_books || kind.session == SessionKind::Paper {
            // Ours are compared with the gateway's: what differs is shown before anything is sent.
            day.account = Some(known);
        }
        let path = match (&args.journal, &folder) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => journal_of(folder, word, &day),
            (None, None) => return Err(CliError::failed("no place for a journal")),
        };
        let exchange = SourceClock {
            here: clock.now(),
            there: probed.banner.at,
            speed_milli: probed.banner.speed_milli,
        };
        let begun = if path.exists() {
            recovery::take_up(&path, kind)
        } else {
            recovery::begin(&path, day, kind, &tag())
        };
        return Ok((begun.map_err(failed)?, Some(exchange)));
    }
    // Nobody answers: a session that is not finished is shown as it was, its lines down.
    match folder.as_deref().and_then(|folder| newest_unfinished(folder, word)) {
        Some(path) => {
            let mut begun = recovery::take_up(&path, kind).map_err(failed)?;
            begun.notes.extend(why);
            Ok((begun, None))
        }
        None => Err(CliError::failed(why.join("; "))),
    }
}

/// The journal of a day that is not finished, or a free name.
fn journal_of(folder: &Path, word: &str, day: &DayMeta) -> PathBuf {
    let stem = format!("{word}-{}", day.date);
    let numbered = |n: u32| folder.join(format!("{stem}-{n:04}.journal"));
    let taken = |path: &PathBuf| {
        path.exists() && !is_unfinished(path) || !path.exists() && !segments_of(path).is_empty()
    };
    (1..).map(numbered).find(|path| !taken(path)).unwrap_or_else(|| numbered(u32::MAX))
}

fn is_unfinished(path: &Path) -> bool {
    JournalReader::open(path).is_ok_and(|records| {
        !records.filter_map(Result::ok).any(|r| matches!(r.body, crate::journal::Body::Close(_)))
    })
}

fn newest_unfinished(folder: &Path, word: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let of_kind = |path: &PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with(&format!("{word}-")) && name.ends_with(".journal")
    };
    let mut journals: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(of_kind).collect();
    journals.sort();
    journals.into_iter().rev().find(|path| is_unfinished(path))
}

/// What the ids of a new journal begin with: different for any two, and kept in its opening record.
fn tag() -> String {
    // The standard library's hash keys are drawn from the system.
    let drawn = RandomState::new().build_hasher().finish();
    format!("H{drawn:016x}")
}

fn session(
    begun: Begun,
    (clock, exchange): (LocalClock, Option<SourceClock>),
    wires: Wires,
    mode: Mode,
    operator: OperatorId,
    runtime: tokio::runtime::Runtime,
) -> SessionStart {
    let by = operator.clone();
    let begin = move |mut notes: Vec<String>, frames| {
        let Begun { sequencer, day, tag, notes: said, journal } = begun;
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
        for (n, address) in (1..).zip(&wires.feeds) {
            let source = SourceId(n);
            let place = board.add(&format!("feed {n}"), ConnectionUse::Standby);
            let (restart, restarted) = mpsc::channel(1);
            let feed = VenueFeed::new(source, &wires.token, day.instruments.clone(), day.date);
            let line =
                lines::feed(Box::new(feed), (source, place), address.clone(), shared.clone(), restarted);
            runtime.spawn(line);
            feeds.push(FeedPlace { source, place, restart });
        }
        let account = core.state().accounts().keys().next().cloned();
        let session = (&day, tag, journal.as_path());
        let (outlet, gateway) = outlet(core.state(), session, account.as_ref(), &wires, shared, &runtime)?;
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

/// Where the requests of a session go, and what the header calls it. What has a line of its own is begun.
fn outlet(
    state: &State,
    (day, tag, journal): (&DayMeta, String, &Path),
    account: Option<&AccountId>,
    wires: &Wires,
    shared: Shared,
    runtime: &tokio::runtime::Runtime,
) -> std::io::Result<(Outlet, &'static str)> {
    match (&wires.orders, &wires.gateway, account) {
        (OrdersTo::Person { statement }, ..) => {
            let place = shared.board.add("broker", ConnectionUse::Gateway);
            if let Some(path) = statement.clone() {
                let Shared { intake, stop, .. } = shared;
                runtime.spawn(book_file::watch(path, day.instruments.clone(), intake, stop));
            }
            Ok((Outlet::Broker(Box::new(Broker::of(state, place))), "broker"))
        }
        (_, Some(address), Some(account)) => {
            let place = shared.board.add("venue", ConnectionUse::Gateway);
            let access = VenueAccess {
                token: wires.token.clone(),
                tag,
                account: account.clone(),
                date: day.date,
                universe: day.instruments.clone(),
                reports: state.gateway().reports,
            };
            let (to_gateway, from_engine) = mpsc::channel(REQUESTS);
            let gateway = Box::new(VenueGateway::new(access));
            runtime.spawn(lines::gateway(gateway, place, address.clone(), shared, from_engine));
            Ok((Outlet::Line(to_gateway), "venue"))
        }
        #[cfg(feature = "fix")]
        (OrdersTo::Fix(settings), _, Some(account)) => {
            let place = shared.board.add("fix", ConnectionUse::Gateway);
            let path = settings.numbers(journal);
            let numbers = fix::Numbers::open(&path, &settings.sender, &settings.target)?;
            let access = FixAccess {
                tag,
                account: account.clone(),
                client: settings.account.clone(),
                date: day.date,
                universe: day.instruments.clone(),
                positions: settings.positions,
                cash: settings.cash,
            };
            let (to_gateway, from_engine) = mpsc::channel(REQUESTS);
            let gateway = FixGateway::new(access, state);
            let line = ((**settings).clone(), numbers);
            runtime.spawn(fix::gateway(gateway, place, line, shared, from_engine));
            Ok((Outlet::Numbered(to_gateway), "fix"))
        }
        _ => {
            // Only a session of FIX keeps anything else beside its journal.
            let _ = journal;
            Ok((Outlet::None, "paper"))
        }
    }
}
