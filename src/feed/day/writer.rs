//! Writing a recorded day: a complete file or none.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::writer::{
    ColumnCloseResult, ColumnWriter, get_column_writer, get_typed_column_writer_mut,
};
use parquet::data_type::{ByteArrayType, Int32Type, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::SchemaDescriptor;

use super::bars::DailyBar;
use super::batch::{Batch, Values};
use super::meta::{DayIndex, DayMeta, GroupEntry};
use super::schema::{
    COLUMNS, GROUP_ROWS, KEY_CHECK, KEY_DAY, KEY_INDEX, KEY_SCHEMA, SCHEMA, message_type, writer_properties,
};
use crate::feed::FeedError;
use crate::market::{MarketEvent, SourceId, Timestamp};

/// Writes a recorded day. Events go to a file beside the target, which takes the target's name
/// only in [`DayWriter::finish`]; a writer that is dropped leaves nothing behind.
#[derive(Debug)]
pub struct DayWriter {
    target: PathBuf,
    partial: PathBuf,
    file: String,
    encoder: Option<SerializedFileWriter<File>>,
    schema: SchemaDescriptor,
    meta: DayMeta,
    batch: Batch,
    index: DayIndex,
    last: Option<Timestamp>,
    last_of_source: BTreeMap<SourceId, (Timestamp, u64)>,
}

impl DayWriter {
    /// Starts a day that will stand at `path`, replacing what is there only when it is complete.
    ///
    /// # Errors
    /// [`FeedError::Unwritable`] or [`FeedError::Encode`].
    pub fn create(path: &Path, meta: DayMeta) -> Result<Self, FeedError> {
        let file = path.display().to_string();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let partial = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let out =
            File::create(&partial).map_err(|source| FeedError::Unwritable { file: file.clone(), source })?;
        let encode =
            |e: parquet::errors::ParquetError| FeedError::Encode { file: file.clone(), why: e.to_string() };
        let message = message_type().map_err(encode)?;
        let schema = SchemaDescriptor::new(Arc::clone(&message));
        let properties = Arc::new(writer_properties().map_err(encode)?);
        let encoder = SerializedFileWriter::new(out, message, properties).map_err(encode)?;
        let meta = meta.labelled();
        Ok(Self {
            target: path.to_owned(),
            partial,
            batch: Batch::new(&meta.instruments),
            file,
            encoder: Some(encoder),
            schema,
            meta,
            index: DayIndex::default(),
            last: None,
            last_of_source: BTreeMap::new(),
        })
    }

    /// Adds an event. Times never go back; sequence numbers of one source never go back within
    /// one moment.
    ///
    /// # Errors
    /// [`FeedError::OutOfOrder`], [`FeedError::UnknownInstrument`], or a failure to write.
    pub fn push(&mut self, event: &MarketEvent) -> Result<(), FeedError> {
        let row = self.rows();
        let known =
            event.instrument == MarketEvent::MARKET || self.meta.instruments.get(event.instrument).is_some();
        if !known {
            return Err(FeedError::UnknownInstrument { row, instrument: event.instrument });
        }
        let before = self.last_of_source.get(&event.source);
        if let Some(previous) = self.last.filter(|last| event.at < *last) {
            return Err(FeedError::OutOfOrder { row, at: event.at, previous });
        }
        if let Some((previous, _)) = before.copied().filter(|before| (event.at, event.seq) < *before) {
            return Err(FeedError::OutOfOrder { row, at: event.at, previous });
        }
        self.last_of_source.insert(event.source, (event.at, event.seq));
        self.last = Some(event.at);
        self.batch.push_event(event);
        self.flush_full()
    }

    /// Adds a daily bar, in order of date. The day's [`DayMeta::daily`] should be set.
    ///
    /// # Errors
    /// As [`DayWriter::push`].
    pub fn push_bar(&mut self, bar: &DailyBar) -> Result<(), FeedError> {
        let row = self.rows();
        if self.meta.instruments.get(bar.instrument).is_none() {
            return Err(FeedError::UnknownInstrument { row, instrument: bar.instrument });
        }
        let at = Timestamp::nepal(bar.date, chrono::NaiveTime::MIN).unwrap_or_default();
        if let Some(previous) = self.last.filter(|last| at < *last) {
            return Err(FeedError::OutOfOrder { row, at, previous });
        }
        self.last = Some(at);
        self.batch.push_bar(at, bar);
        self.flush_full()
    }

    /// Events taken so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.index.rows + self.batch.rows() as u64
    }

    /// What the day will say about itself; counts and notes are often known only at the end.
    pub fn meta_mut(&mut self) -> &mut DayMeta {
        &mut self.meta
    }

    /// Completes the file, puts it on disk and gives it its name. Returns the rows written.
    ///
    /// # Errors
    /// [`FeedError::Unwritable`] or [`FeedError::Encode`]; then nothing stands at the target
    /// that was not there before.
    pub fn finish(mut self) -> Result<u64, FeedError> {
        if self.batch.rows() > 0 {
            self.flush()?;
        }
        let unwritable = |source| FeedError::Unwritable { file: self.file.clone(), source };
        let mut encoder = self.encoder.take().expect("the encoder is taken only here");
        for entry in self.footer()? {
            encoder.append_key_value_metadata(entry);
        }
        encoder.finish().map_err(|e| self.encode_error(&e))?;
        let mut out = encoder.inner();
        out.flush().map_err(unwritable)?;
        out.sync_all().map_err(unwritable)?;
        fs::rename(&self.partial, &self.target).map_err(unwritable)?;
        Ok(self.index.rows)
    }

    fn footer(&self) -> Result<[KeyValue; 4], FeedError> {
        let json = |e: serde_json::Error| FeedError::Encode { file: self.file.clone(), why: e.to_string() };
        let day = serde_json::to_string(&self.meta.clone().labelled()).map_err(json)?;
        let index = serde_json::to_string(&self.index).map_err(json)?;
        let check = footer_check(&day, &index).to_string();
        Ok([
            KeyValue::new(KEY_SCHEMA.to_owned(), SCHEMA.to_string()),
            KeyValue::new(KEY_DAY.to_owned(), day),
            KeyValue::new(KEY_INDEX.to_owned(), index),
            KeyValue::new(KEY_CHECK.to_owned(), check),
        ])
    }

    fn flush_full(&mut self) -> Result<(), FeedError> {
        if self.batch.rows() < GROUP_ROWS { Ok(()) } else { self.flush() }
    }

    /// Writes the rows held back as one row group. Columns are encoded in memory first, because
    /// the checksum in the index is over exactly the bytes that go into the file.
    fn flush(&mut self) -> Result<(), FeedError> {
        let mut sum = flate2::Crc::new();
        let mut chunks = Vec::with_capacity(COLUMNS.len());
        for (i, (column, _)) in COLUMNS.iter().enumerate() {
            let (bytes, close) =
                self.encode_column(i, self.batch.values(*column)).map_err(|e| self.encode_error(&e))?;
            sum.update(&bytes);
            chunks.push((bytes, close));
        }
        self.append_group(chunks).map_err(|e| self.encode_error(&e))?;
        let (first_ns, last_ns) = self.batch.span().unwrap_or_default();
        let rows = self.batch.rows() as u64;
        self.index.rows += rows;
        self.index.groups.push(GroupEntry { rows, first_ns, last_ns, crc32: sum.sum() });
        self.batch.clear();
        Ok(())
    }

    fn append_group(&mut self, chunks: Vec<(Bytes, ColumnCloseResult)>) -> parquet::errors::Result<()> {
        let encoder = self.encoder.as_mut().expect("the encoder is taken only when the day is finished");
        let mut group = encoder.next_row_group()?;
        for (bytes, close) in chunks {
            group.append_column(&bytes, close)?;
        }
        group.close()?;
        Ok(())
    }

    fn encode_column(
        &self,
        i: usize,
        values: Values<'_>,
    ) -> parquet::errors::Result<(Bytes, ColumnCloseResult)> {
        let encoder = self.encoder.as_ref().expect("the encoder is taken only when the day is finished");
        let mut out = TrackedWrite::new(Vec::new());
        let pages = Box::new(SerializedPageWriter::new(&mut out));
        let mut writer = get_column_writer(self.schema.column(i), Arc::clone(encoder.properties()), pages);
        write_values(&mut writer, values)?;
        let close = writer.close()?;
        Ok((Bytes::from(out.into_inner()?), close))
    }

    fn encode_error(&self, e: &parquet::errors::ParquetError) -> FeedError {
        FeedError::Encode { file: self.file.clone(), why: e.to_string() }
    }
}

impl Drop for DayWriter {
    fn drop(&mut self) {
        // After a rename there is nothing of that name; before it the remains are of no use.
        let _ = fs::remove_file(&self.partial);
    }
}

fn write_values(writer: &mut ColumnWriter<'_>, values: Values<'_>) -> parquet::errors::Result<usize> {
    match values {
        Values::Int64(v, levels) => {
            get_typed_column_writer_mut::<Int64Type>(writer).write_batch(v, levels, None)
        }
        Values::Int32(v, levels) => {
            get_typed_column_writer_mut::<Int32Type>(writer).write_batch(v, levels, None)
        }
        Values::Words(v, levels) => {
            get_typed_column_writer_mut::<ByteArrayType>(writer).write_batch(v, levels, None)
        }
    }
}

/// CRC-32 over the description and the index, so that a changed footer is noticed.
pub(super) fn footer_check(day: &str, index: &str) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(day.as_bytes());
    sum.update(index.as_bytes());
    sum.sum()
}
