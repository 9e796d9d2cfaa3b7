//! Identifiers with a composition of their own, one per file.

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
