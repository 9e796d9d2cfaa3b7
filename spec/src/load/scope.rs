//! What the rules of an edition may name: its data sets, their fields, and what it leaves out.

use foldhash::{HashMap, HashSet};

use crate::{Dataset, DatasetCode, FieldIndex};

/// Data sets of an edition, for resolving names.
pub(super) struct Scope<'a> {
    /// All data sets.
    pub datasets: &'a [Dataset],
    /// Place in `datasets` by number.
    pub places: HashMap<DatasetCode, usize>,
    /// Fields that other editions of a data set have and this one does not.
    pub left_out: HashMap<DatasetCode, HashSet<String>>,
    /// The edition shares the data sets of a base, in which every name was checked already.
    pub derived: bool,
}

/// Why a name leads nowhere.
#[derive(Debug)]
pub(super) enum Miss {
    /// This edition does not hold it: whatever needs it does not apply.
    Absent,
    /// There is no such thing: what was found, and what was expected.
    Fault {
        /// What stands in the file.
        found: String,
        /// What could stand there.
        expected: String,
    },
}

impl Miss {
    /// A mistake in a data file.
    pub(super) fn fault(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Miss::Fault {
            found: found.into(),
            expected: expected.into(),
        }
    }
}

impl<'a> Scope<'a> {
    /// A field of a data set, by its column code.
    pub(super) fn field(&self, dataset: &Dataset, name: &str) -> Result<FieldIndex, Miss> {
        let place = dataset
            .field_index(name)
            .filter(|&place| dataset.field(place).is_some_and(|field| field.id == name));
        match place {
            Some(place) => Ok(place),
            None if self
                .left_out
                .get(&dataset.code)
                .is_some_and(|names| names.contains(name)) =>
            {
                Err(Miss::Absent)
            }
            None => Err(Miss::fault(
                format!("`{name}`"),
                format!("a field of data set {} {}", dataset.code, dataset.id),
            )),
        }
    }

    /// `503.URL`: a field of another data set.
    pub(super) fn elsewhere(&self, text: &str) -> Result<(&'a Dataset, FieldIndex), Miss> {
        let fault = || Miss::fault(format!("`{text}`"), "a number and a field, as in 503.URL");
        let (number, name) = text.split_once('.').ok_or_else(fault)?;
        let number: DatasetCode = number.parse().map_err(|_| fault())?;
        let dataset = self.dataset(number)?;
        Ok((dataset, self.field(dataset, name)?))
    }

    /// A data set by its number; an edition that shares those of a base may lack it.
    pub(super) fn dataset(&self, number: DatasetCode) -> Result<&'a Dataset, Miss> {
        let place = self.places.get(&number);
        place
            .and_then(|&place| self.datasets.get(place))
            .ok_or_else(|| {
                if self.derived {
                    return Miss::Absent;
                }
                Miss::fault(
                    format!("data set {number}"),
                    "the number of a data set of this edition",
                )
            })
    }
}
