//! A line of text being typed.

/// Longest text a field takes.
const LONGEST: usize = 64;

/// A line of text. Editing is at its end only: fields here are short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field(String);

impl Field {
    /// A field that says something already.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut field = Self::default();
        field.insert(text);
        field
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Adds text; what cannot be shown in one cell is left out.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| (' '..='~').contains(c)) {
            if self.0.len() < LONGEST {
                self.0.push(c);
            }
        }
    }

    /// Erases the last character; says whether there was one.
    pub fn erase(&mut self) -> bool {
        self.0.pop().is_some()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
