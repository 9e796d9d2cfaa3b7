//! A client that costs little: bare sockets, kept open, one request at a time each.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// One kept-open connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    head: String,
    answer: Vec<u8>,
}

impl Client {
    /// Connects; every request goes to one path with one key.
    pub fn connect(address: &str, path: &str, media_type: &str, key: &str) -> Client {
        let stream = TcpStream::connect(address).expect("the hub listens");
        stream.set_nodelay(true).expect("a socket");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: {media_type}\r\n"
        );
        Client { stream: BufReader::new(stream), head, answer: Vec::new() }
    }

    /// Sends a body; the status and the answer.
    pub fn post(&mut self, body: &[u8]) -> (u16, &[u8]) {
        let head = format!("{}content-length: {}\r\n\r\n", self.head, body.len());
        let socket = self.stream.get_mut();
        let mut whole = head.into_bytes();
        whole.extend_from_slice(body);
        socket.write_all(&whole).expect("sent");
        self.read()
    }

    fn read(&mut self) -> (u16, &[u8]) {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a status line");
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("a header");
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        self.answer.resize(length, 0);
        self.stream.read_exact(&mut self.answer).expect("a body");
        (status, &self.answer)
    }
}

/// Asks once with GET.
pub fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the hub listens");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}
