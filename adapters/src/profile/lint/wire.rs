//! What a profile says about documents: words that mean nothing to the hub, patterns that nothing fits, and what is
//! said about forms that the source does not send.

use std::collections::BTreeMap;

use super::source::forms;
use super::{Editions, Page, Profile, Said, near};
use crate::decode::action;
use crate::profile::{Charset, Shape, WireFormat};

/// What a member of the envelope or of a flat record can be.
const MEMBERS: [&str; 8] = [
    "edition",
    "source",
    "submission",
    "sequence",
    "records",
    "dataset",
    "action",
    "reason",
];
/// What is said among the fields of a flat record.
const OF_RECORD: [&str; 3] = ["dataset", "action", "reason"];
/// What can be done to a record, in our words.
const ACTIONS: [&str; 3] = ["upsert", "correct", "withdraw"];

/// Forms whose records are JSON.
pub(super) const JSON: [WireFormat; 3] = [WireFormat::Json, WireFormat::Ndjson, WireFormat::Sql];
/// Forms in characters of the source's own set; those of JSON, workbooks and calls are always UTF-8.
const IN_CHARSET: [WireFormat; 3] = [WireFormat::Xml, WireFormat::Message, WireFormat::Csv];

/// Which documents are read by which member.
const READ_BY: [(&str, &[WireFormat]); 11] = [
    ("shape", &JSON),
    ("single", &[WireFormat::Json]),
    ("members", &JSON),
    ("nested", &JSON),
    ("record", &[WireFormat::Xml, WireFormat::Message]),
    ("dataset_column", &[WireFormat::Csv, WireFormat::Xlsx]),
    (
        "action_column",
        &[WireFormat::Csv, WireFormat::Xlsx, WireFormat::Xml],
    ),
    (
        "reason",
        &[
            WireFormat::Csv,
            WireFormat::Xlsx,
            WireFormat::Xml,
            WireFormat::Message,
        ],
    ),
    ("answer", &[WireFormat::Call]),
    ("binary_content", &[WireFormat::Message]),
    ("skip", &[WireFormat::Xlsx]),
];

/// Remarks on the section about documents.
pub(super) fn check(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    idle(page, profile);
    members(page, profile);
    actions(page, profile);
    files(page, profile);
    record(page, profile);
    columns(page, profile, editions);
    for (place, sheet) in profile.wire.skip.iter().enumerate() {
        if !editions.dataset(sheet).is_empty() || profile.names.contains_key(sheet) {
            let said = Said::warning(
                "skip.dataset",
                (
                    format!("“{sheet}”是数据集，其工作表将不被读取"),
                    format!("`{sheet}` is a data set, and its sheet will not be read"),
                ),
                ("若它有数据，请删去此处", "take it out if it holds data"),
            );
            page.at_value(&["wire", "skip", &place.to_string()], said);
        }
    }
}

/// A member that is about documents which the source does not send.
pub(super) fn unread(name: &str, forms: &[WireFormat]) -> Said {
    let names: Vec<&str> = forms.iter().map(|form| form.name()).collect();
    let names = names.join(", ");
    Said::warning(
        "key.idle",
        (
            format!("“{name}”只用于 {names} 格式，该来源不报送此类格式，此处不起作用"),
            format!(
                "`{name}` is about documents in {names}, which the source does not send, so it does nothing"
            ),
        ),
        (
            "请删去，或在 format、also 中写明所用格式",
            "take it out, or name the form in `format` or `also`",
        ),
    )
}

fn idle(page: &mut Page<'_>, profile: &Profile) {
    let used = forms(profile);
    let reads = |forms: &[WireFormat]| used.iter().any(|form| forms.contains(form));
    for (name, forms) in READ_BY {
        if !reads(forms) {
            page.at_name_if_there(&["wire", name], unread(name, forms));
        }
    }
    let separator = profile.wire.separator;
    if !matches!(separator, None | Some(',' | ';' | '\t')) {
        let said = Said::error(
            "separator.unsafe",
            (
                "该分隔符会与 GB18030 汉字的第二字节混淆",
                "this separator may be the second byte of a character of GB18030",
            ),
            (
                "应为逗号、分号或制表符",
                "a comma, a semicolon or a tabulator",
            ),
        );
        page.at_value(&["wire", "separator"], said);
    } else if !reads(&[WireFormat::Csv]) {
        page.at_name_if_there(
            &["wire", "separator"],
            unread("separator", &[WireFormat::Csv]),
        );
    }
    if profile.wire.charset == Charset::Gb18030 && !reads(&IN_CHARSET) {
        page.at_value(&["wire", "charset"], unread("charset", &IN_CHARSET));
    }
    if !profile.attachments.is_empty() && !reads(&[WireFormat::Message, WireFormat::Call]) {
        let said = unread("attachments", &[WireFormat::Message, WireFormat::Call]);
        page.at_name_if_there(&["attachments"], said);
    }
}

