//! Configuration files: read strictly, refused by file, line and key.
//!
//! What is not in the configuration folder comes from the defaults that the program embeds, so
//! that it works with no set-up at all. A file that is there must be right: an unknown key or a
//! value out of range is an error, not a shrug.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::console::Options;
use crate::console::size::{Size, SizeClass, SizeTable};
use crate::feed::day::{StartingAccount, StartingHolding};
use crate::market::{Money, Price, Qty, Symbol};

const ACCOUNT: &str = include_str!("../../config/account.toml");
const HIMAL: &str = include_str!("../../config/himal.toml");

/// A configuration file that is not right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}: {key}: {what}")]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key.
    pub key: String,
    /// What is wrong and what is allowed.
    pub what: String,
}

/// `himal.toml`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The name that commands are journaled under.
    pub operator: String,
    /// The theme.
    pub theme: String,
    /// The line that the theme is named on, with its file, for messages; `None` for the default.
    pub theme_place: Option<String>,
    /// How often a terminal is drawn at most.
    pub frames_per_second: u32,
    /// How long a manual order is kept inside before it leaves, in nanoseconds: 0 to 3 s.
    pub hold_ns: i64,
    /// Order sizes by what is traded.
    pub sizes: SizeTable,
    /// What `[screen]` chooses.
    pub screen: Options,
}

/// The text of a configuration file and how to name it in messages.
struct Source {
    file: String,
    text: String,
}

impl Source {
    /// `name` in the folder if it is there, else the embedded default.
    fn read(folder: Option<&Path>, name: &str, embedded: &str) -> Result<Self, ConfigError> {
        let path: Option<PathBuf> = folder.map(|f| f.join(name)).filter(|p| p.exists());
        let Some(path) = path else {
            return Ok(Self { file: format!("{name} (embedded)"), text: embedded.to_owned() });
        };
        let file = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self { file, text }),
            Err(e) => Err(ConfigError { file, line: 1, key: "file".to_owned(), what: e.to_string() }),
        }
    }

    fn parse<'de, T: Deserialize<'de>>(&'de self) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|e| {
            let at = e.span().map_or(0, |span| span.start);
            let before = self.text.get(..at).unwrap_or_default();
            let line = &self.text[before.rfind('\n').map_or(0, |n| n + 1)..];
            let key = line.split(['=', '\n']).next().unwrap_or_default().trim();
            self.error(at, key, e.message())
        })
    }

    fn line(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().matches('\n').count() + 1
    }

    /// `file:line` of a place in the text.
    fn place(&self, at: usize) -> String {
        format!("{}:{}", self.file, self.line(at))
    }

    fn error(&self, at: usize, key: &str, what: &str) -> ConfigError {
        let line = self.line(at);
        ConfigError { file: self.file.clone(), line, key: key.to_owned(), what: what.to_owned() }
    }

    fn refuse<T>(&self, value: &Spanned<T>, key: &str, what: &str) -> ConfigError {
        self.error(value.span().start, key, what)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    operator: Option<Spanned<String>>,
    theme: Option<Spanned<String>>,
    frames_per_second: Option<Spanned<i64>>,
    hold: Option<Spanned<f64>>,
    sizes: Option<BTreeMap<Spanned<String>, Spanned<toml::Value>>>,
    #[serde(default)]
    screen: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
}

impl Settings {
    /// Reads `himal.toml` of a folder, or the embedded one.
    ///
    /// # Errors
    /// [`ConfigError`] with file, line, key and what is allowed.
    pub fn read(folder: Option<&Path>) -> Result<Self, ConfigError> {
        let source = Source::read(folder, "himal.toml", HIMAL)?;
        let file: SettingsFile = source.parse()?;
        let default = Self {
            operator: "trainee".to_owned(),
            theme: "dark".to_owned(),
            theme_place: None,
            frames_per_second: 10,
            hold_ns: 0,
            sizes: SizeTable::default(),
            screen: Options::default(),
        };
        let operator = match &file.operator {
            Some(name) if name.get_ref().trim().is_empty() || name.get_ref().chars().count() > 16 => {
                return Err(source.refuse(name, "operator", "1 to 16 characters are allowed"));
            }
            Some(name) => name.get_ref().trim().to_owned(),
            None => default.operator,
        };
        let frames_per_second = match &file.frames_per_second {
            Some(n) if !(1..=60).contains(n.get_ref()) => {
                let what = format!("{} is out of range: 1 to 60 are allowed", n.get_ref());
                return Err(source.refuse(n, "frames_per_second", &what));
            }
            Some(n) => u32::try_from(*n.get_ref()).unwrap_or(default.frames_per_second),
            None => default.frames_per_second,
        };
        let hold_ns = match &file.hold {
            Some(s) if !(0.0..=3.0).contains(s.get_ref()) => {
                return Err(source.refuse(s, "hold", "0 to 3 seconds are allowed"));
            }
            // Milliseconds are as fine as anybody presses a key.
            Some(s) => (s.get_ref() * 1e3).round() as i64 * 1_000_000,
            None => default.hold_ns,
        };
        let sizes = match &file.sizes {
            Some(table) => sizes(&source, table)?,
            None => default.sizes,
        };
        let theme_place = file.theme.as_ref().map(|t| source.place(t.span().start));
        let theme = file.theme.map_or(default.theme, Spanned::into_inner);
        let screen = screen(&source, &file.screen)?;
        Ok(Self { operator, theme, theme_place, frames_per_second, hold_ns, sizes, screen })
    }
}

