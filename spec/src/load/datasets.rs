//! Data sets and their fields, from the data files; their rules come later ([`super::rules`]).

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::LoadError;
use super::faults::Faults;
use super::raw::{ByRule, RawDataset, RawField, RawRequired};
use super::source::Source;
use crate::identifier::IdentifierKind;
use crate::{CodeTable, Dataset, Domain, Field, FieldIndex, Format, Required, Unit};

/// The data set as an edition has it: without the fields that only other editions have. What is wrong in it is kept,
/// and something that allows everything stands in its place.
pub(super) fn dataset(
    source: Source<'_>,
    raw: &RawDataset,
    edition: &str,
    codes: &HashMap<String, Arc<CodeTable>>,
    faults: &mut Faults,
) -> Dataset {
    let kept: Vec<_> = raw
        .fields
        .iter()
        .filter(|field| field.get_ref().has(edition))
        .collect();
    let mut by_name: HashMap<String, FieldIndex> = HashMap::new();
    for (place, spanned) in kept.iter().enumerate() {
        let raw_field = spanned.get_ref();
        let Ok(place) = FieldIndex::try_from(place) else {
            faults.push(source.fault(&spanned.span(), "too many fields", "at most 65,535"));
            break;
        };
        for name in std::iter::once(&raw_field.id).chain(&raw_field.aliases) {
            if by_name.insert(name.clone(), place).is_some() {
                let found = format!("the name `{name}` for a second time");
                faults.push(source.fault(&spanned.span(), found, "each name and alias once"));
            }
        }
    }
    let mut fields = Vec::new();
    for spanned in &kept {
        let id = &spanned.get_ref().id;
        let fault = |found: String, expected: String| {
            source.fault_in(&spanned.span(), id, &found, expected)
        };
        let read = field(spanned.get_ref(), codes, &by_name, &fault);
        let read = faults.keep(read);
        fields.push(read.unwrap_or_else(|| anything(spanned.get_ref())));
    }

    let own = |name: &str| {
        by_name
            .get(name)
            .copied()
            .filter(|&place| fields.get(usize::from(place)).is_some_and(|f| f.id == name))
    };
    // a field that this edition leaves out cannot have the part here that it has elsewhere
    let mut named = |name: &toml::Spanned<String>| {
        let place = own(name.get_ref());
        if place.is_none() && !raw.leaves_out(name.get_ref(), edition) {
            faults.push(unknown_field(source, &name.span(), name.get_ref()));
        }
        place
    };
    let deal = raw.deal.as_ref().and_then(&mut named);
    let time = raw.time.as_ref().and_then(&mut named);
    let mut key = Vec::new();
    for name in raw.key.get_ref() {
        let Some(place) = own(name) else {
            faults.push(unknown_field(source, &raw.key.span(), name));
            continue;
        };
        if fields.get(usize::from(place)).map(|f| f.required) != Some(Required::Always) {
            let found = format!("key field `{name}`, which is not required");
            faults.push(source.fault(&raw.key.span(), found, "required = true"));
        }
        key.push(place);
    }
    if raw.key.get_ref().is_empty() {
        faults.push(source.fault(&raw.key.span(), "no key field", "at least one"));
    }
    if let (Some(name), Some(place)) = (&raw.time, time) {
        let format = fields.get(usize::from(place)).map(|f| f.format);
        if !matches!(format, Some(Format::Date | Format::Minute | Format::Second)) {
            let found = format!("time field `{}`", name.get_ref());
            faults.push(source.fault(&name.span(), found, "a field of format D8, D12 or D14"));
        }
    }
    Dataset {
        code: *raw.code.get_ref(),
        id: raw.id.get_ref().clone(),
        name: raw.name.clone(),
        library: raw.library,
        class: raw.class.clone(),
        industry: raw.industry.clone(),
        general: raw.general.as_ref().map(|code| *code.get_ref()),
        key,
        deal,
        time,
        attachments: raw.attachments.clone(),
        required_attachments: required_attachments(source, raw, faults),
        fields,
        rules: Vec::new(),
        by_name,
        indexed: Vec::new(),
        read: Vec::new(),
        referrers: Vec::new(),
    }
}

/// The slots without which a record waits: each one of the data set's own.
fn required_attachments(source: Source<'_>, raw: &RawDataset, faults: &mut Faults) -> Vec<String> {
    for name in &raw.required_attachments {
        if !raw.attachments.contains(name.get_ref()) {
            let found = format!("required attachment `{}`", name.get_ref());
            let expected = format!("one of `attachments`: {}", raw.attachments.join(", "));
            faults.push(source.fault(&name.span(), found, expected));
        }
    }
    let required = raw.required_attachments.iter();
    required.map(|name| name.get_ref().clone()).collect()
}

/// A field whose line is wrong, as one that holds anything: so that what else speaks of it is still checked.
fn anything(raw: &RawField) -> Field {
    Field {
        id: raw.id.clone(),
        name: raw.name.clone(),
        format: raw.format.parse().unwrap_or(Format::Unlimited),
        required: required(raw),
        domain: Domain::Free,
        list: raw.list,
        sensitivity: raw.sensitivity,
        unit: None,
        aliases: raw.aliases.clone(),
    }
}

fn required(raw: &RawField) -> Required {
    match raw.required {
        RawRequired::Flag(true) => Required::Always,
        RawRequired::Flag(false) => Required::Optional,
        RawRequired::Word(ByRule::Rule) => Required::ByRule,
    }
}

impl RawDataset {
    /// Whether the field is one of the data set's, but not in this edition.
    fn leaves_out(&self, name: &str, edition: &str) -> bool {
        let mut fields = self.fields.iter().map(toml::Spanned::get_ref);
        fields.any(|field| field.id == name && !field.has(edition))
    }
}

