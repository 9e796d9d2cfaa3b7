//! The command line: one file per command. Results go to stdout, progress and faults to stderr.
//!
//! Exit codes: 0 all good, 1 findings, 2 could not run.

mod absence;
mod access;
mod check;
mod close;
mod deliveries;
mod demo;
mod erase;
mod evidence;
mod export;
mod folder;
mod keys;
mod log;
mod onboard;
mod receipt;
mod reperform;
mod report;
mod sent;
mod serve;
mod simulate;
mod sources;
mod spec;
mod submit;
mod waiting;
mod witnesses;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exchange hub for public-resource trading data 公共资源交易数据交换枢纽.
#[derive(Debug, Parser)]
#[command(name = "hub", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the hub 启动枢纽.
    Serve(serve::Arguments),
    /// Judge files without a hub 离线校验文件.
    Check(check::Arguments),
    /// Send files to a hub, and keep the receipts 报送文件并保存回执.
    Submit(submit::Arguments),
    /// Receipts 回执.
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// The transparency log 存证日志.
    #[command(subcommand)]
    Log(log::Command),
    /// Evidence bundles: everything about a submission, a record or a deal, checked offline 证据包.
    Evidence(evidence::Arguments),
    /// Erase the personal data of a record; its proofs stay 删除一条记录的内容，保留证明.
    Erase(erase::Arguments),
    /// Proofs that a record or a submission was not held at a date 证明某日没有某记录.
    ProveAbsence(absence::Arguments),
    /// Judge what was received once more, from the archive, and compare; what it shows is written into the log 按存档重新判定并比较，结果写入日志.
    Reperform(reperform::Arguments),
    /// Reports over what was received 报表.
    Report(report::Arguments),
    /// The daily close: the signed books of a day, compared with the other side 日清对账.
    Close(close::Arguments),
    /// The waiting room 待关联记录.
    #[command(subcommand)]
    Waiting(waiting::Command),
    /// Destinations, and what is owed to them 目的地与转发.
    #[command(subcommand)]
    Deliveries(deliveries::Command),
    /// Write what is published: schemas, dictionary, interface description 导出数据规范与接口说明.
    Export(export::Arguments),
    /// The specification: listed, shown, compared, checked, imported 数据规范.
    #[command(subcommand)]
    Spec(spec::Command),
    /// Keys of those who may talk to the hub 密钥.
    #[command(subcommand)]
    Keys(keys::Command),
    /// The sources, their keys and their profiles 数据来源.
    #[command(subcommand)]
    Sources(sources::Command),
    /// Other parties, for drills and tests 模拟对方系统.
    #[command(subcommand)]
    Simulate(simulate::Command),
    /// The whole hub at work on fixtures, with its books checked 演示.
    Demo(demo::Arguments),
}

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Parses the command line and runs one command.
pub fn main() -> ExitCode {
    end_with_the_reader();
    let outcome = match Cli::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Submit(arguments) => submit::run(&arguments),
        Command::Receipt(command) => receipt::run(&command),
        Command::Log(command) => log::run(&command),
        Command::Evidence(arguments) => evidence::run(&arguments),
        Command::Erase(arguments) => erase::run(&arguments),
        Command::ProveAbsence(arguments) => absence::run(&arguments),
        Command::Reperform(arguments) => reperform::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Close(arguments) => close::run(&arguments),
        Command::Waiting(command) => waiting::run(&command),
        Command::Deliveries(command) => deliveries::run(&command),
        Command::Export(arguments) => export::run(&arguments),
        Command::Spec(command) => spec::run(&command),
        Command::Keys(command) => keys::run(&command),
        Command::Sources(command) => sources::run(&command),
        Command::Simulate(command) => simulate::run(&command),
        Command::Demo(arguments) => demo::run(&arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("hub: {}", told(&error));
            ExitCode::from(2)
        }
    }
}

/// Ends quietly when whoever read the output has had enough, as `| head` does: printing to nobody is no fault. The
/// exit code is the one that a shell shows for a program ended by SIGPIPE.
#[expect(
    clippy::disallowed_methods,
    reason = "a hook of a panic has no main to return to, and nobody is left to be told"
)]
fn end_with_the_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>();
        if said.is_some_and(|said| {
            said.starts_with("failed printing to std") && said.contains("Broken pipe")
        }) {
            std::process::exit(141);
        }
        usual(panic);
    }));
}

