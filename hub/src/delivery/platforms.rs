//! The platforms to which a hub forwards and which it can ask what they hold: the national one, and destinations that
//! speak as it does. One reading of the configuration for all who need it: whoever sends, whoever hears a pushed answer,
//! and whoever closes a day.

use anyhow::Context as _;

use super::Settings;
use super::client::Trust;
use super::description::{Description, Remote, Target};
use super::platform::PlatformKeys;
use crate::config::Config;
use crate::store::NATIONAL;

/// A platform.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Its name among the destinations.
    pub destination: String,
    /// Where it listens.
    pub url: String,
    /// Edition in which it is spoken to.
    pub edition: String,
    /// Identifier of the sender.
    pub sender: String,
    /// Whom to believe.
    pub trust: Trust,
    /// How it is served.
    pub settings: Settings,
}

/// All platforms: the national one, if there is an address of it, and those among the described destinations.
pub fn all(config: &Config, described: &[Description]) -> anyhow::Result<Vec<Platform>> {
    let mut all = Vec::new();
    if !config.national.url.is_empty() {
        let national = &config.national;
        let trust = trust(config, &national.keys, &national.ca).context("[national]")?;
        all.push(Platform {
            trust,
            ..unasked(config)
        });
    }
    for description in described {
        if let Target::National(remote) = &description.target {
            all.push(further(config, description, remote)?);
        }
    }
    Ok(all)
}

/// The national platform as packets are made for it; nobody is believed.
fn unasked(config: &Config) -> Platform {
    let national = &config.national;
    Platform {
        destination: NATIONAL.to_owned(),
        url: national.url.trim_end_matches('/').to_owned(),
        edition: national.edition.clone(),
        sender: national.sender.clone(),
        trust: Trust::default(),
        settings: Settings::from(national),
    }
}

/// A further platform, as its file describes it.
pub fn further(
    config: &Config,
    description: &Description,
    remote: &Remote,
) -> anyhow::Result<Platform> {
    let trust = trust(config, &remote.keys, &remote.ca);
    let trust = trust.with_context(|| format!("destination {}", description.name))?;
    Ok(Platform {
        destination: description.name.clone(),
        url: remote.url.trim_end_matches('/').to_owned(),
        edition: remote.edition.clone(),
        sender: remote.sender.clone(),
        trust,
        settings: description.settings.clone(),
    })
}

/// Whom to believe, as configured; a path is one inside the data folder.
fn trust(config: &Config, keys: &[String], ca: &str) -> anyhow::Result<Trust> {
    let keys = PlatformKeys::parse(keys)
        .context("keys：不是公钥（C2SP vkey）/ not a public key (C2SP vkey)")?;
    let authorities = match ca {
        "" => None,
        ca => {
            let file = config.data.join(ca);
            let pem = std::fs::read(&file).with_context(|| {
                let file = file.display();
                format!("无法读取 CA 证书 / cannot read the authorities' certificates: {file}")
            })?;
            Some(pem)
        }
    };
    Ok(Trust { keys, authorities })
}
