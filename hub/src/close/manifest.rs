//! What a source says it sent on a day: how many records, and the digest over them, signed with a key that it
//! registered. Without a signature it is compared all the same, but agrees to nothing.
//!
//! The signed form is a note (C2SP signed-note), whose text is, a line each: `exchange-hub/manifest/v1`, name of the
//! log, the source, the date, number and SHA-256 (hexadecimal) of the close that it speaks about, how many records,
//! digest of the root (hexadecimal). The key bears the name of the source.
//!
//! A source that cannot walk the hub's tree lets the hub walk its own: it sends the nodes that it is asked for, or the
//! whole list.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::difference::{self, Compared, Difference as Found};
use super::received::{self, Told};
use super::row::Row;
use super::tree::{Below, NotPrefix, Prefix, Summary, Tree};
use super::walk::NodeText;
use crate::store::{Database, StoreError};
use crate::tlog::{Error, Hash, Note, Signer, VerifierKey};

/// First line of the note.
const HEADER: &str = "exchange-hub/manifest/v1";
/// Most differences that one answer names.
pub const NAMED: usize = 1000;

/// What a source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Name of the log.
    pub origin: String,
    /// The source.
    pub source: String,
    /// The day.
    pub date: String,
    /// Which close of the hub it speaks about.
    pub number: u32,
    /// SHA-256 of that close's document, hexadecimal.
    pub document_sha256: String,
    /// How many records it sent.
    pub records: u64,
    /// The digest over them, hexadecimal.
    pub root: String,
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Manifest {
            origin,
            source,
            date,
            number,
            document_sha256,
            records,
            root,
        } = self;
        writeln!(
            f,
            "{HEADER}\n{origin}\n{source}\n{date}\n{number}\n{document_sha256}\n{records}\n{root}"
        )
    }
}

/// Why a manifest is none.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not a note, or its signature is wrong or of nobody known.
    #[error(
        "签名无效，或签名公钥未登记（hub sources signer）/ not signed by a registered key of the source"
    )]
    Signature(#[source] Error),
    /// It does not say what a manifest says.
    #[error("第 {0} 行不正确 / line {0} is wrong")]
    Line(usize),
}

impl Manifest {
    /// Signs it: the note.
    pub fn sign(&self, signer: &Signer) -> Result<String, Error> {
        Ok(Note::sign(&self.to_string(), &[signer])?.to_string())
    }

    /// Reads a manifest that one of the keys signed, and says which.
    pub fn open<'k>(
        note: &str,
        keys: &'k [VerifierKey],
    ) -> Result<(Manifest, &'k VerifierKey), ManifestError> {
        let note = Note::parse(note.as_bytes()).map_err(ManifestError::Signature)?;
        let by = note.verify(keys).map_err(ManifestError::Signature)?;
        let by = by
            .first()
            .copied()
            .ok_or(ManifestError::Signature(Error::Unsigned))?;
        let lines: Vec<&str> = note.text().lines().collect();
        let [
            header,
            origin,
            source,
            date,
            number,
            document,
            records,
            root,
        ] = lines[..]
        else {
            return Err(ManifestError::Line(lines.len()));
        };
        if header != HEADER {
            return Err(ManifestError::Line(1));
        }
        let manifest = Manifest {
            origin: origin.to_owned(),
            source: source.to_owned(),
            date: date.to_owned(),
            number: number.parse().map_err(|_| ManifestError::Line(5))?,
            document_sha256: document.to_owned(),
            records: records.parse().map_err(|_| ManifestError::Line(7))?,
            root: root.to_owned(),
        };
        // One text for one meaning: `+1` and `01` are no numbers here.
        if manifest.to_string() != note.text() {
            return Err(ManifestError::Line(0));
        }
        Ok((manifest, by))
    }
}

/// A difference between the hub's books and those of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// `missing_here`: only the source has it; `missing_there`: only the hub has it; `otherwise`: both, with other
    /// contents.
    pub kind: String,
    /// Which record, hexadecimal.
    pub id: String,
    /// As the hub has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hub: Option<Told>,
    /// As the source has it, as far as it said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Value>,
    /// What it means and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Difference {
    /// A record that only the source has.
    pub fn missing_here(id: &Hash, source: Option<Value>) -> Self {
        let place = place(source.as_ref());
        Difference {
            kind: "missing_here".to_owned(),
            id: id.to_hex(),
            hub: None,
            source,
            zh: format!(
                "枢纽当日账中没有该记录{place}；如持有其回执，请核对回执所属日期，否则请重新报送"
            ),
            en: format!(
                "the hub's books of the day lack this record{place}; if you hold its receipt, check which day it belongs to, else send it again"
            ),
        }
    }

    /// A record that only the hub has.
    pub fn missing_there(id: &Hash, hub: Option<Told>) -> Self {
        let place = hub.as_ref().map_or_else(String::new, words);
        Difference {
            kind: "missing_there".to_owned(),
            id: id.to_hex(),
            hub,
            source: None,
            zh: format!(
                "来源当日账中没有该记录{place}，但枢纽已收到并出具回执；请凭回执核对本地台账"
            ),
            en: format!(
                "your books of the day lack this record{place}, which the hub received and receipted; check your own ledger against the receipt"
            ),
        }
    }

    /// A record that says other things on the two sides.
    pub fn otherwise(id: &Hash, hub: Option<Told>, source: Option<Value>) -> Self {
        let place = hub.as_ref().map_or_else(String::new, words);
        Difference {
            kind: "otherwise".to_owned(),
            id: id.to_hex(),
            hub,
            source,
            zh: format!(
                "双方的数据集、判定或内容摘要不一致{place}；请与回执比对，需更正的以 correct 重新报送"
            ),
            en: format!(
                "data set, verdict or digest differ between the two sides{place}; compare with the receipt, and send a correction where yours is right"
            ),
        }
    }
}

