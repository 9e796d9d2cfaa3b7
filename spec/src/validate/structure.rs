//! Structure of a value: type, format, length in characters, precision. And of a record: what is
//! required, what is unknown, what came twice.

use serde_json::json;

use super::finding::{Draft, label};
use super::nearest;
use crate::issue::shown;
use crate::normalize::{Normalized, canonical_digits, is_date, is_zero_date, items, parts};
use crate::record::Input;
use crate::{
    Dataset, Domain, Edition, Field, Format, Issue, IssueCode, Message, Required, Sensitivity,
    Severity, Unit,
};

/// What is wrong with the structure of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Not a plain value, or `true` where no yes or no belongs.
    Type,
    /// It may mean one of these, or something else.
    Ambiguous(Vec<String>),
    /// An amount that names its unit where the record does not say in which unit it counts.
    Unit(String),
    /// A spreadsheet replaced the digits of a long code by a rounded number.
    Lost,
    /// A word that says that there is no value.
    Placeholder,
    /// The same in a field that may be empty: it was left out.
    Omitted,
    /// Not of the format.
    Format,
    /// Too long, or not of the exact length: characters found.
    Length(usize),
    /// More digits than the format has: before and after the point.
    Precision(u32, u32),
}

/// Words that people write where a value is missing; in an identifier they are no value, nor in a code, unless
/// the table has the word.
pub(crate) const PLACEHOLDERS: [&str; 14] = [
    "无",
    "/",
    "\\",
    "-",
    "--",
    "N/A",
    "n/a",
    "NA",
    "未提供",
    "暂无",
    "不详",
    "null",
    "NULL",
    "***",
];

/// Whether a value was blacked out before it was sent.
pub(crate) fn is_masked(text: &str) -> bool {
    text.starts_with('*') && text.bytes().all(|byte| byte == b'*')
}

/// Whether a text says that there is no value.
fn is_placeholder(field: &Field, text: &str) -> bool {
    let dated = matches!(field.format, Format::Date | Format::Minute | Format::Second);
    PLACEHOLDERS.contains(&text) || (dated && is_zero_date(text))
}

/// Whether the field holds a number.
pub(crate) fn is_numeric(field: &Field) -> bool {
    matches!(
        field.format,
        Format::Number { .. } | Format::Digits(_) | Format::Boolean
    ) && matches!(field.domain, Domain::Free | Domain::Standard(_))
}

/// Whether `true` and `false` may stand for a value of the field.
pub(crate) fn is_choice(field: &Field) -> bool {
    field.format == Format::Boolean || matches!(field.domain, Domain::Codes(_))
}

/// Whether the text is what a spreadsheet makes of a long code: `3.2E+19`.
pub(crate) fn is_lost_code(text: &str) -> bool {
    // Looked at for every text: most end here.
    if !matches!(text.as_bytes(), [b'0'..=b'9', b'.' | b'E', ..]) {
        return false;
    }
    let Some((mantissa, exponent)) = text.split_once("E+") else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    whole.len() == 1 && digits(whole) && digits(fraction) && digits(exponent)
}

/// Whether a text has the format. For lists see [`fits_list`].
pub(crate) fn fits(format: Format, text: &str) -> bool {
    match format {
        Format::Unlimited => true,
        // No character is shorter than a byte.
        Format::UpTo(most) => text.len() <= most as usize || text.chars().count() <= most as usize,
        Format::Exact(length) => {
            let length = length as usize;
            text.len() >= length
                && (text.len() == length && text.is_ascii() || text.chars().count() == length)
        }
        Format::Number { digits, decimals } => canonical_digits(text)
            .is_some_and(|(whole, fraction)| fits_number(whole, fraction, digits, decimals)),
        Format::Digits(count) => {
            text.len() == count as usize && text.bytes().all(|byte| byte.is_ascii_digit())
        }
        Format::Boolean => matches!(text, "0" | "1"),
        Format::Date => is_date(text, 8),
        Format::Minute => is_date(text, 12),
        Format::Second => is_date(text, 14),
    }
}

/// Whether digits before and after the point fit into `N..digits,decimals`.
pub(crate) fn fits_number(whole: u32, fraction: u32, digits: u32, decimals: u32) -> bool {
    fraction <= decimals && whole <= digits - decimals.min(digits)
}

/// Whether a list has the format: an upper bound is that of the whole text, an exact length that of each item.
pub(crate) fn fits_list(format: Format, text: &str) -> bool {
    match format {
        Format::UpTo(_) | Format::Unlimited => fits(format, text),
        _ => items(text).all(|item| fits(format, item)),
    }
}

