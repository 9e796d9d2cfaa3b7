//! Deliveries held against the log: what each packet carried, every attempt and answer, and how each delivery ended.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Bundle, Checked, Outcome, fault, same};
use crate::leaf::packet::{Member, members_root};
use crate::leaf::{Acknowledgement, Leaf, acknowledgement};
use crate::pipeline::receipt::Receipt;
use crate::tlog::{Hash, sha256, verify_inclusion};

/// A packet as far as its leaves prove it.
pub(super) struct Packet {
    members: Vec<Member>,
    endings: BTreeMap<u64, Acknowledgement>,
}

/// What a bundle says of a packet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    batch: i64,
    destination: String,
    leaves: Vec<u64>,
    packet: String,
    packet_sha256: String,
    answer: String,
    #[serde(default)]
    erased: Option<u64>,
}

/// What a bundle says of a delivery.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: i64,
    destination: String,
    index: i32,
    state: String,
    reason: Option<String>,
    updated_at: Option<String>,
    packets: Vec<i64>,
    ended: Option<Ended>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    leaf: u64,
    place: String,
    path: Option<Vec<String>>,
}

impl Bundle<'_> {
    /// Every packet of the bundle, by its number.
    pub(super) fn packets(&self) -> Outcome<BTreeMap<i64, Packet>> {
        let mut packets = BTreeMap::new();
        for path in self.members.keys() {
            let folder = path.strip_prefix("packets/");
            let Some(number) = folder.and_then(|rest| rest.strip_suffix("/packet.json")) else {
                continue;
            };
            let number: i64 = number
                .parse()
                .map_err(|_| fault(path, "is no number of a packet"))?;
            packets.insert(number, self.packet(number)?);
        }
        Ok(packets)
    }

    fn packet(&self, number: i64) -> Outcome<Packet> {
        let folder = format!("packets/{number}");
        let place = format!("{folder}/packet.json");
        let told: Told = self.read(&place)?;
        same(&place, &told.batch.to_string(), &number.to_string())?;
        let listed = format!("{folder}/members.json");
        let members: Vec<Member> = self.read(&listed)?;
        let (mut made, mut endings, mut parts_root) = (0, BTreeMap::new(), None);
        for &index in &told.leaves {
            let at = format!("{folder}/leaves/{index}");
            let leaf = self.placed(&at, index)?;
            let at = format!("{at}/leaf.json");
            let (batch, destination) = match &leaf {
                Leaf::Packet(leaf) => {
                    made += 1;
                    same(&listed, &members_root(&members), &leaf.members_root)?;
                    same(
                        &listed,
                        &members.len().to_string(),
                        &leaf.members.to_string(),
                    )?;
                    same(&place, &told.packet_sha256, &leaf.packet_sha256)?;
                    parts_root.clone_from(&leaf.parts_root);
                    (Some(leaf.batch), &leaf.destination)
                }
                Leaf::Delivery(leaf) => {
                    same(&at, &leaf.packet_sha256, &told.packet_sha256)?;
                    (Some(leaf.batch), &leaf.destination)
                }
                Leaf::Acknowledgement(leaf) => {
                    if let Some(bytes) = self.kept(&format!("{folder}/answer"), &told.answer)? {
                        let found = sha256(bytes).to_hex();
                        same(&format!("{folder}/answer"), &found, &leaf.answer_sha256)?;
                    }
                    endings.insert(index, (**leaf).clone());
                    (leaf.batch, &leaf.destination)
                }
                _ => return Err(fault(at, "does not speak of a packet")),
            };
            same(&at, &format!("{batch:?}"), &format!("{:?}", Some(number)))?;
            same(&place, &told.destination, destination)?;
        }
        if made != 1 {
            let what = format!("{made} leaves say what the packet carries, expected 1");
            return Err(fault(place, what));
        }
        if told.answer == "included" && endings.is_empty() {
            let what = "no leaf in the bundle speaks of an answer";
            return Err(fault(format!("{folder}/answer"), what));
        }
        self.bytes(&folder, &told, &members, parts_root.as_deref())?;
        Ok(Packet { members, endings })
    }

    /// What is shown of the bytes of a packet is what the leaf says.
    fn bytes(
        &self,
        folder: &str,
        told: &Told,
        members: &[Member],
        root: Option<&str>,
    ) -> Outcome<()> {
        let whole = format!("{folder}/packet");
        if let Some(bytes) = self.kept(&whole, &told.packet)? {
            same(&whole, &sha256(bytes).to_hex(), &told.packet_sha256)?;
        }
        match told.packet.as_str() {
            "included" | "parts" if root.is_some() => self.parts(folder, members, root),
            "erased" => self.erasure_of(&format!("{folder}/packet.json"), told.erased, members),
            // Bundles of earlier versions show no parts.
            _ => Ok(()),
        }
    }

    /// A member that is there exactly if it is said to be included.
    fn kept(&self, path: &str, told: &str) -> Outcome<Option<&[u8]>> {
        let there = self.members.get(path).map(Vec::as_slice);
        match (there, told) {
            (Some(bytes), "included") => Ok(Some(bytes)),
            (None, "withheld" | "lost" | "none" | "parts" | "erased") => Ok(None),
            (Some(_), _) => Err(fault(path, format!("is there, but is said to be {told}"))),
            (None, _) => Err(fault(path, "is missing")),
        }
    }

    /// The deliveries of a submission; how many of them the log proves as they stand there.
    pub(super) fn deliveries(
        &self,
        folder: &str,
        receipt: &Receipt,
        packets: &BTreeMap<i64, Packet>,
        checked: &mut Checked,
    ) -> Outcome<()> {
        let place = format!("{folder}/deliveries.json");
        for value in self.value(&place)?.as_array().into_iter().flatten() {
            // Bundles of earlier versions say nothing of packets.
            let bound = value.get("packets").is_some();
            if bound {
                let row: Row = serde_json::from_value(value.clone())
                    .map_err(|error| fault(&place, error.to_string()))?;
                if self.delivery(&place, &row, receipt, packets)? {
                    checked.deliveries += 1;
                    continue;
                }
            }
            checked.deliveries_not_proven += 1;
        }
        Ok(())
    }

    /// Whether the log proves all that a row says.
    fn delivery(
        &self,
        place: &str,
        row: &Row,
        receipt: &Receipt,
        packets: &BTreeMap<i64, Packet>,
    ) -> Outcome<bool> {
        let here = format!("{place}, delivery {}", row.id);
        let outcome = receipt.records.get(row.index.unsigned_abs() as usize);
        let digest = outcome.and_then(|outcome| outcome.digest.clone());
        let mut last: Option<(&u64, &Acknowledgement)> = None;
        for number in &row.packets {
            let packet = packets.get(number);
            let packet = packet.ok_or_else(|| fault(format!("packets/{number}"), "is missing"))?;
            let carries = packet.members.iter().any(|member| {
                (member.delivery, member.index) == (row.id, row.index)
                    && member.submission == receipt.id
                    && Some(&member.digest) == digest.as_ref()
            });
            if !carries {
                let what = format!("packet {number} does not carry this record");
                return Err(fault(here, what));
            }
            let endings = packet.endings.iter();
            let named = endings.filter(|(_, ending)| ending.names(row.id));
            last = named.chain(last).max_by_key(|(index, _)| **index);
        }
        let open = matches!(row.state.as_str(), "pending" | "sent");
        let Some(ended) = &row.ended else {
            // Open, as far as the log says. One that had ended was sent again, or is not open at all: no leaf here
            // says which.
            return Ok(open && last.is_none() && !row.packets.is_empty());
        };
        if let Some((index, _)) = last.filter(|(index, _)| **index > ended.leaf) {
            let what = format!("leaf {index} says later how it ended");
            return Err(fault(here, what));
        }
        let leaf = self.placed(&ended.place, ended.leaf)?;
        let Leaf::Acknowledgement(leaf) = leaf else {
            return Err(fault(&ended.place, "does not say how a delivery ended"));
        };
        let says = leaf.ended(&row.state);
        if says.is_none_or(|numbers| !numbers.holds(row.id)) {
            let what = format!("is said to be {}, which the log does not say", row.state);
            return Err(fault(format!("{here}, state"), what));
        }
        same(
            &format!("{here}, destination"),
            &row.destination,
            &leaf.destination,
        )?;
        let at = row.updated_at.as_deref().unwrap_or_default();
        same(&format!("{here}, updated_at"), at, &leaf.at)?;
        let Some(path) = &ended.path else {
            return Ok(false);
        };
        let hashes = path.iter().map(|text| text.parse::<Hash>());
        let hashes = hashes.collect::<Result<Vec<_>, _>>();
        let root = Hash::from_hex(&leaf.outcomes_root);
        let (index, size) = leaf.place(row.id);
        let outcome = acknowledgement::Outcome {
            delivery: row.id,
            state: row.state.clone(),
            reason: row.reason.clone(),
        };
        match (hashes, root) {
            (Ok(hashes), Ok(root))
                if verify_inclusion(index, size, &outcome.hash(), &hashes, &root).is_ok() =>
            {
                Ok(true)
            }
            _ => Err(fault(format!("{here}, reason"), "is not what the log says")),
        }
    }
}
