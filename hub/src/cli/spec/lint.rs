//! `hub spec lint`: every mistake in a specification folder, and what can hardly be meant.

use std::path::PathBuf;

use serde_json::json;
use spec::load::Level;

use super::super::Form;
use super::say_json;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folder of editions, of the shape of `spec/data`.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// Runs the command. Warnings alone are no findings.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let remarks = spec::load::lint(&arguments.folder)?;
    let errors = remarks
        .iter()
        .filter(|remark| remark.level == Level::Error)
        .count();
    let warnings = remarks.len() - errors;
    match arguments.format {
        Form::Json => {
            say_json(&json!({ "errors": errors, "warnings": warnings, "remarks": remarks }))?;
        }
        Form::Text => {
            for remark in &remarks {
                let level = match remark.level {
                    Level::Error => "error 错误",
                    Level::Warning => "warning 提示",
                };
                println!(
                    "{}:{}:{}: {level}: found {}, expected {}",
                    remark.file, remark.line, remark.column, remark.found, remark.expected
                );
            }
            println!("{errors} errors, {warnings} warnings");
        }
    }
    Ok(errors == 0)
}
