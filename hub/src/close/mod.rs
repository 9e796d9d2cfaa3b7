//! Daily close 日清对账: the books of a day, compared with those of the other side, signed by both.
//!
//! **Which day.** A record belongs to the day, in China, on which the submission that brought it was committed; that
//! day is a piece of the log, from one leaf up to another, and the close names both, so that a source can tell by
//! `leaf_index` of a receipt to which day it belongs. Everything that becomes of the record later (released from
//! waiting, expired, acknowledged a week after) moves within the books of that same day, and is told by a later close
//! of it: a supplement, with the next number and the digest of the one before. No close is ever written over. The
//! thread that closes the last day also looks at the days before it whose books were still open.
//!
//! **Source.** received = accepted + rejected + duplicate + parked, as the receipts said; and of what was parked:
//! released, refused or found repeated when it was looked at again, expired, replaced, or waiting still.
//! **Destination.** owed = acknowledged + refused + exhausted + open (pending, sent).
//! The two sides of an equation are counted from different tables.
//!
//! A close is a document ([`document`]) per party, signed by the log's keys and bound by a leaf. Sources answer with a
//! manifest ([`manifest`]); the national platform is asked what it holds ([`national`]). Both comparisons walk a tree
//! ([`tree`], [`walk`]) over entries ([`entry`]).
//!
//! A day may hold any number of records: what is compared is sorted on disk ([`sorted`]) and gone through in order, so
//! that the memory of a close does not grow with its day.

pub mod asker;
pub mod daily;
pub mod difference;
pub mod differing;
pub mod document;
pub mod entry;
pub mod fault;
pub mod figures;
pub mod gather;
pub mod listed;
pub mod making;
pub mod manifest;
mod naming;
pub mod national;
pub mod owed;
pub mod received;
pub mod row;
mod sent;
pub mod shown;
pub mod sorted;
pub mod tree;
pub mod walk;
