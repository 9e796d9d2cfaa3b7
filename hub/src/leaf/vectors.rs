//! One leaf of each kind with invented contents: what `fixtures/tlog/leaves.jsonl` is written from, so that others
//! can test their own reader of this log.

use super::acknowledgement::{self, Acknowledgement, By};
use super::attachment::{self, Attachment};
use super::delivery::{self, Delivery};
use super::log_key::{KeyChange, LogKey};
use super::operator::{Action, Operator};
use super::packet::{self, Packet};
use super::parts;
use super::{
    Change, Close, Commitment, Contradiction, Counts, LeafError, Manifest, Reperformance, Sequence,
    Submission, Witness, encode,
};
use crate::tlog::{leaf_hash, merkle_root, sha256};

/// The vectors: one line of JSON each, with the leaf as text and its RFC 6962 hash in hexadecimal.
pub fn lines() -> Result<String, LeafError> {
    let mut lines = String::new();
    for leaf in all()? {
        let line = serde_json::json!({
            "leaf": String::from_utf8_lossy(&leaf), "hash": leaf_hash(&leaf).to_hex(),
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    Ok(lines)
}

/// The leaves, one of each kind.
pub fn all() -> Result<Vec<Vec<u8>>, LeafError> {
    let at = || "2026-11-20T09:30:00.000+08:00".to_owned();
    let digest = |of: &str| sha256(of.as_bytes()).to_hex();
    let counts = Counts {
        records: 3,
        accepted: 2,
        rejected: 1,
        ..Counts::default()
    };
    let submission = Submission {
        id: "S000000000001".to_owned(),
        source: "000000".to_owned(),
        submission: "批次-1".to_owned(),
        sender_signature: Some(digest("signature")),
        received_at: at(),
        edition: "3.0".to_owned(),
        raw_sha256: digest("raw"),
        raw_bytes: 4096,
        specification: digest("specification"),
        codes: digest("codes"),
        build: "hub 0.1.0".to_owned(),
        basis: None,
        counts,
        outcomes_root: merkle_root(&[]).to_hex(),
        records_root: merkle_root(&[leaf_hash(b"{}")]).to_hex(),
    };
    let change = Change {
        change: "released".to_owned(),
        record: 7,
        submission: "S000000000001".to_owned(),
        index: 2,
        digest: digest("record"),
        verdict: spec::Verdict::Accepted,
        replaced_by: None,
        issues_sha256: digest("[]"),
        at: at(),
    };
    let delivery = Delivery {
        destination: "national".to_owned(),
        batch: 1,
        attempt: 1,
        outcome: delivery::Outcome::Sent,
        packet_sha256: digest("packet"),
        records: 2,
        reason_sha256: None,
        at: at(),
    };
    let outcomes = [("acknowledged", None), ("refused", Some("code: 无此代码"))];
    let outcomes = outcomes
        .into_iter()
        .zip(1..)
        .map(|((state, reason), number)| acknowledgement::Outcome {
            delivery: number,
            state: state.to_owned(),
            reason: reason.map(str::to_owned),
        });
    let acknowledgement = Acknowledgement {
        destination: "national".to_owned(),
        batch: Some(1),
        by: By::Destination,
        answer_sha256: digest("answer"),
        acknowledged: [1].into_iter().collect(),
        refused: [2].into_iter().collect(),
        exhausted: [].into_iter().collect(),
        again: 0,
        outcomes_root: acknowledgement::outcomes_root(outcomes.collect()),
        at: at(),
    };
    let close = Close {
        date: "2026-11-20".to_owned(),
        with: "destination/national".to_owned(),
        number: 1,
        counts,
        owed: 2,
        acknowledged: 1,
        refused: 1,
        exhausted: 0,
        open: 0,
        balanced: true,
        agreed: Some(true),
        root: Some(digest("root")),
        document_sha256: digest("document"),
        at: at(),
    };
    let manifest = Manifest {
        date: "2026-11-20".to_owned(),
        source: "000000".to_owned(),
        number: 1,
        document_sha256: digest("document"),
        manifest_sha256: digest("manifest"),
        key: "000000+00000000+AQ==".to_owned(),
        records: 3,
        root: digest("root"),
        agreed: true,
        at: at(),
    };
    let commitment = Commitment {
        until: at(),
        boundary: 7,
        salt_sha256: merkle_root(&[]).to_hex(),
        records: 0,
        records_root: merkle_root(&[]).to_hex(),
        submissions: 0,
        submissions_root: merkle_root(&[]).to_hex(),
        at: at(),
    };
    let operator = Operator {
        action: Action::Replay,
        by: "duty".to_owned(),
        about: "1".to_owned(),
        facts: [("deliveries".to_owned(), "17".to_owned())].into(),
        at: at(),
    };
    let witness = Witness {
        witness: "witness.example+00000000+BA==".to_owned(),
        size: 12,
        root: merkle_root(&[]).to_string(),
        cosignature: "AAAAAA==".to_owned(),
        at: at(),
    };
    let reperformance = Reperformance {
        submission: "S000000000001".to_owned(),
        leaf_index: 0,
        drawn_from: Some(merkle_root(&[]).to_string()),
        build: "hub 0.1.0".to_owned(),
        same: true,
        lacking: None,
        outcomes_root: Some(merkle_root(&[]).to_hex()),
        records_root: Some(merkle_root(&[leaf_hash(b"{}")]).to_hex()),
        at: at(),
    };
    let log_key = LogKey {
        change: KeyChange::Begun,
        key: "log.example+00000000+AQ==".to_owned(),
        reason: "first".to_owned(),
        at: at(),
    };
    let attachment = Attachment {
        attachment: 1,
        source: "000000".to_owned(),
        slot: "SLOT".to_owned(),
        sha256: digest("file"),
        bytes: 4,
        media_type: "application/pdf".to_owned(),
        named: attachment::named("salt", "code", "公告.pdf"),
        at: at(),
    };
    let sequence = Sequence {
        alert: "fork".to_owned(),
        source: "000000".to_owned(),
        expected: 18,
        found: 17,
        submission: "S000000000002".to_owned(),
        first: Some("S000000000001".to_owned()),
        at: at(),
    };
    let contradiction = Contradiction {
        destination: "national".to_owned(),
        batch: 1,
        records: [7, 8].into_iter().collect(),
        stands_sha256: digest("answer"),
        other_sha256: digest("another answer"),
        at: at(),
    };
    let member = packet::Member {
        delivery: 1,
        submission: "S000000000001".to_owned(),
        index: 0,
        digest: digest("record"),
        held: false,
    };
    let packet = Packet {
        destination: "national".to_owned(),
        batch: 1,
        packet_sha256: digest("packet"),
        members: 1,
        members_root: packet::members_root(&[member]),
        parts_root: Some(parts::root(&[b"<HEAD/>", b"<RECORD/>", b"<SIGNATURE/>"])),
        at: at(),
    };
    Ok(vec![
        encode(&submission)?,
        encode(&change)?,
        encode(&delivery)?,
        encode(&acknowledgement)?,
        encode(&close)?,
        encode(&manifest)?,
        encode(&operator)?,
        encode(&witness)?,
        encode(&reperformance)?,
        encode(&log_key)?,
        encode(&attachment)?,
        encode(&sequence)?,
        encode(&contradiction)?,
        encode(&commitment)?,
        encode(&packet)?,
    ])
}
