//! A journal for other programs and for people.

use std::io::Write;
use std::path::Path;

use super::{JournalError, JournalReader, Record, Torn};

/// Writes every record as one line of JSON: `seq`, `hash`, `kind`, then the fields of its kind.
/// The same journal gives the same bytes on every call. Returns the torn tail, if there was one.
///
/// # Errors
/// [`JournalError::Corrupt`] at the first damage, after the good records before it were written;
/// [`JournalError::Write`] when `out` takes no more; those of [`JournalReader::open`].
pub fn export(path: &Path, out: impl Write) -> Result<Option<Torn>, JournalError> {
    each(path, out, |record| {
        let body = record.body.encode()?;
        let mut line = format!("{{\"seq\":{},\"hash\":\"{}\",", record.seq, record.hash).into_bytes();
        // A body is a JSON object that begins with its kind.
        line.extend_from_slice(&body[1..]);
        Ok(line)
    })
}

/// Writes every record in words: number, time, the first digits of the hash, what happened.
///
/// # Errors
/// As [`export`].
pub fn show(path: &Path, out: impl Write) -> Result<Option<Torn>, JournalError> {
    each(path, out, |record| Ok(in_words(record).into_bytes()))
}

fn in_words(record: &Record) -> String {
    let at = record.body.at().map_or_else(String::new, |at| at.to_nepal().format("%H:%M:%S%.3f").to_string());
    let hash = record.hash.to_string();
    format!("{:>8}  {at:<12}  {}  {}", record.seq, &hash[..8], record.body.words())
}

fn each(
    path: &Path,
    mut out: impl Write,
    text: impl Fn(&Record) -> Result<Vec<u8>, JournalError>,
) -> Result<Option<Torn>, JournalError> {
    let mut reader = JournalReader::open(path)?;
    let write_error = |source| JournalError::Write { file: "output".to_owned(), source };
    for record in reader.by_ref() {
        let mut line = match record {
            Ok(record) => text(&record)?,
            Err(error) => {
                out.flush().map_err(write_error)?;
                return Err(error);
            }
        };
        line.push(b'\n');
        out.write_all(&line).map_err(write_error)?;
    }
    out.flush().map_err(write_error)?;
    Ok(reader.torn())
}
