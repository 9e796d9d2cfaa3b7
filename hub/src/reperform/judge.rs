//! Judges one stored submission again from what was archived.

use std::collections::BTreeMap;
use std::sync::Arc;

use adapters::{Adapter, Hint, Profile};
use spec::{Context, Edition, Spec};

use super::difference;
use super::{Finding, Reperformed};
use crate::erase::{self, Blank, Reading, standing};
use crate::keys::LookupKey;
use crate::leaf::{self, Submission as Leaf};
use crate::pipeline::attached::Arriving;
use crate::pipeline::basis::{Basis, Snapshot};
use crate::pipeline::commit::{Prepared, judge_again, receipt_id};
use crate::pipeline::judge::Item;
use crate::pipeline::parts::Parts;
use crate::pipeline::raw::Stored;
use crate::pipeline::receipt::Outcome;
use crate::pipeline::work::Erased;
use crate::pipeline::{Digests, Instant, RawStore, judge, outcomes};
use crate::store::submissions::{self, Submission};
use crate::store::{Database, StoreError, erasures, lookup_keys, records};
use crate::tlog::Hash;

/// What comparing has shown: the number of outcomes, and their root and that of the records as they came out.
type Compared = (Finding, u32, Option<[Hash; 2]>);

/// What an archived specification became: editions, and their digests.
type Loaded = (&'static Spec, Arc<Digests>);

/// Judges again; what was loaded for one submission serves the next.
pub struct Judges {
    raw: RawStore,
    build: String,
    specifications: BTreeMap<String, Loaded>,
    adapters: BTreeMap<String, &'static Adapter>,
}

/// Why a submission cannot be judged as it was then.
#[derive(Debug)]
pub struct Lacking(pub String);

/// A submission that was decoded again, each record judged by itself.
pub struct Again {
    /// What judged it.
    pub basis: Basis,
    /// The raw bytes.
    pub body: Vec<u8>,
    /// The edition that judged, from the archive.
    pub edition: &'static Edition,
    /// The digests of the archived specification.
    pub digests: Arc<Digests>,
    /// Its records in order; what was receipted of those that were erased.
    pub items: Vec<Item>,
    /// The places of those.
    pub erased: Vec<u32>,
    /// Under what their values are looked up.
    pub under: LookupKey,
}

/// What was received, with what judged it then.
pub struct Opened {
    basis: Basis,
    /// The raw bytes, or what an erasure left of them.
    pub body: Vec<u8>,
    edition: &'static Edition,
    digests: Arc<Digests>,
    adapter: &'static Adapter,
    hint: Hint,
}

impl Opened {
    /// How they are read.
    pub fn reading(&self, row: &Submission) -> Reading<'_> {
        Reading {
            adapter: self.adapter,
            hint: &self.hint,
            limits: &self.basis.limits,
            in_parts: row.outcomes.is_empty(),
        }
    }
}

impl<E: std::error::Error> From<E> for Lacking {
    fn from(error: E) -> Self {
        let mut why = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            why = format!("{why}: {inner}");
            cause = inner.source();
        }
        Lacking(why)
    }
}

impl Judges {
    /// With the raw bytes and the archive in a store.
    pub fn new(raw: RawStore, build: &str) -> Self {
        Judges {
            raw,
            build: build.to_owned(),
            specifications: BTreeMap::new(),
            adapters: BTreeMap::new(),
        }
    }

    /// Judges a submission again and holds it against its leaf, which may come from a receipt.
    pub async fn again(
        &mut self,
        connection: &mut Database,
        row: &Submission,
        leaf: &Leaf,
    ) -> Reperformed {
        let gone = erasures::of_raw(connection, row.id);
        let mut erased = Vec::new();
        let compared = match gone {
            Ok(Some(gone)) if Stored::of(row).is_destroyed() => {
                let leaf = gone.leaf_index;
                Ok((Finding::Erased { leaf }, 0, None))
            }
            Ok(_) => self.compare(connection, row, leaf, &mut erased).await,
            Err(error) => Err(Lacking::from(error)),
        };
        let (finding, outcomes, roots) = match compared {
            Ok((finding, outcomes, roots)) => (finding, outcomes, roots),
            Err(Lacking(why)) => (Finding::Impossible { why }, 0, None),
        };
        let (outcomes_root, records_root) = roots
            .map(|[outcomes, records]: [Hash; 2]| (outcomes.to_hex(), records.to_hex()))
            .unzip();
        Reperformed {
            id: receipt_id(row.id),
            leaf_index: row.leaf_index as u64,
            built_then: leaf.build.clone(),
            built_now: self.build.clone(),
            basis: leaf.basis.clone(),
            outcomes,
            outcomes_root,
            records_root,
            erased,
            finding,
        }
    }

