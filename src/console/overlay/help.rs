//! The key page, made from the key table itself.

use crate::console::keymap::Keymap;

/// The lines of the key page: key, level, where, what.
#[must_use]
pub fn lines(keymap: &Keymap) -> Vec<String> {
    let mut out = vec![
        "level 0 looks   1 acts at once, adds no risk   2 shows the numbers, then a fresh y".to_owned(),
        String::new(),
        format!("{:<12} {:>1}  {:<31} {}", "KEY", "L", "WHERE", "WHAT"),
    ];
    for row in keymap.rows() {
        let b = row.binding;
        out.push(format!("{:<12} {:>1}  {:<31} {}", row.keys_text(), b.level, b.place.words(), b.words));
    }
    out.push(String::new());
    out.push(format!("a Nepali keyboard is read as {} (keys.toml)", keymap.nepali().name()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::keymap::TABLE;

    #[test]
    fn the_page_has_every_binding() {
        let page = lines(&Keymap::default());
        for binding in TABLE {
            let line = page.iter().find(|l| l.ends_with(binding.words) && l.contains(binding.place.words()));
            let line = line.unwrap_or_else(|| panic!("{} is missing", binding.name));
            for key in binding.keys {
                assert!(line.contains(key), "{} lacks {key}: {line}", binding.name);
            }
        }
    }
}
