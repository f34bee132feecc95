//! One record as one line: `<seq> <hash> <body>\n`, in exactly one spelling.

use super::Hash;

/// The longest body a record may have. A command or a report is a few hundred bytes; anything near
/// this is a fault, and a reader never holds more than one line of this length in memory.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The longest line: sequence, hash, body, two spaces and the newline.
pub(super) const MAX_LINE_BYTES: usize = 20 + 1 + Hash::DIGITS + 1 + MAX_BODY_BYTES + 1;

/// The parts of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line<'a> {
    pub(super) seq: u64,
    pub(super) hash: Hash,
    pub(super) body: &'a [u8],
}

impl<'a> Line<'a> {
    /// Writes the line and its newline at the end of `out`.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.seq.to_string().as_bytes());
        out.push(b' ');
        out.extend_from_slice(&self.hash.digits());
        out.push(b' ');
        out.extend_from_slice(self.body);
        out.push(b'\n');
    }

    /// Reads a line without its newline; `None` unless it is spelt exactly as [`Line::write`] does.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let space = line.iter().position(|b| *b == b' ')?;
        let (seq, rest) = (parse_seq(&line[..space])?, &line[space + 1..]);
        let (hash, rest) = rest.split_at_checked(Hash::DIGITS)?;
        let (hash, body) = (Hash::from_digits(hash)?, rest.strip_prefix(b" ")?);
        (body.len() <= MAX_BODY_BYTES).then_some(Self { seq, hash, body })
    }
}

/// A positive number in decimal without sign or leading zero.
fn parse_seq(text: &[u8]) -> Option<u64> {
    if !matches!(text.first(), Some(b'1'..=b'9')) || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_is_read() {
        let hash = Hash::genesis();
        let rows: [(String, bool); 10] = [
            (format!("7 {hash} {{}}"), true),
            (format!("18446744073709551615 {hash} {{}}"), true),
            (format!("18446744073709551616 {hash} {{}}"), false),
            (format!("07 {hash} {{}}"), false),
            (format!("+7 {hash} {{}}"), false),
            (format!("0 {hash} {{}}"), false),
            (format!(" 7 {hash} {{}}"), false),
            (format!("7 {} {{}}", hash.to_string().to_uppercase()), false),
            (format!("7  {hash} {{}}"), false),
            (format!("7 {hash}{{}}"), false),
        ];
        for (text, good) in rows {
            assert_eq!(Line::parse(text.as_bytes()).is_some(), good, "{text}");
        }
    }
}
