//! `himal live` and `himal paper`: a session at the market's own time.

mod start;
mod token;

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, Global};
use crate::engine::GatewayKind;
use crate::journal::SessionKind;
use crate::runtime::live::recovery::LiveKind;

/// What stands for a gateway that is a person.
const MANUAL: &str = "manual";

/// Where orders go, and where their books come from.
#[derive(Clone, Copy, Debug, Default)]
struct Places<'a> {
    /// The venue that takes them, if one does.
    gateway: Option<&'a str>,
    /// The file in which a person brings the broker's.
    statement: Option<&'a Path>,
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
    /// Where orders go, ws://HOST:PORT or wss://HOST:PORT; or `manual`: each is a slip, which a person keys into the broker's portal
    #[arg(long, value_name = "URL|manual")]
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
    let url = Some(args.gateway.as_str()).filter(|gateway| *gateway != MANUAL);
    let gateway = if url.is_some() { GatewayKind::Remote } else { GatewayKind::Manual };
    if args.statement.is_some() && url.is_some() {
        return Err(CliError::usage("--statement is for --gateway manual: a venue states its books itself"));
    }
    let places = Places { gateway: url, statement: args.statement.as_deref() };
    start::start(global, &args.common, places, LiveKind { session: SessionKind::Live, gateway })
}

pub(super) fn paper(global: &Global, args: &PaperArgs) -> Result<(), CliError> {
    let kind = LiveKind { session: SessionKind::Paper, gateway: GatewayKind::Inside };
    start::start(global, &args.common, Places::default(), kind)
}
