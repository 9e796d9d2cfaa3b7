//! `hub close key`: the key of a source.

use std::path::PathBuf;

use crate::keys::SigningKey;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// File of the private key; made if it is not there.
    file: PathBuf,
    /// The source.
    #[arg(long, value_name = "ID")]
    source: String,
}

/// Makes the key, or reads it, and prints the public side.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let key = SigningKey::load_or_create(&arguments.file)?;
    print!("{}", key.vkey(&arguments.source)?);
    eprintln!(
        "{}",
        crate::cli::said(
            format!(
                "请将公钥交中心登记：hub sources signer {} 公钥",
                arguments.source
            ),
            format!(
                "let the centre register it: `hub sources signer {} PUBLIC-KEY`",
                arguments.source
            ),
        )
    );
    Ok(true)
}