/// Whether a canonical text has the format of its field.
pub(crate) fn has_format(field: &Field, text: &str) -> bool {
    match field.domain {
        _ if field.list => fits_list(field.format, text),
        Domain::Identifier(kind) => fits(field.format, kind.measured(text)),
        _ => fits(field.format, text),
    }
}

/// What is wrong with a value that normalization left.
pub(crate) fn judge(field: &Field, text: &str) -> Option<Trouble> {
    let textual = matches!(
        field.format,
        Format::Exact(_) | Format::UpTo(_) | Format::Unlimited
    );
    let free = matches!(field.domain, Domain::Free | Domain::Standard(_));
    // A table may have such a word for a value: then it says something.
    let coded = matches!(&field.domain, Domain::Codes(table) if table.values.contains_key(text));
    if (!textual || !free) && !coded && is_placeholder(field, text) {
        return Some(Trouble::Placeholder);
    }
    if (textual || !free) && parts(field, text).any(is_lost_code) {
        return Some(Trouble::Lost);
    }
    // A name that is no code gets the list of codes as an answer, not a count of its characters.
    if let Domain::Codes(table) = &field.domain
        && parts(field, text).any(|item| table.find(item).is_none())
    {
        return None;
    }
    if has_format(field, text) {
        return None;
    }
    Some(match field.format {
        Format::Exact(_) | Format::UpTo(_) => Trouble::Length(text.chars().count()),
        Format::Number { .. } => match canonical_digits(text) {
            Some((whole, fraction)) => Trouble::Precision(whole, fraction),
            None => Trouble::Format,
        },
        _ => Trouble::Format,
    })
}

