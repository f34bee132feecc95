//! `himal live` and `himal paper`: a session at the market's own time.

mod begin;
mod journals;
mod orders;
mod start;
mod token;
mod wires;

use std::path::PathBuf;

use clap::Args;

use orders::OrdersTo;

use super::{CliError, Global};
use crate::engine::GatewayKind;
use crate::journal::SessionKind;
use crate::runtime::live::recovery::LiveKind;

/// What both kinds of session take.
#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// Where market data comes from: a venue (ws://HOST:PORT or wss://HOST:PORT), an exchange (binance:SYMBOL,..,
    /// binance-usdm:, bybit: or bybit-linear:), or NEPSE's site (nepse:URL-or-folder); a second one stands by
    #[arg(long, value_name = "FEED", required = true)]
    feed: Vec<String>,
    /// The token that the venue's operator gave out: alone in the file, or on a line with its account
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// List of securities for nepse: (names, sectors and types, as `himal import` takes it)
    #[arg(long, value_name = "FILE")]
    securities: Option<PathBuf>,
    /// Folder of daily files for nepse:, for usual volumes (and closes before, where the site says none)
    #[arg(long, value_name = "DIR")]
    daily: Option<PathBuf>,
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
#[command(
    after_help = "A day of an exchange is one date in UTC, and is only looked at: the rules of NEPSE and its charges do not apply to it.\n\n\
Examples:\n  himal paper --feed ws://127.0.0.1:9001 --token-file token\n  \
himal paper --feed binance:BTCUSDT,ETHUSDT\n  \
himal paper --feed bybit-linear:XRPUSDT@wss://mirror.example,https://mirror.example\n  \
himal paper --feed nepse:NABIL,HIDCL@https://mirror.example/nepse --securities securities.csv\n  \
himal import recording ~/.local/share/himal/journals/paper-2026-08-20.seg-0001 --out day.parquet"
)]
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
