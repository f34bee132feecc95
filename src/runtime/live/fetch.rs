//! Documents beside a line: fetched over HTTP, or read from a file.
//!
//! A fetch waits on a thread of its own, so that a slow server never holds up the frames of a line. What comes back
//! is bounded in time and size. A redirect is followed only within the same place: another host is not the source
//! that was asked for. A server that says how long it wants to be left alone is left alone for so long, by every line
//! that fetches from it and over any loss of them: an exchange that is asked all the same bans whoever asks.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use ureq::http::{HeaderMap, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::socket::{AddressError, authorities};
use crate::feed::live::Fetch;

/// Redirects that are followed.
const REDIRECTS: u32 = 3;
/// For how long a server that says "too many" without saying how long is left alone.
const USUAL_PAUSE: Duration = Duration::from_secs(60);
/// The longest time for which a server is left alone at its word.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3_600);

/// Why a document could not be had.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FetchError {
    /// There is none at this address.
    #[error("there is no such document")]
    NotThere,
    /// The server answered with something else; it may have said how long to leave it alone.
    #[error("HTTP {status}")]
    Status {
        /// The status of its answer.
        status: u16,
        /// How long it wants to be left alone.
        pause: Option<Duration>,
    },
    /// It is said to be at another host.
    #[error("moved to {0}, which is another place and not followed")]
    Moved(String),
    /// Not all of it came in time.
    #[error("not there within {} s", .0.as_secs_f32())]
    Late(Duration),
    /// It is longer than anything that is asked for.
    #[error("longer than {} MB", .0 >> 20)]
    TooLong(u64),
    /// Its bytes are no text.
    #[error("its bytes are no text")]
    NotText,
    /// Not asked for, because the server wants to be left alone.
    #[error("the server wants to be left alone for another {} s", .0.as_secs())]
    Paused(Duration),
    /// It could not be reached or read.
    #[error("{0}")]
    Failed(String),
}

impl FetchError {
    /// Whether the server says that there is no such document, or none for us.
    #[must_use]
    pub const fn is_not_there(&self) -> bool {
        matches!(self, Self::NotThere | Self::Status { status: 403, .. })
    }
}

/// Fetches documents. Its clones share which servers are left alone.
#[derive(Clone, Debug)]
pub struct Fetcher {
    agent: ureq::Agent,
    patience: Duration,
    pauses: Pauses,
}

