//! Opening a WebSocket to where a line goes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::wire::LONGEST_FRAME;

/// How long a connection may take to stand, each of its three steps.
const STEP: Duration = Duration::from_secs(5);

/// Both ways of a connection, with or without encryption.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// An open connection.
pub type Socket = WebSocketStream<Box<dyn Stream>>;

/// Why an address cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(pub String);

/// The machine and port that a line goes to, and whether what is said there is encrypted.
#[derive(Clone)]
pub struct Peer {
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Peer {
    /// A machine by its name. `ca` is a certificate authority to believe instead of the usual ones.
    ///
    /// # Errors
    /// [`AddressError`]: the certificates cannot be read.
    pub fn new(host: &str, port: u16, secure: bool, ca: Option<&Path>) -> Result<Self, AddressError> {
        let tls = secure.then(|| connector(ca)).transpose()?;
        Ok(Self { host: host.to_owned(), port, tls })
    }

    /// Connects.
    ///
    /// # Errors
    /// Why it could not, in words for the screen.
    pub async fn connect(&self) -> Result<Box<dyn Stream>, String> {
        let tcp = timeout(STEP, TcpStream::connect((self.host.as_str(), self.port)));
        let tcp = tcp.await.map_err(|_| late("connecting"))?.map_err(|e| e.to_string())?;
        // Small frames must not wait for larger ones; a socket that refuses the option still works.
        let _ = tcp.set_nodelay(true);
        let Some(connector) = &self.tls else { return Ok(Box::new(tcp)) };
        let name = ServerName::try_from(self.host.clone()).map_err(|e| e.to_string())?;
        let shake = timeout(STEP, connector.connect(name, tcp)).await;
        Ok(Box::new(shake.map_err(|_| late("TLS"))?.map_err(|e| e.to_string())?))
    }
}

fn late(what: &str) -> String {
    format!("{what} took longer than {} s", STEP.as_secs())
}

/// Where a line goes.
#[derive(Clone)]
pub struct Address {
    url: String,
    peer: Peer,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url)
    }
}

impl Address {
    /// An address from `ws://HOST:PORT/...` or `wss://HOST:PORT/...`. `ca` is a certificate authority to believe
    /// instead of the usual ones.
    ///
    /// # Errors
    /// [`AddressError`] in words.
    pub fn parse(url: &str, ca: Option<&Path>) -> Result<Self, AddressError> {
        let refuse = |what: &str| AddressError(format!("{url}: {what}"));
        let (rest, secure) = match (url.strip_prefix("ws://"), url.strip_prefix("wss://")) {
            (Some(rest), _) => (rest, false),
            (_, Some(rest)) => (rest, true),
            _ => return Err(refuse("ws://HOST:PORT or wss://HOST:PORT is allowed")),
        };
        let place = rest.split('/').next().unwrap_or_default();
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') => {
                (host, port.parse().map_err(|_| refuse("the port is a number"))?)
            }
            _ => (place, if secure { 443 } else { 80 }),
        };
        if host.is_empty() {
            return Err(refuse("the host is missing"));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Ok(Self { url: url.to_owned(), peer: Peer::new(host, port, secure, ca)? })
    }

    /// The address as it was given.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connects.
    ///
    /// # Errors
    /// Why it could not, in words for the screen.
    pub async fn connect(&self) -> Result<Socket, String> {
        let stream = self.peer.connect().await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_FRAME))
            .max_frame_size(Some(LONGEST_FRAME));
        let shake = timeout(STEP, client_async_with_config(&self.url, stream, Some(config)));
        let (socket, _) = shake.await.map_err(|_| late("the handshake"))?.map_err(|e| e.to_string())?;
        Ok(socket)
    }
}

/// The certificates of an authority's file, at least one.
pub(super) fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, AddressError> {
    let refuse = |e: &dyn std::fmt::Display| AddressError(format!("{}: {e}", path.display()));
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(|e| refuse(&e))?.collect();
    let found = found.map_err(|e| refuse(&e))?;
    if found.is_empty() {
        return Err(refuse(&"no certificate in it"));
    }
    Ok(found)
}

fn connector(ca: Option<&Path>) -> Result<TlsConnector, AddressError> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            for certificate in authorities(path)? {
                roots.add(certificate).map_err(|e| AddressError(format!("{}: {e}", path.display())))?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| AddressError(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused_in_words() {
        for (url, host, port, tls) in [
            ("ws://127.0.0.1:9001", "127.0.0.1", 9001, false),
            ("ws://venue.example/day", "venue.example", 80, false),
            ("wss://venue.example", "venue.example", 443, true),
            ("ws://[::1]:9001/", "::1", 9001, false),
        ] {
            let address = Address::parse(url, None).unwrap();
            assert_eq!((address.peer.host.as_str(), address.peer.port), (host, port), "{url}");
            assert_eq!(address.peer.tls.is_some(), tls, "{url}");
        }
        for url in ["http://a:1", "ws://", "ws://:90", "ws://a:port", "9001"] {
            assert!(Address::parse(url, None).is_err(), "{url}");
        }
        let missing = Address::parse("wss://a:1", Some(Path::new("/nowhere/ca.pem"))).unwrap_err();
        assert!(missing.to_string().starts_with("/nowhere/ca.pem: "), "{missing}");
    }
}
