//! What tests of forwarding need: a small specification, a store with owed records, a platform.

#![expect(clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Client, Trust};
use super::national;
use super::present::{Machine, Present};
use super::projection::Projector;
use super::retry::Common;
use super::wire::Wire;
use super::{Handle, Place, Settings, Signer, start};
use crate::keys::{Masters, SigningKey};
use crate::pipeline::RawStore;
use crate::pipeline::writer::Writer;
use crate::simulate::national::{National, Options, Running, verifier};
use crate::store::body::Body;
use crate::store::deliveries::{State, tests as inspect};
use crate::store::forwarded;
use crate::store::history::{self, Reason};
use crate::store::insert::{self, Owed, Rows};
use crate::store::records::RecordRow;
use crate::store::submissions::Submission;
use crate::store::{Readers, connect, migrate};
use crate::tlog::VerifierKey;

pub(crate) type Tested = Result<(), Box<dyn std::error::Error>>;
pub(crate) type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// Two data sets that are forwarded, a child that refers to its parent, and one that is not forwarded.
pub(crate) fn small_spec() -> Made<&'static spec::Spec> {
    let edition = |id: &str, more: &str| {
        format!(
            "id = \"{id}\"\nname = \"版\"\nvalid_from = \"20250101\"\ndeal_code_check = true\n{more}"
        )
    };
    let dataset = |code: u16, id: &str, editions: &str, fields: &str, rules: &str| {
        format!(
            "code = {code}\nid = \"{id}\"\nname = \"集\"\nlibrary = \"price\"\nclass = \"类\"\nindustry = \"general\"\n\
             key = [\"CODE\"]\neditions = [{editions}]\nfields = [\n  {{ id = \"CODE\", name = \"号\", format = \"C..20\", required = true }},\n\
             {fields}\n]\nrules = [{rules}]\n"
        )
    };
    let name = "  { id = \"NAME\", name = \"名\", format = \"C..40\" },\n  { id = \"OWN\", name = \"自\", format = \"C..40\", only = [\"3.0\"] },";
    let parent = "  { id = \"PARENT_CODE\", name = \"上\", format = \"C..20\", required = true },";
    let refers = "{ id = \"2.ref\", check = \"reference\", fields = [\"PARENT_CODE\"], to = [\"1.CODE\"], wait = true, severity = \"error\", zh = \"引\", en = \"ref\" }";
    let national = "\"2.0\"";
    let files = [
        ("2.0/edition.toml", edition("2.0", "base = \"3.0\"\n")),
        ("3.0/edition.toml", edition("3.0", "")),
        (
            "3.0/datasets/a/parent.toml",
            dataset(1, "PARENT", national, name, ""),
        ),
        (
            "3.0/datasets/a/child.toml",
            dataset(2, "CHILD", national, &format!("{parent}\n{name}"), refers),
        ),
        (
            "3.0/datasets/a/local.toml",
            dataset(3, "LOCAL", "", name, ""),
        ),
        ("3.0/projections/2.0.toml", "datasets = []\n".to_owned()),
    ];
    let files = files
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.into_bytes()))
        .collect();
    Ok(Box::leak(Box::new(spec::load::from_files(files)?)))
}

/// A record to be owed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub dataset: i32,
    pub action: i32,
    pub lane: i64,
    pub previous: Option<i64>,
    pub reason: Option<String>,
    pub body: Value,
}

pub(crate) fn parent(lane: i64, code: &str, name: &str) -> Draft {
    Draft {
        dataset: 1,
        action: 0,
        lane,
        previous: None,
        reason: None,
        body: json!({"CODE": code, "NAME": name, "OWN": "not for the nation"}),
    }
}

pub(crate) fn child(lane: i64, code: &str, of: &str) -> Draft {
    Draft {
        dataset: 2,
        body: json!({"CODE": code, "PARENT_CODE": of, "NAME": "a <b> & \"c\" \r\n\t 名"}),
        ..parent(lane, "", "")
    }
}

