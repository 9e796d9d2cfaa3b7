//! What a code of a finding means and how to mend it, and the conditions of rules in words.
//!
//! These are the sentences of `hub check --explain` and of the help in findings; nothing is judged here.

use crate::issue::shown;
use crate::normalize::items;
use crate::rule::{Condition, Days, Join, Operand};
use crate::validate::{nearest, structure};
use crate::{
    Check, Dataset, Domain, Edition, Field, FieldIndex, Format, IssueCode, Message, Normalized,
    Rule,
};

/// What is told about a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeText {
    /// What is wrong when it is found.
    pub what: Message,
    /// Why it is looked for.
    pub why: Message,
    /// What the sender does.
    pub mend: Message,
}

/// Explains a code.
pub fn code(code: IssueCode) -> CodeText {
    let (what, why, mend) = texts(code);
    let message = |(zh, en): (&'static str, &'static str)| Message::new(zh, en);
    CodeText {
        what: message(what),
        why: message(why),
        mend: message(mend),
    }
}

type Pair = (&'static str, &'static str);

const fn texts(code: IssueCode) -> (Pair, Pair, Pair) {
    match code {
        IssueCode::DatasetUnknown => (
            (
                "记录指明的数据集不在本规范版本中",
                "The record names a data set that the edition does not have",
            ),
            (
                "不知道数据集，就无法判断任何数据项",
                "Without the data set no field can be judged",
            ),
            (
                "填写数据集的英文名或编号，或改用含有该数据集的规范版本（hub spec list）",
                "Give the column code or number of the data set, or the edition that has it (hub spec list)",
            ),
        ),
        IssueCode::DatasetForbidden => (
            (
                "数据来源无权报送该数据集",
                "The source may not send this data set",
            ),
            (
                "每个数据来源只报送与其约定的数据集",
                "Each source sends only what was agreed with it",
            ),
            (
                "核对数据集是否写错；确需报送的，请与中心办理增加数据集",
                "See whether the data set is mistaken; if it must be sent, ask the centre to permit it",
            ),
        ),
        IssueCode::RecordShape => (
            (
                "记录本身的结构不正确（成员、操作、单元格数、引号等）",
                "The record itself is malformed (members, action, number of cells, quotes)",
            ),
            (
                "结构不正确的记录无法对应到数据项",
                "What is malformed cannot be matched to fields",
            ),
            (
                "按报送格式改正该条记录；其他记录不受影响",
                "Write the record in the agreed form; other records are not affected",
            ),
        ),
        IssueCode::FieldRequired => (
            (
                "必填的数据项没有填写",
                "A required field is missing or empty",
            ),
            (
                "规范规定该项必填，缺少时记录不能使用",
                "The standard requires it; without it the record is of no use",
            ),
            (
                "补填该项；确无此值的，按规范约定的方式填写，不要填“无”或“/”",
                "Fill it; where there truly is no value, follow the standard, and do not write a placeholder",
            ),
        ),
        IssueCode::FieldUnknown => (
            ("数据集中没有这个数据项", "The data set has no such field"),
            (
                "不认识的数据项会被丢失，多半是名称写错",
                "What is not known would be lost; mostly a name is misspelled",
            ),
            (
                "按提示改正名称，或去掉该项",
                "Correct the name as suggested, or leave the field out",
            ),
        ),
        IssueCode::FieldRepeated => (
            (
                "同一数据项在一条记录中出现多次",
                "A field came more than once in one record",
            ),
            ("不能判断以哪一个为准", "Nobody can tell which one counts"),
            (
                "只保留一个；多值数据项用英文分号“;”分隔",
                "Keep one; several values of a list are joined with `;`",
            ),
        ),
        IssueCode::FieldType => (
            (
                "数据项应为一个值，却是对象、数组或布尔值",
                "An object, a list or a boolean stands where one plain value belongs",
            ),
            ("数据项没有内部结构", "Fields have no structure inside"),
            ("改为字符串或数字", "Write a string or a number"),
        ),
        IssueCode::FieldFormat => (
            (
                "值不符合规定的表示格式（数字、日期、精度）",
                "The value is not of the format (number, date, precision)",
            ),
            (
                "格式不统一的值不能比较、汇总和转发",
                "Values of other forms cannot be compared, summed or forwarded",
            ),
            (
                "按“应为”所示的格式填写；没有值时省略该项",
                "Write it in the format shown; leave the field out when there is no value",
            ),
        ),
        IssueCode::FieldLength => (
            (
                "值过长，或不是规定的长度",
                "The value is too long, or not of the exact length",
            ),
            (
                "长度是规范规定的，按字符计",
                "The length is that of the standard, counted in characters",
            ),
            (
                "核对是否填错数据项；过长的文字请精简",
                "See whether it stands in the wrong field; shorten a text that is too long",
            ),
        ),
        IssueCode::FieldAmbiguous => (
            (
                "值可以有多种理解，系统不作猜测",
                "The value may mean more than one thing, and is not guessed",
            ),
            (
                "猜错的日期或金额比缺失更有害",
                "A date or amount guessed wrong does more harm than one that is missing",
            ),
            (
                "按规范的格式和单位重新填写",
                "Write it again in the standard's format and unit",
            ),
        ),
        IssueCode::CodeUnknown => (
            ("值不在代码集中", "The value is not in the code table"),
            (
                "代码集是封闭的，其他值无法统计和转发",
                "The table is closed; other values cannot be counted or forwarded",
            ),
            (
                "填写代码集中的代码（不是名称），见“应为”",
                "Write a code of the table (not its name), as listed",
            ),
        ),
        IssueCode::CodeExpired => (
            (
                "代码已失效或尚未生效",
                "The code is outside its dates of validity",
            ),
            (
                "代码有有效期，失效的代码由新代码代替",
                "Codes have dates of validity; an ended one was replaced",
            ),
            ("改用现行代码", "Use the code that is in force"),
        ),
        IssueCode::CodeUnverified => (
            (
                "代码集或该值尚未经公开标准核实",
                "No public standard confirms the table or the value yet",
            ),
            ("未核实的值只提示，不退回", "Such values are kept, and told"),
            (
                "核对该值；确认无误的可不处理",
                "Look at the value; nothing need be done when it is right",
            ),
        ),
        IssueCode::IdentifierCheck => (
            (
                "标识代码的结构或校验码不正确",
                "Composition or check character of an identifier is wrong",
            ),
            (
                "校验码不符说明至少有一位写错，记录会归到别人名下",
                "At least one character is wrong; the record would be put down to somebody else",
            ),
            (
                "对照证照原件核对每一位；提示的校验码仅供参考",
                "Compare every character with the certificate; the check character given is only a hint",
            ),
        ),
        IssueCode::ReferenceMissing => (
            (
                "所引用的记录尚未收到",
                "The record that this one refers to is not there",
            ),
            (
                "每条记录都挂接在上级记录之下",
                "Every record hangs on the one above it",
            ),
            (
                "报送上级记录（收到后自动继续处理），或核对引用的代码",
                "Send the record above (this one goes on by itself then), or correct the code",
            ),
        ),
        IssueCode::KeyDuplicate => (
            (
                "应当唯一的值已被其他记录使用",
                "Another record already holds a value that must be unique",
            ),
            (
                "重复的值会使两条记录混在一起",
                "The two records could not be told apart",
            ),
            (
                "核对该值；确为同一记录的，使用同一业务主键报送新版本",
                "Correct it; if it is the same record, send a new version under the same key",
            ),
        ),
        IssueCode::KeyChanged => (
            (
                "不得变更的值与已有版本不同",
                "A value that must never change was changed",
            ),
            (
                "标识一经使用，其他记录就以它为准",
                "Others already refer to it",
            ),
            (
                "改回原值；确需更换的，撤回原记录后重新报送",
                "Put the first value back; if it must change, withdraw the record and send a new one",
            ),
        ),
        IssueCode::TimeOrder => (
            (
                "两个时间先后颠倒，或超出期限",
                "Two instants are in the wrong order, or too far apart",
            ),
            (
                "交易环节有法定先后和期限",
                "The steps of a deal have an order and time limits by law",
            ),
            (
                "核对两个时间，改正其中写错的一个",
                "Look at both, and correct the one that is wrong",
            ),
        ),
        IssueCode::RuleViolated => (
            ("违反数据集的一条规则", "A rule of the data set is violated"),
            (
                "规则编号随问题给出，依据见规则",
                "The finding names the rule, and the rule its clause",
            ),
            (
                "用 hub check --explain 规则编号 查看该规则",
                "Look the rule up with hub check --explain RULE",
            ),
        ),
    }
}

