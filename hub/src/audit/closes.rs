//! Closes and what sources said about them: every row is the one that its leaf bound, signed by the log's keys; every
//! leaf has its row; the set of a source's close is the one that its submissions give; and the keys with which sources
//! sign are those that the log announced, as long as it did.

use std::collections::BTreeMap;

use super::{fault, lost};
use crate::close::document::{Books, Document};
use crate::close::making::leaf_of;
use crate::close::manifest::Manifest as Said;
use crate::close::received;
use crate::leaf::operator::Action;
use crate::leaf::{Close, Manifest, Operator};
use crate::store::days::Span;
use crate::store::transaction::Numbers;
use crate::store::{Database, closes, signers};
use crate::tlog::{FirstFault, Keyring, VerifierKey, sha256};

/// What the log says of closes.
#[derive(Default)]
pub(super) struct Closed {
    closes: i64,
    manifests: i64,
    /// Keys of sources: the leaf that announced each, and whether a later one took it out of force.
    signers: BTreeMap<(String, String), (i64, bool)>,
}

impl Closed {
    /// A close and its leaf.
    pub fn closed(
        &mut self,
        index: i64,
        leaf: &Close,
        connection: &mut Database,
        ring: &Keyring,
    ) -> Result<(), FirstFault> {
        self.closes += 1;
        let place = format!("closes, {} {} {}", leaf.date, leaf.with, leaf.number);
        let number = i32::try_from(leaf.number).unwrap_or(i32::MAX);
        let row = closes::one(connection, &leaf.date, &leaf.with, number)
            .map_err(|error| lost(&error))?
            .ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
        if sha256(row.document.as_bytes()).to_hex() != leaf.document_sha256 {
            return Err(fault(&place, "the document is not the one that was logged"));
        }
        let document = Document::open_signed(&row.document, &row.note, ring)
            .map_err(|wrong| fault(format!("{place}, {}", wrong.place), wrong.what))?;
        document
            .platform_key()
            .map_err(|wrong| fault(format!("{place}, {}", wrong.place), wrong.what))?;
        if leaf_of(&document, &row.document) != *leaf {
            return Err(fault(
                &place,
                "the leaf says something else than the document",
            ));
        }
        let columns = (row.leaf_index, row.balanced, row.agreed);
        let agreed = leaf.agreed.map(i32::from);
        if columns != (index, i32::from(leaf.balanced), agreed) {
            return Err(fault(&place, "a column is not what the log says"));
        }
        match (&document.books, leaf.with.strip_prefix("source/")) {
            (Books::Source(books), Some(source)) => {
                let at = |submission| Numbers {
                    submission,
                    ..Numbers::default()
                };
                let span = Span {
                    from: at(document.submissions.from),
                    until: at(document.submissions.until),
                };
                let set = received::set(connection, &span, source, &std::env::temp_dir());
                let root = set.map_err(|error| lost(&error))?.tree.root();
                if (root.count, root.digest.to_hex()) != (books.listed, books.root.clone()) {
                    let what = "what is stored of that day is not what was closed";
                    return Err(fault(&place, what));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What a source said, and its leaf.
    pub fn said(
        &mut self,
        index: i64,
        leaf: &Manifest,
        connection: &mut Database,
    ) -> Result<(), FirstFault> {
        self.manifests += 1;
        let place = format!("manifests, {} {}", leaf.date, leaf.source);
        let row = closes::said(connection, &leaf.date, &leaf.source, &leaf.manifest_sha256)
            .map_err(|error| lost(&error))?
            .ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
        let key: VerifierKey = leaf
            .key
            .parse()
            .map_err(|_| fault(&place, "the leaf names no key"))?;
        let about = (leaf.source.clone(), leaf.key.clone());
        if !self.signers.contains_key(&about) {
            return Err(fault(
                &place,
                "is signed by a key that the log had not announced",
            ));
        }
        let (said, _) = Said::open(&row.note, std::slice::from_ref(&key))
            .map_err(|error| fault(&place, error.to_string()))?;
        let sound = sha256(row.note.as_bytes()).to_hex() == leaf.manifest_sha256
            && (said.records, said.root.as_str()) == (leaf.records, leaf.root.as_str())
            && said.document_sha256 == leaf.document_sha256
            && (row.leaf_index, row.agreed) == (index, i32::from(leaf.agreed));
        if sound {
            Ok(())
        } else {
            Err(fault(&place, "the row is not the one that was logged"))
        }
    }

    /// A key of a source is announced, or taken out of force.
    pub fn operated(&mut self, index: i64, leaf: &Operator) {
        let change = leaf.facts.get("change").map(String::as_str);
        let Some(key) = leaf.facts.get("key") else {
            return;
        };
        if leaf.action != Action::SourceChanged {
            return;
        }
        let about = (leaf.about.clone(), key.clone());
        match change {
            Some("signer_added") => drop(self.signers.insert(about, (index, false))),
            Some("signer_retired") => {
                if let Some((_, retired)) = self.signers.get_mut(&about) {
                    *retired = true;
                }
            }
            _ => {}
        }
    }

    /// The keys of sources are those that the log announced.
    fn announced(&self, connection: &mut Database) -> Result<(), FirstFault> {
        let rows = signers::all(connection).map_err(|error| lost(&error))?;
        for row in &rows {
            let place = format!("signers, {} {}", row.source, row.vkey);
            let about = (row.source.clone(), row.vkey.clone());
            match self.signers.get(&about) {
                None => return Err(fault(place, "the log announced no such key")),
                Some((index, _)) if *index != row.leaf_index => {
                    return Err(fault(place, "another leaf announced it"));
                }
                Some((_, retired)) if *retired != row.retired_at.is_some() => {
                    let what = "the log says otherwise whether it is in force";
                    return Err(fault(place, what));
                }
                Some(_) => {}
            }
        }
        if rows.len() == self.signers.len() {
            return Ok(());
        }
        let known = |(source, key): &&(String, String)| {
            let mut rows = rows.iter();
            !rows.any(|row| row.source == *source && row.vkey == *key)
        };
        let lacking = self.signers.keys().find(known);
        let (source, key) = lacking.cloned().unwrap_or_default();
        let what = "the row is missing, but the log announced the key";
        Err(fault(format!("signers, {source} {key}"), what))
    }

    /// No row is without a leaf.
    pub fn conclude(&self, connection: &mut Database) -> Result<(), FirstFault> {
        self.announced(connection)?;
        let (closes, manifests) = closes::counts(connection).map_err(|error| lost(&error))?;
        for (table, rows, leaves) in [
            ("closes", closes, self.closes),
            ("manifests", manifests, self.manifests),
        ] {
            if rows != leaves {
                let what = format!("{rows} rows, but the log holds {leaves} leaves");
                return Err(fault(table, what));
            }
        }
        Ok(())
    }
}