/// Until when the servers that said so are left alone, by scheme, host and port.
#[derive(Clone, Debug, Default)]
struct Pauses(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Pauses {
    /// How long the server of an address is to be left alone from now on.
    fn left(&self, url: &str) -> Option<Duration> {
        let until = self.lock().get(place(url)).copied()?;
        Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    /// It is to be left alone for so long, or longer if it said so before.
    fn begin(&self, url: &str, pause: Duration) {
        let until = Instant::now() + pause;
        let mut pauses = self.lock();
        let known = pauses.entry(place(url).to_owned()).or_insert(until);
        *known = until.max(*known);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        // Nothing in here panics half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetcher {
    /// One that waits for a whole document no longer than `patience`. `ca` is a certificate authority to believe instead
    /// of the usual ones.
    ///
    /// # Errors
    /// [`AddressError`]: the authority's file.
    pub fn new(ca: Option<&Path>, patience: Duration) -> Result<Self, AddressError> {
        let roots = match ca {
            None => RootCerts::WebPki,
            Some(path) => {
                let read = authorities(path)?;
                let owned: Vec<_> = read.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
                RootCerts::new_with_certs(&owned)
            }
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(patience))
            // The lines go straight, so what is fetched beside them does too.
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("himal/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self { agent, patience, pauses: Pauses::default() })
    }

    /// Fetches `http://`, `https://` or `file:` and waits for it.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn get(&self, url: &str) -> Result<String, FetchError> {
        self.get_up_to(url, Fetch::USUAL)
    }

    /// The same of a document of no more than so many bytes.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn get_up_to(&self, url: &str, longest: u64) -> Result<String, FetchError> {
        let bytes = match url.strip_prefix("file:") {
            Some(path) => read_file(Path::new(path), longest)?,
            None => self.over_http(url, longest)?,
        };
        String::from_utf8(bytes).map_err(|_| FetchError::NotText)
    }

    fn over_http(&self, url: &str, longest: u64) -> Result<Vec<u8>, FetchError> {
        let begun = Instant::now();
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS {
            // A chain of redirects has no more time than one document.
            let left = self.patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(FetchError::Late(self.patience));
            }
            if let Some(left) = self.pauses.left(&url) {
                return Err(FetchError::Paused(left));
            }
            let request = self.agent.get(&url).config().timeout_global(Some(left)).build();
            let mut answer = request.call().map_err(|e| self.failed(&e))?;
            match answer.status().as_u16() {
                200 => return self.body(answer.body_mut().as_reader(), longest),
                301 | 302 | 303 | 307 | 308 => {
                    let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                    url = redirected(&url, to.unwrap_or_default())?;
                }
                404 | 410 => return Err(FetchError::NotThere),
                status => {
                    let pause = pause(status, answer.headers());
                    if let Some(pause) = pause {
                        self.pauses.begin(&url, pause);
                    }
                    return Err(FetchError::Status { status, pause });
                }
            }
        }
        Err(FetchError::Failed(format!("redirected more than {REDIRECTS} times")))
    }

    fn body(&self, reader: impl Read, longest: u64) -> Result<Vec<u8>, FetchError> {
        let mut bytes = Vec::new();
        let read = reader.take(longest.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|e| self.failed(&ureq::Error::from(e)))?;
        if bytes.len() as u64 > longest { Err(FetchError::TooLong(longest)) } else { Ok(bytes) }
    }

    fn failed(&self, error: &ureq::Error) -> FetchError {
        match error {
            ureq::Error::Timeout(_) => FetchError::Late(self.patience),
            // What timed out while the body was read comes in the clothes of the reader.
            ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::TimedOut => FetchError::Late(self.patience),
            other => FetchError::Failed(other.to_string()),
        }
    }
}

fn read_file(path: &Path, longest: u64) -> Result<Vec<u8>, FetchError> {
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => FetchError::NotThere,
        _ => FetchError::Failed(e.to_string()),
    };
    // A pipe would be waited for without end.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(FetchError::Failed("not a file".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(longest.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > longest { Err(FetchError::TooLong(longest)) } else { Ok(bytes) }
}

/// Scheme, host and port of an address.
fn place(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    &url[..url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at)]
}

/// Where a redirect leads, if it stays within the scheme, host and port of `from`.
fn redirected(from: &str, to: &str) -> Result<String, FetchError> {
    let place = place(from);
    let after =
        |to: &str| to.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    if after(to) {
        Ok(to.to_owned())
    } else if to.starts_with('/') && !to.starts_with("//") {
        Ok(format!("{place}{to}"))
    } else {
        Err(FetchError::Moved(to.chars().take(200).collect()))
    }
}

/// What `Retry-After` says in seconds, or a minute after "too many" without it.
fn pause(status: u16, headers: &HeaderMap) -> Option<Duration> {
    let said = headers.get(header::RETRY_AFTER).and_then(|said| said.to_str().ok()?.trim().parse().ok());
    let too_many = matches!(status, 418 | 429).then_some(USUAL_PAUSE);
    said.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE)).or(too_many)
}

/// An answer to a fetch: its number, and the document.
pub type Answer = (u64, Result<String, FetchError>);

/// The fetches of one connection. What is still under way when it goes is forgotten with it.
#[derive(Debug)]
pub struct Fetching {
    fetcher: Option<Fetcher>,
    sender: UnboundedSender<Answer>,
    answers: UnboundedReceiver<Answer>,
}

impl Fetching {
    /// None under way yet. Without a fetcher every fetch fails.
    #[must_use]
    pub fn new(fetcher: Option<Fetcher>) -> Self {
        let (sender, answers) = unbounded_channel();
        Self { fetcher, sender, answers }
    }

