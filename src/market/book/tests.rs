use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn level(side: Side, price: i64, qty: i64, orders: u32) -> LevelUpdate {
    LevelUpdate { side, price: Price::from_units(price), qty: Qty::from_units(qty), orders }
}

fn book(tick: i64) -> OrderBook {
    OrderBook::new(Tick::new(tick).unwrap())
}

#[test]
fn rows() {
    let mut b = book(10);
    assert_eq!(b.state(), BookState::Empty);
    b.set(&level(Side::Buy, 50_000, 200, 2));
    assert_eq!(b.state(), BookState::OneSided);
    b.set(&level(Side::Sell, 50_100, 150, 1));
    assert_eq!(b.state(), BookState::Normal);
    assert_eq!(b.double_mid_units(), Some(100_100));
    b.set(&level(Side::Buy, 50_100, 10, 1));
    assert_eq!(b.state(), BookState::Locked);
    assert_eq!(b.double_mid_units(), None);
    b.set(&level(Side::Buy, 50_110, 10, 1));
    assert_eq!(b.state(), BookState::Crossed);
    b.set(&level(Side::Buy, 50_110, 0, 0));
    b.remove(Side::Buy, Price::from_units(50_100), Qty::from_units(10));
    b.add(Side::Buy, Price::from_units(49_990), Qty::from_units(40));
    b.reduce(Side::Buy, Price::from_units(50_000), Qty::from_units(50));
    let bids: Vec<_> = b
        .cumulative(Side::Buy)
        .map(|(l, sum)| (l.price.units(), l.qty.units(), l.orders, sum.units()))
        .collect();
    assert_eq!(bids, [(50_000, 150, 2, 150), (49_990, 40, 1, 190)]);
    assert_eq!(b.imbalance(1), Some(0.0));
    b.clear(Some(Side::Sell));
    assert_eq!(b.state(), BookState::OneSided);
    b.clear(None);
    assert_eq!(b.state(), BookState::Empty);
}

#[test]
fn far_and_off_grid_prices_are_kept_in_order() {
    let mut b = book(10);
    for (price, qty) in [(50_000, 1), (5_000_000_000, 2), (50_005, 3), (10, 4)] {
        b.set(&level(Side::Sell, price, qty, 1));
    }
    let asks: Vec<_> = b.levels(Side::Sell).map(|l| l.price.units()).collect();
    assert_eq!(asks, [10, 50_000, 50_005, 5_000_000_000]);
    assert_eq!(b.best(Side::Sell).map(|l| l.qty.units()), Some(4));
    for price in [10, 50_005, 5_000_000_000, 50_000] {
        b.set(&level(Side::Sell, price, 0, 0));
    }
    assert_eq!((b.depth(Side::Sell), b.best(Side::Sell)), (0, None));
}

#[test]
fn the_extremes_of_the_number_line_do_no_harm() {
    let mut b = book(10);
    for price in [i64::MAX, i64::MIN, 0, -10, i64::MAX - 7, 50_000] {
        b.set(&level(Side::Buy, price, 1, 1));
        b.set(&level(Side::Sell, price, i64::MAX, 1));
    }
    assert_eq!(b.depth(Side::Buy), 6);
    assert_eq!(b.total(Side::Sell).units(), i64::MAX);
}

proptest! {
    /// Against the plainest possible book: an ordered map a side.
    #[test]
    fn equals_an_ordered_map(
        tick in prop_oneof![Just(1_i64), Just(10)],
        updates in prop::collection::vec(
            (any::<bool>(), prop_oneof![49_000..51_000_i64, 0..4_000_000_i64], 0..4_i64, 1..4_u32), 1..300),
    ) {
        let mut b = book(tick);
        let mut plain: [BTreeMap<i64, (i64, u32)>; 2] = Default::default();
        for (buy, price, qty, orders) in updates {
            let side = if buy { Side::Buy } else { Side::Sell };
            b.set(&level(side, price, qty, orders));
            let map = &mut plain[usize::from(buy)];
            if qty > 0 { map.insert(price, (qty, orders)); } else { map.remove(&price); }
            prop_assert_eq!(b.best_price(Side::Buy).map(Price::units), plain[1].keys().next_back().copied());
            prop_assert_eq!(b.best_price(Side::Sell).map(Price::units), plain[0].keys().next().copied());
        }
        let got: Vec<_> = b.levels(Side::Buy).map(|l| (l.price.units(), (l.qty.units(), l.orders))).collect();
        let want: Vec<_> = plain[1].iter().rev().map(|(p, v)| (*p, *v)).collect();
        prop_assert_eq!(got, want);
        let wire = postcard::to_stdvec(&b).unwrap();
        let back: OrderBook = postcard::from_bytes(&wire).unwrap();
        prop_assert_eq!(back, b);
    }
}