    /// Opens what was received, or what is left of it, with what judged it then.
    pub async fn open(
        &mut self,
        connection: &mut Database,
        row: &Submission,
        leaf: &Leaf,
    ) -> Result<Opened, Lacking> {
        let named = leaf.basis.as_deref().ok_or_else(|| {
            Lacking(
                "the leaf names no basis: it was made before what judges was archived".to_owned(),
            )
        })?;
        let basis: Basis = serde_json::from_slice(&self.archived(named).await?)?;
        let (adapter, digests) = self.adapter(named, &basis).await?;
        let edition = self.edition(&basis)?;
        let (specification, codes) = digests.of(edition);
        if (specification, codes) != (leaf.specification.as_str(), leaf.codes.as_str()) {
            return Err(Lacking(format!(
                "the archived specification {specification} with code lists {codes} is not the one that the leaf \
                 names, {} with {}",
                leaf.specification, leaf.codes
            )));
        }
        let mut stored = Stored::of(row);
        if !stored.is_left {
            stored.name = Hash::from_hex(&leaf.raw_sha256)?;
        }
        let body = self.raw.get(&stored).await?;
        let kept = submissions::hint(connection, row.id)?;
        let hint: Hint = kept.map_or(Ok(Hint::default()), |text| serde_json::from_str(&text))?;
        let hint = Hint {
            wire: basis.wire,
            ..hint
        };
        Ok(Opened {
            basis,
            body,
            edition,
            digests,
            adapter,
            hint,
        })
    }

    /// Decodes a submission again and judges each record by itself, by what judged it then.
    pub async fn read(
        &mut self,
        connection: &mut Database,
        row: &Submission,
        leaf: &Leaf,
    ) -> Result<Again, Lacking> {
        let opened = self.open(connection, row, leaf).await?;
        let reading = opened.reading(row);
        let Reading {
            adapter,
            hint,
            limits,
            ..
        } = reading;
        let (edition, body) = (opened.edition, &opened.body);
        let blanks = erase::blanks(connection, row)?;
        let context = Context {
            edition,
            received: Instant::from_millis(row.received_at).civil,
            platforms: &[],
        };
        let under = lookup_keys::read(connection)?;
        let items = if row.outcomes.is_empty() {
            in_parts(&under, adapter, &context, body, hint, limits)?
        } else {
            judge::read(&under, adapter, edition, &context, body, hint, limits)?.items
        };
        let items = if blanks.is_empty() {
            items
        } else {
            among_erased(connection, row, reading, body, &blanks, items)?
        };
        Ok(Again {
            erased: blanks.iter().map(|blank| blank.record).collect(),
            basis: opened.basis,
            body: opened.body,
            edition,
            digests: opened.digests,
            items,
            under,
        })
    }

    async fn compare(
        &mut self,
        connection: &mut Database,
        row: &Submission,
        leaf: &Leaf,
        erased: &mut Vec<u32>,
    ) -> Result<Compared, Lacking> {
        let again = self.read(connection, row, leaf).await?;
        erased.clone_from(&again.erased);
        let prepared = Prepared {
            source: row.source.clone(),
            submission: row.submission.clone(),
            edition: again.edition,
            specification: self.specification(&again.basis)?.0,
            sequence: row.sequence,
            received: Instant::from_millis(row.received_at),
            raw_sha256: Hash::from_hex(&leaf.raw_sha256)?,
            raw_bytes: again.body.len() as u64,
            raw: None,
            raw_key: None,
            media_type: row.media_type.clone(),
            basis: None,
            hint: None,
            items: again.items,
            arriving: Arriving::default(),
            digests: again.digests,
            masters: None,
            under: again.under,
        };
        let now = judge_again(connection, prepared, row)?;
        let listed = difference::outcomes(&now.json)?;
        let count = listed.len() as u32;
        let roots = Some([now.outcomes_root, now.records_root]);
        if now.outcomes_root.to_hex() != leaf.outcomes_root {
            let kept = outcomes::listed(connection, row)?;
            let then = difference::outcomes(&kept)?;
            if difference::root(&then).to_hex() != leaf.outcomes_root {
                return Err(Lacking(
                    "the stored outcomes are not those of the leaf; see `hub log verify`"
                        .to_owned(),
                ));
            }
            if let Some(finding) = difference::first(&then, &listed) {
                return match now.met_erased {
                    Some(record) => Err(among_what_was_erased(record, &finding)),
                    None => Ok((finding, count, roots)),
                };
            }
        }
        for (place, then, now) in [
            ("outcomes_root", &leaf.outcomes_root, now.outcomes_root),
            ("records_root", &leaf.records_root, now.records_root),
        ] {
            if *then != now.to_hex() {
                let finding = Finding::Different {
                    place: place.to_owned(),
                    then: then.clone(),
                    now: now.to_hex(),
                };
                return Ok((finding, count, roots));
            }
        }
        Ok((Finding::Identical, count, roots))
    }

    /// What was archived under a digest.
    pub async fn archived(&self, digest: &str) -> Result<Vec<u8>, Lacking> {
        let name = Hash::from_hex(digest)?;
        let found = self.raw.get(&Stored::archived(name)).await;
        found.map_err(|error| {
            Lacking(format!(
                "what judged then cannot be had from the archive: {error}"
            ))
        })
    }

