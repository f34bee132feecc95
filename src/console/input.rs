//! Keys as this program sees them, whatever terminal or wire they came from.
//!
//! Every backend turns what it receives into a [`Key`] ([`super::backend::keyboard`]), so that all of
//! them share one keymap. Time comes with the key: nothing in this room asks a clock.

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

    /// `Ctrl-h i j m [` are Backspace, Tab, Enter, Enter and Esc on the wire; a terminal that tells
    /// them apart must not make them mean something else.
    #[must_use]
    pub const fn as_sent(self) -> Self {
        let Code::Char(c) = self.code else { return self };
        if !self.ctrl {
            return self;
        }
        match c.to_ascii_lowercase() {
            'h' => Self::plain(Code::Backspace),
            'i' => Self::plain(Code::Tab),
            'j' | 'm' => Self::plain(Code::Enter),
            '[' => Self::plain(Code::Esc),
            lower => Self { code: Code::Char(lower), ..self },
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
}

/// What a mouse did, where the terminal was asked to say: column and row from the upper left corner, both
/// from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pointer {
    /// The first button was pressed.
    Click(u16, u16),
    /// The wheel was turned towards the person: down.
    WheelDown(u16, u16),
    /// The wheel was turned away: up.
    WheelUp(u16, u16),
}
