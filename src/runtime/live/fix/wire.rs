//! The bytes of the line: where a message ends, what of it must be right before the session sees it, and the logon
//! with a user's name.

use crate::market::Timestamp;
use crate::market::time::NS_PER_S;

/// Longest message, in bytes.
const LONGEST: usize = 64 * 1024;
/// What every message begins with.
const HEAD: &[u8] = b"8=FIX.4.4\x019=";
/// `10=nnn` and its end.
const TAIL: usize = 7;

/// Bytes that came, until they are messages.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
}

impl Frames {
    /// Adds what came.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message, if there is one.
    ///
    /// # Errors
    /// What came is no FIX 4.4: why, in words. Nothing after it can be found.
    pub fn message(&mut self) -> Result<Option<Vec<u8>>, String> {
        let known = self.bytes.len().min(HEAD.len());
        if self.bytes[..known] != HEAD[..known] {
            return Err("what came does not begin as a message of FIX 4.4".to_owned());
        }
        let rest = self.bytes.get(HEAD.len()..).unwrap_or_default();
        let Some(digits) = rest.iter().take(6).position(|b| *b == 1) else {
            let none = rest.len() >= 6;
            return if none { Err("a message without a length".to_owned()) } else { Ok(None) };
        };
        let length = std::str::from_utf8(&rest[..digits]).ok().and_then(|text| text.parse::<usize>().ok());
        let length =
            length.filter(|length| *length <= LONGEST).ok_or("a message of a length that cannot be")?;
        let whole = HEAD.len() + digits + 1 + length + TAIL;
        if self.bytes.len() < whole {
            return Ok(None);
        }
        let rest = self.bytes.split_off(whole);
        let message = std::mem::replace(&mut self.bytes, rest);
        let tail = &message[whole - TAIL..];
        if !tail.starts_with(b"10=") || tail[TAIL - 1] != 1 || message[whole - TAIL - 1] != 1 {
            return Err("a message that does not end where it says".to_owned());
        }
        Ok(Some(message))
    }
}

/// The text of a field of a whole message.
pub fn field(message: &[u8], tag: u32) -> Option<&str> {
    let name = format!("{tag}=");
    let mut fields = message.split(|b| *b == 1);
    fields.find_map(|field| std::str::from_utf8(field.strip_prefix(name.as_bytes())?).ok())
}

/// How far the other side's clock may be from ours before the library refuses what it says, and counts it as heard.
const CLOCKS_NS: i64 = 118 * NS_PER_S;

/// Looks at what the session relies on without looking, and at what it would refuse and count as heard all the same: such a
/// message must not reach it, or it would never be asked for again.
///
/// # Errors
/// What is missing or cannot be, in words.
pub fn sound(message: &[u8], now: Timestamp) -> Result<(), String> {
    let Some(kind) = field(message, 35) else { return Err("a message without a type".to_owned()) };
    let sequence = field(message, 34).and_then(|n| n.parse::<u64>().ok());
    if sequence.is_none_or(|n| n == 0 || n > u64::from(u32::MAX)) {
        return Err("a message without a number".to_owned());
    }
    if kind == "1" && field(message, 112).is_none() {
        return Err("a test request without its id".to_owned());
    }
    let sent = field(message, 52).and_then(time).ok_or("a message without a time to the millisecond")?;
    let apart = now.since_ns(sent);
    if apart.abs() > CLOCKS_NS {
        return Err(format!("its clock is {} s from ours: 118 s are allowed", apart.abs() / NS_PER_S));
    }
    // Logouts and sequence resets are taken without it.
    if field(message, 43) == Some("Y") && !matches!(kind, "4" | "5") {
        let first = field(message, 122).and_then(time);
        if first.is_none_or(|first| first > sent) {
            return Err("a message that came before, without the time at which it was first sent".to_owned());
        }
    }
    Ok(())
}

/// A time of FIX, with milliseconds or without: what the library reads.
fn time(text: &str) -> Option<Timestamp> {
    let format = match text.len() {
        17 => "%Y%m%d-%H:%M:%S",
        21 => "%Y%m%d-%H:%M:%S%.3f",
        _ => return None,
    };
    let at = chrono::NaiveDateTime::parse_from_str(text, format).ok()?;
    at.and_utc().timestamp_nanos_opt().map(Timestamp::from_ns)
}

/// A logon with the user's name and password behind its other fields; any other message as it is.
#[must_use]
pub fn with_login(message: &[u8], login: Option<&(String, String)>) -> Vec<u8> {
    let Some((user, password)) = login.filter(|_| field(message, 35) == Some("A")) else {
        return message.to_vec();
    };
    let body = message.iter().skip(HEAD.len()).position(|b| *b == 1).map(|n| HEAD.len() + n + 1);
    let body = body.zip(message.len().checked_sub(TAIL)).and_then(|(from, to)| message.get(from..to));
    let Some(body) = body else { return message.to_vec() };
    let body = [body, format!("553={user}\u{1}554={password}\u{1}").as_bytes()].concat();
    let mut whole = [HEAD, format!("{}\u{1}", body.len()).as_bytes(), &body].concat();
    let sum = whole.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    whole.extend_from_slice(format!("10={sum:03}\u{1}").as_bytes());
    whole
}
