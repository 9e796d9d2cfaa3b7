//! A hub as a real process: started, asked over HTTP, killed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{Engine, records};

/// The program under test, as `make test` built it.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the test binary has a path");
    let path = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps")
        .join("hub");
    assert!(
        path.exists(),
        "{} is missing: run `make test`, which builds it",
        path.display()
    );
    path
}

/// Runs a command of the hub to its end.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the hub runs")
}

/// What a command printed on stdout.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A running hub with its folder.
pub struct Hub {
    child: Child,
    /// Its address.
    pub url: String,
    /// Its folder.
    pub data: PathBuf,
    database: Option<String>,
    extra: Vec<String>,
    settings: String,
    folder: Option<tempfile::TempDir>,
}

/// An answer to a request.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body as text.
    pub text: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.text))
    }
}

impl Hub {
    /// Starts a hub on a fresh folder and database.
    pub fn start(engine: Engine, extra: &[&str]) -> Hub {
        Hub::start_as(engine, extra, "")
    }

    /// The same with further sections of its configuration file.
    pub fn start_with(engine: Engine, settings: &str) -> Hub {
        Hub::start_as(engine, &[], settings)
    }

    fn start_as(engine: Engine, extra: &[&str], settings: &str) -> Hub {
        let folder = tempfile::Builder::new()
            .prefix("hub-test-")
            .tempdir()
            .expect("a folder");
        let data = folder.path().join("data");
        let database = engine.fresh();
        let extra: Vec<String> = extra.iter().map(|&text| text.to_owned()).collect();
        let (child, url) = spawn(&data, database.as_deref(), &extra, settings);
        Hub {
            child,
            url,
            data,
            database,
            extra,
            settings: settings.to_owned(),
            folder: Some(folder),
        }
    }

    /// Starts in the folder `data` below `folder`, in which others may be at work already.
    pub fn start_in(folder: &tempfile::TempDir, database: Option<String>) -> Hub {
        let data = folder.path().join("data");
        let (child, url) = spawn(&data, database.as_deref(), &[], "");
        Hub {
            child,
            url,
            data,
            database,
            extra: Vec::new(),
            settings: String::new(),
            folder: None,
        }
    }

