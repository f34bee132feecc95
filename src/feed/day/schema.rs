//! The columns of a recorded day and the words in them. `docs/day-file.md` says the same for people.

use parquet::basic::{Compression, Encoding, Repetition, Type as Physical, ZstdLevel};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, SchemaDescriptor, TypePtr};

use crate::market::{SessionPhase, Side};

/// The schema this version writes, and the newest it reads.
pub const SCHEMA: u32 = 1;

/// Rows in a row group: small enough that one decoded group is a few megabytes.
pub const GROUP_ROWS: usize = 32_768;

/// Footer key of the schema number.
pub const KEY_SCHEMA: &str = "himal.schema";
/// Footer key of the day's description.
pub const KEY_DAY: &str = "himal.day";
/// Footer key of the row group index.
pub const KEY_INDEX: &str = "himal.index";
/// Footer key of the checksum over the two keys before.
pub const KEY_CHECK: &str = "himal.check";

const MESSAGE: &str = "
message himal_day {
  required int64  ts_ns (TIMESTAMP(NANOS,true));
  required int64  seq (INTEGER(64,false));
  required int32  source (INTEGER(16,false));
  optional binary symbol (STRING);
  required binary kind (STRING);
  optional binary side (STRING);
  optional int64  price;
  optional int64  qty;
  optional int64  orders (INTEGER(64,true));
  required int32  flags (INTEGER(8,false));
  optional int32  buyer (INTEGER(16,false));
  optional int32  seller (INTEGER(16,false));
  optional int64  contract (INTEGER(64,false));
  optional binary state (STRING);
  optional int32  step (INTEGER(8,false));
  optional int64  until_ns (TIMESTAMP(NANOS,true));
  optional int64  previous;
  optional int64  open;
  optional int64  high;
  optional int64  low;
}";

/// A column by its place in [`MESSAGE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    Ts,
    Seq,
    Source,
    Symbol,
    Kind,
    Side,
    Price,
    Qty,
    Orders,
    Flags,
    Buyer,
    Seller,
    Contract,
    State,
    Step,
    Until,
    Previous,
    Open,
    High,
    Low,
}

/// Every column with its name, in file order.
pub(super) const COLUMNS: [(Column, &str); 20] = [
    (Column::Ts, "ts_ns"),
    (Column::Seq, "seq"),
    (Column::Source, "source"),
    (Column::Symbol, "symbol"),
    (Column::Kind, "kind"),
    (Column::Side, "side"),
    (Column::Price, "price"),
    (Column::Qty, "qty"),
    (Column::Orders, "orders"),
    (Column::Flags, "flags"),
    (Column::Buyer, "buyer"),
    (Column::Seller, "seller"),
    (Column::Contract, "contract"),
    (Column::State, "state"),
    (Column::Step, "step"),
    (Column::Until, "until_ns"),
    (Column::Previous, "previous"),
    (Column::Open, "open"),
    (Column::High, "high"),
    (Column::Low, "low"),
];

/// The schema as the encoder wants it.
pub(super) fn message_type() -> Result<TypePtr> {
    parse_message_type(MESSAGE).map(TypePtr::new)
}

