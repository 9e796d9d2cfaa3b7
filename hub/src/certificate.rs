//! Certificates of conformance 符合性证书: that a source's system passed the conformance kit, signed by whoever examined it.
//!
//! A certificate is a signed note (C2SP signed-note): any tool that knows the form checks it, and a person can read it.
//! A hub that is told to require them (`certificates.required`) takes nothing of a source without a valid one;
//! judging without keeping (`/v1/check`) stays open, so that the source can get there.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::config::Certificates;
use crate::error::{Error, ErrorCode};
use crate::tlog::{Note, Signer, VerifierKey};

/// First line of a certificate: what it is, and the version of its form.
const HEADER: &str = "exchange-hub/conformance/v1";

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Certificate {
    /// The source.
    pub source: String,
    /// Name of its system.
    pub software: String,
    /// Version of its system.
    pub version: String,
    /// Edition of the specification that it was examined in.
    pub edition: String,
    /// First day, `yyyy-MM-dd`, in China.
    pub issued: String,
    /// Last day, `yyyy-MM-dd`, in China.
    pub expires: String,
    /// SHA-256 of the report (JSON) that it rests on, hexadecimal.
    pub report: String,
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        for (name, value) in self.lines() {
            writeln!(f, "{name} {value}")?;
        }
        Ok(())
    }
}

/// Why a certificate is none.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A value that would be taken for another line.
    #[error("{0} 不得为空或含换行 / {0} must be one line that is not empty")]
    Line(&'static str),
    /// Not a signed note, or not by a known key.
    #[error("签名无效或签发者未知 / not signed by a known examiner")]
    Signature(#[source] crate::tlog::Error),
    /// Signed, but it says something else.
    #[error("不是符合性证书 / not a certificate of conformance: {0}")]
    Form(String),
    /// Cannot be read or kept.
    #[error("{path} 无法读写 / {path} cannot be read or written")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Certificate {
    fn lines(&self) -> [(&'static str, &str); 7] {
        [
            ("source", &self.source),
            ("software", &self.software),
            ("version", &self.version),
            ("edition", &self.edition),
            ("issued", &self.issued),
            ("expires", &self.expires),
            ("report", &self.report),
        ]
    }

    /// Signs it.
    pub fn sign(&self, signer: &Signer) -> Result<String, CertificateError> {
        for (name, value) in self.lines() {
            if value.is_empty() || value.chars().any(char::is_control) {
                return Err(CertificateError::Line(name));
            }
        }
        let note = Note::sign(&self.to_string(), &[signer]).map_err(CertificateError::Signature)?;
        Ok(note.to_string())
    }

    /// Reads a certificate that one of the keys signed.
    pub fn open(bytes: &[u8], keys: &[VerifierKey]) -> Result<Self, CertificateError> {
        let note = Note::parse(bytes).map_err(CertificateError::Signature)?;
        note.verify(keys).map_err(CertificateError::Signature)?;
        let mut lines = note.text().lines();
        let form = |what: &str| CertificateError::Form(what.to_owned());
        if lines.next() != Some(HEADER) {
            return Err(form(HEADER));
        }
        let mut next = |name: &'static str| -> Result<String, CertificateError> {
            let line = lines.next().unwrap_or_default();
            let value = line
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(' '));
            value.map(str::to_owned).ok_or_else(|| form(name))
        };
        let certificate = Certificate {
            source: next("source")?,
            software: next("software")?,
            version: next("version")?,
            edition: next("edition")?,
            issued: next("issued")?,
            expires: next("expires")?,
            report: next("report")?,
        };
        match lines.next() {
            None => Ok(certificate),
            Some(more) => Err(CertificateError::Form(more.to_owned())),
        }
    }
}

/// The certificates that a hub holds, and what it asks of its sources.
#[derive(Debug, Clone)]
pub struct Held {
    folder: PathBuf,
    required: Vec<String>,
    keys: Vec<VerifierKey>,
}

impl Held {
    /// Prepares to ask, by a hub's configuration.
    pub fn new(data: &Path, settings: &Certificates) -> Result<Self, crate::tlog::Error> {
        let keys = settings.keys.iter().map(|key| key.trim().parse());
        Ok(Held {
            folder: data.join("certificates"),
            required: settings.required.clone(),
            keys: keys.collect::<Result<_, _>>()?,
        })
    }

    fn file(&self, source: &str) -> PathBuf {
        self.folder.join(format!("{source}.note"))
    }

