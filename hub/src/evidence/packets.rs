//! The packets that carried what a bundle is about: what was in them, every attempt and answer with its leaf, and what
//! was sent of it.
//!
//! A packet carries records of others too, which are nobody's business here. It stands in the bundle whole only when all
//! its records do; otherwise head, end and the parts of the bundle's own records do, with the hash of every part, which
//! together give the root that the leaf holds. Asking for personal values changes nothing about that: it opens the parts
//! of the bundle's own records, not those of others. What was destroyed with an erased record shows the leaf that says so.

use serde_json::json;

use super::deliveries::published;
use super::gather::{Gather, GatherError};
use crate::leaf::packet::Member;
use crate::leaf::{self, Acknowledgement, parts};
use crate::pipeline::compress;
use crate::pipeline::raw::Stored;
use crate::store::packet_bytes::{self, PacketRow};
use crate::store::{Database, outbox, packets, submissions};
use crate::tlog::Hash;
use crate::tlog::hash::hex;

/// Adds every packet that a delivery of the bundle went into.
pub async fn add(gather: &mut Gather<'_>, connection: &mut Database) -> Result<(), GatherError> {
    for number in std::mem::take(&mut gather.batches) {
        one(gather, connection, number).await?;
    }
    Ok(())
}

async fn one(
    gather: &mut Gather<'_>,
    connection: &mut Database,
    number: i64,
) -> Result<(), GatherError> {
    let lost = || GatherError::Lost(format!("packet {number} is missing"));
    let folder = format!("packets/{number}");
    let batch = outbox::batch(connection, number)?.ok_or_else(lost)?;
    let leaves = published(gather, packets::leaves(connection, number)?);
    // An answer is shown when a leaf speaks of it that is published: nothing proves it before.
    let mut answered = false;
    for leaf in &leaves {
        gather.proven(connection, &format!("{folder}/leaves/{leaf}"), *leaf)?;
        let body = submissions::leaf(connection, *leaf)?.unwrap_or_default();
        answered |= leaf::decode::<Acknowledgement>(&body).is_ok();
    }
    let row = packet_bytes::of(connection, number)?.ok_or_else(lost)?;
    let listed = compress::unpack(&row.members)?.into_owned();
    let members: Vec<Member> = serde_json::from_slice(&listed)?;
    gather.put(format!("{folder}/members.json"), listed);
    if let Some(leaf) = row.erased_leaf {
        gather.proven(connection, &format!("erasures/{leaf}"), leaf)?;
    }
    let packet = sent(gather, &folder, &row, &members, &batch.packet_sha256).await?;
    let answer = match batch.answer.filter(|_| answered) {
        None => "none",
        Some(text) if gather.personal || !spec::issue::names_a_person(&text) => {
            gather.put(format!("{folder}/answer"), text.into_bytes());
            "included"
        }
        Some(_) => {
            gather.withhold(format!("{folder}/answer"));
            "withheld"
        }
    };
    gather.json(
        format!("{folder}/packet.json"),
        &json!({
            "batch": number,
            "destination": batch.destination,
            "leaves": leaves,
            "packet": packet,
            "packet_sha256": hex(&batch.packet_sha256),
            "erased": row.erased_leaf,
            "answer": answer,
        }),
    )
}

/// Adds what was sent, as far as it is the bundle's business; a word for how far that is.
async fn sent(
    gather: &mut Gather<'_>,
    folder: &str,
    row: &PacketRow,
    members: &[Member],
    packet_sha256: &[u8],
) -> Result<&'static str, GatherError> {
    if row.is_destroyed() {
        return Ok("erased");
    }
    let Some(stored) = Stored::of_packet(row, Hash::of_column(packet_sha256)) else {
        return Ok("lost");
    };
    // Where the bytes are lost the bundle goes without them, and says so.
    let Ok(packet) = gather.kept(&stored).await else {
        return Ok("lost");
    };
    let Some(cut) = parts::split(&packet, &row.ends()?) else {
        return Ok("lost");
    };
    let listed = serde_json::to_vec(&parts::listed(&cut))?;
    gather.put(format!("{folder}/parts.json"), listed);
    if members.iter().all(|member| in_full(gather, member)) {
        gather.put(format!("{folder}/packet"), packet);
        return Ok("included");
    }
    let mut shown = vec![0, cut.len() - 1];
    for (place, member) in (1..).zip(members) {
        if in_full(gather, member) {
            shown.push(place);
        } else if is_own(gather, member) {
            gather.withhold(format!("{folder}/parts/{place:05}"));
        }
    }
    for place in shown {
        let part = cut.get(place).copied().unwrap_or_default();
        gather.put(format!("{folder}/parts/{place:05}"), part.to_vec());
    }
    Ok("parts")
}

/// Whether the bundle is about the submission that brought the record.
fn is_own(gather: &Gather<'_>, member: &Member) -> bool {
    gather.holds(&format!("submissions/{}/receipt.json", member.submission))
}

/// Whether the record stands in the bundle with all its values.
fn in_full(gather: &Gather<'_>, member: &Member) -> bool {
    gather.holds(&format!(
        "submissions/{}/records/{:05}.json",
        member.submission, member.index
    ))
}
