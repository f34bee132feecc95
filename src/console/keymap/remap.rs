//! `keys.toml`: other keys for rows of the table.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::place::{Context, Scope};
use super::table::NEVER;
use super::{Keymap, NepaliLayout, Strokes};
use crate::console::error::{ConfigError, ConfigFault, line_of};
use crate::console::input::{Chord, Code};
use crate::console::intent::Intent;

/// Applies the text to a keymap.
pub(super) fn apply(mut keymap: Keymap, file: &str, text: &str) -> Result<Keymap, ConfigError> {
    let at = |offset: usize, fault| ConfigError { file: file.to_owned(), line: line_of(text, offset), fault };
    let parsed = DeTable::parse(text)
        .map_err(|e| at(e.span().map_or(0, |s| s.start), ConfigFault::NotToml(e.message().to_owned())))?;
    for (name, value) in parsed.get_ref() {
        let offset = name.span().start;
        let wrong = |wanted| ConfigFault::WrongKind { name: name.get_ref().to_string(), wanted };
        match name.get_ref().as_ref() {
            "nepali_layout" => {
                let layout = value.get_ref().as_str().and_then(NepaliLayout::by_name);
                let refuse = || at(value.span().start, wrong("\"romanised\" or \"traditional\""));
                keymap.nepali = layout.ok_or_else(refuse)?;
            }
            "keys" => {
                let table = value.get_ref().as_table().ok_or_else(|| at(offset, wrong("a table")))?;
                remap(&mut keymap, table).map_err(|(offset, fault)| at(offset, fault))?;
            }
            other => return Err(at(offset, ConfigFault::UnknownName(other.to_owned()))),
        }
    }
    Ok(keymap)
}

type Fault = (usize, ConfigFault);

