//! A relay between a client and a venue that does what bad lines do, by a seed.
//!
//! [`Proxy::start`] listens and hands every connection on to the venue. After the handshake it knows the frames of
//! WebSocket and, frame by frame and in each direction by itself, drops, delays, doubles, reorders, truncates or
//! damages what passes, as often as [`Rates`] says. Each fault is counted. What it draws depends on the seed, the
//! connection, the direction and the frame's place, and on nothing else. [`Proxy::cut`] ends every connection and
//! takes none until [`Proxy::restore`]; the address stays.
//!
//! Only frames of text are touched: pings, pongs and farewells pass as they are. The handshake passes untouched
//! too. TLS it cannot read, and does not try to.
//!
//! A *damaged* frame has one byte of its text changed into one that no text of this protocol has, as a line
//! with a checksum of its own would still let through; WebSocket sees that it is no UTF-8. A *truncated* frame is a
//! whole frame whose text ends early. A *reordered* frame goes after the next one; if none follows, it is
//! as good as dropped.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is done to a frame.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    Drop,
    Delay,
    Duplicate,
    Reorder,
    Truncate,
    Corrupt,
}

impl Fault {
    pub const ALL: [Self; 6] =
        [Self::Drop, Self::Delay, Self::Duplicate, Self::Reorder, Self::Truncate, Self::Corrupt];
}

/// Which way a frame goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    ToVenue,
    ToClient,
}

/// How often each fault happens, in frames of text out of 10,000.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    pub drop: u32,
    pub delay: u32,
    pub duplicate: u32,
    pub reorder: u32,
    pub truncate: u32,
    pub corrupt: u32,
    /// The longest delay.
    pub delay_ms: u64,
    /// Frames of text of a connection that pass untouched in each direction first, such as the greeting.
    pub spared: u64,
    /// Whether frames to the venue are touched.
    pub to_venue: bool,
    /// Whether frames to the client are touched.
    pub to_client: bool,
}

impl Rates {
    /// One fault only, both ways.
    pub fn only(fault: Fault, per_10_000: u32) -> Self {
        let mut rates = Self { delay_ms: 5, to_venue: true, to_client: true, ..Self::default() };
        *rates.of(fault) = per_10_000;
        rates
    }

    fn of(&mut self, fault: Fault) -> &mut u32 {
        match fault {
            Fault::Drop => &mut self.drop,
            Fault::Delay => &mut self.delay,
            Fault::Duplicate => &mut self.duplicate,
            Fault::Reorder => &mut self.reorder,
            Fault::Truncate => &mut self.truncate,
            Fault::Corrupt => &mut self.corrupt,
        }
    }

    /// What happens to the next frame.
    fn draw(mut self, rng: &mut ChaCha8Rng) -> Option<Fault> {
        let mut left = rng.next_u32() % 10_000;
        for fault in Fault::ALL {
            let often = *self.of(fault);
            if left < often {
                return Some(fault);
            }
            left -= often;
        }
        None
    }
}

/// What has happened so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Connections handed on.
    pub connections: u64,
    /// Frames that were read, of any kind.
    pub frames: u64,
    /// Faults, by what and which way.
    pub faults: BTreeMap<(Fault, Way), u64>,
}

impl Counts {
    /// How often a fault was done, both ways.
    pub fn of(&self, fault: Fault) -> u64 {
        [Way::ToVenue, Way::ToClient].iter().filter_map(|way| self.faults.get(&(fault, *way))).sum()
    }

    /// All faults.
    pub fn total(&self) -> u64 {
        self.faults.values().sum()
    }
}

struct Shared {
    upstream: SocketAddr,
    seed: u64,
    rates: Mutex<Rates>,
    down: AtomicBool,
    stopped: AtomicBool,
    connections: AtomicU64,
    counts: Mutex<Counts>,
    /// Every socket that is open, so that a cut can end it.
    sockets: Mutex<Vec<TcpStream>>,
}

