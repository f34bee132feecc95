//! Letters by position: what a Nepali keyboard sends where a key is bound.
//!
//! Two layouts are common and the same letter sits on different keys, so which one is read is a
//! setting of `keys.toml`. Keys that send several characters at once (some conjuncts of the
//! traditional layout) have no single position and are left alone.

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
}

/// Whether a character comes from a Nepali layout.
#[must_use]
pub fn is_devanagari(c: char) -> bool {
    ('\u{0900}'..='\u{097F}').contains(&c)
}

const ROMANISED: &[(&str, &str)] = &[
    ("qwertyuiop[]", "ट\u{094C}\u{0947}रतय\u{0941}\u{093F}\u{094B}पइए"),
    ("QWERTYUIOP{}", "ठऔ\u{0948}\u{0943}थञ\u{0942}\u{0940}ओफईऐ"),
    ("asdfghjkl", "\u{093E}सदउगहजकल"),
    ("ASDFGHJKL", "आशधऊघअझखळ"),
    ("zxcvbnm", "षडचवबनम"),
    ("ZXCVBNM", "ऋढछ\u{0901}भण\u{0902}"),
    ("<./", "ङ।\u{094D}"),
];

const TRADITIONAL: &[(&str, &str)] = &[
    ("wertyuiop[]", "धभचतथगषयउ\u{0943}\u{0947}"),
    ("asdfghjkl;'", "बकम\u{093E}नजवप\u{093F}स\u{0941}"),
    ("zxcvbnm./", "शहअखदलफ।र"),
    ("EUOPAFHJLCVB", "ऐऊइएआ\u{0901}झ\u{094B}\u{0940}ऋॐ\u{094C}"),
];

#[cfg(test)]
mod tests {
    use super::*;

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
            (Traditional, 'ड', None),
            (Romanised, 'b', None),
        ] {
            assert_eq!(layout.latin(nepali), latin, "{layout:?} {nepali}");
        }
        for layout in [Romanised, Traditional] {
            for (latin, nepali) in layout.rows() {
                assert_eq!(latin.chars().count(), nepali.chars().count(), "{latin}");
                assert!(nepali.chars().all(is_devanagari), "{nepali}");
            }
        }
    }
}