/// A field as sentences name it, in both languages.
fn named(dataset: &Dataset, place: FieldIndex) -> Message {
    dataset.field(place).map_or_else(
        || Message::new("", ""),
        |field| Message::new(format!("{}（{}）", field.name, field.id), field.id.clone()),
    )
}

/// A value with its name in the field's code table: `2 委托招标`.
fn with_name(field: Option<&Field>, value: &str) -> String {
    let name = match field.map(|field| &field.domain) {
        Some(Domain::Codes(table)) => table.find(value).map(|listed| listed.name.as_str()),
        _ => None,
    };
    name.map_or_else(
        || value.to_owned(),
        |name| format!("{value} {name}").trim_end().to_owned(),
    )
}

/// A condition of a rule in words.
pub fn condition(dataset: &Dataset, condition: &Condition) -> Message {
    let about = |place: &FieldIndex, zh: String, en: String| {
        let name = named(dataset, *place);
        Message::new(format!("{}{zh}", name.zh), format!("{} {en}", name.en))
    };
    match condition {
        Condition::In(place, values) => {
            let field = dataset.field(*place);
            let all: Vec<String> = values.iter().map(|value| with_name(field, value)).collect();
            about(
                place,
                format!(" = {}", all.join(" 或 ")),
                format!("= {}", all.join(" or ")),
            )
        }
        Condition::Greater(place, bound) => {
            about(place, format!(" > {bound}"), format!("> {bound}"))
        }
        Condition::Less(place, bound) => about(place, format!(" < {bound}"), format!("< {bound}")),
        Condition::Length(place, length) => about(
            place,
            format!("为 {length} 个字符"),
            format!("has {length} characters"),
        ),
        Condition::Present(place) => about(place, "已填".to_owned(), "is filled".to_owned()),
        Condition::Absent(place) => about(place, "未填".to_owned(), "is absent".to_owned()),
    }
}

