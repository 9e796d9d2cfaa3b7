//! The simulated national platform as a real process: started, told to misbehave, asked what it holds, killed.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ::hub::delivery::platform;
use ::hub::keys::SigningKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::hub::{self, Hub};

/// The platform.
pub struct National {
    child: Child,
    /// Its address.
    pub url: String,
    folder: tempfile::TempDir,
    arguments: Vec<String>,
}

impl National {
    /// Starts it in memory, with the faults that are named.
    pub fn start(fail: &str) -> National {
        if fail.is_empty() {
            return National::with(&[]);
        }
        National::with(&["--fail", fail])
    }

    /// Starts one whose business answer takes so many milliseconds.
    pub fn start_slow(delay: u64) -> National {
        National::with(&["--delay", &delay.to_string()])
    }

    /// Starts it with further arguments; `DATA` among them stands for its folder, `SCRIPT` for the file of a script.
    pub fn with(arguments: &[&str]) -> National {
        National::scripted(arguments, "")
    }

    /// The same with a script of faults.
    pub fn scripted(arguments: &[&str], script: &str) -> National {
        let folder = tempfile::Builder::new().prefix("national-").tempdir();
        let folder = folder.expect("a folder");
        let file = folder.path().join("faults.toml");
        std::fs::write(&file, script).expect("a script");
        let place = |argument: &&str| match *argument {
            "DATA" => folder.path().join("data").display().to_string(),
            "SCRIPT" => file.display().to_string(),
            other => other.to_owned(),
        };
        let arguments: Vec<String> = arguments.iter().map(place).collect();
        let (child, url) = spawn("127.0.0.1:0", &arguments);
        National {
            child,
            url,
            folder,
            arguments,
        }
    }

    /// Its folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Kills it as a power cut would, and starts it again on the same folder and port.
    pub fn kill_and_restart(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        let (_, address) = self.url.split_once("//").expect("an address");
        let (child, url) = spawn(address, &self.arguments);
        assert_eq!(url, self.url);
        self.child = child;
    }

    /// Asks it something.
    pub fn get(&self, path: &str) -> Value {
        hub::get(&format!("{}{path}", self.url), "").json()
    }

    /// Its public key.
    pub fn key(&self) -> String {
        hub::get(&format!("{}/key", self.url), "").text
    }

    /// Has it misbehave otherwise from now on.
    pub fn misbehave(&self, plan: &str) {
        let answer = hub::post(&format!("{}/faults", self.url), "", &[], plan.as_bytes());
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Has it push its answers to this hub.
    pub fn push_to(&self, hub: &Hub) {
        let url = format!("{}/v1/destinations/national/acknowledgements", hub.url);
        let body = json!({ "url": url }).to_string();
        let answer = hub::post(&format!("{}/callback", self.url), "", &[], body.as_bytes());
        assert_eq!(answer.expect("an answer").status, 200);
    }

    /// The settings of a hub that forwards here, quick to try again.
    pub fn settings(&self, more: &str) -> String {
        format!(
            "[national]\nurl = \"{}\"\nkeys = [\"{}\"]\npoll_ms = 20\ntimeout_ms = 700\nbackoff_base_ms = 20\n\
             backoff_max_ms = 300\nbreaker_ms = 100\n{more}",
            self.url,
            self.key()
        )
    }

    /// All that it took over, in order: numbers of versions.
    pub fn taken(&self) -> Vec<i64> {
        let mut all = Vec::new();
        loop {
            let page = self.get(&format!("/records?after={}&limit=10000", all.len()));
            let rows = page["records"].as_array().expect("records");
            if rows.is_empty() {
                return all;
            }
            all.extend(rows.iter().map(|row| row["id"].as_i64().expect("a number")));
        }
    }

    /// Holds what it took over against what the hub accepted: the same versions, each once, those of one key in order.
    #[track_caller]
    pub fn assert_holds_what_is_owed(&self, hub: &Hub, reader: &str) {
        let (taken, mut owed) = (self.taken(), owed(hub, reader));
        let mut newest: HashMap<String, i64> = HashMap::new();
        for id in taken {
            let key = owed.remove(&id);
            let key = key.unwrap_or_else(|| panic!("{id} is held twice, or was never accepted"));
            let before = newest.insert(key.clone(), id);
            assert!(
                before.is_none_or(|before| before < id),
                "{key} was overtaken by itself"
            );
        }
        assert!(owed.is_empty(), "never arrived: {owed:?}");
    }
}

/// How the holder of a key signs a message as a platform does: the headers.
pub fn signs(file: &Path) -> impl Fn(&[u8]) -> Vec<(&'static str, String)> + use<> {
    let key = SigningKey::load_or_create(file).expect("a key");
    move |message| {
        let signature = STANDARD.encode(key.sign(message));
        vec![
            (platform::KEY, "national.example/platform".to_owned()),
            (platform::SIGNATURE, signature),
        ]
    }
}

/// The key of each version that is owed, by its number, as the hub says.
fn owed(hub: &Hub, reader: &str) -> HashMap<i64, String> {
    let mut all = HashMap::new();
    let mut after = "0".to_owned();
    loop {
        let path = format!("/v1/events?destination=national&limit=1000&after={after}");
        let page = hub.get(&path, reader).json();
        for event in page["items"].as_array().expect("events") {
            let key = event["key"].as_str().expect("a key").to_owned();
            all.insert(event["record"].as_i64().expect("a number"), key);
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return all,
        }
    }
}

fn spawn(listen: &str, arguments: &[String]) -> (Child, String) {
    let mut command = Command::new(hub::program());
    command.args(["simulate", "national", "--listen", listen]);
    let mut child = command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout"))
        .read_line(&mut line)
        .expect("a line");
    let url = line.trim().strip_prefix("listening on ").expect(&line);
    (child, url.to_owned())
}

impl Drop for National {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
