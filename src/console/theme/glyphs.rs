//! Lines, blocks and marks, with a plain form for terminals that are not UTF-8.

/// The marks the screen uses. Each is one cell wide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// A rule.
    pub rule: &'static str,
    /// A rule downwards.
    pub bar: &'static str,
    /// Higher.
    pub up: &'static str,
    /// Lower.
    pub down: &'static str,
    /// The chosen one of several.
    pub chosen: &'static str,
    /// Points to the left.
    pub left: &'static str,
    /// Points to the right.
    pub right: &'static str,
    /// Nothing yet.
    pub dot: &'static str,
    /// Eight heights of a block, lowest first.
    pub blocks: [&'static str; 8],
    /// A place on a time line.
    pub here: &'static str,
    /// A bar of a gauge, filled.
    pub full: &'static str,
    /// A bar of a gauge, empty.
    pub empty: &'static str,
    /// Whether the dots of Braille can be shown.
    pub braille: bool,
}

impl Glyphs {
    /// For terminals that are UTF-8.
    pub const UNICODE: Self = Self {
        rule: "─",
        bar: "│",
        up: "▲",
        down: "▼",
        chosen: "►",
        left: "◄",
        right: "►",
        dot: "·",
        blocks: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        here: "█",
        full: "█",
        empty: "░",
        braille: true,
    };

    /// For all others.
    pub const ASCII: Self = Self {
        rule: "-",
        bar: "|",
        up: "^",
        down: "v",
        chosen: ">",
        left: "<",
        right: ">",
        dot: ".",
        blocks: ["_", ".", ".", "-", "-", "=", "+", "#"],
        here: "#",
        full: "#",
        empty: ".",
        braille: false,
    };

    /// By what the locale says (`LC_ALL`, else `LC_CTYPE`, else `LANG`).
    #[must_use]
    pub fn from_locale(locale: Option<&str>) -> Self {
        let utf8 = locale.is_some_and(|l| {
            let lower = l.to_ascii_lowercase();
            lower.contains("utf-8") || lower.contains("utf8")
        });
        if utf8 { Self::UNICODE } else { Self::ASCII }
    }
}
