//! Asking a venue what day it is before there is a session: date, securities, and what the account holds.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::socket::Address;
use crate::feed::day::{DayMeta, SourceInfo, StartingAccount, StartingHolding};
use crate::market::{Board, Instrument, SourceId, Tick, Universe};
use crate::wire::{AccountPicture, Banner, ClientFrame, ServerFrame, SnapshotPicture, VERSION};

/// How long the venue may take to say all of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a venue says of its day.
#[derive(Clone, Debug)]
pub struct Probed {
    /// Whom it takes us for, and its date.
    pub banner: Banner,
    /// The market.
    pub picture: SnapshotPicture,
    /// Cash and holdings.
    pub account: AccountPicture,
}

/// Asks.
///
/// # Errors
/// Why there is no answer, in words; a refusal word for word.
pub async fn probe(address: &Address, token: &str) -> Result<Probed, String> {
    let asking = ask(address, token);
    timeout(PATIENCE, asking).await.map_err(|_| format!("no answer for {} s", PATIENCE.as_secs()))?
}

async fn ask(address: &Address, token: &str) -> Result<Probed, String> {
    let mut socket = address.connect().await?;
    let hello = ClientFrame::Hello { version: VERSION, token: token.to_owned() };
    for frame in [hello, ClientFrame::Subscribe {}, ClientFrame::Account {}] {
        socket.feed(Message::text(frame.text())).await.map_err(|e| e.to_string())?;
    }
    socket.flush().await.map_err(|e| e.to_string())?;
    let (mut banner, mut picture, mut account) = (None, None, None);
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message.map_err(|e| e.to_string())? else { continue };
        match ServerFrame::parse(text.as_str()).map_err(|e| e.to_string())? {
            ServerFrame::Refused { reason } => return Err(format!("refused: {reason}")),
            ServerFrame::Welcome(said) => banner = Some(said),
            ServerFrame::Snapshot(said) => picture = Some(said),
            ServerFrame::Account(said) => account = Some(said),
            _ => {}
        }
        if let (Some(banner), Some(picture), Some(account)) = (&banner, &picture, &account) {
            let probed =
                Probed { banner: banner.clone(), picture: picture.clone(), account: account.clone() };
            // It closes either way; whether the other side says so too is its affair.
            let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
            return Ok(probed);
        }
    }
    Err("the other side left before it had said everything".to_owned())
}

impl Probed {
    /// The day as a session needs it. What the account holds is what the venue states; what the shares cost is taken
    /// from `known`, which the venue does not say.
    #[must_use]
    pub fn day(&self, known: Option<&StartingAccount>) -> DayMeta {
        let instruments = self.picture.securities.iter().map(|s| Instrument {
            name: s.name.clone(),
            sector: s.sector.clone(),
            kind: Some(s.kind),
            tick: Tick::new(s.tick.units()),
            previous_close: Some(s.previous_close),
            adv: s.adv,
            ..Instrument::nepse(s.symbol.clone())
        });
        let mut day =
            DayMeta::new(self.banner.date, Board::Nepse, &self.banner.venue, Universe::new(instruments));
        day.simulated = self.banner.simulated;
        day.depth = true;
        day.sources = (1..=2).map(|n| SourceInfo { id: SourceId(n), name: format!("feed {n}") }).collect();
        day.account_id = Some(self.banner.account.clone());
        let cost = |symbol| known?.holdings.iter().find(|h| h.symbol == symbol)?.wacc;
        let holdings = self
            .account
            .holdings
            .iter()
            .filter(|h| h.qty.is_positive())
            .map(|h| StartingHolding { symbol: h.symbol.clone(), qty: h.qty, wacc: cost(h.symbol.clone()) });
        day.account = Some(StartingAccount { cash: self.account.cash, holdings: holdings.collect() });
        day
    }
}
