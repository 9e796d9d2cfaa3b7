//! The platform over TLS: a certificate that an authority of its own vouches for, and on request one that nobody does.
//!
//! The authority's certificate lies in the folder as `ca.pem`, for the hub's setting `national.ca`. Its private key is
//! thrown away: nothing else is ever signed with it.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};
use rustls::crypto::ring as provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::NationalError;
use super::faults::{Fault, Point};
use super::server::{National, lock};

/// Names under which it is reached.
const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

/// The certificate is unusable.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It could not be made.
    #[error("a certificate could not be made")]
    Make(#[from] rcgen::Error),
    /// It could not be used.
    #[error("a certificate could not be used")]
    Use(#[from] rustls::Error),
    /// A file of it is unreadable.
    #[error("a file of certificates is unreadable")]
    Read(#[from] rustls::pki_types::pem::Error),
    /// A file of it cannot be written or read.
    #[error("a file of certificates cannot be kept")]
    Keep(#[from] std::io::Error),
}

/// Certificate and key, in PEM.
struct Pair {
    certificate: String,
    key: String,
}

/// Chooses a certificate for each connection.
struct Resolver {
    trusted: Arc<CertifiedKey>,
    stranger: Arc<CertifiedKey>,
    platform: Arc<National>,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let strike = lock(&self.platform.faults).strike(Point::Handshake);
        let chosen = match strike.fault {
            Fault::Certificate => &self.stranger,
            _ => &self.trusted,
        };
        Some(Arc::clone(chosen))
    }
}

/// How the platform of a folder speaks TLS.
pub(super) fn configuration(
    folder: &Path,
    platform: &Arc<National>,
) -> Result<rustls::ServerConfig, NationalError> {
    Ok(configured(folder, platform)?)
}

fn configured(folder: &Path, platform: &Arc<National>) -> Result<rustls::ServerConfig, TlsError> {
    let resolver = Resolver {
        trusted: usable(&kept(folder)?)?,
        stranger: usable(&self_signed()?)?,
        platform: Arc::clone(platform),
    };
    let mut config =
        rustls::ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
    // A connection that is taken up again would not look at the certificate.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn usable(pair: &Pair) -> Result<Arc<CertifiedKey>, TlsError> {
    let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes())?;
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes())?;
    let key = provider::sign::any_supported_type(&key)?;
    Ok(Arc::new(CertifiedKey::new(vec![certificate], key)))
}

/// Names for a certificate, and who it is of: an authority and what it vouches for must not be called the same.
fn parameters(names: &[&str], of: &str) -> Result<CertificateParams, TlsError> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, of);
    Ok(params)
}

fn self_signed() -> Result<Pair, TlsError> {
    let key = KeyPair::generate()?;
    Ok(Pair {
        certificate: parameters(&NAMES, "stranger")?.self_signed(&key)?.pem(),
        key: key.serialize_pem(),
    })
}

/// The certificate of a folder; made, with an authority, when there is none.
fn kept(folder: &Path) -> Result<Pair, TlsError> {
    let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
    if certificate.exists() {
        return Ok(Pair {
            certificate: std::fs::read_to_string(certificate)?,
            key: std::fs::read_to_string(key)?,
        });
    }
    let mut params = parameters(&[], "authority of the national simulator")?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let own = KeyPair::generate()?;
    let pair = Pair {
        certificate: parameters(&NAMES, "national simulator")?
            .signed_by(&own, &authority)?
            .pem(),
        key: own.serialize_pem(),
    };
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("ca.pem"), authority.pem())?;
    let mut private = File::options();
    let private = private.write(true).create(true).truncate(true).mode(0o600);
    private.open(key)?.write_all(pair.key.as_bytes())?;
    std::fs::write(certificate, &pair.certificate)?;
    Ok(pair)
}
