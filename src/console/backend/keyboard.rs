//! Bytes from a terminal in; keys, pasted text and answers to questions out.
//!
//! Nothing that arrives can hide a stop: `!` ends whatever sequence it interrupts, `Esc` directly
//! before it does not turn it into an Alt key, and F8 counts in the middle of a paste. Anything
//! unknown or broken is dropped without a word. Time comes with the bytes; what is half arrived is
//! settled by [`Keyboard::settle`].

use crate::console::input::{Chord, Code, Key, Moment, Pointer};

/// How long an `Esc` waits for what may belong to it.
const ESC_MS: u64 = 100;
/// How long a sequence that has begun waits for its end, and a paste for more of it.
const SEQUENCE_MS: u64 = 2_000;
/// Longest sequence that means anything. What is longer is thrown away to its end, so that its rest is not
/// taken for keys.
const LONGEST: usize = 64;
/// Pasted bytes that are kept; no field takes more.
const PASTE: usize = 4_096;

const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";
const F8: &[u8] = b"\x1b[19~";

/// What a terminal has sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    /// A key.
    Key(Key),
    /// Text that was pasted rather than typed.
    Paste(String),
    /// What a mouse did.
    Pointer(Pointer),
    /// The answer to a question about its status: everything written before the question has been
    /// read by the terminal.
    Status,
}

/// Takes bytes as they come, however they are cut.
#[derive(Clone, Debug, Default)]
pub struct Keyboard {
    held: Vec<u8>,
    paste: Option<Vec<u8>>,
    /// Within a sequence that is too long.
    skipping: bool,
    last: Moment,
}

/// What the first bytes held are.
enum Token {
    /// Not whole yet.
    More,
    /// This many bytes, worth nothing.
    Nothing(usize),
    /// All of it belongs to a sequence that is too long and goes on.
    TooLong,
    /// A key of this many bytes.
    Chord(usize, Chord, bool),
    Pointer(usize, Pointer),
    Status(usize),
    PasteBegins,
}

impl Keyboard {
    /// Takes bytes that arrived at a moment.
    pub fn feed(&mut self, bytes: &[u8], at: Moment) -> Vec<Incoming> {
        let mut out = self.settle(at);
        self.last = at;
        self.held.extend_from_slice(bytes);
        while !self.held.is_empty() {
            if self.skipping {
                self.skip();
                continue;
            }
            let used =
                if self.paste.is_some() { self.pasted(at, &mut out) } else { self.typed(at, &mut out) };
            if used == 0 {
                break;
            }
            self.held.drain(..used.min(self.held.len()));
        }
        out
    }

    /// When what is half arrived is to be settled; `None` if nothing is.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        let wait = match (&self.paste, self.held.as_slice()) {
            (None, []) if !self.skipping => return None,
            (None, [0x1b] | [0x1b, b'[' | b'O']) => ESC_MS,
            _ => SEQUENCE_MS,
        };
        Some(Moment(self.last.0 + wait))
    }

    /// Settles what has waited long enough: an `Esc` alone is the key, a paste without an end is over,
    /// half a sequence is nothing.
    pub fn settle(&mut self, now: Moment) -> Vec<Incoming> {
        if self.due().is_none_or(|due| now < due) {
            return Vec::new();
        }
        let held = std::mem::take(&mut self.held);
        self.skipping = false;
        if let Some(text) = self.paste.take() {
            return vec![Incoming::Paste(String::from_utf8_lossy(&text).into_owned())];
        }
        let chord = match held.as_slice() {
            [0x1b] => Chord::plain(Code::Esc),
            [0x1b, byte] => Chord { alt: true, ..Chord::char(char::from(*byte)) },
            _ => return Vec::new(),
        };
        vec![Incoming::Key(Key::press(chord, self.last))]
    }

    /// Throws away what belongs to a sequence that is too long, up to its end.
    fn skip(&mut self) {
        let end = self.held.iter().position(|b| !is_parameter(*b));
        self.skipping = end.is_none();
        let used = end.map_or(self.held.len(), |end| end + usize::from(is_final(self.held[end])));
        self.held.drain(..used);
    }

    fn typed(&mut self, at: Moment, out: &mut Vec<Incoming>) -> usize {
        match token(&self.held) {
            Token::More => 0,
            Token::Nothing(used) => used,
            Token::TooLong => {
                self.skipping = true;
                self.held.len()
            }
            Token::Chord(used, chord, repeat) => {
                out.push(Incoming::Key(Key { chord, repeat, at }));
                used
            }
            Token::Pointer(used, pointer) => {
                out.push(Incoming::Pointer(pointer));
                used
            }
            Token::Status(used) => {
                out.push(Incoming::Status);
                used
            }
            Token::PasteBegins => {
                self.paste = Some(Vec::new());
                PASTE_BEGIN.len()
            }
        }
    }

    /// Takes what belongs to a paste; 0 when the rest may be the beginning of its end.
    fn pasted(&mut self, at: Moment, out: &mut Vec<Incoming>) -> usize {
        let escape = self.held.iter().position(|b| *b == 0x1b);
        let plain = escape.unwrap_or(self.held.len());
        if plain > 0 {
            if let Some(text) = &mut self.paste {
                let room = PASTE.saturating_sub(text.len());
                text.extend_from_slice(&self.held[..plain.min(room)]);
            }
            return plain;
        }
        if self.held.starts_with(PASTE_END) {
            let text = self.paste.take().unwrap_or_default();
            out.push(Incoming::Paste(String::from_utf8_lossy(&text).into_owned()));
            return PASTE_END.len();
        }
        if self.held.starts_with(F8) {
            out.push(Incoming::Key(Key::press(Chord::plain(Code::F(8)), at)));
            return F8.len();
        }
        let begins = |whole: &[u8]| whole.starts_with(&self.held);
        if begins(PASTE_END) || begins(F8) { 0 } else { 1 }
    }
}