/// Moves rows, in the order of the file, then looks for keys with two meanings.
fn remap(keymap: &mut Keymap, table: &DeTable<'_>) -> Result<(), Fault> {
    let mut moved: Vec<(usize, &'static str)> = Vec::new();
    for (name, value) in table {
        let text = name.get_ref().as_ref();
        let offset = name.span().start;
        let unknown = || (offset, ConfigFault::UnknownName(text.to_owned()));
        let row = keymap.rows.iter_mut().find(|row| row.binding.name == text).ok_or_else(unknown)?;
        row.keys = keys_of(text, value)?;
        for (key, strokes) in row.keys.iter().map(|k| (k, &k.0)) {
            allowed(row.binding, key, strokes).map_err(|fault| (value.span().start, fault))?;
        }
        let f8 = Strokes(vec![Chord::plain(Code::F(8))]);
        if row.binding.name == "stop-f8" && !row.keys.contains(&f8) {
            return Err((value.span().start, ConfigFault::StopOffF8));
        }
        moved.push((offset, row.binding.name));
    }
    moved
        .iter()
        .try_for_each(|(offset, name)| conflict_of(keymap, name).map_or(Ok(()), |f| Err((*offset, f))))
}

fn keys_of(name: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<Strokes>, Fault> {
    let one = |value: &Spanned<DeValue<'_>>| {
        let offset = value.span().start;
        let wrong = ConfigFault::WrongKind { name: name.to_owned(), wanted: "a key or a list of keys" };
        let text = value.get_ref().as_str().ok_or((offset, wrong))?;
        Strokes::parse(text).ok_or_else(|| (offset, ConfigFault::NotAKey(text.to_owned())))
    };
    match value.get_ref() {
        DeValue::Array(list) => list.iter().map(one).collect(),
        _ => one(value).map(|key| vec![key]),
    }
}

/// Whether a row may sit on a key at all.
fn allowed(binding: &super::Binding, key: &Strokes, strokes: &[Chord]) -> Result<(), ConfigFault> {
    for chord in strokes {
        if chord.alt {
            let why = "Alt arrives as Esc and a letter";
            return Err(ConfigFault::NeverBound { key: key.to_string(), why });
        }
        if let Some((_, why)) = NEVER.iter().find(|(never, _)| Chord::parse(never) == Some(*chord)) {
            return Err(ConfigFault::NeverBound { key: key.to_string(), why });
        }
    }
    let default = binding.keys.iter().any(|k| Strokes::parse(k).as_ref() == Some(key));
    let bare = strokes.len() == 1 && strokes.iter().all(|c| c.is_bare());
    if binding.level >= 2 && bare && !default {
        let (name, key) = (binding.name.to_owned(), key.to_string());
        return Err(ConfigFault::BareKey { name, level: binding.level, key });
    }
    Ok(())
}

/// The first key of a row that another row has in some place, or that hides two strokes.
fn conflict_of(keymap: &Keymap, name: &str) -> Option<ConfigFault> {
    let row = keymap.rows.iter().find(|row| row.binding.name == name)?;
    let contexts = || Scope::all().flat_map(|scope| [false, true].map(|replay| Context { scope, replay }));
    let meets = |a: &Strokes, b: &Strokes| {
        let shorter = a.0.len().min(b.0.len());
        a.0.get(..shorter) == b.0.get(..shorter)
    };
    for other in keymap.rows.iter().filter(|other| other.binding.name != name) {
        let together = contexts().any(|c| row.binding.place.holds(c) && other.binding.place.holds(c));
        let shared = row.keys.iter().find(|key| other.keys.iter().any(|o| meets(key, o)));
        let stop_twice = row.binding.intent == Intent::Stop && other.binding.intent == Intent::Stop;
        if let Some(key) = shared.filter(|_| together && !stop_twice) {
            let other = other.binding.name.to_owned();
            return Some(ConfigFault::Conflict { key: key.to_string(), name: name.to_owned(), other });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match Keymap::from_toml("keys.toml", text) {
            Ok(_) => "taken".to_owned(),
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn rows() {
        for (text, want) in [
            ("", "taken"),
            ("[keys]\nfull = \"F5\"\n", "taken"),
            ("[keys]\nfaster = [\">\", \"F6\"]\n", "taken"),
            ("nepali_layout = \"traditional\"", "taken"),
            ("[keys]\nstop-f8 = [\"F8\", \"F9\"]", "taken"),
            ("[keys]\namend = \"Ctrl-e\"", "taken"),
            ("[keys]\namend = \"E\"", "taken"),
            ("[keys]\n\nfull = \"x\"", "keys.toml:3: `x` is both `full` and `cancel`"),
            ("[keys]\nfull = \"g\"", "keys.toml:2: `g` is both `full` and `first`"),
            ("[keys]\nstop-f8 = \"F9\"", "keys.toml:2: stop stays on F8, whatever else it is on"),
            ("[keys]\nfull = \"F8\"", "keys.toml:2: `F8` is both `full` and `stop-f8`"),
            (
                "[keys]\nplay = \"p\"\namend = \"m\"",
                "keys.toml:3: `amend` can change an order (level 2): not on the bare key `m`",
            ),
            (
                "[keys]\nyes = \"Enter\"",
                "keys.toml:2: `yes` can change an order (level 2): not on the bare key `Enter`",
            ),
            (
                "[keys]\nfull = \"Ctrl-s\"",
                "keys.toml:2: `Ctrl-s` is never bound: flow control freezes the screen",
            ),
            (
                "[keys]\nfull = \"Alt-f\"",
                "keys.toml:2: `Alt-f` is never bound: Alt arrives as Esc and a letter",
            ),
            (
                "[keys]\nfull = \"G\"",
                "keys.toml:2: `G` is never bound: with Caps Lock on, a movement must not stop a desk",
            ),
            ("[keys]\nfull = \"Super-f\"", "keys.toml:2: `Super-f` is not a key"),
            ("[keys]\nfull = 3", "keys.toml:2: `full` must be a key or a list of keys"),
            ("[keys]\n# a remark\nfulll = \"F5\"", "keys.toml:3: `fulll` is not known"),
            ("colour = 1", "keys.toml:1: `colour` is not known"),
            (
                "nepali_layout = \"dvorak\"",
                "keys.toml:1: `nepali_layout` must be \"romanised\" or \"traditional\"",
            ),
        ] {
            assert_eq!(check(text), want, "{text}");
        }
        assert!(check("[keys\n").starts_with("keys.toml:1: "));
    }
}
