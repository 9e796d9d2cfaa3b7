//! `hub close differences`: what a platform holds otherwise than it is owed, page by page.

use super::{Asked, Form, closer, day, said};
use crate::store::NATIONAL;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The day, in China.
    date: String,
    /// The platform.
    #[arg(long, default_value = NATIONAL)]
    destination: String,
    /// Name the differences of record versions after this one, as the page before said.
    #[arg(long, value_name = "VERSION", default_value_t = 0)]
    after: i64,
    #[command(flatten)]
    asked: Asked,
}

/// Runs the command: true when nothing differs.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let date = day(Some(&arguments.date))?;
    let (mut connection, closer) = closer(&arguments.asked)?;
    let name = &arguments.destination;
    let page = closer.differences(&mut connection, &date, name, arguments.after)?;
    let Some(page) = page else {
        anyhow::bail!(said(
            format!("“{name}”不是可询问的平台，或未给出其地址；见 hub deliveries list"),
            format!(
                "`{name}` is no platform that can be asked, or its address is not known; see `hub deliveries list`"
            ),
        ));
    };
    let platform = &page.platform;
    if arguments.asked.format == Form::Json {
        println!("{}", serde_json::to_string(&page)?);
        return Ok(platform.agreed == Some(true));
    }
    for one in &platform.named {
        let receipt = one.receipt.as_deref().unwrap_or("-");
        let (data_set, version) = (&one.data_set, one.version);
        println!(
            "  ✗ {data_set} {version} ({receipt}): {} / {}",
            one.zh, one.en
        );
    }
    if let Some(why) = &platform.silent {
        println!("  ! 未能核对完 / not compared to the end: {why}");
    }
    let (all, here) = (platform.differences.all(), platform.named.len());
    println!(
        "{date} {name}: 差异 {all} 条，本页 {here} 条 / {all} differences, {here} on this page"
    );
    if let Some(next) = page.next {
        println!("  下一页 next: --after {next}");
    }
    Ok(platform.agreed == Some(true))
}
