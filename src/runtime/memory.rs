//! Where what is remembered of an operator is kept: one small file for each in the state folder.
//!
//! A file is replaced whole or not at all. One that cannot be read, or is of another version, is set
//! aside under another name and said; a session never fails over it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::console::Memory;
use crate::console::memory::VERSION;
use crate::engine::OperatorId;

/// Least time between two writes, so that holding a key down does not wear a disk out.
const BETWEEN: Duration = Duration::from_secs(1);

/// The file of one operator.
#[derive(Debug)]
pub struct MemoryFile {
    path: Option<PathBuf>,
    kept: Memory,
    wanted: Option<Memory>,
    written: Option<Instant>,
    failed: bool,
}

impl MemoryFile {
    /// What is remembered of an operator in a state folder, and what there is to say about it.
    /// Without a folder nothing is remembered.
    #[must_use]
    pub fn open(state: Option<&Path>, operator: &OperatorId) -> (Self, Vec<String>) {
        let path = state.map(|folder| folder.join("operators").join(file_name(operator)));
        let mut notes = Vec::new();
        let kept = match path.as_deref().map(read) {
            None => Memory::default(),
            Some(Ok(memory)) => memory,
            Some(Err(why)) => {
                notes.push(set_aside(path.as_deref(), &why));
                Memory::default()
            }
        };
        (Self { path, kept, wanted: None, written: None, failed: false }, notes)
    }

    /// What was remembered when it was opened, or last written.
    #[must_use]
    pub const fn kept(&self) -> &Memory {
        &self.kept
    }

    /// Remembers this; it is written now, or soon if something was written just before. Returns what
    /// went wrong, once.
    pub fn remember(&mut self, memory: Memory) -> Option<String> {
        self.wanted = (memory != self.kept).then_some(memory);
        if self.written.is_some_and(|at| at.elapsed() < BETWEEN) { None } else { self.flush() }
    }

    /// Writes what is not written yet. Returns what went wrong, once.
    pub fn flush(&mut self) -> Option<String> {
        let (Some(path), Some(memory)) = (&self.path, self.wanted.take()) else { return None };
        self.written = Some(Instant::now());
        match write(path, &memory) {
            Ok(()) => {
                self.kept = memory;
                self.failed = false;
                None
            }
            Err(e) => {
                let first = !std::mem::replace(&mut self.failed, true);
                self.wanted = Some(memory);
                first.then(|| format!("{}: what is set is not remembered: {e}", path.display()))
            }
        }
    }
}

/// A file name for any operator: what is no letter, digit, `-` or `_` becomes its number.
fn file_name(operator: &OperatorId) -> String {
    let mut name = String::new();
    for c in operator.as_str().chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            name.push(c);
        } else {
            name.push_str(&format!("%{:x}.", u32::from(c)));
        }
    }
    name + ".toml"
}

fn read(path: &Path) -> Result<Memory, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Memory::default()),
        Err(e) => return Err(e.to_string()),
    };
    let memory: Memory = toml::from_str(&text).map_err(|e| e.message().to_owned())?;
    if memory.version == VERSION {
        Ok(memory)
    } else {
        Err(format!("it is of version {}, this program reads {VERSION}", memory.version))
    }
}

/// Moves a file that cannot be read out of the way, so that nothing in it is lost.
fn set_aside(path: Option<&Path>, why: &str) -> String {
    let Some(path) = path else { return why.to_owned() };
    let aside = path.with_extension("toml.unread");
    let kept = match fs::rename(path, &aside) {
        Ok(()) => format!("kept as {}", aside.display()),
        Err(_) => "left as it is".to_owned(),
    };
    format!("{}: not remembered ({why}); {kept}", path.display())
}

/// Replaces the file whole: a draft beside it, then its name.
fn write(path: &Path, memory: &Memory) -> io::Result<()> {
    let text = toml::to_string(memory).map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("toml.{}.new", std::process::id()));
    let mut file = File::create(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Memory {
        let mut memory = Memory { symbol: Some("NABIL".into()), ..Memory::default() };
        memory.unwatched.insert("UPPER".into());
        memory.set.insert("grouping".into(), "western".into());
        memory.draft = Some(crate::console::memory::DraftMemory {
            side: crate::market::Side::Buy,
            symbol: "NABIL".into(),
            account: "07".into(),
            qty: "2L".into(),
            limit: "bid+2t".into(),
        });
        memory
    }

    #[test]
    fn what_is_remembered_comes_back_to_the_same_operator_only() {
        let folder = tempfile::tempdir().unwrap();
        let (tr01, tr02) = (OperatorId::new("tr01"), OperatorId::new("../tr01"));
        let (mut file, notes) = MemoryFile::open(Some(folder.path()), &tr01);
        assert!(notes.is_empty() && *file.kept() == Memory::default());
        assert_eq!(file.remember(some()), None);
        let mut more = some();
        more.sizes.insert("shares".into(), "1L".into());
        assert_eq!(file.remember(more.clone()), None, "soon after the other: waits");
        assert_eq!(MemoryFile::open(Some(folder.path()), &tr01).0.kept(), &some());
        assert_eq!(file.flush(), None);
        assert_eq!(MemoryFile::open(Some(folder.path()), &tr01).0.kept(), &more);
        assert_eq!(MemoryFile::open(Some(folder.path()), &tr02).0.kept(), &Memory::default());
        let there: Vec<_> = fs::read_dir(folder.path().join("operators")).unwrap().collect();
        assert_eq!(there.len(), 1, "no draft is left behind: {there:?}");
    }

    #[test]
    fn a_broken_file_is_a_note_and_is_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let operator = OperatorId::new("tr01");
        let path = folder.path().join("operators").join("tr01.toml");
        for (text, why) in [("symbol = [", "not remembered"), ("version = 99\n", "it is of version 99")] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let (file, notes) = MemoryFile::open(Some(folder.path()), &operator);
            assert_eq!(*file.kept(), Memory::default());
            assert!(notes.iter().any(|n| n.contains(why)), "{notes:?}");
            assert!(!path.exists() && path.with_extension("toml.unread").exists());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("operators"), "a file where a folder should be").unwrap();
        let (mut file, notes) = MemoryFile::open(Some(folder.path()), &OperatorId::new("tr01"));
        assert!(!notes.is_empty(), "it cannot be read either");
        assert!(file.remember(some()).unwrap().contains("is not remembered"));
        assert_eq!(file.flush(), None);
        let (mut nowhere, notes) = MemoryFile::open(None, &OperatorId::new("tr01"));
        assert!(notes.is_empty());
        assert_eq!(nowhere.remember(some()), None);
    }
}
