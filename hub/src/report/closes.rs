//! Daily closes: the latest of each party of each day, the newest day first.

use super::table::{Cell, Column, Table, column};
use super::{Facts, Question, ReportError};
use crate::close::document::{Books, Document};
use crate::close::figures::{DestinationBooks, SourceBooks};
use crate::store::closes::{self, Close};
use crate::store::{Database, StoreError, days};

/// Rows when nothing else is asked.
const USUAL: usize = 1000;

/// Makes the report. A source sees its own closes only.
pub fn make(
    connection: &mut Database,
    _: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let limit = question.limit.unwrap_or(USUAL) as i64;
    let from = question.span.from.map(days::date_at).unwrap_or_default();
    // The end is an instant after the last day.
    let to = question.span.to.map(|to| days::date_at(to - 1));
    let to = to.unwrap_or_else(|| "9999-12-31".to_owned());
    let party = question.span.source.as_ref();
    let party = party.map(|source| format!("source/{source}"));
    let mut rows = Vec::new();
    for close in closes::lines(connection, (&from, &to), party.as_deref(), limit)? {
        rows.push(row(connection, &close)?);
    }
    Ok(Table {
        name: "closes",
        zh: "日清对账",
        columns: columns(),
        rows,
        total: None,
    })
}

/// The columns.
pub fn columns() -> Vec<Column> {
    vec![
        column("date", "日期 date"),
        column("with", "对方 with"),
        column("number", "次数 number"),
        column("received", "接收 received"),
        column("accepted", "合格 accepted"),
        column("rejected", "退回 rejected"),
        column("duplicate", "重复 duplicate"),
        column("replaced", "替换 replaced"),
        column("parked", "待关联 parked"),
        column("owed", "应转发 owed"),
        column("acknowledged", "已确认 acknowledged"),
        column("refused", "被拒 refused"),
        column("exhausted", "中止 exhausted"),
        column("open", "在途 open"),
        column("balanced", "平衡 balanced"),
        column("agreed", "对方一致 agreed"),
        column("differences", "差异 differences"),
        column("contradicted", "回执矛盾 contradicted"),
        column("leaf", "日志序号 leaf"),
    ]
}

fn number(figure: u64) -> Cell {
    Cell::Number(i64::try_from(figure).unwrap_or(i64::MAX))
}

fn of_source(books: &SourceBooks) -> [Cell; 6] {
    let [accepted, rejected, duplicate, replaced, parked] = books.standing().map(number);
    [
        number(books.records),
        accepted,
        rejected,
        duplicate,
        replaced,
        parked,
    ]
}

fn of_destination(books: &DestinationBooks) -> [Cell; 5] {
    [
        number(books.owed),
        number(books.acknowledged),
        number(books.refused),
        number(books.exhausted),
        number(books.open()),
    ]
}

/// One close as a row: the figures as they stood at the close, and whether the other side agrees by now.
pub fn row(connection: &mut Database, close: &Close) -> Result<Vec<Cell>, StoreError> {
    let document: Document =
        serde_json::from_str(&close.document).map_err(|error| StoreError::Damaged {
            place: format!("closes, {} {} {}", close.date, close.party, close.number),
            what: error.to_string(),
        })?;
    let (empty, mut differences, mut contradicted) = (|| Cell::Empty, Cell::Empty, Cell::Empty);
    let (received, owed) = match &document.books {
        Books::Source(books) => (of_source(books), std::array::from_fn(|_| empty())),
        Books::Destination(books) => {
            if let Some(platform) = books.platform.as_ref().filter(|one| one.compared()) {
                differences = number(platform.differences.all());
            }
            if let Some(said) = &books.contradicted {
                contradicted = number(said.records);
            }
            (std::array::from_fn(|_| empty()), of_destination(books))
        }
        Books::Hub(books) => (of_source(&books.received), of_destination(&books.owed)),
    };
    let agreed = match close.party.strip_prefix("source/") {
        None => close.agreed.map(|agreed| agreed == 1),
        // What was signed about an earlier close of the day holds as long as the records are the same.
        Some(source) => closes::last_said(connection, &close.date, source)?.map(|said| {
            document
                .root()
                .is_some_and(|root| said.note.contains(&format!("\n{root}\n")))
        }),
    };
    let word = |yes: bool| {
        if yes {
            Cell::Word("yes", "是")
        } else {
            Cell::Word("no", "否")
        }
    };
    // It agreed, and was not asked again since: that counts for what was compared then.
    let before = match &document.books {
        Books::Destination(books) => {
            let earlier = books.platform.as_ref().and_then(|one| one.earlier.as_ref());
            earlier.filter(|earlier| earlier.agreed)
        }
        Books::Source(_) | Books::Hub(_) => None,
    };
    let unknown = before.map_or(Cell::Empty, |_| Cell::Word("earlier", "此前一致"));
    let mut cells: Vec<Cell> = vec![
        close.date.as_str().into(),
        match close.party.as_str() {
            "hub" => Cell::Word("hub", "hub 全部"),
            party => party.into(),
        },
        Cell::Number(i64::from(close.number)),
    ];
    cells.extend(received);
    cells.extend(owed);
    cells.push(word(close.balanced == 1));
    cells.push(agreed.map_or(unknown, word));
    cells.extend([differences, contradicted]);
    cells.push(Cell::Number(close.leaf_index));
    Ok(cells)
}
