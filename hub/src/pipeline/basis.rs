//! What submissions are judged by, archived before the first of them is: all data files of the specification, the
//! profile of the source, the limits, the form of the document.
//!
//! Everything is kept under its SHA-256 beside the raw bytes. The leaf of a submission names the digest of its
//! [`Basis`], and that names the rest, so that a verdict can be performed again when the data files have long changed.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use adapters::{Adapter, Limits, Profile, WireFormat};
use foldhash::HashMap;
use serde::{Deserialize, Serialize};
use spec::{Edition, Spec};

use super::RawStore;
use crate::error::Error;
use crate::tlog::hash::{Hash, sha256};

/// The name under which the rules that were switched off stand among the files of an edition.
const MUTED: &str = "muted-rules";

/// What a submission is judged by. Its compact JSON is what its digest is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// Version of this form.
    pub v: u32,
    /// The source.
    pub source: String,
    /// The edition that judges.
    pub edition: String,
    /// SHA-256 of the [`Snapshot`], hexadecimal.
    pub specification: String,
    /// SHA-256 of the text of the source's profile, hexadecimal.
    pub profile: String,
    /// Form of the document, as its carrier named it.
    pub wire: Option<WireFormat>,
    /// How large a document may be.
    pub limits: Limits,
}

/// All data files of a specification. Its compact JSON is what its digest is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Version of this form.
    pub v: u32,
    /// Files by path.
    pub files: BTreeMap<String, String>,
    /// Rules that were switched off.
    pub muted: Vec<String>,
}

/// The archived data cannot be put to work again.
#[derive(Debug, thiserror::Error)]
pub enum BasisError {
    /// The files are no specification to this version of the hub.
    #[error("the archived specification cannot be loaded by this version of the hub")]
    Specification(#[from] spec::LoadError),
    /// The profile is none to this version of the hub.
    #[error("the archived profile cannot be read by this version of the hub")]
    Profile(#[from] adapters::ProfileError),
    /// A rule or an edition is missing in what was archived.
    #[error("the archived specification has no {0}")]
    Missing(String),
}

impl Snapshot {
    /// Takes the files of all editions.
    pub fn of(specification: &Spec) -> Self {
        let mut files = BTreeMap::new();
        let mut muted = Vec::new();
        for (path, content) in specification.editions.iter().flat_map(|one| &one.files) {
            let text = String::from_utf8_lossy(content).into_owned();
            if path == MUTED {
                muted.extend(text.lines().map(str::to_owned));
            } else {
                files.insert(path.clone(), text);
            }
        }
        muted.sort_unstable();
        muted.dedup();
        Snapshot { v: 1, files, muted }
    }

    /// Loads the specification again.
    pub fn load(self) -> Result<Spec, BasisError> {
        let files = self.files.into_iter();
        let mut loaded = spec::load::from_files(
            files
                .map(|(path, text)| (path, text.into_bytes()))
                .collect(),
        )?;
        match loaded.mute(&self.muted).first() {
            Some(word) => Err(BasisError::Missing(format!("rule `{word}`"))),
            None => Ok(loaded),
        }
    }
}

/// A source, an edition and a form.
type Place = (String, String, Option<WireFormat>);

/// What basis each has, once all of it is on disk.
type Known = HashMap<Place, (Arc<Profile>, Hash)>;

/// Archives what submissions are judged by.
#[derive(Debug)]
pub struct Archive {
    raw: RawStore,
    specification: &'static Spec,
    limits: Limits,
    known: RwLock<Known>,
}

impl Archive {
    /// Archives into a store, for submissions that are judged by a specification within limits.
    pub fn new(raw: RawStore, specification: &'static Spec, limits: Limits) -> Self {
        Archive {
            raw,
            specification,
            limits,
            known: RwLock::default(),
        }
    }

    /// The digest of what judges a submission; when this returns, all of it is on disk.
    pub async fn keep(
        &self,
        adapter: &Adapter,
        edition: &Edition,
        wire: Option<WireFormat>,
    ) -> Result<Hash, Error> {
        let profile = adapter.profile();
        let place = (profile.id.clone(), edition.id.clone(), wire);
        if let Some(digest) = self.known(&place, profile) {
            return Ok(digest);
        }
        let json = |value: Result<Vec<u8>, serde_json::Error>| {
            value.map_err(|error| Error::NotKept(format!("archiving what judges: {error}")))
        };
        let snapshot = json(serde_json::to_vec(&Snapshot::of(self.specification)))?;
        let basis = Basis {
            v: 1,
            source: place.0.clone(),
            edition: place.1.clone(),
            specification: self.archive(&snapshot).await?.to_hex(),
            profile: self.archive(profile.text().as_bytes()).await?.to_hex(),
            wire,
            limits: self.limits,
        };
        let digest = self.archive(&json(serde_json::to_vec(&basis))?).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(place, (Arc::clone(profile), digest));
        Ok(digest)
    }

    /// The digest, if all of it is on disk since before.
    fn known(&self, place: &Place, profile: &Arc<Profile>) -> Option<Hash> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (archived, digest) = known.get(place)?;
        Arc::ptr_eq(archived, profile).then_some(*digest)
    }

    async fn archive(&self, bytes: &[u8]) -> Result<Hash, Error> {
        let name = sha256(bytes);
        self.raw.archive(&name, bytes).await?;
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Digests;

    #[test]
    fn a_specification_comes_back_with_its_digests() -> Result<(), Box<dyn std::error::Error>> {
        let mut whole = Spec::embedded()?;
        let rule = whole
            .editions
            .iter()
            .flat_map(|edition| &edition.datasets)
            .flat_map(|dataset| &dataset.rules)
            .map(|rule| rule.id.to_string())
            .next()
            .ok_or("a rule")?;
        assert!(whole.mute(std::slice::from_ref(&rule)).is_empty());
        let snapshot = Snapshot::of(&whole);
        assert_eq!(snapshot.muted, [rule]);
        let bytes = serde_json::to_vec(&snapshot)?;
        let read: Snapshot = serde_json::from_slice(&bytes)?;
        let again = read.load()?;
        assert_eq!(Digests::new(&again).editions, Digests::new(&whole).editions);
        Ok(())
    }
}