fn members(page: &mut Page<'_>, profile: &Profile) {
    let wire = &profile.wire;
    let used = forms(profile);
    let has_envelope =
        used.contains(&WireFormat::Json) && !wire.single && wire.shape != Shape::Single;
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for (own, ours) in wire.members.iter().filter(|(_, ours)| !ours.is_empty()) {
        let way = ["wire", "members", own.as_str()];
        if !MEMBERS.contains(&ours.as_str()) {
            word(page, "member.unknown", ours, &MEMBERS, &way);
            continue;
        }
        if let Some(other) = first.insert(ours, own) {
            let said = Said::warning(
                "member.shared",
                (
                    format!("“{other}”和“{own}”都表示 {ours}，同一报文中两者并存时会被拒绝"),
                    format!(
                        "`{other}` and `{own}` both mean {ours}: a document with both is refused"
                    ),
                ),
                ("请删去其一", "take one of them out"),
            );
            page.at_name(&way, said);
        }
        let of_record = OF_RECORD.contains(&ours.as_str()) && wire.flat();
        let of_envelope = !matches!(ours.as_str(), "action" | "reason") && has_envelope;
        if !of_record && !of_envelope && used.iter().any(|form| JSON.contains(form)) {
            let (zh, en) = match ours.as_str() {
                "action" | "reason" => (
                    "只有平铺的记录（shape = \"flat\" 或 \"single\"）在各数据项之间说明它",
                    "only flat records (shape `flat` or `single`) say it among their fields",
                ),
                _ => (
                    "只有带信封的 JSON 报文才有它",
                    "only JSON documents with an envelope have it",
                ),
            };
            let said = Said::warning(
                "member.idle",
                (
                    format!("{ours} 在此不起作用：{zh}"),
                    format!("{ours} does nothing here: {en}"),
                ),
                ("请删去，或改 shape", "take it out, or change the shape"),
            );
            page.at_value(&way, said);
        }
    }
}

fn actions(page: &mut Page<'_>, profile: &Profile) {
    let wire = &profile.wire;
    for (own, ours) in &wire.actions {
        let way = ["wire", "actions", own.as_str()];
        if action(ours).is_none() && !ours.is_empty() {
            word(page, "action.unknown", ours, &ACTIONS, &way);
        } else if action(own).is_some() && action(own) == action(ours) {
            let said = Said::warning(
                "action.pointless",
                (
                    format!("“{own}”本来就是这个意思"),
                    format!("`{own}` means that anyway"),
                ),
                ("请删去", "take it out"),
            );
            page.at_name(&way, said);
        }
    }
    let used = forms(profile);
    let in_flat = wire.flat() && wire.members.values().any(|ours| ours == "action");
    let in_column = wire.action_column.is_some();
    let reads_flat = in_flat && used.iter().any(|form| JSON.contains(form));
    if !reads_flat && !in_column {
        let said = Said::warning(
            "key.idle",
            (
                "没有写明操作在何处（action_column，或 members 中的 action），此处不起作用",
                "nothing says where the action stands (action_column, or `action` among the members), so this does nothing",
            ),
            (
                "请写明操作所在的列或成员，或删去此处",
                "name its column or member, or take this out",
            ),
        );
        page.at_name_if_there(&["wire", "actions"], said);
    }
}

fn files(page: &mut Page<'_>, profile: &Profile) {
    let used = forms(profile);
    let by_name = [WireFormat::Csv, WireFormat::Xlsx, WireFormat::Zip];
    let is_read = used.iter().any(|form| by_name.contains(form)) || profile.wire.flat();
    if !is_read {
        let said = Said::warning(
            "key.idle",
            (
                "该来源的报文自己写明数据集，不看文件名，此处不起作用",
                "the source's documents say their data set themselves, and names of files are not looked at",
            ),
            ("请删去", "take it out"),
        );
        page.at_name_if_there(&["wire", "files"], said);
        return;
    }
    for (place, pattern) in profile.wire.files.iter().enumerate() {
        let way = ["wire", "files", &place.to_string()];
        let (zh, en) = match pattern.matches("{dataset}").count() {
            _ if pattern.is_empty() => continue,
            0 => (
                "其中没有 {dataset}，不起作用",
                "has no {dataset}, so it does nothing",
            ),
            1 if pattern.contains(['/', '\\']) => (
                "其中有路径，而文件名不含路径，没有文件与之相符",
                "has a folder in it, which names of files do not: nothing fits it",
            ),
            1 => continue,
            _ => (
                "其中有两个 {dataset}，没有文件与之相符",
                "has {dataset} twice, so nothing fits it",
            ),
        };
        let said = Said::warning(
            "files.idle",
            (
                format!("文件名样式“{pattern}”{zh}"),
                format!("the pattern `{pattern}` {en}"),
            ),
            (
                "在代表数据集的位置写一次 {dataset}，其余不定处写 *，例如 *-{dataset}.xml",
                "write {dataset} once where the data set stands and * for anything, for example *-{dataset}.xml",
            ),
        );
        page.at_value(&way, said);
    }
}

