//! The quick reader and the strict one say the same of everything.

use proptest::prelude::*;

use super::super::listing::{Listed, Listing};
use super::*;
use crate::market::{InstrumentId, Symbol};

fn listing() -> Listing {
    let listed = |symbol, id, price, qty| Listed {
        symbol: Symbol::new(symbol),
        instrument: InstrumentId(id),
        price: Scale::of(price).unwrap(),
        qty: Scale::of(qty).unwrap(),
    };
    Listing::new([listed("BTCUSDT", 4, 100, 1_000_000), listed("ETHUSDT", 9, 1, 1_000_000_000_000)])
}

/// What either reader made of a frame.
fn strictly(frame: &[u8]) -> Result<Update, DepthError> {
    let mut update = Update::default();
    read_strictly(frame, &listing(), &mut update).map(|()| update)
}

fn quickly(frame: &[u8]) -> Option<Update> {
    let mut update = Update::default();
    scan::change(frame, &listing(), &mut update).map(|()| update)
}

/// The quick reader never says anything that the strict one does not.
fn agree(frame: &[u8]) -> Result<(), TestCaseError> {
    let strict = strictly(frame);
    if let Some(quick) = quickly(frame) {
        prop_assert_eq!(Ok(&quick), strict.as_ref(), "{}", String::from_utf8_lossy(frame));
    }
    let mut update = Update::default();
    let read = read(frame, &listing(), &mut update).map(|()| update);
    prop_assert_eq!(read, strict);
    Ok(())
}

const SPOT: &str = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,"b":[["61737.63000000","0.00000000"],["61730.17000000","1.54698000"]],"a":[["61837.64000000","0.00123400"]]}}"#;
const FUTURES: &str = r#"{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[["58710.20","0.014"]],"a":[]}"#;

#[test]
fn both_shapes_are_read_from_the_bytes() {
    let spot = quickly(SPOT.as_bytes()).unwrap();
    assert_eq!((spot.slot, spot.event_ms, spot.previous), (0, 1_723_161_255_208, None));
    assert_eq!((spot.first, spot.last), (50_093_239_189, 50_093_239_202));
    let rung = |price, qty| (Price::from_units(price), Qty::from_units(qty));
    assert_eq!(spot.bids, [rung(6_173_763, 0), rung(6_173_017, 1_546_980)]);
    assert_eq!(spot.asks, [rung(6_183_764, 1_234)]);
    let futures = quickly(FUTURES.as_bytes()).unwrap();
    assert_eq!((futures.previous, futures.bids.len(), futures.asks.len()), (Some(5_123_107_831_937), 1, 0));
    for frame in [SPOT, FUTURES] {
        assert_eq!(quickly(frame.as_bytes()), strictly(frame.as_bytes()).ok());
    }
}

#[test]
fn other_shapes_of_the_same_are_read_strictly() {
    let expected = strictly(FUTURES.as_bytes()).unwrap();
    for frame in [
        FUTURES.replace(',', " ,\n "),
        FUTURES.replace("BTCUSDT", "BTC\\u0055SDT"),
        FUTURES.replace("58710.20", "5871\\u0030.2"),
        FUTURES.replace("\"a\":[]", "\"st\":1,\"a\":[],\"x\":{\"b\":[[1]]}"),
        FUTURES.replace("\"pu\":5123107831937,", "").replace("\"a\":[]", "\"a\":[],\"pu\":5123107831937"),
        format!("{{\"data\":{FUTURES},\"stream\":\"btcusdt@depth@0ms\"}}"),
    ] {
        assert_eq!(quickly(frame.as_bytes()), None, "{frame}");
        let mut update = Update::default();
        read(frame.as_bytes(), &listing(), &mut update).unwrap();
        assert_eq!(update, expected, "{frame}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    for (from, to, reason) in [
        ("58710.20", "58710.203", "more than 2 decimals"),
        ("58710.20", "-1", "negative"),
        ("58710.20", "5e4", "exponent"),
        ("58710.20", "0.00", "price of zero"),
        ("58710.20", "99999999999999999999", "too large"),
        ("\"58710.20\"", "58710.20", "invalid type"),
        ("\"0.014\"", "\"0.014\",\"7\"", "trailing"),
        (",\"0.014\"", "", "invalid length"),
        ("BTCUSDT", "DOGEUSDT", "DOGEUSDT, which was not asked for"),
        ("BTCUSDT", "btcusdt", "which was not asked for"),
        ("5123107832006", "6123107832006", "backwards"),
        ("5123107832006", "18446744073709551616", "invalid"),
        ("5123107832006", "-3", "invalid value"),
        ("5123107832006", "05123107832006", "invalid number"),
        ("1723161256299", "17231612562990000", "no time"),
        ("1723161256299", "-1", "no time"),
        ("depthUpdate", "trade", "not depthUpdate"),
        ("\"b\":", "\"b\":[],\"b\":", "duplicate field"),
        (",\"a\":[]}", "", "EOF"),
    ] {
        let frame = FUTURES.replacen(from, to, 1);
        let said = strictly(frame.as_bytes()).unwrap_err().to_string();
        assert!(said.contains(reason), "{frame}: {said}");
        assert_eq!(quickly(frame.as_bytes()), None, "{frame}");
    }
    assert!(matches!(strictly(&[0xff, 0xfe]), Err(DepthError::Shape(_))));
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[0-9]{1,7}(\\.[0-9]{1,8})?",
        2 => "[1-9][0-9]{0,4}\\.[0-9]{2}0{0,6}",
        1 => "[0-9]{0,22}(\\.[0-9]{0,14})?",
        1 => "-?[0-9.eE+]{0,6}",
    ]
}

