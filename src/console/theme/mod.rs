//! What things look like, by role. A pane names a role and never a colour.
//!
//! Five themes come with the program; a file of the same form in the configuration folder is a
//! sixth. Colours are reduced to what the terminal can show, and every role is told apart without
//! colour too: by its place, its mark, or an attribute.

mod color;
mod glyphs;
mod load;

pub use color::{ColorDepth, contrast};
pub use glyphs::Glyphs;

use ratatui::style::{Modifier, Style};

use super::error::ConfigError;

/// What a stretch of text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Of less weight: units, old figures.
    Dim,
    /// Rules between panes.
    Rule,
    /// Names of panes.
    Title,
    /// The name of the focused pane.
    Focus,
    /// The row under the cursor.
    Selected,
    /// Higher than before.
    Up,
    /// Lower than before.
    Down,
    /// Bids.
    Bid,
    /// Asks.
    Ask,
    /// Ours.
    Own,
    /// Look when you can.
    Warn,
    /// Look now.
    Alarm,
    /// As it should be, where that has to be said.
    Good,
    /// The word LIVE.
    Live,
    /// The word SIM.
    Sim,
    /// The word PAPER.
    Paper,
    /// The word REPLAY.
    Replay,
    /// The word DRILL.
    Drill,
    /// A prompt.
    Prompt,
    /// The name of a key.
    Key,
    /// What is no longer there.
    Gone,
    /// The line of a chart.
    Chart,
    /// A probability of stress below the level.
    Calm,
    /// A probability of stress above the level.
    Stress,
}

impl Role {
    /// Every role with its name in a theme file.
    pub const ALL: [(Self, &'static str); 25] = [
        (Self::Text, "text"),
        (Self::Dim, "dim"),
        (Self::Rule, "rule"),
        (Self::Title, "title"),
        (Self::Focus, "focus"),
        (Self::Selected, "selected"),
        (Self::Up, "up"),
        (Self::Down, "down"),
        (Self::Bid, "bid"),
        (Self::Ask, "ask"),
        (Self::Own, "own"),
        (Self::Warn, "warn"),
        (Self::Alarm, "alarm"),
        (Self::Good, "good"),
        (Self::Live, "live"),
        (Self::Sim, "sim"),
        (Self::Paper, "paper"),
        (Self::Replay, "replay"),
        (Self::Drill, "drill"),
        (Self::Prompt, "prompt"),
        (Self::Key, "key"),
        (Self::Gone, "gone"),
        (Self::Chart, "chart"),
        (Self::Calm, "calm"),
        (Self::Stress, "stress"),
    ];
}

/// The themes that come with the program.
pub const EMBEDDED: [(&str, &str); 5] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../themes/colour-blind.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
];

/// A theme as the terminal can show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theme {
    name: String,
    styles: [Style; Role::ALL.len()],
    /// The same on the row under the cursor.
    lit: [Style; Role::ALL.len()],
    glyphs: Glyphs,
}

/// What a role's colour must reach on the row under the cursor; below it the row's own is written.
const LIT_CONTRAST: f64 = 4.5;

impl Theme {
    /// One of the embedded themes; `None` if there is none of that name.
    #[must_use]
    pub fn embedded(name: &str, depth: ColorDepth, glyphs: Glyphs) -> Option<Self> {
        let (name, text) = EMBEDDED.iter().find(|(n, _)| *n == name)?;
        Some(Self::from_toml(name, text, depth, glyphs).expect("the embedded themes were tested"))
    }

