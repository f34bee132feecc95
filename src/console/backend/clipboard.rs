//! The clipboard of whoever sits at a terminal, reached through the terminal itself (OSC 52).
//!
//! Inside tmux and screen the sequence has to be handed through to the terminal outside; tmux may
//! also take it itself, so both forms are sent there.

/// The longest piece that screen hands through.
const SCREEN_PIECE: usize = 512;

/// What stands between the program and the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Between {
    /// Nothing.
    Nothing,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Between {
    /// By what the environment says: `TMUX`, `STY`.
    #[must_use]
    pub const fn from_env(tmux: Option<&str>, sty: Option<&str>) -> Self {
        match (tmux, sty) {
            (Some(_), _) => Self::Tmux,
            (None, Some(_)) => Self::Screen,
            (None, None) => Self::Nothing,
        }
    }
}

/// Whether a terminal is known not to have OSC 52, by `TERM` and `TERM_PROGRAM`.
#[must_use]
pub fn is_missing(term: Option<&str>, program: Option<&str>) -> bool {
    let bare = |t: &str| matches!(t, "linux" | "dumb" | "vt100" | "vt220" | "ansi");
    term.is_none_or(bare) || program == Some("Apple_Terminal")
}

/// The bytes that put a text on the clipboard.
#[must_use]
pub fn sequence(text: &str, between: Between) -> Vec<u8> {
    let plain = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
    match between {
        Between::Nothing => plain.into_bytes(),
        Between::Tmux => {
            let doubled = plain.replace('\x1b', "\x1b\x1b");
            format!("{plain}\x1bPtmux;{doubled}\x1b\\").into_bytes()
        }
        Between::Screen => {
            let pieces = plain.as_bytes().chunks(SCREEN_PIECE);
            pieces.flat_map(|piece| [b"\x1bP", piece, b"\x1b\\"].concat()).collect()
        }
    }
}

/// Base64 with padding, as OSC 52 wants it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| chunk.get(i).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * i) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_rows() {
        for (text, want) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(text.as_bytes()), want);
        }
    }

    #[test]
    fn what_stands_between_is_passed_through() {
        let bytes = |text: &str, between| String::from_utf8(sequence(text, between)).unwrap();
        assert_eq!(bytes("foo", Between::Nothing), "\x1b]52;c;Zm9v\x07");
        assert_eq!(
            bytes("foo", Between::Tmux),
            "\x1b]52;c;Zm9v\x07\x1bPtmux;\x1b\x1b]52;c;Zm9v\x07\x1b\\",
            "for tmux itself, then for the terminal outside"
        );
        let long = bytes(&"x".repeat(900), Between::Screen);
        let pieces: Vec<&str> = long.split_terminator("\x1b\\").collect();
        assert_eq!(pieces.len(), 3, "screen hands short pieces through");
        let inner: String = pieces.iter().map(|p| p.strip_prefix("\x1bP").unwrap()).collect();
        assert_eq!(inner, bytes(&"x".repeat(900), Between::Nothing));
    }

    #[test]
    fn where_there_is_no_clipboard() {
        for (term, program, missing) in [
            (Some("xterm-256color"), None, false),
            (Some("xterm-256color"), Some("Apple_Terminal"), true),
            (Some("linux"), None, true),
            (Some("tmux-256color"), None, false),
            (None, None, true),
        ] {
            assert_eq!(is_missing(term, program), missing, "{term:?} {program:?}");
        }
        assert_eq!(Between::from_env(Some("/x"), Some("1")), Between::Tmux);
        assert_eq!(Between::from_env(None, Some("1")), Between::Screen);
    }
}