/// The element that is a record: a name that XML allows, and `{dataset}` where it can be told from the rest.
fn record(page: &mut Page<'_>, profile: &Profile) {
    let Some(pattern) = profile.wire.record.as_deref() else {
        return;
    };
    let used = forms(profile);
    let name = pattern.replacen("{dataset}", "X", 1);
    let mut chars = name.chars();
    let begins = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    let is_name = chars.next().is_some_and(begins) && chars.all(goes_on);
    let (zh, en) = if !is_name {
        (
            "不是 XML 元素名，没有元素与之相符",
            "is no name of an XML element, so no element fits it",
        )
    } else if pattern.contains("{dataset}") && !used.contains(&WireFormat::Xml) {
        (
            "含有 {dataset}，而省标报文（message）的元素名不随数据集变化",
            "has {dataset}, but the element of a provincial message is the same for all data sets",
        )
    } else {
        return;
    };
    let said = Said::error(
        "record.name",
        (format!("“{pattern}”{zh}"), format!("`{pattern}` {en}")),
        (
            "写元素名，例如 DES；XML 报文可写 GCJS_{dataset}",
            "write the name of the element, such as DES; for plain XML GCJS_{dataset} is possible too",
        ),
    );
    page.at_value(&["wire", "record"], said);
}

/// Columns about a record rather than of it.
fn columns(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    let wire = &profile.wire;
    let columns = [
        ("dataset_column", wire.dataset_column.as_deref()),
        ("action_column", wire.action_column.as_deref()),
        ("reason", wire.reason.as_deref()),
    ];
    let by_rows = [WireFormat::Csv, WireFormat::Xlsx];
    let reads_rows = forms(profile).iter().any(|form| by_rows.contains(form));
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (member, name) in columns {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            continue;
        };
        let way = ["wire", member];
        let read = crate::decode::csv::tidy(name);
        if reads_rows && read != name {
            let said = Said::error(
                "column.name",
                (
                    format!("表头读取时去掉空白和星号，“{name}”永不相符"),
                    format!("headings are read without spaces and stars, so `{name}` never fits"),
                ),
                (format!("请写“{read}”"), format!("write `{read}`")),
            );
            page.at_value(&way, said);
        }
        if let Some(other) = owners.insert(name, member) {
            let said = Said::error(
                "column.shared",
                (
                    format!("“{name}”已是 {other}，一列不能有两种意义"),
                    format!("`{name}` is {other} already; a column cannot be both"),
                ),
                ("请写各自的列名", "name the column of each"),
            );
            page.at_value(&way, said);
        }
        let mut sent = editions.datasets().filter(|set| profile.permits(set));
        let hides = sent.find_map(|set| {
            let field = set.field(set.field_index(name)?)?;
            Some((field.id.clone(), set.id.clone()))
        });
        let hidden = match hides {
            _ if profile.fields.contains_key(name) => Some((
                format!("[fields] 中也有“{name}”，那里的写法不再起作用"),
                format!("[fields] has `{name}` too, and what is said there does nothing"),
            )),
            Some((field, dataset)) => Some((
                format!("“{name}”是数据集 {dataset} 的数据项 {field}，用作此列后该数据项无法报送"),
                format!(
                    "`{name}` is field {field} of data set {dataset}, which can no longer be sent"
                ),
            )),
            None => None,
        };
        if let Some(hidden) = hidden {
            let said = Said::warning(
                "column.shadowed",
                hidden,
                ("请核对列名", "check the name of the column"),
            );
            page.at_value(&way, said);
        }
    }
}

/// A word of ours that is none.
fn word(page: &mut Page<'_>, code: &'static str, found: &str, known: &[&str], way: &[&str]) {
    let all = known.join(", ");
    let said = Said::error(
        code,
        (
            format!("“{found}”没有含义"),
            format!("`{found}` means nothing here"),
        ),
        near(
            found,
            known.iter().copied(),
            (&format!("可用的有 {all}"), &format!("one of {all}")),
        ),
    );
    page.at_value(way, said);
}
