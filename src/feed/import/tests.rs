use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// Words that the parsers look for, and numbers at the edges of what they hold.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "2024070201000001",
        "2024-07-02",
        "2024-07-02T11:00:00.5",
        "34200.004241176",
        "-262143-01-01",
        "-1",
        "0",
        "1",
        "4",
        "7",
        "500.0",
        "5000",
        "-9999999999",
        "9223372036854775807",
        "-9223372036854775808",
        "1e9",
        "NABIL",
        "D01",
        "",
        "\"5,988\"",
        "\"",
        "nan",
        "1723161253937085768 {\"lastUpdateId\":18446744073709551615,\"bids\":[],\"asks\":[]}",
        "1 {\"stream\":\"x@depth\",\"data\":{\"E\":9223372036854775807,\"s\":\"X\",\"U\":0,\"u\":0,\"b\":[[\"1\",\"1\"]],\"a\":[]}}",
        "{\"topic\":\"orderbook.1.X\",\"type\":\"delta\",\"ts\":1,\"data\":{\"s\":\"X\",\"b\":[],\"a\":[],\"u\":18446744073709551615}}",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<i64>().prop_map(|n| n.to_string()), 1 => ".{0,6}"]
}

fn table(columns: usize) -> impl Strategy<Value = String> {
    let row = prop::collection::vec(word(), columns).prop_map(|fields| fields.join(","));
    prop::collection::vec(row, 0..8).prop_map(|rows| rows.join("\n"))
}

const HEADERS: [&str; 3] = [
    "contractId,stockSymbol,buyerMemberId,sellerMemberId,contractQuantity,contractRate,contractAmount,tradeTime\n",
    "published_date,open,high,low,close,per_change,traded_quantity,x\n",
    "",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_text_makes_an_importer_panic(
        header in prop::sample::select(HEADERS.to_vec()), eight in table(8), six in table(6), four in table(4), one in table(1)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| -> PathBuf {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let out = dir.path().join("day.parquet");
        let options = ImportOptions { allow_incomplete: true, ..ImportOptions::default() };
        let with_header = file("a.csv", &format!("{header}{eight}"));
        let messages = file("X_2012-06-21_message.csv", &six);
        let book = file("X_2012-06-21_book.csv", &four);
        let lines = file("lines.jsonl", &one);
        for (kind, files) in [
            (ImportKind::Floorsheet, vec![with_header.clone()]),
            (ImportKind::Ohlcv, vec![with_header]),
            (ImportKind::Lobster, vec![messages, book]),
            (ImportKind::Binance, vec![lines.clone()]),
            (ImportKind::Bybit, vec![lines]),
        ] {
            if let Ok(report) = import(kind, &files, &out, &options) {
                prop_assert!(report.read >= report.refused_count);
                let day = crate::feed::day::DayReader::open(&out).unwrap();
                prop_assert_eq!(day.rows(), report.written);
            }
        }
    }
}

#[test]
fn kinds_have_names_and_unknown_ones_are_refused() {
    for kind in ImportKind::ALL {
        assert_eq!(kind.name().parse::<ImportKind>().unwrap(), kind);
        assert!(!kind.help().is_empty());
    }
    assert!(matches!("csv".parse::<ImportKind>(), Err(FeedError::UnknownKind(_))));
    let nothing = import(ImportKind::Bybit, &[], std::path::Path::new("x"), &ImportOptions::default());
    assert!(matches!(nothing, Err(FeedError::WrongFiles(_))));
}
