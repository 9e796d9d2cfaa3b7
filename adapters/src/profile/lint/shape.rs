//! Mistakes of form: what no member may be called, what is missing, what has the wrong kind of value.
//!
//! The reader of profiles stops at its first complaint. It is asked again without what it complained of, and with
//! something sound in the place of what is missing, until it has no complaint.

use std::collections::BTreeSet;

use spec::Message;
use toml::de::Error;

use super::tree::{Tree, Way};
use super::{Page, Profile, Said, near};

/// A profile without a mistake: members of it stand in for those that are missing.
const SOUND: &str = r#"version = 1
id = "000000"
kind = "city"
name = "-"
english = "-"
region = "000000"
ways = ["http"]
datasets = "transaction;subject;expert;credit;supervision;price"
wire = { format = "json" }
"#;

/// More complaints than this are not asked for.
const MOST: usize = 200;

/// Remarks on the form of a profile; the profile as far as it can be understood.
pub(super) fn read(page: &mut Page<'_>, syntax: Vec<Error>) -> Option<Profile> {
    // What a line that cannot be read would have said is not known to be missing.
    let mut taken: Vec<Way> = Vec::new();
    let is_whole = syntax.is_empty();
    // What is left of a line that cannot be read means nothing either.
    let mut unread = BTreeSet::new();
    for fault in syntax {
        let span = fault.span().unwrap_or(0..0);
        let message = fault.message();
        let code = if message.contains("duplicate key") {
            "key.repeated"
        } else {
            "toml.syntax"
        };
        let said = Said::error(
            code,
            (
                format!("TOML 语法错误：{message}"),
                format!("no TOML: {message}"),
            ),
            ("请按 TOML 1.0 修改此处", "write it as TOML 1.0 asks"),
        );
        unread.insert(line(page.text, span.start));
        page.at(&span, said);
    }
    let (sound, _) = Tree::parse(SOUND);
    for _ in 0..MOST {
        let fault = match page.tree.profile() {
            Ok(mut profile) => {
                page.text.clone_into(&mut profile.text);
                return Some(profile);
            }
            Err(fault) => fault,
        };
        let span = fault.span().unwrap_or(0..0);
        if let Some(name) = missing(fault.message()) {
            let mut way = page.tree.table_at(&span).unwrap_or_default();
            way.push(name.to_owned());
            if is_whole && !taken.contains(&way) {
                page.at(&span, lacking(&way, name));
            }
            // A part of a list that lacks something is left out whole.
            let above = way.get(..way.len() - 1).unwrap_or_default();
            if !page.tree.adopt(&way, &sound) && !page.tree.remove(above) {
                return None;
            }
            continue;
        }
        let way = page.tree.innermost(&span)?;
        if !unread.contains(&line(page.text, span.start)) {
            let member = way.last().map_or("", String::as_str);
            page.at(&span, complaint(fault.message(), member));
        }
        if !page.tree.remove(&way) {
            return None;
        }
        taken.push(way);
    }
    None
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count()
}

fn missing(message: &str) -> Option<&str> {
    let name = message.strip_prefix("missing field `")?;
    Some(name.split('`').next().unwrap_or(name))
}

fn lacking(way: &[String], name: &str) -> Said {
    let place = way.join(".");
    Said::error(
        "key.missing",
        (format!("缺少“{place}”"), format!("`{place}` is missing")),
        (
            format!("请补上“{name}”，写法可参照已有来源的配置文件"),
            format!("add `{name}`; the profile of any other source shows how"),
        ),
    )
}

/// A complaint of the reader, with what is near when a word is unknown.
fn complaint(message: &str, member: &str) -> Said {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let known = words.get(1..).unwrap_or_default();
    let word = words.first().copied().unwrap_or_default();
    let all = known.join(", ");
    let mut help = near(word, known.iter().copied(), ("", ""));
    let comma = if help.en.is_empty() {
        ("", "")
    } else {
        ("；", "; ")
    };
    help = Message::new(
        format!("{}{}可用的有 {all}", help.zh, comma.0),
        format!("{}{}one of {all}", help.en, comma.1),
    );
    if message.starts_with("unknown field") {
        return Said::error(
            "key.unknown",
            (
                format!("配置文件在此处没有“{word}”这一项"),
                format!("a profile has no `{word}` here"),
            ),
            help,
        );
    }
    if message.starts_with("unknown variant") {
        return Said::error(
            "value.unknown",
            (
                format!("“{member}”不能是“{word}”"),
                format!("`{member}` cannot be `{word}`"),
            ),
            help,
        );
    }
    let (found, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    Said::error(
        "value.form",
        (
            format!("“{member}”的写法有误：{found}"),
            format!("`{member}` is written wrongly: {found}"),
        ),
        if expected.is_empty() {
            Message::new("请改正", "put it right")
        } else {
            Message::new(format!("应为 {expected}"), format!("expected {expected}"))
        },
    )
}
