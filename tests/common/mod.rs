//! What several suites share: the program, a folder of its own for each test, and the real data.
#![allow(dead_code, reason = "each suite uses a part of it")]

pub mod live;
pub mod proxy;
pub mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder for state and files that goes when the test ends.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program with this folder as its state and an empty configuration.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_himal"));
        command
            .env("HIMAL_STATE_DIR", self.path("state"))
            .env("HIMAL_CONFIG", self.path("config"))
            .env_remove("NO_COLOR");
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).output().expect("the program starts")
    }

    /// Runs, demands success, and reads the one JSON object on standard output.
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("one JSON object on standard output")
    }
}

/// The folder of reference and real data, or `None` with one line that says what was skipped.
pub fn shared(what: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("HIMAL_SHARED").map_or(default, PathBuf::from);
    if folder.join("data").is_dir() {
        return Some(folder);
    }
    println!("skipped: {what}: no shared data (HIMAL_SHARED)");
    None
}
