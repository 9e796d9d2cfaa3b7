//! The body of a record version: the one door between its canonical bytes and how they lie in the table.
//!
//! In the table it is the canonical bytes themselves (nothing personal in it), an envelope around them
//! (`keys::sealing`), or, when it was erased, a byte 0 and two digests that proofs need: its hash as a leaf of its
//! submission's records, and its SHA-256. An envelope is bound to the number, submission, place and data set of its row.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Binary;

use super::StoreError;
use crate::keys::sealing::{ENVELOPE, SealError};
use crate::keys::{Masters, master, sealing};
use crate::tlog::hash::{Hash, leaf_hash, sha256};

/// First byte of a body that was erased.
const ERASED: u8 = 0;

/// The body of a record version.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub enum Body {
    /// Its canonical bytes, which are in the table as they are.
    Clear(Vec<u8>),
    /// Its canonical bytes, and the envelope that is in the table.
    Sealed {
        /// Canonical bytes.
        canonical: Vec<u8>,
        /// As stored.
        envelope: Vec<u8>,
    },
    /// It was erased.
    Erased {
        /// Its hash as a leaf of the records of its submission.
        leaf: Hash,
        /// SHA-256 of its canonical bytes.
        digest: Hash,
        /// As stored.
        stored: Vec<u8>,
    },
    /// It is there, but does not open.
    Shut {
        /// As stored.
        stored: Vec<u8>,
        /// Why; none before it was tried.
        why: Option<SealError>,
    },
}

/// The place of a body, to which its envelope is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `records.id`.
    pub id: i64,
    /// `records.submission_id`.
    pub submission: i64,
    /// `records.record_index`.
    pub index: i32,
    /// `records.dataset`.
    pub dataset: i32,
}

impl Place {
    fn bound(self) -> Vec<u8> {
        let mut bound = b"exchange-hub/record/v1".to_vec();
        bound.extend_from_slice(&self.id.to_be_bytes());
        bound.extend_from_slice(&self.submission.to_be_bytes());
        bound.extend_from_slice(&self.index.to_be_bytes());
        bound.extend_from_slice(&self.dataset.to_be_bytes());
        bound
    }
}

impl Body {
    /// A body in an envelope for its place.
    pub fn sealed(
        masters: &Masters,
        canonical: Vec<u8>,
        guarded: &sealing::Guarded,
        place: Place,
    ) -> Result<Body, SealError> {
        let envelope = masters.envelope(guarded, &place.bound())?;
        Ok(Body::Sealed {
            canonical,
            envelope,
        })
    }

    /// What is left of a body that is erased.
    pub fn erased(leaf: Hash, digest: Hash) -> Body {
        let mut stored = vec![ERASED];
        stored.extend_from_slice(leaf.as_bytes());
        stored.extend_from_slice(digest.as_bytes());
        Body::Erased {
            leaf,
            digest,
            stored,
        }
    }

    /// Reads what is in the table at a place.
    pub fn of(stored: Vec<u8>, place: Place) -> Body {
        match stored.first() {
            Some(&ENVELOPE) => match master::open(&stored, &place.bound()) {
                Ok(canonical) => Body::Sealed {
                    canonical,
                    envelope: stored,
                },
                Err(why) => Body::Shut {
                    stored,
                    why: Some(why),
                },
            },
            Some(&ERASED) if stored.len() == 65 => {
                let digest = |from: usize| {
                    let bytes = stored.get(from..).and_then(<[u8]>::first_chunk);
                    Hash::new(bytes.copied().unwrap_or_default())
                };
                Body::erased(digest(1), digest(33))
            }
            _ => Body::Clear(stored),
        }
    }

    /// The envelope with its key wrapped by the newest master key, or around what was in clear; none when nothing is to
    /// be changed.
    pub fn renewed(&self, masters: &Masters, place: Place) -> Result<Option<Vec<u8>>, StoreError> {
        let renewed = match self {
            Body::Clear(canonical) => masters.seal(canonical, &place.bound()).map(Some),
            Body::Sealed { envelope, .. } => masters.rewrap(envelope, &place.bound()),
            Body::Erased { .. } => Ok(None),
            Body::Shut { .. } => return self.canonical(place.id).map(|_| None),
        };
        renewed.map_err(|error| damaged(place.id, &error))
    }

