//! Letters by position: what a Nepali keyboard sends where a key is bound.
//!
//! Two layouts are common and the same letter sits on different keys, so which one is read is a
//! setting of `keys.toml`. Both tables are those of the published layouts (xkeyboard-config `np`,
//! the Keyman layouts after Madan Puraskar Pustakalaya); where two editions differ, both are read.
//!
//! A key of the traditional layout may send several characters at once, which arrive together:
//! `!` sends three. They are joined before anything is looked up, so that stop and `X` do not become
//! the first letter of what they send.

use crate::console::input::{Chord, Code, Key};

/// Which Nepali layout the letters are read by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NepaliLayout {
    /// Letters where they sound alike: ब on `b`.
    #[default]
    Romanised,
    /// The typewriter's order.
    Traditional,
}

impl NepaliLayout {
    /// By its name in `keys.toml`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "romanised" => Some(Self::Romanised),
            "traditional" => Some(Self::Traditional),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Romanised => "romanised",
            Self::Traditional => "traditional",
        }
    }

    const fn rows(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Romanised => ROMANISED,
            Self::Traditional => TRADITIONAL,
        }
    }

    const fn joins(self) -> &'static [(char, &'static str)] {
        match self {
            Self::Romanised => &[],
            Self::Traditional => JOINED,
        }
    }

    /// The character that the same key sends on a Latin keyboard; `None` for a character that is
    /// not on this layout.
    #[must_use]
    pub fn latin(self, c: char) -> Option<char> {
        if let Some(digit) = (c as u32).checked_sub(0x0966).filter(|d| *d < 10) {
            return char::from_digit(digit, 10);
        }
        self.rows().iter().find_map(|(latin, nepali)| {
            latin.chars().zip(nepali.chars()).find(|(_, n)| *n == c).map(|(l, _)| l)
        })
    }

    /// Keys that arrived together, with those that are one press of one key joined into what that
    /// key is on a Latin keyboard. The longest that fits is taken.
    #[must_use]
    pub fn joined(self, keys: Vec<Key>) -> Vec<Key> {
        if keys.len() < 2 || self.joins().is_empty() {
            return keys;
        }
        let sent: Vec<Option<char>> = keys.iter().map(|key| key.chord.typed()).collect();
        let mut out = Vec::with_capacity(keys.len());
        let mut at = 0;
        while let Some(key) = keys.get(at) {
            let rest = sent.get(at..).unwrap_or_default();
            let fits = |text: &str| {
                text.chars().count() <= rest.len() && text.chars().zip(rest).all(|(c, s)| *s == Some(c))
            };
            let found = self.joins().iter().filter(|(_, text)| fits(text));
            match found.max_by_key(|(_, text)| text.chars().count()) {
                Some((latin, text)) => {
                    out.push(Key { chord: Chord { code: Code::Char(*latin), ..key.chord }, ..*key });
                    at += text.chars().count();
                }
                None => {
                    out.push(*key);
                    at += 1;
                }
            }
        }
        out
    }
}

/// Whether a character comes from a Nepali layout.
#[must_use]
pub fn is_devanagari(c: char) -> bool {
    matches!(c, '\u{0900}'..='\u{097F}' | '\u{200C}' | '\u{200D}')
}

const ROMANISED: &[(&str, &str)] = &[
    ("qwertyuiop[]", "ट\u{094C}\u{0947}रतय\u{0941}\u{093F}\u{094B}पइए"),
    ("QWERTYUIOP{}", "ठऔ\u{0948}\u{0943}थञ\u{0942}\u{0940}ओफईऐ"),
    ("asdfghjkl", "\u{093E}सदउगहजकल"),
    ("ASDFGHJKLL", "आशधऊघअझख॥ळ"),
    ("zxcvbnm", "षडचवबनम"),
    ("ZXCVBNM", "ऋढछ\u{0901}भण\u{0902}"),
    ("<./\\|+=", "ङ।\u{094D}ॐ\u{0903}\u{200C}\u{200D}"),
];

const TRADITIONAL: &[(&str, &str)] = &[
    ("@#%^&*()_+-", "ईघछटठडढणओ\u{0902}औ"),
    ("wertyuiop[]}", "धभचतथगषयउ\u{0943}\u{0947}\u{0948}"),
    ("asdfghjkl;'\"", "बकम\u{093E}नजवप\u{093F}स\u{0941}\u{0942}"),
    ("zxcvbnmm./", "शहअखदल\u{0903}\u{200C}।र"),
    ("EUOPAFHJKLCVB", "ऐऊइएआ\u{0901}झ\u{094B}फ\u{0940}ऋॐ\u{094C}"),
    ("`\\<,", "ञ\u{094D}ङऽ"),
];

