//! Where a session's orders go.

use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::wires::Wires;
use crate::cli::CliError;
use crate::console::ConnectionUse;
use crate::engine::{GatewayKind, State};
use crate::feed::day::DayMeta;
#[cfg(feature = "fix")]
use crate::gateway::fix::{FixAccess, FixGateway};
use crate::gateway::venue::{VenueAccess, VenueGateway};
use crate::market::AccountId;
use crate::runtime::live::book_file;
use crate::runtime::live::broker::Broker;
#[cfg(feature = "fix")]
use crate::runtime::live::fix::{self, FixSettings};
use crate::runtime::live::line_set::LineSet;
#[cfg(feature = "fix")]
use crate::runtime::live::line_set::REQUESTS;
use crate::runtime::live::lines::Shared;
use crate::runtime::live::session::Outlet;

/// What stands for a gateway that is a person.
const MANUAL: &str = "manual";
/// What the file of a FIX session comes after.
const FIX: &str = "fix:";

/// Where orders go.
#[derive(Clone)]
pub(super) enum OrdersTo {
    /// Nowhere: they are filled inside.
    Inside,
    /// To a person, who may bring what the broker's portal lists in this file.
    Person { statement: Option<PathBuf> },
    /// To a venue at this address.
    Venue(String),
    /// To a broker over FIX.
    #[cfg(feature = "fix")]
    Fix(Box<FixSettings>),
}

impl OrdersTo {
    /// As `--gateway` and `--statement` say.
    pub(super) fn read(text: &str, statement: Option<&Path>) -> Result<Self, CliError> {
        match text.strip_prefix(FIX) {
            _ if text == MANUAL => Ok(Self::Person { statement: statement.map(Path::to_owned) }),
            _ if statement.is_some() => Err(CliError::usage(
                "--statement is for --gateway manual: other gateways state their books themselves",
            )),
            Some(file) => Self::fix(file),
            None => Ok(Self::Venue(text.to_owned())),
        }
    }

    #[cfg(feature = "fix")]
    fn fix(file: &str) -> Result<Self, CliError> {
        let settings = FixSettings::read(Path::new(file)).map_err(|e| CliError::usage(e.to_string()))?;
        Ok(Self::Fix(Box::new(settings)))
    }

    #[cfg(not(feature = "fix"))]
    fn fix(_: &str) -> Result<Self, CliError> {
        Err(CliError::usage("this build has no FIX: build with --features fix"))
    }

    /// Whether no real money is behind it. A venue says so with its day, a broker over FIX says nothing: its file does.
    pub(super) const fn is_simulated(&self, day_is: bool) -> bool {
        match self {
            #[cfg(feature = "fix")]
            Self::Fix(settings) => settings.simulated,
            _ => day_is,
        }
    }

    pub(super) const fn kind(&self) -> GatewayKind {
        match self {
            Self::Inside => GatewayKind::Inside,
            Self::Person { .. } => GatewayKind::Manual,
            _ => GatewayKind::Remote,
        }
    }
}

/// Where the requests of a session go, and what the header calls it. What has a line of its own is begun.
pub(super) fn outlet(
    state: &State,
    (day, tag, journal): (&DayMeta, String, &Path),
    account: Option<&AccountId>,
    wires: &Wires,
    lines: &LineSet,
    runtime: &Handle,
) -> std::io::Result<(Outlet, &'static str)> {
    match (&wires.orders, &wires.gateway, account) {
        (OrdersTo::Person { statement }, ..) => {
            let place = lines.shared.board.add("broker", ConnectionUse::Gateway);
            if let Some(path) = statement.clone() {
                let Shared { intake, stop, .. } = lines.shared.clone();
                runtime.spawn(book_file::watch(path, day.instruments.clone(), intake, stop));
            }
            Ok((Outlet::Broker(Box::new(Broker::of(state, place))), "broker"))
        }
        (_, Some(address), Some(account)) => {
            let access = VenueAccess {
                token: wires.token.clone(),
                tag,
                account: account.clone(),
                date: day.date,
                universe: day.instruments.clone(),
                reports: state.gateway().reports,
            };
            let gateway = Box::new(VenueGateway::new(access));
            Ok((lines.venue(runtime, gateway, address.clone()), "venue"))
        }
        #[cfg(feature = "fix")]
        (OrdersTo::Fix(settings), _, Some(account)) => {
            let place = lines.shared.board.add("fix", ConnectionUse::Gateway);
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
            let (to_gateway, from_engine) = tokio::sync::mpsc::channel(REQUESTS);
            let gateway = FixGateway::new(access, state);
            let line = ((**settings).clone(), numbers);
            runtime.spawn(fix::gateway(gateway, place, line, lines.shared.clone(), from_engine));
            Ok((Outlet::Numbered(to_gateway), "fix"))
        }
        _ => {
            // Only a session of FIX keeps anything else beside its journal.
            let _ = journal;
            Ok((Outlet::None, "paper"))
        }
    }
}
