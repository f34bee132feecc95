//! Decoding a column of words: each word is looked at once per row group, each row costs an index.
//!
//! The general reader makes a reference-counted string for every row, which alone costs more
//! than everything else in an event; so the two page kinds our writer makes are decoded here.

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};

/// Buffers that are used again from column to column.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    present: Vec<u32>,
    places: Vec<u32>,
}

/// The words of a column as `rows` values in `out`: `resolve` of the word, or `absent` where there
/// is none.
///
/// # Errors
/// What is wrong with the pages, in words.
pub(super) fn decode<T: Copy>(
    pages: &mut dyn PageReader,
    rows: usize,
    optional: bool,
    absent: T,
    scratch: &mut Scratch,
    out: &mut Vec<T>,
    mut resolve: impl FnMut(&str) -> Result<T, String>,
) -> Result<(), String> {
    let mut dictionary = Vec::new();
    while let Some(page) = pages.get_next_page().map_err(|e| e.to_string())? {
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                dictionary = read_dictionary(&buf, num_values, &mut resolve)?;
            }
            Page::DataPage { buf, num_values, encoding, .. } => {
                let count = num_values as usize;
                if out.len() + count > rows {
                    return Err("more values than rows".to_owned());
                }
                let rest = read_presence(&buf, count, optional, scratch)?;
                let words = Words { dictionary: &dictionary, absent, encoding };
                words.read(rest, count, optional, scratch, out)?;
            }
            Page::DataPageV2 { .. } => return Err("a page layout this reader does not know".to_owned()),
        }
    }
    if out.len() == rows { Ok(()) } else { Err(format!("{} values for {rows} rows", out.len())) }
}

fn read_dictionary<T>(
    mut buf: &[u8],
    count: u32,
    resolve: &mut impl FnMut(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let mut words = Vec::new();
    for _ in 0..count {
        let (head, rest) = buf.split_first_chunk::<4>().ok_or("dictionary cut short")?;
        let length = u32::from_le_bytes(*head) as usize;
        if length > rest.len() {
            return Err("dictionary cut short".to_owned());
        }
        let (word, rest) = rest.split_at(length);
        words.push(resolve(std::str::from_utf8(word).map_err(|e| e.to_string())?)?);
        buf = rest;
    }
    Ok(words)
}

/// Which rows have a word, at the front of the page of an optional column.
fn read_presence<'a>(
    buf: &'a [u8],
    count: usize,
    optional: bool,
    scratch: &mut Scratch,
) -> Result<&'a [u8], String> {
    scratch.present.clear();
    if !optional {
        return Ok(buf);
    }
    let (head, rest) = buf.split_first_chunk::<4>().ok_or("page cut short")?;
    let length = u32::from_le_bytes(*head) as usize;
    if length > rest.len() {
        return Err("page cut short".to_owned());
    }
    let (levels, rest) = rest.split_at(length);
    read_runs(levels, 1, count, &mut scratch.present)?;
    Ok(rest)
}

/// How the words of a page are looked up.
struct Words<'a, T> {
    dictionary: &'a [T],
    absent: T,
    encoding: Encoding,
}

impl<T: Copy> Words<'_, T> {
    fn read(
        &self,
        buf: &[u8],
        count: usize,
        optional: bool,
        scratch: &mut Scratch,
        out: &mut Vec<T>,
    ) -> Result<(), String> {
        let Scratch { present, places } = scratch;
        let values = if optional { present.iter().filter(|p| **p == 1).count() } else { count };
        if values == 0 {
            out.resize(out.len() + count, self.absent);
            return Ok(());
        }
        if !matches!(self.encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY) {
            return Err(format!("words encoded as {} instead of a dictionary", self.encoding));
        }
        let (width, rest) = buf.split_first().ok_or("page cut short")?;
        places.clear();
        read_runs(rest, *width, values, places)?;
        if places.iter().any(|place| *place as usize >= self.dictionary.len()) {
            return Err("a word outside the dictionary".to_owned());
        }
        let mut words = places.iter().map(|place| self.dictionary[*place as usize]);
        if values == count {
            out.extend(words);
        } else {
            out.extend(present.iter().map(|p| match p {
                1 => words.next().unwrap_or(self.absent),
                _ => self.absent,
            }));
        }
        Ok(())
    }
}

