//! Which of Binance's markets, where it is, and the limits of a session with it.

use super::super::exchange::Exchange;
use super::super::session::SourceClock;
use crate::feed::binance::Chain;
use crate::market::SourceId;

/// Which of the exchange's markets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinanceMarket {
    /// Spot.
    Spot,
    /// USD-margined futures.
    UsdFutures,
}

impl BinanceMarket {
    /// What follows the host in the address of its streams. The futures keep books and trades apart from their slower
    /// streams.
    #[must_use]
    pub const fn stream_path(self) -> &'static str {
        match self {
            Self::Spot => "/stream",
            Self::UsdFutures => "/public/stream",
        }
    }

    /// What follows the host in the address of a picture, before the symbol.
    #[must_use]
    pub const fn picture_path(self) -> &'static str {
        match self {
            Self::Spot => "/api/v3/depth?limit=1000&symbol=",
            Self::UsdFutures => "/fapi/v1/depth?limit=1000&symbol=",
        }
    }

    const fn documents_base(self) -> &'static str {
        match self {
            Self::Spot => Exchange::BinanceSpot.documents_base(),
            Self::UsdFutures => Exchange::BinanceUsdm.documents_base(),
        }
    }

    pub(super) const fn chain(self) -> Chain {
        match self {
            Self::Spot => Chain::Spot,
            Self::UsdFutures => Chain::Futures,
        }
    }
}

/// How a Binance session is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BinanceSettings {
    /// Which market.
    pub market: BinanceMarket,
    /// Under which source its events are known.
    pub source: SourceId,
    /// What comes before the symbol in the address of a picture.
    pub picture_url: String,
    /// Nothing heard for so many milliseconds is silence; for twice as many, a new connection is tried.
    pub silence_ms: u32,
    /// A picture not there after so many milliseconds is asked for again.
    pub fetch_ms: u32,
    /// How often the exchange is asked whether it is there, in milliseconds.
    pub ask_every_ms: u32,
    /// What the exchange's clock is known to show before anything was heard: a picture that has no time of its own stands at
    /// its time.
    pub clock: Option<SourceClock>,
    /// Where the waits between requests begin to differ from those of others.
    pub seed: u64,
}

impl BinanceSettings {
    /// The exchange itself, with limits that suit it.
    #[must_use]
    pub fn new(market: BinanceMarket, source: SourceId) -> Self {
        Self {
            market,
            source,
            picture_url: format!("{}{}", market.documents_base(), market.picture_path()),
            silence_ms: 10_000,
            fetch_ms: 5_000,
            ask_every_ms: 4_000,
            clock: None,
            seed: 0,
        }
    }
}
