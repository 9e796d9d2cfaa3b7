//! Every code of a finding: what it means, why it is looked for, and what the sender does about it.

use crate::{IssueCode, Message};

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
        IssueCode::AttachmentMissing => (
            (
                "必须随记录报送的附件尚未收到",
                "A file that must travel with the record has not come",
            ),
            (
                "没有附件，这类记录没有依据",
                "Without its file a record of this kind rests on nothing",
            ),
            (
                "以记录的附件标识上传附件（收到后自动继续处理）",
                "Send the file under the code of the record (which goes on by itself then)",
            ),
        ),
        IssueCode::AttachmentRefused => (
            (
                "随记录报送的附件未被接收，记录照常校验",
                "A file that came with the record was not taken; the record was judged without it",
            ),
            (
                "附件须是附件项允许的类型，能关联到记录，且不含可执行内容",
                "A file must be of a type that its slot takes, be joined to a record, and hold nothing that runs",
            ),
            (
                "按提示改正附件，以记录的附件标识单独上传（PUT /v1/attachments），或随记录再次报送",
                "Correct the file, and send it alone under the code of the record (PUT /v1/attachments), or with the record again",
            ),
        ),
        IssueCode::ReferenceHeld => (
            ("仍有记录引用本记录", "Other records refer to this one"),
            (
                "被引用的记录撤回或改变被引用的值后，引用它的记录将失去依据",
                "Taken back, or without the value that they refer to, it would leave them hanging on nothing",
            ),
            (
                "先撤回或更正引用它的记录（可在同一批次中排在前面），再报送本记录",
                "Withdraw or correct those first (they may stand before it in the same submission), then send it again",
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
                "记录中的时间先后颠倒，或间隔不符合期限",
                "Instants in the record are in the wrong order, or not as far apart as they must be",
            ),
            (
                "交易环节有法定先后和期限",
                "The steps of a deal have an order and time limits by law",
            ),
            (
                "核对两个时间：确有写错的，按实际发生的时间改正；无误的，不得改动时间，请说明情况或联系中心",
                "Look at both: correct one only if it is not what happened; if both are, change neither and tell the centre",
            ),
        ),
        IssueCode::TimeLate => (
            (
                "报送超过规定时限：记录本身没有错误",
                "It was submitted later than the rule allows; nothing is wrong with the record itself",
            ),
            (
                "各类数据有规定的报送时限，按数据来源统计及时率",
                "Data must be submitted within a set time of its event; punctuality is counted per source",
            ),
            (
                "无需改动数据，更不得改动日期；今后请在“应”所示的时限内报送",
                "Change nothing, least of all a date; from now on submit within the time shown as expected",
            ),
        ),
        IssueCode::RuleViolated => (
            ("违反数据集的一条规则", "A rule of the data set is violated"),
            (
                "规则编号随问题给出，依据见规则",
                "The finding names the rule, and the rule its clause",
            ),
            (
                "按“应”所示改正；规则全文见 hub check --explain 规则编号",
                "Put it right as expected; hub check --explain RULE shows the rule in full",
            ),
        ),
    }
}
