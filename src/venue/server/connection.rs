//! One connection: a task that reads and a task that writes, with bounded queues between them and the hub.

use std::io;
use std::time::{Duration, Instant};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::wire::{ClientFrame, LONGEST_REQUEST};

/// How long a stranger may take over the handshake and the greeting.
const GREETING: Duration = Duration::from_secs(10);
/// How long one frame may take to be written before the reader counts as gone.
const WRITE: Duration = Duration::from_secs(20);
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
    /// It is over.
    Gone { no: ConnectionNo, why: String },
}

/// What the hub tells a connection.
#[derive(Clone, Debug)]
pub(super) enum ToConnection {
    /// A frame.
    Text(Utf8Bytes),
    /// The end, with a reason for the other side.
    Close(String),
}

/// Serves one stream until it ends. Every way out is reported to the hub.
pub(super) async fn run<S>(stream: S, no: ConnectionNo, hub: mpsc::Sender<FromConnection>, queue: usize)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_REQUEST))
        .max_frame_size(Some(LONGEST_REQUEST));
    let handshake = tokio_tungstenite::accept_async_with_config(stream, Some(config));
    let socket = match timeout(GREETING, handshake).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return gone(&hub, no, format!("no WebSocket handshake: {error}")).await,
        Err(_) => return gone(&hub, no, "no handshake in time".to_owned()).await,
    };
    let (sink, source) = socket.split();
    let (to, from) = mpsc::channel(queue);
    if hub.send(FromConnection::Open { no, to }).await.is_err() {
        return;
    }
    let writer = tokio::spawn(write(sink, from));
    let why = read(source, no, &hub).await;
    gone(&hub, no, why).await;
    // The hub drops its end of the queue, which ends the writer.
    let _ = writer.await;
}

async fn gone(hub: &mpsc::Sender<FromConnection>, no: ConnectionNo, why: String) {
    // A hub that is gone needs no report.
    let _ = hub.send(FromConnection::Gone { no, why }).await;
}

/// Reads until the end; says why it ended.
async fn read<S>(
    mut source: SplitStream<WebSocketStream<S>>,
    no: ConnectionNo,
    hub: &mpsc::Sender<FromConnection>,
) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut allowance = Allowance::new();
    let mut greeted = false;
    loop {
        let next = if greeted { Ok(source.next().await) } else { timeout(GREETING, source.next()).await };
        let message = match next {
            Err(_) => return "no greeting in time".to_owned(),
            Ok(None) => return "the other side left".to_owned(),
            Ok(Some(Err(error))) => return error.to_string(),
            Ok(Some(Ok(message))) => message,
        };
        if !allowance.takes() {
            return format!("more than {FRAMES_PER_SECOND} frames in a second");
        }
        let frame = match message {
            Message::Text(text) => ClientFrame::parse(text.as_str()).map_err(|e| e.to_string()),
            Message::Binary(_) => Err("frames are text".to_owned()),
            Message::Close(_) => return "the other side left".to_owned(),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        greeted = true;
        if hub.send(FromConnection::Frame { no, frame }).await.is_err() {
            return "the server stops".to_owned();
        }
    }
}

/// Writes what the hub hands over until it hands over no more.
async fn write<S>(
    mut sink: SplitSink<WebSocketStream<S>, Message>,
    mut from: mpsc::Receiver<ToConnection>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let failed = |e: tokio_tungstenite::tungstenite::Error| io::Error::other(e.to_string());
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
    Ok(())
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
