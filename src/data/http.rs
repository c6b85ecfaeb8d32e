//! One download over HTTP, as a stream of pieces from a thread of its own, so that whoever takes them can stop at any
//! time, even while a server says nothing.

use std::io::Read as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use ureq::http::{HeaderMap, HeaderName};

/// A server that is silent for so long is given up.
const SILENCE: Duration = Duration::from_secs(30);
/// Time to find the server and agree on a connection.
const CONNECT: Duration = Duration::from_secs(15);
/// Bytes a piece.
const PIECE: usize = 64 << 10;

/// What arrives, in this order: one beginning, then bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// The server has answered.
    Began {
        /// HTTP's status: 200 for the whole file, 206 for the rest of it.
        status: u16,
        /// Where in the file the first byte belongs.
        first: u64,
        /// Size of the whole file, if the server says it.
        total: Option<u64>,
    },
    /// The next bytes.
    Bytes(Vec<u8>),
}

/// Asks for a file from byte `from` on. The channel closes at the end of what the server sends; a failure is a short
/// sentence. Dropping the receiver stops the download.
pub(super) fn get(address: &str, from: u64) -> Receiver<Result<Piece, String>> {
    let (sender, receiver) = sync_channel(8);
    let address = address.to_owned();
    std::thread::spawn(move || {
        if let Err(problem) = stream(&address, from, &sender) {
            // Nobody may be listening any more: then the failure is nobody's.
            drop(sender.send(Err(problem)));
        }
    });
    receiver
}

fn stream(address: &str, from: u64, sender: &SyncSender<Result<Piece, String>>) -> Result<(), String> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("digit-workbench/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE));
    if address.starts_with("http://127.0.0.1") || address.starts_with("http://localhost") {
        // No proxy knows this machine's own servers.
        config = config.proxy(None);
    }
    let mut request = ureq::Agent::new_with_config(config.build()).get(address);
    if from > 0 {
        request = request.header(RANGE, format!("bytes={from}-"));
    }
    let response = request.call().map_err(|error| problem(&error))?;
    let status = response.status().as_u16();
    let (first, total) = extent(status, response.headers());
    if sender.send(Ok(Piece::Began { status, first, total })).is_err() || !matches!(status, 200 | 206) {
        return Ok(());
    }
    let mut body = response.into_body().into_reader();
    loop {
        let mut bytes = vec![0; PIECE];
        match body.read(&mut bytes).map_err(|error| format!("the connection broke ({error})"))? {
            0 => return Ok(()),
            n => bytes.truncate(n),
        }
        if sender.send(Ok(Piece::Bytes(bytes))).is_err() {
            return Ok(());
        }
    }
}

/// Where the answer begins in the file, and how long the whole file is.
fn extent(status: u16, headers: &HeaderMap) -> (u64, Option<u64>) {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if status != 206 {
        return (0, text(CONTENT_LENGTH).and_then(|length| length.parse().ok()));
    }
    // "bytes 100-199/200"
    let range = text(CONTENT_RANGE).and_then(|range| range.strip_prefix("bytes "));
    let first = range.and_then(|range| range.split('-').next()).and_then(|first| first.parse().ok());
    let total = range.and_then(|range| range.rsplit('/').next()).and_then(|total| total.parse().ok());
    // A part that does not say which one it is could be any.
    (first.unwrap_or(u64::MAX), total)
}

fn problem(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "no such server is known".to_owned(),
        ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
        ureq::Error::Io(cause) if cause.kind() == std::io::ErrorKind::TimedOut => {
            "it did not answer in time".to_owned()
        }
        ureq::Error::Io(cause) => format!("no connection ({cause})"),
        other => other.to_string(),
    }
}
