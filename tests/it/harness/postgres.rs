//! One PostgreSQL for the whole run; a database of its own for each test.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _};

/// Makes an empty database and gives its URL.
pub fn fresh_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin =
        PgConnection::establish(&format!("{server}/postgres")).expect("PostgreSQL answers");
    diesel::sql_query(format!("CREATE DATABASE {name}"))
        .execute(&mut admin)
        .expect("a database is made");
    format!("{server}/{name}")
}

/// Starts the server once. A shell watches this process and removes the server with it.
fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| {
        let folder = tempfile::Builder::new()
            .prefix("hub-pg-")
            .tempdir()
            .expect("a folder")
            .keep();
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .expect("a free port")
            .port();
        let shell = Command::new(super::root().join("tests/postgres.sh"))
            .arg(&folder)
            .arg(port.to_string())
            .arg(std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Whoever kills the run with all its group leaves the shell, which clears up.
            .process_group(0)
            .spawn()
            .expect("tests/postgres.sh runs");
        // It outlives this process by a moment, to clear up.
        std::mem::forget(shell);
        let url = format!("postgres://hub@127.0.0.1:{port}");
        let started = Instant::now();
        while PgConnection::establish(&format!("{url}/postgres")).is_err() {
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "PostgreSQL did not start; see {}/postgres.log, and run `make servers`",
                folder.display()
            );
            std::thread::park_timeout(Duration::from_millis(100));
        }
        url
    })
}
