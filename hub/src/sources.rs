//! The sources that this hub knows: their profiles, compiled once against every edition that is live.

use std::sync::Arc;

use adapters::{Adapter, Profile};
use foldhash::HashMap;
use spec::{Edition, Spec};

use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant;

/// One source with its profile, ready for each edition.
#[derive(Debug)]
pub struct Source {
    /// What is known about it.
    pub profile: Arc<Profile>,
    editions: Vec<(&'static Edition, &'static Adapter)>,
}

impl Source {
    /// The edition of this name, if it is in force on the day of receipt, with the adapter for it.
    pub fn edition(
        &self,
        id: &str,
        received: Instant,
    ) -> Result<(&'static Edition, &'static Adapter), Error> {
        let refuse = |zh: String, en: String| Err(Error::request(ErrorCode::Edition, (zh, en)));
        let Some((edition, adapter)) = self.editions.iter().find(|(edition, _)| edition.id == id)
        else {
            let live: Vec<&str> = self
                .editions
                .iter()
                .map(|(edition, _)| edition.id.as_str())
                .collect();
            let live = live.join(", ");
            return refuse(
                format!("没有规范版本“{id}”，可用版本：{live}"),
                format!("edition `{id}` is not known here; expected one of {live}"),
            );
        };
        let date = received.civil.date();
        let today = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
        if today < edition.valid_from {
            let first = &edition.valid_from;
            return refuse(
                format!("规范版本“{id}”自 {first} 起施行，请按此前的版本报送"),
                format!("edition `{id}` applies from {first}; send an earlier edition"),
            );
        }
        if let Some(last) = &edition.valid_to
            && today > *last
        {
            return refuse(
                format!("规范版本“{id}”已于 {last} 停止使用，请按最新版本报送"),
                format!("edition `{id}` ended on {last}; send the newest edition"),
            );
        }
        Ok((edition, adapter))
    }
}

/// All sources by their identifiers.
#[derive(Debug, Default)]
pub struct Sources {
    by_id: HashMap<String, Source>,
}

impl Sources {
    /// Compiles profiles against a specification. They live as long as the process.
    pub fn new(
        profiles: Vec<Profile>,
        specification: &'static Spec,
    ) -> Result<Self, adapters::ProfileError> {
        let mut by_id = HashMap::default();
        for profile in profiles {
            let profile = Arc::new(profile);
            let mut editions = Vec::new();
            for edition in &specification.editions {
                let adapter = Adapter::new(Arc::clone(&profile), Arc::clone(edition))?;
                editions.push((&**edition, &*Box::leak(Box::new(adapter))));
            }
            by_id.insert(profile.id.clone(), Source { profile, editions });
        }
        Ok(Sources { by_id })
    }

    /// Finds a source.
    pub fn get(&self, id: &str) -> Option<&Source> {
        self.by_id.get(id)
    }

    /// All sources in the order of their identifiers.
    pub fn all(&self) -> Vec<&Source> {
        let mut all: Vec<&Source> = self.by_id.values().collect();
        all.sort_by(|a, b| a.profile.id.cmp(&b.profile.id));
        all
    }
}
