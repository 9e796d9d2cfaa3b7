//! The sources that this hub knows: their profiles, compiled once against every edition that is live.

use std::sync::Arc;

use adapters::{Adapter, Profile};
use foldhash::HashMap;
use spec::model::Force;
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
    /// The edition of this name, with the adapter for it.
    pub fn edition(&self, id: &str) -> Result<(&'static Edition, &'static Adapter), Error> {
        let held = self.editions.iter().find(|(edition, _)| edition.id == id);
        held.copied().ok_or_else(|| {
            let all: Vec<&str> = self.editions.iter().map(|(one, _)| &*one.id).collect();
            let all = all.join(", ");
            Error::request(
                ErrorCode::Edition,
                format!(
                    "没有规范版本“{id}”，请按 {all} 报送 / edition `{id}` is not known here, send one of {all}"
                ),
            )
        })
    }

    /// Refuses an edition that does not apply on the day of receipt, and says which ones do.
    pub fn check_in_force(&self, edition: &Edition, received: Instant) -> Result<(), Error> {
        let today = received.civil.date().strftime("%Y%m%d").to_string();
        let (zh, en) = match edition.on(&today) {
            Force::Applies => return Ok(()),
            Force::NotYet => (
                format!("自{}起施行，尚未生效", edition.valid_from),
                format!("applies from {} only", edition.valid_from),
            ),
            Force::Ended => {
                let last = edition.valid_to.as_deref().unwrap_or_default();
                (format!("已于{last}终止"), format!("ended on {last}"))
            }
        };
        let applying = self.editions.iter().map(|(one, _)| one);
        let applying: Vec<&str> = applying
            .filter(|one| one.on(&today) == Force::Applies)
            .map(|one| &*one.id)
            .collect();
        let (todo_zh, todo_en) = match applying.as_slice() {
            [] => (
                "请与省中心联系".to_owned(),
                "ask the centre which one to send".to_owned(),
            ),
            ids => {
                let ids = ids.join(", ");
                (format!("请改按 {ids} 报送"), format!("send {ids} instead"))
            }
        };
        let id = &edition.id;
        Err(Error::request(
            ErrorCode::Edition,
            format!("规范版本“{id}”{zh}，{todo_zh} / edition `{id}` {en}; {todo_en}"),
        ))
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
