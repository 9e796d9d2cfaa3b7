//! How a statement of the embedded database is made to fail while the process lives: its interpreter is interrupted, or
//! no file may grow until it has ended.

use std::ffi::{c_char, c_int, c_void};
use std::process::Command;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

use libsqlite3_sys as sqlite;

/// Whether the statement under way is to be interrupted.
static INTERRUPTS: AtomicBool = AtomicBool::new(false);
/// Whether the disk is full.
static FULL: AtomicBool = AtomicBool::new(false);

/// Asks at every step of every statement, on every connection that is opened from now on.
#[expect(
    unsafe_code,
    reason = "SQLite is told by its own interface, which is C"
)]
pub fn watch() {
    unsafe extern "C" fn asked(_: *mut c_void) -> c_int {
        if INTERRUPTS.swap(false, Ordering::SeqCst) {
            println!("\nstruck");
            return 1;
        }
        0
    }
    unsafe extern "C" fn opened(
        connection: *mut sqlite::sqlite3,
        _: *mut *mut c_char,
        _: *const sqlite::sqlite3_api_routines,
    ) -> c_int {
        // SAFETY: the connection is open, and the function asks for nothing but a flag.
        unsafe { sqlite::sqlite3_progress_handler(connection, 1, Some(asked), null_mut()) };
        sqlite::SQLITE_OK
    }
    // SAFETY: the function lives as long as the process.
    let code = unsafe { sqlite::sqlite3_auto_extension(Some(opened)) };
    assert_eq!(code, sqlite::SQLITE_OK);
}

/// The statement that begins now is interrupted at its next step.
pub fn begin() {
    INTERRUPTS.store(true, Ordering::SeqCst);
    println!("\nreached");
}

/// No file may grow from now on.
pub fn fill() {
    limit("0:");
    FULL.store(true, Ordering::SeqCst);
    println!("\nreached");
    println!("\nstruck");
}

/// The statement has ended.
pub fn end() {
    INTERRUPTS.store(false, Ordering::SeqCst);
    if FULL.swap(false, Ordering::SeqCst) {
        limit("unlimited:");
    }
}

fn limit(size: &str) {
    let own = std::process::id().to_string();
    let set = Command::new("prlimit")
        .args([&format!("--fsize={size}"), "--pid", &own])
        .status();
    assert!(
        set.expect("prlimit runs; Debian has it in util-linux")
            .success()
    );
}
