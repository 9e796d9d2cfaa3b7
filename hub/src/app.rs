//! The running hub as one value: what handlers, commands and tests share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use spec::Spec;

use crate::activation;
use crate::attachment::Objects;
use crate::bell::Bell;
use crate::certificate::Held;
use crate::config::Config;
use crate::delivery::board::Board;
use crate::intake::Ways;
use crate::keychange::LogKeys;
use crate::keys::{LookupKey, Masters, SigningKey};
use crate::pipeline::basis::Archive;
use crate::pipeline::opinion::SecondOpinion;
use crate::pipeline::trouble::Noted;
use crate::pipeline::writer::Writer;
use crate::pipeline::{Digests, Figures, RawStore};
use crate::sandbox;
use crate::sequencer::LogHandle;
use crate::sources::Sources;
use crate::store::{self, Readers};
use crate::tlog::Algorithm;
use crate::uploads::Uploads;
use crate::vault;
use crate::witnesses::Panel;

/// Submissions that are judged in parts at once: one is read while another is committed.
const LARGE: usize = 2;

/// The running hub.
pub struct App {
    /// Configuration.
    pub config: Config,
    /// The specification; lives as long as the process.
    pub spec: &'static Spec,
    /// Digests that every leaf names.
    pub digests: Arc<Digests>,
    /// The sources and their adapters.
    pub sources: Sources,
    /// Limits on what a submission may hold.
    pub limits: adapters::Limits,
    /// Edition of a submission that names none.
    pub default_edition: String,
    /// Connections for readers.
    pub readers: Readers,
    /// The master keys.
    pub masters: Arc<Masters>,
    /// Under what values are looked up.
    pub lookup: LookupKey,
    /// The one writer.
    pub writer: Writer,
    /// Raw bytes.
    pub raw: RawStore,
    /// Files beside records.
    pub attachments: Objects,
    /// What submissions are judged by, archived beside the raw bytes.
    pub archive: Archive,
    /// Rung after every commit.
    pub bell: Arc<Bell>,
    /// The published log.
    pub log: LogHandle,
    /// The key that signs receipts and packets.
    pub key: SigningKey,
    /// The keys of the log, public and private.
    pub log_keys: LogKeys,
    /// Counts since start.
    pub figures: Figures,
    /// Sources whose trouble was written down lately.
    pub noted: Noted,
    /// What the deliveries are doing.
    pub deliveries: Board,
    /// How the ways in other than HTTP fare.
    pub ways: Arc<Ways>,
    /// Asks the published schemas about a sample of the records.
    pub opinion: SecondOpinion,
    /// Certificates of conformance.
    pub certificates: Held,
    /// Uploads that can be resumed.
    pub uploads: Uploads,
    /// Turns of submissions that are judged in parts.
    pub large: tokio::sync::Semaphore,
    // Held as long as the process lives: a second hub on the same folder is refused.
    _lock: std::fs::File,
}

/// Loads the specification once for the life of the process.
pub fn load_spec(config: &Config) -> anyhow::Result<&'static Spec> {
    Ok(Box::leak(Box::new(read_spec(config)?)))
}

/// Reads the specification that a configuration names.
pub fn read_spec(config: &Config) -> anyhow::Result<Spec> {
    let mut loaded = if config.spec.folder.is_empty() {
        Spec::embedded()?
    } else {
        spec::load::from_directory(Path::new(&config.spec.folder))?
    };
    if let Some(word) = loaded.mute(&config.spec.muted_rules).first() {
        anyhow::bail!("spec.muted_rules names `{word}`, but no rule is called that");
    }
    Ok(loaded)
}

