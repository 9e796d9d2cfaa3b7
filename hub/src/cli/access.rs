//! How a command of a source reaches the hub: its address, and the key that the source was given.

use std::path::PathBuf;

use anyhow::Context as _;

use super::said;

/// Where the hub is, and who asks.
#[derive(Debug, clap::Args)]
pub struct Access {
    /// Address of the hub.
    #[arg(long)]
    pub url: String,
    /// Key of the source.
    #[arg(
        long,
        env = "HUB_KEY",
        hide_env_values = true,
        required_unless_present = "key_file"
    )]
    key: Option<String>,
    /// File that holds the key.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    key_file: Option<PathBuf>,
}

impl Access {
    /// The key.
    pub fn key(&self) -> anyhow::Result<String> {
        match (&self.key, &self.key_file) {
            (_, Some(file)) => {
                let text = std::fs::read_to_string(file);
                let text = text.with_context(|| file.display().to_string())?;
                Ok(text.trim().to_owned())
            }
            (Some(key), None) => Ok(key.clone()),
            (None, None) => anyhow::bail!(said(
                "请用 --key、--key-file 或 HUB_KEY 提供密钥",
                "say --key, --key-file or HUB_KEY",
            )),
        }
    }
}
