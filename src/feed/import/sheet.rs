//! The text of a floorsheet: three layouts, told apart by their headers, read row by row.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use super::completeness::ContractParts;
use super::input::{Input, Table};
use super::report::ImportReport;
use crate::feed::FeedError;
use crate::market::{BrokerId, ContractNo, Money, Price, Qty, SessionDate, Symbol, TradePrint};

/// Where the columns of a layout stand.
struct Columns {
    contract: usize,
    symbol: usize,
    buyer: usize,
    seller: usize,
    qty: usize,
    rate: usize,
    amount: usize,
    time: Option<usize>,
    date: Option<usize>,
    name: Option<usize>,
}

/// The names of the seven columns every layout has.
const LAYOUTS: [[&str; 7]; 3] = [
    [
        "contractId",
        "stockSymbol",
        "buyerMemberId",
        "sellerMemberId",
        "contractQuantity",
        "contractRate",
        "contractAmount",
    ],
    ["Transact. No.", "Symbol", "Buyer", "Seller", "Quantity", "Rate", "Amount"],
    ["contract_no", "stock_symbol", "buyer", "seller", "quantity", "rate", "amount"],
];

impl Columns {
    fn find(table: &Table) -> Option<Self> {
        LAYOUTS.iter().find_map(|names| {
            let at = |i: usize| table.column(names[i]);
            Some(Self {
                contract: at(0)?,
                symbol: at(1)?,
                buyer: at(2)?,
                seller: at(3)?,
                qty: at(4)?,
                rate: at(5)?,
                amount: at(6)?,
                time: table.column("tradeTime"),
                date: table.column("businessDate").or_else(|| table.column("date")),
                name: table.column("securityName"),
            })
        })
    }
}

/// A row of the sheet that can be right on its own.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) file: usize,
    pub(super) line: u64,
    pub(super) contract: ContractNo,
    pub(super) parts: ContractParts,
    pub(super) business_date: Option<SessionDate>,
    pub(super) time: Option<NaiveDateTime>,
    pub(super) symbol: usize,
    pub(super) print: TradePrint,
}

/// Everything read from the files, before it is judged as a whole.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) symbols: Vec<(Symbol, String)>,
    pub(super) by_ticker: BTreeMap<String, usize>,
    pub(super) rows: Vec<Row>,
    pub(super) timed: bool,
}

/// Reads the rows of one file into the sheet; those that cannot be right go to the report.
pub(super) fn read_rows(
    file: usize,
    input: &Input,
    sheet: &mut Sheet,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let mut table = input.table()?;
    let columns = Columns::find(&table).ok_or_else(|| table.unknown_layout("a floorsheet"))?;
    sheet.timed &= columns.time.is_some();
    let name = input.name();
    while let Some((line, record)) = table.next_row()? {
        report.read += 1;
        let row = record.map_err(|e| ("text", e)).and_then(|record| {
            note_repairs(&columns, &record, &name, line, report);
            sheet.parse(&columns, file, line, &record)
        });
        match row {
            Ok(row) => sheet.rows.push(row),
            Err((reason, what)) => report.refuse(&name, line, reason, what),
        }
    }
    Ok(())
}

/// What [`Sheet::parse`] will read around: separators inside numbers, members without a number.
fn note_repairs(
    columns: &Columns,
    record: &csv::StringRecord,
    name: &str,
    line: u64,
    report: &mut ImportReport,
) {
    let numbers = [columns.qty, columns.rate, columns.amount];
    if let Some(text) = numbers.iter().filter_map(|i| record.get(*i)).find(|text| text.contains(',')) {
        report.repair(name, line, "thousands_separator", format!("`{text}`"));
    }
    for text in [columns.buyer, columns.seller].iter().filter_map(|i| record.get(*i)).map(str::trim) {
        if !text.is_empty() && !text.eq_ignore_ascii_case("null") && broker(text).is_none() {
            report.repair(name, line, "member_without_number", format!("`{text}` left unknown"));
        }
    }
}

impl Sheet {
    fn parse(
        &mut self,
        columns: &Columns,
        file: usize,
        line: u64,
        record: &csv::StringRecord,
    ) -> Result<Row, (&'static str, String)> {
        let field = |i: usize| record.get(i).map(str::trim).ok_or(("fields", "too few fields".to_owned()));
        let number = |i: usize, scale| Price::parse(field(i)?, scale).map_err(|e| ("number", e.to_string()));
        let contract = field(columns.contract)?;
        let not_a_contract = || ("contract", format!("`{contract}` is not a contract number"));
        let contract = ContractNo(contract.parse().map_err(|_| not_a_contract())?);
        let parts = ContractParts::of(contract).ok_or_else(not_a_contract)?;
        let (qty, price) = (Qty::from_units(number(columns.qty, 1)?.units()), number(columns.rate, 100)?);
        if !qty.is_positive() || !price.is_positive() {
            return Err(("number", format!("{qty} shares at {price}")));
        }
        let amount = Money::from_paisa(number(columns.amount, 100)?.units());
        if price.notional(qty) != Some(amount) {
            return Err(("amount", format!("{qty} shares at {price} are not {amount}")));
        }
        let ticker = field(columns.symbol)?;
        if ticker.is_empty() {
            return Err(("symbol", "no symbol".to_owned()));
        }
        let time = columns.time.map(field).transpose()?.map(parse_time).transpose()?;
        let business_date = columns.date.map(field).transpose()?.map(parse_date).transpose()?;
        let name = columns.name.and_then(|i| record.get(i)).unwrap_or_default();
        let print = TradePrint {
            price,
            qty,
            aggressor: None,
            buyer: broker(field(columns.buyer)?),
            seller: broker(field(columns.seller)?),
            contract: Some(contract),
        };
        Ok(Row { file, line, contract, parts, business_date, time, symbol: self.intern(ticker, name), print })
    }

    fn intern(&mut self, ticker: &str, name: &str) -> usize {
        if let Some(i) = self.by_ticker.get(ticker) {
            return *i;
        }
        let i = self.symbols.len();
        self.symbols.push((Symbol::new(ticker), name.trim().to_owned()));
        self.by_ticker.insert(ticker.to_owned(), i);
        i
    }
}

/// A member number. While the market is open the exchange leaves it out, and stock dealers have
/// letters in theirs: both stay unknown, the trade counts all the same.
fn broker(text: &str) -> Option<BrokerId> {
    text.parse().ok().map(BrokerId)
}

fn parse_time(text: &str) -> Result<NaiveDateTime, (&'static str, String)> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"))
        .map_err(|_| ("time", format!("`{text}` is not a time")))
}

fn parse_date(text: &str) -> Result<SessionDate, (&'static str, String)> {
    text.parse().map_err(|_| ("date", format!("`{text}` is not a date")))
}