impl RawField {
    /// Whether an edition has the field.
    pub(super) fn has(&self, edition: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.iter().any(|id| id == edition))
    }
}

fn unknown_field(source: Source<'_>, span: &std::ops::Range<usize>, name: &str) -> LoadError {
    source.fault(span, format!("`{name}`"), "a field of this data set")
}

type Fault<'f> = &'f dyn Fn(String, String) -> LoadError;

fn field(
    raw: &RawField,
    codes: &HashMap<String, Arc<CodeTable>>,
    by_name: &HashMap<String, FieldIndex>,
    fault: Fault<'_>,
) -> Result<Field, LoadError> {
    let format: Format = raw.format.parse().map_err(|_| {
        fault(
            format!("format `{}`", raw.format),
            "C18, C..200, C..ul, N8, N..4, N..20,6, D8, D12, D14 or B".to_owned(),
        )
    })?;
    let domain = match (&raw.codes, &raw.identifier, &raw.standard) {
        (None, None, None) => Domain::Free,
        (Some(table), None, None) => {
            let table = codes.get(table).ok_or_else(|| {
                let expected = "a file of that name in the folder codes".to_owned();
                fault(format!("code table `{table}`"), expected)
            })?;
            check_values(table, format, fault)?;
            Domain::Codes(Arc::clone(table))
        }
        (None, Some(kind), None) => Domain::Identifier(identifier(kind).ok_or_else(|| {
            let kinds: Vec<_> = IDENTIFIERS.iter().map(|(word, _)| *word).collect();
            fault(format!("identifier `{kind}`"), kinds.join(", "))
        })?),
        (None, None, Some(standard)) => Domain::Standard(standard.clone()),
        _ => {
            return Err(fault(
                format!("several domains for `{}`", raw.id),
                "one of codes, identifier and standard".to_owned(),
            ));
        }
    };
    Ok(Field {
        id: raw.id.clone(),
        name: raw.name.clone(),
        format,
        required: required(raw),
        domain,
        list: raw.list,
        sensitivity: raw.sensitivity,
        unit: unit(raw.unit.as_deref(), by_name, fault)?,
        aliases: raw.aliases.clone(),
    })
}

fn unit(
    raw: Option<&str>,
    by_name: &HashMap<String, FieldIndex>,
    fault: Fault<'_>,
) -> Result<Option<Unit>, LoadError> {
    Ok(match raw {
        None => None,
        Some("yuan") => Some(Unit::Yuan),
        Some("wan_yuan") => Some(Unit::WanYuan),
        Some(text) => match text.strip_prefix("by:") {
            None => Some(Unit::Other(text.to_owned())),
            Some(name) => Some(Unit::By(by_name.get(name).copied().ok_or_else(|| {
                let expected = "a field of this data set".to_owned();
                fault(format!("unit field `{name}`"), expected)
            })?)),
        },
    })
}

/// Every value must fit the format; of a hierarchy, which a field may use at one level, one must.
fn check_values(table: &CodeTable, format: Format, fault: Fault<'_>) -> Result<(), LoadError> {
    let nested = table.values.values().any(|value| value.level.is_some());
    let misfit = table
        .values
        .keys()
        .filter(|code| !fits(code, format, false))
        .chain(
            table
                .prefixes
                .iter()
                .map(|(beginning, _)| beginning)
                .filter(|beginning| !fits(beginning, format, true)),
        )
        .min();
    let Some(code) = misfit else { return Ok(()) };
    if nested && table.values.keys().any(|code| fits(code, format, false)) {
        return Ok(());
    }
    Err(fault(
        format!(
            "code table `{}`, whose value `{code}` is not {format}",
            table.id
        ),
        "values that fit the format of the field".to_owned(),
    ))
}

fn fits(code: &str, format: Format, beginning: bool) -> bool {
    let length = code.chars().count() as u32;
    let number = code.bytes().all(|byte| byte.is_ascii_digit());
    match format {
        Format::Exact(n) => length == n || (beginning && length < n),
        Format::UpTo(n) => length <= n,
        Format::Unlimited => true,
        Format::Number { digits, decimals } => number && length <= digits - decimals,
        Format::Digits(n) => number && (length == n || (beginning && length < n)),
        Format::Date | Format::Minute | Format::Second => false,
        Format::Boolean => matches!(code, "0" | "1"),
    }
}

/// Words for the kinds of identifier.
const IDENTIFIERS: [(&str, IdentifierKind); 16] = [
    ("uscc", IdentifierKind::Uscc),
    ("org_code", IdentifierKind::OrgCode),
    ("citizen_id", IdentifierKind::CitizenId),
    ("id_number", IdentifierKind::IdNumber),
    ("subject_code", IdentifierKind::SubjectCode),
    ("operator_code", IdentifierKind::OperatorCode),
    ("unified_deal_code", IdentifierKind::UnifiedDealCode),
    ("deal_class", IdentifierKind::DealClass),
    ("platform_id", IdentifierKind::PlatformId),
    ("project_code", IdentifierKind::ProjectCode),
    ("tender_project_code", IdentifierKind::TenderProjectCode),
    ("section_code", IdentifierKind::SectionCode),
    ("document_code", IdentifierKind::DocumentCode),
    ("guid", IdentifierKind::Guid),
    ("invest_project_code", IdentifierKind::InvestProjectCode),
    ("construct_code", IdentifierKind::ConstructCode),
];

fn identifier(word: &str) -> Option<IdentifierKind> {
    IDENTIFIERS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, kind)| *kind)
}

/// The word by which data files call a kind of identifier.
pub(crate) fn identifier_word(kind: IdentifierKind) -> &'static str {
    IDENTIFIERS
        .iter()
        .find(|(_, known)| *known == kind)
        .map_or("", |(word, _)| *word)
}
