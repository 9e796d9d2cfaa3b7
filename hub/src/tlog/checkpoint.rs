//! Checkpoints as in C2SP tlog-checkpoint: origin, size and root of the log, as a signed note.
//!
//! A checkpoint carries no time: whoever needs one puts it into an entry.

use std::fmt;

use super::layout::decimal;
use super::note::{Note, Signer};
use super::vkey::VerifierKey;
use super::{Error, Hash};

/// The size and root that a log vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Identity of the log.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree of that size.
    pub root: Hash,
    /// Further lines, opaque; normally none.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// Makes a checkpoint without extension lines.
    pub fn new(origin: &str, size: u64, root: Hash) -> Self {
        Self {
            origin: origin.into(),
            size,
            root,
            extensions: Vec::new(),
        }
    }

    /// Reads the text of a note.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let body = text
            .strip_suffix('\n')
            .ok_or_else(|| malformed("no newline at the end"))?;
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty());
        let origin = origin.ok_or_else(|| malformed("no origin"))?;
        let size = lines.next().and_then(decimal);
        let size = size.ok_or_else(|| malformed("the size is not a decimal"))?;
        let root = lines.next().ok_or_else(|| malformed("no root"))?.parse()?;
        let extensions: Vec<String> = lines.map(Into::into).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(malformed("an empty extension line"));
        }
        let origin = origin.into();
        Ok(Self {
            origin,
            size,
            root,
            extensions,
        })
    }

    /// Signs the checkpoint. The text of the checkpoint is read back first, so that nothing is
    /// signed that would be read in another way.
    pub fn sign(&self, signers: &[&Signer]) -> Result<Note, Error> {
        let text = self.to_string();
        if Self::parse(&text)? != *self {
            return Err(malformed("a line break in a line"));
        }
        Note::sign(&text, signers)
    }

    /// Reads a signed checkpoint of `origin` and verifies it with the keys.
    pub fn open(bytes: &[u8], origin: &str, keys: &[VerifierKey]) -> Result<Self, Error> {
        let note = Note::parse(bytes)?;
        note.verify(keys)?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != origin {
            return Err(Error::Origin {
                found: checkpoint.origin,
                expected: origin.into(),
            });
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn malformed(why: &'static str) -> Error {
    Error::Malformed {
        what: "checkpoint",
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::sha256;
    use ring::signature::Ed25519KeyPair;
    use std::sync::Arc;

    const BODY: &str = "example.com/behind-the-sofa\n20852163\n\
                        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn signer(name: &str) -> Result<Signer, Error> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]);
        let pair = pair.map_err(|_| malformed("seed"))?;
        Signer::new(name, Arc::new(pair))
    }

    #[test]
    fn the_published_checkpoint_is_read_and_written() -> Result<(), Error> {
        let checkpoint = Checkpoint::parse(BODY)?;
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.to_string(), BODY);
        let extended = format!("{BODY}one\ntwo\n");
        let checkpoint = Checkpoint::parse(&extended)?;
        assert_eq!(checkpoint.extensions, ["one", "two"]);
        assert_eq!(checkpoint.to_string(), extended);
        Ok(())
    }

    #[test]
    fn a_signed_checkpoint_opens_for_its_origin_only() -> Result<(), Error> {
        let signer = signer("log.example")?;
        let keys = [signer.verifier().clone()];
        let checkpoint = Checkpoint::new("log.example", 3, sha256(b"root"));
        let note = checkpoint.sign(&[&signer])?.to_string();
        let opened = Checkpoint::open(note.as_bytes(), "log.example", &keys)?;
        assert_eq!(opened, checkpoint);
        assert!(matches!(
            Checkpoint::open(note.as_bytes(), "other.example", &keys),
            Err(Error::Origin { .. })
        ));
        assert!(Checkpoint::open(note.as_bytes(), "log.example", &[]).is_err());
        Ok(())
    }

    #[test]
    fn a_checkpoint_that_reads_differently_is_not_signed() -> Result<(), Error> {
        let signer = signer("log.example")?;
        let mut checkpoint = Checkpoint::new("", 3, sha256(b"root"));
        assert!(checkpoint.sign(&[&signer]).is_err());
        checkpoint.origin = "log\n4".into();
        assert!(checkpoint.sign(&[&signer]).is_err());
        checkpoint.origin = "log".into();
        checkpoint.extensions = vec!["a\nb".into()];
        assert!(checkpoint.sign(&[&signer]).is_err());
        checkpoint.extensions = vec![String::new()];
        assert!(checkpoint.sign(&[&signer]).is_err());
        Ok(())
    }

    #[test]
    fn malformed_checkpoints_are_refused() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for text in [
            String::new(),
            format!("\n1\n{root}\n"),
            "log\n1\n".into(),
            format!("log\n1\n{root}"),
            format!("log\n01\n{root}\n"),
            format!("log\n-1\n{root}\n"),
            format!("log\n+1\n{root}\n"),
            format!("log\n\n{root}\n"),
            format!("log\n18446744073709551616\n{root}\n"),
            format!("log\n1\n{}\n", root.trim_end_matches('=')),
            format!("log\n1\n{root} \n"),
            format!("log\n1\n{root}\n\n"),
            format!("log\n1\n{root}\n\nmore\n"),
        ] {
            assert!(Checkpoint::parse(&text).is_err(), "{text:?}");
        }
    }
}