/// A store with its writer, a key, and a specification.
pub(crate) struct World {
    pub spec: &'static spec::Spec,
    pub key: SigningKey,
    pub readers: Readers,
    pub writer: Writer,
    pub raw: RawStore,
    pub masters: Arc<Masters>,
    folder: tempfile::TempDir,
}

impl World {
    pub fn new() -> Made<Self> {
        let folder = tempfile::tempdir()?;
        let url = folder.path().join("hub.db").display().to_string();
        migrate(&mut connect(&url)?)?;
        let masters = Masters::create(&folder.path().join("master.key"))?;
        masters.admit();
        Ok(World {
            spec: small_spec()?,
            key: SigningKey::generate()?,
            readers: Readers::open(&url, 8)?,
            writer: Writer::start(&url, |_, _| ())?,
            raw: RawStore::open(&folder.path().join("raw"))?,
            masters: Arc::new(masters),
            folder,
        })
    }

    /// A platform that knows the hub's key.
    pub fn options(&self) -> Made<Options> {
        let mut options = Options::new(self.spec, "3.0", "2.0");
        let public = *self.key.verifying_key().as_bytes();
        options.verifier = Some(verifier(vec![VerifierKey::new("hub.test", public)?]));
        options.delay = Duration::from_millis(5);
        options.data = Some(self.folder.path().join("national"));
        Ok(options)
    }

    pub fn national(&self, plan: &str) -> Made<Running> {
        let mut options = self.options()?;
        options.plan = plan.parse()?;
        Ok(National::start(options)?)
    }

    /// Quick settings.
    pub fn settings() -> Settings {
        let mut settings = Settings::new("national");
        settings.batch = 7;
        settings.poll = Duration::from_millis(5);
        settings.timeouts.request = Duration::from_millis(400);
        settings.backoff.base = Duration::from_millis(2);
        settings.backoff.max = Duration::from_millis(40);
        settings.record_backoff = settings.backoff;
        settings.breaker.open_for = Duration::from_millis(30);
        settings.retries.floor = 500.0;
        settings
    }

    /// Starts forwarding to a platform.
    pub fn start(&self, url: &str, settings: Settings) -> Made<Handle> {
        let wire = self.wire(url, &settings);
        self.start_through(Arc::new(wire), settings)
    }

    /// What speaks to a platform.
    pub fn wire(&self, url: &str, settings: &Settings) -> national::National {
        national::National {
            client: Client::new(url, settings.timeouts, Trust::default()),
            projector: Projector::new(self.spec, "3.0", "2.0"),
            signer: Signer::new("hub.test", self.key.clone()),
            sender: "320000".to_owned(),
        }
    }

    /// Starts forwarding through whatever speaks to the destination.
    pub fn start_through(&self, wire: Arc<dyn Wire>, settings: Settings) -> Made<Handle> {
        let retries = Common::new(settings.retries, Machine.instant());
        let place = self.place(retries, Arc::new(Machine));
        Ok(start(settings, place, wire)?)
    }

    /// Where a delivery finds its work.
    pub fn place(&self, retries: Common, present: Arc<dyn Present>) -> Place {
        Place {
            readers: self.readers.clone(),
            writer: self.writer.clone(),
            raw: self.raw.clone(),
            masters: Arc::clone(&self.masters),
            database: self.folder.path().join("hub.db").display().to_string(),
            projects: Arc::new(|_| true),
            retries,
            present,
        }
    }

    /// Owes records to the platform, as one submission of a source; gives their numbers.
    pub fn owe(&self, source: &'static str, drafts: Vec<Draft>) -> Made<Vec<i64>> {
        self.owe_to("national", source, drafts)
    }

