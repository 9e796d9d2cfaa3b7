//! The parts of the demo: processes of this same program, and questions to them.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use super::ending::Ending;

/// A server of the demo; ends with it.
pub struct Part {
    child: Child,
    /// Its address.
    pub url: String,
}

fn program() -> anyhow::Result<Command> {
    Ok(Command::new(
        std::env::current_exe().context("finding this program")?,
    ))
}

impl Part {
    /// Starts a server and waits for its `listening on` line.
    pub fn start(name: &str, arguments: &[&str], log: &Path) -> anyhow::Result<Part> {
        let errors = File::create(log).with_context(|| log.display().to_string())?;
        let mut child = program()?
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            let told = std::fs::read_to_string(log).unwrap_or_default();
            anyhow::bail!("{name} did not start: {line}{told}");
        };
        Ok(Part {
            url: url.to_owned(),
            child,
        })
    }

    /// Waits until the server ends, or the end is asked for.
    pub fn wait(mut self, ending: &Ending) -> anyhow::Result<()> {
        while !ending.is_asked() && self.child.try_wait()?.is_none() {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A command that runs beside the demo.
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts a command; what it prints goes to a file.
    pub fn start(arguments: &[String], log: &Path) -> anyhow::Result<Running> {
        let output = File::create(log).with_context(|| log.display().to_string())?;
        let errors = output.try_clone()?;
        let child = program()?
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()?;
        Ok(Running { child })
    }

    /// The exit code, once it has ended.
    pub fn ended(&mut self) -> anyhow::Result<Option<i32>> {
        Ok(self
            .child
            .try_wait()?
            .map(|status| status.code().unwrap_or(2)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; one that still pushes ends with the demo.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How a command ended.
pub struct Ended {
    /// Exit code 0.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What it said of its failure.
    pub stderr: String,
}

impl Ended {
    /// What it printed, or why it failed.
    pub fn succeeded(self) -> anyhow::Result<String> {
        anyhow::ensure!(self.success, "{}", self.stderr.trim_end());
        Ok(self.stdout)
    }
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> anyhow::Result<Ended> {
    let output = program()?.args(arguments).stdin(Stdio::null()).output()?;
    Ok(Ended {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Asks for JSON.
pub fn get(url: &str, key: &str) -> anyhow::Result<Value> {
    serde_json::from_str(&text(url, key)?).with_context(|| url.to_owned())
}

/// Asks for text.
pub fn text(url: &str, key: &str) -> anyhow::Result<String> {
    let mut request = ureq::get(url);
    if !key.is_empty() {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let mut answer = request.call().with_context(|| url.to_owned())?;
    Ok(answer.body_mut().read_to_string()?)
}
