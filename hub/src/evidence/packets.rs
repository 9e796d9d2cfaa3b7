//! The packets that carried what a bundle is about: what was in them, every attempt and answer with its leaf, and the
//! bytes themselves.
//!
//! A packet carries records of others too. Its bytes stand in the bundle when all its records do, or when personal
//! values were asked for; otherwise its SHA-256 and the digests of its records must do.

use serde_json::json;

use super::deliveries::published;
use super::gather::{Gather, GatherError};
use crate::delivery::remade;
use crate::delivery::wire::Stamp;
use crate::leaf::packet::Member;
use crate::pipeline::compress;
use crate::store::{Database, outbox, packets};
use crate::tlog::hash::hex;

/// Adds every packet that a delivery of the bundle went into.
pub fn add(gather: &mut Gather<'_>, connection: &mut Database) -> Result<(), GatherError> {
    for number in std::mem::take(&mut gather.batches) {
        one(gather, connection, number)?;
    }
    Ok(())
}

fn one(gather: &mut Gather<'_>, connection: &mut Database, number: i64) -> Result<(), GatherError> {
    let lost = || GatherError::Lost(format!("packet {number} is missing"));
    let folder = format!("packets/{number}");
    let batch = outbox::batch(connection, number)?.ok_or_else(lost)?;
    let leaves = published(gather, packets::leaves(connection, number)?);
    for leaf in &leaves {
        gather.proven(connection, &format!("{folder}/leaves/{leaf}"), *leaf)?;
    }
    let kept = packets::members(connection, number)?.ok_or_else(lost)?;
    let listed = compress::unpack(&kept)?.into_owned();
    let members: Vec<Member> = serde_json::from_slice(&listed)?;
    gather.put(format!("{folder}/members.json"), listed);
    let shown = gather.personal || members.iter().all(|member| in_full(gather, member));
    let expected = hex(&batch.packet_sha256);
    let stamp = Stamp {
        batch: number,
        created_at: batch.created_at,
    };
    let wires = (gather.packers)(&batch.destination);
    let packet = if shown {
        match remade::packet(connection, &wires, stamp, &members, &expected)? {
            Some(bytes) => {
                gather.put(format!("{folder}/packet"), bytes);
                "included"
            }
            None => "lost",
        }
    } else {
        gather.withhold(format!("{folder}/packet"));
        "withheld"
    };
    let answer = match batch.answer {
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
            "packet_sha256": expected,
            "answer": answer,
        }),
    )
}

/// Whether the record stands in the bundle with all its values.
fn in_full(gather: &Gather<'_>, member: &Member) -> bool {
    gather.holds(&format!(
        "submissions/{}/records/{:05}.json",
        member.submission, member.index
    ))
}
