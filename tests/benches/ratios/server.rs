//! A hub as a process of its own, in its release build.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running hub.
pub struct Server {
    child: Child,
    /// Host and port.
    pub address: String,
    /// Its folder.
    pub data: tempfile::TempDir,
}

/// The program, as `make bench` built it.
pub fn program() -> PathBuf {
    let bench = std::env::current_exe().expect("a path");
    let path = bench
        .parent()
        .and_then(Path::parent)
        .expect("target/release/deps")
        .join("hub");
    assert!(
        path.exists(),
        "{} is missing: run `make bench`, which builds it",
        path.display()
    );
    path
}

/// Host and port of a program that has just started: its first line names them.
pub fn listening(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout"))
        .read_line(&mut line)
        .expect("a line");
    line.trim()
        .strip_prefix("listening on http://")
        .expect("an address")
        .to_owned()
}

impl Server {
    /// Starts on a fresh folder, with the yardstick handler.
    pub fn start() -> Server {
        let data = tempfile::Builder::new()
            .prefix("hub-bench-")
            .tempdir()
            .expect("a folder");
        Server::start_on(data, &[])
    }

    /// Starts on a folder, with further arguments.
    pub fn start_on(data: tempfile::TempDir, more: &[&str]) -> Server {
        std::fs::write(
            data.path().join("hub.toml"),
            "bench = true\n[limits]\nsource_rate = 0\nbody_bytes = 1_000_000_000\ndecompressed_bytes = 1_000_000_000\nrecords = 1_000_000\n",
        )
        .expect("written");
        let mut child = Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the hub starts");
        let address = listening(&mut child);
        Server {
            child,
            address,
            data,
        }
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Makes a key for a source.
    pub fn key(&self, source: &str) -> String {
        let output = Command::new(program())
            .args(["sources", "add", source, "--data"])
            .arg(self.data.path())
            .output()
            .expect("the command runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).expect("text");
        text.trim_end()
            .lines()
            .last()
            .expect("a key")
            .trim()
            .to_owned()
    }

    /// A figure of `/metrics`: the sum over its labels.
    pub fn metric(&self, name: &str) -> f64 {
        let text = super::load::get(&self.address, "/metrics");
        text.lines()
            .filter(|line| line.starts_with(name) && !line.starts_with('#'))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// Processor time used so far by the hub and by this process, in seconds. Unlike the time on the clock it does
    /// not grow with what else the machine does.
    pub fn cpu(&self) -> (f64, f64) {
        (cpu(&self.child.id().to_string()), cpu("self"))
    }

    /// Ends it.
    pub fn stop(mut self) -> tempfile::TempDir {
        drop(self.child.kill());
        drop(self.child.wait());
        std::mem::replace(&mut self.data, tempfile::tempdir().expect("a folder"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Processor time of a process with all its threads, in seconds; none where the system does not tell.
fn cpu(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // After the name, which may hold anything: the 12th and 13th word are user and system time in ticks of 10 ms.
    let words = stat.rsplit(") ").next().unwrap_or_default();
    words
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|word| word.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
