//! The key page, made from the key table itself.

use crate::console::keymap::Keymap;

/// Columns before the words.
const BEFORE: usize = 48;

/// The lines of the key page: key, level, where, what; the words broken to the width.
#[must_use]
pub fn lines(keymap: &Keymap, columns: u16) -> Vec<String> {
    let room = usize::from(columns).saturating_sub(BEFORE + 2).max(16);
    let mut out = vec![
        "level 0 looks  1 acts at once, no new risk  2 numbers, then a fresh y".to_owned(),
        String::new(),
        format!("{:<12} {:>1}  {:<31} {}", "KEY", "L", "WHERE", "WHAT"),
    ];
    for row in keymap.rows() {
        let b = row.binding;
        let mut words = broken(b.words, room).into_iter();
        let first = words.next().unwrap_or_default();
        out.push(format!("{:<12} {:>1}  {:<31} {first}", row.keys_text(), b.level, b.place.words()));
        out.extend(words.map(|line| format!("{:BEFORE$}{line}", "")));
    }
    out.push(String::new());
    out.push(format!("a Nepali keyboard is read as {} (keys.toml)", keymap.nepali().name()));
    out
}

/// A text in lines of at most `room` characters, broken between words.
fn broken(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::keymap::TABLE;

    #[test]
    fn the_page_has_every_binding() {
        let page = lines(&Keymap::default(), 200);
        for binding in TABLE {
            let line = page.iter().find(|l| l.ends_with(binding.words) && l.contains(binding.place.words()));
            let line = line.unwrap_or_else(|| panic!("{} is missing", binding.name));
            // The columns hold: what it does begins where the heading says.
            assert_eq!(line.find(binding.words), page[2].find("WHAT"), "{line}");
            for key in binding.keys {
                assert!(line.contains(key), "{} lacks {key}: {line}", binding.name);
            }
        }
    }
}
