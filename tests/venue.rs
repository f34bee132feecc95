//! The program `himal venue` from outside: a client in another language through a day, and input that is meant to harm.
//!
//! The client in Python is behind a switch, because it needs `python3` with the `websockets` package:
//!
//!     pip install websockets
//!     HIMAL_PYTHON_CLIENT=1 cargo test --test venue
//!
//! `HIMAL_PYTHON` names another interpreter than `python3`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use common::Home;
use serde_json::Value;

const TOKEN: &str = "a-token-of-the-desk";

/// A venue that runs, and where.
struct Venue {
    child: Child,
    address: String,
    /// Kept open, so that what it may still say is not an error.
    _stderr: BufReader<ChildStderr>,
}

impl Venue {
    fn start(home: &Home, args: &[&str]) -> Self {
        let tokens = home.path("tokens");
        std::fs::write(&tokens, format!("# who may come in\n07 {TOKEN} 58\n08 another-token\n")).unwrap();
        let mut command = home.command();
        command.args(["venue", "--listen", "127.0.0.1:0", "--json", "--token-file"]).arg(tokens).args(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.split_once("://").expect("it says where it listens").1;
        let address = address.split([',', ' ']).next().unwrap().to_owned();
        Self { child, address, _stderr: stderr }
    }

    /// Asks it to leave, and reads what it counted.
    fn finish(mut self) -> Value {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let mut text = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(self.child.wait().unwrap().success());
        serde_json::from_str(&text).expect("one JSON object")
    }

    /// The most memory it has had, in KiB; `None` where the system does not say.
    fn peak_kib(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find(|line| line.starts_with("VmHWM"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// A connection after the handshake of WebSocket.
    fn connect(&self) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = "GET / HTTP/1.1\r\nHost: venue\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
        stream
    }
}

/// The head of a frame of a client, masked with nothing.
fn head(first: u8, length: u64) -> Vec<u8> {
    [&[first, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat()
}

/// Sends up to so many MiB, or until the venue has enough.
fn pour(stream: &mut TcpStream, mib: usize) {
    let block = vec![b'x'; 1 << 20];
    for _ in 0..mib {
        if stream.write_all(&block).is_err() {
            return;
        }
    }
}

#[test]
fn a_hundred_megabytes_are_not_kept() {
    let home = Home::new();
    let venue = Venue::start(&home, &["--from", "11:30"]);
    drop(venue.connect());
    let before = venue.peak_kib();
    // One frame; one that only says so; one message in pieces; a handshake without an end.
    let mut whole = venue.connect();
    whole.write_all(&head(0x81, 100 << 20)).unwrap();
    pour(&mut whole, 100);
    for _ in 0..20 {
        let mut claims = venue.connect();
        claims.write_all(&head(0x82, 100 << 20)).unwrap();
    }
    let mut pieces = venue.connect();
    let piece = vec![b'x'; 4_000];
    let mut first = 0x01;
    while pieces.write_all(&[head(first, 4_000), piece.clone()].concat()).is_ok() {
        first = 0;
    }
    let mut endless = TcpStream::connect(&venue.address).unwrap();
    endless.write_all(b"GET / HTTP/1.1\r\nX: ").unwrap();
    pour(&mut endless, 100);
    // It is still there, for somebody else.
    let mut desk = venue.connect();
    let hello = format!(r#"{{"type":"hello","version":1,"token":"{TOKEN}"}}"#);
    desk.write_all(&[head(0x81, hello.len() as u64), hello.into_bytes()].concat()).unwrap();
    let mut answer = [0; 64];
    desk.read_exact(&mut answer).unwrap();
    assert!(String::from_utf8_lossy(&answer).contains(r#"{"type":"welcome""#));
    let after = venue.peak_kib();
    let stats = venue.finish();
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after - before < 16 << 10, "{before} KiB before, {after} KiB after");
    }
    assert_eq!((&stats["rules_broken"], &stats["no_handshake"]), (&22.into(), &1.into()), "{stats}");
    assert_eq!(stats["refused"], 0, "{stats}");
}

#[test]
fn a_client_written_from_the_page_trades_through_a_scenario() {
    if std::env::var_os("HIMAL_PYTHON_CLIENT").is_none() {
        println!("skipped: the client in Python: HIMAL_PYTHON_CLIENT is not set");
        return;
    }
    let python = std::env::var("HIMAL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import websockets"]).output();
    let has = has.unwrap_or_else(|e| panic!("HIMAL_PYTHON_CLIENT is set and {python} does not start: {e}"));
    assert!(has.status.success(), "HIMAL_PYTHON_CLIENT is set and {python} has no package websockets");
    // From the opening auction to the close, in each of these: six hours in a minute and a half.
    for scenario in ["quiet", "disconnect", "duplicate-reports", "reject-burst"] {
        let home = Home::new();
        let venue = Venue::start(&home, &["--scenario", scenario, "--from", "10:30", "--speed", "400"]);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/venue_client.py");
        let url = format!("ws://{}/", venue.address);
        let output = Command::new(&python).args([script, &url, TOKEN, "day"]).output().unwrap();
        assert!(output.status.success(), "{scenario}: {}", String::from_utf8_lossy(&output.stderr));
        let result: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        let stats = venue.finish();
        println!("{scenario}: {result} {stats}");
        let count = |what: &str| result[what].as_u64().unwrap();
        assert!(count("fills") > 0 && count("events") > 1_000, "{scenario}: {result}");
        assert_eq!(count("gaps"), 0, "{scenario}: {result}");
        assert!(count("connections") > 1, "{scenario}: {result}");
        assert_eq!(result["phase"], "ended", "{scenario}: {result}");
        match scenario {
            "duplicate-reports" => assert!(count("duplicates") > 0, "{result}"),
            "reject-burst" => assert!(count("rejected") > 0, "{result}"),
            _ => {}
        }
        assert_eq!((&stats["bad_frames"], &stats["refused"]), (&0.into(), &0.into()), "{stats}");
    }
}
