//! All destinations of a hub: registered, and each served by a delivery of its own, with connections of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use spec::Spec;

use super::client::Client;
use super::description::{self, Begin, Description, Target};
use super::kafka::Kafka;
use super::national::National;
use super::platform::PlatformKeys;
use super::platforms::{self, Platform};
use super::present::{Machine, Present as _};
use super::projection::Projector;
use super::replayer::Replayer;
use super::retry::{Allowance, Common};
use super::webhook::Webhook;
use super::wire::Wire;
use super::{Handle, Place, Settings, Signer, clock, start};
use crate::app::App;
use crate::config::{Config, WITHOUT_OPENSSL, beyond_this_build};
use crate::keys::SigningKey;
use crate::sources::Sources;
use crate::store::destinations::{self, Registered, Registration};
use crate::store::{Readers, past};

/// Connections of each delivery: of its coordinator, and of workers that make batches.
const CONNECTIONS: u32 = 3;

/// The running deliveries. Dropping it stops them.
pub struct Service {
    deliveries: Vec<(String, Handle)>,
    _replayer: Replayer,
}

/// The folder of destinations.
pub fn folder(config: &Config) -> PathBuf {
    config.data.join(&config.delivery.folder)
}

/// The file of a subscriber's secrets.
pub fn secrets(config: &Config, destination: &str) -> PathBuf {
    let file = format!("webhook-{destination}.secret");
    config.data.join("keys").join(file)
}

impl Service {
    /// Registers the destinations that the configuration describes, and starts to serve them.
    pub fn start(app: &Arc<App>) -> anyhow::Result<Service> {
        let folder = folder(&app.config);
        let retries = Common::new(Allowance::from(&app.config.delivery), Machine.instant());
        app.deliveries.share(&retries);
        let described = description::read_folder(&folder, app.spec, &app.sources)?;
        let mut deliveries = Vec::new();
        let national = platforms::all(&app.config, &[])?;
        let known = national.first().map(|platform| shown(&platform.url));
        reach(app, crate::store::NATIONAL, known)?;
        for platform in national {
            let wire = Means::of(app).platform(&platform);
            deliveries.push(serve(app, platform.settings, wire, &retries)?);
        }
        for description in &described {
            register(app, description)
                .with_context(|| format!("destination {}", description.name))?;
            reach(app, &description.name, Some(address(&description.target)))?;
            let wire = Means::of(app).wire(description)?;
            deliveries.push(serve(app, description.settings.clone(), wire, &retries)?);
        }
        warn_of_others(app, &described)?;
        let replayer = Replayer::start(app.readers.clone(), app.writer.clone())?;
        Ok(Service {
            deliveries,
            _replayer: replayer,
        })
    }

    /// Stops all of them.
    pub fn stop(self) {
        for (_, handle) in self.deliveries {
            handle.stop();
        }
    }
}

/// Notes where a destination is reached.
fn reach(app: &App, name: &str, address: Option<String>) -> anyhow::Result<()> {
    let name = name.to_owned();
    app.writer.run(move |transaction| {
        destinations::reached(transaction.connection, &name, address.as_deref(), clock())
    })?;
    Ok(())
}

/// Where a destination is reached, for people.
fn address(target: &Target) -> String {
    match target {
        Target::Webhook { url } => shown(url),
        Target::National(remote) => shown(&remote.url),
        Target::Kafka { brokers, topic, .. } => format!("{brokers} {topic}"),
    }
}

/// An address without what may be secret in it: name and password, and the query.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn register(app: &App, description: &Description) -> anyhow::Result<()> {
    let mut connection = app.readers.take()?;
    let after = match description.begin {
        Begin::Now => None,
        Begin::At(instant) => Some(past::last_before(&mut connection, instant)?),
    };
    drop(connection);
    let registration = Registration {
        name: description.name.clone(),
        kind: description.target.kind().to_owned(),
        owes: serde_json::to_string(&description.rule)?,
        after,
        now: clock(),
    };
    let name = description.name.as_str();
    let registered = app
        .writer
        .run(move |transaction| destinations::register(transaction.connection, &registration))?;
    match registered {
        Registered::New => tracing::info!(name, "a destination is registered"),
        Registered::Changed => tracing::info!(name, "a destination is owed something else now"),
        Registered::Same => {}
    }
    Ok(())
}