/// A running relay; it stops when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Listens on `listen` (port 0 for any) and hands on to `upstream`.
    pub fn start(listen: &str, upstream: SocketAddr, seed: u64, rates: Rates) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream,
            seed,
            rates: Mutex::new(rates),
            down: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            counts: Mutex::default(),
            sockets: Mutex::default(),
        });
        let door = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if door.stopped.load(Ordering::SeqCst) {
                    return;
                }
                door.take(stream);
            }
        });
        Ok(Self { address, shared })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        self.shared.counts.lock().unwrap().clone()
    }

    /// Other rates from the next frame on.
    pub fn set_rates(&self, rates: Rates) {
        *self.shared.rates.lock().unwrap() = rates;
    }

    /// Ends every connection, both ways, and takes none from now on.
    pub fn cut(&self) {
        self.shared.down.store(true, Ordering::SeqCst);
        self.shared.end_all();
    }

    /// Takes connections again.
    pub fn restore(&self) {
        self.shared.down.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the thread at the door, which then leaves.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn end_all(&self) {
        for socket in self.sockets.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn take(self: &Arc<Self>, client: TcpStream) {
        let Ok(venue) = TcpStream::connect(self.upstream) else { return };
        let pair = [(&client, &venue, Way::ToVenue), (&venue, &client, Way::ToClient)];
        let mut halves = Vec::new();
        for (from, to, way) in pair {
            let _ = from.set_nodelay(true);
            let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
            halves.push((from, to, way));
        }
        {
            // Under the lock that a cut takes, so that no connection slips through one.
            let mut sockets = self.sockets.lock().unwrap();
            if self.down.load(Ordering::SeqCst) {
                return;
            }
            sockets.extend([client, venue]);
        }
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        self.counts.lock().unwrap().connections += 1;
        for (from, to, way) in halves {
            let shared = Arc::clone(self);
            std::thread::spawn(move || {
                let stream = 2 * number + u64::from(way == Way::ToClient);
                let mut rng = ChaCha8Rng::seed_from_u64(shared.seed);
                rng.set_stream(stream);
                // However it ends, the other side sees it end.
                let _ = shared.relay(&from, &to, way, &mut rng);
                let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
            });
        }
    }

    fn relay(
        &self,
        mut from: &TcpStream,
        mut to: &TcpStream,
        way: Way,
        rng: &mut ChaCha8Rng,
    ) -> io::Result<()> {
        handshake(&mut from, &mut to)?;
        let mut held: Option<Frame> = None;
        let mut passed = 0;
        loop {
            let mut frame = Frame::read(&mut from)?;
            let rates = *self.rates.lock().unwrap();
            let touched = match way {
                Way::ToVenue => rates.to_venue,
                Way::ToClient => rates.to_client,
            };
            // One draw for each frame of text, whatever becomes of it: what happens to one does not move the others.
            let fault = frame.is_text().then(|| rates.draw(rng)).flatten();
            let place = rng.next_u64();
            let fault = fault.filter(|_| touched && passed >= rates.spared);
            passed += u64::from(frame.is_text());
            {
                let mut counts = self.counts.lock().unwrap();
                counts.frames += 1;
                if let Some(fault) = fault {
                    *counts.faults.entry((fault, way)).or_default() += 1;
                }
            }
            match fault {
                Some(Fault::Drop) => continue,
                Some(Fault::Delay) => {
                    std::thread::sleep(Duration::from_millis(place % rates.delay_ms.max(1) + 1));
                }
                Some(Fault::Duplicate) => to.write_all(&frame.bytes())?,
                Some(Fault::Reorder) if held.is_none() => {
                    held = Some(frame);
                    continue;
                }
                Some(Fault::Truncate) => frame.truncate(place),
                Some(Fault::Corrupt) => frame.corrupt(place),
                Some(Fault::Reorder) | None => {}
            }
            to.write_all(&frame.bytes())?;
            if let Some(held) = held.take() {
                to.write_all(&held.bytes())?;
            }
        }
    }
}

/// Passes the head of HTTP.
fn handshake(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        head.push(byte[0]);
        if head.len() > 16 << 10 {
            return Err(io::Error::other("no handshake"));
        }
    }
    to.write_all(&head)
}

/// One frame of WebSocket; the payload as it stands on the wire, masked if it was.
struct Frame {
    first: u8,
    mask: Option<[u8; 4]>,
    payload: Vec<u8>,
}

impl Frame {
    /// The longest that is passed on: a few times what either side takes.
    const LONGEST: u64 = 64 << 20;

    fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 2];
        from.read_exact(&mut head)?;
        let length = match head[1] & 0x7f {
            126 => {
                let mut bytes = [0; 2];
                from.read_exact(&mut bytes)?;
                u64::from(u16::from_be_bytes(bytes))
            }
            127 => {
                let mut bytes = [0; 8];
                from.read_exact(&mut bytes)?;
                u64::from_be_bytes(bytes)
            }
            short => u64::from(short),
        };
        let mask = if head[1] & 0x80 == 0 {
            None
        } else {
            let mut mask = [0; 4];
            from.read_exact(&mut mask)?;
            Some(mask)
        };
        let length = usize::try_from(length).ok().filter(|n| *n as u64 <= Self::LONGEST);
        let mut payload = vec![0; length.ok_or_else(|| io::Error::other("a frame beyond every limit"))?];
        from.read_exact(&mut payload)?;
        Ok(Self { first: head[0], mask, payload })
    }

    /// A whole message of text.
    const fn is_text(&self) -> bool {
        self.first == 0x81
    }

    /// Ends early: at least one byte is lost.
    fn truncate(&mut self, place: u64) {
        let length = self.payload.len().max(1) as u64;
        self.payload.truncate((place % length) as usize);
    }

    /// One byte has its highest bit set. That is no UTF-8 among the letters of this protocol, masked or not:
    /// the mask moves the bit and takes it back.
    fn corrupt(&mut self, place: u64) {
        let length = self.payload.len().max(1) as u64;
        if let Some(byte) = self.payload.get_mut((place % length) as usize) {
            *byte ^= 0x80;
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mask_bit = if self.mask.is_some() { 0x80 } else { 0 };
        let mut bytes = vec![self.first];
        match self.payload.len() {
            n @ 0..126 => bytes.push(mask_bit | n as u8),
            n if n <= usize::from(u16::MAX) => {
                bytes.push(mask_bit | 126);
                bytes.extend((n as u16).to_be_bytes());
            }
            n => {
                bytes.push(mask_bit | 127);
                bytes.extend((n as u64).to_be_bytes());
            }
        }
        bytes.extend(self.mask.into_iter().flatten());
        bytes.extend(&self.payload);
        bytes
    }
}
