//! Faults that one record does not show by itself: each is a small story of records that arrive in order, the last of
//! which earns the finding.
//!
//! What is planted decides what is expected; the engine is only asked whether it sees it.

use super::arrival::Arrivals;
use super::batch::SHARE;
use super::search::sound;
use super::{Draft, Expected, Faulty, Maker, family, instants};
use crate::{Action, Check, Dataset, Edition, FieldIndex, Format, IssueCode};

/// Kinds of fault around a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    /// The data set is not in the edition.
    Stranger,
    /// The data set is one that the source may not send.
    Forbidden,
    /// A correction that says no reason.
    Unexplained,
    /// What the record refers to has not come.
    Absent,
    /// A file that must travel with the record has not come.
    Unattached,
    /// A record is taken back on which another hangs.
    Held,
    /// A value that only one record may have comes in another.
    Twice,
    /// A value that must never change is another one in the next version.
    Changed,
    /// The record comes long after what it tells of.
    Late,
}

/// What a story may draw on.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'s> {
    /// Whether records of other data sets may stand before those of the one that is asked for.
    pub parents: bool,
    /// A data set that the source may not send, if there is one.
    pub forbidden: Option<&'s Dataset>,
}

/// A name that no data set has.
const STRANGER: &str = "NO_SUCH_DATASET";
/// Why a record is taken back.
const REASON: &str = "误报，撤回重报";
/// Days by which a record is late.
const LATE: i64 = 60;

impl Plot {
    /// All kinds.
    pub const ALL: [Plot; 9] = [
        Plot::Stranger,
        Plot::Forbidden,
        Plot::Unexplained,
        Plot::Absent,
        Plot::Unattached,
        Plot::Held,
        Plot::Twice,
        Plot::Changed,
        Plot::Late,
    ];

    /// The finding that it must earn.
    pub fn code(self) -> IssueCode {
        match self {
            Plot::Stranger => IssueCode::DatasetUnknown,
            Plot::Forbidden => IssueCode::DatasetForbidden,
            Plot::Unexplained => IssueCode::RecordShape,
            Plot::Absent => IssueCode::ReferenceMissing,
            Plot::Unattached => IssueCode::AttachmentMissing,
            Plot::Held => IssueCode::ReferenceHeld,
            Plot::Twice => IssueCode::KeyDuplicate,
            Plot::Changed => IssueCode::KeyChanged,
            Plot::Late => IssueCode::TimeLate,
        }
    }

    /// Whether records of one data set, which say no action, can tell it.
    pub fn is_plain(self) -> bool {
        !matches!(
            self,
            Plot::Stranger | Plot::Forbidden | Plot::Unexplained | Plot::Held
        )
    }
}

/// Records that tell a story of a kind about a data set, the last of which is at fault; none where the data set has no
/// place for it.
pub fn story<'s>(
    maker: &mut Maker<'_>,
    edition: &'s Edition,
    dataset: &'s Dataset,
    plot: Plot,
    setting: Setting<'s>,
) -> Option<Vec<Faulty<'s>>> {
    let mut before = if setting.parents && !matches!(plot, Plot::Absent | Plot::Late) {
        family(maker, edition, dataset, SHARE)
    } else {
        vec![sound(maker, dataset, SHARE)]
    };
    let last = before.last()?.clone();
    let endings = match plot {
        Plot::Stranger => {
            return Some(vec![misdirected(
                Draft {
                    called: Some(STRANGER),
                    ..last
                },
                plot,
            )]);
        }
        Plot::Forbidden => {
            let draft = sound(maker, setting.forbidden?, SHARE);
            return Some(vec![misdirected(draft, plot)]);
        }
        Plot::Absent | Plot::Unattached => {
            before.pop();
            vec![last]
        }
        Plot::Unexplained => vec![Draft {
            action: Action::Correct,
            ..last
        }],
        Plot::Held => before.iter().rev().skip(1).map(withdrawn).collect(),
        Plot::Twice => twins(maker, &last),
        Plot::Changed => changed(maker, &last),
        Plot::Late => {
            before.pop();
            vec![late(&last)]
        }
    };
    let mut endings = endings.into_iter();
    endings.find_map(|ending| told(maker, &before, ending, plot.code()))
}