/// A fault in both languages, the one way of this command line: Chinese, then English.
fn said(zh: impl std::fmt::Display, en: impl std::fmt::Display) -> String {
    format!("{zh} / {en}")
}

/// A fault with its causes. What the hub would tell a client is told in both languages here too.
fn told(error: &anyhow::Error) -> String {
    match error.downcast_ref::<crate::error::Error>() {
        Some(known) => said(known.message().zh, format!("{error:#}")),
        None => format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_fault_is_told_in_both_languages() {
        let fault = crate::error::Error::request(
            crate::error::ErrorCode::Edition,
            ("没有该版本", "no such edition"),
        );
        assert_eq!(told(&fault.into()), "没有该版本 / no such edition");
        let fault = anyhow::anyhow!("磁盘已满").context(said("无法写入", "cannot write"));
        assert_eq!(told(&fault), "无法写入 / cannot write: 磁盘已满");
    }

    #[test]
    fn the_words_that_scripts_rely_on_are_understood() {
        for line in [
            "hub serve --data d --listen 127.0.0.1:0 --database postgres://u@h/d --config f --national http://n",
            "hub sources add 320100 --data d",
            "hub sources certify c.note --data d",
            "hub simulate hub --source s --software n --software-version 1 --out o --sign-key k --quiet 5",
            "hub sources lint a.toml d --format json",
            "hub sources try a.toml b.csv --dataset 501 --most 0 --format json",
            "hub keys reader audit --role auditor --data d",
            "hub keys master rotate --data d",
            "hub check a b --source 320100 --format json --edition 3.0 --dataset X",
            "hub check a --source 320100 --format sarif --lang en --max-per-rule 0",
            "hub check --explain field.required",
            "hub submit a --url http://h --key k --receipts r --concurrency 4",
            "hub receipt verify r.json --key log.pub",
            "hub log verify --data d",
            "hub log verify --tiles t --key log.pub",
            "hub evidence S000000000001 -o f.zip --data d",
            "hub evidence X/K|1 -o f.zip --personal",
            "hub evidence verify f.zip --key log.pub --format json",
            "hub prove-absence X K|1 --date 2026-11-21 -o p.json --data d",
            "hub prove-absence 320100 b-1 --submission --date 2026-11-21",
            "hub prove-absence verify p.json --key log.pub",
            "hub prove-absence commit --data d",
            "hub erase X/K|1 --reason r --by me --data d --format json",
            "hub reperform S000000000001 r.json --data d --format json",
            "hub reperform --sample 20 --data d",
            "hub report volumes --data d --by source,day --format csv",
            "hub report parked --data d",
            "hub report closes --from 2026-11-20 --data d",
            "hub close --data d",
            "hub close 2026-11-20 --data d --national http://n --format json",
            "hub close reconcile 2026-11-20 --url http://h --key k --receipts r --sign k --output f --format json",
            "hub close key f --source 320100",
            "hub close verify f --key log.pub --require-proof",
            "hub sources signer 320100 a+b+c --data d",
            "hub sources signer 320100 a+b+c --retire --data d",
            "hub waiting sweep --at 2026-12-31 --data d --format json",
            "hub deliveries list --data d --format json",
            "hub deliveries stop national --reason r --by me --data d",
            "hub deliveries secret desk --rotate --data d",
            "hub deliveries replay --destination national --state refused,exhausted --rate 9 --reason r --confirm --data d",
            "hub export schemas --check",
            "hub spec list rules --edition 2.0 --format json",
            "hub spec generate X --count 9 --seed 1 --faults 0.5 --format csv --source s --at 2026-11-20T09:00:00 --expect f",
            "hub spec show 501.TENDER_MODE",
            "hub spec diff 2.0 3.0 --format json",
            "hub spec lint d",
            "hub spec import f.xlsx --out d",
            "hub simulate national --listen 127.0.0.1:9090 --fail 5xx=0.1",
        ] {
            let parsed = Cli::try_parse_from(line.split(' '));
            assert!(
                parsed.is_ok(),
                "{line}: {:?}",
                parsed.err().map(|error| error.to_string())
            );
        }
        assert!(Cli::try_parse_from(["hub", "keys", "reader", "x", "--role", "source"]).is_err());
    }
}