/// Why a rule applies to a record: `因为 组织形式（FORM） = 2 委托`.
pub(crate) fn because(rule: &Rule, record: &Normalized<'_, '_>) -> Option<Message> {
    let dataset = record.dataset;
    let mut reasons = Vec::with_capacity(rule.when.len());
    for condition in &rule.when {
        let reason = match condition {
            Condition::In(place, values) => {
                let field = dataset.field(*place)?;
                let held = items(record.text(*place)?)
                    .find(|item| values.iter().any(|value| value == item))?;
                let held = with_name(Some(field), &shown(held, field.sensitivity));
                let name = named(dataset, *place);
                Message::new(
                    format!("{} = {held}", name.zh),
                    format!("{} = {held}", name.en),
                )
            }
            Condition::Greater(place, _) | Condition::Less(place, _) => {
                let field = dataset.field(*place)?;
                let held = shown(record.text(*place)?, field.sensitivity);
                let why = self::condition(dataset, condition);
                Message::new(
                    format!("{}（实际 {held}）", why.zh),
                    format!("{} (it is {held})", why.en),
                )
            }
            _ => self::condition(dataset, condition),
        };
        reasons.push(reason);
    }
    if reasons.is_empty() {
        return None;
    }
    let join = |part: fn(&Message) -> &str, between: &str| {
        reasons.iter().map(part).collect::<Vec<_>>().join(between)
    };
    Some(Message::new(
        format!("因为 {}", join(|message| &message.zh, "，且 ")),
        format!("because {}", join(|message| &message.en, " and ")),
    ))
}

/// A format in words.
pub fn format(format: Format) -> Message {
    let (zh, en) = structure::wording(format);
    Message::new(zh, en)
}

/// Characters to insert, delete or replace to turn one name into another.
pub fn edits(a: &str, b: &str) -> usize {
    nearest::distance(a, b)
}

