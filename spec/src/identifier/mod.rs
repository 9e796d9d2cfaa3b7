//! Identifiers with a composition of their own, one per file, each with its standard.
//!
//! Judged here is only what an identifier shows by itself. Whether it is in use, and by whom, is a
//! matter of references.

mod citizen;
mod construct;
mod deal;
mod guid;
mod invest;
mod operator;
mod org_code;
mod project;
mod subject;
mod uscc;

use crate::Severity;

pub use deal::{check_mod_37_2, check_mod_37_36};
pub use places::Places;

mod places;

/// The kinds of identifier that a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// Unified social credit code, GB 32100.
    Uscc,
    /// Organization code, GB 11714.
    OrgCode,
    /// Citizen identity number, GB 11643.
    CitizenId,
    /// Citizen identity number when the paper type says so, otherwise a plain number.
    IdNumber,
    /// Any of the codes of a subject of trading.
    SubjectCode,
    /// Credit code of the body that runs a platform.
    OperatorCode,
    /// Unified deal code 统一交易标识码.
    UnifiedDealCode,
    /// Class of deal.
    DealClass,
    /// Platform identification code.
    PlatformId,
    /// Project code.
    ProjectCode,
    /// Tender project code.
    TenderProjectCode,
    /// Section code.
    SectionCode,
    /// Document code.
    DocumentCode,
    /// GUID.
    Guid,
    /// Code of an investment project.
    InvestProjectCode,
    /// Construction report number.
    ConstructCode,
}

/// What is wrong with an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Length, characters or composition.
    Form,
    /// The check character; the right one, where there is only one.
    Check(Option<char>),
    /// The date inside does not exist.
    Date,
    /// The region inside is in no table.
    Region,
    /// An older kind of number, no longer issued.
    Old,
}

/// A fault, and how bad it is for this kind of identifier.
pub type Finding = (Fault, Severity);

/// Judges one identifier in canonical form. `deal_check`: the check character of the deal code counts.
///
/// # Errors
/// The finding, if the identifier is not sound.
pub fn judge(
    kind: IdentifierKind,
    text: &str,
    places: &Places<'_>,
    deal_check: bool,
) -> Result<(), Finding> {
    let error = |fault| (fault, Severity::Error);
    let warning = |fault| (fault, Severity::Warning);
    match kind {
        IdentifierKind::Uscc => uscc::check(text).map_err(error),
        IdentifierKind::OrgCode => org_code::check(text).map_err(error),
        IdentifierKind::CitizenId => citizen::check(text).map_err(error),
        IdentifierKind::IdNumber => citizen::check_other_paper(text).map_err(error),
        IdentifierKind::SubjectCode => subject::check(text).map_err(warning),
        IdentifierKind::OperatorCode => operator::check(text),
        IdentifierKind::UnifiedDealCode => deal::check(text, deal_check),
        IdentifierKind::DealClass => deal::check_class(text).map_err(warning),
        IdentifierKind::PlatformId => project::check(text, 11, places),
        IdentifierKind::ProjectCode => project::check(text, 17, places),
        IdentifierKind::TenderProjectCode => project::check(text, 20, places),
        IdentifierKind::SectionCode => project::check(text, 23, places),
        IdentifierKind::DocumentCode => project::check(text, 26, places),
        IdentifierKind::Guid => guid::check(text).map_err(warning),
        IdentifierKind::InvestProjectCode => invest::check(text, places),
        IdentifierKind::ConstructCode => construct::check(text).map_err(warning),
    }
}

impl IdentifierKind {
    /// The part of the text that its format's length applies to: a platform's code may carry a system
    /// number, which the standard's 18 characters do not count.
    pub fn measured(self, text: &str) -> &str {
        match self {
            IdentifierKind::OperatorCode => operator::body(text),
            _ => text,
        }
    }

    /// Composition in words: Chinese, English.
    pub fn composition(self) -> (&'static str, &'static str) {
        match self {
            IdentifierKind::Uscc => (
                "18位统一社会信用代码（GB 32100）",
                "an 18-character unified social credit code (GB 32100)",
            ),
            IdentifierKind::OrgCode => (
                "9位组织机构代码（GB 11714）",
                "a 9-character organization code (GB 11714)",
            ),
            IdentifierKind::CitizenId => (
                "18位公民身份号码（GB 11643）",
                "an 18-character citizen identity number (GB 11643)",
            ),
            IdentifierKind::IdNumber => (
                "1至50位字母、数字和连字符；证件类型为居民身份证时为18位公民身份号码",
                "1 to 50 letters, digits and hyphens; a citizen identity number if the paper type says so",
            ),
            IdentifierKind::SubjectCode => (
                "统一社会信用代码（18位）、组织机构代码（9位）或公民身份号码（18位）",
                "a unified social credit code, an organization code or a citizen identity number",
            ),
            IdentifierKind::OperatorCode => (
                "平台运营机构的18位统一社会信用代码，可带系统序号后缀（如-5）",
                "the 18-character credit code of the body that runs the platform, with or without a system number (-5)",
            ),
            IdentifierKind::UnifiedDealCode => (
                "交易分类代码3位-平台代码18位-日期8位-流水号6位-校验码1位，共40位",
                "class (3) - platform (18) - date (8) - serial (6) - check (1), 40 characters",
            ),
            IdentifierKind::DealClass => {
                ("1位大写字母加2位数字", "one capital letter and two digits")
            }
            IdentifierKind::PlatformId => (
                "1位字母+6位行政区划代码+4位流水号，共11位",
                "a letter, six digits of the region and a serial of four, 11 characters",
            ),
            IdentifierKind::ProjectCode => (
                "平台标识码（11位）+6位流水号，共17位",
                "a platform code and a serial of six, 17 characters",
            ),
            IdentifierKind::TenderProjectCode => (
                "项目编号（17位）+3位流水号，共20位",
                "a project code and a serial of three, 20 characters",
            ),
            IdentifierKind::SectionCode => (
                "招标项目编号（20位）+3位流水号，共23位",
                "a tender project code and a serial of three, 23 characters",
            ),
            IdentifierKind::DocumentCode => (
                "标段编号（23位）+3位流水号，共26位",
                "a section code and a serial of three, 26 characters",
            ),
            IdentifierKind::Guid => (
                "8-4-4-4-12位十六进制GUID",
                "a GUID, 8-4-4-4-12 hexadecimal digits",
            ),
            IdentifierKind::InvestProjectCode => (
                "年份4位-地区或部门6位-行业2位-类型2位-流水号6位",
                "year (4) - region or department (6) - industry (2) - type (2) - serial (6)",
            ),
            IdentifierKind::ConstructCode => (
                "行政区划6位+日期yyMMdd+类别2位+流水号2位，共16位数字",
                "region (6), date yyMMdd, class (2) and serial (2), 16 digits",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
