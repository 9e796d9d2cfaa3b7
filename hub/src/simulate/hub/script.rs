//! What is done to a sender: one step for each of its submissions, in the order in which they first arrive.

use serde::{Deserialize, Serialize};

/// The script that is used when none is given.
pub const DEFAULT: &str = include_str!("script.toml");

/// One way to make a sender's life hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// None: the submission is taken and receipted.
    None,
    /// 429 with `Retry-After`; nothing is kept.
    TooMany,
    /// 503 with `Retry-After`; nothing is kept.
    Unavailable,
    /// The receipt comes late.
    Slow,
    /// The submission is kept, and the connection is closed without an answer.
    ResetAfterCommit,
    /// The submission is kept, and the answer is a 502 of a gateway.
    LostReceipt,
    /// 422: the edition is said to have ended; the same bytes are never taken.
    ExpiredEdition,
    /// 401 for the first key from now on; the second one is taken.
    RotatedKey,
}

/// A step: what is done to one submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is done.
    pub fault: Fault,
    /// How often in a row.
    #[serde(default = "once")]
    pub times: u32,
    /// Seconds that the sender is asked to wait.
    #[serde(default = "once")]
    pub retry_after: u32,
    /// Milliseconds that a slow answer takes.
    #[serde(default = "second")]
    pub delay_ms: u64,
}

fn once() -> u32 {
    1
}

fn second() -> u64 {
    3_000
}

/// What a sender must have shown, besides bearing the steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Required {
    /// Data sets that it must have sent.
    pub datasets: Vec<String>,
    /// Records that it must have corrected.
    pub corrections: u32,
    /// Records that it must have taken back.
    pub withdrawals: u32,
}

/// A whole examination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Days that a certificate holds.
    pub valid_days: u32,
    /// What must be shown.
    #[serde(default)]
    pub required: Required,
    /// The steps; submissions after the last are taken without any.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// A script that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// Not of the form.
    #[error(transparent)]
    Form(#[from] toml::de::Error),
    /// A step that would never end, or never begin.
    #[error(
        "第 {0} 步有误 / step {0}: times must be 1 to 20, retry_after 1 to 600, delay_ms at most 600000"
    )]
    Step(usize),
    /// After the key is changed nothing else can be told apart.
    #[error("rotated_key 只能是最后一步 / rotated_key must be the last step")]
    Rotation,
}

impl Script {
    /// Reads a script.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let script: Script = toml::from_str(text)?;
        for (place, step) in script.steps.iter().enumerate() {
            let sound = (1..=20).contains(&step.times)
                && (1..=600).contains(&step.retry_after)
                && step.delay_ms <= 600_000;
            if !sound {
                return Err(ScriptError::Step(place + 1));
            }
            if step.fault == Fault::RotatedKey && place + 1 < script.steps.len() {
                return Err(ScriptError::Rotation);
            }
        }
        Ok(script)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_default_script_does_everything_once() {
        let script = Script::parse(DEFAULT).unwrap();
        let all = [
            Fault::TooMany,
            Fault::Unavailable,
            Fault::Slow,
            Fault::ResetAfterCommit,
            Fault::LostReceipt,
            Fault::ExpiredEdition,
            Fault::RotatedKey,
        ];
        for fault in all {
            assert!(
                script.steps.iter().any(|step| step.fault == fault),
                "{fault:?}"
            );
        }
    }

    #[test]
    fn a_script_that_cannot_be_meant_is_refused() {
        for text in [
            "valid_days = 1\n[[step]]\nfault = \"flood\"\n",
            "valid_days = 1\n[[step]]\nfault = \"slow\"\ntimes = 0\n",
            "valid_days = 1\n[[step]]\nfault = \"rotated_key\"\n[[step]]\nfault = \"none\"\n",
            "valid_days = 1\nsteps = 3\n",
        ] {
            assert!(Script::parse(text).is_err(), "{text}");
        }
    }
}
