//! Putting a session together: the day, the journal, the lines, the terminal.

use std::sync::Arc;

use super::CommonArgs;
use super::begin::{Begin, Started};
use super::orders::{OrdersTo, outlet};
use super::wires::Wires;
use crate::cli::{CliError, Global, paths};
use crate::console::Mode;
use crate::engine::OperatorId;
use crate::journal::SessionKind;
use crate::runtime::config::Settings;
use crate::runtime::live::LiveCore;
use crate::runtime::live::board::LocalClock;
use crate::runtime::live::intake::Item;
use crate::runtime::live::line_set::LineSet;
use crate::runtime::live::recovery::{Begun, LiveKind};
use crate::runtime::live::session::{LiveSession, SessionSetup};
use crate::runtime::local::{self, LocalError, LocalSetup, Running, SessionStart};

pub(super) fn start(
    global: &Global,
    args: &CommonArgs,
    orders: &OrdersTo,
    kind: LiveKind,
) -> Result<(), CliError> {
    let config_dir = paths::config_dir(global);
    let settings = Settings::read(config_dir.as_deref()).map_err(|e| CliError::usage(e.to_string()))?;
    let wires = Wires::read(args, orders, kind)?;
    local::check_terminal().map_err(|e| CliError::usage(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // One may be busy with a long document.
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| CliError::failed(e.to_string()))?;
    let clock = LocalClock::start();
    let begin = Begin { global, args, wires: &wires, kind, clock };
    let started = runtime.block_on(begin.session())?;
    let mode = match (kind.session, wires.orders.is_simulated(started.begun.day.simulated)) {
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
        let Begun { sequencer, day, tag, notes: said, journal, told } = begun;
        notes.extend(said);
        let mut core = LiveCore::new(sequencer);
        core.take_up(&told);
        if let Some(exchange) = exchange {
            core.set_clock(exchange);
        }
        let (mut lines, stop) = LineSet::new(clock);
        for (session, way) in sessions {
            lines.feed(runtime.handle(), session, way);
        }
        let account = core.state().accounts().keys().next().cloned();
        let session = (&day, tag, journal.as_path());
        let (outlet, gateway) =
            outlet(core.state(), session, account.as_ref(), &wires, &lines, runtime.handle())?;
        let tell_to = Arc::clone(&lines.shared.intake);
        let setup = SessionSetup {
            core,
            lines,
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
