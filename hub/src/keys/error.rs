//! Why a key could not be made, loaded or kept.

use std::io;
use std::path::PathBuf;

/// A failure with a key; never shows key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    Entropy,
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The key file.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },
    /// Others than the owner can read or change the file.
    #[error("{} has mode {mode:03o}, at most 600 is safe", path.display())]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is no Ed25519 or SM2 private key.
    #[error("{} is not an Ed25519 or SM2 private key in PEM", path.display())]
    Malformed {
        /// The key file.
        path: PathBuf,
    },
    /// The file holds no secrets of a webhook.
    #[error("{} does not hold one or two secrets of a webhook (whsec_ and 24 to 64 bytes in base64), one a line", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no master keys.
    #[error("{} does not hold master keys (hubmk_ and 32 bytes in base64), one a line", path.display())]
    Master {
        /// The file.
        path: PathBuf,
    },
    /// A value could not be encrypted, or an envelope not be opened.
    #[error("{0}")]
    Seal(#[from] super::sealing::SealError),
    /// The key cannot sign under this name.
    #[error("the key can't be named")]
    Name(#[source] crate::tlog::Error),
}

impl KeyError {
    /// Makes the converter of an IO error at one place.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
