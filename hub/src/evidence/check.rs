//! Checks a bundle with nothing but the public key of the log; names the first wrong place.
//!
//! What is proven: every receipt and its place in the log, the raw bytes, every outcome, every canonical record, what
//! judged, how waits ended, what every packet carried, every attempt at it and every answer. A delivery of which the
//! log says less than the bundle is counted apart.

mod erasures;
mod packets;
mod parts;

use std::collections::BTreeMap;

use packets::Packet;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cover::{Cover, source_name};
use super::{Manifest, PAGE, pack};
use crate::leaf::{self, Leaf, Submission};
use crate::pipeline;
use crate::pipeline::basis::Basis;
use crate::pipeline::receipt::Receipt;
use crate::reperform::{outcomes, root};
use crate::tlog::{FirstFault, Hash, Keyring, Keys, Proof, leaf_hash, merkle_root, sha256};

/// What a bundle has been shown to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What it is about.
    pub about: String,
    /// Members whose SHA-256 is the listed one.
    pub members: usize,
    /// Submissions that were proven.
    pub submissions: usize,
    /// Outcomes that were proven.
    pub outcomes: usize,
    /// Canonical records that were proven.
    pub records: usize,
    /// Packets of which what they carried, every attempt and every answer was proven.
    pub packets: usize,
    /// Members left out because they hold personal values.
    pub withheld: usize,
    /// Size of the log at the checkpoint.
    pub published: u64,
    /// Deliveries of which the log proves what carried them and how they ended.
    pub deliveries: usize,
    /// Deliveries that are listed, without proof: open ones that no packet carries yet, what is newer than the
    /// checkpoint, and what was delivered before the log spoke of packets.
    pub deliveries_not_proven: usize,
}

type Outcome<T> = Result<T, FirstFault>;

fn fault(place: impl Into<String>, what: impl Into<String>) -> FirstFault {
    FirstFault {
        place: place.into(),
        what: what.into(),
    }
}

/// A bundle as it was read.
struct Bundle<'k> {
    members: BTreeMap<String, Vec<u8>>,
    withheld: Vec<String>,
    keys: &'k dyn Keys,
    /// Size of the log at the checkpoint.
    size: u64,
}

/// Checks a bundle.
pub fn check(bytes: &[u8], keys: &dyn Keys) -> Outcome<Checked> {
    let (manifest, members) = pack::read(bytes).map_err(|error| {
        let cause =
            std::error::Error::source(&error).map_or_else(String::new, |c| format!(": {c}"));
        fault("bundle", format!("{error}{cause}"))
    })?;
    listed(&manifest, &members)?;
    let mut bundle = Bundle {
        members,
        withheld: manifest.withheld.clone(),
        keys,
        size: 0,
    };
    let checkpoint = keys
        .open(bundle.get("checkpoint")?)
        .map_err(|error| fault("checkpoint", error.to_string()))?;
    bundle.size = checkpoint.size;
    if checkpoint.origin != manifest.origin {
        return Err(fault(
            "manifest.json",
            format!(
                "公钥不属于该日志 / names the log {}, the key is of {}",
                manifest.origin, checkpoint.origin
            ),
        ));
    }
    let public = String::from_utf8_lossy(bundle.get("log.pub")?)
        .trim()
        .to_owned();
    // For the reader's convenience only; but what it says must not mislead him.
    public
        .parse::<Keyring>()
        .and_then(|listed| listed.open(bundle.get("checkpoint").unwrap_or_default()))
        .map_err(|error| fault("log.pub", error.to_string()))?;
    let mut cover = Cover::new(&manifest.about, &checkpoint, &public);
    let mut checked = Checked {
        about: manifest.about.clone(),
        members: bundle.members.len(),
        submissions: manifest.submissions.len(),
        outcomes: 0,
        records: 0,
        packets: 0,
        withheld: bundle.withheld.len(),
        published: checkpoint.size,
        deliveries: 0,
        deliveries_not_proven: 0,
    };
    let packets = bundle.packets()?;
    checked.packets = packets.len();
    for id in &manifest.submissions {
        bundle.submission(id, &packets, &mut checked, &mut cover)?;
    }
    // Made by the same version, the pages are exactly those; by another, they may be laid out differently.
    if manifest.build == pipeline::build() {
        let page = cover.page(&bundle.withheld).unwrap_or_default();
        if bundle.get("cover.html")? != page.as_bytes() {
            return Err(fault(
                "cover.html",
                "与已核验的内容不符 / does not say what the proven members say",
            ));
        }
        if bundle.get("verify.html")? != PAGE.as_bytes() {
            return Err(fault(
                "verify.html",
                "不是本版本的核验页 / is not the page of this version of the hub",
            ));
        }
    }
    Ok(checked)
}

