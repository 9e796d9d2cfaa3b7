//! The master keys: they encrypt nothing but the keys of single values (`sealing`).
//!
//! They are kept in a file for the owner's eyes only (`keys/master.key`), a line each, or come from the environment. The
//! first encrypts; further ones open what was not rewrapped yet. Whoever backs up the database leaves this file out of
//! it: without it a backup shows no personal value.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::RwLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sealing::{
    Cipher, ENVELOPE, FIRST, Guarded, ID, KEY, SealError, WRAPPED, random, split,
};
use super::{KeyError, file};
use crate::tlog::hash::{hex, sha256};

/// How a line of the file begins.
const PREFIX: &str = "hubmk_";

/// A master key.
#[derive(Clone)]
struct Master {
    id: [u8; ID],
    text: String,
    cipher: Cipher,
}

impl Master {
    fn of(text: &str) -> Option<Master> {
        let secret = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let secret: [u8; KEY] = secret.try_into().ok()?;
        let mut named = b"exchange-hub/master/v1".to_vec();
        named.extend_from_slice(&secret);
        let id = sha256(&named).as_bytes().first_chunk().copied()?;
        Some(Master {
            id,
            text: text.to_owned(),
            cipher: Cipher::new(&secret).ok()?,
        })
    }
}

/// The master keys of a hub, of which the first encrypts.
#[derive(Clone)]
pub struct Masters(Vec<Master>);

/// Every master key that this process was given, by which envelopes of any of its databases open. Only added to.
///
/// The one value of this process that is not handed down, on purpose. A row opens itself where it is read
/// (`store/body.rs`), in some forty queries of which none knows more than a connection; handed down, the keys would pass
/// through every reader, and one that forgot to open what it read would show ciphertext for a record. Nothing depends on
/// which keys are here but whether an envelope opens: its own id says which key it wants, so that two databases of one
/// process (a hub and its sandbox) cannot take each other's. What encrypts is handed down (`Masters`), and so is what
/// values are looked up by (`LookupKey`).
static GIVEN: RwLock<Vec<Master>> = RwLock::new(Vec::new());

fn given<T>(
    id: [u8; ID],
    with: impl FnOnce(&Master) -> Result<T, SealError>,
) -> Result<T, SealError> {
    let all = GIVEN.read().map_err(|_| SealError::Failed)?;
    let master = all.iter().find(|master| master.id == id);
    with(master.ok_or_else(|| SealError::NoMaster(hex(&id)))?)
}

impl Masters {
    /// Reads keys as the file or the environment has them: separated by line ends or commas.
    pub fn parse(text: &str) -> Option<Masters> {
        let lines = text.split(['\n', ',']).map(str::trim);
        let keys: Option<Vec<Master>> = lines
            .filter(|line| !line.is_empty())
            .map(Master::of)
            .collect();
        keys.filter(|keys| !keys.is_empty()).map(Masters)
    }

