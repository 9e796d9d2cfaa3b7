//! What a data set of an industry takes over from the general one that it is judged as.
//!
//! The families of the industries (`general = 503` in the data set's file) differ in columns, hardly in what
//! must hold. A rule of the general set therefore stands once, in its file, and holds in every family: under
//! the number of the family's own set, and towards the family's own sets. A rule that needs a column which
//! the industry lacks does not apply; one of the same identifier in the industry's file replaces it, and
//! `inherit = false` keeps it where it stands.

use foldhash::HashMap;

use super::raw::{RawJoin, RawRule, RawUnless};
use super::scope::Scope;
use crate::{Dataset, DatasetCode};

/// The data sets of one industry by the general ones that they are judged as.
pub(super) struct Family {
    own: HashMap<DatasetCode, DatasetCode>,
}

impl Family {
    /// The family of a data set.
    pub(super) fn of(scope: &Scope<'_>, dataset: &Dataset) -> Self {
        let kin = scope.datasets.iter();
        let kin = kin.filter(|other| other.industry == dataset.industry);
        let own = kin.filter_map(|other| Some((other.general?, other.code)));
        Family { own: own.collect() }
    }

    /// A rule of the general set as this family has it; none: it stays where it stands.
    pub(super) fn rule(&self, raw: &RawRule) -> Option<RawRule> {
        if raw.inherit == Some(false) {
            return None;
        }
        let mut rule = raw.clone();
        rule.id = self.id(&raw.id);
        // what the standard says of the general data set, it does not say of the industry's
        let about = raw.clause.rsplit(|c: char| !c.is_ascii_digit()).next();
        if about.is_some_and(|number| self.number(number).is_some()) {
            rule.clause.clear();
        }
        let unless = match &mut rule.unless {
            Some(RawUnless::Field(text)) => Some(text),
            Some(RawUnless::Join(join)) => {
                self.join(join);
                None
            }
            None => None,
        };
        for text in rule
            .r#ref
            .iter_mut()
            .chain(&mut rule.days_ref)
            .chain(unless)
        {
            *text = self.place(text);
        }
        rule.when_parent.iter_mut().for_each(|join| self.join(join));
        if let Some(child) = &mut rule.child {
            *child = self.own.get(child).copied().unwrap_or(*child);
        }
        for text in rule.to.iter_mut().flatten() {
            let parts: Vec<_> = text.split('+').map(|part| self.place(part)).collect();
            *text = parts.join("+");
        }
        Some(rule)
    }

    fn join(&self, join: &mut RawJoin) {
        if let Some(own) = self.own.get(&join.dataset) {
            join.dataset = *own;
        }
    }

    fn number(&self, text: &str) -> Option<DatasetCode> {
        self.own.get(&text.parse().ok()?).copied()
    }

    /// `503.ref_502` → `803.ref_802`.
    fn id(&self, id: &str) -> String {
        let mut own = String::new();
        for part in id.split_inclusive(['.', '_']) {
            let word = part.trim_end_matches(['.', '_']);
            match self.number(word) {
                Some(number) => {
                    own.push_str(&number.to_string());
                    own.extend(part.chars().skip(word.len()));
                }
                None => own.push_str(part),
            }
        }
        own
    }

    /// `502.FIELD` → `802.FIELD`; a field of the record itself, or of a set that the family shares, stays.
    fn place(&self, text: &str) -> String {
        let place = text.split_once('.');
        let own = place.and_then(|(number, field)| Some((self.number(number)?, field)));
        own.map_or_else(
            || text.to_owned(),
            |(number, field)| format!("{number}.{field}"),
        )
    }
}
