//! Where in a sheet tables of fields stand: their headings, the columns under them, and the titles above.

use spec::Edition;

use super::Trouble;
use super::grid::{Grid, narrow};

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    Id,
    Type,
    Format,
    Domain,
    Required,
    Sensitivity,
    Note,
    Dataset,
    DatasetNumber,
    Unit,
    List,
    Aliases,
    Number,
}

/// Headings that were seen in published tables.
const HEADINGS: [(Part, &[&str]); 14] = [
    (
        Part::Name,
        &[
            "数据项名称",
            "数据项",
            "中文名",
            "中文名称",
            "名称",
            "字段名称",
            "字段中文名",
            "数据元名称",
        ],
    ),
    (
        Part::Id,
        &[
            "英文名",
            "英文名称",
            "字段名",
            "字段英文名",
            "列名",
            "字段代码",
            "数据项英文名",
            "英文代码",
        ],
    ),
    (Part::Type, &["类型", "数据类型", "字段类型"]),
    (
        Part::Format,
        &["格式", "表示格式", "数据格式", "长度", "字段长度"],
    ),
    (Part::Domain, &["值域", "值域范围", "取值范围", "代码集"]),
    (
        Part::Required,
        &["必填", "是否必填", "必选", "约束", "约束条件", "是否必选"],
    ),
    (
        Part::Sensitivity,
        &["公开范围", "公开属性", "公开类型", "开放范围"],
    ),
    (Part::Note, &["备注", "说明", "定义", "描述"]),
    (Part::Dataset, &["数据集", "数据集名称", "数据集英文名"]),
    (Part::DatasetNumber, &["数据集编号"]),
    (Part::Unit, &["计量单位", "单位"]),
    (Part::List, &["多值", "是否多值"]),
    (Part::Aliases, &["别名"]),
    (Part::Number, &["序号", "编号"]),
];

/// What a title says about the data set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Title {
    pub number: Option<u16>,
    pub id: Option<String>,
    pub name: Option<String>,
}

/// One table of fields.
#[derive(Debug)]
pub(super) struct Table {
    pub title: Title,
    /// What each column says.
    pub columns: Vec<(usize, Part)>,
    /// Lines of the sheet that hold fields.
    pub rows: Vec<usize>,
}

impl Table {
    /// The column of a part.
    pub(super) fn column(&self, part: Part) -> Option<usize> {
        self.columns
            .iter()
            .find(|(_, found)| *found == part)
            .map(|(column, _)| *column)
    }
}

/// The tables of a sheet. A sheet without any is named, unless it is empty.
pub(super) fn tables(grid: &Grid, edition: &Edition, troubles: &mut Vec<Trouble>) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut title = title(&grid.name, edition);
    let mut open = false;
    for line in 0..grid.height() {
        if let Some(columns) = heading(grid.row(line)) {
            tables.push(Table {
                title: std::mem::take(&mut title),
                columns,
                rows: Vec::new(),
            });
            open = true;
            continue;
        }
        let filled: Vec<&String> = grid
            .row(line)
            .iter()
            .filter(|cell| !cell.is_empty())
            .collect();
        match (filled.as_slice(), tables.last_mut()) {
            ([], _) => {}
            // a merged row has its text in one cell
            ([text], _) if !text.chars().all(|c| c.is_ascii_digit()) => {
                title = self::title(text, edition);
                open = false;
            }
            (_, Some(table)) if open => table.rows.push(line),
            (cells, _) => {
                // a title may be spread over cells
                let cells: Vec<&str> = cells.iter().map(|cell| cell.as_str()).collect();
                title = self::title(&cells.join(" "), edition);
            }
        }
    }
    if tables.is_empty() && grid.height() > 0 {
        troubles.push(Trouble {
            place: grid.place(0, 0),
            found: "a sheet without a table of fields".to_owned(),
            expected: "a heading with at least 数据项名称, 英文名 and 格式 (or 类型)".to_owned(),
        });
    }
    tables
        .into_iter()
        .flat_map(|table| by_dataset(grid, table, edition))
        .collect()
}

/// The columns of a heading: it must name at least name, column code and format (or type).
fn heading(cells: &[String]) -> Option<Vec<(usize, Part)>> {
    let mut columns: Vec<(usize, Part)> = Vec::new();
    for (place, cell) in cells.iter().enumerate() {
        let bare: String = cell
            .chars()
            .take_while(|c| !['(', '（'].contains(c))
            .filter(|c| !c.is_whitespace())
            .collect();
        let part = HEADINGS
            .iter()
            .find(|(_, words)| words.contains(&bare.as_str()));
        if let Some((part, _)) = part
            && !columns.iter().any(|(_, known)| known == part)
        {
            columns.push((place, *part));
        }
    }
    let has = |wanted| columns.iter().any(|(_, part)| *part == wanted);
    (has(Part::Name) && has(Part::Id) && (has(Part::Format) || has(Part::Type))).then_some(columns)
}

/// A table that names the data set in each row, as one table per data set.
fn by_dataset(grid: &Grid, table: Table, edition: &Edition) -> Vec<Table> {
    let columns = [Part::DatasetNumber, Part::Dataset].map(|part| table.column(part));
    if columns.iter().all(Option::is_none) {
        return vec![table];
    }
    let mut split: Vec<(String, Table)> = Vec::new();
    for line in table.rows {
        let cells = columns
            .iter()
            .flatten()
            .map(|column| grid.cell(line, *column));
        let said = cells.collect::<Vec<_>>().join(" ");
        match split.last_mut() {
            // a merged cell speaks for the rows below it
            Some((last, table)) if *last == said || said.trim().is_empty() => table.rows.push(line),
            _ => {
                let own = Table {
                    title: title(&said, edition),
                    columns: table.columns.clone(),
                    rows: vec![line],
                };
                split.push((said, own));
            }
        }
    }
    split.into_iter().map(|(_, table)| table).collect()
}

/// Number, column code and Chinese name in a text such as `501 招标项目（TENDER_PROJECT）`; what it lacks is taken
/// from the data set that the specification knows by the rest.
fn title(text: &str, edition: &Edition) -> Title {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let half = narrow(text);
    let words = half
        .split(|c: char| !is_word(c))
        .filter(|word| !word.is_empty());
    let mut found = Title::default();
    for word in words {
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        if is_number && word.len() >= 3 && found.number.is_none() {
            found.number = word.parse().ok();
        } else if !is_number
            && word.len() > 3
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && found.id.is_none()
        {
            found.id = Some(word.to_ascii_uppercase());
        }
    }
    let chinese = text.split(|c: char| !('\u{4e00}'..='\u{9fff}').contains(&c));
    let longest = chinese.max_by_key(|run| run.len()).unwrap_or_default();
    let name = longest
        .trim_start_matches('表')
        .trim_end_matches("数据集")
        .trim_end_matches("信息表");
    found.name = (!name.is_empty()).then(|| name.to_owned());
    let known = edition.datasets.iter().find(|set| {
        found.id.as_ref() == Some(&set.id)
            || found.number == Some(set.code)
            || (found.id.is_none()
                && found.number.is_none()
                && found.name.as_ref() == Some(&set.name))
    });
    if let Some(known) = known {
        found.number.get_or_insert(known.code);
        found.id.get_or_insert_with(|| known.id.clone());
        found.name.get_or_insert_with(|| known.name.clone());
    }
    found
}
