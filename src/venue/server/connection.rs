//! One connection: a task that reads and a task that writes, with bounded queues between them and the hub.
//!
//! It ends when the other side leaves, when the other side breaks a rule of the connection (then it is told
//! why), or when the hub closes it. In each case the socket is given back soon, whatever the other side does.

use std::io;
use std::time::{Duration, Instant};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use crate::wire::{ClientFrame, LONGEST_REQUEST};

/// How long a stranger may take over the handshake and the greeting.
const GREETING: Duration = Duration::from_secs(10);
/// How long one frame may take to be written before the reader counts as gone.
const WRITE: Duration = Duration::from_secs(20);
/// How long what still comes in is thrown away after the farewell. Closing a socket on unread bytes
/// would take the farewell back from a client that has not read it yet.
const LINGER: Duration = Duration::from_secs(1);
/// Frames of any kind that a client may send in a second, pings among them.
const FRAMES_PER_SECOND: u32 = 5_000;

/// Which connection, counted from 1 over the life of the server.
pub(super) type ConnectionNo = u64;

/// What a connection tells the hub.
#[derive(Debug)]
pub(super) enum FromConnection {
    /// The handshake is done; answers go here.
    Open { no: ConnectionNo, to: mpsc::Sender<ToConnection> },
    /// A frame that could be read, or why it could not.
    Frame { no: ConnectionNo, frame: Result<ClientFrame, String> },
    /// Nothing more will be read, and why.
    Over { no: ConnectionNo, why: Ending },
    /// The socket has been given back: the last that is heard of it.
    Gone { no: ConnectionNo },
}

/// Why a connection is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// It never was one: no handshake, of TLS or of WebSocket.
    NoHandshake(String),
    /// The other side broke a rule: a frame too long or not of WebSocket, a flood, silence instead of a greeting.
    Broke(String),
    /// The other side left, or the line failed.
    Left(String),
}

/// What the hub tells a connection.
#[derive(Clone, Debug)]
pub(super) enum ToConnection {
    /// A frame.
    Text(Utf8Bytes),
    /// The end, with a reason for the other side.
    Close(String),
}

/// Serves one stream until it ends. Says why to the hub, unless it was the hub that ended it.
pub(super) async fn run<S>(stream: S, no: ConnectionNo, hub: &mpsc::Sender<FromConnection>, queue: usize)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_REQUEST))
        .max_frame_size(Some(LONGEST_REQUEST));
    let handshake = tokio_tungstenite::accept_async_with_config(stream, Some(config));
    let socket = match timeout(GREETING, handshake).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return over(hub, no, Ending::NoHandshake(error.to_string())).await,
        Err(_) => return over(hub, no, Ending::NoHandshake("not in time".to_owned())).await,
    };
    let (sink, mut source) = socket.split();
    let (to, from) = mpsc::channel(queue);
    if hub.send(FromConnection::Open { no, to }).await.is_err() {
        return;
    }
    let mut writer = tokio::spawn(write(sink, from));
    let written = tokio::select! {
        why = read(&mut source, no, hub) => {
            // The hub drops its end of the queue, which ends the writer.
            over(hub, no, why).await;
            writer.await
        }
        // Cut off by the hub. The other side may never answer a farewell, so nobody waits for that.
        written = &mut writer => written,
    };
    if let Ok(Ok(sink)) = written
        && let Ok(socket) = sink.reunite(source)
    {
        throw_away(socket.into_inner()).await;
    }
}

/// Reads bytes and forgets them until the other side closes, at most for [`LINGER`].
async fn throw_away(mut stream: impl AsyncRead + Unpin) {
    let mut bytes = [0; 4_096];
    let all = async { while stream.read(&mut bytes).await.is_ok_and(|n| n > 0) {} };
    // Who goes on sending for longer has had its chance to read why.
    let _ = timeout(LINGER, all).await;
}

/// Tells the hub why nothing more is read.
pub(super) async fn over(hub: &mpsc::Sender<FromConnection>, no: ConnectionNo, why: Ending) {
    // A hub that is gone needs no report.
    let _ = hub.send(FromConnection::Over { no, why }).await;
}

/// Reads until the end; says why it ended.
async fn read<S>(
    source: &mut SplitStream<WebSocketStream<S>>,
    no: ConnectionNo,
    hub: &mpsc::Sender<FromConnection>,
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let left = || Ending::Left("the other side left".to_owned());
    let mut allowance = Allowance::new();
    let mut greeted = false;
    loop {
        let next = if greeted { Ok(source.next().await) } else { timeout(GREETING, source.next()).await };
        let message = match next {
            Err(_) => return Ending::Broke("no greeting in time".to_owned()),
            Ok(None) => return left(),
            Ok(Some(Err(error))) => return ending(&error),
            Ok(Some(Ok(message))) => message,
        };
        if !allowance.takes() {
            return Ending::Broke(format!("more than {FRAMES_PER_SECOND} frames in a second"));
        }
        let frame = match message {
            Message::Text(text) => ClientFrame::parse(text.as_str()).map_err(|e| e.to_string()),
            Message::Binary(_) => Err("frames are text".to_owned()),
            Message::Close(_) => return left(),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        greeted = true;
        if hub.send(FromConnection::Frame { no, frame }).await.is_err() {
            return Ending::Left("the server stops".to_owned());
        }
    }
}

/// What an error of reading says of the other side.
fn ending(error: &Error) -> Ending {
    match error {
        // To go without a farewell breaks the protocol, and everybody does it.
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Ending::Left(error.to_string()),
        Error::Capacity(_) | Error::Protocol(_) | Error::Utf8(_) => Ending::Broke(error.to_string()),
        _ => Ending::Left(error.to_string()),
    }
}

/// Writes what the hub hands over until it hands over no more; gives the sink back if it still works.
async fn write<S>(
    mut sink: SplitSink<WebSocketStream<S>, Message>,
    mut from: mpsc::Receiver<ToConnection>,
) -> io::Result<SplitSink<WebSocketStream<S>, Message>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let failed = |e: Error| io::Error::other(e.to_string());
    while let Some(next) = from.recv().await {
        let last = matches!(next, ToConnection::Close(_));
        let message = match next {
            ToConnection::Text(text) => Message::Text(text),
            ToConnection::Close(reason) => {
                // The protocol leaves 123 bytes for a reason.
                let reason: String = reason.chars().take(100).collect();
                Message::Close(Some(CloseFrame { code: CloseCode::Policy, reason: reason.into() }))
            }
        };
        // What is already waiting goes out with it in one write.
        let write = async {
            sink.feed(message).await?;
            if from.is_empty() || last { sink.flush().await } else { Ok(()) }
        };
        timeout(WRITE, write).await.map_err(io::Error::other)?.map_err(failed)?;
        if last {
            break;
        }
    }
    let _ = timeout(Duration::from_secs(1), sink.close()).await;
    Ok(sink)
}

/// How many frames a client may still send this second.
struct Allowance {
    since: Instant,
    used: u32,
}

impl Allowance {
    fn new() -> Self {
        Self { since: Instant::now(), used: 0 }
    }

    fn takes(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self::new();
        }
        self.used += 1;
        self.used <= FRAMES_PER_SECOND
    }
}
