//! What a finding says about a value that was converted: what was sent, and what became of it.

use super::*;

#[test]
fn a_figure_with_too_many_decimals_is_told_as_it_was_sent_and_as_it_became() {
    let edition = edition(vec![dataset(1, "D", &["AREA N..18,6 free unit:km2"])]);
    let Some(dataset) = edition.datasets.first() else {
        return;
    };
    for (sent, help) in [("12.674561公顷", Some("0.12674561")), ("1.2345678", None)] {
        let done = normalize(&context(&edition), record(dataset, &[("AREA", sent)]));
        assert_eq!(done.issues.len(), 1, "{:?}", done.issues);
        let issue = &done.issues[0];
        assert_eq!(issue.found, sent);
        assert!(issue.message.zh.contains(sent), "{}", issue.message.zh);
        let told = issue.help.as_ref();
        assert_eq!(told.is_some(), help.is_some(), "{told:?}");
        if let (Some(told), Some(figure)) = (told, help) {
            assert!(
                told.zh.ends_with(figure) && told.en.ends_with(figure),
                "{told:?}"
            );
        }
    }
}
