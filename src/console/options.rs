//! What a person may choose about the screen: a name, the words it takes, what it does.
//!
//! The same names stand under `[screen]` in `himal.toml`, after `:set`, and in what is remembered of
//! an operator. None of them changes what a key does to an order.

use super::format::Grouping;

/// Which colour a rise has. The arrow beside it is the same in both.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rise {
    /// Green rises, red falls: the habit of NEPSE.
    #[default]
    Green,
    /// Red rises, green falls: the habit of Shanghai and Tokyo.
    Red,
}

/// How `c` gives a text away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CopyBy {
    /// By OSC 52, and as plain text where the terminal is known not to have it.
    #[default]
    Auto,
    /// By OSC 52 always.
    Osc52,
    /// As plain text over the panes, to be selected by hand.
    Text,
}

/// The choices of one terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// How digits are grouped.
    pub grouping: Grouping,
    /// Which colour a rise has.
    pub rise: Rise,
    /// Whether a price that changed is underlined for a second.
    pub flash: bool,
    /// Whether the mouse is the program's; off, the terminal can select.
    pub mouse: bool,
    /// How a text is copied.
    pub copy: CopyBy,
}

impl Default for Options {
    fn default() -> Self {
        Self { grouping: Grouping::Lakh, rise: Rise::Green, flash: true, mouse: false, copy: CopyBy::Auto }
    }
}

/// One choice as it is offered.
#[derive(Clone, Copy, Debug)]
pub struct Choosable {
    /// Its name.
    pub name: &'static str,
    /// The words it takes, the default first.
    pub values: &'static [&'static str],
    /// What it does.
    pub words: &'static str,
}

/// Every choice.
pub const CHOICES: [Choosable; 5] = [
    Choosable { name: "grouping", values: &["lakh", "western"], words: "12,34,567.80 or 1,234,567.80" },
    Choosable { name: "rise", values: &["green", "red"], words: "the colour of a rise" },
    Choosable { name: "flash", values: &["on", "off"], words: "underline a price that changed for 1 s" },
    Choosable { name: "mouse", values: &["off", "on"], words: "click selects, wheel moves; never sends" },
    Choosable { name: "copy", values: &["auto", "osc52", "text"], words: "how c gives a text away" },
];

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl Options {
    /// What a choice is set to; `None` for a name that is none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static str> {
        Some(match name {
            "grouping" => match self.grouping {
                Grouping::Lakh => "lakh",
                Grouping::Western => "western",
            },
            "rise" => match self.rise {
                Rise::Green => "green",
                Rise::Red => "red",
            },
            "flash" => on_off(self.flash),
            "mouse" => on_off(self.mouse),
            "copy" => match self.copy {
                CopyBy::Auto => "auto",
                CopyBy::Osc52 => "osc52",
                CopyBy::Text => "text",
            },
            _ => return None,
        })
    }

    /// Sets a choice by its name and a word.
    ///
    /// # Errors
    /// What is allowed, in words; nothing has changed then.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            ("grouping", "lakh") => self.grouping = Grouping::Lakh,
            ("grouping", "western") => self.grouping = Grouping::Western,
            ("rise", "green") => self.rise = Rise::Green,
            ("rise", "red") => self.rise = Rise::Red,
            ("flash", "on" | "off") => self.flash = value == "on",
            ("mouse", "on" | "off") => self.mouse = value == "on",
            ("copy", "auto") => self.copy = CopyBy::Auto,
            ("copy", "osc52") => self.copy = CopyBy::Osc52,
            ("copy", "text") => self.copy = CopyBy::Text,
            _ => return Err(refusal(name, value)),
        }
        Ok(())
    }

    /// Every choice in one line: `grouping lakh, rise green, ..`.
    #[must_use]
    pub fn line(&self) -> String {
        let of = |c: &Choosable| format!("{} {}", c.name, self.get(c.name).unwrap_or_default());
        CHOICES.iter().map(of).collect::<Vec<_>>().join(", ")
    }
}

fn refusal(name: &str, value: &str) -> String {
    match CHOICES.iter().find(|c| c.name == name) {
        Some(choice) => format!("{name} takes {}, not `{value}`", choice.values.join(" or ")),
        None => {
            let names: Vec<&str> = CHOICES.iter().map(|c| c.name).collect();
            format!("`{name}` is no setting: {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_takes_each_of_its_words_and_nothing_else() {
        let mut options = Options::default();
        for choice in CHOICES {
            assert_eq!(options.get(choice.name), choice.values.first().copied(), "the default is first");
            for value in choice.values.iter().rev() {
                options.set(choice.name, value).unwrap();
                assert_eq!(options.get(choice.name), Some(*value));
            }
            assert!(options.set(choice.name, "maybe").is_err());
        }
        assert_eq!(options, Options::default());
        assert_eq!(options.set("rise", "blue"), Err("rise takes green or red, not `blue`".to_owned()));
        let unknown = options.set("sound", "on").unwrap_err();
        assert_eq!(unknown, "`sound` is no setting: grouping, rise, flash, mouse, copy");
        assert_eq!(options.line(), "grouping lakh, rise green, flash on, mouse off, copy auto");
    }
}
