//! Projections: how records of one edition become records of another.
//!
//! What both editions hold is copied column by column; the files name only the exceptions. A column
//! that would be lost without anybody having said so is an error.

use foldhash::{HashMap, HashMapExt};

use super::LoadError;
use super::faults::Faults;
use super::raw::{OneOrMany, RawDatasetProjection, RawProjection};
use super::source::Source;
use crate::projection::{Column, DatasetProjection, Missing, Origin, Part, Projection};
use crate::{Dataset, DatasetCode, Edition, FieldIndex, Format, Required};

/// The projection of `from` onto `to`.
pub(super) fn projection(
    from: &Edition,
    to: &Edition,
    files: &[(Source<'_>, RawProjection)],
    marked: &dyn Fn(DatasetCode, &str) -> bool,
    faults: &mut Faults,
) -> Projection {
    let mut exceptions: HashMap<DatasetCode, (Source<'_>, usize, &RawDatasetProjection)> =
        HashMap::new();
    for (source, file) in files {
        for spanned in &file.datasets {
            let raw = spanned.get_ref();
            if !from.datasets.iter().any(|dataset| dataset.code == raw.code) {
                let found = format!("data set {}", raw.code);
                let expected = format!("a data set of edition {}", from.id);
                faults.push(source.fault(&spanned.span(), found, expected));
                continue;
            }
            let line = source.line(spanned.span().start);
            if exceptions.insert(raw.code, (*source, line, raw)).is_some() {
                let found = format!("data set {} for a second time", raw.code);
                faults.push(source.fault(&spanned.span(), found, "each data set once"));
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
            None => match own_target(from, to, dataset) {
                Some(target) => target,
                None => continue,
            },
            Some(name) => {
                let Some(target) = to.dataset(name) else {
                    let expected = format!("a data set of edition {}", to.id);
                    faults.push(fault(format!("target `{name}`"), expected));
                    continue;
                };
                target
            }
        };
        let view = View {
            dataset,
            target,
            raw,
            marked: &|field| marked(dataset.code, field),
            fault: &fault,
        };
        let found = faults.keep(view.projection());
        projection
            .datasets
            .extend(found.map(|found| (dataset.code, found)));
    }
    projection
}

/// The data set of the same column code, or that of the general data set.
fn own_target<'e>(from: &Edition, to: &'e Edition, dataset: &Dataset) -> Option<&'e Dataset> {
    let general = || to.dataset(&from.by_code(dataset.general?)?.id);
    to.dataset(&dataset.id).or_else(general)
}

/// One data set and its target, while the way between them is worked out.
struct View<'a> {
    dataset: &'a Dataset,
    target: &'a Dataset,
    raw: &'a RawDatasetProjection,
    /// Fields that are said not to be in the other edition.
    marked: &'a dyn Fn(&str) -> bool,
    fault: &'a dyn Fn(String, String) -> LoadError,
}

impl View<'_> {
    fn projection(&self) -> Result<DatasetProjection, LoadError> {
        let split = self.raw.split.as_deref().map(|name| self.own(name));
        Ok(DatasetProjection {
            target: self.target.id.clone(),
            columns: self.columns()?,
            split: split.transpose()?,
            missing: self.missing()?,
        })
    }

    /// A field of the data set.
    fn own(&self, name: &str) -> Result<FieldIndex, LoadError> {
        let place = self
            .dataset
            .fields
            .iter()
            .position(|field| field.id == name);
        place
            .and_then(|at| FieldIndex::try_from(at).ok())
            .ok_or_else(|| {
                let expected = format!("a field of data set {}", self.dataset.id);
                (self.fault)(format!("`{name}`"), expected)
            })
    }

    /// A column of the target.
    fn column(&self, name: &str) -> Result<FieldIndex, LoadError> {
        self.target.field_index(name).ok_or_else(|| {
            let expected = format!("a column of {}", self.target.id);
            (self.fault)(format!("`{name}`"), expected)
        })
    }

    fn columns(&self) -> Result<Vec<Column>, LoadError> {
        let raw = self.raw;
        for name in raw.rename.keys().chain(&raw.drop).chain(&raw.shorten) {
            self.own(name)?;
        }
        let mut columns: Vec<(FieldIndex, Origin)> = Vec::new();
        for (name, text) in &raw.constant {
            columns.push((self.column(name)?, Origin::Constant(text.clone())));
        }
        let mut composed = Vec::new();
        for (name, text) in &raw.compose {
            let parts = self.parts(text)?;
            composed.extend(parts.iter().filter_map(|part| match part {
                Part::Value(field) => Some(*field),
                Part::Words(_) => None,
            }));
            columns.push((self.column(name)?, Origin::Text(parts)));
        }
        for (place, field) in (0..).zip(&self.dataset.fields) {
            if raw.drop.contains(&field.id) {
                continue;
            }
            let name = raw.rename.get(&field.id).unwrap_or(&field.id);
            match self.target.field_index(name) {
                Some(column) if raw.shorten.contains(&field.id) => {
                    columns.push((column, Origin::Items(place, self.room(column)?)));
                }
                Some(column) => columns.push((column, Origin::Field(place))),
                None if composed.contains(&place) => {}
                None if (self.marked)(&field.id) && !raw.rename.contains_key(&field.id) => {}
                None => {
                    let target = &self.target.id;
                    let expected = format!("a column of {target}, or the field under `drop`");
                    return Err((self.fault)(format!("`{}` → `{name}`", field.id), expected));
                }
            }
        }
        columns.sort_by_key(|(column, _)| *column);
        self.check_filled(&columns)?;
        let name = |column: FieldIndex| self.target.field(column).map(|field| field.id.clone());
        Ok(columns
            .into_iter()
            .filter_map(|(column, from)| name(column).map(|name| Column { name, from }))
            .collect())
    }

    /// Each required column is filled, or said to be missing; none is filled twice.
    fn check_filled(&self, columns: &[(FieldIndex, Origin)]) -> Result<(), LoadError> {
        for (column, field) in (0..).zip(&self.target.fields) {
            let filled = columns.iter().filter(|(at, _)| *at == column).count();
            let missing = self.raw.missing.contains_key(&field.id);
            let demanded = field.required == Required::Always && !missing;
            if filled > 1 || (filled == 0 && demanded) || (filled > 0 && missing) {
                let target = &self.target.id;
                let found = format!("{filled} fields for column `{}` of {target}", field.id);
                let expected = "one field for each required column, or the column under `missing`, and never two";
                return Err((self.fault)(found, expected.to_owned()));
            }
        }
        Ok(())
    }

    fn missing(&self) -> Result<Vec<Missing>, LoadError> {
        let mut missing = Vec::new();
        for (column, conditions) in &self.raw.missing {
            self.column(column)?;
            let mut when = Vec::new();
            for (name, values) in conditions {
                let values = match values {
                    OneOrMany::One(value) => vec![value.clone()],
                    OneOrMany::Many(values) => values.clone(),
                };
                when.push((self.own(name)?, values));
            }
            let column = column.clone();
            missing.push(Missing { column, when });
        }
        Ok(missing)
    }

    /// How many characters a column has room for.
    fn room(&self, column: FieldIndex) -> Result<u32, LoadError> {
        match self.target.field(column).map(|field| field.format) {
            Some(Format::UpTo(room) | Format::Exact(room)) => Ok(room),
            _ => Err((self.fault)(
                "`shorten` for a column without a length".to_owned(),
                "a column of text with a length".to_owned(),
            )),
        }
    }

    /// `words {FIELD} words`.
    fn parts(&self, text: &str) -> Result<Vec<Part>, LoadError> {
        let mut parts = Vec::new();
        for piece in text.split('{') {
            let words = match piece.split_once('}') {
                Some((name, words)) => {
                    parts.push(Part::Value(self.own(name)?));
                    words
                }
                None => piece,
            };
            if !words.is_empty() {
                parts.push(Part::Words(words.to_owned()));
            }
        }
        Ok(parts)
    }
}
