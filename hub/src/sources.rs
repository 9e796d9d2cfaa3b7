//! The sources that this hub knows: their profiles, compiled once against every edition that is live.

use std::sync::Arc;

use adapters::{Adapter, Profile};
use foldhash::HashMap;
use spec::model::Force;
use spec::{Edition, Spec};

use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant;

/// One source with its profile, ready for each edition.
#[derive(Debug, Clone)]
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
                (
                    format!("没有规范版本“{id}”，请按 {all} 报送"),
                    format!("edition `{id}` is not known here, send one of {all}"),
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
            (
                format!("规范版本“{id}”{zh}，{todo_zh}"),
                format!("edition `{id}` {en}; {todo_en}"),
            ),
        ))
    }
}

/// All sources by their identifiers.
#[derive(Debug, Clone, Default)]
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

#[cfg(test)]
mod tests {
    use super::*;

    type Made<T> = Result<T, Box<dyn std::error::Error>>;

    /// What a source is told that names an edition on the first of July 2026, when the editions apply as said.
    fn told(id: &str, days: &[(&str, &str, Option<&str>)]) -> Made<Result<(), String>> {
        let mut specification = Spec::embedded()?;
        for edition in &mut specification.editions {
            let edition = Arc::get_mut(edition).ok_or("held twice")?;
            for (_, first, last) in days.iter().filter(|(name, ..)| *name == edition.id) {
                (*first).clone_into(&mut edition.valid_from);
                edition.valid_to = last.map(str::to_owned);
            }
        }
        let specification: &'static Spec = Box::leak(Box::new(specification));
        let sources = Sources::new(adapters::embedded()?, specification)?;
        let source = *sources.all().first().ok_or("no source")?;
        let received = Instant {
            millis: 0,
            civil: jiff::civil::date(2026, 7, 1).at(12, 0, 0, 0),
        };
        let edition = source.edition(id);
        let outcome = edition.and_then(|(edition, _)| source.check_in_force(edition, received));
        Ok(outcome.map_err(|error| {
            assert_eq!(error.code().row().1, 422);
            let message = error.message();
            format!("{} / {}", message.zh, message.en)
        }))
    }

    #[test]
    fn an_edition_that_does_not_apply_is_refused_with_its_day_and_what_to_send() -> Made<()> {
        let ended = [("2.0", "20180101", Some("20260630"))];
        let refused = told("2.0", &ended)?.err().ok_or("taken after its end")?;
        assert!(refused.contains("ended on 20260630; send 3.0"), "{refused}");
        assert!(
            refused.contains("已于20260630终止，请改按 3.0 报送"),
            "{refused}"
        );
        let last_day = [("2.0", "20180101", Some("20260701"))];
        assert_eq!(told("2.0", &last_day)?, Ok(()));

        let to_come = [("3.0", "20270101", None)];
        let refused = told("3.0", &to_come)?.err().ok_or("taken too early")?;
        assert!(
            refused.contains("applies from 20270101 only; send 2.0"),
            "{refused}"
        );
        assert_eq!(told("2.0", &to_come)?, Ok(()));

        let neither = [("2.0", "20180101", Some("20260630")), to_come[0]];
        let refused = told("3.0", &neither)?.err().ok_or("taken too early")?;
        assert!(refused.contains("ask the centre"), "{refused}");

        let unknown = told("9.9", &[])?
            .err()
            .ok_or("an edition that nobody knows")?;
        assert!(unknown.contains("2.0, 3.0"), "{unknown}");
        Ok(())
    }
}
