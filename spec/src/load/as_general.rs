//! An industry's data set is judged as the general one too: the rules of the general data set that one record shows
//! by itself, over the columns that both have, as warnings.
//!
//! A rule that the industry's data set has under the same last name is its own version and takes the place of the
//! general one. Rules among records are left out: they read the general set's neighbours, not the industry's.
//! Columns that the industry's set lacks altogether cannot be judged in a record; the projection tells of them.

use super::raw::{RawDataset, RawRule};
use super::rules::rule;
use super::scope::{Miss, Scope};
use super::source::Source;
use crate::rule::{Check, Stage};
use crate::{Dataset, FieldIndex, Required, Rule, Severity};

/// The rules that `check = "judged_as_general"` adds to a data set; `held` are those that it has.
pub(super) fn rules(
    scope: &Scope<'_>,
    dataset: &Dataset,
    raw: &RawRule,
    own: &[(Source<'_>, &RawDataset)],
    held: &[Rule],
) -> Result<Vec<Rule>, Miss> {
    let Some(number) = dataset.general else {
        return Err(Miss::fault(
            format!(
                "data set {} `{}` without `general`",
                dataset.code, dataset.id
            ),
            "general = the number of the general data set, in the file of this one",
        ));
    };
    let general = scope.dataset(number)?;
    let mut all = Vec::new();
    all.extend(required(dataset, general, raw));
    let file = own.iter().find(|(_, raw)| *raw.code.get_ref() == number);
    for spanned in file.into_iter().flat_map(|(_, raw)| &raw.rules) {
        let theirs = spanned.get_ref();
        let last = theirs.id.split_once('.').map_or("", |(_, last)| last);
        let same = format!("{}.{last}", dataset.code);
        if held.iter().any(|rule| *rule.id == same) {
            continue;
        }
        let mut made = match rule(scope, dataset, theirs, true) {
            Ok(rule) if stands_alone(&rule) => rule,
            Ok(_) | Err(Miss::Absent) => continue,
            Err(fault) => return Err(fault),
        };
        made.id = format!("{}.as_{number}.{last}", dataset.code).into();
        made.severity = Severity::Warning;
        all.push(made);
    }
    Ok(all)
}

/// Fields that the general data set requires and this one leaves open.
fn required(dataset: &Dataset, general: &Dataset, raw: &RawRule) -> Option<Rule> {
    let demanded = general
        .fields
        .iter()
        .filter(|field| field.required == Required::Always);
    let fields: Vec<FieldIndex> = demanded
        .filter_map(|field| dataset.field_index(&field.id))
        .filter(|&place| {
            let field = dataset.field(place);
            field.is_some_and(|field| field.required == Required::Optional)
        })
        .collect();
    (!fields.is_empty()).then(|| Rule {
        id: format!("{}.as_{}.required", dataset.code, general.code).into(),
        severity: Severity::Warning,
        clause: raw.clause.clone(),
        zh: raw.zh.clone(),
        en: raw.en.clone(),
        stage: Stage::Arrival,
        when: Vec::new(),
        when_parent: None,
        unless: None,
        check: Check::RequiredIf { fields },
    })
}

/// Whether one record shows by itself what the rule is about.
fn stands_alone(rule: &Rule) -> bool {
    let mut asks = false;
    rule.asked(0, &mut |_| asks = true);
    !asks && !matches!(rule.check, Check::Immutable { .. } | Check::Monotone { .. })
}
