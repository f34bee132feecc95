//! One application message: its type and its fields in their order, without the session's envelope.

use std::fmt;

use super::FixRefusal;

/// What stands between two fields.
pub const SOH: char = '\u{1}';

/// See the module. Fields of a repeating group stand one after the other, as they do on the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FixMessage {
    kind: String,
    fields: Vec<(u32, String)>,
}

impl FixMessage {
    /// A message of a type, without fields.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), fields: Vec::new() }
    }

    /// The same with one field more. What would end the field early is left out of its text.
    #[must_use]
    pub fn with(mut self, tag: u32, value: impl fmt::Display) -> Self {
        self.push(tag, &value.to_string());
        self
    }

    /// Adds a field. What would end it early is left out of its text; a field without text is not added.
    pub fn push(&mut self, tag: u32, value: &str) {
        let value = value.replace(SOH, "");
        if !value.is_empty() {
            self.fields.push((tag, value));
        }
    }

    /// Its type, tag 35.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Every field, in order.
    #[must_use]
    pub fn fields(&self) -> &[(u32, String)] {
        &self.fields
    }

    /// The first field of this tag.
    #[must_use]
    pub fn get(&self, tag: u32) -> Option<&str> {
        self.fields.iter().find(|(t, _)| *t == tag).map(|(_, value)| value.as_str())
    }

    /// The first field of this tag.
    ///
    /// # Errors
    /// [`FixRefusal::Missing`].
    pub fn need(&self, tag: u32) -> Result<&str, FixRefusal> {
        self.get(tag).ok_or_else(|| FixRefusal::Missing { kind: self.kind.clone(), tag })
    }

    /// Whether a flag field says yes.
    #[must_use]
    pub fn says_yes(&self, tag: u32) -> bool {
        self.get(tag) == Some("Y")
    }

    /// A message from `35=8|11=...|`, fields ended by SOH; the type comes first.
    ///
    /// # Errors
    /// [`FixRefusal::Malformed`].
    pub fn parse(text: &str) -> Result<Self, FixRefusal> {
        let refuse = || FixRefusal::Malformed { text: text.chars().take(80).collect() };
        let mut kind = None;
        let mut fields = Vec::new();
        for field in text.strip_suffix(SOH).unwrap_or(text).split(SOH) {
            let (tag, value) = field.split_once('=').ok_or_else(refuse)?;
            let tag: u32 = tag.parse().map_err(|_| refuse())?;
            if tag == 0 || value.is_empty() {
                return Err(refuse());
            }
            match (tag, &kind) {
                (35, None) => kind = Some(value.to_owned()),
                (35, Some(_)) | (_, None) => return Err(refuse()),
                _ => fields.push((tag, value.to_owned())),
            }
        }
        Ok(Self { kind: kind.ok_or_else(refuse)?, fields })
    }
}

impl fmt::Display for FixMessage {
    /// As [`FixMessage::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "35={}{SOH}", self.kind)?;
        self.fields.iter().try_for_each(|(tag, value)| write!(f, "{tag}={value}{SOH}"))
    }
}
