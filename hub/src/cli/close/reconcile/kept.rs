//! The set of a day from the receipts that a source kept in a folder: sorted on disk, and each record found again in its
//! receipt.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::asking::Hub;
use crate::cli::said;
use crate::close::document::Document;
use crate::close::received::{Told, entry_of};
use crate::close::row::{Row, Tag};
use crate::close::sorted::Sorter;
use crate::close::tree::Tree;
use crate::pipeline::outcomes::PART;
use crate::pipeline::receipt::{Outcome, Receipt};
use crate::tlog::{Hash, merkle_root};

/// The receipts of a day.
pub struct Kept {
    /// Their records; the tag is the number of the file, and the place in the submission.
    pub tree: Tree,
    files: Vec<PathBuf>,
}

impl Kept {
    /// Reads the receipts of the day that a close is about.
    pub fn read(
        hub: &Hub,
        folder: &Path,
        source: &str,
        document: &Document,
    ) -> anyhow::Result<Kept> {
        let mut sorter = Sorter::new(&std::env::temp_dir());
        let mut files = Vec::new();
        let mut seen = BTreeSet::new();
        let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            if !path.to_string_lossy().ends_with(".receipt.json") {
                continue;
            }
            let receipt = receipt(&path)?;
            let leaf = i64::try_from(receipt.evidence.leaf_index).unwrap_or(i64::MAX);
            let of_day = (document.leaves.from..document.leaves.until).contains(&leaf);
            // The same bytes sent again gave the same receipt, which may lie here under two names.
            if !of_day || receipt.source != source || !seen.insert(receipt.id.clone()) {
                continue;
            }
            anyhow::ensure!(
                receipt.omitted.is_empty(),
                said(
                    format!(
                        "{} 略去了部分记录，无法对账，请以完整回执替换",
                        path.display()
                    ),
                    format!(
                        "{} leaves records out: keep the whole receipt in its place",
                        path.display()
                    ),
                )
            );
            let file = i64::try_from(files.len()).unwrap_or(i64::MAX);
            files.push(path);
            let mut take = |outcome: &Outcome| {
                let entry = entry_of(source, &receipt.submission, outcome);
                sorter.push(Row::new(entry, (file, i64::from(outcome.index), 0)))
            };
            receipt.records.iter().try_for_each(&mut take)?;
            for part in 0..receipt.parts.len() {
                outcomes(hub, &receipt, part)?
                    .iter()
                    .try_for_each(&mut take)?;
            }
        }
        Ok(Kept {
            tree: Tree::try_from(sorter.finish()?)?,
            files,
        })
    }

    /// Records in words, as their receipts tell them, by their tags. Each receipt is read once, however many of its
    /// records are wanted.
    pub fn told<'r>(
        &self,
        hub: &Hub,
        rows: impl Iterator<Item = &'r Row>,
    ) -> anyhow::Result<HashMap<Tag, Told>> {
        let mut wanted: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for row in rows {
            let (file, index, _) = row.tag;
            wanted.entry(file).or_default().insert(index);
        }
        let mut told = HashMap::new();
        for (file, indexes) in wanted {
            let path = usize::try_from(file)
                .ok()
                .and_then(|file| self.files.get(file));
            let Some(path) = path else {
                continue;
            };
            let receipt = receipt(path)?;
            let mut tell = |outcome: &Outcome| {
                let index = i64::from(outcome.index);
                if indexes.contains(&index) {
                    let words = Told::of(&receipt.submission, &receipt.id, outcome);
                    told.insert((file, index, 0), words);
                }
            };
            receipt.records.iter().for_each(&mut tell);
            if receipt.parts.is_empty() {
                continue;
            }
            let part = |index: &i64| usize::try_from(*index).unwrap_or_default() / PART;
            for part in indexes.iter().map(part).collect::<BTreeSet<_>>() {
                outcomes(hub, &receipt, part)?.iter().for_each(&mut tell);
            }
        }
        Ok(told)
    }
}

fn receipt(path: &Path) -> anyhow::Result<Receipt> {
    let name = || path.display().to_string();
    let bytes = std::fs::read(path).with_context(name)?;
    serde_json::from_slice(&bytes).with_context(name)
}

/// Some outcomes of a large submission, as the hub answers.
#[derive(serde::Deserialize)]
struct Page {
    records: Vec<Outcome>,
}

/// A part of the outcomes of a large submission: fetched, and held against the root that its receipt signed for.
fn outcomes(hub: &Hub, receipt: &Receipt, part: usize) -> anyhow::Result<Vec<Outcome>> {
    let id = &receipt.id;
    let page: Page = hub.get(&format!("/v1/submissions/{id}/outcomes?part={part}"))?;
    let hashes: Vec<Hash> = page.records.iter().map(Outcome::hash).collect();
    anyhow::ensure!(
        receipt.parts.get(part) == Some(&merkle_root(&hashes).to_string()),
        said(
            format!("{id} 第 {part} 段与回执不符"),
            format!("part {part} of {id} is not the one of the receipt"),
        )
    );
    Ok(page.records)
}
