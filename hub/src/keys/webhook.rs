//! Secrets of webhooks, and signatures made with them, as Standard Webhooks 1.0.0 has them.
//!
//! A secret is `whsec_` and 24 to 64 bytes in base64. The file of a subscriber holds one a line, the newest first; all
//! of them sign, so that the subscriber may change over when it likes, and the old one is dropped afterwards.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::KeyError;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a new secret.
const BYTES: usize = 32;
/// Most secrets that are live at once.
const LIVE: usize = 2;

/// The live secrets of one subscriber, the newest first.
#[derive(Clone)]
pub struct Secrets {
    texts: Vec<String>,
    keys: Vec<hmac::Key>,
}

impl Secrets {
    /// Loads the secrets of a file that only the owner can read.
    pub fn load(path: &Path) -> Result<Secrets, KeyError> {
        let metadata = fs::metadata(path).map_err(KeyError::io("open", path))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed {
                path: path.into(),
                mode,
            });
        }
        let text = fs::read_to_string(path).map_err(KeyError::io("read", path))?;
        Secrets::parse(&text).ok_or_else(|| KeyError::Secret { path: path.into() })
    }

    /// Loads the secrets, or makes the first one when there is no file.
    pub fn load_or_create(path: &Path) -> Result<Secrets, KeyError> {
        match Secrets::load(path) {
            Err(KeyError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                let secrets = Secrets::new(vec![new_secret()?]).ok_or(KeyError::Entropy)?;
                secrets.keep(path)?;
                Ok(secrets)
            }
            loaded => loaded,
        }
    }

    /// Adds a new secret before the live ones, of which the oldest is dropped when there are two; keeps them.
    pub fn rotate(self, path: &Path) -> Result<Secrets, KeyError> {
        let mut texts = self.texts;
        texts.insert(0, new_secret()?);
        texts.truncate(LIVE);
        let secrets = Secrets::new(texts).ok_or(KeyError::Entropy)?;
        secrets.keep(path)?;
        Ok(secrets)
    }

    /// Drops all but the newest secret; keeps it.
    pub fn settle(self, path: &Path) -> Result<Secrets, KeyError> {
        let newest = self.texts.into_iter().take(1).collect();
        let secrets = Secrets::new(newest).ok_or(KeyError::Entropy)?;
        secrets.keep(path)?;
        Ok(secrets)
    }

    /// The newest secret, to be shown to an operator.
    pub fn newest(&self) -> &str {
        self.texts.first().map_or("", String::as_str)
    }

    /// How many are live.
    pub fn live(&self) -> usize {
        self.texts.len()
    }

    /// The header `webhook-signature` of a message: one signature for each live secret.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut message = format!("{id}.{timestamp}.").into_bytes();
        message.extend_from_slice(body);
        let signatures: Vec<String> = self
            .keys
            .iter()
            .map(|key| format!("v1,{}", STANDARD.encode(hmac::sign(key, &message))))
            .collect();
        signatures.join(" ")
    }

    fn parse(text: &str) -> Option<Secrets> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Secrets::new(lines.map(str::to_owned).collect())
    }

    fn new(texts: Vec<String>) -> Option<Secrets> {
        if texts.is_empty() || texts.len() > LIVE {
            return None;
        }
        let key = |text: &String| {
            let secret = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
            (24..=64)
                .contains(&secret.len())
                .then(|| hmac::Key::new(hmac::HMAC_SHA256, &secret))
        };
        let keys = texts.iter().map(key).collect::<Option<_>>()?;
        Some(Secrets { texts, keys })
    }

    /// Writes the file whole or not at all.
    fn keep(&self, path: &Path) -> Result<(), KeyError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(KeyError::io("make the folder of", path))?;
        }
        let unfinished = path.with_extension("tmp");
        let write = || {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(format!("{}\n", self.texts.join("\n")).as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, path)
        };
        write().map_err(KeyError::io("write", path))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets")
            .field("live", &self.texts.len())
            .finish_non_exhaustive()
    }
}

fn new_secret() -> Result<String, KeyError> {
    let mut random = [0; BYTES];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| KeyError::Entropy)?;
    Ok(format!("{PREFIX}{}", STANDARD.encode(random)))
}

/// Whether one of the signatures in a header was made with a secret: what a subscriber does.
pub fn verifies(secret: &str, id: &str, timestamp: &str, body: &[u8], header: &str) -> bool {
    let Some(secret) = secret
        .strip_prefix(PREFIX)
        .and_then(|text| STANDARD.decode(text).ok())
    else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let mut message = format!("{id}.{timestamp}.").into_bytes();
    message.extend_from_slice(body);
    header.split(' ').any(|signature| {
        let signature = signature.strip_prefix("v1,");
        let signature = signature.and_then(|text| STANDARD.decode(text).ok());
        signature.is_some_and(|signature| hmac::verify(&key, &message, &signature).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn signatures_are_those_of_the_published_example() -> Tested {
        // The example in the reference libraries of Standard Webhooks.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secrets = Secrets::parse(secret).ok_or("a secret")?;
        let body = br#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        assert_eq!(
            secrets.sign(id, 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        Ok(())
    }

    #[test]
    fn while_a_secret_is_changed_both_sign() -> Tested {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("keys/desk.secret");
        let first = Secrets::load_or_create(&path)?;
        let old = first.newest().to_owned();
        let both = Secrets::load(&path)?.rotate(&path)?;
        let new = both.newest().to_owned();
        assert_ne!(old, new);
        let header = Secrets::load(&path)?.sign("m", 7, b"x");
        assert!(verifies(&old, "m", "7", b"x", &header));
        assert!(verifies(&new, "m", "7", b"x", &header));
        assert!(!verifies(&new, "m", "8", b"x", &header));
        let one = both.settle(&path)?;
        assert_eq!(one.live(), 1);
        assert!(!verifies(&old, "m", "7", b"x", &one.sign("m", 7, b"x")));
        Ok(())
    }

    #[test]
    fn what_is_no_secret_or_open_to_others_is_refused() -> Tested {
        for text in [
            "",
            "whsec_",
            "whsec_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert!(Secrets::parse(text).is_none(), "{text}");
        }
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("desk.secret");
        Secrets::load_or_create(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        assert!(matches!(
            Secrets::load(&path),
            Err(KeyError::Exposed { .. })
        ));
        Ok(())
    }
}