fn words(told: &Told) -> String {
    let Told {
        submission,
        index,
        dataset,
        ..
    } = told;
    format!(" ({submission} #{index}, {dataset})")
}

fn place(value: Option<&Value>) -> String {
    let part = |name: &str| {
        let found = value?.get(name)?;
        Some(
            found
                .as_str()
                .map_or_else(|| found.to_string(), str::to_owned),
        )
    };
    match (part("submission"), part("index"), part("dataset")) {
        (Some(submission), Some(index), Some(dataset)) => {
            format!(" ({submission} #{index}, {dataset})")
        }
        _ => String::new(),
    }
}

/// Names differences; here is the hub. `theirs`: what the source said of an entry.
pub fn name(
    connection: &mut Database,
    found: &[Found],
    theirs: &dyn Fn(&Row) -> Option<Value>,
) -> Result<Vec<Difference>, StoreError> {
    let name = |one: &Found| -> Result<Difference, StoreError> {
        Ok(match one {
            Found::There(row) => Difference::missing_here(&row.entry.id, theirs(row)),
            Found::Here(row) => {
                Difference::missing_there(&row.entry.id, received::tell(connection, row)?)
            }
            Found::Otherwise(own, other) => {
                let told = received::tell(connection, own)?;
                Difference::otherwise(&own.entry.id, told, theirs(other))
            }
        })
    };
    found.iter().map(name).collect()
}

/// Why nodes of a source cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// Not a prefix.
    #[error("{0}")]
    Prefix(#[from] NotPrefix),
    /// What is said of a prefix contradicts itself.
    #[error("前缀“{0}”的节点与其摘要不符 / the node of prefix `{0}` does not fit its digest")]
    Unsound(Prefix),
    /// The hub's own set cannot be read.
    #[error("对账的临时文件无法读取 / the working file of the close cannot be read")]
    Room(#[from] io::Error),
}

/// What nodes of a source show: differences beneath those that list entries, and the prefixes to look at next.
pub fn look(ours: &Tree, nodes: &[NodeText<Value>]) -> Result<(Compared, Vec<Prefix>), LookError> {
    let mut found = Compared::default();
    let mut next = Vec::new();
    for text in nodes {
        let prefix: Prefix = text.prefix.parse()?;
        let node = text.read(&prefix).filter(|node| node.is_sound(&prefix));
        let Some(node) = node else {
            return Err(LookError::Unsound(prefix));
        };
        let take = &mut |difference| found.take(difference, NAMED);
        match node.below {
            Below::Entries(entries) => {
                let theirs = entries.into_iter().map(|entry| Ok(Row::from(entry)));
                difference::between(ours.beneath(&prefix)?, theirs, take)?;
            }
            Below::Children(children) => {
                for (child, theirs) in prefix.children().zip(children) {
                    if ours.summary(&child)? == theirs {
                        continue;
                    }
                    if theirs.count == 0 {
                        difference::between(ours.beneath(&child)?, std::iter::empty(), take)?;
                    } else {
                        next.push(child);
                    }
                }
            }
        }
    }
    Ok((found, next))
}

/// Whether a summary is the one that a source claims.
pub fn is(summary: Summary, records: u64, root: &str) -> bool {
    summary.count == records && summary.digest.to_hex() == root
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::close::tree::tests::entries;
    use crate::keys::SigningKey;

    fn manifest() -> Manifest {
        Manifest {
            origin: "log.example".to_owned(),
            source: "000000".to_owned(),
            date: "2026-11-20".to_owned(),
            number: 1,
            document_sha256: "00".repeat(32),
            records: 3,
            root: "11".repeat(32),
        }
    }

    #[test]
    fn a_manifest_is_read_back_from_a_registered_signature_only()
    -> Result<(), Box<dyn std::error::Error>> {
        let key = SigningKey::generate()?.note_signer("000000")?;
        let stranger = SigningKey::generate()?.note_signer("000000")?;
        let note = manifest().sign(&key)?;
        let keys = [key.verifier().clone()];
        let (read, by) = Manifest::open(&note, &keys)?;
        assert_eq!((read, by), (manifest(), key.verifier()));
        assert!(Manifest::open(&note, &[stranger.verifier().clone()]).is_err());
        assert!(Manifest::open(&note.replace("\n3\n", "\n4\n"), &keys).is_err());
        let odd = manifest().to_string().replace("\n3\n", "\n03\n");
        let odd = Note::sign(&odd, &[&key])?.to_string();
        assert!(matches!(
            Manifest::open(&odd, &keys),
            Err(ManifestError::Line(0))
        ));
        drop(Arc::new(key));
        Ok(())
    }

    /// A source that sends nodes as it is asked is led to the difference.
    #[test]
    fn nodes_that_are_asked_for_lead_to_the_difference() -> Result<(), LookError> {
        let mut theirs = entries(5000);
        let lost = theirs.remove(17);
        let (ours, theirs): (Tree, Tree) = (
            entries(5000).into_iter().collect(),
            theirs.into_iter().collect(),
        );
        let mut ask = vec![Prefix::root()];
        let mut found = Vec::new();
        let mut rounds = 0;
        while !ask.is_empty() {
            rounds += 1;
            let mut nodes = Vec::new();
            for prefix in &ask {
                nodes.push(NodeText::new(prefix, &theirs.node(prefix)?, |_| {
                    Value::Null
                }));
            }
            let (more, next) = look(&ours, &nodes)?;
            assert!(more.is_whole());
            found.extend(more.first);
            ask = next;
        }
        assert_eq!(found, [Found::Here(Row::from(lost))]);
        assert!(rounds <= 3, "{rounds}");
        Ok(())
    }
}
