//! Where the lines of a session go, and the sessions of its feeds.

use std::path::Path;
use std::time::Duration;

use super::begin::check;
use super::orders::OrdersTo;
use super::{CommonArgs, token};
use crate::cli::CliError;
use crate::feed::live::{FeedSession, SourceClock, VenueFeed};
use crate::market::SourceId;
use crate::runtime::live::fetch::Fetcher;
use crate::runtime::live::lines::Way;
use crate::runtime::live::recovery::{Begun, LiveKind};
use crate::runtime::live::socket::{Address, AddressError};
use crate::runtime::live::source::{ExchangeFeed, FeedName, SiteFeed, SiteFound};

/// How long a document of an exchange may take: shorter than its session waits, so that it is said why there is none.
const EXCHANGE_PATIENCE: Duration = Duration::from_millis(4_500);
/// How long a document of the site may take.
const SITE_PATIENCE: Duration = Duration::from_millis(9_000);

/// Where a session's lines go, and what it says there.
pub(super) struct Wires {
    /// The feeds as they were named, at least one, all of one kind.
    pub(super) names: Vec<FeedName>,
    pub(super) feeds: Feeds,
    /// Where orders go.
    pub(super) orders: OrdersTo,
    /// The venue among that, if it is one.
    pub(super) gateway: Option<Address>,
    pub(super) token: String,
    /// How the streams of exchanges are reached.
    streams: Vec<Address>,
}

/// The feeds of a session.
pub(super) enum Feeds {
    /// Of a venue.
    Venue(Vec<Address>),
    /// Of an exchange, and what fetches its documents.
    Exchange(Vec<ExchangeFeed>, Fetcher),
    /// Of the site.
    Site(Vec<SiteFeed>, Fetcher),
}

impl Wires {
    pub(super) fn read(args: &CommonArgs, orders: &OrdersTo, kind: LiveKind) -> Result<Self, CliError> {
        let usage = |e: &dyn std::fmt::Display| CliError::usage(e.to_string());
        let ca = args.ca.as_deref();
        let names: Vec<FeedName> = args
            .feed
            .iter()
            .map(|name| FeedName::parse(name))
            .collect::<Result<_, _>>()
            .map_err(|e| usage(&e))?;
        let gateway = match orders {
            OrdersTo::Venue(url) => Some(Address::parse(url, ca).map_err(|e| usage(&e))?),
            _ => None,
        };
        check(&names, kind, gateway.is_some()).map_err(|e| usage(&e))?;
        let (feeds, streams) = feeds(&names, ca).map_err(|e| usage(&e))?;
        let needs_token = gateway.is_some() || matches!(feeds, Feeds::Venue(_));
        let token = match &args.token_file {
            Some(file) => token::read(file, args.account.as_deref())?,
            None if needs_token => {
                return Err(CliError::usage("a venue wants a token: --token-file FILE is needed"));
            }
            None => String::new(),
        };
        Ok(Self { names, feeds, orders: orders.clone(), gateway, token, streams })
    }

    /// The sessions of the feeds, each with how its source is reached. `clock` is what their clock is known to show.
    pub(super) fn sessions(
        &self,
        begun: &Begun,
        sites: &[SiteFound],
        clock: Option<SourceClock>,
        seed: u64,
    ) -> Vec<(Box<dyn FeedSession>, Way)> {
        let day = &begun.day;
        let instruments = &day.instruments;
        let source = |n: usize| SourceId(u16::try_from(n + 1).unwrap_or(u16::MAX));
        match &self.feeds {
            Feeds::Venue(addresses) => {
                let session = |(n, address): (usize, &Address)| {
                    let feed = VenueFeed::new(source(n), &self.token, instruments.clone(), day.date);
                    let session: Box<dyn FeedSession> = Box::new(feed);
                    (session, Way::from(address.clone()))
                };
                addresses.iter().enumerate().map(session).collect()
            }
            Feeds::Exchange(feeds, fetcher) => {
                let session = |(n, (feed, address)): (usize, (&ExchangeFeed, &Address))| {
                    let way = Way { stream: Some(address.clone()), documents: Some(fetcher.clone()) };
                    let session = feed.exchange.session(
                        source(n),
                        instruments,
                        &feed.documents,
                        (clock, seed.wrapping_add(n as u64)),
                    );
                    (session, way)
                };
                feeds.iter().zip(&self.streams).enumerate().map(session).collect()
            }
            Feeds::Site(feeds, fetcher) => {
                let session = |(n, (feed, found)): (usize, (&SiteFeed, &SiteFound))| {
                    let of = (source(n), day.date);
                    let session = feed.session(of, found, instruments, (clock, seed.wrapping_add(n as u64)));
                    let session: Box<dyn FeedSession> = Box::new(session);
                    let way = Way { stream: None, documents: Some(fetcher.clone()) };
                    (session, way)
                };
                feeds.iter().zip(sites).enumerate().map(session).collect()
            }
        }
    }
}

fn feeds(names: &[FeedName], ca: Option<&Path>) -> Result<(Feeds, Vec<Address>), AddressError> {
    let (mut venues, mut exchanges, mut sites, mut streams) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in names {
        match name {
            FeedName::Venue(url) => venues.push(Address::parse(url, ca)?),
            FeedName::Exchange(feed) => {
                streams.push(Address::parse(&feed.stream_url(), ca)?);
                exchanges.push(feed.clone());
            }
            FeedName::Site(feed) => sites.push(feed.clone()),
        }
    }
    let feeds = if !exchanges.is_empty() {
        Feeds::Exchange(exchanges, Fetcher::new(ca, EXCHANGE_PATIENCE)?)
    } else if !sites.is_empty() {
        Feeds::Site(sites, Fetcher::new(ca, SITE_PATIENCE)?)
    } else {
        Feeds::Venue(venues)
    };
    Ok((feeds, streams))
}
