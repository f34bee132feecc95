//! Keys as this program sees them, whatever terminal or wire they came from.
//!
//! Every backend turns its own events into a [`Key`], so that all of them share one keymap. Time
//! comes with the key: nothing in this room asks a clock.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A moment on a terminal's own clock: milliseconds since it was opened. Never goes back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Moment(pub u64);

impl Moment {
    /// Milliseconds from `earlier` to this; 0 if it is later.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Which key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Code {
    /// A key that makes a character, as it comes out (`B` is Shift and b).
    Char(char),
    /// A function key, from 1.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
}

/// A key with the modifiers that count. Shift is part of a character and counts only elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Chord {
    /// Which key.
    pub code: Code,
    /// With Ctrl.
    pub ctrl: bool,
    /// With Shift, on keys that make no character.
    pub shift: bool,
    /// With Alt. Never bound: over a slow link it arrives as Esc and a letter.
    pub alt: bool,
}

impl Chord {
    /// A key alone.
    #[must_use]
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, shift: false, alt: false }
    }

    /// A character.
    #[must_use]
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A letter with Ctrl.
    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true, shift: false, alt: false }
    }

    /// The character it types into a field, if it types one.
    #[must_use]
    pub const fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

/// One press of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// Which.
    pub chord: Chord,
    /// The terminal says that it is held down rather than pressed.
    pub repeat: bool,
    /// When it arrived.
    pub at: Moment,
}

impl Key {
    /// A press.
    #[must_use]
    pub const fn press(chord: Chord, at: Moment) -> Self {
        Self { chord, repeat: false, at }
    }

    /// From a terminal event; `None` for a release or a key this program never uses.
    #[must_use]
    pub fn from_crossterm(event: &KeyEvent, at: Moment) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let code = code_of(event.code)?;
        let shift = event.modifiers.contains(KeyModifiers::SHIFT) || event.code == KeyCode::BackTab;
        let chord = Chord {
            code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            shift: shift && !matches!(code, Code::Char(_)),
            alt: event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::META),
        };
        Some(Self { chord: as_sent(chord), repeat: event.kind == KeyEventKind::Repeat, at })
    }
}

fn code_of(code: KeyCode) -> Option<Code> {
    Some(match code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(n) => Code::F(n),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab | KeyCode::BackTab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        _ => return None,
    })
}

/// `Ctrl-h i j m [` are Backspace, Tab, Enter, Enter and Esc on the wire; a terminal that tells
/// them apart must not make them mean something else.
fn as_sent(chord: Chord) -> Chord {
    let Code::Char(c) = chord.code else { return chord };
    if !chord.ctrl {
        return chord;
    }
    match c.to_ascii_lowercase() {
        'h' => Chord::plain(Code::Backspace),
        'i' => Chord::plain(Code::Tab),
        'j' | 'm' => Chord::plain(Code::Enter),
        '[' => Chord::plain(Code::Esc),
        lower => Chord { code: Code::Char(lower), ..chord },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_sends() {
        let ctrl = KeyModifiers::CONTROL;
        for (code, modifiers, want) in [
            (KeyCode::Char('b'), KeyModifiers::NONE, Chord::char('b')),
            (KeyCode::Char('B'), KeyModifiers::SHIFT, Chord::char('B')),
            (KeyCode::Char('h'), ctrl, Chord::plain(Code::Backspace)),
            (KeyCode::Char('m'), ctrl, Chord::plain(Code::Enter)),
            (KeyCode::Char('['), ctrl, Chord::plain(Code::Esc)),
            (KeyCode::Char('U'), ctrl | KeyModifiers::SHIFT, Chord::ctrl('u')),
            (KeyCode::BackTab, KeyModifiers::SHIFT, Chord { shift: true, ..Chord::plain(Code::Tab) }),
            (KeyCode::F(8), KeyModifiers::NONE, Chord::plain(Code::F(8))),
        ] {
            let key = Key::from_crossterm(&KeyEvent::new(code, modifiers), Moment(1)).unwrap();
            assert_eq!(key.chord, want, "{code:?}");
        }
        let release = KeyEvent::new_with_kind(KeyCode::Char('y'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(Key::from_crossterm(&release, Moment(1)), None);
    }
}
