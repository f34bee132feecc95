//! What the site's documents say of a day before there is a session: its securities, and the newest time in them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{self, DocumentError, PAISA};
use crate::market::{Price, SessionDate, Symbol, Timestamp};

/// The name of the market status among the documents of a site.
pub const STATUS: &str = "market-status.json";
/// The name of the live market.
pub const LIVE_MARKET: &str = "live-market.json";
/// The name of the floorsheet where it has one page.
pub const FLOORSHEET: &str = "floorsheet.json";
/// The name of a page of the floorsheet where it has many.
pub const FLOORSHEET_PAGE: &str = "floorsheet-{page}.json";

/// The name of the depth of a security. A slash in a ticker cannot be in a name.
#[must_use]
pub fn depth_name(symbol: &Symbol) -> String {
    format!("depth/{}.json", symbol.as_str().replace('/', "_"))
}

/// A security as the site has it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SiteSecurity {
    /// The company or fund, where said.
    pub name: Option<String>,
    /// The close before, where said, and on which date the row that says it was last written.
    pub previous_close: Option<(SessionDate, Price)>,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SiteDay {
    /// The newest time in any document.
    pub newest: Option<Timestamp>,
    /// The securities, by ticker.
    pub securities: BTreeMap<Symbol, SiteSecurity>,
}

/// Whether something that is no row of a list is only left out, or the whole document is not understood, is for the
/// session to say: here a row that cannot be read adds nothing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveRow<'a> {
    symbol: String,
    security_name: Option<String>,
    #[serde(borrow)]
    previous_close: Option<&'a RawValue>,
    last_updated_date_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SheetRow {
    stock_symbol: String,
    security_name: Option<String>,
    trade_time: Option<String>,
}

impl SiteDay {
    /// Takes the market status in.
    ///
    /// # Errors
    /// [`DocumentError`]: it is none.
    pub fn status(&mut self, text: &str) -> Result<(), DocumentError> {
        let (_, at) = document::status(text, ANY_TIME)?;
        self.see(Some(at));
        Ok(())
    }

    /// Takes the live market in.
    ///
    /// # Errors
    /// [`DocumentError`]: it is none.
    pub fn live_market(&mut self, text: &str) -> Result<(), DocumentError> {
        for raw in document::rows(text)? {
            let Ok(row) = serde_json::from_str::<LiveRow<'_>>(raw.get()) else { continue };
            let security = self.security(&row.symbol, row.security_name);
            let at = row.last_updated_date_time.and_then(|text| document::nepal(&text, ANY_TIME).ok());
            let close = row.previous_close.and_then(|raw| document::price(raw, PAISA).ok());
            if let (Some(at), Some(close)) = (at, close) {
                security.previous_close = Some((at.nepal_date(), close));
            }
            self.see(at);
        }
        Ok(())
    }

    /// Takes a page of the floorsheet in; says whether another follows.
    ///
    /// # Errors
    /// [`DocumentError`]: it is none.
    pub fn floorsheet(&mut self, text: &str) -> Result<bool, DocumentError> {
        let (rows, more) = document::sheet_rows(text)?;
        for raw in rows {
            let Ok(row) = serde_json::from_str::<SheetRow>(raw.get()) else { continue };
            self.security(&row.stock_symbol, row.security_name);
            self.see(row.trade_time.and_then(|text| document::nepal(&text, ANY_TIME).ok()));
        }
        Ok(more)
    }

    fn security(&mut self, symbol: &str, name: Option<String>) -> &mut SiteSecurity {
        let security = self.securities.entry(Symbol::new(symbol)).or_default();
        if let Some(name) = name.filter(|name| !name.trim().is_empty()) {
            security.name = Some(name.trim().to_owned());
        }
        security
    }

    fn see(&mut self, at: Option<Timestamp>) {
        self.newest = self.newest.max(at);
    }
}

const ANY_TIME: Timestamp = Timestamp::from_ns(i64::MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_known_from_its_documents() {
        let mut day = SiteDay::default();
        day.status(r#"{"isOpen":"OPEN","asOf":"2024-07-02T11:00:00","id":7}"#).unwrap();
        day.live_market(
            r#"[{"securityId":"131","securityName":"Nabil Bank","symbol":"NABIL","previousClose":512.5,"lastUpdatedDateTime":"2024-07-02T12:30:01.5","totalTradeQuantity":3,"lastTradedPrice":513},
               {"symbol":7},{"symbol":"SCB","previousClose":"1,2","lastUpdatedDateTime":"soon"}]"#,
        )
        .unwrap();
        day.floorsheet(r#"{"totalTrades":1,"floorsheets":{"content":[{"stockSymbol":"HIDCL","tradeTime":"2024-07-02T12:00:00"}],"last":true}}"#)
            .unwrap();
        let names: Vec<&str> = day.securities.keys().map(Symbol::as_str).collect();
        assert_eq!(names, ["HIDCL", "NABIL", "SCB"]);
        let nabil = &day.securities[&Symbol::new("NABIL")];
        assert_eq!(
            (nabil.name.as_deref(), nabil.previous_close),
            (Some("Nabil Bank"), Some((SessionDate::new(2024, 7, 2).unwrap(), Price::from_units(51_250))))
        );
        assert_eq!(day.securities[&Symbol::new("SCB")], SiteSecurity::default());
        assert_eq!(day.newest, Some(document::nepal("2024-07-02T12:30:01.5", ANY_TIME).unwrap()));
        for text in ["", "{}", "<html>", "7"] {
            assert!(
                day.status(text).is_err() && day.live_market(text).is_err() && day.floorsheet(text).is_err()
            );
        }
        assert_eq!(depth_name(&Symbol::new("nrn/1")), "depth/NRN_1.json");
    }
}
