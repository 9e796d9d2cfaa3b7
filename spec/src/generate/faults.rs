//! Faults of one record, planted one at a time, each with the finding that it must earn.
//!
//! What is planted decides what is expected; the engine is only asked whether it sees it.

use std::sync::Arc;

use super::{Case, Draft, Maker};
use crate::identifier::IdentifierKind;
use crate::validate::structure::{fits, path};
use crate::{Dataset, Domain, Field, FieldIndex, Format, Issue, IssueCode, Required};

/// A finding that must be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Expected {
    /// Code of the finding.
    pub code: IssueCode,
    /// JSON Pointer into the record.
    pub path: String,
    /// Identifier of the rule that makes it, if one does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<Arc<str>>,
}

impl From<&Issue> for Expected {
    fn from(issue: &Issue) -> Self {
        Expected {
            code: issue.code,
            path: issue.path.clone(),
            rule: issue.rule.clone(),
        }
    }
}

/// A record that is faulty on purpose.
#[derive(Debug, Clone)]
pub struct Faulty<'s> {
    /// The record.
    pub draft: Draft<'s>,
    /// What was planted, first; then what else is found because of it.
    pub expected: Vec<Expected>,
    /// What a hub finds that held nothing before, where that is known: it sees more than a check of the file does.
    pub hub: Option<Vec<Expected>>,
}

/// Kinds of fault in the structure, the codes and the identifiers of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A required field is left out.
    Missing,
    /// A text is longer than its format.
    Long,
    /// A date or a number is none.
    Format,
    /// A code is not in its closed table.
    Code,
    /// A check character is wrong.
    Check,
    /// A field that the data set does not have.
    Unknown,
    /// A date or a number that can be read in several ways.
    Ambiguous,
    /// A code that is not in force any more, or not yet.
    Expired,
    /// A code that stands in a table which no public standard confirms, and is not listed there.
    Unverified,
    /// A field comes twice.
    Repeated,
    /// An object stands where a plain value belongs.
    Type,
}

impl Fault {
    /// All kinds: every code that a record earns by what its fields say. Those about what is around the fields, or about
    /// other records, take a [`super::Plot`].
    pub const ALL: [Fault; 11] = [
        Fault::Missing,
        Fault::Long,
        Fault::Format,
        Fault::Code,
        Fault::Check,
        Fault::Unknown,
        Fault::Ambiguous,
        Fault::Expired,
        Fault::Unverified,
        Fault::Repeated,
        Fault::Type,
    ];

    /// Whether a table or an XML message can carry it: there a field stands once, and holds text.
    pub fn is_in_text(self) -> bool {
        !matches!(self, Fault::Repeated | Fault::Type)
    }

    /// Whether nearly every data set has a place for it.
    pub fn is_common(self) -> bool {
        self.is_in_text() && !matches!(self, Fault::Ambiguous | Fault::Expired | Fault::Unverified)
    }

    /// The kinds that nearly every data set has a place for.
    pub fn common() -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(|fault| fault.is_common())
    }

    /// The finding that it must earn.
    pub fn code(self) -> IssueCode {
        match self {
            Fault::Missing => IssueCode::FieldRequired,
            Fault::Long => IssueCode::FieldLength,
            Fault::Format => IssueCode::FieldFormat,
            Fault::Code => IssueCode::CodeUnknown,
            Fault::Check => IssueCode::IdentifierCheck,
            Fault::Unknown => IssueCode::FieldUnknown,
            Fault::Ambiguous => IssueCode::FieldAmbiguous,
            Fault::Expired => IssueCode::CodeExpired,
            Fault::Unverified => IssueCode::CodeUnverified,
            Fault::Repeated => IssueCode::FieldRepeated,
            Fault::Type => IssueCode::FieldType,
        }
    }
}

/// A name that no data set has.
const STRANGER: &str = "NO_SUCH_FIELD";

/// Plants a fault of a kind; none where the record has no place for it.
pub fn plant<'s>(maker: &mut Maker<'_>, sound: &Draft<'s>, fault: Fault) -> Option<Faulty<'s>> {
    if fault == Fault::Unknown {
        let mut draft = sound.clone();
        draft.strangers.push((STRANGER.to_owned(), "1".to_owned()));
        return seen(maker, draft, fault.code(), STRANGER);
    }
    let dataset = sound.dataset;
    let count = dataset.fields.len();
    let start = maker.random.below(count);
    (0..count).find_map(|step| {
        let place = ((start + step) % count) as FieldIndex;
        let field = dataset.field(place)?;
        let text = sound.get(place)?;
        let mut draft = sound.clone();
        match fault {
            Fault::Repeated => draft.again = Some((place, text.to_owned())),
            Fault::Type => draft.nested = Some(place),
            _ => draft.set(place, Some(spoilt(maker, dataset, place, text, fault)?)),
        }
        seen(maker, draft, fault.code(), &field.id)
    })
}

