//! From files to editions: which file is what, what an edition shares with its base, and the order in
//! which things are checked (code tables, data sets, rules, projections).

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet};

use super::projections::projection;
use super::raw::{RawDataset, RawEdition, RawProjection};
use super::rules::General;
use super::scope::Scope;
use super::source::Source;
use super::{LoadError, calendar, codes, datasets, indexes, rules};
use crate::{Calendar, CodeTable, DatasetCode, Edition, Spec};

/// The files of one edition, read but not yet checked against each other.
#[derive(Default)]
struct Folder<'f> {
    head: Option<(Source<'f>, RawEdition)>,
    datasets: Vec<(Source<'f>, RawDataset)>,
    rules: Vec<General<'f>>,
    codes: Vec<Arc<CodeTable>>,
    calendar: Option<Calendar>,
    projections: BTreeMap<String, Vec<(Source<'f>, RawProjection)>>,
    files: Vec<(String, Vec<u8>)>,
}

/// Builds every edition. The files are sorted by path.
pub(super) fn specification(files: &[(String, Vec<u8>)]) -> Result<Spec, LoadError> {
    let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
    for (path, bytes) in files {
        let source = Source::new(path, bytes)?;
        let Some((edition, rest)) = path.split_once('/') else {
            return Err(misplaced(source));
        };
        let folder = folders.entry(edition).or_default();
        folder.files.push((path.clone(), bytes.clone()));
        folder.add(source, rest)?;
    }
    let known: Vec<&str> = folders.keys().copied().collect();
    let mut editions = Vec::new();
    for (id, folder) in &folders {
        check_mentions(folder, &known)?;
        editions.push(edition(id, folder, &folders)?);
    }
    for place in 0..editions.len() {
        let projections = projections(place, &editions, &folders)?;
        if let Some(edition) = editions.get_mut(place) {
            edition.projections = projections;
        }
    }
    Ok(Spec {
        editions: editions.into_iter().map(Arc::new).collect(),
    })
}

impl<'f> Folder<'f> {
    fn add(&mut self, source: Source<'f>, path: &str) -> Result<(), LoadError> {
        let (place, name) = path.split_once('/').unwrap_or(("", path));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        match (place, name.rsplit_once('.').map(|(_, ending)| ending)) {
            ("", Some("toml")) if stem == "edition" => self.head = Some((source, source.toml()?)),
            ("", Some("csv")) if stem == "calendar" => {
                self.calendar = Some(calendar::calendar(source)?);
            }
            ("datasets", Some("toml")) => self.datasets.push((source, source.toml()?)),
            ("rules", Some("toml")) => {
                let file = source.toml()?;
                self.rules.push(General { source, file });
            }
            ("codes", Some("csv")) if !stem.contains('/') => {
                self.codes.push(Arc::new(codes::table(source, stem)?));
            }
            ("projections", Some("toml")) => {
                // `2.0.toml`, or any file in the folder `2.0`
                let target = name.split_once('/').map_or(stem, |(folder, _)| folder);
                let files = self.projections.entry(target.to_owned()).or_default();
                files.push((source, source.toml()?));
            }
            _ => return Err(misplaced(source)),
        }
        Ok(())
    }
}

fn misplaced(source: Source<'_>) -> LoadError {
    source.fault_on_line(
        1,
        "a file in this place",
        "edition.toml, calendar.csv, datasets/**.toml, codes/*.csv, rules/*.toml or projections/*.toml in the folder of an edition",
    )
}

/// Editions that data sets and fields mention must be there.
fn check_mentions(folder: &Folder<'_>, known: &[&str]) -> Result<(), LoadError> {
    for (source, dataset) in &folder.datasets {
        let unknown = |id: &&String| !known.contains(&id.as_str());
        if let Some(id) = dataset.editions.iter().find(unknown) {
            let found = format!("edition `{id}`");
            return Err(source.fault(&dataset.id.span(), found, known.join(", ")));
        }
        for field in &dataset.fields {
            let only = field.get_ref().only.as_deref().unwrap_or_default();
            if let Some(id) = only.iter().find(unknown) {
                let found = format!("edition `{id}`");
                return Err(source.fault(&field.span(), found, known.join(", ")));
            }
        }
    }
    Ok(())
}

fn edition(
    id: &str,
    folder: &Folder<'_>,
    folders: &BTreeMap<&str, Folder<'_>>,
) -> Result<Edition, LoadError> {
    let Some((head_source, head)) = &folder.head else {
        return Err(LoadError::Data {
            file: format!("{id}/edition.toml"),
            line: 1,
            column: 1,
            found: "no such file".to_owned(),
            expected: "the identifier, name and dates of the edition".to_owned(),
        });
    };
    if head.id.get_ref() != id {
        let found = format!("edition `{}` in folder `{id}`", head.id.get_ref());
        return Err(head_source.fault(&head.id.span(), found, "the name of the folder"));
    }
    for day in std::iter::once(&head.valid_from).chain(&head.valid_to) {
        if !codes::is_day(day.get_ref()) {
            let found = format!("`{}`", day.get_ref());
            return Err(head_source.fault(&day.span(), found, "a day, yyyyMMdd"));
        }
    }
    let base = match &head.base {
        None => None,
        Some(name) => {
            let base = folders.get(name.get_ref().as_str()).filter(|base| {
                let derived = base.head.as_ref().map(|(_, head)| head.base.is_some());
                derived == Some(false)
            });
            let fault = || {
                let found = format!("base `{}`", name.get_ref());
                head_source.fault(&name.span(), found, "an edition that has no base itself")
            };
            Some(base.ok_or_else(fault)?)
        }
    };

    let shared = base.into_iter().flat_map(|base| &base.datasets);
    let shared = shared.filter(|(_, raw)| raw.editions.iter().any(|other| other == id));
    let mut raw: Vec<(Source<'_>, &RawDataset)> = shared
        .chain(&folder.datasets)
        .map(|(source, raw)| (*source, raw))
        .collect();
    raw.sort_by_key(|(_, raw)| *raw.code.get_ref());
    let by_name = names(&raw)?;

    let both = || base.into_iter().chain(std::iter::once(folder));
    let codes: HashMap<String, Arc<CodeTable>> = both()
        .flat_map(|folder| &folder.codes)
        .map(|table| (table.id.clone(), Arc::clone(table)))
        .collect();
    let mut datasets = raw
        .iter()
        .map(|(source, raw)| datasets::dataset(*source, raw, id, &codes))
        .collect::<Result<Vec<_>, _>>()?;
    let scope = Scope {
        datasets: &datasets,
        places: raw
            .iter()
            .zip(0..)
            .map(|((_, raw), at)| (*raw.code.get_ref(), at))
            .collect(),
        left_out: raw.iter().map(|(_, raw)| left_out(raw, id)).collect(),
        derived: base.is_some(),
    };
    let general: Vec<&General<'_>> = both().flat_map(|folder| &folder.rules).collect();
    let rules = rules::rules(&scope, &raw, &general)?;
    for (dataset, rules) in datasets.iter_mut().zip(rules) {
        dataset.rules = rules;
    }
    indexes::fill(&mut datasets);

    let mut files: Vec<_> = both().flat_map(|folder| folder.files.clone()).collect();
    files.sort();
    Ok(Edition {
        id: id.to_owned(),
        name: head.name.clone(),
        valid_from: head.valid_from.get_ref().clone(),
        valid_to: head.valid_to.as_ref().map(|day| day.get_ref().clone()),
        datasets,
        stages: general
            .iter()
            .flat_map(|file| file.file.stages.clone())
            .collect(),
        codes,
        calendar: both()
            .find_map(|folder| folder.calendar.clone())
            .unwrap_or_default(),
        projections: HashMap::new(),
        deal_code_check: head.deal_code_check,
        waiting_days: head.waiting_days,
        files,
        by_name,
    })
}

fn left_out(raw: &RawDataset, edition: &str) -> (DatasetCode, HashSet<String>) {
    let fields = raw.fields.iter().map(toml::Spanned::get_ref);
    let names = fields
        .filter(|field| !field.has(edition))
        .map(|field| field.id.clone());
    (*raw.code.get_ref(), names.collect())
}

/// Place of each data set by column code and by number, both of which stand for one data set only.
fn names(raw: &[(Source<'_>, &RawDataset)]) -> Result<HashMap<String, usize>, LoadError> {
    let mut names: HashMap<String, usize> = HashMap::new();
    for (place, (source, dataset)) in raw.iter().enumerate() {
        let number = (dataset.code.get_ref().to_string(), dataset.code.span());
        let id = (dataset.id.get_ref().clone(), dataset.id.span());
        for (name, span) in [number, id] {
            if let Some(other) = names.insert(name.clone(), place) {
                let path = raw.get(other).map_or("", |(source, _)| source.path);
                let found = format!("data set `{name}`, which is in {path} already");
                return Err(source.fault(&span, found, "each number and column code once"));
            }
        }
    }
    Ok(names)
}

/// The projections of an edition: those that its folder names.
fn projections(
    place: usize,
    editions: &[Edition],
    folders: &BTreeMap<&str, Folder<'_>>,
) -> Result<HashMap<String, crate::projection::Projection>, LoadError> {
    let mut projections = HashMap::new();
    let Some(from) = editions.get(place) else {
        return Ok(projections);
    };
    let Some(folder) = folders.get(from.id.as_str()) else {
        return Ok(projections);
    };
    // fields that are said not to be in the other edition
    let marked = |to: &str, code: DatasetCode, field: &str| {
        let mut datasets = folder.datasets.iter();
        datasets
            .find(|(_, raw)| *raw.code.get_ref() == code)
            .and_then(|(_, raw)| raw.fields.iter().find(|raw| raw.get_ref().id == field))
            .is_some_and(|raw| !raw.get_ref().has(to))
    };
    for (target, files) in &folder.projections {
        let Some(to) = editions.iter().find(|edition| edition.id == *target) else {
            let (source, _) = files.first().ok_or(LoadError::Data {
                file: from.id.clone(),
                line: 1,
                column: 1,
                found: format!("projection onto `{target}`"),
                expected: "an edition".to_owned(),
            })?;
            let found = format!("projection onto edition `{target}`");
            return Err(source.fault_on_line(1, found, "an edition that has a folder"));
        };
        let marked = |code: DatasetCode, field: &str| marked(target, code, field);
        projections.insert(target.clone(), projection(from, to, files, &marked)?);
    }
    Ok(projections)
}
