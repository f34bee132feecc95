//! The program as a script sees it: help, exit status, one JSON object, clear refusals.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::Home;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_command_has_help_with_examples() {
    let home = Home::new();
    for command in [
        &[][..],
        &["replay"],
        &["import"],
        &["journal", "verify"],
        &["journal", "show"],
        &["journal", "export"],
        &["journal", "replay"],
        &["fit"],
        &["calc"],
        &["bench", "replay"],
        &["bench", "journal"],
        &["bench", "screen"],
        &["bench", "keys"],
        &["doctor"],
        &["completions"],
        &["man"],
    ] {
        let output = home.run(&[command, &["--help"]].concat());
        assert!(output.status.success(), "{command:?}");
        assert!(text(&output.stdout).contains("Examples:"), "{command:?}");
    }
}

#[test]
fn bad_usage_is_2_and_failure_is_1_and_neither_panics() {
    let home = Home::new();
    std::fs::write(home.path("not-a-day"), "hello").unwrap();
    let file = home.path("not-a-day");
    let file = file.to_str().unwrap();
    for (args, status, says) in [
        (vec!["nonsense"], 2, "unrecognized subcommand"),
        (vec!["replay", "--speed", "0"], 2, "a number above 0, or max"),
        (vec!["replay", "--speed", "-3"], 2, "--speed"),
        (vec!["replay", "--from", "25:00", "--headless"], 2, "HH:MM"),
        (vec!["replay", "--from", "03:00", "--headless"], 2, "outside the record"),
        (vec!["replay", "nowhere"], 1, "the bundled days are quiet, halt-day"),
        (vec!["replay", file, "--headless"], 1, "not-a-day"),
        (vec!["replay"], 2, "terminal"),
        (
            vec!["live", "--feed", "ws://127.0.0.1:9", "--token-file", file, "--gateway", "fix:nowhere.toml"],
            2,
            if cfg!(feature = "fix") {
                "nowhere.toml: "
            } else {
                "this build has no FIX: build with --features fix"
            },
        ),
        (vec!["import", "floorsheet", file, "--out", "x.parquet"], 1, "not-a-day"),
        (vec!["import", "nonsense", file, "--out", "x"], 2, "floorsheet"),
        (vec!["journal", "verify", file], 1, "not a journal"),
        (vec!["calc", "nonsense", "--input", "-"], 1, ""),
        (vec!["bench", "replay", "--file", file], 1, "not-a-day"),
    ] {
        let mut command = home.command();
        let output = command.args(&args).stdin(Stdio::null()).output().unwrap();
        let said = text(&output.stderr);
        assert!(!said.contains("panicked"), "{args:?}: {said}");
        if args[0] != "calc" {
            assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
        }
        assert!(said.contains(says), "{args:?}: {said}");
    }
}

