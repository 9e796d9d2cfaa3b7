//! CSV: a row of headings, then one record per row. A row that cannot be read harms no other.

mod columns;
mod file_name;
mod headings;
mod rows;
mod sheet;

use std::borrow::Cow;

use spec::{Action, Input, Issue, Kind};

use super::charset;
use super::error::{Fault, FaultKind, MISSING};
use super::issue::{cut, issue, shape};
use super::session::{Known, Session};
use crate::mapping::{Filler, Target};
use crate::profile::Charset;
use columns::Column;
pub(crate) use columns::tidy;
pub(crate) use file_name::dataset_of;
use rows::{Cell, Row, Rows};
pub(crate) use sheet::read_sheet;

/// What is known of a file besides its rows.
struct Table<'a> {
    headings: Vec<String>,
    /// Where the row of headings begins.
    at: usize,
    bytes: &'a [u8],
    charset: Charset,
    dataset_column: Option<usize>,
    action_column: Option<usize>,
    reason_column: Option<usize>,
    /// Columns by place of the data set.
    columns: Vec<(usize, Vec<Column>)>,
}

/// Reads a document.
pub(crate) fn read<'a>(session: &mut Session<'_, '_, 'a>, document: &'a [u8]) -> Result<(), Fault> {
    let wire = &session.adapter.profile.wire;
    // A mark proves the character set, whatever the source usually writes.
    let (start, charset) = charset::any_mark(document).unwrap_or((0, wire.charset));
    let mut rows = Rows::new(document, start, wire.separator, session.limits);
    let Some(first) = rows.next()? else {
        return Err(Fault::unreadable(
            start,
            ("文件为空", "the file is empty"),
            ("表头行", "a row of headings"),
        ));
    };
    let mut table = head(session, &first, document, charset)?;
    if session.default_dataset.is_none() {
        session.default_dataset = session
            .hint
            .file_name
            .as_deref()
            .and_then(|name| dataset_of(session.adapter, name));
    }
    if session.default_dataset.is_none() && table.dataset_column.is_none() {
        let mut plans = session.adapter.plans.iter();
        let permitted = plans.position(Option::is_some);
        let permitted = permitted.and_then(|place| session.adapter.edition.datasets.get(place));
        let example = permitted.map_or(0, |dataset| dataset.code);
        let (mut zh, mut en) = (
            format!("请求参数 dataset（如 ?dataset={example}）或一列数据集名称"),
            format!(
                "a parameter `dataset` (such as ?dataset={example}), or a column with the data set"
            ),
        );
        if !wire.files.is_empty() {
            zh = format!("形如 {} 的文件名、{zh}", wire.files.join(" 或 "));
            en = format!("a file name like {}, {en}", wire.files.join(" or "));
        }
        if let Some(column) = &wire.dataset_column {
            zh = format!("{zh}（“{column}”）");
            en = format!("{en} (`{column}`)");
        }
        let expected = (zh, en);
        let found = (MISSING, "missing");
        return Err(Fault::envelope(first.at, "dataset", found, expected));
    }
    while let Some(row) = rows.next()? {
        if row
            .cells
            .iter()
            .all(|cell| cell.bytes.trim_ascii().is_empty())
            && !row.unclosed
        {
            continue;
        }
        session.count(row.at)?;
        record(session, &mut table, &row)?;
        if session.stopped {
            break;
        }
    }
    Ok(())
}

/// Reads the row of headings.
fn head<'a>(
    session: &Session<'_, '_, '_>,
    row: &Row<'a>,
    document: &'a [u8],
    charset: Charset,
) -> Result<Table<'a>, Fault> {
    if row.unclosed {
        return Err(Fault::unreadable(
            row.at,
            ("引号没有闭合", "a quote that is not closed"),
            "`\"`",
        ));
    }
    let end = row.cells.last().map_or(row.at, |cell| cell.end);
    let whole = document.get(row.at..end).unwrap_or_default();
    // What is Chinese in UTF-8 is mostly something in GB18030 too: other characters, which nobody wrote.
    if charset == Charset::Gb18030 && charset::is_chinese_utf8(whole) {
        return Err(in_other_charset(row.at, charset));
    }
    let mut headings = Vec::with_capacity(row.cells.len());
    for cell in &row.cells {
        let text = charset::decode(&cell.bytes, charset).map_err(|mut fault| {
            if looks_other(whole, charset) {
                return in_other_charset(row.at, charset);
            }
            fault.at += cell.at;
            fault
        })?;
        headings.push(tidy(&text));
    }
    let wire = &session.adapter.profile.wire;
    let find = |name: Option<&String>| headings.iter().position(|heading| Some(heading) == name);
    let dataset_column = find(wire.dataset_column.as_ref());
    let action_column = find(wire.action_column.as_ref());
    let reason_column = find(wire.reason.as_ref());
    Ok(Table {
        at: row.at,
        bytes: whole,
        charset,
        dataset_column,
        action_column,
        reason_column,
        columns: Vec::new(),
        headings,
    })
}