/// What the first of some bytes are. There is at least one.
fn token(bytes: &[u8]) -> Token {
    match bytes {
        [0x1b] => Token::More,
        // An `Esc` before a stop, or before another sequence, is an `Esc` and leaves the other whole.
        [0x1b, b'!' | 0x1b, ..] => Token::Chord(1, Chord::plain(Code::Esc), false),
        [0x1b, b'[', rest @ ..] => control(rest, bytes),
        [0x1b, b'O', rest @ ..] => match rest.first() {
            None => Token::More,
            Some(b'!' | 0x1b) => Token::Nothing(2),
            Some(b'M') => Token::Chord(3, Chord::plain(Code::Enter), false),
            Some(last) => named(*last).map_or(Token::Nothing(3), |chord| Token::Chord(3, chord, false)),
        },
        [0x1b, rest @ ..] => match character(rest) {
            Token::Chord(used, chord, _) => Token::Chord(used + 1, Chord { alt: true, ..chord }, false),
            Token::Nothing(used) => Token::Nothing(used + 1),
            other => other,
        },
        _ => character(bytes),
    }
}

/// A character, or a control byte.
fn character(bytes: &[u8]) -> Token {
    let first = bytes.first().copied().unwrap_or(0);
    let chord = match first {
        0 => Chord::ctrl(' '),
        8 | 0x7f => Chord::plain(Code::Backspace),
        9 => Chord::plain(Code::Tab),
        b'\n' | b'\r' => Chord::plain(Code::Enter),
        1..=26 => Chord::ctrl(char::from(first - 1 + b'a')),
        27..32 => return Token::Nothing(1),
        32..=126 => Chord::char(char::from(first)),
        _ => return multibyte(bytes),
    };
    Token::Chord(1, chord, false)
}

fn multibyte(bytes: &[u8]) -> Token {
    let length = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return Token::Nothing(1),
    };
    let whole = bytes.get(..length).unwrap_or(bytes);
    match std::str::from_utf8(whole) {
        Ok(text) => match text.chars().next() {
            Some(c) if !c.is_control() => Token::Chord(length, Chord::char(c), false),
            _ => Token::Nothing(length),
        },
        Err(e) if e.error_len().is_none() && whole.len() < length => Token::More,
        Err(_) => Token::Nothing(1),
    }
}