fn levels() -> impl Strategy<Value = String> {
    prop::collection::vec((number(), number()), 0..6).prop_map(|levels| {
        let texts: Vec<_> = levels.iter().map(|(p, q)| format!("[\"{p}\",\"{q}\"]")).collect();
        texts.join(",")
    })
}

prop_compose! {
    fn frame()(
        named in any::<bool>(),
        event in prop_oneof![Just(1_723_161_255_208_u64), any::<u64>(), 0..100_u64],
        futures in any::<bool>(),
        symbol in prop::sample::select(vec!["BTCUSDT", "ETHUSDT", "XRPUSDT", ""]),
        first in prop_oneof![any::<u64>(), 0..1_000_000_u64],
        more in 0..50_u64,
        bids in levels(),
        asks in levels(),
    ) -> String {
        let (sent, previous) = if futures { (",\"T\":5", ",\"pu\":12") } else { ("", "") };
        let last = first.saturating_add(more);
        let data = format!(
            "{{\"e\":\"depthUpdate\",\"E\":{event}{sent},\"s\":\"{symbol}\",\"U\":{first},\"u\":{last}{previous},\"b\":[{bids}],\"a\":[{asks}]}}"
        );
        if named { format!("{{\"stream\":\"x@depth\",\"data\":{data}}}") } else { data }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn readers_agree_on_messages(frame in frame()) {
        agree(frame.as_bytes())?;
    }

    #[test]
    fn readers_agree_on_what_was_damaged(
        frame in prop_oneof![frame(), Just(SPOT.to_owned()), Just(FUTURES.to_owned())],
        hits in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(b"0123456789.,\"[]{}:-e \\".to_vec())], 0..4_u8),
            1..4,
        ),
    ) {
        let mut bytes = frame.into_bytes();
        for (place, byte, kind) in hits {
            let at = place.index(bytes.len().max(1));
            match kind {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, byte),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                _ => if let Some(old) = bytes.get_mut(at) { *old = byte },
            }
        }
        agree(&bytes)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The quick reader takes what the exchange sends: it is not quick by leaving everything to the other.
    #[test]
    fn the_exchanges_own_shape_is_read_quickly(
        levels in prop::collection::vec((1..10_000_000_u64, 0..9_000_000_u64), 0..41),
        first in 0..1_000_000_000_000_u64,
    ) {
        let texts: Vec<_> = levels
            .iter()
            .map(|(p, q)| format!("[\"{}.{:02}000000\",\"{}.{:06}00\"]", p / 100, p % 100, q / 1_000_000, q % 1_000_000))
            .collect();
        let frame = format!(
            "{{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":{first},\"u\":{first},\"b\":[{}],\"a\":[]}}",
            texts.join(",")
        );
        let update = quickly(frame.as_bytes()).unwrap();
        let expected: Vec<Rung> =
            levels.iter().map(|(p, q)| (Price::from_units(*p as i64), Qty::from_units(*q as i64))).collect();
        prop_assert_eq!(update.bids, expected);
    }
}