/// Loads the profiles of all sources.
pub fn load_sources(config: &Config, specification: &'static Spec) -> anyhow::Result<Sources> {
    // The embedded profiles name data sets of the embedded specification.
    let all_replaced = !config.spec.folder.is_empty() && !config.spec.sources.is_empty();
    let mut profiles = if all_replaced {
        Vec::new()
    } else {
        adapters::embedded()?
    };
    let mut own: Vec<String> = Vec::new();
    if !config.spec.sources.is_empty() {
        let folder = &config.spec.sources;
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(|| folder.clone())? {
            paths.push(entry?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        paths.sort();
        for path in paths {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(&path).with_context(|| name.clone())?;
            let profile = adapters::Profile::parse(&name, &text)?;
            anyhow::ensure!(
                !own.contains(&profile.id),
                "{name}: source `{}` has a profile in {folder} already",
                profile.id
            );
            own.push(profile.id.clone());
            profiles.retain(|embedded| embedded.id != profile.id);
            profiles.push(profile);
        }
    }
    Ok(Sources::new(profiles, specification)?)
}

/// The folder of the published log.
pub fn log_folder(config: &Config) -> PathBuf {
    config.data.join("log")
}

/// The folder of bodies that are being received to disk; what it holds at a start was never answered.
pub fn spool_folder(config: &Config) -> PathBuf {
    config.data.join("spool")
}

/// Empties the spool.
fn clear_spool(config: &Config) -> anyhow::Result<()> {
    let folder = spool_folder(config);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())
}

/// Makes the data folder and takes it for this process alone.
pub fn lock(data: &Path) -> anyhow::Result<std::fs::File> {
    std::fs::create_dir_all(data)
        .with_context(|| format!("making the folder {}", data.display()))?;
    let path = data.join("hub.lock");
    let file = std::fs::File::create(&path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => anyhow::bail!(
            "另一个枢纽正在使用 {0}：请先停止它，或用 --data 指定其他目录 / another hub is running on {0}: stop it, or name another folder with --data",
            data.display()
        ),
    }
}

impl App {
    /// The key that signs, and the name of the log under which it does.
    pub fn signs(&self) -> (&SigningKey, &str) {
        (&self.key, &self.config.log.origin)
    }

    /// Refuses a source that must have a certificate of conformance today and has none.
    pub fn certified(
        &self,
        source: &str,
        edition: &spec::Edition,
        received: crate::pipeline::Instant,
    ) -> Result<(), crate::error::Error> {
        let today = received.civil.date().to_string();
        self.certificates.admit(source, &edition.id, &today)
    }

    /// Opens (on first start: makes) folder, keys, schema and log. Nothing listens yet.
    pub fn open(config: Config) -> anyhow::Result<Arc<App>> {
        let specification = load_spec(&config).context("loading the specification")?;
        let sources = load_sources(&config, specification).context("loading the sources")?;
        anyhow::ensure!(
            !sandbox::is_one(&config.log.origin),
            "log.origin is `{}`, but only the log of a sandbox is called so",
            config.log.origin
        );
        App::assemble(config, specification, sources)
    }

    /// Opens the sandbox beside this hub, on first call making it: the same judge over a store, a log and a key of its
    /// own, from which nothing is forwarded.
    pub fn sandbox(&self) -> anyhow::Result<Arc<App>> {
        let config = sandbox::config(&self.config).context("making the sandbox")?;
        App::assemble(config, self.spec, self.sources.clone()).context("opening the sandbox")
    }

    fn assemble(
        config: Config,
        specification: &'static Spec,
        sources: Sources,
    ) -> anyhow::Result<Arc<App>> {
        let lock = lock(&config.data)?;
        clear_spool(&config)?;
        let digests = Arc::new(Digests::new(specification));
        let default_edition = config.spec.edition.clone();
        if specification.edition(&default_edition).is_none() {
            anyhow::bail!("spec.edition is `{default_edition}`, but there is no such edition");
        }
        let url = config.database_url();
        store::migrate(&mut store::connect(&url)?)
            .context("bringing the database schema up to date")?;
        let (masters, lookup) = vault::open(&config).context("opening the master key")?;
        let readers = Readers::open(&url, config.store.readers)?;
        let mut keys = LogKeys::open(&config)?;
        keys.announce_first(&url)?;
        activation::note(
            &url,
            specification,
            &digests,
            &config.spec.muted_rules,
            &sources,
        )
        .context("writing into the log what judges and who may send")?;
        let (log, woken) = LogHandle::open(
            &log_folder(&config),
            &config.log.origin,
            keys.seals()?,
            readers.clone(),
        )
        .context("opening the log")?;
        if config.log.seal.iter().any(|seal| seal == "sm2") && !keys.seals_with(Algorithm::Sm2) {
            keys.change(Algorithm::Sm2, "seal", &log, &url)
                .context("bringing the SM2 seal into force")?;
        }
        let panel = Panel::of(&config.log.witnesses, config.log.quorum)?;
        log.start(woken, Duration::from_millis(config.log.checkpoint_ms))?;
        panel.start(&log, &url)?;
        let key = keys.signing()?;
        let next = log.clone();
        let bell = Arc::new(Bell::default());
        let rung = Arc::clone(&bell);
        let writer = Writer::start(&url, move |first, entries| {
            next.committed(first, entries);
            rung.ring();
        })?;
        let raw = RawStore::open(&config.data.join("raw"))?;
        let attachments = Objects::open(&config.data.join("attachments"))?;
        attachments.clear()?;
        let opinion = SecondOpinion::start(
            config.spec.second_opinion,
            spec::export::json_schema,
            &config.data,
        )
        .context("starting the second opinion")?;
        let certificates =
            Held::new(&config.data, &config.certificates).context("reading certificates.keys")?;
        let limits = config.document_limits();
        let uploads = Uploads::open(&config.data, &config.uploads, Arc::clone(&masters))
            .context("opening the folder of uploads")?;
        Ok(Arc::new(App {
            config,
            spec: specification,
            digests,
            sources,
            limits,
            default_edition,
            readers,
            writer,
            masters,
            lookup,
            archive: Archive::new(raw.clone(), specification, limits),
            raw,
            attachments,
            bell,
            log,
            key,
            log_keys: keys,
            figures: Figures::default(),
            noted: Noted::default(),
            deliveries: Board::default(),
            ways: Arc::default(),
            opinion,
            certificates,
            uploads,
            large: tokio::sync::Semaphore::new(LARGE),
            _lock: lock,
        }))
    }
}
