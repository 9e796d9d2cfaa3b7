//! A close as it is handed out: the document, its signatures, its leaf and the leaf's place in the log, and what the
//! source said over its own signature. Checked with nothing but the log's public keys.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::Document;
use super::making::leaf_of;
use super::manifest::Manifest;
use crate::leaf::{self, canonical};
use crate::tlog::{FirstFault, Keyring, Proof, VerifierKey, sha256};

/// Word in `kind`.
const KIND: &str = "exchange-hub/close-shown";

/// A leaf, and its place in the log once it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// The leaf, verbatim.
    pub leaf: String,
    /// Its index.
    pub index: u64,
    /// C2SP tlog-proof; none until it is published.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proof: Option<String>,
}

/// What the source said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The signed note.
    pub note: String,
    /// Its leaf.
    pub placed: Placed,
}

/// A close, as it is handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// `exchange-hub/close-shown`.
    pub kind: String,
    /// Version of this form.
    pub v: u32,
    /// The document; its canonical form is what is signed.
    pub document: Value,
    /// The log's signatures over it.
    pub note: String,
    /// Its leaf.
    pub placed: Placed,
    /// The last thing that the source said about the day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub manifest: Option<Answered>,
}

/// What a check showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The document.
    pub document: Document,
    /// Whether the place of the leaf in the log is proven.
    pub published: bool,
    /// What the source said, and its key: whether it agrees.
    pub source: Option<(Manifest, String, bool)>,
    /// The key under which the platform said what it holds, if it did.
    pub platform: Option<String>,
}

fn fault(place: &str, what: impl Into<String>) -> FirstFault {
    FirstFault {
        place: place.to_owned(),
        what: what.into(),
    }
}

impl Placed {
    fn verify(&self, place: &str, ring: &Keyring) -> Result<bool, FirstFault> {
        let Some(text) = &self.proof else {
            return Ok(false);
        };
        let wrong = |error: crate::tlog::Error| fault(&format!("{place}.proof"), error.to_string());
        let proof: Proof = text.parse().map_err(wrong)?;
        proof
            .verify_with(self.leaf.as_bytes(), ring)
            .map_err(wrong)?;
        if proof.index != self.index {
            return Err(fault(place, "the proof is of another place"));
        }
        Ok(true)
    }
}

impl Shown {
    /// Puts a close together.
    pub fn new(
        encoded: &str,
        note: String,
        placed: Placed,
        manifest: Option<Answered>,
    ) -> Result<Shown, serde_json::Error> {
        Ok(Shown {
            kind: KIND.to_owned(),
            v: 1,
            document: serde_json::from_str(encoded)?,
            note,
            placed,
            manifest,
        })
    }

    /// Checks signatures, leaf, place in the log, equations, and the source's answer; names the first wrong place.
    pub fn verify(&self, ring: &Keyring) -> Result<Verified, FirstFault> {
        if (self.kind.as_str(), self.v) != (KIND, 1) {
            return Err(fault("kind", format!("is not `{KIND}`, version 1")));
        }
        let encoded = canonical(&self.document);
        let document = Document::open_signed(&encoded, &self.note, ring)?;
        let leaf: leaf::Close = leaf::decode(self.placed.leaf.as_bytes())
            .map_err(|error| fault("placed.leaf", error.to_string()))?;
        if leaf != leaf_of(&document, &encoded) {
            return Err(fault(
                "placed.leaf",
                "says something else than the document",
            ));
        }
        let published = self.placed.verify("placed", ring)?;
        let source = match &self.manifest {
            None => None,
            Some(answered) => Some(answered.verify(&document, ring)?),
        };
        let platform = document.platform_key()?;
        Ok(Verified {
            document,
            published,
            source,
            platform,
        })
    }
}

impl Answered {
    fn verify(
        &self,
        document: &Document,
        ring: &Keyring,
    ) -> Result<(Manifest, String, bool), FirstFault> {
        let leaf: leaf::Manifest = leaf::decode(self.placed.leaf.as_bytes())
            .map_err(|error| fault("manifest.placed.leaf", error.to_string()))?;
        let key: VerifierKey = leaf
            .key
            .parse()
            .map_err(|_| fault("manifest.placed.leaf", "names no key"))?;
        let (said, _) = Manifest::open(&self.note, std::slice::from_ref(&key))
            .map_err(|error| fault("manifest.note", error.to_string()))?;
        let bound = leaf.manifest_sha256 == sha256(self.note.as_bytes()).to_hex()
            && leaf.document_sha256 == said.document_sha256
            && (leaf.date.as_str(), leaf.source.as_str(), leaf.number)
                == (said.date.as_str(), said.source.as_str(), said.number)
            && (leaf.records, leaf.root.as_str()) == (said.records, said.root.as_str());
        if !bound {
            return Err(fault("manifest.placed.leaf", "is about another manifest"));
        }
        if said.date != document.date || format!("source/{}", said.source) != document.with {
            return Err(fault("manifest.note", "is about another day or source"));
        }
        self.placed.verify("manifest.placed", ring)?;
        let agreed = document.root() == Some(said.root.as_str());
        if said.number == document.number && agreed != leaf.agreed {
            return Err(fault(
                "manifest.placed.leaf",
                "is wrong about whether both agree",
            ));
        }
        Ok((said, leaf.key, agreed))
    }
}