#[test]
fn a_configuration_that_is_not_right_is_refused_by_file_line_and_key() {
    let home = Home::new();
    std::fs::create_dir_all(home.path("config")).unwrap();
    for (name, content, says) in [
        ("himal.toml", "operator = \"tr01\"\nspeeed = 3\n", "himal.toml:2: speeed"),
        ("himal.toml", "frames_per_second = 900\n", "1 to 60"),
        ("account.toml", "cash = 12\n", "account.toml:1: cash"),
    ] {
        std::fs::write(home.path("config").join(name), content).unwrap();
        let output = home.run(&["replay", "--headless", "--speed", "max"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
        std::fs::remove_file(home.path("config").join(name)).unwrap();
    }
}

#[test]
fn a_headless_replay_prints_what_scripts_rely_on() {
    let home = Home::new();
    let report = home.json(&["replay", "--headless", "--speed", "max", "--json", "--ohlcv"]);
    for key in [
        "events",
        "trades",
        "elapsed_s",
        "events_per_s",
        "peak_rss_bytes",
        "decisions",
        "outputs",
        "orders",
        "fills",
        "alerts",
        "state_hash",
        "journal_head",
        "ohlcv",
    ] {
        assert!(!report[key].is_null(), "{key}");
    }
    assert_eq!(report["simulated"], true);
    assert!(report["day"].as_str().unwrap().contains("SIMULATED"));
    assert_eq!(report["state_hash"].as_str().unwrap().len(), 64);
    let row = report["ohlcv"].as_object().unwrap().values().next().unwrap();
    assert!(row["volume"].as_i64().unwrap() > 0 && row["high"].as_f64() >= row["low"].as_f64());
}

#[test]
fn a_journal_is_checked_shown_exported_and_replayed() {
    let home = Home::new();
    let file = home.path("a.journal");
    let file = file.to_str().unwrap();
    let report = home.json(&["replay", "--headless", "--speed", "max", "--json", "--journal", file]);
    let verified = home.json(&["journal", "verify", file, "--json"]);
    assert_eq!(verified["intact"], true);
    assert_eq!(verified["head"], report["journal_head"]);
    assert!(text(&home.run(&["journal", "show", file]).stdout).contains("mark after"));
    let export = home.run(&["journal", "export", file]).stdout;
    assert_eq!(export, home.run(&["journal", "export", file]).stdout);
    for line in text(&export).lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(record["seq"].is_u64() && record["kind"].is_string());
    }
    let again = home.json(&["journal", "replay", file, "--json"]);
    assert_eq!(again["state_hash"], report["state_hash"]);
    assert_eq!(again["decisions"], report["decisions"]);
    let refused = home.run(&["replay", "--headless", "--speed", "max", "--journal", file]);
    assert_eq!(refused.status.code(), Some(2), "a finished journal is not continued");
    let other = home.run(&["replay", "halt-day", "--headless", "--speed", "max", "--journal", file]);
    assert_eq!(other.status.code(), Some(2), "nor one of another day");
    let anew = home.run(&["replay", "--headless", "--speed", "max", "--journal", file, "--new"]);
    assert!(anew.status.success());

    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
    let output = home.run(&["journal", "verify", file]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("CORRUPT at record"), "{}", text(&output.stdout));
}

#[test]
fn a_place_that_cannot_be_written_is_said_and_does_not_stop_a_replay() {
    let home = Home::new();
    std::fs::write(home.path("state"), "a file where a folder should be").unwrap();
    let report = home.json(&["replay", "--headless", "--speed", "max", "--json"]);
    assert!(report["journal"].is_null());
}

/// Starts a replay that takes minutes, and hands it to `act` once its journal grows.
fn slow_replay(home: &Home, journal: &str, act: impl Fn(&std::process::Child)) -> std::process::Child {
    let length = || std::fs::metadata(journal).map_or(0, |m| m.len());
    let before = length();
    let child = home
        .command()
        .args(["replay", "--headless", "--speed", "2000", "--json", "--journal", journal])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while length() < (before + 100).max(2_000) {
        std::thread::sleep(Duration::from_millis(20));
    }
    act(&child);
    child
}

fn signal(child: &std::process::Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn killed_in_the_middle_it_goes_on_to_the_same_end() {
    let home = Home::new();
    let whole = home.json(&["replay", "--headless", "--speed", "max", "--json"]);
    let journal = home.path("killed.journal");
    let journal = journal.to_str().unwrap();
    for name in ["-KILL", "-TERM", "-HUP", "-INT"] {
        let mut child = slow_replay(&home, journal, |child| signal(child, name));
        let status = child.wait().unwrap();
        assert!(!status.success(), "{name}");
        if name != "-KILL" {
            assert_eq!(status.code(), Some(1), "{name} is a clean exit that says so");
        }
        let verified = home.json(&["journal", "verify", journal, "--json"]);
        assert_eq!(verified["intact"], true, "{name}");
    }
    let continued = home.json(&["replay", "--headless", "--speed", "max", "--json", "--journal", journal]);
    assert_eq!(continued["state_hash"], whole["state_hash"]);
    assert_eq!(continued["decisions"], whole["decisions"]);
    assert_eq!(continued["journal_head"], whole["journal_head"]);
}

#[test]
fn another_speed_gives_the_same_state() {
    let home = Home::new();
    let max = home.json(&["replay", "--headless", "--speed", "max", "--json"]);
    let paced = home.json(&["replay", "--headless", "--speed", "20000", "--json"]);
    for key in ["state_hash", "decisions", "journal_head", "outputs"] {
        assert_eq!(max[key], paced[key], "{key}");
    }
}

#[test]
fn a_function_is_evaluated_from_standard_input() {
    let home = Home::new();
    let mut child = home
        .command()
        .args(["calc", "sma", "--input", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"not json").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let list = home.run(&["calc", "--list"]);
    assert!(list.status.success() && text(&list.stdout).contains("vpin"));
}

#[test]
fn completions_and_manual_pages_come_from_the_same_definition() {
    let home = Home::new();
    assert!(text(&home.run(&["completions", "bash"]).stdout).contains("journal"));
    let out = home.path("man");
    assert!(home.run(&["man", "--out", out.to_str().unwrap()]).status.success());
    assert!(out.join("himal-replay.1").exists());
}

#[test]
fn the_doctor_finds_nothing_wrong_here() {
    let home = Home::new();
    let report = home.json(&["doctor", "--json"]);
    assert!(report["checks"].as_array().unwrap().iter().all(|line| line["finding"] != "wrong"));
}
