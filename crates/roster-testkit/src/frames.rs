//! HTTP/2 said frame by frame, as no client library would: by peers that flood, break off, or do not listen.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::wait::within;

/// What every connection begins with.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames (RFC 9113, section 6).
pub const DATA: u8 = 0;
/// See [`DATA`].
pub const HEADERS: u8 = 1;
/// See [`DATA`].
pub const PRIORITY: u8 = 2;
/// See [`DATA`].
pub const RST_STREAM: u8 = 3;
/// See [`DATA`].
pub const SETTINGS: u8 = 4;
/// See [`DATA`].
pub const PING: u8 = 6;
/// See [`DATA`].
pub const GOAWAY: u8 = 7;
/// See [`DATA`].
pub const WINDOW_UPDATE: u8 = 8;
/// See [`DATA`].
pub const CONTINUATION: u8 = 9;

/// Flags of frames.
pub const END_STREAM: u8 = 1;
/// See [`END_STREAM`].
pub const ACK: u8 = 1;
/// See [`END_STREAM`].
pub const END_HEADERS: u8 = 4;

/// What the service says to those who do too much of something.
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// The setting that says how much of each answer its reader takes unasked.
pub const INITIAL_WINDOW_SIZE: u16 = 4;

/// Where those come from who mean harm. The service counts by address, and others come from 127.0.0.1.
pub const FOE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A connection that says what it is told to, and notes what it hears.
pub struct Foe {
    writer: OwnedWriteHalf,
    heard: watch::Receiver<Heard>,
    ear: Ear,
}

/// Who reads.
enum Ear {
    Open(JoinHandle<()>),
    /// Nobody: the bytes stay where they are.
    Shut {
        _unread: OwnedReadHalf,
    },
}

/// What a connection has heard so far.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Acknowledgements of pings.
    pub pongs: usize,
    /// Frames of headers: answers' first ones and trailers.
    pub headers: usize,
    /// Streams that the service ended in order.
    pub ended: usize,
    /// The last of them to have been begun.
    pub last_ended: u32,
    /// Streams that the service reset.
    pub resets: usize,
    /// Why the last of them was.
    pub reset_code: Option<u32>,
    /// Bytes of answers.
    pub data: usize,
    /// Why the service wants no more of this, and what it says about it.
    pub goaway: Option<(u32, String)>,
    /// The service has closed the connection.
    pub closed: bool,
}

impl Foe {
    /// Connects and begins HTTP/2, ready to hear everything.
    pub async fn connect(address: SocketAddr) -> Self {
        let mut foe = Self::connect_with(address, &[]).await;
        foe.say(&window_update(0, 1 << 30)).await;
        foe
    }

    /// Connects and begins HTTP/2 with these settings.
    pub async fn connect_with(address: SocketAddr, wishes: &[(u16, u32)]) -> Self {
        let (mut reader, writer) = tcp_from(FOE, address).await.into_split();
        let (note, heard) = watch::channel(Heard::default());
        let ear = Ear::Open(tokio::spawn(async move {
            while let Ok(frame) = read_frame(&mut reader).await {
                note.send_modify(|heard| heard.note(&frame));
            }
            note.send_modify(|heard| heard.closed = true);
        }));
        let mut foe = Self { writer, heard, ear };
        foe.say(&[PREFACE, &settings(wishes)].concat()).await;
        foe
    }

    /// Connects and begins HTTP/2, and reads nothing, ever.
    pub async fn deaf(address: SocketAddr) -> Self {
        let (unread, writer) = tcp_from(FOE, address).await.into_split();
        let (_, heard) = watch::channel(Heard::default());
        let mut foe = Self { writer, heard, ear: Ear::Shut { _unread: unread } };
        foe.say(&[PREFACE, &settings(&[])].concat()).await;
        foe
    }

    /// Says this; false if the service does not want to hear it any more.
    pub async fn say(&mut self, bytes: &[u8]) -> bool {
        within("the service's reading", self.writer.write_all(bytes)).await.is_ok()
    }

    /// Waits until it has heard enough.
    pub async fn hear(&mut self, what: &str, enough: impl Fn(&Heard) -> bool) -> Heard {
        assert!(matches!(self.ear, Ear::Open(_)), "who is deaf hears nothing");
        let found = within(what, self.heard.wait_for(|heard| enough(heard) || heard.closed)).await;
        let heard = found.expect("the last word is that the connection is closed").clone();
        assert!(enough(&heard), "{what} did not happen before the end of the connection: {heard:?}");
        heard
    }

    /// Waits until the service wants no more of this, and returns what it heard until then.
    pub async fn hear_goaway(&mut self) -> Heard {
        self.hear("GOAWAY", |heard| heard.goaway.is_some()).await
    }

    /// Waits until the connection is closed.
    pub async fn hear_the_end(&mut self) -> Heard {
        self.hear("the end of the connection", |heard| heard.closed).await
    }