    /// Starts an embedded hub whose files may not grow beyond `bytes`. After a restart they may.
    pub fn start_limited(bytes: u64) -> Hub {
        let folder = tempfile::Builder::new()
            .prefix("hub-test-")
            .tempdir()
            .expect("a folder");
        let data = folder.path().join("data");
        let program = program().display().to_string();
        let mut shell = Command::new("bash");
        // An ignored XFSZ makes the write fail instead of the process.
        let script = format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
            bytes / 1024
        );
        shell.args(["-c", &script, &program]);
        let (child, url) = spawn_with(shell, &data, None, &[], "");
        Hub {
            child,
            url,
            data,
            database: None,
            extra: Vec::new(),
            settings: String::new(),
            folder: Some(folder),
        }
    }

    /// Starts another hub over the same database, with the same key: the two share the work.
    pub fn start_beside(&self) -> Hub {
        let folder = tempfile::Builder::new()
            .prefix("hub-test-")
            .tempdir()
            .expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("keys")).expect("a folder");
        for key in ["keys/log.key", "keys/master.key"] {
            std::fs::copy(self.data.join(key), data.join(key)).expect("the key");
        }
        let (child, url) = spawn(&data, self.database.as_deref(), &self.extra, &self.settings);
        Hub {
            child,
            url,
            data,
            database: self.database.clone(),
            extra: self.extra.clone(),
            settings: self.settings.clone(),
            folder: Some(folder),
        }
    }

    /// The URL of its database; none for the embedded one.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// A connection to its database, past the hub.
    pub fn store(&self) -> ::hub::store::Database {
        let embedded = self.data.join("hub.db").display().to_string();
        let url = self.database().unwrap_or(&embedded);
        ::hub::store::connect(url).expect("the database answers")
    }

    /// The arguments that name this hub's folder and database, for other commands.
    pub fn place(&self) -> Vec<String> {
        let mut place = vec!["--data".to_owned(), self.data.display().to_string()];
        if let Some(database) = &self.database {
            place.extend(["--database".to_owned(), database.clone()]);
        }
        place
    }

    /// Runs a command on this hub's folder and database.
    pub fn command(&self, arguments: &[&str]) -> Output {
        let place = self.place();
        let all: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(place.iter().map(String::as_str))
            .collect();
        run(&all)
    }

    /// Begins a command on this hub's folder and database, and kills it after so many milliseconds.
    pub fn command_killed(&self, arguments: &[&str], delay: u64) {
        let mut child = Command::new(program())
            .args(arguments)
            .args(self.place())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the hub runs");
        std::thread::park_timeout(Duration::from_millis(delay));
        drop(child.kill());
        child.wait().expect("ended");
    }

    /// Makes a key for a source.
    pub fn add_source(&self, id: &str) -> String {
        last_line(&self.command(&["sources", "add", id]))
    }

    /// Makes a key for a reader.
    pub fn add_reader(&self, name: &str, role: &str) -> String {
        last_line(&self.command(&["keys", "reader", name, "--role", role]))
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process as a power cut would, and waits for its end.
    pub fn kill(&mut self) {
        self.child.kill().expect("the hub is killed");
        self.child.wait().expect("the hub has ended");
    }

    /// Asks the process to stop, as its operator would, and waits for its end.
    pub fn stop(&mut self) {
        let asked = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status()
            .expect("kill runs");
        assert!(asked.success());
        self.child.wait().expect("the hub has ended");
    }

    /// Starts it again on the same folder and database.
    pub fn restart(&mut self) {
        let (child, url) = spawn(
            &self.data,
            self.database.as_deref(),
            &self.extra,
            &self.settings,
        );
        self.child = child;
        self.url = url;
    }

    /// Starts it again with other sections of its configuration file.
    pub fn restart_set(&mut self, settings: &str) {
        settings.clone_into(&mut self.settings);
        self.restart();
    }

    /// What it wrote about its own work.
    pub fn told(&self) -> String {
        std::fs::read_to_string(self.data.with_extension("stderr.log")).unwrap_or_default()
    }

    /// Starts it again with further arguments.
    pub fn restart_with(&mut self, extra: &[&str]) {
        self.extra.extend(extra.iter().map(|&text| text.to_owned()));
        self.restart();
    }

    /// Starts a second hub on the same database, with a folder of its own and the same keys.
    pub fn beside(&self) -> Hub {
        let folder = tempfile::Builder::new()
            .prefix("hub-test-")
            .tempdir()
            .expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("keys")).expect("a folder");
        for name in ["log.pub", "keys/log.key", "keys/master.key"] {
            // A copy keeps the permissions.
            std::fs::copy(self.data.join(name), data.join(name)).expect("copied");
        }
        let (child, url) = spawn(&data, self.database.as_deref(), &self.extra, &self.settings);
        Hub {
            child,
            url,
            data,
            database: self.database.clone(),
            extra: self.extra.clone(),
            settings: self.settings.clone(),
            folder: Some(folder),
        }
    }

    /// A stopped hub whose log has these submissions of projects, each with so many records, all published.
    pub fn stopped_with(submissions: u32, each: u32) -> Hub {
        let mut hub = Hub::start(Engine::Sqlite, &[]);
        let key = hub.add_source("320100");
        for batch in 0..submissions {
            let elements: Vec<_> = (0..each)
                .map(|n| records::element("PROJECT", &records::project(batch * each + n + 1)))
                .collect();
            let body = records::envelope(&format!("batch-{batch}"), &elements);
            let answer = hub.post("/v1/submissions", &key, "application/json", &body);
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        let listed = hub.get("/v1/submissions?limit=1000", &key).json();
        let last = &listed["items"][submissions as usize - 1]["id"];
        let last = last.as_str().expect("a number");
        let proof = hub.get(&format!("/v1/receipts/{last}/proof?wait_ms=10000"), &key);
        assert_eq!(proof.status, 200, "the last leaf is published");
        hub.kill();
        hub
    }

    /// `hub log verify` finds nothing wrong.
    pub fn assert_log_verifies(&self) {
        let verified = self.command(&["log", "verify"]);
        assert!(verified.status.success(), "{}", stdout(&verified));
    }

    /// Asks with GET.
    pub fn get(&self, path: &str, key: &str) -> Answer {
        get(&format!("{}{path}", self.url), key)
    }

    /// Asks with GET and a further header.
    pub fn get_with(&self, path: &str, key: &str, header: (&str, &str)) -> Answer {
        let request = agent()
            .get(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {key}"))
            .header(header.0, header.1);
        answer(request.call().expect("an answer")).expect("a body")
    }

    /// Sends with PUT.
    pub fn put(&self, path: &str, key: &str, media_type: &str, body: &[u8]) -> Answer {
        let request = agent()
            .put(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", media_type);
        answer(request.send(body).expect("an answer")).expect("a body")
    }

    /// Sends with POST.
    pub fn post(&self, path: &str, key: &str, media_type: &str, body: &[u8]) -> Answer {
        post(
            &format!("{}{path}", self.url),
            key,
            &[("content-type", media_type)],
            body,
        )
        .expect("the hub answers")
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            eprintln!("kept for a look: {}", folder.keep().display());
        }
    }
}

#[track_caller]
fn last_line(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    stdout(output)
        .trim_end()
        .lines()
        .last()
        .expect("a key is printed")
        .trim()
        .to_owned()
}

fn spawn(data: &Path, database: Option<&str>, extra: &[String], settings: &str) -> (Child, String) {
    spawn_with(Command::new(program()), data, database, extra, settings)
}

fn spawn_with(
    mut command: Command,
    data: &Path,
    database: Option<&str>,
    extra: &[String],
    settings: &str,
) -> (Child, String) {
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data);
    if let Some(database) = database {
        command.args(["--database", database]);
    }
    let configuration = format!(
        "[spec]\n# The records of the tests bear fixed days.\nmuted_rules = [\"all.timely_*\"]\n{settings}"
    );
    let log = std::fs::create_dir_all(data).and_then(|()| {
        std::fs::write(data.join("hub.toml"), configuration)?;
        std::fs::File::options()
            .create(true)
            .append(true)
            .open(data.with_extension("stderr.log"))
    });
    let mut child = command
        .args(extra)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.expect("a log file"))
        .spawn()
        .expect("the hub starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout"))
        .read_line(&mut line)
        .expect("a first line");
    let url = line
        .trim()
        .strip_prefix("listening on ")
        .unwrap_or_default()
        .to_owned();
    if url.is_empty() {
        let told = std::fs::read_to_string(data.with_extension("stderr.log")).unwrap_or_default();
        panic!("the hub did not start: {line}\n{told}");
    }
    (child, url)
}

fn agent() -> &'static ureq::Agent {
    static AGENT: std::sync::OnceLock<ureq::Agent> = std::sync::OnceLock::new();
    AGENT.get_or_init(|| {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(1)))
            .build()
            .into()
    })
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let bytes = response
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_vec()?;
    Ok(Answer {
        status: response.status().as_u16(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        headers,
    })
}

/// Asks with GET.
pub fn get(url: &str, key: &str) -> Answer {
    let mut request = agent().get(url);
    if !key.is_empty() {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    answer(request.call().expect("an answer")).expect("a body")
}

/// Sends with POST; an error when the connection broke.
pub fn post(
    url: &str,
    key: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Answer, ureq::Error> {
    let mut request = agent().post(url);
    if !key.is_empty() {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(request.send(body)?)
}