/// Keys of the traditional layout that send several characters: those of one edition are the half
/// letters, those of the other whole pairs.
const JOINED: &[(char, &str)] = &[
    ('!', "ज\u{094D}ञ"),
    ('$', "द\u{094D}ध"),
    ('q', "त\u{094D}र"),
    ('Q', "त\u{094D}त"),
    ('I', "क\u{094D}ष"),
    ('>', "श\u{094D}र"),
    ('?', "र\u{0941}"),
    ('[', "न\u{094D}\u{200D}"),
    ('W', "ध\u{094D}"),
    ('W', "ड\u{094D}ढ"),
    ('R', "च\u{094D}"),
    ('R', "द\u{094D}व"),
    ('T', "त\u{094D}"),
    ('T', "ट\u{094D}ट"),
    ('Y', "थ\u{094D}"),
    ('Y', "ठ\u{094D}ठ"),
    ('S', "क\u{094D}"),
    ('S', "ङ\u{094D}क"),
    ('D', "म\u{094D}"),
    ('D', "ङ\u{094D}ग"),
    ('G', "न\u{094D}"),
    ('G', "द\u{094D}द"),
    (':', "स\u{094D}"),
    (':', "ट\u{094D}ठ"),
    ('Z', "श\u{094D}"),
    ('Z', "क\u{094D}क"),
    ('X', "ह\u{094D}"),
    ('X', "ह\u{094D}य"),
    ('N', "ल\u{094D}"),
    ('N', "द\u{094D}य"),
    ('M', "ड\u{094D}ड"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::input::Moment;
    use crate::console::keymap::{Strokes, TABLE};

    #[test]
    fn letters_by_position() {
        use NepaliLayout::{Romanised, Traditional};
        for (layout, nepali, latin) in [
            (Romanised, 'ब', Some('b')),
            (Traditional, 'द', Some('b')),
            (Romanised, 'स', Some('s')),
            (Traditional, 'क', Some('s')),
            (Romanised, 'ड', Some('x')),
            (Romanised, 'ढ', Some('X')),
            (Traditional, 'ह', Some('x')),
            (Romanised, 'य', Some('y')),
            (Traditional, 'थ', Some('y')),
            (Romanised, '५', Some('5')),
            (Traditional, '०', Some('0')),
            (Traditional, 'ड', Some('*')),
            (Traditional, 'फ', Some('K')),
            (Romanised, '\u{200C}', Some('+')),
            (Traditional, 'ट', Some('^')),
            (Romanised, 'ॡ', None),
            (Romanised, 'b', None),
        ] {
            assert_eq!(layout.latin(nepali), latin, "{layout:?} {nepali}");
        }
        for layout in [Romanised, Traditional] {
            for (latin, nepali) in layout.rows() {
                assert_eq!(latin.chars().count(), nepali.chars().count(), "{latin}");
                assert!(nepali.chars().all(is_devanagari), "{nepali}");
            }
            let mut seen = std::collections::BTreeSet::new();
            for c in layout.rows().iter().flat_map(|(_, nepali)| nepali.chars()) {
                assert!(seen.insert(c), "{layout:?}: {c} is on two keys");
            }
        }
    }

    fn typed(layout: NepaliLayout, text: &str) -> String {
        let press = |c| Key::press(Chord::char(c), Moment(7));
        let keys = layout.joined(text.chars().map(press).collect());
        let of = |key: &Key| key.chord.typed().map(|c| layout.latin(c).unwrap_or(c));
        keys.iter().filter_map(of).collect()
    }

    #[test]
    fn a_key_that_sends_several_characters_is_one_key() {
        use NepaliLayout::{Romanised, Traditional};
        for (layout, sent, want) in [
            (Traditional, "ज\u{094D}ञ", "!"),
            (Traditional, "ह\u{094D}", "X"),
            (Traditional, "ह\u{094D}य", "X"),
            (Traditional, "ह", "x"),
            (Traditional, "क\u{094D}ह", "Sx"),
            (Traditional, "द\u{094D}धथ", "$y"),
            (Traditional, "त\u{094D}रत", "qt"),
            (Romanised, "ह\u{094D}", "h/"),
            (Traditional, "", ""),
        ] {
            assert_eq!(typed(layout, sent), want, "{layout:?} {sent}");
        }
    }

    /// Every key that the table binds can be reached on both layouts: as itself, where the layout
    /// leaves it alone, or by what its key sends.
    #[test]
    fn every_bound_key_is_reached() {
        use NepaliLayout::{Romanised, Traditional};
        // What a layout sends as it is on a Latin keyboard.
        let same = |layout: NepaliLayout| match layout {
            Romanised => "!?:;'*()- ",
            Traditional => "? ",
        };
        for layout in [Romanised, Traditional] {
            let by_rows = layout.rows().iter().flat_map(|(latin, _)| latin.chars());
            let by_joins = layout.joins().iter().map(|(latin, _)| *latin);
            let reached: String = by_rows.chain(by_joins).chain(same(layout).chars()).collect();
            for key in TABLE.iter().flat_map(|b| b.keys).flat_map(|keys| Strokes::parse(keys).unwrap().0) {
                let Some(c) = key.typed().filter(|c| !c.is_ascii_digit()) else { continue };
                // The romanised layout sends a full stop there, as its own `.` key does not.
                let known = (layout, c) == (Romanised, '>');
                assert!(known || reached.contains(c), "{layout:?} has no key for {c}");
            }
        }
    }
}
