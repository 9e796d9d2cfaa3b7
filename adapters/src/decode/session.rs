//! One reading of one document: counts what was found, and hands it on.

use std::borrow::Cow;
use std::ops::ControlFlow;

use spec::{Dataset, Issue, Record};

use super::error::Fault;
use super::issue::{forbidden_dataset, shape, unknown_dataset};
use super::{Adapter, AttachmentRef, Decoded, Envelope, Hint, Limits};
use crate::mapping::{Plan, Target};

/// One reading of one document.
pub(crate) struct Session<'r, 's, 'a> {
    pub adapter: &'s Adapter,
    pub hint: &'r Hint,
    pub limits: &'r Limits,
    pub envelope: Envelope,
    /// Data set of records that do not say theirs.
    pub default_dataset: Option<String>,
    /// Nothing may follow a record in its text (a line), or the record is not handed on.
    pub record_ends_text: bool,
    /// The sink wants no more.
    pub stopped: bool,
    sink: &'r mut dyn FnMut(Decoded<'s, 'a>) -> ControlFlow<()>,
    records: usize,
    /// The name by which the last record named its data set, and what it was.
    last: Option<(String, Known<'s>)>,
    orders: Vec<(usize, Vec<(&'a str, Target)>)>,
}

/// The data set of records that are nothing but their fields, where the name of their file says it.
fn named_by_file(adapter: &Adapter, hint: &Hint) -> Option<String> {
    let name = hint.file_name.as_deref();
    let name = name.filter(|_| adapter.profile.wire.flat())?;
    super::csv::dataset_of(adapter, name)
}

/// The action that a word means in every source.
pub(crate) fn action(word: &str) -> Option<spec::Action> {
    match word {
        "1" | "upsert" | "新增" => Some(spec::Action::Upsert),
        "2" | "correct" | "修改" | "变更" => Some(spec::Action::Correct),
        "3" | "withdraw" | "删除" | "撤回" => Some(spec::Action::Withdraw),
        _ => None,
    }
}

/// A data set that the source may send.
#[derive(Clone, Copy)]
pub(crate) struct Known<'s> {
    pub place: usize,
    pub dataset: &'s Dataset,
    pub plan: &'s Plan,
}

impl<'r, 's, 'a> Session<'r, 's, 'a> {
    pub fn new(
        adapter: &'s Adapter,
        hint: &'r Hint,
        limits: &'r Limits,
        sink: &'r mut dyn FnMut(Decoded<'s, 'a>) -> ControlFlow<()>,
    ) -> Self {
        Session {
            adapter,
            hint,
            limits,
            envelope: Envelope::default(),
            default_dataset: hint
                .dataset
                .clone()
                .or_else(|| named_by_file(adapter, hint)),
            record_ends_text: false,
            stopped: false,
            sink,
            records: 0,
            last: None,
            orders: Vec::new(),
        }
    }

    /// The action that a word of the source means.
    pub fn action(&self, word: &str) -> Option<spec::Action> {
        let word = word.trim();
        let ours = self.adapter.profile.wire.actions.get(word);
        action(ours.map_or(word, String::as_str))
    }

    /// Counts a record that begins at `at`.
    pub fn count(&mut self, at: usize) -> Result<(), Fault> {
        self.records += 1;
        if self.records > self.limits.records {
            let limit = self.limits.records;
            return Err(Fault::limit(at, "records", limit, self.records));
        }
        Ok(())
    }

    /// Finds the data set that a record names, or says why it cannot be that.
    #[inline]
    pub fn dataset(&mut self, name: Option<&str>, at: usize) -> Result<Known<'s>, Box<Issue>> {
        let Some(name) = name.or(self.default_dataset.as_deref()) else {
            return Err(Box::new(shape(
                at,
                "",
                ("数据集的英文名或编号", "a data set"),
                "记录没有指明数据集",
                "the record does not say its data set",
            )));
        };
        if let Some((last, known)) = &self.last
            && last == name
        {
            return Ok(*known);
        }
        let adapter = self.adapter;
        let Some((place, dataset)) = adapter.dataset(name) else {
            return Err(Box::new(unknown_dataset(at, name, &adapter.edition)));
        };
        let Some(Some(plan)) = adapter.plans.get(place) else {
            let profile = &adapter.profile;
            let permitted = profile.datasets.as_str();
            return Err(Box::new(forbidden_dataset(
                at,
                &dataset.id,
                &profile.id,
                permitted,
            )));
        };
        let known = Known {
            place,
            dataset,
            plan,
        };
        self.last = Some((name.to_owned(), known));
        Ok(known)
    }

    /// Order of the fields in the last record of a data set: taken out, to be put back with [`Self::learn`].
    #[inline]
    pub fn order(&mut self, place: usize) -> Vec<(&'a str, Target)> {
        let mut known = self.orders.iter_mut();
        match known.find(|(other, _)| *other == place) {
            Some((_, order)) => std::mem::take(order),
            None => Vec::new(),
        }
    }

    /// Remembers the order of the fields in a record.
    #[inline]
    pub fn learn(&mut self, place: usize, order: Vec<(&'a str, Target)>) {
        let mut known = self.orders.iter_mut();
        match known.find(|(other, _)| *other == place) {
            Some(slot) => slot.1 = order,
            None => self.orders.push((place, order)),
        }
    }

    /// Hands on a record.
    #[inline]
    pub fn record(
        &mut self,
        mut record: Record<'s, 'a>,
        flex: Option<&'a str>,
        attachments: Vec<AttachmentRef>,
        message_key: Option<Cow<'a, str>>,
    ) {
        let message_key = message_key.or_else(|| self.hint.message_key.clone().map(Cow::Owned));
        if record.action != spec::Action::Upsert && record.reason.is_none() {
            let unstated = self.adapter.profile.wire.reason_unstated.as_ref();
            record.reason = unstated.map(|text| Cow::Owned(text.clone()));
        }
        let record = Decoded::Record {
            record,
            flex,
            attachments,
            message_key,
        };
        self.stopped |= (self.sink)(record).is_break();
    }

    /// Hands on the reason why something is no record.
    pub fn unusable(&mut self, at: usize, dataset: Option<String>, issue: Issue) {
        let unusable = Decoded::Unusable { at, dataset, issue };
        self.stopped |= (self.sink)(unusable).is_break();
    }
}
