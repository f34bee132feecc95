//! Colours, and what a terminal can show of them.

use ratatui::style::{Color, Style};

/// How many colours a terminal has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ColorDepth {
    /// None: attributes only.
    None,
    /// The sixteen of old.
    Sixteen,
    /// The 256 of xterm.
    Palette,
    /// Red, green and blue of eight bits.
    True,
}

/// The sixteen colours as most terminals show them.
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The steps of the 6x6x6 cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl ColorDepth {
    /// What an environment says: `NO_COLOR` set and not empty is none, whatever the terminal.
    #[must_use]
    pub fn from_env(no_color: Option<&str>, colorterm: Option<&str>, term: Option<&str>) -> Self {
        if no_color.is_some_and(|v| !v.is_empty()) {
            return Self::None;
        }
        let term = term.unwrap_or_default();
        if colorterm.is_some_and(|v| v.contains("truecolor") || v.contains("24bit")) {
            Self::True
        } else if term.contains("256color") || term.contains("kitty") || term.contains("alacritty") {
            Self::Palette
        } else if term.is_empty() || term == "dumb" || term.ends_with("-m") || term.contains("mono") {
            Self::None
        } else {
            Self::Sixteen
        }
    }

    /// A style in the colours there are.
    #[must_use]
    pub fn reduce(self, style: Style) -> Style {
        Style { fg: style.fg.and_then(|c| self.color(c)), bg: style.bg.and_then(|c| self.color(c)), ..style }
    }

    fn color(self, color: Color) -> Option<Color> {
        let Color::Rgb(r, g, b) = color else { return (self != Self::None).then_some(color) };
        match self {
            Self::None => None,
            Self::True => Some(color),
            Self::Palette => Some(Color::Indexed(palette([r, g, b]))),
            Self::Sixteen => Some(sixteen([r, g, b])),
        }
    }
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(y)).pow(2)).sum()
}

/// The one of the sixteen that says the same: a pale colour keeps its hue, though a grey be nearer. Rise and
/// fall in two greys would be no colours.
fn sixteen(rgb: [u8; 3]) -> Color {
    let (most, least) = (rgb.into_iter().max().unwrap_or(0), rgb.into_iter().min().unwrap_or(0));
    let chroma = u32::from(most - least);
    if most < DARK || chroma * 4 < u32::from(most) {
        let nearest = SIXTEEN.iter().min_by_key(|(_, other)| distance(*other, rgb));
        return nearest.map_or(Color::White, |(color, _)| *color);
    }
    let bright = most >= 230 || u32::from(most) + u32::from(least) > 256;
    let full = rgb.map(|c| (u32::from(c - least) * 255).checked_div(chroma).unwrap_or(0) as u8);
    let hues = SIXTEEN.iter().skip(if bright { 9 } else { 1 }).take(6);
    let pure = |other: [u8; 3]| other.map(|c| if c >= 205 { 255 } else { 0 });
    hues.min_by_key(|(_, other)| distance(pure(*other), full)).map_or(Color::White, |(color, _)| *color)
}

/// Below it a colour is so dark that its hue hardly shows.
const DARK: u8 = 110;

/// The nearest of the 240 fixed colours.
fn palette(rgb: [u8; 3]) -> u8 {
    let cube = (16u8..=231).zip((0usize..216).map(|i| {
        let step = |n: usize| CUBE.get(n % 6).copied().unwrap_or(255);
        [step(i / 36), step(i / 6), step(i)]
    }));
    let greys = (232u8..=255).zip((0u8..24).map(|i| [8 + 10 * i; 3]));
    cube.chain(greys).min_by_key(|(_, c)| distance(*c, rgb)).map_or(15, |(index, _)| index)
}

/// Reads `#rrggbb`.
pub(super) fn parse(text: &str) -> Option<Color> {
    let hex = text.strip_prefix('#').filter(|h| h.len() == 6 && h.is_ascii())?;
    let part = |from: usize| u8::from_str_radix(hex.get(from..from + 2)?, 16).ok();
    Some(Color::Rgb(part(0)?, part(2)?, part(4)?))
}

/// How well a style can be read, 1 to 21, as the accessibility guidelines count it; `None` unless
/// both its colours are known.
#[must_use]
pub fn contrast(style: Style) -> Option<f64> {
    let (a, b) = (luminance(style.fg?)?, luminance(style.bg?)?);
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

fn luminance(color: Color) -> Option<f64> {
    let Color::Rgb(r, g, b) = color else { return None };
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    Some(0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_reduce_to_the_nearest() {
        let red = Color::Rgb(250, 10, 5);
        for (depth, want) in [
            (ColorDepth::True, Some(red)),
            (ColorDepth::Palette, Some(Color::Indexed(196))),
            (ColorDepth::Sixteen, Some(Color::LightRed)),
            (ColorDepth::None, None),
        ] {
            assert_eq!(depth.color(red), want);
        }
        assert_eq!(palette([8, 8, 8]), 232);
        assert_eq!(contrast(Style::new().fg(Color::Rgb(255, 255, 255)).bg(Color::Rgb(0, 0, 0))), Some(21.0));
    }

    #[test]
    fn a_pale_colour_keeps_its_hue_among_sixteen() {
        for (rgb, want) in [
            ([0x6f, 0xd5, 0x8f], Color::LightGreen),
            ([0xff, 0x8a, 0x80], Color::LightRed),
            ([0x7f, 0xb6, 0xff], Color::LightBlue),
            ([0xff, 0xe0, 0x8a], Color::LightYellow),
            ([0xd9, 0xa7, 0xff], Color::LightMagenta),
            ([0x4f, 0xd0, 0xc8], Color::LightCyan),
            ([0xb3, 0x26, 0x1e], Color::Red),
            ([0x0b, 0x4f, 0x9e], Color::Blue),
            ([0x8b, 0x97, 0xa5], Color::DarkGray),
            ([0xd5, 0xdc, 0xe4], Color::Gray),
            ([0x10, 0x15, 0x1c], Color::Black),
        ] {
            assert_eq!(sixteen(rgb), want, "{rgb:02x?}");
        }
    }

    #[test]
    fn what_the_environment_says() {
        for (no_color, colorterm, term, want) in [
            (Some("1"), Some("truecolor"), Some("xterm-256color"), ColorDepth::None),
            (Some(""), Some("truecolor"), Some("xterm"), ColorDepth::True),
            (None, None, Some("screen-256color"), ColorDepth::Palette),
            (None, None, Some("linux"), ColorDepth::Sixteen),
            (None, None, Some("dumb"), ColorDepth::None),
            (None, None, None, ColorDepth::None),
        ] {
            assert_eq!(ColorDepth::from_env(no_color, colorterm, term), want, "{term:?}");
        }
    }
}