/// A control sequence; `rest` is what follows `ESC [`.
fn control(rest: &[u8], bytes: &[u8]) -> Token {
    // The Linux console's own F1 to F5.
    if rest.first() == Some(&b'[') {
        return match rest.get(1) {
            None => Token::More,
            Some(b'A'..=b'E') => Token::Nothing(4),
            Some(_) => Token::Nothing(3),
        };
    }
    let Some(length) = rest.iter().position(|b| !is_parameter(*b)) else {
        return if rest.len() > LONGEST { Token::TooLong } else { Token::More };
    };
    let used = 2 + length;
    let last = rest[length];
    // A stop, an escape or a stray control byte inside a sequence: what came before it was nothing.
    if !is_final(last) {
        return Token::Nothing(used);
    }
    let used = used + 1;
    if length > LONGEST {
        return Token::Nothing(used);
    }
    if let Some(report) = rest[..length].strip_prefix(b"<") {
        let pressed = last == b'M';
        return pointer(report).filter(|_| pressed).map_or(Token::Nothing(used), |p| Token::Pointer(used, p));
    }
    let mut numbers = rest[..length].split(|b| *b == b';').map(number);
    let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
    let code = match (last, first) {
        (b'~', Some(200)) if bytes.starts_with(PASTE_BEGIN) => return Token::PasteBegins,
        (b'n', Some(0 | 3)) => return Token::Status(used),
        (b'~', Some(number)) => tilde(number),
        (b'u', Some(number)) => char::from_u32(number).and_then(unicode_key),
        // With two numbers this is a cursor position and not F3.
        (b'R', _) if second.is_some() => None,
        (b'Z', _) => {
            let chord = Chord { shift: true, ..Chord::plain(Code::Tab) };
            return Token::Chord(used, chord, false);
        }
        _ => named(last).map(|chord| chord.code),
    };
    let Some(code) = code else { return Token::Nothing(used) };
    let event = rest[..length].split(|b| *b == b';').nth(1).and_then(|s| s.split(|b| *b == b':').nth(1));
    match event.and_then(number) {
        Some(3) => Token::Nothing(used),
        event => Token::Chord(used, modified(code, second.unwrap_or(1)), event == Some(2)),
    }
}

/// What stands between the beginning of a sequence and its end; `!`, the stop, does not.
const fn is_parameter(byte: u8) -> bool {
    matches!(byte, b'0'..=b'?' | b' ' | b'"'..=b'/')
}

/// What ends a sequence.
const fn is_final(byte: u8) -> bool {
    matches!(byte, b'@'..=b'~')
}

/// A report of the mouse (SGR 1006): button, column and row, from 1.
fn pointer(report: &[u8]) -> Option<Pointer> {
    let mut numbers = report.split(|b| *b == b';').map(number);
    let mut next = || numbers.next().flatten();
    let (button, column, row) = (next()?, next()?, next()?);
    let place = |n: u32| u16::try_from(n.checked_sub(1)?).ok();
    let (x, y) = (place(column)?, place(row)?);
    match button {
        0 => Some(Pointer::Click(x, y)),
        64 => Some(Pointer::WheelUp(x, y)),
        65 => Some(Pointer::WheelDown(x, y)),
        _ => None,
    }
}

