//! Lists of corporate actions: what was announced, for which symbol, with which book closure.
//!
//! A comma-separated file with the columns `symbol`, a date (`book_closure_date` or `ex_date`), and
//! any of `bonus_share` (percent), `right_share` (percent of the holding) with `issue_price`, `split`
//! (new shares for one). Cash dividends are read past: they do not move prices here (R2).

use std::path::Path;

use super::history::{find, plain_header, read_date, read_number};
use super::input::Input;
use crate::feed::FeedError;
use crate::feed::day::OriginFile;
use crate::market::corporate_action::{CorporateAction, Ratio};
use crate::market::{Price, SessionDate, Symbol};

/// One announced action.
#[derive(Clone, PartialEq, Debug)]
pub struct ListedAction {
    /// Its line in the file.
    pub line: u64,
    /// Whose shares.
    pub symbol: Symbol,
    /// Book closure; the first session without the right is this day or the next session.
    pub book_closure: SessionDate,
    /// What happens.
    pub action: CorporateAction,
}

/// A list of actions as its file has it.
#[derive(Clone, PartialEq, Debug)]
pub struct ActionList {
    /// The file and its hash.
    pub origin: OriginFile,
    /// The actions that move prices, in the order of the file.
    pub actions: Vec<ListedAction>,
    /// Lines that announce something and could not be read, with the reason.
    pub refused: Vec<(u64, String)>,
}

impl ActionList {
    /// Reads a file, plain or gzip.
    ///
    /// # Errors
    /// [`FeedError::Unreadable`]; [`FeedError::UnknownLayout`] without a symbol, a date of book
    /// closure and a column of terms.
    pub fn read(path: &Path) -> Result<Self, FeedError> {
        let input = Input::new(path);
        let origin = input.origin()?;
        let mut table = input.table()?;
        let header = plain_header(&table);
        let column = |names: &[&str]| find(&header, names);
        let terms = Terms {
            bonus: column(&["bonusshare", "bonus"]),
            rights: column(&["rightshare", "rights"]),
            issue_price: column(&["issueprice"]),
            split: column(&["split"]),
        };
        let (Some(symbol), Some(date), true) = (
            column(&["symbol", "ticker", "scrip"]),
            column(&["bookclosuredate", "bookclosure", "exdate", "date"]),
            terms.bonus.or(terms.rights).or(terms.split).is_some(),
        ) else {
            let expected =
                "corporate actions (symbol, book_closure_date, and bonus_share, right_share or split)";
            return Err(table.unknown_layout(expected));
        };
        let (mut actions, mut refused) = (Vec::new(), Vec::new());
        while let Some((line, record)) = table.next_row()? {
            let read = record.and_then(|record| {
                let found = terms.read(&record)?;
                if found.is_empty() {
                    return Ok(Vec::new());
                }
                let text = record.get(date).unwrap_or("").trim();
                let book_closure = read_date(text).ok_or_else(|| format!("`{text}` is not a date"))?;
                let symbol = Symbol::new(record.get(symbol).unwrap_or(""));
                let listed = |action| ListedAction { line, symbol: symbol.clone(), book_closure, action };
                Ok(found.into_iter().map(listed).collect::<Vec<_>>())
            });
            match read {
                Ok(found) => actions.extend(found),
                Err(what) => refused.push((line, what)),
            }
        }
        Ok(Self { origin, actions, refused })
    }
}

/// Where the terms stand.
struct Terms {
    bonus: Option<usize>,
    rights: Option<usize>,
    issue_price: Option<usize>,
    split: Option<usize>,
}

impl Terms {
    fn read(&self, record: &csv::StringRecord) -> Result<Vec<CorporateAction>, String> {
        let number = |column: Option<usize>| -> Result<Option<f64>, String> {
            let value = column.map_or(Ok(None), |i| read_number(record.get(i).unwrap_or("")))?;
            match value {
                Some(value) if !(0.0..=10_000.0).contains(&value) => Err(format!("{value} is no ratio")),
                other => Ok(other.filter(|v| *v > 0.0)),
            }
        };
        // Announcements have two decimals of a percent.
        let percent = |value: f64| Ratio::from_percent_e2((value * 100.0).round() as i64);
        let mut found = Vec::new();
        if let Some(ratio) = number(self.split)? {
            let ratio = Ratio::new((ratio * 100.0).round() as i64, 100).ok_or("no ratio")?;
            found.push(CorporateAction::Split(ratio));
        }
        if let Some(bonus) = number(self.bonus)? {
            found.push(CorporateAction::Bonus(percent(bonus).ok_or("no ratio")?));
        }
        if let Some(offered) = number(self.rights)? {
            let issue = number(self.issue_price)?.ok_or("right shares without an issue price")?;
            let issue_price = Price::from_units((issue * 100.0).round() as i64);
            found.push(CorporateAction::Rights { offered: percent(offered).ok_or("no ratio")?, issue_price });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<ActionList, FeedError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("actions.csv");
        std::fs::write(&path, text).unwrap();
        ActionList::read(&path)
    }

    #[test]
    fn what_moves_prices_is_read_and_the_rest_passed_over() {
        let got = list(
            "symbol,fiscal_year,bonus_share,cash_dividend,total_dividend,book_closure_date\n\
             NABIL,2077,33.5,1.76,35.26,2020-12-30 [Closed]\nNABIL,2081,0.00,12.5,12.5,2025-12-31 [Closed]\n\
             NABIL,2080,,10,10,2024-11-25 [Closed]\nNICL,2067,7.37,,7.37,soon\n",
        )
        .unwrap();
        let [one] = &got.actions[..] else { panic!("{got:?}") };
        assert_eq!((one.line, one.book_closure.to_string().as_str()), (2, "2020-12-30"));
        assert_eq!(one.action, CorporateAction::Bonus(Ratio::from_percent_e2(3_350).unwrap()));
        assert_eq!(got.refused, [(5, "`soon` is not a date".to_owned())]);
    }

    #[test]
    fn rights_need_their_price_and_splits_their_ratio() {
        let got = list("symbol,ex_date,right_share,issue_price,split\nA,2024-01-02,50,100,\nA,2024-01-03,50,,\nA,2024-01-04,,,10\n")
            .unwrap();
        let rights = CorporateAction::Rights {
            offered: Ratio::new(1, 2).unwrap(),
            issue_price: Price::from_units(10_000),
        };
        let actions: Vec<_> = got.actions.iter().map(|a| a.action).collect();
        assert_eq!(actions, [rights, CorporateAction::Split(Ratio::new(10, 1).unwrap())]);
        assert_eq!(got.refused.len(), 1);
    }

    #[test]
    fn a_list_without_book_closures_is_refused() {
        let error = list("symbol,ratio,issue_price,opening_date\nNICA,4:1,100,2016-05-25\n").unwrap_err();
        assert!(error.to_string().contains("book_closure_date"), "{error}");
    }
}
