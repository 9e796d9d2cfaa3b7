//! Projections: how records of one edition become records of another.
//!
//! What both editions hold is copied column by column; the files name only the exceptions. A column
//! that would be lost without anybody having said so is an error.

use foldhash::{HashMap, HashMapExt};

use super::LoadError;
use super::raw::{RawDatasetProjection, RawProjection};
use super::source::Source;
use crate::model::{DatasetProjection, Projection};
use crate::{Dataset, DatasetCode, Edition, FieldIndex, Required};

/// The projection of `from` onto `to`.
pub(super) fn projection(
    from: &Edition,
    to: &Edition,
    files: &[(Source<'_>, RawProjection)],
    marked: &dyn Fn(DatasetCode, &str) -> bool,
) -> Result<Projection, LoadError> {
    let mut exceptions: HashMap<DatasetCode, (Source<'_>, usize, &RawDatasetProjection)> =
        HashMap::new();
    for (source, file) in files {
        for spanned in &file.datasets {
            let raw = spanned.get_ref();
            if !from.datasets.iter().any(|dataset| dataset.code == raw.code) {
                let found = format!("data set {}", raw.code);
                let expected = format!("a data set of edition {}", from.id);
                return Err(source.fault(&spanned.span(), found, expected));
            }
            let line = source.line(spanned.span().start);
            if exceptions.insert(raw.code, (*source, line, raw)).is_some() {
                let found = format!("data set {} for a second time", raw.code);
                return Err(source.fault(&spanned.span(), found, "each data set once"));
            }
        }
    }
    let none = RawDatasetProjection::default();
    let place = files.first().map(|(source, _)| (*source, 1));
    let mut projection = Projection::default();
    for dataset in &from.datasets {
        let (at, raw) = match exceptions.get(&dataset.code) {
            Some((source, line, raw)) => (Some((*source, *line)), *raw),
            None => (place, &none),
        };
        let fault = |found: String, expected: String| match at {
            Some((source, line)) => source.fault_on_line(line, found, expected),
            None => LoadError::Data {
                file: format!("{}/projections/{}.toml", from.id, to.id),
                line: 1,
                column: 1,
                found,
                expected,
            },
        };
        if raw.withhold {
            continue;
        }
        let target = match &raw.target {
            None => match to.dataset(&dataset.id) {
                Some(target) => target,
                None => continue,
            },
            Some(name) => to.dataset(name).ok_or_else(|| {
                let expected = format!("a data set of edition {}", to.id);
                fault(format!("target `{name}`"), expected)
            })?,
        };
        let dropped = |field: &str| marked(dataset.code, field);
        let columns = columns(dataset, target, raw, &dropped, &fault)?;
        let target = target.id.clone();
        let entry = DatasetProjection { target, columns };
        projection.datasets.insert(dataset.code, entry);
    }
    Ok(projection)
}

fn columns(
    dataset: &Dataset,
    target: &Dataset,
    raw: &RawDatasetProjection,
    marked: &dyn Fn(&str) -> bool,
    fault: &dyn Fn(String, String) -> LoadError,
) -> Result<Vec<(FieldIndex, String)>, LoadError> {
    for name in raw.rename.keys().chain(&raw.drop) {
        if !dataset.fields.iter().any(|field| field.id == *name) {
            let expected = format!("a field of data set {}", dataset.id);
            return Err(fault(format!("`{name}`"), expected));
        }
    }
    let mut columns: Vec<(FieldIndex, FieldIndex)> = Vec::new();
    for (place, field) in (0..).zip(&dataset.fields) {
        if raw.drop.contains(&field.id) {
            continue;
        }
        let name = raw.rename.get(&field.id).unwrap_or(&field.id);
        match target.field_index(name) {
            Some(column) => columns.push((column, place)),
            None if marked(&field.id) && !raw.rename.contains_key(&field.id) => {}
            None => {
                let expected = format!("a column of {}, or the field under `drop`", target.id);
                return Err(fault(format!("`{}` → `{name}`", field.id), expected));
            }
        }
    }
    columns.sort_unstable();
    for (column, field) in (0..).zip(&target.fields) {
        let filled = columns.iter().filter(|(at, _)| *at == column).count();
        if filled > 1 || (filled == 0 && field.required == Required::Always) {
            let found = format!("{filled} fields for column `{}` of {}", field.id, target.id);
            let expected = "one field for each required column, and never two".to_owned();
            return Err(fault(found, expected));
        }
    }
    let name = |column: FieldIndex| target.field(column).map(|field| field.id.clone());
    Ok(columns
        .into_iter()
        .filter_map(|(column, place)| Some((place, name(column)?)))
        .collect())
}
