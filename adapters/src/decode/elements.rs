//! Which elements of an XML document are records: by the pattern of the profile, or as messages.

use std::sync::Arc;

use spec::Edition;

use super::{Adapter, find_dataset};
use crate::profile::{Profile, WireFormat};

/// The element that a message is, where the profile does not name another.
pub(crate) const MESSAGE: &str = "DES";

/// Tells records from what stands around them, by their names.
#[derive(Debug, Clone)]
pub(crate) struct RecordElements {
    profile: Arc<Profile>,
    edition: Arc<Edition>,
    is_message: bool,
}

impl RecordElements {
    /// For documents of one form, [`WireFormat::Xml`] or [`WireFormat::Message`].
    pub fn new(adapter: &Adapter, form: WireFormat) -> Self {
        RecordElements {
            profile: Arc::clone(&adapter.profile),
            edition: Arc::clone(&adapter.edition),
            is_message: form == WireFormat::Message,
        }
    }

    /// The data set that the name of an element says, if it is a record; empty when the name does not say it.
    pub fn dataset<'n>(&self, name: &'n str) -> Option<&'n str> {
        let pattern = self.profile.wire.record.as_deref();
        if self.is_message {
            return (pattern.unwrap_or(MESSAGE) == name).then_some("");
        }
        let pattern = pattern.unwrap_or("{dataset}");
        let Some((before, after)) = pattern.split_once("{dataset}") else {
            return (pattern == name).then_some("");
        };
        let dataset = name.strip_prefix(before)?.strip_suffix(after)?;
        // Without anything around it, any element would fit: only those that are a data set do.
        let bare = before.is_empty() && after.is_empty();
        if bare && find_dataset(&self.profile, &self.edition, dataset).is_none() {
            return None;
        }
        Some(dataset)
    }
}
