//! How findings are put together, so that each names the field as clerks and vendors know it.

use std::sync::Arc;

use crate::issue::shown;
use crate::{Field, Issue, IssueCode, Message, Sensitivity, Severity};

/// A finding that is being filled in.
#[derive(Debug)]
pub(crate) struct Draft {
    code: IssueCode,
    severity: Severity,
    pub rule: Option<Arc<str>>,
    pub path: String,
    pub at: Option<usize>,
    found: String,
    expected: Arc<str>,
    expected_en: Arc<str>,
    pub clause: Arc<str>,
}

impl Draft {
    pub fn new(code: IssueCode, severity: Severity) -> Self {
        Draft {
            code,
            severity,
            rule: None,
            path: String::new(),
            at: None,
            found: String::new(),
            expected: Arc::default(),
            expected_en: Arc::default(),
            clause: Arc::default(),
        }
    }

    /// Points at a field that is not there.
    pub fn on(mut self, field: &Field) -> Self {
        self.path = super::structure::path(&field.id);
        self
    }

    /// Points at a field and its value in the original bytes.
    pub fn at(mut self, field: &Field, at: usize) -> Self {
        self.at = Some(at);
        self.on(field)
    }

    /// What was found; masked by the caller.
    pub fn found(mut self, found: String) -> Self {
        self.found = found;
        self
    }

    /// What was expected.
    pub fn expected(mut self, expected: impl Into<Arc<str>>) -> Self {
        self.expected = expected.into();
        self
    }

    /// What was expected, in words: Chinese, English.
    pub fn wanted(mut self, zh: impl Into<Arc<str>>, en: impl Into<Arc<str>>) -> Self {
        let (zh, en) = (zh.into(), en.into());
        if zh != en {
            self.expected_en = en;
        }
        self.expected(zh)
    }

    /// Finishes with the sentence in both languages.
    pub fn say(self, zh: String, en: String) -> Issue {
        Issue {
            rule: self.rule,
            path: self.path,
            at: self.at,
            found: self.found,
            expected: self.expected,
            expected_en: self.expected_en,
            clause: self.clause,
            ..Issue::new(self.code, self.severity, Message::new(zh, en))
        }
    }
}

/// A field as messages name it: `招标方式（TENDER_MODE）`.
pub(crate) fn label(field: &Field) -> String {
    [&field.name, "（", &field.id, "）"].concat()
}

/// A repair that puts a value at the finding's path; personal values are not repeated in one.
pub(crate) fn replace(mut issue: Issue, field: &Field, value: &str) -> Issue {
    if field.sensitivity != Sensitivity::Personal {
        issue.patch =
            Some(serde_json::json!([{"op": "replace", "path": issue.path, "value": value}]));
    }
    issue
}

/// The value of a field as findings show it.
pub(crate) fn found(field: &Field, text: &str) -> String {
    shown(text, field.sensitivity)
}

/// Leaves one finding of what has one cause: a field that came under a wrong name is not missing too, and one that
/// is missing is so once, whoever asks for it.
pub(crate) fn cut_cascades(issues: &mut Vec<Issue>) {
    if issues.len() < 2 {
        return;
    }
    let meant: Vec<String> = issues
        .iter()
        .filter(|issue| issue.code == IssueCode::FieldUnknown)
        .map(|issue| super::structure::path(&issue.expected))
        .collect();
    let mut absent: Vec<String> = Vec::new();
    issues.retain(|issue| {
        let misses = issue.at.is_none()
            && issue.found.is_empty()
            && matches!(
                issue.code,
                IssueCode::FieldRequired | IssueCode::RuleViolated
            );
        if !misses || issue.path.is_empty() {
            return true;
        }
        let told = absent.contains(&issue.path) || meant.contains(&issue.path);
        absent.push(issue.path.clone());
        !told
    });
}

/// Findings of one kind about one place (or of one rule) that are shown.
pub(super) const SHOWN: usize = 3;
/// Unknown names that are shown: a sender who uses other names wants to see most of them.
pub(crate) const SHOWN_NAMES: usize = 10;

/// Keeps the first few findings of each kind, and says in the last of them how many there were.
pub(crate) fn cap(issues: &mut Vec<Issue>) {
    if issues.len() <= SHOWN {
        return;
    }
    let same = |a: &Issue, b: &Issue| {
        a.code == b.code
            && a.rule == b.rule
            && (a.path == b.path || a.rule.is_some() || a.code == IssueCode::FieldUnknown)
    };
    // Few records have so many of a kind: nothing is moved for the others.
    let crowded = |place: usize, issue: &Issue| {
        let before = issues.iter().take(place);
        before.filter(|other| same(other, issue)).count() >= SHOWN
    };
    let mut last = issues.iter().enumerate().skip(SHOWN);
    if !last.any(|(place, issue)| crowded(place, issue)) {
        return;
    }
    let mut kept: Vec<(Issue, usize)> = Vec::with_capacity(issues.len());
    for issue in issues.drain(..) {
        let limit = if issue.code == IssueCode::FieldUnknown {
            SHOWN_NAMES
        } else {
            SHOWN
        };
        let count = kept.iter().filter(|(other, _)| same(other, &issue)).count();
        if count < limit {
            kept.push((issue, 0));
        } else if let Some((_, more)) = kept.iter_mut().rev().find(|(other, _)| same(other, &issue))
        {
            *more += 1;
        }
    }
    issues.extend(kept.into_iter().map(|(mut issue, more)| {
        if more > 0 {
            let message = &mut issue.message;
            message.zh = format!("{}（另有{more}处同类问题）", message.zh).into();
            message.en = format!("{} (and {more} more)", message.en).into();
        }
        issue
    }));
}