/// Most presets that one class takes: more do not fit beside the field.
const MOST_PRESETS: usize = 6;

/// The `[sizes]` table: presets by class over the built-in ones.
fn sizes(
    source: &Source,
    table: &BTreeMap<Spanned<String>, Spanned<toml::Value>>,
) -> Result<SizeTable, ConfigError> {
    let mut out = SizeTable::default();
    for (key, value) in table {
        let name = key.get_ref().as_str();
        let at = value.span().start;
        if name == "dear_from" {
            let price = value.get_ref().as_str().and_then(|text| Price::parse(text, 100).ok());
            let price = price.filter(|p| p.is_positive());
            out.dear_from =
                price.ok_or_else(|| source.error(at, name, "a price in quotes, above zero, is allowed"))?;
            continue;
        }
        let classes = SizeClass::ALL;
        let class = classes.iter().find(|(_, n)| *n == name).map(|(class, _)| *class).ok_or_else(|| {
            let names = classes.map(|(_, n)| n).join(", ");
            source.error(key.span().start, name, &format!("not a class: dear_from, {names} are allowed"))
        })?;
        out.presets.insert(class, presets(source, name, at, value.get_ref())?);
    }
    Ok(out)
}

fn presets(source: &Source, key: &str, at: usize, value: &toml::Value) -> Result<Vec<Size>, ConfigError> {
    let wanted = format!(
        "1 to {MOST_PRESETS} sizes in quotes are allowed, such as \"100\", \"2L\", \"50%\", \"3%adv\""
    );
    let list = value.as_array().filter(|l| (1..=MOST_PRESETS).contains(&l.len()));
    let list = list.ok_or_else(|| source.error(at, key, &wanted))?;
    list.iter()
        .map(|item| {
            let text = item.as_str().ok_or_else(|| source.error(at, key, &wanted))?;
            match Size::parse(text) {
                Ok(Size::Shares(..=0)) => {
                    Err(source.error(at, key, &format!("`{text}` is no size above zero")))
                }
                Ok(size) => Ok(size),
                Err(why) => Err(source.error(at, key, &why)),
            }
        })
        .collect()
}

