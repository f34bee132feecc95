//! `himal doctor`: what a session will meet, one line each.

use std::io::IsTerminal;
use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::{CliError, Global, paths, print_json, print_line};
use crate::market::{Calendar, Confidence, Timestamp};
use crate::runtime::config::{self, Settings};
use crate::runtime::day::{Day, bundled_names};
use crate::runtime::local;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  himal doctor\n  himal doctor --json")]
pub(super) struct DoctorArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// How a line reads.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Finding {
    Ok,
    Note,
    Wrong,
}

#[derive(Serialize)]
struct Line {
    what: &'static str,
    finding: Finding,
    says: String,
}

impl Line {
    fn new(what: &'static str, finding: Finding, says: impl Into<String>) -> Self {
        Self { what, finding, says: says.into() }
    }

    fn of<E: std::fmt::Display>(what: &'static str, result: Result<String, E>) -> Self {
        match result {
            Ok(says) => Self::new(what, Finding::Ok, says),
            Err(error) => Self::new(what, Finding::Wrong, error.to_string()),
        }
    }
}

pub(super) fn run(global: &Global, args: &DoctorArgs) -> Result<(), CliError> {
    let config_dir = paths::config_dir(global);
    let mut lines = vec![terminal(), colours(), locale(), clock(), disk(global), state(global)];
    lines.push(configuration(config_dir.as_deref()));
    lines.extend(bundled_names().into_iter().map(data));
    if args.json {
        print_json(&serde_json::json!({ "checks": lines }))?;
    } else {
        for line in &lines {
            let mark = match line.finding {
                Finding::Ok => "ok   ",
                Finding::Note => "note ",
                Finding::Wrong => "WRONG",
            };
            print_line(&format!("{mark} {:<14} {}", line.what, line.says))?;
        }
    }
    if lines.iter().any(|l| l.finding == Finding::Wrong) { Err(CliError::said()) } else { Ok(()) }
}

fn terminal() -> Line {
    if !std::io::stdout().is_terminal() {
        return Line::new(
            "terminal",
            Finding::Note,
            "output is not a terminal; the console needs one, --headless does not",
        );
    }
    Line::of("terminal", local::terminal_words())
}

fn colours() -> Line {
    let env = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let says = match (env("NO_COLOR"), env("COLORTERM"), env("TERM")) {
        (Some(_), _, _) => "none: NO_COLOR is set".to_owned(),
        (None, Some(c), _) if c == "truecolor" || c == "24bit" => "true colour".to_owned(),
        (None, _, Some(term)) if term.contains("256color") => format!("256, by TERM={term}"),
        (None, _, Some(term)) if term == "dumb" => {
            return Line::new("colours", Finding::Note, "none: TERM=dumb");
        }
        (None, _, Some(term)) => format!("16, by TERM={term}"),
        (None, _, None) => return Line::new("colours", Finding::Note, "TERM is not set"),
    };
    Line::new("colours", Finding::Ok, says)
}

fn locale() -> Line {
    let value =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    match value {
        Some(v) if v.to_uppercase().replace('-', "").contains("UTF8") => Line::new("locale", Finding::Ok, v),
        Some(v) => {
            Line::new("locale", Finding::Note, format!("{v}: not UTF-8, lines and marks fall back to ASCII"))
        }
        None => Line::new("locale", Finding::Note, "not set: lines and marks fall back to ASCII"),
    }
}

fn clock() -> Line {
    let now = Timestamp::from_ns(chrono::Utc::now().timestamp_nanos_opt().unwrap_or(0));
    let calendar = Calendar::embedded();
    let says = |what: &str| format!("{now} in Nepal, {what}");
    match calendar.is_session(now.nepal_date()).and_then(|s| Ok((s, calendar.confidence(now.nepal_date())?)))
    {
        Ok((true, Confidence::Observed)) => Line::new("clock", Finding::Ok, says("a trading day")),
        Ok((false, Confidence::Observed)) => Line::new("clock", Finding::Ok, says("no trading day")),
        Ok((session, Confidence::Provisional)) => {
            let what = if session { "a trading day unless a holiday was declared" } else { "no trading day" };
            Line::new("clock", Finding::Note, says(what))
        }
        Err(error) => Line::new("clock", Finding::Note, says(&error.to_string())),
    }
}

/// Below this much free space a day of journal may not fit.
const FREE_MB_MIN: u64 = 200;

fn disk(global: &Global) -> Line {
    let folder = match paths::journals_dir(global) {
        Ok(folder) => folder,
        Err(why) => return Line::new("disk", Finding::Wrong, why),
    };
    match rustix::fs::statvfs(&folder) {
        Ok(fs) => {
            let free_mb = fs.f_bavail.saturating_mul(fs.f_frsize) / 1_048_576;
            let finding = if free_mb < FREE_MB_MIN { Finding::Wrong } else { Finding::Ok };
            Line::new("disk", finding, format!("{free_mb} MB free, at least {FREE_MB_MIN} wanted"))
        }
        Err(error) => Line::new("disk", Finding::Wrong, format!("{}: {error}", folder.display())),
    }
}

fn state(global: &Global) -> Line {
    let probe = paths::journals_dir(global).and_then(|folder| {
        let file = folder.join(".probe");
        std::fs::write(&file, b"probe")
            .and_then(|()| std::fs::remove_file(&file))
            .map_err(|e| e.to_string())?;
        Ok(format!("{} can be written", folder.display()))
    });
    Line::of("state folder", probe)
}

fn configuration(folder: Option<&Path>) -> Line {
    let read = Settings::read(folder).and_then(|_| config::account(folder)).map_err(|e| e.to_string());
    let read = read.and_then(|_| local::check_configuration(folder).map_err(|e| e.to_string()));
    let at =
        folder.filter(|f| f.exists()).map_or("embedded defaults".to_owned(), |f| f.display().to_string());
    Line::of("configuration", read.map(|()| at))
}

fn data(name: &'static str) -> Line {
    Line::of(
        "data",
        Day::open(name, None).map(|day| format!("{name}: {}, {} events", day.setup.title, day.reader.rows())),
    )
}
