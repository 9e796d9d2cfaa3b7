//! What an entry of a day's set is made of: for a source from its receipts alone, for the national platform from the
//! packets alone.
//!
//! Both digests are SHA-256 over parts, each after its length in bytes (8 bytes, most significant first). The first
//! part says what is hashed. Numbers are decimal text.
//!
//! **A record that a source sent.**
//! `id`: `exchange-hub/close/source/id/v1`, the source, the sender's own number of the submission (`submission` of
//! the receipt), the place of the record in it (`index`, from 0).
//! `content`: `exchange-hub/close/source/content/v1`, the data set (`dataset`), the verdict as the receipt gave it
//! (`verdict`), the digest of the canonical bytes (`digest`; empty where the receipt has none).
//! The set of a day has every record of every submission whose leaf (`evidence.leaf_index` of the receipt) lies in the
//! part of the log that the close names (`leaves`): rejected ones and duplicates too.
//!
//! **A record that the national platform holds.**
//! `id`: `exchange-hub/close/national/id/v1`, `DATASET` and `ID` of the `RECORD` element.
//! `content`: `exchange-hub/close/national/content/v1`, the word `delete` when `OPERATION` is 3, else `put`, and then
//! name and text of each column in the order of the packet, as two parts each.
//! `ID` is the number of the record version at the hub. A version that becomes several national records gives as many
//! entries; those of one data set share their `id` and differ in `content`. What a platform holds is every version
//! that it has accepted, also when a later one has taken its place since; what it holds twice, it lists twice.
//!
//! The platform answers two questions, signed:
//!
//! * `GET {base}/holdings/{date}?from=N&until=M` → `{"date","records","root"}`: how many entries there are among the
//!   records whose `ID` is at least `N` and below `M`, and the digest of their root. The hub names the numbers that
//!   it gave that day; the date is echoed. When a packet arrived does not matter: a record belongs to the day on
//!   which the hub received it, however often it had to be sent.
//! * `GET {base}/holdings/{date}/nodes?prefix=HEX&from=N&until=M` → a node as in [`super::walk`], whose entries carry
//!   `data_set` and `version` (the `ID`), and may carry `key`.
//!
//! Each answer has the headers `Platform-Key` (the name of the key) and `Platform-Signature`: Ed25519, base64, over the
//! text `exchange-hub/holdings/v1`, a line feed, path and query of the request, a line feed, and the body.

use super::tree::Entry;
use crate::delivery::holding::Holding;
use crate::tlog::hash::sha256_of_parts as digest;

/// A record that a source sent, as its receipt tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent<'r> {
    /// Who sent it.
    pub source: &'r str,
    /// The sender's own number of the submission.
    pub submission: &'r str,
    /// Place in the submission, from 0.
    pub index: u32,
    /// Column code of the data set.
    pub dataset: &'r str,
    /// The verdict, in the word of the receipt.
    pub verdict: &'r str,
    /// SHA-256 of its canonical bytes, hexadecimal; empty when it has none.
    pub digest: &'r str,
}

impl Sent<'_> {
    /// Its entry.
    pub fn entry(&self) -> Entry {
        let index = self.index.to_string();
        let id = [
            "exchange-hub/close/source/id/v1",
            self.source,
            self.submission,
            &index,
        ];
        let content = [
            "exchange-hub/close/source/content/v1",
            self.dataset,
            self.verdict,
            self.digest,
        ];
        Entry {
            id: digest(id),
            content: digest(content),
        }
    }
}

/// The entry of a record in a packet.
pub fn of_packet(holding: &Holding) -> Entry {
    Entry {
        id: holding.id(),
        content: holding.content,
    }
}

/// What the platform signs: path and query of the question, and the body of the answer.
pub fn signed_holdings(question: &str, body: &str) -> Vec<u8> {
    format!("exchange-hub/holdings/v1\n{question}\n{body}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::sha256;

    #[test]
    fn entries_are_hashed_as_written_down() {
        let sent = Sent {
            source: "000000",
            submission: "批次-1",
            index: 12,
            dataset: "A_SET",
            verdict: "accepted",
            digest: "",
        };
        let mut text = Vec::new();
        for part in ["exchange-hub/close/source/id/v1", "000000", "批次-1", "12"] {
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part.as_bytes());
        }
        assert_eq!(sent.entry().id, sha256(&text));
        let other = Sent {
            verdict: "rejected",
            ..sent
        };
        assert_eq!(other.entry().id, sent.entry().id);
        assert_ne!(other.entry().content, sent.entry().content);
    }
}