/// The faulty record, if the engine makes the finding that is due.
fn seen<'s>(
    maker: &Maker<'_>,
    draft: Draft<'s>,
    code: IssueCode,
    name: &str,
) -> Option<Faulty<'s>> {
    let edition = maker.context.edition;
    let issues = Case::alone(draft.clone(), &maker.context).judge(edition);
    let pointer = path(name);
    let due = |issue: &Expected| issue.code == code && issue.path == pointer;
    let mut expected: Vec<Expected> = issues.iter().map(Expected::from).collect();
    let first = expected.iter().position(due)?;
    expected.swap(0, first);
    Some(Faulty {
        draft,
        expected,
        hub: None,
    })
}

/// The text with a fault, empty for none; nothing where the field cannot have the fault.
fn spoilt(
    maker: &mut Maker<'_>,
    dataset: &Dataset,
    place: FieldIndex,
    text: &str,
    fault: Fault,
) -> Option<String> {
    let field = dataset.field(place)?;
    match fault {
        Fault::Missing => {
            (field.required == Required::Always || dataset.key.contains(&place)).then(String::new)
        }
        Fault::Long => long(field, text),
        Fault::Format => match field.format {
            Format::Date | Format::Minute | Format::Second => {
                // The 31st of a month that has none.
                let rest = text.get(8..).unwrap_or_default();
                Some(format!("{}0231{rest}", text.get(..4)?))
            }
            Format::Number { .. } | Format::Digits(_)
                if matches!(field.domain, Domain::Free | Domain::Standard(_)) =>
            {
                Some("待定".to_owned())
            }
            _ => None,
        },
        Fault::Code => {
            let Domain::Codes(table) = &field.domain else {
                return None;
            };
            let figures = text.chars().count();
            let strange = (0..40)
                .map(|_| maker.random.digits(figures))
                .find(|code| table.find(code).is_none() && fits(field.format, code));
            strange
                .or_else(|| Some("*".repeat(figures)))
                .filter(|_| table.is_closed() && !field.list)
        }
        Fault::Check => {
            let Domain::Identifier(
                IdentifierKind::Uscc
                | IdentifierKind::OrgCode
                | IdentifierKind::CitizenId
                | IdentifierKind::IdNumber
                | IdentifierKind::SubjectCode
                | IdentifierKind::OperatorCode
                | IdentifierKind::UnifiedDealCode,
            ) = &field.domain
            else {
                return None;
            };
            let last = text.chars().next_back()?;
            let body = text.strip_suffix(last)?;
            let other = if last == '1' { '2' } else { '1' };
            Some(format!("{body}{other}"))
        }
        Fault::Ambiguous => match (field.format, &field.unit) {
            // Day, month, year: in which order?
            (Format::Date | Format::Minute | Format::Second, _) => {
                text.get(2..8).map(str::to_owned)
            }
            (Format::Number { .. }, None) if matches!(field.domain, Domain::Free) => {
                Some(format!("{text}天"))
            }
            _ => None,
        },
        Fault::Expired => {
            let Domain::Codes(table) = &field.domain else {
                return None;
            };
            let mut codes: Vec<&String> = table
                .values
                .iter()
                .filter(|(code, value)| value.valid_to.is_some() && fits(field.format, code))
                .map(|(code, _)| code)
                .collect();
            codes.sort_unstable();
            codes
                .get(maker.random.below(codes.len()))
                .map(|code| (*code).clone())
        }
        Fault::Unverified => {
            let Domain::Codes(table) = &field.domain else {
                return None;
            };
            let figures = text.chars().count();
            (0..40)
                .map(|_| maker.random.digits(figures))
                .find(|code| table.find(code).is_none() && fits(field.format, code))
                .filter(|_| !table.is_closed())
        }
        Fault::Unknown | Fault::Repeated | Fault::Type => None,
    }
}

fn long(field: &Field, text: &str) -> Option<String> {
    let most = match field.format {
        Format::Exact(n) | Format::UpTo(n) => n as usize,
        _ => return None,
    };
    let free = matches!(field.domain, Domain::Free | Domain::Standard(_));
    // A text of thousands of characters shows nothing that a shorter one does not.
    if !free || most > 2000 || field.list {
        return None;
    }
    Some(text.chars().cycle().take(most + 1).collect())
}
