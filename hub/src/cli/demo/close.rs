//! The end of the demo's day: the hub closes it, every source compares its receipts with the close and signs, and the
//! national platform says what it holds.

use std::path::Path;

use serde_json::Value;

use super::balance::Books;
use super::part;
use crate::store::days;

/// Closes the day with all three sides, and states whether they agree.
pub fn day(
    data: &Path,
    hub: &str,
    national: &str,
    sources: &[String],
    books: &mut Books,
) -> anyhow::Result<()> {
    let folder = data.display().to_string();
    for source in sources {
        let key = part::run(&["close", "key", &sign(data, source), "--source", source])?;
        let key = key.succeeded()?;
        let register = ["sources", "signer", source, key.trim(), "--data", &folder];
        part::run(&register)?.succeeded()?;
    }
    let day = days::today();
    let close = ["close", &day, "--data", &folder, "--national", national];
    let told = part::run(&[close.as_slice(), &["--format", "json"]].concat())?;
    let closed: Value = serde_json::from_str(&told.stdout).unwrap_or_default();
    for one in closed
        .get("closes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        let is = |name: &str| one.get(name).and_then(Value::as_bool);
        let with = text("with");
        if with.starts_with("source/") {
            continue;
        }
        let agrees = with != "destination/national" || is("agreed") == Some(true);
        let line = match is("agreed") {
            Some(true) => "平衡、平台持有与应转发一致 balanced, the platform holds what it is owed",
            Some(false) => "与平台持有不一致 NOT what the platform holds",
            None => "平衡 balanced",
        };
        let holds = is("balanced") == Some(true) && agrees;
        books.closed(holds, format!("{day} {with}: {line}"));
    }
    let mut agreed = 0;
    for source in sources {
        let (key, receipts) = (data.join("demo-keys").join(source), data.join("receipts"));
        let (key, receipts) = (key.display().to_string(), receipts.join(source));
        let (receipts, sign) = (receipts.display().to_string(), sign(data, source));
        let compare = ["close", "reconcile", &day, "--url", hub, "--key-file", &key];
        let kept = ["--receipts", &receipts, "--sign", &sign, "--format", "json"];
        let told = part::run(&[compare.as_slice(), &kept].concat())?;
        let said: Value = serde_json::from_str(&told.stdout).unwrap_or_default();
        let signed = said.get("signed_leaf").is_some_and(Value::is_number);
        if told.success && signed {
            agreed += 1;
        } else {
            let why = [told.stdout.trim(), told.stderr.trim()].join(" ");
            books.closed(false, format!("{day} {source}: {why}"));
        }
    }
    let all = sources.len();
    books.closed(
        told.success && agreed == all && agreed > 0,
        format!(
            "{day} 日清 daily close: 来源签署一致 sources that signed and agree {agreed}/{all}"
        ),
    );
    Ok(())
}

fn sign(data: &Path, source: &str) -> String {
    let file = format!("{source}.sign.key");
    data.join("demo-keys").join(file).display().to_string()
}
