//! What a FIX session is told by its file (`docs/fix.md`).

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::runtime::live::socket::Peer;

/// Longest interval of heartbeats, in seconds: a line that is silent for longer must have been noticed.
const LONGEST_HEARTBEAT: u64 = 120;

/// A FIX session's file that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}: {what}")]
pub struct FixSettingsError {
    /// Which file.
    pub file: String,
    /// Why.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    host: String,
    port: u16,
    sender: String,
    target: String,
    account: String,
    #[serde(default = "thirty")]
    heartbeat: u64,
    #[serde(default)]
    tls: bool,
    ca: Option<PathBuf>,
    login: Option<PathBuf>,
    #[serde(default)]
    positions: bool,
    #[serde(default)]
    cash: bool,
    store: Option<PathBuf>,
    #[serde(default)]
    reset: bool,
    #[serde(default)]
    simulated: bool,
}

const fn thirty() -> u64 {
    30
}

/// See the module.
#[derive(Clone)]
pub struct FixSettings {
    /// Where it goes.
    pub peer: Peer,
    /// The machine and port, for the screen.
    pub place: String,
    /// What we are called, tag 49.
    pub sender: String,
    /// What the counterparty is called, tag 56.
    pub target: String,
    /// The account there, tag 1.
    pub account: String,
    /// Seconds between heartbeats, tag 108.
    pub heartbeat: u64,
    /// User and password of the logon, tags 553 and 554.
    pub login: Option<(String, String)>,
    /// Whether the counterparty answers what is held.
    pub positions: bool,
    /// Whether it answers how much cash there is.
    pub cash: bool,
    /// Where the sequence numbers are kept, if not beside the journal.
    pub store: Option<PathBuf>,
    /// Whether both sides begin at one with every logon.
    pub reset: bool,
    /// Whether no real money is behind it. The counterparty does not say so itself, and what is not known is taken for real.
    pub simulated: bool,
}

impl FixSettings {
    /// Reads a session's file. Paths in it are from the folder in which it lies.
    ///
    /// # Errors
    /// [`FixSettingsError`]: it is not there, says something unknown, or names what cannot be used.
    pub fn read(path: &Path) -> Result<Self, FixSettingsError> {
        let refuse = |what: &dyn std::fmt::Display| FixSettingsError {
            file: path.display().to_string(),
            what: what.to_string(),
        };
        let text = std::fs::read_to_string(path).map_err(|e| refuse(&e))?;
        let file: File = toml::from_str(&text).map_err(|e| refuse(&e))?;
        let from_here =
            |named: &PathBuf| path.parent().map_or_else(|| named.clone(), |folder| folder.join(named));
        for (name, value) in [
            ("host", &file.host),
            ("sender", &file.sender),
            ("target", &file.target),
            ("account", &file.account),
        ] {
            if value.is_empty() || value.chars().any(char::is_control) {
                return Err(refuse(&format!("{name}: a text without control characters is wanted")));
            }
        }
        if !(1..=LONGEST_HEARTBEAT).contains(&file.heartbeat) {
            return Err(refuse(&format!("heartbeat: 1 to {LONGEST_HEARTBEAT} seconds are allowed")));
        }
        if file.ca.is_some() && !file.tls {
            return Err(refuse(&"ca: without tls = true nothing is encrypted"));
        }
        let ca = file.ca.as_ref().map(from_here);
        let peer = Peer::new(&file.host, file.port, file.tls, ca.as_deref()).map_err(|e| refuse(&e))?;
        let login = file.login.as_ref().map(from_here).map(|path| login(&path)).transpose()?;
        Ok(Self {
            peer,
            place: format!("{}:{}", file.host, file.port),
            sender: file.sender,
            target: file.target,
            account: file.account,
            heartbeat: file.heartbeat,
            login,
            positions: file.positions,
            cash: file.cash,
            store: file.store.as_ref().map(from_here),
            reset: file.reset,
            simulated: file.simulated,
        })
    }

    /// The file of the sequence numbers for a session with this journal.
    #[must_use]
    pub fn numbers(&self, journal: &Path) -> PathBuf {
        match &self.store {
            Some(folder) => folder.join(format!("{}-{}.fix", plain(&self.sender), plain(&self.target))),
            None => journal.with_extension("fix"),
        }
    }
}

/// A name that is a file's name too.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// The user on the first line, the password on the second.
fn login(path: &Path) -> Result<(String, String), FixSettingsError> {
    let refuse = |what: String| FixSettingsError { file: path.display().to_string(), what };
    let text = std::fs::read_to_string(path).map_err(|e| refuse(e.to_string()))?;
    let mut lines = text.lines().map(str::to_owned).filter(|line| !line.is_empty());
    match (lines.next(), lines.next(), lines.next()) {
        (Some(user), Some(password), None) if !text.contains('\u{1}') => Ok((user, password)),
        _ => Err(refuse("the user on the first line and the password on the second are wanted".to_owned())),
    }
}