/// Parquet's mixture of repeated values and bit-packed ones.
fn read_runs(mut buf: &[u8], width: u8, count: usize, out: &mut Vec<u32>) -> Result<(), String> {
    if width > 32 {
        return Err("an index wider than 32 bits".to_owned());
    }
    let end = out.len() + count;
    while out.len() < end {
        let (header, rest) = read_varint(buf)?;
        buf = rest;
        let left = end - out.len();
        if header & 1 == 0 {
            let bytes = usize::from(width.div_ceil(8));
            if bytes > buf.len() {
                return Err("run cut short".to_owned());
            }
            let (value, rest) = buf.split_at(bytes);
            let value = value.iter().rev().fold(0u32, |v, b| (v << 8) | u32::from(*b));
            let run = usize::try_from(header >> 1).unwrap_or(usize::MAX).min(left);
            if run == 0 {
                return Err("an empty run".to_owned());
            }
            out.resize(out.len() + run, value);
            buf = rest;
        } else {
            let groups = usize::try_from(header >> 1).map_err(|e| e.to_string())?;
            let bytes = groups.saturating_mul(usize::from(width)).min(buf.len());
            let (packed, rest) = buf.split_at(bytes);
            unpack(packed, width, left.min(groups.saturating_mul(8)), out)?;
            buf = rest;
        }
    }
    Ok(())
}

fn unpack(packed: &[u8], width: u8, count: usize, out: &mut Vec<u32>) -> Result<(), String> {
    if count == 0 {
        return Err("an empty run".to_owned());
    }
    let mask = (1u64 << width) - 1;
    if (1..=8).contains(&width) && packed.len() * 8 >= count * usize::from(width) {
        // Eight values fill `width` bytes: one load instead of a loop over bits.
        let end = out.len() + count;
        for eight in packed.chunks(usize::from(width)) {
            let mut bytes = [0; 8];
            bytes[..eight.len()].copy_from_slice(eight);
            let bits = u64::from_le_bytes(bytes);
            out.extend((0..8).map(|k| (bits >> (k * u32::from(width)) & mask) as u32));
        }
        out.truncate(end);
        return Ok(());
    }
    let (mut held, mut bits, mut bytes) = (0u64, 0u8, packed.iter());
    for _ in 0..count {
        while bits < width {
            held |= u64::from(*bytes.next().ok_or("packed values cut short")?) << bits;
            bits += 8;
        }
        out.push((held & mask) as u32);
        held >>= width;
        bits -= width;
    }
    Ok(())
}

fn read_varint(buf: &[u8]) -> Result<(u64, &[u8]), String> {
    let mut value = 0u64;
    for (i, byte) in buf.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok((value, &buf[i + 1..]));
        }
    }
    Err("a run header cut short".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_values_decode() {
        // Eight packed 3-bit values 0..7 (the example of the Parquet format), then five times 4.
        let bytes = [0x03, 0b1000_1000, 0b1100_0110, 0b1111_1010, 5 << 1, 4];
        let mut out = Vec::new();
        read_runs(&bytes, 3, 13, &mut out).unwrap();
        assert_eq!(out, [0, 1, 2, 3, 4, 5, 6, 7, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn every_width_unpacks_alike() {
        for width in 1..=16u8 {
            let wanted: Vec<u32> =
                (0..40u32).map(|i| i.wrapping_mul(2_654_435_761) >> (32 - width)).collect();
            let mut packed = vec![0u8; 5 * usize::from(width)];
            for (i, value) in wanted.iter().enumerate() {
                for bit in (0..usize::from(width)).filter(|bit| value >> bit & 1 == 1) {
                    let at = i * usize::from(width) + bit;
                    packed[at / 8] |= 1 << (at % 8);
                }
            }
            for count in [1, 7, 8, 9, 40] {
                let mut out = Vec::new();
                unpack(&packed, width, count, &mut out).unwrap();
                assert_eq!(out, wanted[..count], "width {width}");
            }
        }
    }

    #[test]
    fn short_or_senseless_runs_are_refused() {
        for (bytes, width, count) in [
            (&[][..], 1, 1),
            (&[0x80][..], 1, 1),
            (&[0x00, 0x01][..], 1, 1),
            (&[0x03, 0xff][..], 3, 8),
            (&[0x01][..], 3, 8),
            (&[0x04][..], 8, 2),
            (&[0x04, 0x01][..], 40, 2),
        ] {
            assert!(read_runs(bytes, width, count, &mut Vec::new()).is_err(), "{bytes:?}");
        }
    }
}
