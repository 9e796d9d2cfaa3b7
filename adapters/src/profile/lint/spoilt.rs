//! Every profile that comes with the program, spoilt in every place in every manner that there is for it: each
//! mistake is found where it was made.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use std::ops::Range;
use std::sync::LazyLock;

use super::tree::{Tree, Way};
use super::*;

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec::embedded().unwrap());

/// Where the names are the source's own: any name may be right.
const OWN_NAMES: [&[&str]; 9] = [
    &["pull", "*", "tables", "*"],
    &["fields", "*"],
    &["names", "*"],
    &["attachments", "*"],
    &["wide", "*"],
    &["wire", "members", "*"],
    &["wire", "actions", "*"],
    &["codes", "*", "*"],
    &["sets", "*", "fields", "*"],
];

/// Where any text may be right.
const OWN_TEXTS: [&[&str]; 14] = [
    &["pull", "*", "watermark"],
    &["pull", "*", "key"],
    &["pull", "*", "columns", "*"],
    &["name"],
    &["english"],
    &["note"],
    &["wire", "reason_unstated"],
    &["wire", "reason"],
    &["wire", "action_column"],
    &["wire", "dataset_column"],
    &["wire", "record"],
    &["wire", "skip", "*"],
    &["wire", "nested", "*", "path"],
    &["sets", "*", "prefix"],
];

/// Where an empty text is right.
const MAY_BE_EMPTY: [&[&str]; 4] = [
    &["fields", "*"],
    &["sets", "*", "fields", "*"],
    &["wire", "members", "*"],
    &["wire", "nested", "*", "path"],
];

fn is_at(way: &Way, patterns: &[&[&str]]) -> bool {
    patterns.iter().any(|pattern| {
        let fits = |(step, wanted): (&String, &&str)| *wanted == "*" || step == wanted;
        pattern.len() == way.len() && way.iter().zip(*pattern).all(fits)
    })
}

/// One mistake: what is put in the place of which bytes, and where a remark is due.
struct Mistake {
    place: Range<usize>,
    text: String,
    /// Offset of the remark in the spoilt text.
    at: usize,
    what: String,
}

fn mistakes(text: &str) -> Vec<Mistake> {
    let (tree, faults) = Tree::parse(text);
    assert!(faults.is_empty());
    let mut all = Vec::new();
    let mut add = |place: Range<usize>, put: &str, at: usize, what: &str, way: &Way| {
        all.push(Mistake {
            place,
            text: put.to_owned(),
            at,
            what: format!("{} {what}", way.join(".")),
        });
    };
    tree.each(&mut |way, key, value| {
        let span = value.span();
        if let Some(key) = key
            && !is_at(way, &OWN_NAMES)
        {
            let name = &text[key.clone()];
            add(
                key.clone(),
                &format!("{name}_q"),
                key.start,
                "misspelled",
                way,
            );
        }
        if let Some(found) = value.get_ref().as_str() {
            add(span.clone(), "7", span.start, "a number", way);
            if !is_at(way, &MAY_BE_EMPTY) {
                add(span.clone(), "\"\"", span.start, "empty", way);
            }
            // An industry may have any id.
            let is_own = is_at(way, &OWN_TEXTS) || way[0] == "id" && !text.contains("\"city\"");
            if !is_own {
                // One word of several is meant, not the text around it.
                let at = span.start + usize::from(way[0] == "datasets");
                add(span.clone(), "\"ZZ__NONE\"", at, "nonsense", way);
            }
            if way.last().is_some_and(|last| last == "0") && !is_at(way, &MAY_BE_EMPTY) {
                let twice = format!("\"{found}\", \"{found}\"");
                let at = span.start + format!("\"{found}\", ").len();
                add(span, &twice, at, "twice", way);
            }
        } else if value.get_ref().as_integer().is_some() {
            add(span.clone(), "\"x\"", span.start, "a text", way);
            add(span.clone(), "99999", span.start, "another number", way);
        } else if let Some(items) = value.get_ref().as_array()
            && items[0].get_ref().as_str().is_some()
        {
            add(span.clone(), "[]", span.start, "without items", way);
            add(span.clone(), "\"x\"", span.start, "a text", way);
        }
    });
    all
}

