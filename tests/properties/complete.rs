//! That nothing public was forgotten: every public function of the arithmetic rooms is called by a test here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rooms whose public functions promise an answer or a typed error.
const ROOMS: [&str; 3] = ["src/model", "src/strategy", "src/execution"];

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
    found
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect()
}

/// Whether a folder above declares the module, or one that it is in, for the library's own use only.
fn is_private(path: &Path) -> bool {
    path.ancestors().any(|place| {
        let (Some(folder), Some(name)) = (place.parent(), place.file_stem().and_then(|stem| stem.to_str()))
        else {
            return false;
        };
        let declared = std::fs::read_to_string(folder.join("mod.rs")).unwrap_or_default();
        declared.lines().any(|line| line == format!("pub(crate) mod {name};"))
    })
}

/// Looked at by name: a check for what was forgotten, not for how well it was tried.
#[test]
fn every_public_function_is_called_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here: String = sources(&root.join("tests/properties"))
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let called = words(&here);
    let mut missing = Vec::new();
    for path in ROOMS.iter().flat_map(|room| sources(&root.join(room))) {
        if is_private(&path) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")) {
            let line = line.trim_start();
            let Some(rest) = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub const fn "))
            else {
                continue;
            };
            let name = rest.split(['(', '<']).next().unwrap();
            if !called.contains(name) {
                missing.push(format!("{}: {name}", path.strip_prefix(root).unwrap().display()));
            }
        }
    }
    assert!(missing.is_empty(), "not called by any test of bad input:\n{}", missing.join("\n"));
}
