//! Notes against the published example, several signers, and damage.
#![expect(clippy::indexing_slicing, reason = "tests")]

use super::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// The example of golang.org/x/mod/sumdb/note: seed, key, text and signature.
const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SKEY: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const SIGNATURE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIu\
                         GUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// The example of the C2SP specification, with an empty line in its text.
const POEM: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è \
                    subito sera.\n\n\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeF\
                    DkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

fn peter() -> Result<Signer, Box<dyn std::error::Error>> {
    let seed = STANDARD.decode(SKEY)?.split_off(1);
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|e| e.to_string())?;
    Ok(Signer::new("PeterNeumann", Arc::new(pair))?)
}

fn signer(name: &str, seed: u8) -> Result<Signer, Box<dyn std::error::Error>> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).map_err(|e| e.to_string())?;
    Ok(Signer::new(name, Arc::new(pair))?)
}

#[test]
fn the_published_note_is_made_and_verified() -> Tested {
    let note = Note::sign(TEXT, &[&peter()?])?;
    assert_eq!(note.to_string(), format!("{TEXT}\n{SIGNATURE}"));
    let read = Note::parse(note.to_string().as_bytes())?;
    assert_eq!(read, note);
    let keys = [VKEY.parse()?];
    assert_eq!(read.verify(&keys)?, [&keys[0]]);
    Ok(())
}

#[test]
fn the_text_ends_at_the_last_empty_line() -> Tested {
    let note = Note::parse(POEM.as_bytes())?;
    assert!(note.text().ends_with(":\n\ned è subito sera.\n"));
    assert_eq!(note.signatures().len(), 1);
    assert_eq!(note.to_string(), POEM);
    Ok(())
}

#[test]
fn unknown_signatures_are_ignored_and_false_ones_are_not() -> Tested {
    let (log, witness) = (signer("log.example", 1)?, signer("witness.example", 2)?);
    let renamed = signer("log.example", 3)?;
    let note = Note::sign("text\n", &[&renamed, &log, &witness])?;
    let note = Note::parse(note.to_string().as_bytes())?;
    let key = |s: &Signer| s.verifier().clone();

    assert_eq!(note.verify(&[key(&log)])?.len(), 1);
    assert_eq!(note.verify(&[key(&witness), key(&log)])?.len(), 2);
    let stranger = signer("stranger.example", 4)?;
    assert!(matches!(
        note.verify(&[key(&stranger)]),
        Err(Error::Unsigned)
    ));
    assert!(matches!(note.verify(&[]), Err(Error::Unsigned)));

    let mut other = note.clone();
    other.signatures[2].bytes[0] ^= 1;
    assert_eq!(other.verify(&[key(&log)])?.len(), 1);
    assert!(matches!(
        other.verify(&[key(&log), key(&witness)]),
        Err(Error::BadSignature { name }) if name == "witness.example"
    ));
    Ok(())
}

#[test]
fn a_note_with_any_byte_flipped_is_refused() -> Tested {
    let note = format!("{TEXT}\n{SIGNATURE}");
    let keys = [VKEY.parse()?];
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let verified = Note::parse(&bytes).and_then(|n| n.verify(&keys).map(drop));
            assert!(verified.is_err(), "byte {at} bit {bit}");
        }
    }
    Ok(())
}

#[test]
fn malformed_notes_are_refused() {
    let line = SIGNATURE;
    let many = line.repeat(MAX_SIGNATURES + 1);
    for note in [
        String::new(),
        "text".into(),
        "text\n".into(),
        "text\n\n".into(),
        format!("text\n{line}"),
        format!("\n{line}"),
        format!("text\n\n{}", line.trim_end()),
        format!("text\n\n{line}\n"),
        format!("text\n\n{line}more\n"),
        format!("te\txt\n\n{line}"),
        format!("text\r\n\n{line}"),
        format!("text\n\n{}", line.replace('\u{2014}', "-")),
        format!("text\n\n{}", line.replace("PeterNeumann", "Peter+Neumann")),
        format!(
            "text\n\n{}",
            line.replace("PeterNeumann", "Peter\u{a0}Neumann")
        ),
        format!("text\n\n{}", line.replace("PeterNeumann ", "")),
        format!("text\n\n{}", line.replace("nAM=", "nAM")),
        "text\n\n\u{2014} name AAAA\n".into(),
        "text\n\n\u{2014} name AAAAAA==\n".into(),
        format!("text\n\n{many}"),
        format!("{}\n\n{line}", "x".repeat(MAX_NOTE)),
    ] {
        assert!(Note::parse(note.as_bytes()).is_err(), "{note:.60}");
    }
    assert!(Note::parse(b"\xff\n\n").is_err());
    let sixteen = format!("text\n\n{}", line.repeat(16));
    assert!(Note::parse(sixteen.as_bytes()).is_ok());
}

#[test]
fn a_text_that_could_not_be_read_back_is_not_signed() -> Tested {
    for text in ["", "text", "te\0xt\n"] {
        assert!(Note::sign(text, &[&peter()?]).is_err(), "{text:?}");
    }
    Ok(())
}

#[test]
fn a_signer_does_not_show_its_key() -> Tested {
    assert_eq!(format!("{:?}", peter()?), format!("Signer({VKEY})"));
    Ok(())
}