    async fn adapter(
        &mut self,
        digest: &str,
        basis: &Basis,
    ) -> Result<(&'static Adapter, Arc<Digests>), Lacking> {
        if !self.specifications.contains_key(&basis.specification) {
            let bytes = self.archived(&basis.specification).await?;
            let snapshot: Snapshot = serde_json::from_slice(&bytes)?;
            let loaded: &'static Spec = Box::leak(Box::new(snapshot.load()?));
            let digests = Arc::new(Digests::new(loaded));
            self.specifications
                .insert(basis.specification.clone(), (loaded, digests));
        }
        let (loaded, digests) = self.specification(basis)?;
        if let Some(adapter) = self.adapters.get(digest) {
            return Ok((adapter, digests));
        }
        let text = String::from_utf8(self.archived(&basis.profile).await?)?;
        let profile = Arc::new(Profile::parse(&basis.source, &text)?);
        let edition = loaded.edition(&basis.edition);
        let edition = edition.ok_or_else(|| missing(&basis.edition))?;
        let adapter: &'static Adapter =
            Box::leak(Box::new(Adapter::new(profile, Arc::clone(edition))?));
        self.adapters.insert(digest.to_owned(), adapter);
        Ok((adapter, digests))
    }

    fn specification(&self, basis: &Basis) -> Result<Loaded, Lacking> {
        let found = self.specifications.get(&basis.specification).cloned();
        found.ok_or_else(|| missing(&basis.edition))
    }

    fn edition(&self, basis: &Basis) -> Result<&'static Edition, Lacking> {
        let (loaded, _) = self.specification(basis)?;
        let edition = loaded.edition(&basis.edition);
        edition
            .map(|edition| &**edition)
            .ok_or_else(|| missing(&basis.edition))
    }
}

/// A document that was too large to be read as one: cut as it was then, and every part judged by itself.
fn in_parts(
    under: &LookupKey,
    adapter: &'static Adapter,
    context: &Context<'static>,
    body: &[u8],
    hint: &Hint,
    limits: &adapters::Limits,
) -> Result<Vec<Item>, Lacking> {
    let mut parts = Parts::of(adapter, body, hint, limits, usize::MAX);
    let mut items = Vec::new();
    // Where a document is cut makes no difference to what is found in it.
    while let Some(chunk) = parts.document()? {
        let read = judge::read(
            under,
            adapter,
            context.edition,
            context,
            &chunk.bytes,
            &chunk.hint(hint),
            limits,
        )?;
        items.extend(read.items);
    }
    Ok(items)
}

/// Puts what was receipted of erased records between those that are judged again.
fn among_erased(
    connection: &mut Database,
    row: &Submission,
    reading: Reading<'_>,
    body: &[u8],
    blanks: &[Blank],
    items: Vec<Item>,
) -> Result<Vec<Item>, Lacking> {
    let lost = || Lacking("what an erasure left of the raw bytes is not read as it was".to_owned());
    let places = reading.places(body)?.ok_or_else(lost)?;
    if places.len() != items.len() || standing(reading, body, blanks).is_none() {
        return Err(lost());
    }
    let mut left = items
        .into_iter()
        .zip(places)
        .filter(|(_, place)| !erase::is_blank(place.start, blanks))
        .map(|(item, _)| item);
    let receipted: Vec<Outcome> = serde_json::from_slice(&outcomes::listed(connection, row)?)?;
    let versions = records::of_submission(connection, row.id, row.id)?;
    let mut all = Vec::with_capacity(receipted.len());
    for outcome in receipted {
        let index = outcome.index;
        if blanks.iter().all(|blank| blank.record != index) {
            all.push(left.next().ok_or_else(lost)?);
            continue;
        }
        let mut versions = versions.iter();
        let version = versions.find(|one| u32::try_from(one.record_index) == Ok(index));
        all.push(Item::Erased(Box::new(Erased {
            outcome,
            version: version.cloned(),
        })));
    }
    match left.next() {
        None => Ok(all),
        Some(_) => Err(lost()),
    }
}

/// Why a difference is none: what was compared with then is not known any more.
fn among_what_was_erased(record: i64, found: &Finding) -> Lacking {
    let place = match found {
        Finding::Different { place, .. } => place.as_str(),
        _ => "",
    };
    Lacking(format!(
        "it was judged among record version {record}, which was erased since, and differs at {place}"
    ))
}

fn missing(edition: &str) -> Lacking {
    Lacking(format!(
        "the archived specification has no edition `{edition}`"
    ))
}

/// The leaf of a stored submission, as the log has it.
pub fn leaf_of(connection: &mut Database, index: i64) -> Result<Option<Leaf>, StoreError> {
    let Some(bytes) = submissions::leaf(connection, index)? else {
        return Ok(None);
    };
    Ok(leaf::decode(&bytes).ok())
}