    /// A theme from the text of a file.
    ///
    /// # Errors
    /// [`ConfigError`] with the line: not TOML, an unknown role, an unknown colour, a missing role.
    pub fn from_toml(file: &str, text: &str, depth: ColorDepth, glyphs: Glyphs) -> Result<Self, ConfigError> {
        let (name, styles) = load::styles(file, text)?;
        let base = styles.first().and_then(|s| s.bg);
        let reduced = styles.map(|style| {
            let marked = depth == ColorDepth::None && style.bg != base;
            let reduced = depth.reduce(style);
            if marked { reduced.add_modifier(Modifier::REVERSED) } else { reduced }
        });
        let row = styles.get(Role::Selected as usize).copied().unwrap_or_default();
        let lit = styles.map(|style| if style.bg == base { on_row(style, row) } else { style });
        let shows = depth.reduce(row).bg != reduced.first().and_then(|s| s.bg);
        let lit = if shows { lit.map(|style| depth.reduce(style)) } else { reduced };
        Ok(Self { name, styles: reduced, lit, glyphs })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The style of a role on the row under the cursor: the row's background, and the role's colour if it
    /// can be read there.
    #[must_use]
    pub fn lit(&self, role: Role) -> Style {
        self.lit.get(role as usize).copied().unwrap_or_default()
    }

    /// The same with the colours of higher and lower exchanged.
    #[must_use]
    pub fn with_red_rising(&self) -> Self {
        let mut turned = self.clone();
        turned.styles.swap(Role::Up as usize, Role::Down as usize);
        turned.lit.swap(Role::Up as usize, Role::Down as usize);
        turned
    }

    /// Lines and marks.
    #[must_use]
    pub const fn glyphs(&self) -> &Glyphs {
        &self.glyphs
    }
}

/// A style on the row under the cursor.
fn on_row(style: Style, row: Style) -> Style {
    let kept = Style { bg: row.bg, ..style };
    let reads = contrast(kept).is_none_or(|got| got >= LIT_CONTRAST);
    Style { fg: if reads { style.fg } else { row.fg }, ..kept }
}

impl Default for Theme {
    fn default() -> Self {
        Self::embedded("dark", ColorDepth::True, Glyphs::UNICODE).expect("the dark theme is embedded")
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;

    #[test]
    fn every_embedded_theme_can_be_read_on_its_background() {
        for (name, text) in EMBEDDED {
            let theme = Theme::from_toml(name, text, ColorDepth::True, Glyphs::UNICODE).unwrap();
            assert_eq!(theme.name(), name);
            for (role, role_name) in Role::ALL {
                let strict = name == "high-contrast";
                let least = match role {
                    Role::Rule if strict => 4.5,
                    Role::Rule => 2.0,
                    Role::Gone if !strict => 3.0,
                    _ if strict => 7.0,
                    _ => 4.5,
                };
                if let Some(got) = contrast(theme.style(role)) {
                    assert!(got >= least, "{name}: {role_name} has contrast {got:.2}, needs {least}");
                }
            }
        }
    }

    #[test]
    fn every_role_can_be_read_on_the_row_under_the_cursor() {
        for (name, text) in EMBEDDED {
            let theme = Theme::from_toml(name, text, ColorDepth::True, Glyphs::UNICODE).unwrap();
            let (base, row) = (theme.style(Role::Text).bg, theme.style(Role::Selected).bg);
            for (role, role_name) in Role::ALL {
                let lit = theme.lit(role);
                let own = theme.style(role).bg != base;
                assert_eq!(lit.bg, if own { theme.style(role).bg } else { row }, "{name}: {role_name}");
                let got = contrast(lit);
                assert!(got.is_none_or(|got| got >= 4.5), "{name}: {role_name} has {got:?} on the row");
            }
        }
    }

    #[test]
    fn rise_and_fall_are_colours_on_a_terminal_of_sixteen() {
        let greys = [Color::Black, Color::DarkGray, Color::Gray, Color::White];
        for (name, text) in EMBEDDED.into_iter().filter(|(name, _)| *name != "mono") {
            let theme = Theme::from_toml(name, text, ColorDepth::Sixteen, Glyphs::UNICODE).unwrap();
            for (a, b) in [(Role::Up, Role::Down), (Role::Bid, Role::Ask)] {
                let [a, b] = [a, b].map(|role| theme.style(role).fg.unwrap());
                assert!(a != b && !greys.contains(&a) && !greys.contains(&b), "{name}: {a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn every_kind_of_session_has_a_colour_of_its_own() {
        let words = [Role::Live, Role::Sim, Role::Paper, Role::Replay, Role::Drill];
        for (name, text) in EMBEDDED.into_iter().filter(|(name, _)| *name != "mono") {
            for depth in [ColorDepth::True, ColorDepth::Palette, ColorDepth::Sixteen] {
                let theme = Theme::from_toml(name, text, depth, Glyphs::UNICODE).unwrap();
                for (i, a) in words.iter().enumerate() {
                    for b in &words[i + 1..] {
                        let [one, other] = [a, b].map(|role| theme.style(*role).bg);
                        assert_ne!(one, other, "{name} {depth:?}: {a:?} and {b:?}");
                    }
                }
            }
        }
    }

    /// What a colour looks like where one kind of cone is missing (Viénot, Brettel and Mollon 1999, on
    /// linear light): red cones for protanopia, green ones for deuteranopia.
    fn seen_without(red_cones: bool, color: Color) -> Color {
        let Color::Rgb(r, g, b) = color else { panic!("{color:?} is no true colour") };
        let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
        let [r, g, b] = [r, g, b].map(linear);
        let mixed = if red_cones { 0.112_38 * r + 0.887_62 * g } else { 0.292_75 * r + 0.707_25 * g };
        let blue = if red_cones { 0.004_01 * r - 0.004_01 * g + b } else { -0.022_34 * r + 0.022_34 * g + b };
        let back = |c: f64| (c.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0).round() as u8;
        Color::Rgb(back(mixed), back(mixed), back(blue))
    }

    /// Blue against orange: far apart in blue, whatever the eye does with red and green. The mark beside
    /// the colour says the same to those who see none.
    #[test]
    fn rise_and_fall_are_told_apart_without_red_or_green_cones() {
        let (name, text) = EMBEDDED[3];
        let theme = Theme::from_toml(name, text, ColorDepth::True, Glyphs::UNICODE).unwrap();
        for (a, b) in [(Role::Up, Role::Down), (Role::Bid, Role::Ask), (Role::Calm, Role::Stress)] {
            let [a, b] = [a, b].map(|role| theme.style(role).fg.unwrap());
            for red_cones in [true, false] {
                let (Color::Rgb(r1, _, b1), Color::Rgb(r2, _, b2)) =
                    (seen_without(red_cones, a), seen_without(red_cones, b))
                else {
                    panic!("not true colours")
                };
                let apart = b1.abs_diff(b2).max(r1.abs_diff(r2));
                assert!(apart >= 96, "{a:?} and {b:?} are {apart} apart, red cones missing: {red_cones}");
            }
        }
    }

    #[test]
    fn a_rise_in_red_exchanges_two_roles_only() {
        let theme = Theme::default();
        let turned = theme.with_red_rising();
        assert_eq!(turned.style(Role::Up), theme.style(Role::Down));
        assert_eq!(turned.style(Role::Down), theme.style(Role::Up));
        for (role, name) in Role::ALL.into_iter().filter(|(r, _)| !matches!(r, Role::Up | Role::Down)) {
            assert_eq!(turned.style(role), theme.style(role), "{name}");
        }
    }

    #[test]
    fn faults_name_the_line() {
        let check = |text: &str| {
            let got = Theme::from_toml("mine.toml", text, ColorDepth::True, Glyphs::UNICODE);
            got.map(|_| ()).unwrap_err().to_string()
        };
        let (_, dark) = EMBEDDED[0];
        for (text, want) in [
            ("name = \"x\"\n", "mine.toml:1: the role `text` is missing"),
            ("name = \"x\"\n[roles]\nfoo = {}\n", "mine.toml:3: `foo` is not known"),
            (
                "name = \"x\"\n[roles]\ntext = { fg = \"teal\" }\n",
                "mine.toml:3: `teal` is not a colour: write \"#rrggbb\" or \"none\"",
            ),
            ("name = \"x\"\n[roles]\ntext = { shine = true }\n", "mine.toml:3: `shine` is not known"),
            ("name = \"x\"\n[roles]\ntext = { bold = 1 }\n", "mine.toml:3: `bold` must be true or false"),
        ] {
            assert_eq!(check(text), want);
        }
        let wrong = dark.replace("\"#", "\"?");
        assert!(check(&wrong).contains("is not a colour"));
    }

    #[test]
    fn no_colour_leaves_attributes_only() {
        for (name, text) in EMBEDDED {
            let theme = Theme::from_toml(name, text, ColorDepth::None, Glyphs::ASCII).unwrap();
            for (role, _) in Role::ALL {
                let style = theme.style(role);
                assert_eq!((style.fg, style.bg), (None, None), "{name}");
            }
            assert_ne!(theme.style(Role::Selected), theme.style(Role::Text), "{name}");
            assert_ne!(theme.style(Role::Alarm), theme.style(Role::Text), "{name}");
        }
    }
}