/// One that is owed records and is not described any more is owed them still: nothing is dropped by a file's absence.
fn warn_of_others(app: &App, described: &[Description]) -> anyhow::Result<()> {
    for known in destinations::all(&mut *app.readers.take()?)? {
        let here = known.name == crate::store::NATIONAL
            || described.iter().any(|one| one.name == known.name);
        if !here && known.retired_at.is_none() {
            let name = known.name;
            tracing::warn!(
                name,
                "a destination is owed records, but no file describes it; `hub deliveries retire` ends that"
            );
        }
    }
    Ok(())
}

/// What the wires of a hub are made of.
struct Means<'m> {
    config: &'m Config,
    spec: &'static Spec,
    key: &'m SigningKey,
}

impl Means<'_> {
    fn of(app: &App) -> Means<'_> {
        Means {
            config: &app.config,
            spec: app.spec,
            key: &app.key,
        }
    }

    fn wire(&self, description: &Description) -> anyhow::Result<Arc<dyn Wire>> {
        let settings = &description.settings;
        Ok(match &description.target {
            Target::Webhook { url } => Arc::new(Webhook::new(
                &description.name,
                url,
                secrets(self.config, &description.name),
                settings.timeouts,
                self.spec,
            )),
            Target::National(remote) => {
                self.platform(&platforms::further(self.config, description, remote)?)
            }
            Target::Kafka {
                brokers,
                topic,
                options,
                password_file,
            } => {
                if let Some((name, value)) = beyond_this_build(options) {
                    anyhow::bail!(
                        "`{}` ({name} = {value}): expected {WITHOUT_OPENSSL}",
                        description.name
                    );
                }
                let mut options = options.clone();
                if let Some(file) = password_file {
                    options.insert("sasl.password".to_owned(), password(file)?);
                }
                let timeouts = settings.timeouts;
                Arc::new(Kafka::new(brokers, topic, &options, timeouts, self.spec)?)
            }
        })
    }

    fn platform(&self, platform: &Platform) -> Arc<dyn Wire> {
        let timeouts = platform.settings.timeouts;
        Arc::new(National {
            client: Client::new(&platform.url, timeouts, platform.trust.clone()),
            projector: Projector::new(self.spec, &self.config.spec.edition, &platform.edition),
            signer: Signer::new(&self.config.log.origin, self.key.clone()),
            sender: platform.sender.clone(),
        })
    }
}

/// The platforms of a hub: those that can be asked, and that may push their answers.
pub fn platforms(
    config: &Config,
    specification: &Spec,
    sources: &Sources,
) -> anyhow::Result<Vec<Platform>> {
    let described = description::read_folder(&folder(config), specification, sources)?;
    platforms::all(config, &described)
}

/// The keys that sign the answers of each platform, by the name of the destination; those without keys are left out.
pub fn platform_keys(app: &App) -> anyhow::Result<BTreeMap<String, PlatformKeys>> {
    let all = platforms(&app.config, app.spec, &app.sources)?.into_iter();
    let keys = all.map(|platform| (platform.destination, platform.trust.keys));
    Ok(keys.filter(|(_, keys)| !keys.is_empty()).collect())
}

fn password(file: &std::path::Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| {
        let file = file.display();
        format!("无法读取密码文件 / cannot read the file of the password: {file}")
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn serve(
    app: &Arc<App>,
    settings: Settings,
    wire: Arc<dyn Wire>,
    retries: &Common,
) -> anyhow::Result<(String, Handle)> {
    let database = app.config.database_url();
    let spec = app.spec;
    let place = Place {
        readers: Readers::open(&database, CONNECTIONS)?,
        writer: app.writer.clone(),
        raw: app.raw.clone(),
        masters: Arc::clone(&app.masters),
        database,
        projects: Arc::new(move |number| {
            let editions = spec.editions.iter();
            let mut projections = editions.flat_map(|edition| edition.projections.values());
            projections.any(|projection| {
                u16::try_from(number).is_ok_and(|code| projection.datasets.contains_key(&code))
            })
        }),
        retries: retries.clone(),
        present: Arc::new(Machine),
    };
    let name = settings.destination.clone();
    let handle =
        start(settings, place, wire).context("无法启动转发 / cannot start the delivery")?;
    app.bell.listen(handle.waker());
    app.deliveries.enter(&name, handle.shown());
    Ok((name, handle))
}
