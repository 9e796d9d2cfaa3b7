//! What data cannot say: pure functions that a profile calls by name, `hooks.FIELD = "html_text"`.
//!
//! The list is closed, and short on purpose: a unit, a code map, a split belong in the profile. A hook sees one value,
//! and gives another or none; it never sees the record, and never fails.

use spec::Reason;

/// A conversion that a profile names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hook {
    /// The word that profiles use.
    pub name: &'static str,
    /// Why a value is another afterwards.
    pub reason: Reason,
    /// The value in place of the one sent; none leaves it as it is.
    pub convert: fn(&str) -> Option<String>,
}

/// Every hook.
pub(crate) const HOOKS: &[Hook] = &[Hook {
    name: "html_text",
    reason: Reason::Html,
    convert: html_text,
}];

/// Finds a hook.
pub(crate) fn find(name: &str) -> Option<&'static Hook> {
    HOOKS.iter().find(|hook| hook.name == name)
}

/// The words, for messages.
pub(crate) fn names() -> String {
    let names: Vec<&str> = HOOKS.iter().map(|hook| hook.name).collect();
    names.join(", ")
}

/// Elements after which a line ends.
const BLOCKS: [&str; 9] = ["p", "br", "div", "tr", "li", "h1", "h2", "h3", "table"];

/// The text of a body that is a web page: tags go, blocks end lines, references become characters, scripts and
/// styles are left out with what they hold. A text without a tag stays as it is.
fn html_text(body: &str) -> Option<String> {
    let tag_begins = |rest: &str| {
        let next = rest.chars().nth(1);
        next.is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c == '!')
    };
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    let mut tags = 0_usize;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let Some(end) = from.find('>').filter(|_| tag_begins(from)) else {
            text.push('<');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        tags += 1;
        let inside = from.get(1..end).unwrap_or_default();
        let name = inside.trim_start_matches('/');
        let name = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        let name = name.to_ascii_lowercase();
        rest = from.get(end + 1..).unwrap_or_default();
        if BLOCKS.contains(&name.as_str()) {
            text.push('\n');
        }
        if matches!(name.as_str(), "script" | "style") && !inside.starts_with('/') {
            let closing = format!("</{name}");
            let skipped = rest
                .to_ascii_lowercase()
                .find(&closing)
                .unwrap_or(rest.len());
            rest = rest.get(skipped..).unwrap_or_default();
        }
    }
    text.push_str(rest);
    if tags == 0 {
        return None;
    }
    for (reference, plain) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(reference, plain);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Some(lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_its_text() {
        for (body, text) in [
            (
                "<p>一、项目&nbsp;名称</p><P class='x'>二、a &lt; b</P>",
                Some("一、项目 名称\n二、a < b"),
            ),
            (
                "<script>if (a<b) {}</script>文<style>p{}</style>字",
                Some("文字"),
            ),
            (
                "<table><tr><td>甲</td><td>乙</td></tr></table>",
                Some("甲乙"),
            ),
            ("数量 <5 且 > 3", None),
            ("<p>未闭合 <b", Some("未闭合 <b")),
            ("<script>", Some("")),
            ("", None),
        ] {
            assert_eq!(html_text(body).as_deref(), text, "{body}");
        }
    }
}
