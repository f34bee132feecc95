use super::*;
use crate::execution::OrderState;
use crate::market::{Instrument, InstrumentId, Money, Qty, Symbol};
use proptest::prelude::*;

const COLUMNS: &str = "kind,symbol,side,number,quantity,price,filled,state,settled,amount";

fn universe() -> Universe {
    Universe::new(["NABIL", "HIDCL"].map(|symbol| Instrument::nepse(Symbol::new(symbol))))
}

/// Of these rows; orders are said to be none where they are not among them.
fn read(rows: &str) -> Result<BrokerBook, BookError> {
    BrokerBook::read(&format!("{COLUMNS}\n{rows}\norder\n"), &universe())
}

#[test]
fn a_book_is_read_whatever_the_order_of_its_columns() {
    let text = "\u{feff}Amount , KIND,symbol,quantity\n\"12,34,567.80\",cash,,\n0,due\n,holding,nabil,\"1,200\"\n,order\n";
    let book = BrokerBook::read(text, &universe()).unwrap();
    assert_eq!((book.cash, book.due), (Some(Money::from_paisa(123_456_780)), Some(Money::ZERO)));
    let qty = Qty::from_units(1_200);
    assert_eq!(book.holdings, Some(vec![StatedHolding { instrument: InstrumentId(0), qty, settled: qty }]));
    assert_eq!(book.account, None);
    // Nothing said is not nothing held.
    assert_eq!(read("").unwrap().holdings, None);
    assert_eq!(read("holding").unwrap().holdings, Some(Vec::new()));
}

#[test]
fn states_go_with_the_shares_done() {
    for (filled, state, want) in [
        (0, "OPEN", OrderState::Accepted),
        (20, "Open", OrderState::PartiallyFilled),
        (0, "modified", OrderState::Accepted),
        (50, "COMPLETED", OrderState::Filled),
        (0, "cancelled", OrderState::Cancelled),
        (20, "PARTIALLY_CANCELLED", OrderState::Cancelled),
        (0, "TMS_REJECTED", OrderState::Rejected),
    ] {
        let book = read(&format!("order,HIDCL,sell,7,50,249.5,{filled},{state}")).unwrap();
        assert_eq!(book.orders.as_ref().unwrap()[0].state, want, "{state}");
    }
    for (filled, state) in [(50, "open"), (20, "completed"), (50, "cancelled"), (1, "rejected")] {
        let got = read(&format!("order,HIDCL,sell,7,50,249.5,{filled},{state}"));
        let contradiction = RowFault::Contradiction { state: state.to_owned(), filled, qty: 50 };
        assert_eq!(got, Err(BookError::Row { line: 2, fault: contradiction }));
    }
}

#[test]
fn a_row_that_cannot_be_true_is_named_by_line() {
    for (row, why) in [
        ("trade,NABIL", "line 2: `trade` is no kind: account, cash, due, holding or order"),
        ("cash,,,,,,,,,12.345", "line 2: `12.345` is not a number with at most 2 decimals"),
        ("cash", "line 2: `amount` is missing"),
        ("cash,,,,,,,,,1\ncash,,,,,,,,,1", "line 3: a second row of this"),
        ("holding,XYZ,,,1", "line 2: `XYZ` is not listed today"),
        ("holding,NABIL,,,1.5", "line 2: `1.5` is not a number with at most 0 decimals"),
        ("holding,NABIL,,,-1", "line 2: quantity is -1, below 0"),
        ("holding,NABIL,,,1,,,,2", "line 2: settled 2 of 1 held"),
        ("holding,NABIL,,,1\nholding,nabil,,,1", "line 3: a second row of this"),
        ("order,NABIL,hold,1,1,1,0,open", "line 2: `hold` is neither buy nor sell"),
        ("order,NABIL,buy,1,0,1,0,open", "line 2: quantity is 0"),
        ("order,NABIL,buy,1,1,0,0,open", "line 2: price is 0"),
        ("order,NABIL,buy,1,1,1,2,open", "line 2: filled 2 of 1 ordered"),
        (
            "order,NABIL,buy,1,1,1,0,resting",
            "line 2: `resting` is no state: open, completed, cancelled or rejected",
        ),
        ("order,NABIL,buy,,1,1,0,open", "line 2: `number` is missing"),
        ("order,NABIL,buy,1,1,1,0,open\norder,NABIL,buy,1,2,1,0,open", "line 3: a second row of this"),
        (
            "order,NABIL,buy,1,99999999999999999999,1,0,open",
            "line 2: `99999999999999999999` is not a number with at most 0 decimals",
        ),
    ] {
        assert_eq!(read(row).unwrap_err().to_string(), why, "{row}");
    }
    assert_eq!(BrokerBook::read("what\n", &universe()), Err(BookError::NoColumn("kind")));
    // No row is not no order: nothing of ours is taken for gone because somebody brought their shares alone.
    assert_eq!(BrokerBook::read("kind,amount\ncash,1\n", &universe()), Err(BookError::NoOrders));
    assert_eq!(BrokerBook::read("kind,amount\ncash,1\norder\n", &universe()).map(|b| b.orders()), Ok(0));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(kind|order|cash|holding|NABIL|buy|open|[,\"\\n0-9. -]|\\PC){0,60}") {
        let _ = BrokerBook::read(&text, &universe());
        let _ = read(&text);
    }
}