#[test]
fn every_mistake_in_every_profile_is_found_where_it_was_made() {
    let mut missed = Vec::new();
    let mut made = 0;
    for (file, text) in crate::embedded_texts().unwrap() {
        let sound = lint(&text, &SPEC);
        assert_eq!(sound, [], "{file}");
        for mistake in mistakes(&text) {
            let mut spoilt = text.clone();
            spoilt.replace_range(mistake.place.clone(), &mistake.text);
            let before = &spoilt[..mistake.at];
            let line = 1 + before.matches('\n').count();
            let column = 1 + before.rsplit('\n').next().unwrap().chars().count();
            let remarks = lint(&spoilt, &SPEC);
            made += 1;
            let is_there = |remark: &Remark| (remark.line, remark.column) == (line, column);
            if !remarks.iter().any(is_there) {
                let told: Vec<_> = remarks
                    .iter()
                    .map(|remark| (remark.code, remark.line, remark.column))
                    .collect();
                missed.push(format!("{file}:{line}:{column} {}: {told:?}", mistake.what));
            }
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {made}:\n{}",
        missed.len(),
        missed.join("\n")
    );
    assert!(made > 1_000, "{made}");
}

/// What is added to a sound profile, with a mark before the place of the remark; its code, and what it must say.
const TABLE: [(&str, &str, &str, &str); 36] = [
    (
        "[[pull]]\nwatermark = \"T\"\nkey = \"K\"\ntables = { A = ▸\"PROJECTS\" }",
        "dataset.unknown",
        "没有数据集",
        "PROJECT",
    ),
    (
        "[[▸pull]]\nwatermark = \"T\"\nkey = \"K\"\ntables = { A = \"PROJECT\" }",
        "key.idle",
        "database",
        "ways",
    ),
    (
        "[[pull]]\nwatermark = \"T\"\nkey = \"K\"\ntables = { A = \"PROJECT\" }\n[[pull]]\nwatermark = \"T\"\n\
         key = \"K\"\ntables = { ▸A = \"SECTION\" }",
        "table.repeated",
        "已经写过",
        "take one",
    ),
    (
        "[wire.members]\nlist = ▸\"record\"",
        "member.unknown",
        "没有含义",
        "records",
    ),
    (
        "[wire.members]\nlist = \"records\"\n▸rows = \"records\"",
        "member.shared",
        "都表示 records",
        "take one",
    ),
    (
        "[wire.members]\nop = ▸\"action\"",
        "member.idle",
        "平铺",
        "shape",
    ),
    (
        "[wire.actions]\nI = ▸\"insert\"",
        "action.unknown",
        "没有含义",
        "upsert",
    ),
    (
        "▸actions = { I = \"upsert\" }",
        "key.idle",
        "action_column",
        "column",
    ),
    (
        "action_column = \"OP\"\n[wire.actions]\n▸\"1\" = \"upsert\"",
        "action.pointless",
        "本来就是",
        "out",
    ),
    (
        "[hooks]\nNOTICE_CONTENT = ▸\"htm_text\"",
        "hook.unknown",
        "没有转换",
        "html_text",
    ),
    (
        "[hooks]\n▸CREATE_TIME = \"html_text\"",
        "hook.field",
        "不是自由文字",
        "text",
    ),
    (
        "[hooks]\n▸NOTICE_CONTENTS = \"html_text\"",
        "field.unknown",
        "没有数据项",
        "NOTICE_CONTENT",
    ),
    (
        "files = [\"{dataset}.csv\", ▸\"*.csv\"]",
        "files.idle",
        "没有 {dataset}",
        "{dataset}",
    ),
    (
        "files = [▸\"in/{dataset}.csv\"]",
        "files.idle",
        "路径",
        "{dataset}",
    ),
    (
        "[wide]\nT = [\"SECTION\", ▸\"SECTIONS\"]",
        "dataset.unknown",
        "没有数据集",
        "SECTION",
    ),
    (
        "[wide]\n▸T = [\"SECTION\"]",
        "wide.single",
        "只含",
        "[names]",
    ),
    (
        "[wide]\n▸PROJECT = [\"SECTION\", \"TENDER_LIST\"]",
        "wide.shadowed",
        "此处优先",
        "take it out",
    ),
    (
        "[wide]\nT = [\"SECTION\", ▸\"SECTION\"]",
        "item.repeated",
        "两次",
        "take one",
    ),
    (
        "shape = ▸\"nested\"",
        "nested.missing",
        "没有写各层",
        "[[wire.nested]]",
    ),
    (
        "[[wire.▸nested]]\ninto = [\"SECTION\"]",
        "key.idle",
        "只有 shape",
        "nested",
    ),
    (
        "shape = \"nested\"\n[[wire.nested]]\npath = ▸\"A.B\"\ninto = [\"SECTION\"]",
        "level.unreached",
        "永远读不到",
        "above",
    ),
    (
        "shape = \"nested\"\n[[wire.nested]]\npath = \"A\"\ninto = [\"SECTION\"]\n[[wire.nested]]\npath = ▸\"A\"\ninto = [\"PROJECT\"]",
        "level.repeated",
        "已经写过",
        "into one",
    ),
    (
        "shape = \"nested\"\n[[wire.nested]]\ninto = [\"PROJECT\"]\ncarry = [▸\"BM\"]\n[[wire.nested]]\npath = \"A\"\ninto = [\"SECTION\"]",
        "carry.idle",
        "不起作用",
        "[fields]",
    ),
    (
        "record = ▸\"a b\"",
        "record.name",
        "不是 XML 元素名",
        "GCJS_",
    ),
    (
        "dataset_column = ▸\"*数据集\"",
        "column.name",
        "星号",
        "write `数据集`",
    ),
    (
        "dataset_column = \"X\"\naction_column = ▸\"X\"",
        "column.shared",
        "两种意义",
        "name",
    ),
    (
        "action_column = ▸\"TENDER_MODE\"",
        "column.shadowed",
        "无法报送",
        "check",
    ),
    ("▸answer = \"old\"", "key.idle", "call", "format"),
    (
        "▸binary_content = \"base64\"",
        "key.idle",
        "message",
        "format",
    ),
    ("also = [▸\"call\"]", "form.missing", "都会被拒绝", "xml"),
    (
        "[[splits]]\nfrom = \"a\"\nby = ▸\"\"\ninto = [\"PROJECT_CODE\", \"PROJECT_NAME\"]",
        "value.empty",
        "为空",
        "filled",
    ),
    (
        "[[splits]]\nfrom = \"a\"\nby = \"|\"\ninto = ▸[\"BIDDER_NAME\", \"WIN_BIDDER_NAME\", \"PROJECT_NAME\"]",
        "split.idle",
        "同时有",
        "check",
    ),
    (
        "[[joins]]\nfrom = ▸[\"a\"]\nwith = \"\"\ninto = \"PROJECT_NAME\"",
        "parts.single",
        "没有可合并的",
        "[fields]",
    ),
    (
        "[units]\nCONTRACT_RECKON_PRICE = ▸\"公顷\"",
        "unit.dimension",
        "不能以",
        "万元",
    ),
    (
        "[constants]\nCONTRACT_RECKON_PRICE = ▸\"十万\"",
        "constant.form",
        "不符合",
        "format",
    ),
    (
        "[attachments]\nZB = ▸\"M_ATT_TENDER_NOTICES\"",
        "attachment.unknown",
        "没有附件项",
        "M_ATT_TENDER_NOTICE",
    ),
];

#[test]
fn each_mistake_is_told_with_its_place_its_reason_and_what_to_do() {
    const SOUND: &str = "version = 1\nid = \"329900\"\nkind = \"city\"\nname = \"示例市\"\nenglish = \"Example\"\n\
         region = \"329900\"\nways = [\"http\"]\ndatasets = \"general;subject\"\n[wire]\nformat = \"json\"\n\
         also_here = 0\n";
    let mut missed = Vec::new();
    for (added, code, zh, help) in TABLE {
        // Forms in which what is added is looked at.
        let also = match added {
            _ if added.contains("also") => "",
            _ if added.contains("answer") || added.contains("binary") => "also = [\"csv\"]\n",
            _ => "also = [\"csv\", \"xml\", \"message\", \"call\"]\n",
        };
        let marked = SOUND.replace("also_here = 0\n", also) + added + "\n";
        let at = marked.find('▸').unwrap();
        let text = marked.replace('▸', "");
        let line = 1 + text[..at].matches('\n').count();
        let column = 1 + text[..at].rsplit('\n').next().unwrap().chars().count();
        let remarks = lint(&text, &SPEC);
        let is_told = remarks.iter().any(|remark| {
            (remark.code, remark.line, remark.column) == (code, line, column)
                && remark.message.zh.contains(zh)
                && remark.help.en.contains(help)
        });
        if !is_told {
            missed.push(format!(
                "{code} at {line}:{column} of {added}\n{remarks:#?}"
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn a_data_set_of_a_wide_row_that_no_row_can_hold_is_told() {
    let edition = SPEC.edition("3.0").unwrap();
    let sets = || {
        edition
            .datasets
            .iter()
            .filter(|set| set.industry == "general")
    };
    let holds = |a: &spec::Dataset, b: &spec::Dataset| {
        a.id != b.id && b.by_name.keys().all(|name| a.by_name.contains_key(name))
    };
    let pair = sets().find_map(|a| Some((a, sets().find(|b| holds(a, b))?)));
    let (large, small) = pair.unwrap();
    let text = format!(
        "version = 1\nid = \"329900\"\nkind = \"city\"\nname = \"示例市\"\nenglish = \"Example\"\nregion = \"329900\"\n\
         ways = [\"http\"]\ndatasets = \"transaction;subject;expert;credit;supervision;price\"\nwire = {{ format = \"json\" }}\n[wide]\nT = [\"{}\", \"{}\"]\n",
        large.id, small.id
    );
    let remarks = lint(&text, &SPEC);
    let places: Vec<_> = remarks
        .iter()
        .map(|one| (one.code, one.line, one.column))
        .collect();
    assert_eq!(places, [("dataset.never", 11, 10 + large.id.len())]);
}
