//! Theme files: `name`, and under `[roles]` one table for each role.
//!
//! A role has `fg` and `bg` (`"#rrggbb"` or `"none"`) and the attributes `bold`, `dim`,
//! `underline`, `reverse` and `crossed`. A colour that is not given is that of `text`.

use std::ops::Range;

use ratatui::style::{Color, Modifier, Style};
use toml::de::{DeTable, DeValue};

use super::{Role, color};
use crate::console::error::{ConfigError, ConfigFault, line_of};

type Fault = (Range<usize>, ConfigFault);

const ATTRIBUTES: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("crossed", Modifier::CROSSED_OUT),
];

/// The name and the styles of a theme.
pub(super) fn styles(file: &str, text: &str) -> Result<(String, [Style; Role::ALL.len()]), ConfigError> {
    let fault =
        |(span, fault): Fault| ConfigError { file: file.to_owned(), line: line_of(text, span.start), fault };
    let parsed = DeTable::parse(text)
        .map_err(|e| fault((e.span().unwrap_or_default(), ConfigFault::NotToml(e.message().to_owned()))))?;
    let mut name = file.to_owned();
    let mut given: Vec<(Role, Style)> = Vec::new();
    for (key, value) in parsed.get_ref() {
        let wrong = |wanted| ConfigFault::WrongKind { name: key.get_ref().to_string(), wanted };
        match key.get_ref().as_ref() {
            "name" => {
                let text = value.get_ref().as_str().ok_or_else(|| fault((value.span(), wrong("a text"))))?;
                text.clone_into(&mut name);
            }
            "roles" => {
                let table = value.get_ref().as_table();
                let table = table.ok_or_else(|| fault((value.span(), wrong("a table"))))?;
                given = roles(table).map_err(fault)?;
            }
            other => return Err(fault((key.span(), ConfigFault::UnknownName(other.to_owned())))),
        }
    }
    let of = |role: Role| given.iter().find(|(r, _)| *r == role).map(|(_, style)| *style);
    let base = of(Role::Text).unwrap_or_default();
    let mut styles = [base; Role::ALL.len()];
    for ((role, role_name), slot) in Role::ALL.into_iter().zip(&mut styles) {
        let style = of(role).ok_or_else(|| fault((0..0, ConfigFault::MissingRole(role_name))))?;
        *slot = Style { fg: style.fg.or(base.fg), bg: style.bg.or(base.bg), ..style };
    }
    Ok((name, styles))
}

fn roles(table: &DeTable<'_>) -> Result<Vec<(Role, Style)>, Fault> {
    let mut out = Vec::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let unknown = || (key.span(), ConfigFault::UnknownName(name.to_owned()));
        let (role, _) = Role::ALL.into_iter().find(|(_, n)| *n == name).ok_or_else(unknown)?;
        let wrong = || (value.span(), ConfigFault::WrongKind { name: name.to_owned(), wanted: "a table" });
        out.push((role, style(value.get_ref().as_table().ok_or_else(wrong)?)?));
    }
    Ok(out)
}

fn style(table: &DeTable<'_>) -> Result<Style, Fault> {
    let mut style = Style::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if let "fg" | "bg" = name {
            let color = read_color(value.get_ref()).map_err(|fault| (value.span(), fault))?;
            if name == "fg" {
                style.fg = color;
            } else {
                style.bg = color;
            }
            continue;
        }
        let Some((_, modifier)) = ATTRIBUTES.iter().find(|(n, _)| *n == name) else {
            return Err((key.span(), ConfigFault::UnknownName(name.to_owned())));
        };
        let wrong = ConfigFault::WrongKind { name: name.to_owned(), wanted: "true or false" };
        if value.get_ref().as_bool().ok_or((value.span(), wrong))? {
            style = style.add_modifier(*modifier);
        }
    }
    Ok(style)
}

fn read_color(value: &DeValue<'_>) -> Result<Option<Color>, ConfigFault> {
    let text = value.as_str().unwrap_or_default();
    match text {
        "none" => Ok(None),
        _ => color::parse(text).map(Some).ok_or_else(|| ConfigFault::UnknownColour(text.to_owned())),
    }
}
