//! An exchange that is none: a WebSocket that says what a test lets it say, and documents that a test hands out, on
//! loopback.
#![allow(dead_code, reason = "each suite uses a part of it")]

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;

/// What a request for a document is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    Text(String),
    /// A status and further header lines, each with its line end.
    Status(u16, &'static str),
    /// Nothing, on a connection that stays open.
    Silence,
    /// Bytes that are no HTTP.
    Garbage,
}

#[derive(Clone, Debug)]
enum Said {
    Frame(String),
    Cut,
}

type Documents = Arc<dyn Fn(&str) -> Answer + Send + Sync>;
type Replies = Arc<dyn Fn(&str) -> Vec<String> + Send + Sync>;

struct Inner {
    documents: Mutex<Documents>,
    replies: Mutex<Replies>,
    frames: broadcast::Sender<Said>,
    /// Requests for documents, and what clients said, so far.
    asked: Mutex<Vec<String>>,
    heard: Mutex<Vec<String>>,
    open: Mutex<bool>,
}

/// See the module. It goes when it is dropped.
pub struct FakeExchange {
    inner: Arc<Inner>,
    pub stream: String,
    pub documents: String,
    _runtime: tokio::runtime::Runtime,
}

impl FakeExchange {
    pub fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let inner = Arc::new(Inner {
            documents: Mutex::new(Arc::new(|_: &str| Answer::Status(404, ""))),
            replies: Mutex::new(Arc::new(|_: &str| Vec::new())),
            frames: broadcast::channel(1 << 16).0,
            asked: Mutex::new(Vec::new()),
            heard: Mutex::new(Vec::new()),
            open: Mutex::new(true),
        });
        let listen = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (streams, documents) = (listen(), listen());
        let stream = format!("ws://{}", streams.local_addr().unwrap());
        let base = format!("http://{}", documents.local_addr().unwrap());
        let of = Arc::clone(&inner);
        runtime.spawn(async move {
            while let Ok((socket, _)) = streams.accept().await {
                if *of.open.lock().unwrap() {
                    tokio::spawn(client(socket, Arc::clone(&of)));
                }
            }
        });
        let of = Arc::clone(&inner);
        runtime.spawn(async move {
            while let Ok((socket, _)) = documents.accept().await {
                tokio::spawn(document(socket, Arc::clone(&of)));
            }
        });
        Self { inner, stream, documents: base, _runtime: runtime }
    }

    /// From now on documents are answered by this, given path and query.
    pub fn answer(&self, documents: impl Fn(&str) -> Answer + Send + Sync + 'static) {
        *self.inner.documents.lock().unwrap() = Arc::new(documents);
    }

    /// From now on what a client says is answered by these frames.
    pub fn reply(&self, replies: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) {
        *self.inner.replies.lock().unwrap() = Arc::new(replies);
    }

    /// Says a frame to every client.
    pub fn say(&self, frame: &str) {
        let _ = self.inner.frames.send(Said::Frame(frame.to_owned()));
    }

    /// Cuts every connection, and takes no other until it is open again.
    pub fn close(&self) {
        *self.inner.open.lock().unwrap() = false;
        let _ = self.inner.frames.send(Said::Cut);
    }

    pub fn open(&self) {
        *self.inner.open.lock().unwrap() = true;
    }

    /// Requests for documents so far.
    pub fn asked(&self) -> Vec<String> {
        self.inner.asked.lock().unwrap().clone()
    }

    /// What clients have said with this in it.
    pub fn heard(&self, part: &str) -> usize {
        self.inner.heard.lock().unwrap().iter().filter(|said| said.contains(part)).count()
    }
}

async fn client(socket: TcpStream, inner: Arc<Inner>) {
    // Whoever subscribes hears everything from then on.
    let mut frames = inner.frames.subscribe();
    let Ok(mut socket) = tokio_tungstenite::accept_async(socket).await else { return };
    loop {
        tokio::select! {
            said = frames.recv() => match said {
                Ok(Said::Frame(frame)) => {
                    if socket.send(Message::text(frame)).await.is_err() {
                        return;
                    }
                }
                Ok(Said::Cut) | Err(_) => return,
            },
            heard = socket.next() => {
                let Some(Ok(message)) = heard else { return };
                let Message::Text(text) = message else { continue };
                let replies = inner.replies.lock().unwrap().clone();
                let replies = replies(text.as_str());
                inner.heard.lock().unwrap().push(text.as_str().to_owned());
                for reply in replies {
                    if socket.send(Message::text(reply)).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

async fn document(mut socket: TcpStream, inner: Arc<Inner>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let documents = inner.documents.lock().unwrap().clone();
    let answer = documents(&path);
    inner.asked.lock().unwrap().push(path);
    let bytes = match answer {
        Answer::Text(text) => http("200 OK", "", &text),
        Answer::Status(status, headers) => http(&format!("{status} So"), headers, "{}"),
        Answer::Garbage => "garbage\r\n\r\n".to_owned(),
        Answer::Silence => {
            // Until the other side has had enough.
            let _ = socket.read_u8().await;
            return;
        }
    };
    let _ = socket.write_all(bytes.as_bytes()).await;
}

fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
}
