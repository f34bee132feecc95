//! A text without borders, to be selected by hand or copied field by field.

/// Fields with their names, and the one that is copied next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plain {
    /// Name and text of each; a text without a name is a line of its own.
    pub fields: Vec<(String, String)>,
    /// Which one.
    pub at: usize,
}

impl Plain {
    /// Fields from the first.
    #[must_use]
    pub const fn new(fields: Vec<(String, String)>) -> Self {
        Self { fields, at: 0 }
    }

    /// The text of the field whose turn it is; the turn goes to the next, and after the last to the first.
    pub fn take(&mut self) -> Option<(String, String)> {
        let field = self.fields.get(self.at).cloned();
        self.at = if self.at + 1 < self.fields.len() { self.at + 1 } else { 0 };
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_turn() {
        let field = |n: &str| (n.to_owned(), format!("{n}!"));
        let mut plain = Plain::new(vec![field("a"), field("b")]);
        assert_eq!([plain.take(), plain.take(), plain.take()], ["a", "b", "a"].map(|n| Some(field(n))));
        assert_eq!(Plain::new(Vec::new()).take(), None);
    }
}