/// The finding that a trouble is.
pub(crate) fn issue(
    dataset: &Dataset,
    field: &Field,
    text: &str,
    at: usize,
    trouble: &Trouble,
) -> Issue {
    let name = label(field);
    let id = &field.id;
    let (format_zh, format_en) = wording(field.format);
    let found = shown(text, field.sensitivity);
    let draft = |code| {
        Draft::new(code, Severity::Error)
            .at(field, at)
            .found(found.clone())
    };
    match trouble {
        Trouble::Type => draft(IssueCode::FieldType)
            .wanted(format!("一个值（{format_zh}）"), format!("one value, {format_en}"))
            .say(
                format!("{name}应为一个值，不能是对象、数组或布尔值；请改为{format_zh}"),
                format!("{id} must be one plain value, not an object, a list or a boolean: write {format_en}"),
            ),
        Trouble::Ambiguous(readings) => {
            let shown = |reading: &String| shown(reading, field.sensitivity);
            let readings: Vec<String> = readings.iter().map(shown).collect();
            let (zh, en) = (readings.join("”或“"), readings.join("” or “"));
            let said = readings.join(" / ");
            draft(IssueCode::FieldAmbiguous)
                .wanted(
                    format!("{format_zh}，例如 {said}（请确认）"),
                    format!("{format_en}, perhaps {said} (please confirm)"),
                )
                .say(
                    format!("{name}的值“{found}”含义不明确，可能是“{zh}”；系统不作猜测，请确认后按规范格式或规定单位填写"),
                    format!("{id} “{found}” may mean “{en}” or something else: nothing was guessed, confirm it and write it in the standard's format or unit"),
                )
        }
        Trouble::Unit(figure) => {
            let beside = match field.unit {
                Some(Unit::By(other)) => dataset.field(other),
                _ => None,
            };
            let place = beside.map_or_else(|| "金额单位".to_owned(), label);
            let place_en = beside.map_or("the unit", |field| field.id.as_str());
            let figure = shown(figure, field.sensitivity);
            // No patch: other amounts of the record may count in the same field.
            draft(IssueCode::FieldAmbiguous)
                .wanted(format!("{figure}，并填写{place}"), format!("{figure}, with {place_en}"))
                .say(
                    format!("{name}的值“{found}”带有单位，但记录没有填写{place}；请只填数字，并填写{place}"),
                    format!("{id} “{found}” names its unit, but the record does not give {place_en}: write the figure alone, and fill {place_en}"),
                )
        }
        Trouble::Lost => draft(IssueCode::FieldFormat).wanted("完整的原始代码或数字", "the code or number with all its digits").say(
            format!("{name}的值“{found}”是电子表格改写的科学计数法，原始数字已丢失；请将该列设为文本格式后重新导出"),
            format!("{id} “{found}” is a number that a spreadsheet rounded, its digits are lost: set the column to text and export again"),
        ),
        Trouble::Placeholder => {
            let mut issue = draft(IssueCode::FieldFormat).wanted(format!("{format_zh}；没有值时省略"), format!("{format_en}, or nothing at all")).say(
                format!("{name}的值“{found}”不是{format_zh}；没有值时请留空或省略该项，不要填写“{found}”"),
                format!("{id} “{found}” is not {format_en}; leave the field out when there is no value"),
            );
            if field.required == Required::Optional {
                issue.patch = Some(json!([{"op": "remove", "path": issue.path}]));
            }
            issue
        }
        Trouble::Omitted => {
            let mut issue = draft(IssueCode::FieldFormat).wanted(format!("{format_zh}；没有值时省略"), format!("{format_en}, or nothing at all")).say(
                format!("{name}的值“{found}”表示没有值，已按未填处理；没有值时请留空或省略该项"),
                format!("{id} “{found}” says that there is no value and was left out: leave the field out when there is no value"),
            );
            issue.severity = Severity::Warning;
            issue.patch = Some(json!([{"op": "remove", "path": issue.path}]));
            issue
        }
        Trouble::Format => {
            let (advice_zh, advice_en) = advice(field.format);
            let mut issue = draft(IssueCode::FieldFormat).wanted(&*format_zh, &*format_en).say(
                format!("{name}的值“{found}”格式不正确，应为{format_zh}{advice_zh}"),
                format!("{id} “{found}” must be {format_en}{advice_en}"),
            );
            issue.help = nearest::date(field.format, text).map(|right| {
                let right = shown(&right, field.sensitivity);
                Message::new(format!("是否把月、日写反？可能是 {right}，请核对"),
                    format!("are month and day exchanged? Perhaps {right}: look at the original"))
            });
            issue
        }
        Trouble::Length(length) => draft(IssueCode::FieldLength).wanted(&*format_zh, &*format_en).say(
            format!("{name}的值“{found}”应为{format_zh}，实际{length}个字符；请核对后填写完整、准确的值"),
            format!("{id} “{found}” must be {format_en}, found {length} characters: check the value and send it whole"),
        ),
        Trouble::Precision(whole, fraction) => draft(IssueCode::FieldFormat).wanted(&*format_zh, &*format_en).say(
            format!("{name}的值“{found}”超出精度，应为{format_zh}，实际整数{whole}位、小数{fraction}位；系统不作四舍五入，请核对单位，或自行取舍到规定的位数"),
            format!("{id} “{found}” has {whole} digits before and {fraction} after the point, must be {format_en}: nothing was rounded, check its unit or round it yourself"),
        ),
    }
}

/// What to do about a value that is not of a format, where that is not plain: Chinese, English.
fn advice(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::Number { .. } => (
            "；只填一个数字，单位、币种、费率和说明填入相应数据项",
            ": write one figure alone; unit, currency, rates and remarks have fields of their own",
        ),
        Format::Date | Format::Minute | Format::Second => (
            "；只填一个时间，起止时间分别填入相应数据项",
            ": write one instant alone; beginning and end have fields of their own",
        ),
        _ => ("", ""),
    }
}

/// A format in words: Chinese, English.
pub(crate) fn wording(format: Format) -> (String, String) {
    match format {
        Format::Exact(n) => (
            format!("{n}个字符（{format}）"),
            format!("{n} character{} ({format})", if n == 1 { "" } else { "s" }),
        ),
        Format::UpTo(n) => (
            format!("不超过{n}个字符（{format}）"),
            format!("at most {n} characters ({format})"),
        ),
        Format::Unlimited => ("文本".to_owned(), "text".to_owned()),
        Format::Number {
            digits,
            decimals: 0,
        } => (
            format!("不超过{digits}位的整数（{format}）"),
            format!("a whole number of at most {digits} digits ({format})"),
        ),
        Format::Number { digits, decimals } => {
            let whole = digits - decimals.min(digits);
            (
                format!("整数不超过{whole}位、小数不超过{decimals}位的数字（{format}）"),
                format!(
                    "a number of at most {whole} digits before and {decimals} after the point ({format})"
                ),
            )
        }
        Format::Digits(n) => (
            format!("{n}位数字（{format}）"),
            format!("{n} digits ({format})"),
        ),
        Format::Date => (
            "存在的日期yyyyMMdd（D8）".to_owned(),
            "a date that exists, yyyyMMdd (D8)".to_owned(),
        ),
        Format::Minute => (
            "存在的时间yyyyMMddHHmm（D12）".to_owned(),
            "a time that exists, yyyyMMddHHmm (D12)".to_owned(),
        ),
        Format::Second => (
            "存在的时间yyyyMMddHHmmss（D14）".to_owned(),
            "a time that exists, yyyyMMddHHmmss (D14)".to_owned(),
        ),
        Format::Boolean => ("0或1（B）".to_owned(), "0 or 1 (B)".to_owned()),
    }
}