    /// Owes records to a destination.
    pub fn owe_to(
        &self,
        destination: &'static str,
        source: &'static str,
        drafts: Vec<Draft>,
    ) -> Made<Vec<i64>> {
        let ids = self.writer.run(move |transaction| {
            let submission = transaction.numbers.submission;
            transaction.numbers.submission += 1;
            let mut rows = Rows::default();
            for (place, draft) in drafts.iter().enumerate() {
                let id = transaction.numbers.record;
                transaction.numbers.record += 1;
                rows.records.push(RecordRow {
                    id,
                    submission_id: submission,
                    record_index: place as i32,
                    dataset: draft.dataset,
                    action: draft.action,
                    verdict: 0,
                    lane: draft.lane,
                    previous: draft.previous,
                    body: Body::Clear(draft.body.to_string().into_bytes()),
                });
                rows.owed.push(Owed {
                    id: transaction.numbers.delivery,
                    destination: destination.to_owned(),
                    record_id: id,
                    lane: draft.lane,
                    state: 0,
                    attempts: 0,
                    due_at: 0,
                    updated_at: 0,
                });
                transaction.numbers.delivery += 1;
            }
            let head = Submission {
                id: submission,
                source: source.to_owned(),
                submission: submission.to_string(),
                edition: "3.0".to_owned(),
                sequence: None,
                received_at: 0,
                raw_sha256: Vec::new(),
                raw_bytes: 0,
                media_type: String::new(),
                raw: None,
                accepted: drafts.len() as i32,
                warned: 0,
                parked: 0,
                duplicate: 0,
                rejected: 0,
                leaf_index: 0,
                outcomes: Vec::new(),
                raw_key: None,
            };
            insert::submission(transaction.connection, &head)?;
            insert::rows(transaction.connection, &rows)?;
            let why = rows.records.iter().zip(&drafts);
            let why = why.filter_map(|(row, draft)| {
                Some(Reason {
                    record_id: row.id,
                    reason: draft.reason.clone()?,
                })
            });
            let why: Vec<Reason> = why.collect();
            history::insert(transaction.connection, &why, &[])?;
            Ok(rows.records.iter().map(|row| row.id).collect())
        })?;
        Ok(ids)
    }

    pub fn count(&self, state: State) -> Made<i64> {
        let mut connection = self.readers.take()?;
        let owed = forwarded::owed(&mut connection)?;
        let counts = forwarded::counts(&mut connection, &owed)?;
        let found = counts.iter().find(|count| count.state == state);
        Ok(found.map_or(0, |count| count.deliveries))
    }

    /// State and reason of a record's delivery.
    pub fn fate(&self, record: i64) -> Made<(i32, String)> {
        let mut connection = self.readers.take()?;
        Ok(inspect::fate(&mut connection, record)?)
    }

    /// The log's entries of one kind.
    pub fn leaves(&self, kind: &str) -> Made<Vec<Value>> {
        let mut connection = self.readers.take()?;
        let mut entries = Vec::new();
        for body in inspect::entries(&mut connection)? {
            let entry: Value = serde_json::from_slice(&body)?;
            if entry["kind"] == kind {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}

/// Waits until something holds; an error after a generous while.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> Made<bool>) -> Tested {
    let deadline = Instant::now() + Duration::from_mins(3);
    let (_keep, pause) = channel::<()>();
    while !holds()? {
        if Instant::now() > deadline {
            return Err(format!("never happened: {what}").into());
        }
        let _elapsed = pause.recv_timeout(Duration::from_millis(5));
    }
    Ok(())
}

/// GETs JSON.
pub(crate) fn get(url: &str, path: &str) -> Made<Value> {
    let text = ureq::get(format!("{url}{path}"))
        .call()?
        .body_mut()
        .read_to_string()?;
    Ok(serde_json::from_str(&text)?)
}

/// POSTs text; gives the status and the answer.
pub(crate) fn post(url: &str, path: &str, body: &[u8]) -> Made<(u16, Value)> {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = ureq::Agent::new_with_config(config.build());
    let mut answer = agent.post(format!("{url}{path}")).send(body)?;
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string()?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}
