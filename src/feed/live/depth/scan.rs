//! The shape an exchange sends, straight from the bytes. Whatever is in doubt is left to the strict reader: every
//! function here answers `None` and nothing else.

use super::super::listing::Listing;
use super::{LATEST_MS, Rung, Scale, Update};
use crate::market::{Price, Qty};

/// Digits that surely fit into an `i64`.
const SURE_DIGITS: u32 = 18;

/// Powers of ten up to the finest scale.
const POWERS: [u64; 13] = {
    let mut powers = [1; 13];
    let mut i = 1;
    while i < 13 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// A change of a Binance book: the whole frame, with or without the name of its stream around it.
pub(in super::super) fn change(frame: &[u8], listing: &Listing, update: &mut Update) -> Option<()> {
    let mut at = Cursor { rest: frame };
    let named = at.skip(b"{\"stream\":\"").is_some();
    if named {
        at.name()?;
        at.skip(b",\"data\":")?;
    }
    at.skip(b"{\"e\":\"depthUpdate\",\"E\":")?;
    update.event_ms = at.time()?;
    if at.skip(b",\"T\":").is_some() {
        at.time()?;
    }
    at.skip(b",\"s\":\"")?;
    update.slot = listing.find(at.name()?)?;
    at.skip(b",\"U\":")?;
    update.first = at.whole()?;
    at.skip(b",\"u\":")?;
    update.last = at.whole()?;
    if update.first > update.last {
        return None;
    }
    update.previous = if at.skip(b",\"pu\":").is_some() { Some(at.whole()?) } else { None };
    let listed = listing.rows().get(update.slot)?;
    at.skip(b",\"b\":[")?;
    at.levels(listed.price, listed.qty, &mut update.bids)?;
    at.skip(b",\"a\":[")?;
    at.levels(listed.price, listed.qty, &mut update.asks)?;
    at.skip(if named { b"}}" } else { b"}" })?;
    at.rest.is_empty().then_some(())
}

/// What is left of a frame.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Cursor<'a> {
    /// The bytes not read yet.
    pub(in super::super) rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Past these bytes, if they are next.
    #[inline]
    pub(in super::super) fn skip(&mut self, bytes: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(bytes)?;
        Some(())
    }

    /// A name of plain letters, up to and with the quotation mark after it.
    #[inline]
    pub(in super::super) fn name(&mut self) -> Option<&'a str> {
        let end = self.rest.iter().position(|b| !is_plain(*b))?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix(b"\"")?;
        std::str::from_utf8(name).ok()
    }

    /// A whole number as JSON writes it: no zero before another digit.
    #[inline]
    pub(in super::super) fn whole(&mut self) -> Option<u64> {
        let (value, digits) = self.digits();
        let padded = digits > 1 && self.was(digits) == Some(b'0');
        self.rest = self.rest.get(digits as usize..)?;
        (1..=SURE_DIGITS).contains(&digits).then_some(value).filter(|_| !padded)
    }

    /// A time in milliseconds.
    #[inline]
    pub(in super::super) fn time(&mut self) -> Option<i64> {
        i64::try_from(self.whole()?).ok().filter(|ms| *ms <= LATEST_MS)
    }

    /// The digits that are next: their value if they are few enough, and how many.
    #[inline]
    fn digits(&self) -> (u64, u32) {
        let mut value = 0_u64;
        let mut digits = 0;
        for byte in self.rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        }
        (value, digits)
    }

    fn was(&self, digits: u32) -> Option<u8> {
        (digits > 0).then(|| self.rest.first().copied()).flatten()
    }

    /// Levels up to and with the bracket that ends them; the one that begins them has been read.
    #[inline]
    pub(in super::super) fn levels(&mut self, price: Scale, qty: Scale, rungs: &mut Vec<Rung>) -> Option<()> {
        rungs.clear();
        if self.skip(b"]").is_some() {
            return Some(());
        }
        loop {
            self.skip(b"[\"")?;
            let at = self.decimal(price).filter(|price| *price > 0)?;
            self.skip(b"\",\"")?;
            let total = self.decimal(qty)?;
            self.skip(b"\"]")?;
            rungs.push((Price::from_units(at), Qty::from_units(total)));
            match self.rest.split_first()? {
                (b',', rest) => self.rest = rest,
                (b']', rest) => {
                    self.rest = rest;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// A decimal number in units of the scale.
    #[inline]
    fn decimal(&mut self, scale: Scale) -> Option<i64> {
        let (whole, digits) = self.digits();
        if digits == 0 || digits + scale.decimals() > SURE_DIGITS {
            return None;
        }
        self.rest = self.rest.get(digits as usize..)?;
        let mut value = whole;
        let mut missing = scale.decimals();
        if let Some((b'.', rest)) = self.rest.split_first() {
            let mut read = 0;
            for byte in rest {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    break;
                }
                read += 1;
                if missing > 0 {
                    value = value * 10 + u64::from(digit);
                    missing -= 1;
                } else if digit != 0 {
                    return None;
                }
            }
            if read == 0 {
                return None;
            }
            self.rest = rest.get(read..)?;
        }
        i64::try_from(value * POWERS[missing as usize]).ok()
    }
}

/// A byte of a name: printable ASCII that JSON writes as it is.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\'
}
