//! A line of text being typed.

/// Longest text a field takes.
const LONGEST: usize = 64;

/// A line of text. Editing is at its end only: fields here are short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    text: String,
    /// Whether the text was proposed rather than typed: typing then replaces it, so that a size
    /// of 200 typed over a preset of 100 is not 100,200.
    proposed: bool,
}

impl Field {
    /// A field that says something already.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut field = Self::default();
        field.insert(text);
        field
    }

    /// A field that proposes something, which typing replaces.
    #[must_use]
    pub fn proposing(text: &str) -> Self {
        Self { proposed: true, ..Self::new(text) }
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds text; what cannot be shown in one cell is left out.
    pub fn insert(&mut self, text: &str) {
        if std::mem::take(&mut self.proposed) {
            self.text.clear();
        }
        for c in text.chars().filter(|c| (' '..='~').contains(c)) {
            if self.text.len() < LONGEST {
                self.text.push(c);
            }
        }
    }

    /// Erases the last character; says whether there was one.
    pub fn erase(&mut self) -> bool {
        self.proposed = false;
        self.text.pop().is_some()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_replaces_what_was_proposed_and_erasing_edits_it() {
        let mut field = Field::proposing("100");
        field.insert("2");
        field.insert("00");
        assert_eq!(field.text(), "200");
        let mut field = Field::proposing("100");
        assert!(field.erase());
        field.insert("5");
        assert_eq!(field.text(), "105");
        let mut field = Field::new("quit");
        field.insert("!");
        assert_eq!(field.text(), "quit!");
    }
}
