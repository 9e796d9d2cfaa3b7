//! Why a value was repaired: a closed list of words that vendors may program against, each with a sentence for people.
//!
//! A repair that fits none of these is not made; it becomes a finding.

use serde::{Deserialize, Serialize};

/// Kind of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Blanks at the ends or inside a code, or the apostrophe that a spreadsheet puts before a cell.
    Trim,
    /// Control and invisible characters, the byte order mark, no-break blanks.
    Control,
    /// Unicode normalization form C.
    Nfc,
    /// Left-overs of a web page: `&nbsp;`, `<em>`.
    Html,
    /// Full-width letters, digits and marks in codes, numbers, dates and identifiers.
    Width,
    /// A character that only looks like the right one: `О` (Cyrillic), `〇`, the letter O in a credit code.
    LookAlike,
    /// Small letters in a code that has only capital ones.
    Case,
    /// Hyphens that the standard wants, or does not want.
    Hyphen,
    /// Words or marks around an identifier.
    Label,
    /// Another writing of a date or an instant.
    Date,
    /// Days since 1899-12-30: what a spreadsheet makes of a date.
    DateSerial,
    /// Another writing of a number.
    Number,
    /// A JSON number where text belongs.
    NumberAsText,
    /// Unit, currency or label written with a figure.
    Unit,
    /// The field that holds the unit was empty; the amount beside it says the unit.
    UnitFilled,
    /// A figure written in Chinese numerals, 壹佰万元整.
    Numerals,
    /// `true`, `是`, `Y` in place of a code.
    Boolean,
    /// The name of a code in place of the code.
    CodeName,
    /// The name of a region, or the path of its names.
    RegionName,
    /// A region's code in another length: 32, 3201, 320100000000.
    RegionCode,
    /// A region's code that was withdrawn, and has one successor.
    RegionSuccessor,
    /// Another separator between the values of a list, or an empty value.
    ListSeparator,
    /// A word that says that there is no value, in a field that may be empty.
    Placeholder,
    /// What the profile of the source says.
    Profile,
}

impl Reason {
    /// Every reason, in the order of this file.
    pub const ALL: [Reason; 24] = [
        Reason::Trim,
        Reason::Control,
        Reason::Nfc,
        Reason::Html,
        Reason::Width,
        Reason::LookAlike,
        Reason::Case,
        Reason::Hyphen,
        Reason::Label,
        Reason::Date,
        Reason::DateSerial,
        Reason::Number,
        Reason::NumberAsText,
        Reason::Unit,
        Reason::UnitFilled,
        Reason::Numerals,
        Reason::Boolean,
        Reason::CodeName,
        Reason::RegionName,
        Reason::RegionCode,
        Reason::RegionSuccessor,
        Reason::ListSeparator,
        Reason::Placeholder,
        Reason::Profile,
    ];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Reason::Trim => "trim",
            Reason::Control => "control",
            Reason::Nfc => "nfc",
            Reason::Html => "html",
            Reason::Width => "width",
            Reason::LookAlike => "look_alike",
            Reason::Case => "case",
            Reason::Hyphen => "hyphen",
            Reason::Label => "label",
            Reason::Date => "date",
            Reason::DateSerial => "date_serial",
            Reason::Number => "number",
            Reason::NumberAsText => "number_as_text",
            Reason::Unit => "unit",
            Reason::UnitFilled => "unit_filled",
            Reason::Numerals => "numerals",
            Reason::Boolean => "boolean",
            Reason::CodeName => "code_name",
            Reason::RegionName => "region_name",
            Reason::RegionCode => "region_code",
            Reason::RegionSuccessor => "region_successor",
            Reason::ListSeparator => "list_separator",
            Reason::Placeholder => "placeholder",
            Reason::Profile => "profile",
        }
    }

    /// What was done, in a sentence: Chinese, English.
    pub const fn sentence(self) -> (&'static str, &'static str) {
        match self {
            Reason::Trim => (
                "去除多余空白或表格前导撇号",
                "took out blanks or a spreadsheet's apostrophe",
            ),
            Reason::Control => (
                "去除控制字符或不可见字符",
                "took out control or invisible characters",
            ),
            Reason::Nfc => (
                "统一Unicode写法（NFC）",
                "brought to Unicode normalization form C",
            ),
            Reason::Html => ("去除网页残留标记", "took out what a web page left"),
            Reason::Width => ("全角字符改为半角", "made full-width characters half-width"),
            Reason::LookAlike => (
                "形近字符改为正确字符",
                "replaced a character that only looks like the right one",
            ),
            Reason::Case => ("小写字母改为大写", "made small letters capital"),
            Reason::Hyphen => ("按标准增减连字符", "put hyphens as the standard wants them"),
            Reason::Label => (
                "去除代码前后的说明文字或括号",
                "took out words or brackets around a code",
            ),
            Reason::Date => (
                "统一日期时间格式",
                "brought a date to the standard's format",
            ),
            Reason::DateSerial => (
                "电子表格日期序号还原为日期",
                "turned a spreadsheet's serial number back into a date",
            ),
            Reason::Number => ("统一数字写法", "brought a number to the standard's writing"),
            Reason::NumberAsText => ("数字改为文本", "took a JSON number as text"),
            Reason::Unit => (
                "按规定单位换算，去除随数字书写的单位或说明",
                "converted to the field's unit, and took out what stood beside the figure",
            ),
            Reason::UnitFilled => (
                "按金额所写单位补填单位",
                "filled the unit that the amount names",
            ),
            Reason::Numerals => (
                "中文数字改为阿拉伯数字",
                "turned Chinese numerals into digits",
            ),
            Reason::Boolean => (
                "是否值改为代码",
                "turned a word for yes or no into its code",
            ),
            Reason::CodeName => ("名称改为代码", "turned a name into its code"),
            Reason::RegionName => (
                "行政区划名称改为代码",
                "turned the name of a region into its code",
            ),
            Reason::RegionCode => (
                "行政区划代码统一为6位",
                "brought a region's code to six digits",
            ),
            Reason::RegionSuccessor => (
                "已撤销的行政区划代码改为现行代码",
                "replaced a withdrawn region by its only successor",
            ),
            Reason::ListSeparator => (
                "多值分隔符统一为半角分号",
                "joined the values of a list with semicolons",
            ),
            Reason::Placeholder => (
                "去除表示无值的占位词",
                "took out a word that says that there is no value",
            ),
            Reason::Profile => (
                "按数据来源配置转换",
                "converted as the source's profile says",
            ),
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_the_one_that_json_shows_and_stands_once() {
        let mut words = Vec::new();
        for reason in Reason::ALL {
            let shown = serde_json::to_value(reason).unwrap_or_default();
            assert_eq!(shown, reason.word());
            assert!(!words.contains(&reason.word()), "{reason}");
            words.push(reason.word());
            let (zh, en) = reason.sentence();
            assert!(!zh.is_ascii() && en.is_ascii(), "{zh} {en}");
        }
    }
}
