//! Gathers the members of a bundle from the store, the archive and the published log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use spec::Spec;

use super::cover::{Cover, CoverError};
use super::deliveries::Endings;
use super::pack::{self, PackError};
use super::subject::Subject;
use super::{Manifest, PAGE, packets, submission};
use crate::error::Error;
use crate::keys::SigningKey;
use crate::leaf::operator::Action;
use crate::leaf::{self, LeafError, Operator};
use crate::pipeline::raw::Stored;
use crate::pipeline::{self, RawStore, commit};
use crate::reperform::{Judges, Lacking};
use crate::store::submissions::{self, Submission};
use crate::store::{Database, StoreError};
use crate::tlog::{Checkpoint, Keyring, Keys as _, Proof, Storage, prove_inclusion, sha256};

/// Most submissions in one bundle.
const MOST: usize = 1000;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// Nothing is known of what was asked for.
    #[error("nothing is known of `{0}`")]
    Missing(String),
    /// It is about more than a bundle may hold.
    #[error("`{about}` comes down to {submissions} submissions, at most {MOST} go into one bundle")]
    TooMuch {
        /// What was asked for.
        about: String,
        /// How many submissions that is.
        submissions: usize,
    },
    /// The log has published nothing yet.
    #[error("the log has no checkpoint yet; ask again in a second")]
    Unpublished,
    /// The store did not answer.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error("the published log cannot be read")]
    Log(#[from] crate::tlog::Error),
    /// What is stored cannot be read.
    #[error("what is stored cannot be read")]
    Json(#[from] serde_json::Error),
    /// What is stored cannot be decompressed.
    #[error("what is stored cannot be read")]
    Io(#[from] std::io::Error),
    /// The bytes or the archive cannot be had.
    #[error("{0}")]
    Lost(String),
    /// The container.
    #[error("the bundle cannot be written")]
    Pack(#[from] PackError),
    /// The cover page.
    #[error("the cover page cannot be written")]
    Cover(#[from] CoverError),
}

impl From<Lacking> for GatherError {
    fn from(Lacking(why): Lacking) -> Self {
        GatherError::Lost(why)
    }
}

impl From<Error> for GatherError {
    fn from(error: Error) -> Self {
        GatherError::Lost(error.to_string())
    }
}

/// Where everything is.
pub struct Sources<'h> {
    /// The specification of now, by which records are found.
    pub specification: &'h Spec,
    /// Raw bytes and archive.
    pub raw: RawStore,
    /// Folder of the published log.
    pub log: &'h Path,
    /// Signs receipts, under the name of the log.
    pub signs: (&'h SigningKey, &'h str),
    /// The public keys of the log.
    pub keys: &'h Keyring,
    /// Whether personal values may stand in the bundle.
    pub personal: bool,
}

/// A bundle in the making.
pub struct Gather<'h> {
    /// Signs receipts, under the name of the log.
    pub signs: (&'h SigningKey, &'h str),
    /// Whether personal values may stand in it.
    pub personal: bool,
    /// Reads again what was received.
    pub judges: Judges,
    /// The cover page.
    pub cover: Cover,
    /// Packets that carried some of it.
    pub batches: BTreeSet<i64>,
    /// Leaves that say how deliveries ended.
    pub endings: Endings,
    raw: RawStore,
    storage: Storage,
    checkpoint: Checkpoint,
    signed: String,
    members: BTreeMap<String, Vec<u8>>,
    withheld: Vec<String>,
}

/// Makes a bundle: its bytes.
pub async fn bundle(
    sources: Sources<'_>,
    connection: &mut Database,
    about: &str,
) -> Result<Vec<u8>, GatherError> {
    let numbers = Subject::parse(about).submissions(sources.specification, connection)?;
    if numbers.is_empty() {
        return Err(GatherError::Missing(about.to_owned()));
    }
    if numbers.len() > MOST {
        return Err(GatherError::TooMuch {
            about: about.to_owned(),
            submissions: numbers.len(),
        });
    }
    let storage = Storage::new(sources.log);
    let (signed, checkpoint) = newest(&storage, sources.keys, connection, &numbers)?;
    let public = sources.keys.to_string();
    let mut gather = Gather {
        signs: sources.signs,
        personal: sources.personal,
        judges: Judges::new(sources.raw.clone(), &pipeline::build()),
        cover: Cover::new(about, &checkpoint, public.trim()),
        batches: BTreeSet::new(),
        endings: Endings::default(),
        raw: sources.raw,
        storage,
        checkpoint,
        signed: String::from_utf8_lossy(&signed).into_owned(),
        members: BTreeMap::new(),
        withheld: Vec::new(),
    };
    for &number in &numbers {
        submission::add(&mut gather, connection, number).await?;
    }
    packets::add(&mut gather, connection).await?;
    gather.put("log.pub".to_owned(), public.into_bytes());
    gather.put("checkpoint".to_owned(), signed);
    gather.put("verify.html".to_owned(), PAGE.as_bytes().to_vec());
    let cover = gather.cover.page(&gather.withheld)?;
    gather.put("cover.html".to_owned(), cover.into_bytes());
    gather.withheld.sort();
    let manifest = Manifest {
        v: 1,
        kind: "exchange-hub/evidence".to_owned(),
        about: about.to_owned(),
        origin: sources.signs.1.to_owned(),
        build: pipeline::build(),
        submissions: numbers.into_iter().map(commit::receipt_id).collect(),
        withheld: gather.withheld,
        members: Vec::new(),
    };
    Ok(pack::write(manifest, &gather.members)?)
}

/// The checkpoint that a bundle rests on: the newest one that enough witnesses cosigned, if it covers every submission of
/// the bundle, else the newest.
fn newest(
    storage: &Storage,
    keys: &Keyring,
    connection: &mut Database,
    numbers: &[i64],
) -> Result<(Vec<u8>, Checkpoint), GatherError> {
    if let Some(signed) = storage.read_witnessed()?
        && let Ok(checkpoint) = keys.open(&signed)
    {
        let mut covers = true;
        for &number in numbers {
            let row = submissions::by_id(connection, number)?;
            covers &= row.is_none_or(|row| row.leaf_index.unsigned_abs() < checkpoint.size);
        }
        if covers {
            return Ok((signed, checkpoint));
        }
    }
    let signed = storage.read_checkpoint()?.ok_or(GatherError::Unpublished)?;
    let checkpoint = keys.open(&signed)?;
    Ok((signed, checkpoint))
}

/// The leaf that says that somebody takes personal values out.
pub fn view_leaf(about: &str, by: &str) -> Result<Vec<u8>, LeafError> {
    leaf::encode(&Operator {
        action: Action::PersonalDataViewed,
        by: by.to_owned(),
        // The key of a record may itself be personal.
        about: format!("evidence, sha256 {}", sha256(about.as_bytes()).to_hex()),
        facts: BTreeMap::new(),
        at: pipeline::Instant::now().text(),
    })
}

impl Gather<'_> {
    /// Size of the log at the checkpoint: what came later is not in the bundle.
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// Adds a member.
    pub fn put(&mut self, path: String, bytes: Vec<u8>) {
        self.members.insert(path, bytes);
    }

    /// Whether there is such a member.
    pub fn holds(&self, path: &str) -> bool {
        self.members.contains_key(path)
    }

    /// A member.
    pub fn member(&self, path: &str) -> Option<&[u8]> {
        self.members.get(path).map(Vec::as_slice)
    }

    /// Adds a member for people and programs to read.
    pub fn json(&mut self, path: String, value: &Value) -> Result<(), GatherError> {
        self.put(path, serde_json::to_vec_pretty(value)?);
        Ok(())
    }

    /// Notes that a member was left out.
    pub fn withhold(&mut self, path: String) {
        self.withheld.push(path);
    }

    /// Adds a leaf with the proof of its place, as far as it is published.
    pub fn proven(
        &mut self,
        connection: &mut Database,
        place: &str,
        index: i64,
    ) -> Result<(), GatherError> {
        let leaf = submissions::leaf(connection, index)?
            .ok_or_else(|| GatherError::Lost(format!("leaf {index} is missing")))?;
        self.put(format!("{place}/leaf.json"), leaf);
        if let Some(proof) = self.proof(index)? {
            self.put(format!("{place}/proof.txt"), proof.to_string().into_bytes());
        }
        Ok(())
    }

    /// The proof of a place in the log; none while it is not published.
    pub fn proof(&self, index: i64) -> Result<Option<Proof>, GatherError> {
        let (index, size) = (index as u64, self.checkpoint.size);
        if index >= size {
            return Ok(None);
        }
        let path = prove_inclusion(index, size, &|tile| self.storage.read_tile(tile))?;
        Ok(Some(Proof {
            extra: None,
            index,
            path,
            checkpoint: self.signed.clone(),
        }))
    }

    /// The raw bytes of a submission.
    pub async fn raw(&self, row: &Submission) -> Result<Vec<u8>, GatherError> {
        self.kept(&Stored::of(row)).await
    }

    /// Kept bytes.
    pub async fn kept(&self, stored: &Stored) -> Result<Vec<u8>, GatherError> {
        Ok(self.raw.get(stored).await?)
    }
}
