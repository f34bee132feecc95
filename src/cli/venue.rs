//! `himal venue`: the simulated exchange as a server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Serialize;
use tokio_rustls::TlsAcceptor;

use super::replay::TimeArg;
use super::{CliError, Global, paths, print_json};
use crate::feed::day::StartingAccount;
use crate::market::{AccountId, BrokerId, Timestamp};
use crate::runtime::config;
use crate::runtime::signals::any_signal;
use crate::venue::flow::Scenario;
use crate::venue::server::{Hall, Seat, ServeOptions, ServeStats, VenueClock, serve};

#[derive(Debug, Args)]
#[command(
    after_help = "The token file has a line for each account: its name, its token of at least eight characters, and the \
broker number its trades show if it is to have one of its own (else 1). Lines that begin with # are left out.\n\n\
Examples:\n  himal venue --listen 127.0.0.1:9001 --token-file tokens\n  \
himal venue --listen 127.0.0.1:9001 --token-file tokens --scenario flash-crash --from 12:25\n  \
himal venue --listen 0.0.0.0:9443 --token-file tokens --tls-cert cert.pem --tls-key key.pem\n  \
himal venue --scenarios"
)]
pub(super) struct VenueArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDR", required_unless_present = "scenarios")]
    listen: Option<SocketAddr>,
    /// Who may come in
    #[arg(long, value_name = "FILE", required_unless_present = "scenarios")]
    token_file: Option<PathBuf>,
    /// What kind of day it is
    #[arg(long, default_value = "quiet", value_name = "NAME")]
    scenario: String,
    /// Draws another day of the same kind [default: the scenario's own]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The time of day at which the exchange's clock starts, Nepal time
    #[arg(long, default_value = "10:30", value_name = "HH:MM")]
    from: TimeArg,
    /// Exchange seconds per second
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    speed: f64,
    /// Something is said at least this often, in milliseconds
    #[arg(long, default_value_t = 1_000, value_name = "MS", value_parser = clap::value_parser!(u64).range(50..=60_000))]
    heartbeat: u64,
    /// Certificate chain, PEM; connections are then encrypted
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// List the scenarios and leave
    #[arg(long)]
    scenarios: bool,
    /// Print what happened as one JSON object at the end
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Served {
    connections: u64,
    turned_away: u64,
    no_handshake: u64,
    refused: u64,
    bad_frames: u64,
    rules_broken: u64,
    conflated: u64,
    cut_off: u64,
}

impl From<ServeStats> for Served {
    fn from(s: ServeStats) -> Self {
        Self {
            connections: s.connections,
            turned_away: s.turned_away,
            no_handshake: s.no_handshake,
            refused: s.refused,
            bad_frames: s.bad_frames,
            rules_broken: s.rules_broken,
            conflated: s.conflated,
            cut_off: s.cut_off,
        }
    }
}

/// Serves until it is asked to leave.
pub(super) fn run(global: &Global, args: &VenueArgs) -> Result<(), CliError> {
    if args.scenarios {
        for name in Scenario::names() {
            let scenario = Scenario::named(name).map_err(|e| CliError::failed(e.to_string()))?;
            super::print_line(&format!("{name:18} {} on {}", scenario.title, scenario.date))?;
        }
        return Ok(());
    }
    let (Some(listen), Some(token_file)) = (args.listen, &args.token_file) else {
        return Err(CliError::usage("--listen and --token-file are needed"));
    };
    let scenario = Scenario::named(&args.scenario).map_err(|e| CliError::usage(e.to_string()))?;
    let start =
        config::account(paths::config_dir(global).as_deref()).map_err(|e| CliError::usage(e.to_string()))?;
    let seats = seats(token_file, &scenario, &start)?;
    let seed = args.seed.unwrap_or(scenario.seed);
    let hall = Hall::open(&scenario, seed, &seats).map_err(|e| CliError::usage(e.to_string()))?;
    let from = Timestamp::nepal(scenario.date, args.from.0)
        .ok_or_else(|| CliError::usage("--from is no time of that day"))?;
    let clock = VenueClock::new(from, args.speed)
        .ok_or_else(|| CliError::usage("--speed is above 0 and at most 10000"))?;
    let options = ServeOptions {
        clock,
        heartbeat: Duration::from_millis(args.heartbeat),
        tls: tls(args)?,
        most_connections: 256,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| CliError::failed(e.to_string()))?;
    let scheme = if options.tls.is_some() { "wss" } else { "ws" };
    let stats = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .map_err(|e| CliError::failed(format!("{listen}: {e}")))?;
        let address = listener.local_addr().map_err(|e| CliError::failed(e.to_string()))?;
        eprintln!(
            "himal venue: {} of {} (seed {seed}) on {scheme}://{address}, clock {} x{}",
            scenario.title, scenario.date, args.from.0, args.speed
        );
        let stop = async {
            // Without signals it can still be killed.
            if any_signal().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        serve(listener, hall, options, stop).await.map_err(|e| CliError::failed(e.to_string()))
    })?;
    if args.json { print_json(&Served::from(stats)) } else { Ok(()) }
}

/// Reads who may come in. Each starts with the configured account, and if that holds nothing, with what
/// the scenario's own account holds.
fn seats(path: &Path, scenario: &Scenario, start: &StartingAccount) -> Result<Vec<Seat>, CliError> {
    let refuse = |line: usize, what: &str| CliError::usage(format!("{}:{line}: {what}", path.display()));
    let text =
        std::fs::read_to_string(path).map_err(|e| CliError::usage(format!("{}: {e}", path.display())))?;
    let start = if start.holdings.is_empty() { &scenario.account } else { start };
    let mut seats = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (account, token, broker) = match words.as_slice() {
            [] => continue,
            [first, ..] if first.starts_with('#') => continue,
            [account, token] => (account, token, BrokerId(1)),
            [account, token, broker] => {
                let broker = broker.parse().map_err(|_| refuse(number, "the broker is a number"))?;
                (account, token, BrokerId(broker))
            }
            _ => return Err(refuse(number, "ACCOUNT TOKEN [BROKER] is allowed")),
        };
        let (account, token) = (AccountId::new(account), (*token).to_owned());
        seats.push(Seat { token, account, broker, start: start.clone() });
    }
    if seats.is_empty() {
        return Err(CliError::usage(format!("{}: nobody may come in", path.display())));
    }
    Ok(seats)
}

fn tls(args: &VenueArgs) -> Result<Option<TlsAcceptor>, CliError> {
    let (Some(cert), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    let refuse = |path: &Path, e: &dyn std::fmt::Display| CliError::usage(format!("{}: {e}", path.display()));
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| refuse(cert, &e))?;
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|e| refuse(key, &e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| refuse(cert, &e))?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)
        .map_err(|e| refuse(cert, &e))?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