/// The first number of a parameter, before any colon.
fn number(bytes: &[u8]) -> Option<u32> {
    let bytes = bytes.split(|b| *b == b':').next()?;
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// A key by the letter that ends its sequence.
fn named(last: u8) -> Option<Chord> {
    let code = match last {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'F' => Code::End,
        b'H' => Code::Home,
        b'P'..=b'S' => Code::F(last - b'P' + 1),
        _ => return None,
    };
    Some(Chord::plain(code))
}

fn tilde(number: u32) -> Option<Code> {
    Some(match number {
        1 | 7 => Code::Home,
        4 | 8 => Code::End,
        3 => Code::Delete,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => Code::F(u8::try_from(number - 10).unwrap_or(0)),
        17..=21 => Code::F(u8::try_from(number - 11).unwrap_or(0)),
        23 | 24 => Code::F(u8::try_from(number - 12).unwrap_or(0)),
        _ => return None,
    })
}

fn unicode_key(c: char) -> Option<Code> {
    Some(match c {
        '\u{1b}' => Code::Esc,
        '\r' | '\n' => Code::Enter,
        '\t' => Code::Tab,
        '\u{8}' | '\u{7f}' => Code::Backspace,
        c if c.is_control() || ('\u{e000}'..='\u{f8ff}').contains(&c) => return None,
        c => Code::Char(c),
    })
}

/// A key with the modifiers of its sequence: one more than 1 Shift, 2 Alt, 4 Ctrl, from 8 on others.
fn modified(code: Code, modifiers: u32) -> Chord {
    let held = modifiers.saturating_sub(1);
    let (shift, alt, ctrl) = (held & 1 != 0, held & 0b10_1010 != 0, held & 4 != 0);
    match code {
        // No modifier takes the stop off its key.
        Code::F(8) => Chord::plain(code),
        Code::Char(c) if shift && c.is_ascii_lowercase() => {
            Chord { code: Code::Char(c.to_ascii_uppercase()), ctrl, shift: false, alt }.as_sent()
        }
        Code::Char(_) => Chord { code, ctrl, shift: false, alt }.as_sent(),
        _ => Chord { code, ctrl, shift, alt },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Incoming> {
        let mut keyboard = Keyboard::default();
        let mut all = keyboard.feed(bytes, Moment(10));
        all.extend(keyboard.settle(Moment(10_000)));
        all
    }

    fn press(chord: Chord) -> Incoming {
        Incoming::Key(Key::press(chord, Moment(10)))
    }

    #[test]
    fn what_terminals_send() {
        let plain = |code| press(Chord::plain(code));
        let alt = |c| press(Chord { alt: true, ..Chord::char(c) });
        let paste = |text: &str| Incoming::Paste(text.to_owned());
        let rows: [(&[u8], Vec<Incoming>); 31] = [
            (b"b", vec![press(Chord::char('b'))]),
            ("क".as_bytes(), vec![press(Chord::char('क'))]),
            (b"\x08", vec![plain(Code::Backspace)]),
            (b"\x7f", vec![plain(Code::Backspace)]),
            (b"\r\n\t", vec![plain(Code::Enter), plain(Code::Enter), plain(Code::Tab)]),
            (b"\x03", vec![press(Chord::ctrl('c'))]),
            (b"\x1b", vec![plain(Code::Esc)]),
            (b"\x1b\x1b", vec![plain(Code::Esc), plain(Code::Esc)]),
            (b"\x1by", vec![alt('y')]),
            (b"\x1b[", vec![alt('[')]),
            (b"\x1b!", vec![plain(Code::Esc), press(Chord::char('!'))]),
            (b"\x1b[1!", vec![press(Chord::char('!'))]),
            (b"\x1bO!", vec![press(Chord::char('!'))]),
            (b"\xe0!", vec![press(Chord::char('!'))]),
            (b"\x1b\x1b[19~", vec![plain(Code::Esc), plain(Code::F(8))]),
            (b"\x1b[19~\x1b[19;5~", vec![plain(Code::F(8)), plain(Code::F(8))]),
            (b"\x1b[A\x1bOB", vec![plain(Code::Up), plain(Code::Down)]),
            (b"\x1b[1;2A", vec![press(Chord { shift: true, ..Chord::plain(Code::Up) })]),
            (b"\x1b[Z", vec![press(Chord { shift: true, ..Chord::plain(Code::Tab) })]),
            (b"\x1b[3~\x1b[5~", vec![plain(Code::Delete), plain(Code::PageUp)]),
            (b"\x1b[109;5u", vec![plain(Code::Enter)]),
            (b"\x1b[121;1:3u", vec![]),
            (b"\x1b[0n", vec![Incoming::Status]),
            (b"\x1b[12;40R", vec![]),
            (b"\x1b[?62;22c\x1b[I", vec![]),
            (b"\x1b[[A", vec![]),
            (
                b"\x1b[<0;12;4M\x1b[<0;12;4m\x1b[<65;1;1M\x1b[<0;0;9M",
                vec![Incoming::Pointer(Pointer::Click(11, 3)), Incoming::Pointer(Pointer::WheelDown(0, 0))],
            ),
            (b"\x1b[200~y\ny\x1b[201~", vec![paste("y\ny")]),
            (b"\x1b[200~y\x1b[19~y\x1b[201~", vec![plain(Code::F(8)), paste("yy")]),
            (b"\x1b[200~no end", vec![paste("no end")]),
            (b"\xff\xfe\x80\x1b[9999999999~", vec![]),
        ];
        for (bytes, want) in rows {
            assert_eq!(keys(bytes), want, "{}", bytes.escape_ascii());
        }
        let repeat = Incoming::Key(Key { repeat: true, ..Key::press(Chord::char('y'), Moment(10)) });
        assert_eq!(keys(b"\x1b[121;1:2u"), vec![repeat]);
    }

    #[test]
    fn an_escape_waits_for_its_letter() {
        let mut keyboard = Keyboard::default();
        assert!(keyboard.feed(b"\x1b", Moment(1_000)).is_empty());
        assert_eq!(keyboard.due(), Some(Moment(1_100)));
        assert!(keyboard.settle(Moment(1_090)).is_empty());
        let late = keyboard.feed(b"y", Moment(1_090));
        assert_eq!(
            late,
            vec![Incoming::Key(Key::press(Chord { alt: true, ..Chord::char('y') }, Moment(1_090)))]
        );
        keyboard.feed(b"\x1b", Moment(2_000));
        let alone = keyboard.settle(Moment(2_100));
        assert_eq!(alone, vec![Incoming::Key(Key::press(Chord::plain(Code::Esc), Moment(2_000)))]);
        assert_eq!(keyboard.due(), None);
    }

    /// In one piece it was nothing; in two its rest was typed.
    #[test]
    fn a_sequence_beyond_all_length_is_nothing_however_it_is_cut() {
        for (end, rest) in [("m", &b"y"[..]), ("A", b"y"), ("", b"!"), ("", b"\x1b[19~"), ("\r", b"")] {
            let long = format!("\x1b[<0{}{end}", "4;-".repeat(40));
            let bytes = [long.as_bytes(), rest].concat();
            let whole = keys(&bytes);
            assert_eq!(whole.len(), 1, "{end} {whole:?}");
            for size in [1, 2, 63, 64, 65, 70, 100] {
                let mut keyboard = Keyboard::default();
                let mut all: Vec<Incoming> =
                    bytes.chunks(size).flat_map(|part| keyboard.feed(part, Moment(10))).collect();
                all.extend(keyboard.settle(Moment(10_000)));
                assert_eq!(all, whole, "{end} in pieces of {size}");
            }
        }
        let mut keyboard = Keyboard::default();
        keyboard.feed(&[b"\x1b[".as_slice(), &[b'4'; 90]].concat(), Moment(10));
        assert_eq!(keyboard.due(), Some(Moment(10 + SEQUENCE_MS)), "it does not wait for ever");
        assert_eq!(keyboard.settle(Moment(10 + SEQUENCE_MS)), []);
        assert_eq!(keyboard.feed(b"m", Moment(3_000)).len(), 1);
    }

    #[test]
    fn a_paste_is_bounded() {
        let mut keyboard = Keyboard::default();
        keyboard.feed(b"\x1b[200~", Moment(0));
        for _ in 0..1_000 {
            keyboard.feed(&[b'y'; 1_000], Moment(1));
        }
        let text = keyboard.feed(b"\x1b[201~", Moment(2));
        assert!(matches!(text.as_slice(), [Incoming::Paste(text)] if text.len() == PASTE));
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut(
            parts in prop::collection::vec(prop::sample::select(vec![
                &b"\x1b[19~"[..], b"y", b"\x1b[A", "क".as_bytes(), b"\x1b[200~a\x1bb\x1b[201~", b"\x1b[0n", b"\x1bz", b"!",
            ]), 1..12),
            cuts in prop::collection::vec(1..5usize, 40),
        ) {
            let bytes = parts.concat();
            let mut keyboard = Keyboard::default();
            let mut all = Vec::new();
            let (mut at, mut cuts) = (0, cuts.into_iter().cycle());
            while at < bytes.len() {
                let end = (at + cuts.next().unwrap()).min(bytes.len());
                all.extend(keyboard.feed(&bytes[at..end], Moment(10)));
                at = end;
            }
            all.extend(keyboard.settle(Moment(10_000)));
            prop_assert_eq!(all, keys(&bytes));
        }

        #[test]
        fn garbage_hides_no_stop(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut keyboard = Keyboard::default();
            keyboard.feed(&garbage, Moment(0));
            keyboard.settle(Moment(5_000));
            let stop = keyboard.feed(b"!", Moment(5_000));
            prop_assert_eq!(stop, vec![Incoming::Key(Key::press(Chord::char('!'), Moment(5_000)))]);
            prop_assert!(keyboard.held.is_empty());
        }

        #[test]
        fn f8_counts_whatever_came_before(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut keyboard = Keyboard::default();
            let mut all = keyboard.feed(&garbage, Moment(0));
            all.extend(keyboard.feed(b"\x1b[19~", Moment(0)));
            let f8 = Incoming::Key(Key::press(Chord::plain(Code::F(8)), Moment(0)));
            prop_assert!(all.contains(&f8), "{:?}", all);
        }
    }
}
