//! From files to editions: which file is what, what an edition shares with its base, and the order in
//! which things are checked (code tables, data sets, rules, projections).

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet};

use super::faults::Faults;
use super::projections::projection;
use super::raw::{RawDataset, RawEdition, RawProjection};
use super::rules::General;
use super::scope::Scope;
use super::source::Source;
use super::{LoadError, attachments, calendar, codes, datasets, indexes, rules};
use crate::{Attachments, Calendar, CodeTable, DatasetCode, Edition, Spec};

/// A file that is there, but cannot be read.
struct Unread;

/// The files of one edition, read but not yet checked against each other.
#[derive(Default)]
struct Folder<'f> {
    /// The file of the edition, or that it cannot be read.
    head: Option<Result<(Source<'f>, RawEdition), Unread>>,
    datasets: Vec<(Source<'f>, RawDataset)>,
    rules: Vec<General<'f>>,
    codes: Vec<Arc<CodeTable>>,
    calendar: Option<Calendar>,
    attachments: Option<Attachments>,
    projections: BTreeMap<String, Vec<(Source<'f>, RawProjection)>>,
    files: Vec<(String, Vec<u8>)>,
}

/// Builds every edition. The files are sorted by path.
/// Mistakes are kept: a specification with any of them is not to be used.
pub(super) fn specification(files: &[(String, Vec<u8>)], faults: &mut Faults) -> Spec {
    let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
    for (path, bytes) in files {
        let Some(source) = faults.keep(Source::new(path, bytes)) else {
            continue;
        };
        let Some((edition, rest)) = path.split_once('/') else {
            faults.push(misplaced(source));
            continue;
        };
        let folder = folders.entry(edition).or_default();
        folder.files.push((path.clone(), bytes.clone()));
        folder.add(source, rest, faults);
    }
    let unread = faults.count();
    let known: Vec<&str> = folders.keys().copied().collect();
    let mut editions = Vec::new();
    for (id, folder) in &folders {
        check_mentions(folder, &known, faults);
        editions.extend(edition(id, folder, &folders, faults));
    }
    // what is missing because it could not be read is not missed again
    let projected = if unread == 0 { 0..editions.len() } else { 0..0 };
    for place in projected {
        let projections = projections(place, &editions, &folders, faults);
        if let Some(edition) = editions.get_mut(place) {
            edition.projections = projections;
        }
    }
    Spec {
        editions: editions.into_iter().map(Arc::new).collect(),
    }
}

impl<'f> Folder<'f> {
    fn add(&mut self, source: Source<'f>, path: &str, faults: &mut Faults) {
        let (place, name) = path.split_once('/').unwrap_or(("", path));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        match (place, name.rsplit_once('.').map(|(_, ending)| ending)) {
            ("", Some("toml")) if stem == "edition" => {
                let head = faults.keep(source.toml()).map(|head| (source, head));
                self.head = Some(head.ok_or(Unread));
            }
            ("", Some("csv")) if stem == "calendar" => {
                self.calendar = faults.keep(calendar::calendar(source));
            }
            ("", Some("toml")) if stem == "attachments" => {
                self.attachments = faults.keep(attachments::attachments(source));
            }
            ("datasets", Some("toml")) => {
                let file = source.toml_all(faults);
                self.datasets.extend(file.map(|file| (source, file)));
            }
            ("rules", Some("toml")) => {
                let file = source.toml_all(faults);
                self.rules.extend(file.map(|file| General { source, file }));
            }
            ("codes", Some("csv")) if !stem.contains('/') => {
                let table = faults.keep(codes::table(source, stem));
                // fields that use a table which cannot be read are not wrong themselves
                let unread = || CodeTable {
                    id: stem.to_owned(),
                    ..CodeTable::default()
                };
                self.codes.push(Arc::new(table.unwrap_or_else(unread)));
            }
            ("projections", Some("toml")) => {
                // `2.0.toml`, or any file in the folder `2.0`
                let target = name.split_once('/').map_or(stem, |(folder, _)| folder);
                let files = self.projections.entry(target.to_owned()).or_default();
                files.extend(source.toml_all(faults).map(|file| (source, file)));
            }
            _ => faults.push(misplaced(source)),
        }
    }
}

fn misplaced(source: Source<'_>) -> LoadError {
    source.fault_on_line(
        1,
        "a file in this place",
        "edition.toml, calendar.csv, attachments.toml, datasets/**.toml, codes/*.csv, rules/*.toml or projections/*.toml in the folder of an edition",
    )
}

/// Editions that data sets and fields mention must be there.
fn check_mentions(folder: &Folder<'_>, known: &[&str], faults: &mut Faults) {
    for (source, dataset) in &folder.datasets {
        let unknown = |id: &&String| !known.contains(&id.as_str());
        if let Some(id) = dataset.editions.iter().find(unknown) {
            let found = format!("edition `{id}`");
            faults.push(source.fault(&dataset.id.span(), found, known.join(", ")));
        }
        for field in &dataset.fields {
            let only = field.get_ref().only.as_deref().unwrap_or_default();
            if let Some(id) = only.iter().find(unknown) {
                let found = format!("edition `{id}`");
                faults.push(source.fault(&field.span(), found, known.join(", ")));
            }
        }
    }
}

fn edition(
    id: &str,
    folder: &Folder<'_>,
    folders: &BTreeMap<&str, Folder<'_>>,
    faults: &mut Faults,
) -> Option<Edition> {
    let Some(head) = &folder.head else {
        faults.push(LoadError::Data {
            file: format!("{id}/edition.toml"),
            line: 1,
            column: 1,
            found: "no such file".to_owned(),
            expected: "the identifier, name and dates of the edition".to_owned(),
        });
        return None;
    };
    let (head_source, head) = head.as_ref().ok()?;
    if head.id.get_ref() != id {
        let found = format!("edition `{}` in folder `{id}`", head.id.get_ref());
        faults.push(head_source.fault(&head.id.span(), found, "the name of the folder"));
    }
    for day in std::iter::once(&head.valid_from).chain(&head.valid_to) {
        if !codes::is_day(day.get_ref()) {
            let found = format!("`{}`", day.get_ref());
            faults.push(head_source.fault(&day.span(), found, "a day, yyyyMMdd"));
        }
    }
    let base = match &head.base {
        None => None,
        Some(name) => {
            let base = folders.get(name.get_ref().as_str()).filter(|base| {
                let head = base.head.as_ref().and_then(|head| head.as_ref().ok());
                head.is_some_and(|(_, head)| head.base.is_none())
            });
            if base.is_none() {
                let found = format!("base `{}`", name.get_ref());
                let expected = "an edition that has no base itself";
                faults.push(head_source.fault(&name.span(), found, expected));
                return None;
            }
            base
        }
    };

    let shared = base.into_iter().flat_map(|base| &base.datasets);
    let shared = shared.filter(|(_, raw)| raw.editions.iter().any(|other| other == id));
    let mut raw: Vec<(Source<'_>, &RawDataset)> = shared
        .chain(&folder.datasets)
        .map(|(source, raw)| (*source, raw))
        .collect();
    raw.sort_by_key(|(_, raw)| *raw.code.get_ref());
    let by_name = names(&raw, faults);

    let both = || base.into_iter().chain(std::iter::once(folder));
    let codes: HashMap<String, Arc<CodeTable>> = both()
        .flat_map(|folder| &folder.codes)
        .map(|table| (table.id.clone(), Arc::clone(table)))
        .collect();
    let mut datasets = raw
        .iter()
        .map(|(source, raw)| datasets::dataset(*source, raw, id, &codes, faults))
        .collect::<Vec<_>>();
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
    let rules = rules::rules(&scope, &raw, &general, faults);
    for (dataset, rules) in datasets.iter_mut().zip(rules) {
        dataset.rules = rules;
    }
    indexes::fill(&mut datasets);

    let mut files: Vec<_> = both().flat_map(|folder| folder.files.clone()).collect();
    files.sort();
    Some(Edition {
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
        attachments: both()
            .find_map(|folder| folder.attachments.clone())
            .unwrap_or_default(),
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
fn names(raw: &[(Source<'_>, &RawDataset)], faults: &mut Faults) -> HashMap<String, usize> {
    let mut names: HashMap<String, usize> = HashMap::new();
    for (place, (source, dataset)) in raw.iter().enumerate() {
        let number = (dataset.code.get_ref().to_string(), dataset.code.span());
        let id = (dataset.id.get_ref().clone(), dataset.id.span());
        for (name, span) in [number, id] {
            if let Some(other) = names.insert(name.clone(), place) {
                let path = raw.get(other).map_or("", |(source, _)| source.path);
                let found = format!("data set `{name}`, which is in {path} already");
                faults.push(source.fault(&span, found, "each number and column code once"));
            }
        }
    }
    names
}

/// The projections of an edition: those that its folder names.
fn projections(
    place: usize,
    editions: &[Edition],
    folders: &BTreeMap<&str, Folder<'_>>,
    faults: &mut Faults,
) -> HashMap<String, crate::projection::Projection> {
    let mut projections = HashMap::new();
    let Some(from) = editions.get(place) else {
        return projections;
    };
    let Some(folder) = folders.get(from.id.as_str()) else {
        return projections;
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
            if let Some((source, _)) = files.first() {
                let found = format!("projection onto edition `{target}`");
                faults.push(source.fault_on_line(1, found, "an edition that has a folder"));
            }
            continue;
        };
        let marked = |code: DatasetCode, field: &str| marked(target, code, field);
        let projection = projection(from, to, files, &marked, faults);
        projections.insert(target.clone(), projection);
    }
    projections
}
