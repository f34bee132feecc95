//! House habits that the compiler does not know: the core is pure, the tree names no machine.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::path::{Path, PathBuf};

const CORE: [&str; 7] = ["market", "model", "strategy", "execution", "risk", "engine", "fit"];

/// What would let something other than the inputs decide, and why it may not be there.
const OUTSIDE: [(&str, &str); 12] = [
    ("SystemTime::now", "time comes with the input"),
    ("Instant::now", "time comes with the input"),
    ("Utc::now", "time comes with the input"),
    ("Local::now", "time comes with the input"),
    ("tokio::", "the core does not wait"),
    ("std::fs", "the core reads no file"),
    ("std::net", "the core knows no network"),
    ("std::thread", "the core has one thread"),
    ("HashMap", "its order would be a hidden input"),
    ("HashSet", "its order would be a hidden input"),
    ("println!", "the screen is drawn from snapshots"),
    ("thread_rng", "random numbers have a seed"),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The lines of a file before its tests, without comments.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    let before_tests = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    let lines =
        before_tests.enumerate().map(|(i, line)| (i + 1, line.split("//").next().unwrap().to_owned()));
    lines.collect()
}

#[test]
fn the_core_asks_nothing_but_its_inputs() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for room in CORE {
        for path in sources(&src.join(room)) {
            if path.components().any(|c| c.as_os_str() == "tests") || path.ends_with("tests.rs") {
                continue;
            }
            for (number, line) in code(&path) {
                for (word, why) in OUTSIDE.iter().filter(|(word, _)| line.contains(word)) {
                    faults.push(format!("{}:{number}: {word}: {why}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn arrows_between_rooms_point_one_way() {
    let order = [
        "market",
        "model",
        "strategy",
        "execution",
        "risk",
        "engine",
        "journal",
        "wire",
        "feed",
        "fit",
        "gateway",
        "venue",
        "console",
        "runtime",
        "calc",
        "cli",
    ];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for (place, room) in order.iter().enumerate() {
        for path in sources(&src.join(room)) {
            if path.components().any(|c| c.as_os_str() == "tests") || path.ends_with("tests.rs") {
                continue;
            }
            for (number, line) in code(&path) {
                let below =
                    order[place + 1..].iter().find(|later| line.contains(&format!("crate::{later}::")));
                if let Some(below) = below {
                    faults.push(format!("{}:{number}: {room} uses {below}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_is_left_unfinished_in_words() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let text = std::fs::read_to_string(&path).unwrap();
        for mark in ["todo!", "unimplemented!", "FIXME", "XXX"] {
            assert!(!text.contains(mark), "{}: {mark}", path.display());
        }
    }
}