/// JSON Pointer to a member of the record.
pub(crate) fn path(name: &str) -> String {
    if name.contains(['~', '/']) {
        format!("/{}", name.replace('~', "~0").replace('/', "~1"))
    } else {
        ["/", name].concat()
    }
}

/// Required fields that are missing, those of the business key included.
pub(super) fn required(record: &Normalized<'_, '_>, issues: &mut Vec<Issue>) {
    let dataset = record.dataset;
    for (place, (field, value)) in dataset.fields.iter().zip(&record.values).enumerate() {
        if value.is_some() {
            continue;
        }
        if field.required == Required::Always
            || dataset.key.iter().any(|&key| usize::from(key) == place)
        {
            issues.push(missing(field));
        }
    }
}

/// The finding that a required field is missing.
pub(super) fn missing(field: &Field) -> Issue {
    let (format_zh, format_en) = wording(field.format);
    Draft::new(IssueCode::FieldRequired, Severity::Error)
        .on(field)
        .wanted(format_zh, format_en)
        .say(
            format!("{}为必填项，不得为空，请填写", label(field)),
            format!("{} is required: fill it", field.id),
        )
}

/// A name that the data set does not have, with the one that was probably meant.
///
/// `taken` says whether the record has a value of a field already: that one must not be overwritten. Other data sets
/// are searched for the name only where it is `told`: of very many names the last are counted, not shown.
pub(crate) fn unknown(
    (edition, dataset): (&Edition, &Dataset),
    name: &str,
    input: &Input<'_>,
    taken: impl Fn(&Field) -> bool,
    told: bool,
) -> Issue {
    let written = shown(name, Sensitivity::Public);
    let mut draft = Draft::new(IssueCode::FieldUnknown, Severity::Error);
    draft.path = path(name);
    draft.at = Some(input.at);
    let draft = draft.found(written.clone());
    let Some(near) = nearest::field(dataset, name) else {
        let mut issue = draft
            .wanted(
                format!("{}的数据项", dataset.name),
                format!("a field of {}", dataset.id),
            )
            .say(
                format!(
                    "数据集“{}”没有数据项“{written}”；请删除该项，或改用规范中的项名",
                    dataset.name
                ),
                format!(
                    "{} has no field “{written}”: leave it out, or use the name that the standard gives it",
                    dataset.id
                ),
            );
        if told {
            issue.help = nearest::elsewhere(edition, dataset, name).map(|sets| {
                Message::new(
                    format!("该数据项属于数据集{}，请核对数据集是否写错", sets.zh),
                    format!(
                        "it is a field of {}: see whether the data set is mistaken",
                        sets.en
                    ),
                )
            });
        }
        return issue;
    };
    let field = near.field;
    let mut issue = draft.expected(field.id.clone()).say(
        format!(
            "数据集“{}”没有数据项“{written}”，是否为{}？",
            dataset.name,
            label(field)
        ),
        format!(
            "{} has no field “{written}”, did you mean {}?",
            dataset.id, field.id
        ),
    );
    if near.certain && !taken(field) {
        issue.patch = Some(json!([{"op": "move", "from": issue.path, "path": path(&field.id)}]));
    }
    issue
}

/// A field that came twice.
pub(crate) fn repeated(field: &Field, first: Option<&str>, second: &Input<'_>) -> Issue {
    let first = first.map_or_else(String::new, |text| shown(text, field.sensitivity));
    let found = format!("{first} / {}", shown(&second.text, field.sensitivity));
    Draft::new(IssueCode::FieldRepeated, Severity::Error)
        .at(field, second.at)
        .found(found)
        .wanted("只出现一次", "once only")
        .say(
            format!("{}在一条记录中重复出现，请只保留一个", label(field)),
            format!("{} came twice in one record: keep one of them", field.id),
        )
}

#[cfg(test)]
mod tests;