    /// Waits until all that was said so far was read; false if the service wants no more of this.
    pub async fn pause(&mut self) -> bool {
        let pongs = self.heard.borrow().pongs;
        // Frames are read in their order.
        self.say(&frame(PING, 0, 0, &[0; 8])).await;
        let heard =
            self.hear("a pong", |heard| heard.pongs > pongs || heard.goaway.is_some() || heard.closed);
        heard.await.pongs > pongs
    }

    /// Waits until all calls that were made so far were let in, by one more on that stream; false if the service wants
    /// no more of this.
    pub async fn settle(&mut self, stream: u32) -> bool {
        // Calls are let in in their order.
        self.say(&call(stream, &call_headers("grpc.health.v1.Health/Check", &[]), &[])).await;
        let gone = |heard: &Heard| heard.goaway.is_some() || heard.closed;
        let heard = self.hear("an answer", |heard| heard.last_ended >= stream || gone(heard)).await;
        !gone(&heard)
    }

    /// What it has heard so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.heard.borrow().clone()
    }
}

impl Drop for Foe {
    fn drop(&mut self) {
        if let Ear::Open(reader) = &self.ear {
            reader.abort();
        }
    }
}

impl Heard {
    fn note(&mut self, frame: &Frame) {
        match frame.kind {
            DATA => self.data += frame.payload.len(),
            HEADERS => self.headers += 1,
            RST_STREAM => {
                self.resets += 1;
                self.reset_code = Some(number(&frame.payload));
            }
            PING if frame.flags & ACK != 0 => self.pongs += 1,
            GOAWAY => {
                let said = String::from_utf8_lossy(&frame.payload[8..]).into_owned();
                self.goaway = Some((number(&frame.payload[4..]), said));
            }
            _ => {}
        }
        if matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0 {
            self.ended += 1;
            self.last_ended = self.last_ended.max(frame.stream);
        }
    }
}

/// A TCP connection from that address of this machine.
pub async fn tcp_from(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    try_tcp_from(from, to).await.expect("the service's socket takes connections")
}

/// A TCP connection from that address of this machine, if it can be had.
pub async fn try_tcp_from(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddrV4::new(from, 0).into())?;
    let stream = within("a connection", socket.connect(to)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A frame.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A frame of settings.
#[must_use]
pub fn settings(wishes: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = wishes
        .iter()
        .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect();
    frame(SETTINGS, 0, 0, &payload)
}

/// Makes a window larger: a stream's, or with 0 the connection's.
#[must_use]
pub fn window_update(stream: u32, by: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &by.to_be_bytes())
}

/// A whole call: its headers, packed, and its message, encoded.
#[must_use]
pub fn call(stream: u32, headers: &[u8], message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a small message").to_be_bytes();
    let message = [&[0], &length[..], message].concat();
    [frame(HEADERS, END_HEADERS, stream, headers), frame(DATA, END_STREAM, stream, &message)].concat()
}

/// Takes a stream back.
#[must_use]
pub fn reset(stream: u32) -> Vec<u8> {
    const CANCEL: u32 = 8;
    frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())
}

/// The headers of a gRPC call, packed, with these besides the necessary ones.
#[must_use]
pub fn call_headers(method: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let path = format!("/{method}");
    let mut block = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", &path),
        (":authority", "roster"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ] {
        header(&mut block, name, value);
    }
    for (name, value) in more {
        header(&mut block, name, value);
    }
    block
}

/// Adds a header to a block of headers, spelt out, and remembered by neither side (RFC 7541, section 6.2.2).
pub fn header(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    string(block, name);
    string(block, value);
}

/// Adds a header that the other side remembers: it may be referred to by the one byte `0xbe` (section 6.2.1).
pub fn remembered(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0x40);
    string(block, name);
    string(block, value);
}

/// The beginning of a text: its length.
pub fn length(block: &mut Vec<u8>, mut length: usize) {
    const PREFIX: usize = 127;
    if let Ok(short @ 0..127) = u8::try_from(length) {
        return block.push(short);
    }
    block.push(127);
    length -= PREFIX;
    while length >= 128 {
        block.push(u8::try_from(length % 128 + 128).expect("below 256"));
        length /= 128;
    }
    block.push(u8::try_from(length).expect("below 128"));
}

fn string(block: &mut Vec<u8>, text: &str) {
    length(block, text.len());
    block.extend_from_slice(text.as_bytes());
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

async fn read_frame(reader: &mut OwnedReadHalf) -> io::Result<Frame> {
    let mut head = [0; 9];
    reader.read_exact(&mut head).await?;
    let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
    let mut payload = vec![0; length];
    reader.read_exact(&mut payload).await?;
    Ok(Frame { kind: head[3], flags: head[4], stream: number(&head[5..]), payload })
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().expect("four bytes"))
}
