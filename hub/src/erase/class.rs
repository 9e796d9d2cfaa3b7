//! For what kind of reason personal data is erased: told to those who hold it too, where the reason in words stays here.

/// The class of a reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The person asked for it 本人申请.
    Request,
    /// A law, a court or an authority orders it 法定要求.
    Law,
    /// It was to be kept until now 保存期满.
    Retention,
    /// It should not have been sent 误报.
    Mistake,
    /// Another reason 其他.
    #[default]
    Other,
}

impl Class {
    /// The word for it, in events and in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Class::Request => "request",
            Class::Law => "law",
            Class::Retention => "retention",
            Class::Mistake => "mistake",
            Class::Other => "other",
        }
    }
}
