//! Keys to intents, by one table and by what is focused.
//!
//! The table ([`table::TABLE`]) is the only place that knows a key. A remap may move rows to other
//! keys; it can never take stop off `F8`, put an order on a bare key, or give one key two meanings
//! in one place, and says on which line it tried.

pub mod chord;
pub mod nepali;
pub mod place;
pub mod remap;
pub mod table;

pub use chord::Strokes;
pub use nepali::NepaliLayout;
pub use place::{Context, Place, Scope};
pub use table::{Binding, TABLE};

use super::error::ConfigError;
use super::input::{Chord, Key};
use super::intent::Intent;

/// The embedded `keys.toml`.
const EMBEDDED: &str = include_str!("../../../config/keys.toml");

/// One row of the table with the keys it is on now.
#[derive(Clone, Debug)]
pub struct Row {
    /// The row.
    pub binding: &'static Binding,
    /// Its keys.
    pub keys: Vec<Strokes>,
}

impl Row {
    /// Its keys as text: `j Down`.
    #[must_use]
    pub fn keys_text(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(Strokes::to_string).collect();
        keys.join("  ")
    }
}

/// What a key press means.
#[derive(Clone, Copy, Debug)]
pub enum Meaning<'a> {
    /// This row.
    Bound(&'a Row),
    /// The first of two strokes.
    Prefix,
    /// Nothing here.
    Unbound,
}

/// The keys of one terminal.
#[derive(Clone, Debug)]
pub struct Keymap {
    rows: Vec<Row>,
    nepali: NepaliLayout,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::from_toml("keys.toml", EMBEDDED).expect("the embedded keys were tested")
    }
}

impl Keymap {
    /// The keys of the table alone.
    fn of_table() -> Self {
        let parse = |text: &&str| Strokes::parse(text).expect("every key of the table was tested");
        let rows =
            TABLE.iter().map(|binding| Row { binding, keys: binding.keys.iter().map(parse).collect() });
        Self { rows: rows.collect(), nepali: NepaliLayout::default() }
    }

    /// The keys of the table, changed by a `keys.toml`.
    ///
    /// # Errors
    /// [`ConfigError`] with the line that is refused.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, ConfigError> {
        remap::apply(Self::of_table(), file, text)
    }

    /// Every row, in the order of the key page.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Which Nepali layout letters are read by.
    #[must_use]
    pub const fn nepali(&self) -> NepaliLayout {
        self.nepali
    }

    /// What a key means here, after `first` if that was the first of two strokes.
    #[must_use]
    pub fn meaning(&self, context: Context, first: Option<Chord>, chord: Chord) -> Meaning<'_> {
        let here = || self.rows.iter().filter(|row| row.binding.place.holds(context));
        let matches = |strokes: &Strokes| match (first, strokes.0.as_slice()) {
            (None, [only]) => *only == chord,
            (Some(first), [a, b]) => (*a, *b) == (first, chord),
            _ => false,
        };
        if let Some(row) = here().find(|row| row.keys.iter().any(matches)) {
            return Meaning::Bound(row);
        }
        let begins = |strokes: &Strokes| strokes.0.len() == 2 && strokes.0.first() == Some(&chord);
        if first.is_none() && here().any(|row| row.keys.iter().any(begins)) {
            return Meaning::Prefix;
        }
        Meaning::Unbound
    }

    /// The second strokes after `first` that mean something here.
    pub fn choices(&self, context: Context, first: Chord) -> impl Iterator<Item = (Chord, &'static Binding)> {
        self.rows.iter().filter(move |row| row.binding.place.holds(context)).flat_map(move |row| {
            row.keys.iter().filter_map(move |strokes| match strokes.0.as_slice() {
                [a, b] if *a == first => Some((*b, row.binding)),
                _ => None,
            })
        })
    }

    /// The first key of an intent, as text; empty if it has none.
    #[must_use]
    pub fn key_of(&self, intent: Intent) -> String {
        let row = self.rows.iter().find(|row| row.binding.intent == intent);
        row.and_then(|row| row.keys.first()).map(Strokes::to_string).unwrap_or_default()
    }

    /// Keys that arrived together, with those that one press of a Nepali keyboard sent joined.
    #[must_use]
    pub fn joined(&self, keys: Vec<Key>) -> Vec<Key> {
        self.nepali.joined(keys)
    }

    /// The key on a Latin keyboard for a character of a Nepali layout; other keys as they are.
    #[must_use]
    pub fn by_position(&self, chord: Chord) -> Chord {
        let latin = chord.typed().and_then(|c| self.nepali.latin(c));
        latin.map_or(chord, |c| Chord { code: super::input::Code::Char(c), ..chord })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::input::Code;
    use crate::console::pane::PaneId;

    fn contexts() -> impl Iterator<Item = Context> {
        Scope::all().flat_map(|scope| [false, true].map(|replay| Context { scope, replay }))
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let keymap = Keymap::default();
        for context in contexts() {
            let mut seen = std::collections::BTreeMap::new();
            for row in keymap.rows().iter().filter(|r| r.binding.place.holds(context)) {
                for strokes in &row.keys {
                    let other = seen.insert(strokes.clone(), row.binding.name);
                    assert_eq!(other, None, "{strokes} in {context:?}");
                }
            }
        }
    }

    #[test]
    fn stop_is_on_f8_in_every_scope_and_on_its_letter_where_letters_are_commands() {
        let keymap = Keymap::default();
        for context in contexts() {
            let meaning = keymap.meaning(context, None, Chord::plain(Code::F(8)));
            assert!(matches!(meaning, Meaning::Bound(r) if r.binding.intent == Intent::Stop), "{context:?}");
            let letter = keymap.meaning(context, None, Chord::char('!'));
            let stops = matches!(letter, Meaning::Bound(r) if r.binding.intent == Intent::Stop);
            assert_eq!(stops, context.scope.letters_are_commands(), "{context:?}");
        }
    }

    #[test]
    fn y_sends_in_a_prompt_only_and_what_is_never_bound_is_not() {
        let keymap = Keymap::default();
        for context in contexts() {
            let bound = matches!(keymap.meaning(context, None, Chord::char('y')), Meaning::Bound(_));
            assert_eq!(bound, context.scope == Scope::Prompt, "{context:?}");
            for (key, _) in table::NEVER {
                let chord = Chord::parse(key).unwrap();
                assert!(
                    matches!(keymap.meaning(context, None, chord), Meaning::Unbound),
                    "{key} {context:?}"
                );
            }
        }
    }

    #[test]
    fn order_keys_never_reach_a_pane_that_shows_no_order() {
        let keymap = Keymap::default();
        for pane in [PaneId::Regime, PaneId::Chart, PaneId::Journal, PaneId::Transport, PaneId::Alerts] {
            let context = Context { scope: Scope::Pane(pane), replay: true };
            for key in ["b", "s", "B", "S", "x", "e"] {
                let meaning = keymap.meaning(context, None, Chord::parse(key).unwrap());
                assert!(matches!(meaning, Meaning::Unbound), "{key} in {pane:?}");
            }
        }
    }

    #[test]
    fn two_strokes() {
        let keymap = Keymap::default();
        let context = Context { scope: Scope::Pane(PaneId::Depth), replay: false };
        assert!(matches!(keymap.meaning(context, None, Chord::char('g')), Meaning::Prefix));
        let second = keymap.meaning(context, Some(Chord::char('g')), Chord::char('p'));
        assert!(matches!(second, Meaning::Bound(r) if r.binding.name == "positions"));
        assert_eq!(keymap.choices(context, Chord::char('g')).count(), 13);
    }
}
