//! A message without content: its key names the record that the source takes back.

use std::borrow::Cow;

use spec::{Action, Record};

use super::error::Fault;
use super::session::Session;

/// Hands on the withdrawal of the record that the sender calls `key`.
pub(crate) fn read(session: &mut Session<'_, '_, '_>, key: &str) -> Result<(), Fault> {
    session.count(0)?;
    match session.dataset(None, 0) {
        Ok(known) => {
            let mut record = Record::new(known.dataset);
            record.action = Action::Withdraw;
            session.record(record, None, Vec::new(), Some(Cow::Owned(key.to_owned())));
        }
        Err(problem) => {
            let dataset = session.default_dataset.clone();
            session.unusable(0, dataset, *problem);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use crate::decode::tests::{adapter, read};
    use crate::{Hint, Limits};

    fn decoded(document: &[u8], hint: &Hint) -> Vec<String> {
        let adapter =
            adapter("wire = { format = \"json\", shape = \"single\", reason_unstated = \"无\" }");
        read(&adapter, document, hint, &Limits::default())
            .unwrap()
            .1
    }

    #[test]
    fn a_message_with_a_key_is_one_record_and_an_empty_one_takes_it_back() {
        let hint = Hint {
            dataset: Some("SECTION".to_owned()),
            message_key: Some("deal-1".to_owned()),
            ..Hint::default()
        };
        let sent = decoded(br#"{"BID_SECTION_CODE":"1"}"#, &hint);
        assert_eq!(
            sent,
            ["SECTION upsert 1:1 BID_SECTION_CODE=1@1:21 key deal-1"]
        );
        assert_eq!(decoded(b"", &hint), ["SECTION withdraw 1:1 key deal-1"]);
    }

    #[test]
    fn without_a_data_set_nobody_knows_what_is_taken_back() {
        let hint = Hint {
            message_key: Some("deal-1".to_owned()),
            ..Hint::default()
        };
        let lines = decoded(b"", &hint);
        assert!(
            lines.iter().all(|line| line.contains("record.shape")),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 1);
    }
}
