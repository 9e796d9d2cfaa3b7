//! `standing.toml`: what bears on the standing of a subject, held against the data sets that it names.

use serde::Deserialize;

use super::faults::Faults;
use super::source::Source;
use crate::standing::{EndedBy, Standing};
use crate::{Dataset, FieldIndex};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStandings {
    standing: Vec<toml::Spanned<RawStanding>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStanding {
    dataset: String,
    effect: String,
    zh: String,
    #[serde(default)]
    adverse: bool,
    subject: String,
    from: Option<String>,
    to: Option<String>,
    ended_by: Option<RawEndedBy>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEndedBy {
    own: String,
    dataset: String,
    field: String,
}

/// Reads the table of an edition.
pub(super) fn standings(
    source: Source<'_>,
    raw: &RawStandings,
    datasets: &[Dataset],
    faults: &mut Faults,
) -> Vec<Standing> {
    let mut all = Vec::with_capacity(raw.standing.len());
    for one in &raw.standing {
        match standing(one.get_ref(), datasets) {
            Ok(standing) => all.push(standing),
            Err(unknown) => faults.push(source.fault(
                &one.span(),
                format!("`{unknown}`"),
                "column codes of data sets and fields of this edition",
            )),
        }
    }
    all
}

fn standing(raw: &RawStanding, datasets: &[Dataset]) -> Result<Standing, String> {
    let dataset = find(datasets, &raw.dataset)?;
    let optional =
        |name: &Option<String>| name.as_deref().map(|name| field(dataset, name)).transpose();
    let ended_by = match &raw.ended_by {
        None => None,
        Some(ended) => {
            let other = find(datasets, &ended.dataset)?;
            let names = field(other, &ended.field)?;
            Some(EndedBy {
                own: field(dataset, &ended.own)?,
                dataset: other.code,
                field: names,
                is_key: other.key == [names],
            })
        }
    };
    Ok(Standing {
        dataset: dataset.code,
        effect: raw.effect.clone(),
        zh: raw.zh.clone(),
        adverse: raw.adverse,
        subject: field(dataset, &raw.subject)?,
        from: optional(&raw.from)?,
        to: optional(&raw.to)?,
        ended_by,
    })
}

fn find<'d>(datasets: &'d [Dataset], name: &str) -> Result<&'d Dataset, String> {
    let mut all = datasets.iter();
    all.find(|dataset| dataset.id == name)
        .ok_or_else(|| name.to_owned())
}

fn field(dataset: &Dataset, name: &str) -> Result<FieldIndex, String> {
    let place = dataset.fields.iter().position(|field| field.id == name);
    place
        .and_then(|place| FieldIndex::try_from(place).ok())
        .ok_or_else(|| format!("{}.{name}", dataset.id))
}