    /// The canonical bytes; none when it was erased, or does not open.
    pub fn held(&self) -> Option<&[u8]> {
        match self {
            Body::Clear(canonical) | Body::Sealed { canonical, .. } => Some(canonical),
            Body::Erased { .. } | Body::Shut { .. } => None,
        }
    }

    /// The canonical bytes of the version of a number; nothing when it was erased. What does not open is an error.
    pub fn canonical(&self, id: i64) -> Result<&[u8], StoreError> {
        match self {
            Body::Clear(canonical) | Body::Sealed { canonical, .. } => Ok(canonical),
            Body::Erased { .. } => Ok(&[]),
            Body::Shut { why, .. } => {
                let why = why.clone().unwrap_or(SealError::Broken);
                Err(damaged(id, &why))
            }
        }
    }

    /// The same, without a copy.
    pub fn into_canonical(self, id: i64) -> Result<Vec<u8>, StoreError> {
        match self {
            Body::Clear(canonical) | Body::Sealed { canonical, .. } => Ok(canonical),
            Body::Erased { .. } => Ok(Vec::new()),
            Body::Shut { why, .. } => Err(damaged(id, &why.unwrap_or(SealError::Broken))),
        }
    }

    /// Whether it was erased.
    pub fn is_erased(&self) -> bool {
        matches!(self, Body::Erased { .. })
    }

    /// SHA-256 of the canonical bytes, also of those that were erased.
    pub fn digest(&self) -> Hash {
        match self {
            Body::Erased { digest, .. } => *digest,
            other => sha256(other.held().unwrap_or_default()),
        }
    }

    /// Their hash as a leaf of the records of a submission, likewise.
    pub fn leaf_hash(&self) -> Hash {
        match self {
            Body::Erased { leaf, .. } => *leaf,
            other => leaf_hash(other.held().unwrap_or_default()),
        }
    }

    /// The bytes in the table.
    fn stored(&self) -> &[u8] {
        match self {
            Body::Clear(stored)
            | Body::Sealed {
                envelope: stored, ..
            }
            | Body::Erased { stored, .. }
            | Body::Shut { stored, .. } => stored,
        }
    }
}

fn damaged(id: i64, why: &dyn std::error::Error) -> StoreError {
    StoreError::Damaged {
        place: format!("records, id {id}"),
        what: why.to_string(),
    }
}

impl<DB: Backend> ToSql<Binary, DB> for Body
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <[u8] as ToSql<Binary, DB>>::to_sql(self.stored(), out)
    }
}

impl<DB: Backend> FromSql<Binary, DB> for Body
where
    Vec<u8>: FromSql<Binary, DB>,
{
    /// Its place is not known here: whoever reads a row opens it (`Body::opened`).
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let stored = <Vec<u8> as FromSql<Binary, DB>>::from_sql(bytes)?;
        Ok(Body::Shut { stored, why: None })
    }
}

impl Body {
    /// Opens what was read from a row, whose place is known now.
    #[must_use]
    pub fn opened(self, place: Place) -> Body {
        match self {
            Body::Shut { stored, why: None } => Body::of(stored, place),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_opens_in_its_row_only_and_leaves_its_digests_when_it_is_erased()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let masters = Masters::create(&folder.path().join("master.key"))?;
        masters.admit();
        let place = Place {
            id: 7,
            submission: 3,
            index: 0,
            dataset: 501,
        };
        let canonical = b"{\"NAME\":\"value\"}".to_vec();
        let guarded = sealing::Guarded::new(&canonical)?;
        let body = Body::sealed(&masters, canonical.clone(), &guarded, place)?;
        assert_eq!(Body::of(body.stored().to_vec(), place), body);
        let elsewhere = Body::of(body.stored().to_vec(), Place { id: 8, ..place });
        assert!(elsewhere.held().is_none() && elsewhere.canonical(8).is_err());
        let erased = Body::erased(body.leaf_hash(), body.digest());
        let read = Body::of(erased.stored().to_vec(), place);
        assert!(read.is_erased() && read.held().is_none());
        assert_eq!(read.digest(), sha256(&canonical));
        assert_eq!(read.leaf_hash(), leaf_hash(&canonical));
        // What was never personal lies as it is.
        assert_eq!(Body::of(canonical.clone(), place), Body::Clear(canonical));
        Ok(())
    }
}
