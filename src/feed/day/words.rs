//! Decoding a column of words: each word is looked at once per row group, each row costs an index.
//!
//! The general reader makes a reference-counted string for every row, which alone costs more
//! than everything else in an event; so the two page kinds our writer makes are decoded here.

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};

/// The words of a column as `rows` values: `resolve` of the word, or `absent` where there is none.
///
/// # Errors
/// What is wrong with the pages, in words.
pub(super) fn decode<T: Copy>(
    pages: &mut dyn PageReader,
    rows: usize,
    optional: bool,
    absent: T,
    mut resolve: impl FnMut(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let mut dictionary = Vec::new();
    let mut out = Vec::with_capacity(rows);
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
                read_data_page(&buf, count, optional, encoding, &dictionary, absent, &mut out)?;
            }
            Page::DataPageV2 { .. } => return Err("a page layout this reader does not know".to_owned()),
        }
    }
    if out.len() == rows { Ok(out) } else { Err(format!("{} values for {rows} rows", out.len())) }
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

fn read_data_page<T: Copy>(
    mut buf: &[u8],
    count: usize,
    optional: bool,
    encoding: Encoding,
    dictionary: &[T],
    absent: T,
    out: &mut Vec<T>,
) -> Result<(), String> {
    let mut present = Vec::new();
    if optional {
        let (head, rest) = buf.split_first_chunk::<4>().ok_or("page cut short")?;
        let length = u32::from_le_bytes(*head) as usize;
        if length > rest.len() {
            return Err("page cut short".to_owned());
        }
        let (levels, rest) = rest.split_at(length);
        read_runs(levels, 1, count, &mut present)?;
        buf = rest;
    }
    let values = if optional { present.iter().filter(|p| **p == 1).count() } else { count };
    if values == 0 {
        out.resize(out.len() + count, absent);
        return Ok(());
    }
    if !matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY) {
        return Err(format!("words encoded as {encoding} instead of a dictionary"));
    }
    let (width, rest) = buf.split_first().ok_or("page cut short")?;
    let mut places = Vec::with_capacity(values);
    read_runs(rest, *width, values, &mut places)?;
    let word = |place: u32| dictionary.get(place as usize).copied().ok_or("a word outside the dictionary");
    if values == count {
        for place in places {
            out.push(word(place)?);
        }
    } else {
        let mut places = places.into_iter();
        for p in present {
            out.push(if p == 1 { word(places.next().ok_or("too few words")?)? } else { absent });
        }
    }
    Ok(())
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