/// The choices of `[screen]`: words, or true and false for on and off.
fn screen(
    source: &Source,
    table: &BTreeMap<Spanned<String>, Spanned<toml::Value>>,
) -> Result<Options, ConfigError> {
    let mut options = Options::default();
    for (name, value) in table {
        let word = match value.get_ref() {
            toml::Value::String(word) => word.as_str(),
            toml::Value::Boolean(true) => "on",
            toml::Value::Boolean(false) => "off",
            _ => "",
        };
        let taken = options.set(name.get_ref(), word);
        taken
            .map_err(|what| source.error(name.span().start, &format!("screen.{}", name.get_ref()), &what))?;
    }
    Ok(options)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    cash: Spanned<String>,
    #[serde(default)]
    holding: Vec<HoldingEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldingEntry {
    symbol: String,
    qty: Spanned<i64>,
    wacc: Option<Spanned<String>>,
}

/// Reads `account.toml` of a folder, or the embedded one.
///
/// # Errors
/// [`ConfigError`] with file, line, key and what is allowed.
pub fn account(folder: Option<&Path>) -> Result<StartingAccount, ConfigError> {
    let source = Source::read(folder, "account.toml", ACCOUNT)?;
    let file: AccountFile = source.parse()?;
    let cash =
        Money::parse(file.cash.get_ref()).ok().filter(|cash| *cash >= Money::ZERO).ok_or_else(|| {
            source.refuse(&file.cash, "cash", "rupees with at most two decimals, not negative, are allowed")
        })?;
    let holdings = file.holding.iter().map(|h| holding(&source, h)).collect::<Result<_, _>>()?;
    Ok(StartingAccount { cash, holdings })
}

/// Whether somebody has written an `account.toml`.
#[must_use]
pub fn has_account(folder: Option<&Path>) -> bool {
    folder.is_some_and(|folder| folder.join("account.toml").exists())
}

fn holding(source: &Source, entry: &HoldingEntry) -> Result<StartingHolding, ConfigError> {
    if *entry.qty.get_ref() <= 0 {
        return Err(source.refuse(&entry.qty, "qty", "a whole number of shares above zero is allowed"));
    }
    let price = |text: &Spanned<String>| {
        Price::parse(text.get_ref(), 100).ok().filter(|p| p.is_positive()).ok_or_else(|| {
            source.refuse(text, "wacc", "a price above zero with at most two decimals is allowed")
        })
    };
    let wacc = entry.wacc.as_ref().map(price).transpose()?;
    Ok(StartingHolding {
        symbol: Symbol::new(&entry.symbol),
        qty: Qty::from_units(*entry.qty.get_ref()),
        wacc,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_files_are_right() {
        assert_eq!(Settings::read(None).map(|s| (s.frames_per_second, s.hold_ns)), Ok((10, 0)));
        assert_eq!(
            Settings::read(None).map(|s| s.sizes),
            Ok(SizeTable::default()),
            "what it says is the default"
        );
        assert_eq!(account(None).map(|a| a.cash.paisa()), Ok(1_000_000_000));
    }

    #[test]
    fn the_screen_is_chosen_by_words_or_by_true_and_false() {
        let folder = tempfile::tempdir().unwrap();
        let text = "theme = \"mine\"\n[screen]\ngrouping = \"western\"\nmouse = true\nflash = \"off\"\n";
        std::fs::write(folder.path().join("himal.toml"), text).unwrap();
        let settings = Settings::read(Some(folder.path())).unwrap();
        assert_eq!(settings.screen.line(), "grouping western, rise green, flash off, mouse on, copy auto");
        assert!(settings.theme_place.unwrap().ends_with("himal.toml:1"));
    }

    #[test]
    fn what_is_wrong_is_refused_by_file_line_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
            let error = match name {
                "himal.toml" => Settings::read(Some(folder.path())).err(),
                _ => account(Some(folder.path())).err(),
            };
            error.map(|e| (e.line, e.key, e.what)).unwrap_or_default()
        };
        for (name, text, line, key, what) in [
            ("himal.toml", "# a\noperatr = \"x\"\n", 2, "operatr", "unknown field"),
            ("himal.toml", "\n\nframes_per_second = 0\n", 3, "frames_per_second", "1 to 60"),
            ("himal.toml", "operator = \"\"\n", 1, "operator", "1 to 16"),
            ("himal.toml", "hold = 3.5\n", 1, "hold", "0 to 3 seconds"),
            ("himal.toml", "hold = nan\n", 1, "hold", "0 to 3 seconds"),
            ("himal.toml", "[sizes]\nshares = [\"ten\"]\n", 2, "shares", "`ten` is no number"),
            ("himal.toml", "[sizes]\n\nshares = []\n", 3, "shares", "1 to 6"),
            ("himal.toml", "[sizes]\nshares = [\"-5\"]\n", 2, "shares", "above zero"),
            ("himal.toml", "[sizes]\nbond = [\"10\"]\n", 2, "bond", "not a class"),
            ("himal.toml", "[sizes]\ndear_from = \"0\"\n", 2, "dear_from", "above zero"),
            ("himal.toml", "[screen]\ngrouping = \"crore\"\n", 2, "screen.grouping", "takes lakh or western"),
            ("himal.toml", "[screen]\n\nmouse = 3\n", 3, "screen.mouse", "takes off or on"),
            ("himal.toml", "[screen]\nsound = true\n", 2, "screen.sound", "is no setting"),
            ("account.toml", "cash = \"-1\"\n", 1, "cash", "not negative"),
            ("account.toml", "cash = \"1.234\"\n", 1, "cash", "two decimals"),
            ("account.toml", "cash = \"1\"\n[[holding]]\nsymbol = \"X\"\nqty = 0\n", 4, "qty", "above zero"),
        ] {
            let got = check(name, text);
            assert_eq!((got.0, got.1.as_str()), (line, key), "{text}: {}", got.2);
            assert!(got.2.contains(what), "{}", got.2);
        }
    }
}
