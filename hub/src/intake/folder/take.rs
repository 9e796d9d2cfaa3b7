//! One file from `work` to its end: judged and kept, then told about, then moved. Each step can be repeated after a
//! crash, and leads to the same end.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use adapters::{Hint, Profile};
use bytes::Bytes;
use serde_json::{Value, json};

use super::places::{Places, said};
use super::report;
use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::intake::problem::Problem;
use crate::intake::ways::FOLDER;
use crate::pipeline::large::{self, Document};
use crate::pipeline::receipt::Receipt;
use crate::pipeline::{Incoming, Instant};
use crate::store::refused::{self, RefusedMessage};
use crate::tlog::hash::{Hash, sha256};

/// How a file ended.
#[derive(Debug)]
pub enum Taken {
    /// It has a receipt, whatever its records met.
    Done {
        /// Number of the receipt.
        receipt: String,
    },
    /// It cannot be read as a submission.
    Rejected {
        /// Why, as a stable code.
        code: &'static str,
    },
}

/// Takes the files of one source.
pub struct Taker {
    /// The hub.
    pub app: Arc<App>,
    source: String,
    name: String,
    runtime: tokio::runtime::Runtime,
}

impl Taker {
    /// Prepares for the files of a source.
    pub fn new(app: Arc<App>, profile: &Profile) -> std::io::Result<Self> {
        Ok(Taker {
            app,
            source: profile.id.clone(),
            name: profile.name.clone(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()?,
        })
    }

    /// Takes a file to its end; an error means that it stays where it is, to be taken up again.
    pub fn take(&self, places: &Places, name: &OsStr) -> Result<Taken, String> {
        let path = places.in_work(name);
        let document = Document::of(&path).map_err(|error| said(&path, &error))?;
        let sha256 = document.sha256;
        let about = self.about(name, &sha256);
        match self
            .runtime
            .block_on(large::receive(&self.app, about, document))
        {
            Ok(receipt) => self.done(places, name, &receipt),
            Err(error) => match error.code() {
                ErrorCode::Busy | ErrorCode::Unavailable | ErrorCode::Internal => {
                    let (_, _, en, zh) = error.code().row();
                    Err(format!("{}: {zh} {en}: {error}", path.display()))
                }
                code => self.rejected(places, name, (&error, code.row().0), &sha256),
            },
        }
    }

    fn about(&self, name: &OsStr, content: &Hash) -> Incoming {
        let name = name.to_string_lossy().into_owned();
        let number = format!("{}\0{name}\0{}", self.source, content.to_hex());
        Incoming {
            source: self.source.clone(),
            body: Bytes::new(),
            media_type: String::new(),
            hint: Hint {
                file_name: Some(name),
                ..Hint::default()
            },
            submission: None,
            edition: None,
            otherwise: Some(format!("file-{}", sha256(number.as_bytes()).to_hex())),
        }
    }

    fn done(&self, places: &Places, name: &OsStr, receipt: &Receipt) -> Result<Taken, String> {
        let folder = &places.done;
        let is_same = |told: &Value| told.get("id").and_then(Value::as_str) == Some(&receipt.id);
        let new_name = free(folder, name, ".receipt.json", &receipt.id, is_same);
        let text = report::of_receipt(&self.app, &self.name, name, receipt)?;
        let bytes = serde_json::to_vec_pretty(receipt).map_err(|error| error.to_string())?;
        places.write(folder, &with(&new_name, ".receipt.json"), &bytes)?;
        places.write(folder, &with(&new_name, ".report.txt"), text.as_bytes())?;
        places.end(name, folder, &new_name)?;
        Ok(Taken::Done {
            receipt: receipt.id.clone(),
        })
    }

    fn rejected(
        &self,
        places: &Places,
        name: &OsStr,
        (error, code): (&Error, &'static str),
        sha256: &Hash,
    ) -> Result<Taken, String> {
        let folder = &places.rejected;
        let sha256 = sha256.to_hex();
        let is_same = |told: &Value| told.get("sha256").and_then(Value::as_str) == Some(&sha256);
        let short = sha256.get(..12).unwrap_or_default();
        let new_name = free(folder, name, ".problem.json", short, is_same);
        let (_, _, title_en, title) = error.code().row();
        let detail = error.message();
        let mut problem = json!({
            "file": name.to_string_lossy(), "source": self.source, "sha256": sha256,
            "at": Instant::now().text(), "code": code, "title": title, "title_en": title_en,
            "detail": detail.zh, "detail_en": detail.en,
        });
        if let Error::Decode(decode) = error
            && let Some((line, column)) = decode.place()
            && let Some(members) = problem.as_object_mut()
        {
            members.insert("line".to_owned(), line.into());
            members.insert("column".to_owned(), column.into());
        }
        self.note(name, error, &sha256, places)?;
        let text = report::of_problem(&self.name, &problem);
        let bytes = serde_json::to_vec_pretty(&problem).map_err(|error| error.to_string())?;
        places.write(folder, &with(&new_name, ".problem.json"), &bytes)?;
        places.write(folder, &with(&new_name, ".report.txt"), text.as_bytes())?;
        places.end(name, folder, &new_name)?;
        Ok(Taken::Rejected { code })
    }
}

impl Taker {
    /// Enters a rejected file into the list of what was refused. A crash after this enters it once more, as the same.
    fn note(
        &self,
        name: &OsStr,
        error: &Error,
        digest: &str,
        places: &Places,
    ) -> Result<(), String> {
        let name = name.to_string_lossy().into_owned();
        let bytes = std::fs::metadata(places.in_work(OsStr::new(&name)));
        let number = sha256(format!("{name}\0{digest}").as_bytes());
        let row = RefusedMessage {
            place: format!("{FOLDER}:{}", self.source),
            // A file has no number: this one is the same whenever the same file is put there.
            message_offset: number
                .as_bytes()
                .first_chunk()
                .map_or(0, |first| i64::from_be_bytes(*first)),
            source: self.source.clone(),
            received_at: Instant::now().millis,
            message_key: Some(name.into_bytes()),
            raw_sha256: Hash::from_hex(digest)
                .map_err(|error| error.to_string())?
                .as_bytes()
                .to_vec(),
            raw_bytes: bytes.map_or(0, |about| about.len() as i64),
            // The file itself stays in the folder.
            raw: None,
            problem: Problem::of(error).json(),
        };
        let kept = self
            .app
            .writer
            .run(move |transaction| refused::keep(transaction.connection, &row));
        kept.map_err(|error| error.to_string())
    }
}

fn with(name: &OsStr, ending: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(ending);
    name
}

/// The name under which a file ends: its own, unless what another file of this name was told stands there.
fn free(
    folder: &Path,
    name: &OsStr,
    ending: &str,
    apart: &str,
    is_same: impl Fn(&Value) -> bool,
) -> OsString {
    let told = std::fs::read(folder.join(with(name, ending))).ok();
    let told: Option<Value> = told.and_then(|told| serde_json::from_slice(&told).ok());
    match told {
        Some(told) if !is_same(&told) => with(name, &format!(".{apart}")),
        _ => name.to_owned(),
    }
}
