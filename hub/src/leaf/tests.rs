//! Leaves are read back, and nothing else is taken for one.

use super::*;

#[test]
fn every_kind_is_read_back_to_the_byte() -> Result<(), LeafError> {
    let leaves = vectors::all()?;
    for bytes in &leaves {
        let again = match read(bytes)? {
            Leaf::Submission(leaf) => encode(&*leaf)?,
            Leaf::Change(leaf) => encode(&*leaf)?,
            Leaf::Delivery(leaf) => encode(&*leaf)?,
            Leaf::Acknowledgement(leaf) => encode(&*leaf)?,
            Leaf::Close(leaf) => encode(&*leaf)?,
            Leaf::Manifest(leaf) => encode(&*leaf)?,
            Leaf::Commitment(leaf) => encode(&*leaf)?,
            Leaf::Operator(leaf) => encode(&*leaf)?,
            Leaf::Witness(leaf) => encode(&*leaf)?,
            Leaf::Reperformance(leaf) => encode(&*leaf)?,
            Leaf::LogKey(leaf) => encode(&*leaf)?,
            Leaf::Attachment(leaf) => encode(&*leaf)?,
            Leaf::Sequence(leaf) => encode(&*leaf)?,
            Leaf::Packet(leaf) => encode(&*leaf)?,
            Leaf::Contradiction(leaf) => encode(&*leaf)?,
        };
        assert_eq!(again, *bytes);
    }
    Ok(())
}

#[test]
fn another_member_kind_or_version_is_no_leaf() -> Result<(), LeafError> {
    for bytes in vectors::all()? {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let unknown = text.replacen("\"kind\":\"", "\"kind\":\"un", 1);
        assert!(
            matches!(read(unknown.as_bytes()), Err(LeafError::Unknown { .. })),
            "{unknown}"
        );
        let later = text.replacen("\"v\":1", "\"v\":2", 1);
        assert_ne!(later, text);
        assert!(
            matches!(
                read(later.as_bytes()),
                Err(LeafError::Unknown { version: 2, .. })
            ),
            "{later}"
        );
        let more = text.replacen('{', "{\"a_member\":1,", 1);
        assert!(
            matches!(read(more.as_bytes()), Err(LeafError::Malformed { .. })),
            "{more}"
        );
        let cut = bytes.split_last().map_or(&[][..], |(_, rest)| rest);
        assert!(read(cut).is_err());
    }
    assert!(read(b"[]").is_err());
    Ok(())
}

#[test]
fn what_no_bundle_can_hold_is_not_written() -> Result<(), LeafError> {
    let operator = |length: usize| Operator {
        action: operator::Action::Replay,
        by: "a".repeat(length),
        about: String::new(),
        facts: std::collections::BTreeMap::new(),
        at: String::new(),
    };
    let around = encode(&operator(0))?.len();
    assert_eq!(encode(&operator(LONGEST - around))?.len(), LONGEST);
    let over = encode(&operator(LONGEST - around + 1));
    assert_eq!(
        over,
        Err(LeafError::TooLong {
            length: LONGEST + 1
        })
    );
    Ok(())
}

/// `fixtures/tlog/leaves.jsonl` is what others test their readers on: a leaf changes its form by a new version only.
#[test]
fn the_published_vectors_are_these_leaves() -> Result<(), LeafError> {
    let published = include_str!("../../../fixtures/tlog/leaves.jsonl");
    assert_eq!(vectors::lines()?, published);
    Ok(())
}