    /// Takes a certificate in, in the place of an earlier one of its source.
    pub fn keep(&self, bytes: &[u8]) -> Result<Certificate, CertificateError> {
        let certificate = Certificate::open(bytes, &self.keys)?;
        let path = self.file(&certificate.source);
        let kept = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            std::fs::File::open(&self.folder)?.sync_all()
        };
        kept().map_err(|source| CertificateError::File {
            path: path.display().to_string(),
            source,
        })?;
        Ok(certificate)
    }

    /// SHA-256 of the certificate that is held of a source, hexadecimal; none where there is none.
    pub fn digest(&self, source: &str) -> std::io::Result<Option<String>> {
        match std::fs::read(self.file(source)) {
            Ok(bytes) => Ok(Some(crate::tlog::sha256(&bytes).to_hex())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Refuses a source that must have a certificate for this edition today (`yyyy-MM-dd`) and has none.
    pub fn admit(&self, source: &str, edition: &str, today: &str) -> Result<(), Error> {
        if !self.required.iter().any(|one| one == source || one == "*") {
            return Ok(());
        }
        let refused = |zh: String, en: String| {
            Error::request(
                ErrorCode::Forbidden,
                (
                    format!(
                        "来源“{source}”须持有效的符合性证书方可正式报送：{zh}；请先用 /v1/check 或 hub simulate hub 完成检测"
                    ),
                    format!(
                        "source `{source}` must hold a valid certificate of conformance: {en}; test with /v1/check, and pass `hub simulate hub`"
                    ),
                ),
            )
        };
        let Ok(bytes) = std::fs::read(self.file(source)) else {
            return Err(refused("尚无证书".to_owned(), "it has none".to_owned()));
        };
        let certificate = Certificate::open(&bytes, &self.keys)
            .map_err(|error| refused("证书无效".to_owned(), error.to_string()))?;
        let Certificate {
            edition: of,
            issued,
            expires,
            ..
        } = &certificate;
        if certificate.source != source {
            let other = &certificate.source;
            return Err(refused(
                format!("证书属于“{other}”"),
                format!("its certificate is that of `{other}`"),
            ));
        }
        if of != edition {
            return Err(refused(
                format!("证书针对规范版本 {of}，本次按 {edition} 报送"),
                format!("its certificate is for edition {of}, this is {edition}"),
            ));
        }
        if today < issued.as_str() || expires.as_str() < today {
            return Err(refused(
                format!("证书有效期为 {issued} 至 {expires}"),
                format!("its certificate holds from {issued} to {expires}"),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    fn certificate() -> Certificate {
        Certificate {
            source: "329900".to_owned(),
            software: "示例报送系统".to_owned(),
            version: "1.2".to_owned(),
            edition: "3.0".to_owned(),
            issued: "2026-11-22".to_owned(),
            expires: "2027-11-22".to_owned(),
            report: "00".repeat(32),
        }
    }

    #[test]
    fn a_source_is_admitted_by_a_valid_certificate_only() -> Tested {
        let folder = tempfile::tempdir()?;
        let key = SigningKey::generate()?;
        let signer = key.note_signer("examiner.example")?;
        let settings = Certificates {
            required: vec!["329900".to_owned()],
            keys: vec![signer.verifier().to_string()],
        };
        let held = Held::new(folder.path(), &settings)?;
        let told = |source, edition, today| {
            let outcome = held.admit(source, edition, today);
            outcome.err().map(|error| error.message().en.to_string())
        };
        assert_eq!(told("329901", "3.0", "2026-11-23"), None, "not required");
        assert!(told("329900", "3.0", "2026-11-23").is_some_and(|why| why.contains("has none")));

        let note = certificate().sign(&signer)?;
        assert_eq!(held.keep(note.as_bytes())?, certificate());
        for today in ["2026-11-22", "2027-11-22"] {
            assert_eq!(told("329900", "3.0", today), None, "{today}");
        }
        for (edition, today, words) in [
            ("2.0", "2026-11-23", "for edition 3.0"),
            ("3.0", "2026-11-21", "from 2026-11-22"),
            ("3.0", "2027-11-23", "to 2027-11-22"),
        ] {
            let why = told("329900", edition, today);
            assert!(
                why.as_ref().is_some_and(|why| why.contains(words)),
                "{why:?}"
            );
        }
        Ok(())
    }

    #[test]
    fn what_a_stranger_signed_or_somebody_changed_is_no_certificate() -> Tested {
        let folder = tempfile::tempdir()?;
        let key = SigningKey::generate()?.note_signer("examiner.example")?;
        let stranger = SigningKey::generate()?.note_signer("examiner.example")?;
        let settings = Certificates {
            required: Vec::new(),
            keys: vec![key.verifier().to_string()],
        };
        let held = Held::new(folder.path(), &settings)?;
        let good = certificate().sign(&key)?;
        assert!(held.keep(good.as_bytes()).is_ok());
        assert!(
            held.keep(certificate().sign(&stranger)?.as_bytes())
                .is_err()
        );
        assert!(held.keep(good.replace("2027", "2037").as_bytes()).is_err());
        let mut broken = certificate();
        broken.software = "a\nedition 9".to_owned();
        assert!(broken.sign(&key).is_err());
        Ok(())
    }
}
