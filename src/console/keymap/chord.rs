//! Keys as text: how the table, the help page and `keys.toml` write them.

use std::fmt;

use crate::console::input::{Chord, Code};

/// Names of the keys that make no character.
const NAMES: [(&str, Code); 15] = [
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("Backspace", Code::Backspace),
    ("Del", Code::Delete),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("PgUp", Code::PageUp),
    ("PgDn", Code::PageDown),
    ("Home", Code::Home),
    ("End", Code::End),
    ("Space", Code::Char(' ')),
    ("Minus", Code::Char('-')),
];

impl Chord {
    /// Reads `"b"`, `"B"`, `"Ctrl-u"`, `"S-Tab"`, `"F8"`, `"Space"`. `None` if it is no key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("Ctrl-") {
            return Some(Self { ctrl: true, ..Self::parse(rest)? });
        }
        if let Some(rest) = text.strip_prefix("S-") {
            let chord = Self::parse(rest)?;
            return (!matches!(chord.code, Code::Char(_))).then_some(Self { shift: true, ..chord });
        }
        if let Some(rest) = text.strip_prefix("Alt-") {
            return Some(Self { alt: true, ..Self::parse(rest)? });
        }
        if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Some(Self::plain(*code));
        }
        let mut chars = text.chars();
        match (chars.next()?, chars.as_str()) {
            (c, "") => Some(Self::char(c)),
            ('F', number) => {
                number.parse().ok().filter(|n| (1..=24).contains(n)).map(Code::F).map(Self::plain)
            }
            _ => None,
        }
    }

    /// Whether it is a key without any modifier: what a finger may hit in passing.
    #[must_use]
    pub fn is_bare(self) -> bool {
        let modified = self.ctrl || self.alt || self.shift;
        !modified
            && !matches!(self.code, Code::F(_))
            && !matches!(self.code, Code::Char(c) if c.is_uppercase())
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if self.ctrl {
            text.push_str("Ctrl-");
        }
        if self.alt {
            text.push_str("Alt-");
        }
        if self.shift {
            text.push_str("S-");
        }
        let name = NAMES.iter().find(|(name, code)| *code == self.code && *name != "Minus");
        match (name, self.code) {
            (Some((name, _)), _) => text.push_str(name),
            (None, Code::Char(c)) => text.push(c),
            (None, Code::F(n)) => text.push_str(&format!("F{n}")),
            (None, _) => {}
        }
        f.pad(&text)
    }
}

/// One or two keys pressed after each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Strokes(pub Vec<Chord>);

impl Strokes {
    /// Reads `"g p"` or `"x"`. `None` if a part is no key or there are not one or two.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let chords: Option<Vec<_>> = text.split(' ').map(Chord::parse).collect();
        chords.filter(|c| (1..=2).contains(&c.len())).map(Self)
    }
}

impl fmt::Display for Strokes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(Chord::to_string).collect();
        f.pad(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_and_write_as_the_same_text() {
        for text in ["b", "B", "Ctrl-u", "S-Tab", "F8", "Space", "g p", "g *", "-", "Enter", "Del", "Alt-x"] {
            assert_eq!(Strokes::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "F25", "F0", "S-b", "Hyper-x", "g g g", "bb"] {
            assert_eq!(Strokes::parse(bad), None, "{bad}");
        }
    }
}