/// How columns are encoded: numbers as differences, words as dictionaries, all of it zstd.
pub(super) fn writer_properties() -> Result<WriterProperties> {
    let mut builder = WriterProperties::builder()
        .set_created_by("himal".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_write_batch_size(GROUP_ROWS)
        .set_data_page_row_count_limit(GROUP_ROWS)
        .set_max_row_group_row_count(Some(GROUP_ROWS));
    for (column, name) in COLUMNS {
        let path = ColumnPath::from(name);
        // These are a few bits per row at most: a decompressor would cost more than it saves.
        if matches!(column, Column::Source | Column::Kind | Column::Side | Column::Flags) {
            builder = builder.set_column_compression(path.clone(), Compression::UNCOMPRESSED);
        }
        if is_word(column) {
            builder = builder.set_column_dictionary_enabled(path, true);
        } else {
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    let ts = ColumnPath::from("ts_ns");
    Ok(builder.set_column_statistics_enabled(ts, EnabledStatistics::Chunk).build())
}

const fn is_word(column: Column) -> bool {
    matches!(column, Column::Symbol | Column::Kind | Column::Side | Column::State)
}

/// Where each column of ours stands in a file, or which are missing or of another type.
pub(super) fn locate(found: &SchemaDescriptor) -> std::result::Result<[usize; 20], Vec<String>> {
    let ours = match message_type() {
        Ok(message) => SchemaDescriptor::new(message),
        Err(e) => return Err(vec![e.to_string()]),
    };
    let mut places = [0; 20];
    let mut missing = Vec::new();
    for ((place, (_, name)), wanted) in places.iter_mut().zip(COLUMNS).zip(ours.columns()) {
        let at = found.columns().iter().position(|c| c.path().parts() == [name]);
        match at {
            None => missing.push(name.to_owned()),
            Some(i) => {
                let column = found.column(i);
                let same = column.physical_type() == wanted.physical_type()
                    && column.self_type().get_basic_info().repetition()
                        == wanted.self_type().get_basic_info().repetition();
                if same {
                    *place = i;
                } else {
                    missing.push(format!(
                        "{name} as {}",
                        type_name(wanted.physical_type(), wanted.max_def_level())
                    ));
                }
            }
        }
    }
    if missing.is_empty() { Ok(places) } else { Err(missing) }
}

fn type_name(physical: Physical, max_def_level: i16) -> String {
    let repetition = if max_def_level == 0 { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    format!("{repetition} {physical}").to_lowercase()
}

/// The word for each kind of event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Trade,
    Level,
    Snapshot,
    Clear,
    Session,
    Halt,
    Index,
    Bar,
    Last,
}

const KINDS: [(Kind, &str); 9] = [
    (Kind::Trade, "trade"),
    (Kind::Level, "level"),
    (Kind::Snapshot, "snapshot"),
    (Kind::Clear, "clear"),
    (Kind::Session, "session"),
    (Kind::Halt, "halt"),
    (Kind::Index, "index"),
    (Kind::Bar, "bar"),
    (Kind::Last, "last"),
];

impl Kind {
    pub(super) fn word(self) -> &'static str {
        KINDS[self as usize].1
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, w)| *w == word).map(|(kind, _)| *kind)
    }
}

/// What the `state` column can say: a session phase, or whether a halt starts or ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Phase(SessionPhase),
    HaltStart,
    HaltEnd,
}

const STATES: [(State, &str); 7] = [
    (State::Phase(SessionPhase::Closed), "closed"),
    (State::Phase(SessionPhase::PreOpen), "pre_open"),
    (State::Phase(SessionPhase::PreOpenMatch), "pre_open_match"),
    (State::Phase(SessionPhase::Continuous), "continuous"),
    (State::Phase(SessionPhase::Ended), "ended"),
    (State::HaltStart, "start"),
    (State::HaltEnd, "end"),
];

impl State {
    pub(super) fn word(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| *word)
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        STATES.iter().find(|(_, w)| *w == word).map(|(state, _)| *state)
    }
}

pub(super) const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

pub(super) fn side_from_word(word: &str) -> Option<Side> {
    match word {
        "buy" => Some(Side::Buy),
        "sell" => Some(Side::Sell),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_list_is_the_message() {
        let descriptor = SchemaDescriptor::new(message_type().unwrap());
        let names: Vec<_> = descriptor.columns().iter().map(|c| c.name().to_owned()).collect();
        assert_eq!(names, COLUMNS.map(|(_, name)| name.to_owned()));
        for (i, (column, _)) in COLUMNS.iter().enumerate() {
            assert_eq!(*column as usize, i, "{column:?}");
        }
        assert!(locate(&descriptor).is_ok());
    }

    #[test]
    fn words_go_there_and_back() {
        for (i, (kind, word)) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, i);
            assert_eq!(Kind::from_word(word), Some(*kind));
        }
        for (state, word) in STATES {
            assert_eq!((State::from_word(word), state.word()), (Some(state), word));
        }
        assert_eq!(Kind::from_word("order"), None);
    }
}