    /// Begins fetches, each on a thread that may wait.
    pub fn begin(&self, fetches: Vec<Fetch>) {
        for Fetch { no, url, longest } in fetches {
            let sender = self.sender.clone();
            // The line may have gone meanwhile; then nobody wants it.
            match self.fetcher.clone() {
                Some(fetcher) => {
                    tokio::task::spawn_blocking(move || {
                        drop(sender.send((no, fetcher.get_up_to(&url, longest))))
                    });
                }
                None => {
                    let error = FetchError::Failed("nothing is fetched on this line".to_owned());
                    drop(sender.send((no, Err(error))));
                }
            }
        }
    }

    /// The next answer. Never ends by itself.
    pub async fn next(&mut self) -> Answer {
        match self.answers.recv().await {
            Some(answer) => answer,
            // It cannot be closed while `self` has a sender.
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    /// A server that answers each request with the next of these, byte for byte; its address.
    fn server(answers: Vec<Vec<u8>>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut socket, _) = listener.accept().unwrap();
                let mut seen = Vec::new();
                let mut byte = [0];
                while !seen.ends_with(b"\r\n\r\n") && socket.read(&mut byte).unwrap() == 1 {
                    seen.push(byte[0]);
                }
                // A client that had enough leaves early.
                let _ = socket.write_all(&answer);
            }
        });
        format!("http://{address}")
    }

    fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    fn get(answer: Vec<u8>) -> Result<String, FetchError> {
        let url = server(vec![answer]);
        Fetcher::new(None, Duration::from_secs(20)).unwrap().get(&format!("{url}/a?b=%5B1%5D"))
    }

    #[test]
    fn a_document_or_why_there_is_none() {
        assert_eq!(get(http("200 OK", "", b"{}")), Ok("{}".to_owned()));
        for (status, headers, error) in [
            ("404 Not Found", "", FetchError::NotThere),
            ("500 Oh", "", FetchError::Status { status: 500, pause: None }),
            (
                "429 Slow",
                "Retry-After: 7\r\n",
                FetchError::Status { status: 429, pause: Some(Duration::from_secs(7)) },
            ),
            (
                "418 Ban",
                "Retry-After: 9999999\r\n",
                FetchError::Status { status: 418, pause: Some(LONGEST_PAUSE) },
            ),
            (
                "429 Slow",
                "Retry-After: Sat, 1 Jan\r\n",
                FetchError::Status { status: 429, pause: Some(USUAL_PAUSE) },
            ),
            ("418 Ban", "", FetchError::Status { status: 418, pause: Some(USUAL_PAUSE) }),
            (
                "302 Found",
                "Location: http://other.example/a\r\n",
                FetchError::Moved("http://other.example/a".to_owned()),
            ),
            (
                "302 Found",
                "Location: //other.example/a\r\n",
                FetchError::Moved("//other.example/a".to_owned()),
            ),
            ("302 Found", "", FetchError::Moved(String::new())),
        ] {
            assert_eq!(get(http(status, headers, b"no")), Err(error), "{status} {headers}");
        }
        assert_eq!(get(http("200 OK", "", b"\xff\xfe")), Err(FetchError::NotText));
        for broken in [&b"garbage\r\n\r\n"[..], b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"] {
            assert!(matches!(get(broken.to_vec()), Err(FetchError::Failed(_))), "{broken:?}");
        }
    }

    #[test]
    fn a_packed_document_is_unpacked_and_one_without_end_is_not() {
        let pack = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            http("200 OK", "Content-Encoding: gzip\r\n", &encoder.finish().unwrap())
        };
        assert_eq!(get(pack(b"[1]")), Ok("[1]".to_owned()));
        let long = pack(&vec![b' '; Fetch::USUAL as usize + 1]);
        assert_eq!(get(long.clone()), Err(FetchError::TooLong(Fetch::USUAL)));
        // The whole floorsheet of a heavy day is longer than any other document.
        let url = server(vec![long]);
        let fetcher = Fetcher::new(None, Duration::from_secs(20)).unwrap();
        assert_eq!(fetcher.get_up_to(&url, 2 * Fetch::USUAL).unwrap().len() as u64, Fetch::USUAL + 1);
    }

    #[test]
    fn a_redirect_within_the_place_is_followed_and_a_circle_ends() {
        let moved = |to: &str| http("301 Moved", &format!("Location: {to}\r\n"), b"");
        let fetcher = Fetcher::new(None, Duration::from_secs(20)).unwrap();
        let url = server(vec![moved("/b"), http("200 OK", "", b"here")]);
        assert_eq!(fetcher.get(&format!("{url}/a")), Ok("here".to_owned()));
        let url = server((0..9).map(|_| moved("/a")).collect());
        assert!(
            matches!(fetcher.get(&format!("{url}/a")), Err(FetchError::Failed(why)) if why.contains("3 times"))
        );
        assert_eq!(redirected("http://a:1/x", "http://a:1/y?z"), Ok("http://a:1/y?z".to_owned()));
        for to in ["http://a:11/y", "http://a:1.evil.example/", "https://a:1/y", "y", ""] {
            assert!(redirected("http://a:1/x", to).is_err(), "{to}");
        }
    }

    #[test]
    fn a_server_that_says_nothing_is_not_waited_for_without_end() {
        // Nobody accepts: the connection stands in the system's queue.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let patience = Duration::from_millis(50);
        let fetcher = Fetcher::new(None, patience).unwrap();
        let url = format!("http://{}/a", listener.local_addr().unwrap());
        assert_eq!(fetcher.get(&url), Err(FetchError::Late(patience)));
        drop(listener);
        assert!(matches!(fetcher.get(&url), Err(FetchError::Failed(_))));
        // Headers, and then nothing.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/a", listener.local_addr().unwrap());
        let held = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsho").unwrap();
            socket
        });
        assert_eq!(fetcher.get(&url), Err(FetchError::Late(patience)));
        drop(held.join());
    }

    #[test]
    fn files_are_read_and_what_is_none_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let fetcher = Fetcher::new(None, Duration::from_secs(1)).unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, "[]").unwrap();
        assert_eq!(fetcher.get(&format!("file:{}", path.display())), Ok("[]".to_owned()));
        let missing = folder.path().join("b.json");
        assert_eq!(fetcher.get(&format!("file:{}", missing.display())), Err(FetchError::NotThere));
        let no_file = fetcher.get(&format!("file:{}", folder.path().display()));
        assert_eq!(no_file, Err(FetchError::Failed("not a file".to_owned())));
        assert!(matches!(fetcher.get("ftp://a/b"), Err(FetchError::Failed(_))));
        assert!(Fetcher::new(Some(Path::new("/nowhere/ca.pem")), Duration::from_secs(1)).is_err());
    }

    #[tokio::test]
    async fn a_server_that_wants_to_be_left_alone_is_left_alone() {
        let url = server(vec![http("429 Slow", "Retry-After: 3600\r\n", b"")]);
        let fetch = |no| vec![Fetch { no, url: url.clone(), longest: Fetch::USUAL }];
        let fetcher = Fetcher::new(None, Duration::from_secs(20)).unwrap();
        let mut fetching = Fetching::new(Some(fetcher.clone()));
        fetching.begin(fetch(1));
        assert!(matches!(fetching.next().await, (1, Err(FetchError::Status { status: 429, .. }))));
        fetching.begin(fetch(2));
        assert!(
            matches!(fetching.next().await, (2, Err(FetchError::Paused(left))) if left.as_secs() > 3_000)
        );
        // Another line, or the same after a loss, leaves it alone as well; a shorter word does not end a longer one.
        fetcher.pauses.begin(&url, Duration::from_secs(1));
        let mut other = Fetching::new(Some(fetcher.clone()));
        other.begin(vec![Fetch { no: 1, url: format!("{url}/other?a"), longest: Fetch::USUAL }]);
        let answer = other.next().await;
        assert!(matches!(answer, (1, Err(FetchError::Paused(left))) if left.as_secs() > 3_000), "{answer:?}");
        assert_eq!(fetcher.pauses.left("http://127.0.0.2:1/"), None, "another server is not meant");
        let mut none = Fetching::new(None);
        none.begin(fetch(3));
        assert!(matches!(none.next().await, (3, Err(FetchError::Failed(_)))));
    }
}
