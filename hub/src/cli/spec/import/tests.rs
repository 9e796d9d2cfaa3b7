//! Workbooks as they are published, clean and dirty, and the way back from our own dictionary.
#![expect(clippy::indexing_slicing, reason = "tests: a panic is a failure")]

use std::error::Error;

use rust_xlsxwriter::{Format as Look, Workbook};
use spec::Spec;

use super::{Draft, Trouble, drafts};
use crate::report::{Table, sheet};

type Outcome = Result<(), Box<dyn Error>>;

fn read(workbook: &mut Workbook) -> Result<(Vec<Draft>, Vec<Trouble>), Box<dyn Error>> {
    let spec = Spec::embedded()?;
    let edition = spec.edition("3.0").ok_or("no edition")?;
    Ok(drafts(&workbook.save_to_buffer()?, edition)?)
}

fn rows(workbook: &mut Workbook, name: &str, rows: &[&[&str]]) -> Outcome {
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    for (line, row) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*row) {
            sheet.write_string(line, column, *cell)?;
        }
    }
    Ok(())
}

#[test]
fn several_tables_on_a_sheet_with_merged_titles_and_columns_in_any_order() -> Outcome {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.merge_range(0, 0, 0, 7, "9101 示例甲（EXAMPLE_FIRST）", &Look::new())?;
    for (column, text) in (0..).zip([
        "序号",
        "英 文 名",
        "数据项名称",
        "类型",
        "格式",
        "值域",
        "必填（是/否）",
        "公开范围",
        "备注",
    ]) {
        sheet.write_string(1, column, text)?;
    }
    for (line, row) in (2..).zip([
        [
            "1",
            "FIRST_CODE",
            "甲编号",
            "C",
            "C18",
            "",
            "是",
            "社会公开",
            "",
        ],
        [
            "2",
            "REGION",
            "行政区域",
            "C",
            "C6",
            "GB/T 2260",
            "是",
            "政务公开",
            "",
        ],
        [
            "3",
            "IS_OPEN",
            "是否公开",
            "C",
            "C1",
            "0:否；1:是",
            "否",
            "社会公开",
            "",
        ],
        [
            "4",
            "AMOUNT",
            "金额",
            "N",
            "N..20，6",
            "",
            "条件",
            "社会公开",
            "不含税",
        ],
        [
            "5",
            "MEMBERS",
            "成员",
            "C",
            "C..200",
            "",
            "否",
            "个人信息",
            "多个以;分隔",
        ],
    ]) {
        for (column, text) in (0..).zip(row) {
            sheet.write_string(line, column, text)?;
        }
    }
    sheet.merge_range(8, 0, 8, 7, "9102 示例乙（EXAMPLE_SECOND）", &Look::new())?;
    for (column, text) in (0..).zip(["字段名称", "字段代码", "数据类型", "长度"]) {
        sheet.write_string(9, column, text)?;
    }
    sheet.write_string(10, 0, "乙日期")?;
    sheet.write_string(10, 1, "second_day")?;
    sheet.write_string(10, 2, "日期")?;
    sheet.write_number(10, 3, 8)?;
    let (drafts, troubles) = read(&mut workbook)?;
    assert_eq!(troubles, []);
    let names: Vec<_> = drafts
        .iter()
        .map(|draft| (draft.name.as_str(), draft.fields))
        .collect();
    assert_eq!(
        names,
        [("example_first.toml", 5), ("example_second.toml", 1)]
    );
    for line in [
        "code = 9101",
        "id = \"EXAMPLE_FIRST\"",
        "name = \"示例甲\"",
        "key = [\"FIRST_CODE\"] # check: the first required field",
        "  { id = \"FIRST_CODE\", name = \"甲编号\", format = \"C18\", required = true },",
        "  { id = \"REGION\", name = \"行政区域\", format = \"C6\", required = true, codes = \"region\", sensitivity = \"government\" },",
        "  { id = \"IS_OPEN\", name = \"是否公开\", format = \"C1\", codes = \"yes_no\" }, # check: same values as yes_no",
        "  { id = \"AMOUNT\", name = \"金额\", format = \"N..20,6\", required = \"rule\" }, # 不含税",
        "  { id = \"MEMBERS\", name = \"成员\", format = \"C..200\", list = true, sensitivity = \"personal\" }, # check: several values, by its note",
    ] {
        assert!(
            drafts[0].text.lines().any(|found| found == line),
            "{line}\n{}",
            drafts[0].text
        );
    }
    let second = &drafts[1].text;
    assert!(
        second.contains("code = 9102") && second.contains("format = \"D8\""),
        "{second}"
    );
    assert!(
        second.contains("column code written `second_day`"),
        "{second}"
    );
    Ok(())
}

#[test]
fn what_cannot_be_read_is_named_by_its_cell() -> Outcome {
    let mut workbook = Workbook::new();
    let heading: &[&str] = &["数据项名称", "英文名", "格式", "必填"];
    rows(
        &mut workbook,
        "9103 EXAMPLE_THIRD",
        &[
            heading,
            &["好", "GOOD_FIELD", "C..20", "是"],
            &["坏编码", "编码", "C..20", "是"],
            &["坏格式", "BAD_FORMAT", "很长", "是"],
            &["", "NO_NAME", "C..20", "是"],
            &["怪", "STRANGE", "c..20", "也许"],
        ],
    )?;
    rows(&mut workbook, "封面", &[&["公共资源交易", "数据规范"]])?;
    let (drafts, troubles) = read(&mut workbook)?;
    let places: Vec<_> = troubles
        .iter()
        .map(|t| (t.place.as_str(), t.found.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            ("9103 EXAMPLE_THIRD!B3", "`编码`"),
            ("9103 EXAMPLE_THIRD!C4", "`很长`"),
            ("9103 EXAMPLE_THIRD!A5", "an empty cell"),
            ("封面!A1", "a sheet without a table of fields"),
        ]
    );
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].fields, 2);
    assert!(
        drafts[0].text.contains("required `也许` not understood"),
        "{}",
        drafts[0].text
    );
    Ok(())
}

#[test]
fn the_published_dictionary_leads_back_to_the_same_fields() -> Outcome {
    let spec = Spec::embedded()?;
    let edition = spec.edition("3.0").ok_or("no edition")?;
    let sheets = spec::export::workbook(&spec, edition);
    let tables: Vec<Table> = sheets.into_iter().map(Table::from).collect();
    let (drafts, _) = drafts(&sheet::dated(&tables, "20250101")?, edition)?;
    assert_eq!(drafts.len(), edition.datasets.len());
    let mut files: Vec<(String, Vec<u8>)> = edition
        .files
        .iter()
        .filter(|(path, _)| path.ends_with("edition.toml") || path.contains("/codes/"))
        .cloned()
        .collect();
    for draft in drafts {
        files.push((
            format!("3.0/datasets/all/{}", draft.name),
            draft.text.into_bytes(),
        ));
    }
    let again = spec::load::from_files(files)?;
    let again = again.edition("3.0").ok_or("no edition")?;
    let of = |edition: &spec::Edition| spec::export::sheets::fields(&edition.datasets).rows;
    assert_eq!(of(again), of(edition));
    let heads = |edition: &spec::Edition| {
        let rows = spec::export::sheets::datasets(edition).rows.into_iter();
        rows.map(|row| row[..8].to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(heads(again), heads(edition));
    Ok(())
}