/// A record that is not judged at all, for it belongs nowhere.
fn misdirected(draft: Draft<'_>, plot: Plot) -> Faulty<'_> {
    let expected = vec![Expected {
        code: plot.code(),
        path: String::new(),
        rule: None,
    }];
    Faulty {
        draft,
        hub: Some(expected.clone()),
        expected,
    }
}

/// The records with what is found in each; none if the last does not earn the finding that is due, or one before it is
/// rejected.
fn told<'s>(
    maker: &Maker<'_>,
    before: &[Draft<'s>],
    ending: Draft<'s>,
    code: IssueCode,
) -> Option<Vec<Faulty<'s>>> {
    let mut arrivals = Arrivals::new(maker.context);
    let all = before.iter().cloned().chain([ending]);
    let mut all: Vec<Faulty<'s>> = all
        .map(|draft| {
            let (expected, hub) = arrivals.arrive(&draft);
            Faulty {
                draft,
                expected,
                hub: Some(hub),
            }
        })
        .collect();
    let last = all.last_mut()?;
    let first = |findings: &mut Vec<Expected>| {
        let place = findings.iter().position(|finding| finding.code == code);
        place.inspect(|&place| findings.swap(0, place)).is_some()
    };
    let by_check = first(&mut last.expected);
    let by_hub = last.hub.as_mut().is_some_and(first);
    (by_check || by_hub).then_some(all)
}

fn withdrawn<'s>(draft: &Draft<'s>) -> Draft<'s> {
    Draft {
        action: Action::Withdraw,
        reason: Some(REASON.to_owned()),
        ..draft.clone()
    }
}

/// Records with another key that share a value which is to be unique.
fn twins<'s>(maker: &mut Maker<'_>, draft: &Draft<'s>) -> Vec<Draft<'s>> {
    let dataset = draft.dataset;
    let mut all = Vec::new();
    for rule in &dataset.rules {
        let Check::Unique { field, within } = &rule.check else {
            continue;
        };
        let shared = |place: &FieldIndex| place == field || within.contains(place);
        let mut twin = draft.clone();
        for &place in dataset.key.iter().filter(|place| !shared(place)) {
            if let Some(key) = dataset.field(place) {
                twin.set(place, Some(maker.value(key)));
            }
        }
        all.push(twin);
    }
    all
}

/// The next version, in which a value is another one that must not change.
fn changed<'s>(maker: &mut Maker<'_>, draft: &Draft<'s>) -> Vec<Draft<'s>> {
    let dataset = draft.dataset;
    let mut all = Vec::new();
    for rule in &dataset.rules {
        if let Check::Immutable { field } = rule.check
            && !dataset.key.contains(&field)
            && let Some(column) = dataset.field(field)
        {
            let mut next = draft.clone();
            next.set(field, Some(maker.strange(column)));
            all.push(next);
        }
    }
    all
}

/// The record as it would have been some time ago.
fn late<'s>(draft: &Draft<'s>) -> Draft<'s> {
    let mut late = draft.clone();
    for (place, field) in draft.dataset.fields.iter().enumerate() {
        let place = place as FieldIndex;
        let width = match field.format {
            Format::Date => 8,
            Format::Minute => 12,
            Format::Second => 14,
            _ => continue,
        };
        let moved = draft.get(place).and_then(instants::read).map(|instant| {
            let days = jiff::Span::new().days(LATE);
            instants::write(instant.saturating_sub(days), width)
        });
        if moved.is_some() {
            late.set(place, moved);
        }
    }
    late
}
