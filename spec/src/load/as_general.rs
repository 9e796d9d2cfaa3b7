//! A data set of an industry is judged as the general one too. The general rules hold for it by inheritance
//! ([`super::inherit`]); what is left are the fields that the general set requires and the industry's leaves
//! open.
//!
//! Columns that the industry's set lacks altogether cannot be judged in a record; the projection tells of them.

use super::checks::Builder;
use super::scope::Miss;
use crate::rule::Check;
use crate::{FieldIndex, Required};

impl Builder<'_, '_> {
    /// What `judged_as_general` comes to in a data set: these fields are filled.
    pub(super) fn judged_as_general(&self) -> Result<Check, Miss> {
        let dataset = self.dataset;
        let Some(number) = dataset.general else {
            return Err(Miss::fault(
                format!(
                    "data set {} `{}` without `general`",
                    dataset.code, dataset.id
                ),
                "general = the number of the general data set, in the file of this one",
            ));
        };
        let demanded = self.scope.dataset(number)?.fields.iter();
        let demanded = demanded.filter(|field| field.required == Required::Always);
        let open: Vec<FieldIndex> = demanded
            .filter_map(|field| dataset.field_index(&field.id))
            .filter(|&place| {
                let field = dataset.field(place);
                field.is_some_and(|field| field.required == Required::Optional)
            })
            .collect();
        if open.is_empty() {
            return Err(Miss::Absent);
        }
        Ok(Check::RequiredIf { fields: open })
    }
}
