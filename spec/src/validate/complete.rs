//! Rules about a deal as a whole: how many bid, whether an evaluation led to candidates. Held against the stored
//! records together, when somebody looks at the deal or draws a report; never against one record that arrives, for
//! then the next may be on its way.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{among, finding};
use crate::rule::{Check, Stage};
use crate::{Context, Known, Normalized, Report};

/// Judges stored records (of one deal, as a rule) by the rules of stage [`Stage::Complete`]. `known` answers what
/// [`crate::references::lookups_at`] asks for that stage. One report a record, in their order; what a group of
/// records lacks together is told once, with the first of them.
pub fn judge_complete(
    context: &Context<'_>,
    records: &[Normalized<'_, '_>],
    known: &Known,
) -> Vec<Report> {
    let mut told: BTreeSet<(Arc<str>, Vec<&str>)> = BTreeSet::new();
    let mut reports = Vec::with_capacity(records.len());
    for record in records {
        let (mut issues, _) = among::judge(context, record, known, Stage::Complete);
        issues.retain(|issue| {
            let mut rules = record.dataset.rules.iter();
            let rule = rules.find(|rule| Some(&rule.id) == issue.rule.as_ref());
            match rule.map(|rule| (&rule.id, &rule.check)) {
                Some((id, Check::Group { group, .. })) => {
                    let texts = group.iter().filter_map(|&field| record.text(field));
                    told.insert((Arc::clone(id), texts.collect()))
                }
                _ => true,
            }
        });
        finding::cap(&mut issues);
        reports.push(Report { issues });
    }
    reports
}