/// All that must hold before a rule applies, in words.
pub fn conditions(edition: &Edition, dataset: &Dataset, rule: &Rule) -> Vec<Message> {
    let own = rule.when.iter().map(|when| condition(dataset, when));
    let there = rule.when_parent.iter().map(|join| {
        let (zh, en) = joined(edition, join);
        Message::new(
            format!("有相应的{zh}"),
            format!("there is such a record: {en}"),
        )
    });
    let absent = rule.unless.iter().map(|join| {
        let (zh, en) = joined(edition, join);
        Message::new(
            format!("没有相应的{zh}"),
            format!("there is no such record: {en}"),
        )
    });
    own.chain(there).chain(absent).collect()
}

/// A joined record in words: data set, and what must hold of it.
fn joined(edition: &Edition, join: &Join) -> (String, String) {
    let Some(other) = edition.by_code(join.dataset) else {
        return Default::default();
    };
    let filter: Vec<Message> = join
        .filter
        .iter()
        .map(|when| condition(other, when))
        .collect();
    let of = |part: fn(&Message) -> &str, between: &str| {
        filter.iter().map(part).collect::<Vec<_>>().join(between)
    };
    if filter.is_empty() {
        return (format!("“{}”记录", other.name), other.id.clone());
    }
    (
        format!("“{}”记录（{}）", other.name, of(|when| &when.zh, "，")),
        format!("{} ({})", other.id, of(|when| &when.en, ", ")),
    )
}

/// The fields of its own record that a check reads, the one that its findings point at first.
pub fn fields(check: &Check) -> Vec<FieldIndex> {
    let with_operand = |field: FieldIndex, with: &Operand| match with {
        Operand::Field(other) => vec![field, *other],
        Operand::Joined(..) | Operand::Value(_) => vec![field],
    };
    if let Some((field, operand)) = check.sides() {
        let mut all = with_operand(field, operand);
        if let Some(Days::Own(days)) = check.days() {
            all.push(days);
        }
        return all;
    }
    let and = |first: FieldIndex, others: &[FieldIndex]| {
        let mut all = vec![first];
        all.extend(others.iter().filter(|other| **other != first));
        all
    };
    let by = |join: &Join| join.on.iter().map(|pair| pair.0).collect();
    match check {
        Check::RequiredIf { fields }
        | Check::ForbiddenIf { fields }
        | Check::OneOfRequired { fields, .. }
        | Check::AllOrNone { fields }
        | Check::ListSameLength { fields } => fields.clone(),
        Check::InSet { field, .. }
        | Check::NotInSet { field, .. }
        | Check::Range { field, .. }
        | Check::OddNumber { field, .. }
        | Check::ListMinLength { field, .. }
        | Check::NotFuture { field, .. }
        | Check::NotExpired { field }
        | Check::TimelinessHours { field, .. }
        | Check::RegionPrefix { field, .. }
        | Check::RegionLevel { field, .. }
        | Check::SourceRegistered { field }
        | Check::Immutable { field }
        | Check::Monotone { field } => vec![*field],
        Check::SubstringEquals { part, within, .. } => vec![*part, *within],
        Check::CountEquals { field, list } => vec![*field, *list],
        Check::SumEquals { total, terms, .. } => match total {
            Operand::Field(total) => and(*total, terms),
            Operand::Joined(..) | Operand::Value(_) => terms.clone(),
        },
        Check::ProductEquals { field, factors, .. } => and(*field, factors),
        Check::DealDateNotAfter { deal, field } => vec![*deal, *field],
        Check::Unique { field, within } => and(*field, within),
        Check::Reference { field, beside, .. } => and(*field, beside),
        Check::Group { field, group, .. } => and(*field, group),
        Check::CountJoined { field, join } => {
            let others: Vec<FieldIndex> = by(join);
            and(*field, &others)
        }
        Check::Exists { join }
        | Check::NotExists { join }
        | Check::ParentHolds { join, .. }
        | Check::MinCountOf { join, .. } => by(join),
        Check::AttachmentRequired { .. }
        | Check::Equals { .. }
        | Check::NotEquals { .. }
        | Check::AtMost { .. }
        | Check::AtLeast { .. }
        | Check::Prefix { .. }
        | Check::NotBefore { .. }
        | Check::NotAfter { .. }
        | Check::MinDaysBetween { .. }
        | Check::MaxDaysBetween { .. } => Vec::new(),
    }
}