    /// Loads the file after looking at who else can read it; none when there is none.
    pub fn load(path: &Path) -> Result<Option<Masters>, KeyError> {
        match file::load_pem(path) {
            Ok(text) => Masters::parse(&text)
                .map(Some)
                .ok_or_else(|| KeyError::Master { path: path.into() }),
            Err(KeyError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the first key, in a new file.
    pub fn create(path: &Path) -> Result<Masters, KeyError> {
        let master = new_master()?;
        file::create_pem(path, &format!("{}\n", master.text))?;
        Ok(Masters(vec![master]))
    }

    /// Puts a new key before the others, and keeps all of them.
    pub fn add(&self, path: &Path) -> Result<Masters, KeyError> {
        let mut keys = vec![new_master()?];
        keys.extend_from_slice(&self.0);
        Masters(keys).keep(path)
    }

    /// Drops all but the first; keeps it.
    pub fn settle(&self, path: &Path) -> Result<Masters, KeyError> {
        Masters(self.0.iter().take(1).cloned().collect()).keep(path)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The ids, in hexadecimal; the first encrypts.
    pub fn ids(&self) -> Vec<String> {
        self.0.iter().map(|master| hex(&master.id)).collect()
    }

    /// Lets this process open what is encrypted under them.
    pub fn admit(&self) {
        if let Ok(mut given) = GIVEN.write() {
            for master in &self.0 {
                if given.iter().all(|known| known.id != master.id) {
                    given.push(master.clone());
                }
            }
        }
    }

    fn wrap_with(
        &self,
        secret: &[u8; KEY],
        nonce: [u8; 12],
        bound: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let master = self.0.first().ok_or(SealError::Failed)?;
        let mut wrapped = secret.to_vec();
        master.cipher.seal(nonce, bound, &mut wrapped)?;
        let mut envelope = Vec::with_capacity(WRAPPED);
        envelope.push(ENVELOPE);
        envelope.extend_from_slice(&master.id);
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(&wrapped);
        Ok(envelope)
    }

    /// Wraps the key of something for its place.
    pub fn wrap(&self, secret: &[u8; KEY], bound: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(self.wrap_with(secret, random()?, bound)?)
    }

    /// Puts an encrypted value into an envelope for its place.
    pub fn envelope(&self, value: &Guarded, bound: &[u8]) -> Result<Vec<u8>, SealError> {
        let (secret, nonce, ciphertext) = value.parts();
        let mut envelope = self.wrap_with(secret, nonce, bound)?;
        envelope.extend_from_slice(ciphertext);
        Ok(envelope)
    }

    /// Encrypts a value for its place.
    pub fn seal(&self, clear: &[u8], bound: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(self.envelope(&Guarded::new(clear)?, bound)?)
    }

    /// The envelope with its key wrapped by the first master key; none when it is so already.
    pub fn rewrap(&self, envelope: &[u8], bound: &[u8]) -> Result<Option<Vec<u8>>, KeyError> {
        let (id, _, _, rest) = split(envelope)?;
        if self.0.first().is_some_and(|master| master.id == id) {
            return Ok(None);
        }
        let secret = unwrap(envelope, bound)?;
        let mut renewed = self.wrap(&secret, bound)?;
        renewed.extend_from_slice(rest);
        Ok(Some(renewed))
    }

    /// Writes the file whole or not at all.
    fn keep(self, path: &Path) -> Result<Masters, KeyError> {
        let unfinished = path.with_extension("tmp");
        let mut text = String::new();
        for key in &self.0 {
            text.push_str(&key.text);
            text.push('\n');
        }
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, path)?;
            fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        write().map_err(KeyError::io("write", path))?;
        Ok(self)
    }
}

/// The key that an envelope holds, or begins with.
pub fn unwrap(envelope: &[u8], bound: &[u8]) -> Result<[u8; KEY], SealError> {
    let (id, nonce, wrapped, _) = split(envelope)?;
    let secret = given(id, |master| {
        master.cipher.open(nonce, bound, wrapped.to_vec())
    })?;
    secret.try_into().map_err(|_| SealError::Broken)
}

/// Opens an envelope that was made for the same place.
pub fn open(envelope: &[u8], bound: &[u8]) -> Result<Vec<u8>, SealError> {
    let secret = unwrap(envelope, bound)?;
    let (_, _, _, rest) = split(envelope)?;
    Cipher::new(&secret)?.open(FIRST, &[], rest.to_vec())
}

/// The id of the master key that an envelope names, in hexadecimal.
pub fn master_of(envelope: &[u8]) -> Result<String, SealError> {
    split(envelope).map(|(id, ..)| hex(&id))
}

fn new_master() -> Result<Master, KeyError> {
    let text = format!("{PREFIX}{}", STANDARD.encode(random::<KEY>()?));
    Master::of(&text).ok_or(KeyError::Entropy)
}

impl std::fmt::Debug for Masters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Masters").field(&self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    fn masters() -> Result<Masters, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let made = Masters::create(&folder.path().join("keys/master.key"))?;
        made.admit();
        Ok(made)
    }

    #[test]
    fn an_envelope_opens_in_its_place_only_and_not_when_a_bit_was_changed() -> Tested {
        let masters = masters()?;
        let envelope = masters.seal(b"{\"ID\":\"320102199001010017\"}", b"row 7")?;
        assert_eq!(
            open(&envelope, b"row 7")?,
            b"{\"ID\":\"320102199001010017\"}"
        );
        assert_eq!(open(&envelope, b"row 8"), Err(SealError::Broken));
        assert!(!envelope.windows(6).any(|part| part == b"320102"));
        for place in 0..envelope.len() {
            let mut changed = envelope.clone();
            changed[place] ^= 1;
            assert!(open(&changed, b"row 7").is_err(), "byte {place}");
            assert!(
                open(&envelope[..place], b"row 7").is_err(),
                "cut at {place}"
            );
        }
        // The same value again is another envelope: equal values are not seen to be equal.
        assert_ne!(masters.seal(b"x", b"row 7")?, masters.seal(b"x", b"row 7")?);
        Ok(())
    }

    #[test]
    fn without_its_master_key_an_envelope_says_which_it_needs() -> Tested {
        let folder = tempfile::tempdir()?;
        let unknown = Masters::create(&folder.path().join("master.key"))?;
        let envelope = unknown.seal(b"x", b"")?;
        let id = unknown.ids().remove(0);
        assert_eq!(open(&envelope, b""), Err(SealError::NoMaster(id)));
        Ok(())
    }

    #[test]
    fn a_new_master_key_rewraps_and_the_old_one_is_needed_no_more() -> Tested {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("master.key");
        let old = Masters::create(&path)?;
        old.admit();
        let envelope = old.seal(b"value", b"row")?;
        let both = old.add(&path)?;
        both.admit();
        assert_eq!(
            Masters::load(&path)?.map(|read| read.ids()),
            Some(both.ids())
        );
        let renewed = both.rewrap(&envelope, b"row")?.ok_or("was old")?;
        assert_eq!(open(&renewed, b"row")?, b"value");
        assert_eq!(master_of(&renewed)?, both.ids()[0]);
        assert_eq!(both.rewrap(&renewed, b"row")?, None);
        // The value itself was not encrypted again.
        assert_eq!(renewed[WRAPPED..], envelope[WRAPPED..]);
        assert_eq!(both.settle(&path)?.count(), 1);
        assert_eq!(Masters::load(&path)?.map(|read| read.count()), Some(1));
        Ok(())
    }

    #[test]
    fn what_is_no_key_or_open_to_others_is_refused() -> Tested {
        for text in ["", "hubmk_", "hubmk_c2hvcnQ=", "hubmk_!", "x"] {
            assert!(Masters::parse(text).is_none(), "{text}");
        }
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("master.key");
        assert!(Masters::load(&path)?.is_none());
        Masters::create(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640))?;
        assert!(matches!(
            Masters::load(&path),
            Err(KeyError::Exposed { .. })
        ));
        Ok(())
    }
}