/// Whether headings that are not in one character set are in the other.
fn looks_other(headings: &[u8], charset: Charset) -> bool {
    let first = headings.iter().position(|byte| !byte.is_ascii());
    match charset {
        Charset::Gb18030 => charset::utf8(headings, 0).is_ok(),
        // Where a single byte is spoilt, there is sound text before it.
        Charset::Utf8 => {
            charset::utf8(headings, 0).err().map(|fault| fault.at) == first
                && charset::decode(headings, Charset::Gb18030).is_ok()
        }
    }
}

fn other(charset: Charset) -> Charset {
    match charset {
        Charset::Utf8 => Charset::Gb18030,
        Charset::Gb18030 => Charset::Utf8,
    }
}

/// The headings are in the character set that the profile does not say.
fn in_other_charset(at: usize, charset: Charset) -> Fault {
    let found = other(charset).name();
    let found = (
        format!("表头看来是 {found} 编码"),
        format!("headings that look like {found}"),
    );
    Fault::charset(at, found, charset.name())
}

/// Turns a row into a record, or into the reason why it is none.
fn record<'a>(
    session: &mut Session<'_, '_, 'a>,
    table: &mut Table<'a>,
    row: &Row<'a>,
) -> Result<(), Fault> {
    let at = row.at;
    let texts = match texts(row, table) {
        Ok(texts) => texts,
        Err(problem) => {
            let dataset = session.default_dataset.clone();
            session.unusable(at, dataset, *problem);
            return Ok(());
        }
    };
    let cell = |column: Option<usize>| {
        let (text, place) = column.and_then(|column| texts.get(column))?;
        let text = text.trim();
        (!text.is_empty()).then(|| (text.to_owned(), *place))
    };
    let named = cell(table.dataset_column);
    let name = named.as_ref().map(|(name, _)| name.as_str());
    let known = match session.dataset(name, named.as_ref().map_or(at, |(_, at)| *at)) {
        Ok(known) => known,
        Err(problem) => {
            let dataset = name.map(str::to_owned).or(session.default_dataset.clone());
            session.unusable(at, dataset, *problem);
            return Ok(());
        }
    };
    let word = cell(table.action_column);
    let said = word.as_ref();
    let Some(action) = said.map_or(Some(Action::Upsert), |(word, _)| session.action(word)) else {
        let (word, place) = word.unwrap_or_default();
        let problem = shape(
            place,
            &word,
            (
                "1、2、3、upsert、correct 或 withdraw",
                "1, 2, 3, upsert, correct or withdraw",
            ),
            "操作应为 1（新增）、2（修改）或 3（删除）",
            "the action must be 1 (add), 2 (change) or 3 (delete)",
        );
        session.unusable(at, Some(known.dataset.id.clone()), problem);
        return Ok(());
    };
    let reason = cell(table.reason_column);
    let columns = table.columns(known)?;
    let mut filler = Filler::new(known.plan, known.dataset, at);
    filler.record.action = action;
    filler.record.reason = reason.map(|(text, _)| Cow::Owned(text));
    for ((text, place), column) in texts.into_iter().zip(columns) {
        if text.trim().is_empty() {
            continue;
        }
        let name = match column.target {
            Target::Unknown => Cow::Owned(column.heading.clone()),
            _ => Cow::Borrowed(""),
        };
        let input = Input {
            text,
            kind: Kind::Text,
            at: place,
            mapped: None,
        };
        filler.put(column.target, name, input);
        if let (Some(money), Some(field)) = (column.money, column.field()) {
            filler.written_in(field, money);
        }
    }
    match filler.finish() {
        Ok(record) => session.record(record, None, Vec::new(), None),
        Err(problem) => session.unusable(at, Some(known.dataset.id.clone()), *problem),
    }
    Ok(())
}

