//! `hub serve`: the hub, until it is asked to stop.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context as _;

use super::folder::Folder;
use crate::absence::daily::Daily;
use crate::app::App;
use crate::close::daily::Daily as DailyClose;
use crate::delivery::service::Service;
use crate::intake::Intake;
use crate::intake::folder::Watchers;
use crate::pipeline::sweeper::Sweeper;
use crate::uploads::judging::Judge;
use crate::{http, telemetry};

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    folder: Folder,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Address of the national platform.
    #[arg(long, value_name = "URL")]
    national: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let config = arguments.folder.config(vec![
        ("server.listen", arguments.listen.clone()),
        ("national.url", arguments.national.clone()),
    ])?;
    telemetry::start(&config.telemetry);
    let app = App::open(config)?;
    let deliveries = Service::start(&app)
        .with_context(|| super::said("无法启动转发", "cannot start the deliveries"))?;
    let sweeper = Sweeper::start(Arc::clone(&app)).context(super::said(
        "无法启动待关联清理",
        "cannot start the sweeper",
    ))?;
    let daily = Daily::start(Arc::clone(&app)).context(super::said(
        "无法启动每日清单",
        "cannot start the daily commitment",
    ))?;
    let close = DailyClose::start(Arc::clone(&app)).context(super::said(
        "无法启动日清对账",
        "cannot start the daily close",
    ))?;
    let intake =
        Intake::start(&app).context(super::said("无法启动接入通道", "cannot start the ways in"))?;
    let uploads = Judge::start(Arc::clone(&app)).context(super::said(
        "无法启动上传文件的校验",
        "cannot start the judge of uploads",
    ))?;
    let folders = Watchers::start(&app).context(super::said(
        "无法监视前置机目录",
        "cannot watch the folders",
    ))?;
    http::run(&app, |address| {
        let mut out = std::io::stdout().lock();
        // Whoever started the hub waits for this line; if nobody reads it, the hub serves all the same.
        drop(writeln!(out, "listening on http://{address}").and_then(|()| out.flush()));
        tracing::info!(%address, "listening");
    })?;
    drop(intake);
    drop(folders);
    drop(uploads);
    drop(close);
    drop(daily);
    drop(sweeper);
    deliveries.stop();
    tracing::info!("stopped");
    Ok(true)
}
