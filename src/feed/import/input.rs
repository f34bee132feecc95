//! The files of an import: plain or gzip, hashed as stored, read line by line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::feed::FeedError;
use crate::feed::day::{OriginFile, hex};

/// A file to import.
#[derive(Clone, Debug)]
pub(super) struct Input {
    path: PathBuf,
}

impl Input {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The path as given, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn label(&self) -> String {
        self.path.display().to_string()
    }

    /// The file name alone, for reports that outlive the folder.
    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub(super) fn unreadable(&self, source: io::Error) -> FeedError {
        FeedError::Unreadable { file: self.label(), source }
    }

    /// The decompressed contents; gzip is told by its first two bytes, not by the name.
    pub(super) fn open(&self) -> Result<Box<dyn BufRead>, FeedError> {
        let mut file = File::open(&self.path).map_err(|e| self.unreadable(e))?;
        let mut magic = Vec::new();
        file.by_ref().take(2).read_to_end(&mut magic).map_err(|e| self.unreadable(e))?;
        file.rewind().map_err(|e| self.unreadable(e))?;
        Ok(if magic == [0x1f, 0x8b] {
            Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(file))))
        } else {
            Box::new(BufReader::new(file))
        })
    }

    /// Its name and the hash of its bytes as stored.
    pub(super) fn origin(&self) -> Result<OriginFile, FeedError> {
        let mut file = File::open(&self.path).map_err(|e| self.unreadable(e))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut buffer).map_err(|e| self.unreadable(e))?;
            if read == 0 {
                return Ok(OriginFile { name: self.name(), sha256: hex(&hash.finalize()) });
            }
            hash.update(&buffer[..read]);
        }
    }

    /// Every line that is text with its number from 1; `bad` gets the numbers of those that are not.
    pub(super) fn for_each_line(
        &self,
        mut line: impl FnMut(u64, &str) -> Result<(), FeedError>,
        mut bad: impl FnMut(u64),
    ) -> Result<(), FeedError> {
        let mut from = self.open()?;
        let mut buffer = Vec::new();
        let mut number = 0;
        loop {
            buffer.clear();
            if from.read_until(b'\n', &mut buffer).map_err(|e| self.unreadable(e))? == 0 {
                return Ok(());
            }
            number += 1;
            match std::str::from_utf8(&buffer) {
                Ok(text) => line(number, text.trim_end_matches(['\n', '\r']))?,
                Err(_) => bad(number),
            }
        }
    }

    /// A comma-separated file with a header.
    pub(super) fn table(&self) -> Result<Table, FeedError> {
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(self.open()?);
        let mut header = csv::ByteRecord::new();
        rows.read_byte_record(&mut header).map_err(|e| self.unreadable(to_io(e)))?;
        let header = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().trim_start_matches('\u{feff}').to_owned())
            .collect();
        Ok(Table { input: self.clone(), header, rows, record: csv::ByteRecord::new(), first: None })
    }

    /// A comma-separated file without a header: the first line is a row.
    pub(super) fn headless_table(&self) -> Result<Table, FeedError> {
        let mut table = self.table()?;
        if table.header.iter().any(|field| !field.is_empty()) {
            table.first = Some(csv::StringRecord::from(table.header.clone()));
        }
        Ok(table)
    }
}

fn to_io(e: csv::Error) -> io::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}")),
    }
}

/// A comma-separated file being read.
pub(super) struct Table {
    input: Input,
    header: Vec<String>,
    rows: csv::Reader<Box<dyn BufRead>>,
    record: csv::ByteRecord,
    /// The first line, while it is still to be given as a row.
    first: Option<csv::StringRecord>,
}

/// A row with its line number from 1; `Err` when it is not text.
pub(super) type NumberedRow = (u64, Result<csv::StringRecord, String>);

impl Table {
    /// The column of that name, if the file has it.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h.eq_ignore_ascii_case(name))
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// How many columns the first line has.
    pub(super) fn width(&self) -> usize {
        self.header.len()
    }

    /// The refusal of a layout that is not `expected`.
    pub(super) fn unknown_layout(&self, expected: &'static str) -> FeedError {
        let found = self.header.join(",").chars().take(80).collect();
        FeedError::UnknownLayout { file: self.input.label(), expected, found }
    }

    /// The next row.
    pub(super) fn next_row(&mut self) -> Result<Option<NumberedRow>, FeedError> {
        if let Some(first) = self.first.take() {
            return Ok(Some((1, Ok(first))));
        }
        if !self.rows.read_byte_record(&mut self.record).map_err(|e| self.input.unreadable(to_io(e)))? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let row = csv::StringRecord::from_byte_record(self.record.clone());
        Ok(Some((line, row.map_err(|_| "not UTF-8 text".to_owned()))))
    }
}