/// The cells of a row as text, one per heading.
fn texts<'a>(row: &Row<'a>, table: &Table<'_>) -> Result<Vec<(Cow<'a, str>, usize)>, Box<Issue>> {
    if row.unclosed {
        return Err(Box::new(shape(
            row.cells.last().map_or(row.at, |cell| cell.at),
            "\"",
            ("闭合的引号", "a closing quote"),
            "引号没有闭合",
            "a quote is not closed",
        )));
    }
    let wanted = table.headings.len();
    let extra = row.cells.get(wanted..).unwrap_or_default();
    if row.cells.len() < wanted || extra.iter().any(|cell| !cell.bytes.trim_ascii().is_empty()) {
        let found = row.cells.len();
        return Err(Box::new(issue(
            spec::IssueCode::RecordShape,
            row.at,
            &format!("{found} 个单元格"),
            (format!("{wanted} 个单元格"), format!("{wanted} cells")),
            format!("本行有 {found} 个单元格，表头有 {wanted} 个"),
            format!("the row has {found} cells, the headings are {wanted}"),
        )));
    }
    let mut texts = Vec::with_capacity(wanted);
    for cell in row.cells.iter().take(wanted) {
        match text(cell, table.charset) {
            Ok(text) => texts.push((text, cell.at)),
            Err(fault) => {
                let (found, expected) = match fault.kind {
                    FaultKind::Charset { found, expected } => (*found, expected),
                    _ => (String::new().into(), table.charset.name().to_owned()),
                };
                return Err(Box::new(issue(
                    spec::IssueCode::RecordShape,
                    cell.at + fault.at,
                    &found.zh,
                    expected.clone(),
                    format!("本行有不属于 {expected} 字符集的字节：{}", found.zh),
                    format!("the row has bytes that are not {expected}: {}", found.en),
                )));
            }
        }
    }
    Ok(texts)
}

fn text<'a>(cell: &Cell<'a>, charset: Charset) -> Result<Cow<'a, str>, Fault> {
    match &cell.bytes {
        Cow::Borrowed(bytes) => charset::decode(bytes, charset),
        Cow::Owned(bytes) => charset::decode(bytes, charset)
            .map(|text| Cow::Owned(text.into_owned()))
            .map_err(|mut fault| {
                // Offsets in a quoted cell are off by its opening quote.
                fault.at += 1;
                fault
            }),
    }
}

impl Table<'_> {
    /// What each column means for a data set.
    fn columns(&mut self, known: Known<'_>) -> Result<&[Column], Fault> {
        let mut compiled = self.columns.iter();
        let place = if let Some(place) = compiled.position(|(place, _)| *place == known.place) {
            place
        } else {
            let own = [self.dataset_column, self.action_column, self.reason_column];
            let columns = columns::compile(&self.headings, own, known);
            if columns
                .iter()
                .all(|column| column.target == Target::Unknown)
            {
                return Err(self.unknown_headings(known));
            }
            self.columns.push((known.place, columns));
            self.columns.len() - 1
        };
        Ok(self.columns.get(place).map_or(&[], |(_, columns)| columns))
    }

    /// No heading is known: perhaps the file is in the other character set.
    fn unknown_headings(&self, known: Known<'_>) -> Fault {
        if let Ok(text) = charset::decode(self.bytes, other(self.charset))
            && text
                .split([',', ';', '\t'])
                .map(|heading| tidy(heading.trim_matches('"')))
                .any(|heading| known.plan.find_heading(&heading, 0) != Target::Unknown)
        {
            return in_other_charset(self.at, self.charset);
        }
        let expected = (
            format!("数据集 {} 的数据项名称或英文名", known.dataset.id),
            format!("names or codes of the fields of {}", known.dataset.id),
        );
        Fault::envelope(self.at, "headings", cut(&self.headings.join(",")), expected)
    }
}

#[cfg(test)]
mod tests;
