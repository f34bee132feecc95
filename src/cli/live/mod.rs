//! `himal live` and `himal paper`: a session at the market's own time.

mod start;
mod token;

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, Global};
use crate::engine::GatewayKind;
use crate::journal::SessionKind;
#[cfg(feature = "fix")]
use crate::runtime::live::fix::FixSettings;
use crate::runtime::live::recovery::LiveKind;

/// What stands for a gateway that is a person.
const MANUAL: &str = "manual";
/// What the file of a FIX session comes after.
const FIX: &str = "fix:";

/// Where orders go.
#[derive(Clone)]
enum OrdersTo {
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
    fn read(text: &str, statement: Option<&Path>) -> Result<Self, CliError> {
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

    const fn kind(&self) -> GatewayKind {
        match self {
            Self::Inside => GatewayKind::Inside,
            Self::Person { .. } => GatewayKind::Manual,
            _ => GatewayKind::Remote,
        }
    }
}

/// What both kinds of session take.
#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// Where market data comes from, ws://HOST:PORT or wss://HOST:PORT; a second one stands by
    #[arg(long, value_name = "URL", required = true)]
    feed: Vec<String>,
    /// The token that the venue's operator gave out: alone in the file, or on a line with its account
    #[arg(long, value_name = "FILE", required = true)]
    token_file: PathBuf,
    /// A certificate authority to believe instead of the usual ones, PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The journal: begun, or continued if it is an unfinished one of this day
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Which account, where the token file has several
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The session is kept as it happens: a journal, and beside it segments of all that was heard. After any end, a crash \
among them, the same command takes it up where it was. Nothing new is sent before the gateway's books have been compared \
with ours; with --gateway manual a person says what became of each order (g l, then r).\n\nExamples:\n  himal live --feed ws://127.0.0.1:9001 --gateway ws://127.0.0.1:9001 --token-file token\n  \
himal live --feed wss://a:9443 --feed wss://b:9443 --gateway wss://a:9443 --ca ca.pem --token-file token\n  \
himal live --feed ws://127.0.0.1:9001 --gateway manual --token-file token"
)]
pub(super) struct LiveArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Where orders go, ws://HOST:PORT or wss://HOST:PORT; or `manual`: each is a slip, which a person keys into the broker's portal; or `fix:FILE`: a broker over FIX 4.4, in a build that has it
    #[arg(long, value_name = "URL|manual|fix:FILE")]
    gateway: String,
    /// With `manual`: what the broker's portal lists, compared each time this file is written anew (docs/live.md)
    #[arg(long, value_name = "FILE")]
    statement: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  himal paper --feed ws://127.0.0.1:9001 --token-file token\n  \
himal import recording ~/.local/share/himal/journals/paper-2026-08-20.seg-0001 --out day.parquet")]
pub(super) struct PaperArgs {
    #[command(flatten)]
    common: CommonArgs,
}

pub(super) fn live(global: &Global, args: &LiveArgs) -> Result<(), CliError> {
    let orders = OrdersTo::read(&args.gateway, args.statement.as_deref())?;
    let kind = LiveKind { session: SessionKind::Live, gateway: orders.kind() };
    start::start(global, &args.common, &orders, kind)
}

pub(super) fn paper(global: &Global, args: &PaperArgs) -> Result<(), CliError> {
    let kind = LiveKind { session: SessionKind::Paper, gateway: GatewayKind::Inside };
    start::start(global, &args.common, &OrdersTo::Inside, kind)
}