/// The members are those of the manifest, byte for byte.
fn listed(manifest: &Manifest, members: &BTreeMap<String, Vec<u8>>) -> Outcome<()> {
    if (manifest.v, manifest.kind.as_str()) != (1, "exchange-hub/evidence") {
        return Err(fault(
            "manifest.json",
            format!(
                "is `{}` version {}, expected `exchange-hub/evidence` version 1",
                manifest.kind, manifest.v
            ),
        ));
    }
    for member in &manifest.members {
        let bytes = members.get(&member.path).ok_or_else(|| {
            fault(
                &member.path,
                "清单中有，包内没有 / is listed, but not there",
            )
        })?;
        let found = sha256(bytes).to_hex();
        if found != member.sha256 {
            return Err(fault(
                &member.path,
                format!(
                    "内容已被改动 / was changed: has SHA-256 {found}, the manifest says {}",
                    member.sha256
                ),
            ));
        }
    }
    let unlisted = members
        .keys()
        .find(|path| manifest.members.iter().all(|member| member.path != **path));
    match unlisted {
        Some(path) => Err(fault(
            path,
            "包内有，清单中没有 / is there, but the manifest does not list it",
        )),
        None => Ok(()),
    }
}

impl Bundle<'_> {
    fn get(&self, path: &str) -> Outcome<&[u8]> {
        let found = self.members.get(path);
        found
            .map(Vec::as_slice)
            .ok_or_else(|| fault(path, "包内缺少 / is missing"))
    }

    fn value(&self, path: &str) -> Outcome<Value> {
        self.read(path)
    }

    fn read<T: DeserializeOwned>(&self, path: &str) -> Outcome<T> {
        serde_json::from_slice(self.get(path)?).map_err(|error| fault(path, error.to_string()))
    }

    /// A member that may have been left out, if it says so.
    fn unless_withheld(&self, path: &str) -> Outcome<Option<&[u8]>> {
        if self.withheld.iter().any(|withheld| withheld == path) {
            return Ok(None);
        }
        self.get(path).map(Some)
    }

    fn submission(
        &self,
        id: &str,
        packets: &BTreeMap<i64, Packet>,
        checked: &mut Checked,
        cover: &mut Cover,
    ) -> Outcome<()> {
        let folder = format!("submissions/{id}");
        let place = format!("{folder}/receipt.json");
        let receipt: Receipt = serde_json::from_slice(self.get(&place)?)
            .map_err(|error| fault(&place, format!("is no receipt: {error}")))?;
        if let Err(wrong) = receipt.verify(self.keys) {
            return Err(fault(format!("{place}, {}", wrong.place), wrong.what));
        }
        if receipt.id != id {
            return Err(fault(place, format!("is the receipt of {}", receipt.id)));
        }
        let leaf: Submission = leaf::decode(receipt.evidence.leaf.as_bytes())
            .map_err(|error| fault(&place, error.to_string()))?;
        self.borne(&folder, &receipt)?;
        let raw = format!("{folder}/raw");
        if let Some(bytes) = self.unless_withheld(&raw)? {
            same(&raw, &sha256(bytes).to_hex(), &leaf.raw_sha256)?;
        }
        self.left_of_raw(&folder, id)?;
        self.judged_by(&leaf)?;
        checked.outcomes += self.outcomes(&folder, &leaf)?;
        checked.records += self.records(&folder, &leaf, &receipt)?;
        self.changes(&folder, id)?;
        self.deliveries(&folder, &receipt, packets, checked)?;
        let deliveries = self.value(&format!("{folder}/deliveries.json"))?;
        let records = self.value(&format!("{folder}/records.json"))?;
        let changes = self.value(&format!("{folder}/changes.json"))?;
        let name = source_name(&leaf, |path| self.members.get(path).map(Vec::as_slice));
        cover.add((&receipt, name), &records, &changes, &deliveries);
        Ok(())
    }

    /// The leaf that a receipt bears, in a folder; if a proof of its place is there, it holds. Without one the
    /// signature of the receipt must do.
    fn borne(&self, folder: &str, receipt: &Receipt) -> Outcome<()> {
        let place = format!("{folder}/leaf.json");
        if self.get(&place)? != receipt.evidence.leaf.as_bytes() {
            return Err(fault(
                place,
                "与回执所附日志条目不符 / is not the leaf that the receipt bears",
            ));
        }
        if self.members.contains_key(&format!("{folder}/proof.txt")) {
            self.placed(folder, receipt.evidence.leaf_index)?;
        } else if !self.keys.promise_is_enough() {
            let what = "缺少：只有日志自己的签名，没有见证 / is missing: only the log has signed, no witness";
            return Err(fault(format!("{folder}/proof.txt"), what));
        }
        Ok(())
    }

    /// The leaf in a folder, proven to stand at a place of the log.
    fn placed(&self, folder: &str, index: u64) -> Outcome<Leaf> {
        let (place, path) = (format!("{folder}/leaf.json"), format!("{folder}/proof.txt"));
        let bytes = self.get(&place)?;
        let text = String::from_utf8_lossy(self.get(&path)?);
        let proof: Proof = text
            .parse()
            .map_err(|error: crate::tlog::Error| fault(&path, error.to_string()))?;
        proof
            .verify_with(bytes, self.keys)
            .map_err(|error| fault(&path, error.to_string()))?;
        same(&path, &proof.index.to_string(), &index.to_string())?;
        leaf::read(bytes).map_err(|error| fault(place, error.to_string()))
    }

    /// What judged is what the leaf names.
    fn judged_by(&self, leaf: &Submission) -> Outcome<()> {
        let Some(digest) = &leaf.basis else {
            return Ok(());
        };
        let place = format!("basis/{digest}.json");
        let bytes = self.get(&place)?;
        same(&place, &sha256(bytes).to_hex(), digest)?;
        let basis: Basis =
            serde_json::from_slice(bytes).map_err(|error| fault(&place, error.to_string()))?;
        for (place, digest) in [
            (
                format!("basis/specification-{}.json", basis.specification),
                &basis.specification,
            ),
            (
                format!("basis/profile-{}.toml", basis.profile),
                &basis.profile,
            ),
        ] {
            same(&place, &sha256(self.get(&place)?).to_hex(), digest)?;
        }
        Ok(())
    }

    fn outcomes(&self, folder: &str, leaf: &Submission) -> Outcome<usize> {
        let place = format!("{folder}/outcomes.json");
        let listed =
            outcomes(self.get(&place)?).map_err(|error| fault(&place, error.to_string()))?;
        same(&place, &root(&listed).to_hex(), &leaf.outcomes_root)?;
        Ok(listed.len())
    }

    /// Every record is the one whose digest its outcome holds; all that were kept give the root of the leaf.
    fn records(&self, folder: &str, leaf: &Submission, receipt: &Receipt) -> Outcome<usize> {
        let place = format!("{folder}/records.json");
        let listed = self.value(&place)?;
        let listed: Vec<&Value> = listed.as_array().into_iter().flatten().collect();
        same(
            &place,
            &listed.len().to_string(),
            &receipt.records.len().to_string(),
        )?;
        let (mut proven, mut hashes, mut complete) = (0, Vec::<Hash>::new(), true);
        for (outcome, record) in receipt.records.iter().zip(listed) {
            let here = || format!("{place}, record {}", outcome.index);
            let text = |name: &str| record.get(name).cloned().unwrap_or_default();
            for (name, expected) in [
                ("index", Value::from(outcome.index)),
                ("dataset", Value::from(outcome.dataset.clone())),
                ("key", outcome.key.clone().into()),
                (
                    "verdict",
                    serde_json::to_value(outcome.verdict).unwrap_or_default(),
                ),
                ("digest", outcome.digest.clone().into()),
            ] {
                same(
                    &format!("{}, {name}", here()),
                    &text(name).to_string(),
                    &expected.to_string(),
                )?;
            }
            let kept = text("kept") == Value::Bool(true);
            if text("data").is_null() {
                complete &= !kept;
                continue;
            }
            let path = format!("{folder}/records/{:05}.json", outcome.index);
            let Some(bytes) = self.unless_withheld(&path)? else {
                complete &= !kept;
                continue;
            };
            same(
                &path,
                &sha256(bytes).to_hex(),
                outcome.digest.as_deref().unwrap_or_default(),
            )?;
            let whole: Value =
                serde_json::from_slice(bytes).map_err(|error| fault(&path, error.to_string()))?;
            if text("data") != whole {
                return Err(fault(
                    format!("{}, data", here()),
                    format!("is not what {path} holds"),
                ));
            }
            proven += 1;
            if kept {
                hashes.push(leaf_hash(bytes));
            }
        }
        if complete {
            same(&place, &merkle_root(&hashes).to_hex(), &leaf.records_root)?;
        }
        Ok(proven)
    }

    /// How waits ended, each by a leaf of its own.
    fn changes(&self, folder: &str, id: &str) -> Outcome<()> {
        let place = format!("{folder}/changes.json");
        for change in self.value(&place)?.as_array().into_iter().flatten() {
            let index = change
                .get("index")
                .and_then(Value::as_u64)
                .unwrap_or_default();
            let at = change.get("leaf_index").and_then(Value::as_u64);
            let at = at.ok_or_else(|| fault(&place, "a change names no place in the log"))?;
            let at = self.placed(&format!("{folder}/changes/{index:05}"), at)?;
            let Leaf::Change(leaf) = at else {
                return Err(fault(place, "a leaf is not about a change"));
            };
            let leaf = serde_json::to_value(leaf).unwrap_or_default();
            let issues = change
                .get("issues")
                .and_then(Value::as_str)
                .unwrap_or_default();
            for (name, found) in [
                ("submission", Value::from(id)),
                ("index", Value::from(index)),
                ("change", change.get("change").cloned().unwrap_or_default()),
                ("at", change.get("at").cloned().unwrap_or_default()),
                (
                    "issues_sha256",
                    Value::from(sha256(issues.as_bytes()).to_hex()),
                ),
            ] {
                let expected = leaf.get(name).cloned().unwrap_or_default();
                same(
                    &format!("{place}, record {index}, {name}"),
                    &found.to_string(),
                    &expected.to_string(),
                )?;
            }
        }
        Ok(())
    }
}

fn same(place: &str, found: &str, expected: &str) -> Outcome<()> {
    if found == expected {
        Ok(())
    } else {
        Err(fault(
            place,
            format!("与签名内容不符 / gives {found}, what is signed says {expected}"),
        ))
    }
}
