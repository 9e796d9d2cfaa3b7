//! How a destination is, in one word, as lists show it.

use crate::store::destinations::Destination;
use crate::store::{Database, StoreError, batches};

/// How a destination is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It is owed nothing more.
    Retired,
    /// An operator stopped it.
    Stopped,
    /// It is being owed what was committed before it was there.
    Filling,
    /// No hub knows where it is.
    Unreached,
    /// A packet was tried more than once and is not confirmed yet.
    Repeating,
    /// None of that.
    Live,
}

impl Condition {
    /// The condition of a destination now.
    pub fn of(connection: &mut Database, one: &Destination) -> Result<Self, StoreError> {
        Ok(if one.retired_at.is_some() {
            Condition::Retired
        } else if one.stopped_at.is_some() {
            Condition::Stopped
        } else if one.filled.is_some() {
            Condition::Filling
        } else if one.address.is_none() {
            Condition::Unreached
        } else if batches::repeated(connection, &one.name)? {
            Condition::Repeating
        } else {
            Condition::Live
        })
    }

    /// The word for scripts.
    pub const fn word(self) -> &'static str {
        match self {
            Condition::Retired => "retired",
            Condition::Stopped => "stopped",
            Condition::Filling => "filling",
            Condition::Unreached => "unreached",
            Condition::Repeating => "repeating",
            Condition::Live => "live",
        }
    }

    /// The words for people.
    pub const fn zh(self) -> &'static str {
        match self {
            Condition::Retired => "已注销",
            Condition::Stopped => "已停止",
            Condition::Filling => "补发历史",
            Condition::Unreached => "未配置地址",
            Condition::Repeating => "重发中",
            Condition::Live => "正常",
        }
    }
}
