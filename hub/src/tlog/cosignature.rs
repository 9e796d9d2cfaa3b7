//! Cosignatures as in C2SP tlog-cosignature, Ed25519: a witness says when it saw a checkpoint as the largest one.
//!
//! What is signed is a header line, a line with the time, and the text of the checkpoint. Whether the checkpoint is
//! consistent with what the witness saw before is the business of [`super::witness`].

use super::Error;
use super::note::{NoteSignature, Signer};
use super::vkey::Algorithm;

/// The message that a cosignature covers, for a time in seconds since 1970.
pub fn message(time: u64, text: &[u8]) -> Vec<u8> {
    let mut message = format!("cosignature/v1\ntime {time}\n").into_bytes();
    message.extend(text);
    message
}

/// Cuts a cosignature into its time and the Ed25519 signature.
pub fn split(signature: &[u8]) -> Option<(u64, &[u8])> {
    let (time, rest) = signature.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    (time < 1 << 63 && rest.len() == 64).then_some((time, rest))
}

/// Cosigns the text of a checkpoint with the key of a witness.
pub fn cosign(signer: &Signer, text: &str, time: u64) -> Result<NoteSignature, Error> {
    if signer.verifier().algorithm() != Algorithm::Cosignature {
        return Err(Error::Malformed {
            what: "key",
            why: "not the key of a witness",
        });
    }
    let signature = signer.sign(&message(time, text.as_bytes()))?;
    Ok(NoteSignature {
        name: signer.verifier().name().into(),
        id: signer.verifier().id(),
        bytes: [time.to_be_bytes().as_slice(), &signature].concat(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;
    use crate::tlog::{Note, VerifierKey};

    type Tested = Result<(), Box<dyn std::error::Error>>;

    fn witness() -> Result<Signer, Box<dyn std::error::Error>> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).map_err(|e| e.to_string())?;
        let public = pair.public_key().as_ref().to_vec();
        let key = VerifierKey::of("witness.example/w1", Algorithm::Cosignature, public)?;
        Ok(Signer::with(key, Arc::new(pair)))
    }

    #[test]
    fn the_message_is_that_of_the_specification() {
        let text =
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let wanted = format!("cosignature/v1\ntime 1679315147\n{text}");
        assert_eq!(message(1_679_315_147, text.as_bytes()), wanted.as_bytes());
    }

    #[test]
    fn a_cosignature_verifies_with_its_time_only() -> Tested {
        let witness = witness()?;
        let text = "log.example\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let line = cosign(&witness, text, 1_679_315_147)?;
        let note = format!("{text}\n{line}");
        let keys = [witness.verifier().clone()];
        assert_eq!(Note::parse(note.as_bytes())?.verify(&keys)?.len(), 1);
        let mut later = line.clone();
        if let Some(byte) = later.bytes.get_mut(7) {
            *byte ^= 1;
        }
        let note = format!("{text}\n{later}");
        assert!(Note::parse(note.as_bytes())?.verify(&keys).is_err());
        // The same key under the type of a log is another key.
        let log = VerifierKey::of(
            "witness.example/w1",
            Algorithm::Ed25519,
            keys[0].public().to_vec(),
        )?;
        assert_ne!(log.id(), keys[0].id());
        Ok(())
    }
}
