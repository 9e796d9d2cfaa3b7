//! How a national platform shows that an answer is its own.
//!
//! A business answer has the headers `Platform-Key` (name of the key) and `Platform-Signature` (Ed25519, base64) over
//! the text `exchange-hub/answer/v1`, a line feed, the number of the batch in decimal, a line feed, and the body. It is
//! the same whether the platform is asked or pushes. The body names the packet by its SHA-256, so that an answer fits
//! one packet of one hub only; it may be repeated at will, because the first answer about a packet stands.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::tlog::VerifierKey;

/// Header with the name of the key.
pub const KEY: &str = "platform-key";

/// Header with the signature.
pub const SIGNATURE: &str = "platform-signature";

/// What is signed of a business answer.
pub fn signed_answer(batch: i64, body: &str) -> Vec<u8> {
    format!("exchange-hub/answer/v1\n{batch}\n{body}").into_bytes()
}

/// The public keys of a platform. None: its answers are not signed, and not asked to be.
#[derive(Debug, Clone, Default)]
pub struct PlatformKeys(Vec<VerifierKey>);

/// An answer that is not shown to be the platform's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTheirs {
    /// Without key or signature.
    #[error("应答没有签名 / the answer is not signed (headers Platform-Key, Platform-Signature)")]
    Unsigned,
    /// By a key that is not configured.
    #[error(
        "应答的签名密钥未登记 / the answer is signed by a key that is not configured (national.keys)"
    )]
    Stranger,
    /// Wrong.
    #[error("应答的签名不正确 / the signature of the answer is wrong")]
    Wrong,
}

impl PlatformKeys {
    /// Reads verifier keys (C2SP vkey).
    pub fn parse(texts: &[String]) -> Result<Self, crate::tlog::Error> {
        let keys = texts.iter().map(|text| text.trim().parse());
        keys.collect::<Result<_, _>>().map(PlatformKeys)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks what the headers say about a message; the key that signed it.
    pub fn check(
        &self,
        key: Option<&str>,
        signature: Option<&str>,
        message: &[u8],
    ) -> Result<&VerifierKey, NotTheirs> {
        let (Some(key), Some(signature)) = (key, signature) else {
            return Err(NotTheirs::Unsigned);
        };
        let mut known = self.0.iter().filter(|known| known.name() == key).peekable();
        known.peek().ok_or(NotTheirs::Stranger)?;
        let signature = STANDARD.decode(signature).map_err(|_| NotTheirs::Wrong)?;
        known
            .find(|known| known.verifies(message, &signature))
            .ok_or(NotTheirs::Wrong)
    }
}
