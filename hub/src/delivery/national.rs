//! The national platform on the wire: signed XML of its own edition, answered later, record by record.

use super::Signer;
use super::client::{Asking, Client, Sending};
use super::packet::{self, Head, PacketError};
use super::projection::{Projected, Projector, Unfit};
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

impl Wire for National {
    fn pack(&self, stamp: Stamp, versions: Vec<Version>) -> Result<Packed, PacketError> {
        let mut packed = Packed::default();
        let mut records = Vec::new();
        for version in versions {
            let projected = match &version.content {
                None => Err(Unfit::Missing),
                Some(content) => self.projector.project(content, version.held),
            };
            match projected {
                Ok(projected) => {
                    packed.members.push(version.owed);
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
            packed.packet = packet::build(&head, &records, &self.signer)?;
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
