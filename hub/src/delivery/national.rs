//! The national platform on the wire: signed XML of its own edition, answered later, record by record.

use memchr::memmem;

use super::Signer;
use super::client::{Asking, Client, Sending};
use super::packet::{self, Head, PacketError};
use super::projection::{Projected, Projector, Source, Unfit};
use super::wire::{Packed, Stamp, Version, Wire};

/// A national platform.
pub struct National {
    /// Speaks to it.
    pub client: Client,
    /// Makes its records of ours.
    pub projector: Projector,
    /// Signs packets.
    pub signer: Signer,
    /// Who sends: region code of the province.
    pub sender: String,
}

/// Where the parts of a packet end, given how many records each delivery brought. Texts and attributes are escaped, so
/// that `<RECORD ` begins a record and nothing else.
fn ends(packet: &[u8], brought: &[usize]) -> Vec<usize> {
    let mut begins: Vec<usize> = memmem::find_iter(packet, b"<RECORD ").collect();
    begins.extend(memmem::rfind(packet, b"</BODY>"));
    let first = begins.first().copied();
    let mut place = 0;
    let others = brought.iter().filter_map(|records| {
        place += records;
        begins.get(place).copied()
    });
    first.into_iter().chain(others).collect()
}

impl Wire for National {
    fn pack(&self, stamp: Stamp, versions: Vec<Version>) -> Result<Packed, PacketError> {
        let mut packed = Packed::default();
        let (mut records, mut brought) = (Vec::new(), Vec::new());
        let contents = versions.iter().map(|version| version.content.as_ref());
        let sources: Vec<_> = contents.map(|content| content.map(Source::of)).collect();
        for (version, source) in versions.iter().zip(&sources) {
            let projected = match source {
                None => Err(Unfit::Missing),
                Some(source) => self.projector.project(source, version.held),
            };
            match projected {
                Ok(projected) => {
                    packed.members.push(version.owed);
                    brought.push(projected.len());
                    records.extend(projected);
                }
                Err(why) => packed.unfit.push((version.owed.id, why.to_string())),
            }
        }
        packed.records = records.len();
        if !records.is_empty() {
            let head = Head {
                batch: stamp.batch,
                sender: self.sender.clone(),
                edition: self.projector.target().to_owned(),
                created_at: stamp.created_at,
            };
            let (bytes, digest) = packet::build(&head, &records, &self.signer)?;
            (packed.packet, packed.sha256) = (bytes, Some(digest));
            packed.ends = ends(&packed.packet, &brought);
            packed.brings = records.iter().map(Projected::holding).collect();
        }
        Ok(packed)
    }

    fn asks_what_is_held(&self) -> bool {
        true
    }

    fn send(&self, batch: i64, packet: &[u8]) -> Sending {
        self.client.send(batch, packet)
    }

    fn ask(&self, batch: i64) -> Asking {
        self.client.ask(batch)
    }
}
