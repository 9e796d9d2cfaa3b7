//! `hub deliveries`: destinations shown, stopped, started, retired; secrets of subscribers; records sent again.

use serde_json::{Value, json};

use super::Form;
use super::folder::Folder;
use crate::app;
use crate::delivery::condition::Condition;
use crate::delivery::orders::{self, Action, Authority};
use crate::delivery::service;
use crate::keys::webhook::Secrets;
use crate::pipeline::Instant;
use crate::report::parse_instant;
use crate::report::table::{Cell, Table, column};
use crate::store::replays::{self, Filter, Order};
use crate::store::transaction::begin;
use crate::store::{destinations, forwarded, outbox};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List destinations: state, what is open, acknowledged, refused, given up.
    List {
        #[command(flatten)]
        folder: Folder,
        /// Form of the result.
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
    },
    /// Send a destination nothing until it is started again; a serving hub obeys at its next request.
    Stop(OrderArguments),
    /// Start a destination that was stopped.
    Start(OrderArguments),
    /// Owe a destination nothing more; what it is owed stays.
    Retire(OrderArguments),
    /// Show the secret of a webhook subscriber, as the last line; made when there is none.
    Secret {
        /// The destination.
        destination: String,
        /// Make a new one; the old one signs too until `--settle`.
        #[arg(long, conflicts_with = "settle")]
        rotate: bool,
        /// Drop all but the newest.
        #[arg(long)]
        settle: bool,
        #[command(flatten)]
        folder: Folder,
    },
    /// Send records again: counts only, unless `--confirm`. A serving hub does the work, at the rate.
    Replay(ReplayArguments),
    /// List replays, the newest first.
    Replays {
        /// Stop this one.
        #[arg(long, value_name = "NUMBER", requires = "reason")]
        stop: Option<i64>,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
        /// Who.
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
        /// Form of the list.
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
        #[command(flatten)]
        folder: Folder,
    },
}

/// An order about a destination.
#[derive(Debug, clap::Args)]
pub struct OrderArguments {
    /// The destination.
    destination: String,
    /// Why; kept in the log.
    #[arg(long)]
    reason: String,
    /// Who; kept in the log.
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
    #[command(flatten)]
    folder: Folder,
}

/// What is to be sent again.
#[derive(Debug, clap::Args)]
pub struct ReplayArguments {
    /// The destination.
    #[arg(long)]
    destination: String,
    /// States: exhausted, refused, acknowledged.
    #[arg(long, value_delimiter = ',', default_value = "exhausted")]
    state: Vec<String>,
    /// Only of this source.
    #[arg(long)]
    source: Option<String>,
    /// Only of this data set, by column code.
    #[arg(long)]
    dataset: Option<String>,
    /// Only received on or after this day or instant.
    #[arg(long)]
    from: Option<String>,
    /// Only received before the end of this day, or before this instant.
    #[arg(long)]
    to: Option<String>,
    /// Only with a reason that begins so.
    #[arg(long)]
    issue: Option<String>,
    /// Records a second.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    rate: i32,
    /// Why; kept in the log. Needed to begin.
    #[arg(long)]
    reason: Option<String>,
    /// Who; kept in the log.
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
    /// Begin; without it, only count.
    #[arg(long, requires = "reason")]
    confirm: bool,
    #[command(flatten)]
    folder: Folder,
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    match command {
        Command::List { folder, format } => list(folder, *format),
        Command::Stop(arguments) => order(arguments, Action::Stop),
        Command::Start(arguments) => order(arguments, Action::Start),
        Command::Retire(arguments) => order(arguments, Action::Retire),
        Command::Secret {
            destination,
            rotate,
            settle,
            folder,
        } => secret(folder, destination, *rotate, *settle),
        Command::Replay(arguments) => replay(arguments),
        Command::Replays {
            stop,
            reason,
            by,
            format,
            folder,
        } => match stop {
            Some(id) => stop_replay(folder, *id, reason.as_deref().unwrap_or_default(), by),
            None => list_replays(folder, *format),
        },
    }
}

fn list(folder: &Folder, format: Form) -> anyhow::Result<bool> {
    let (_, mut connection) = folder.open_existing()?;
    let owed = forwarded::owed(&mut connection)?;
    let counts = forwarded::counts(&mut connection, &owed)?;
    let all = destinations::all(&mut connection)?;
    let mut rows = Vec::new();
    for one in &all {
        let condition = Condition::of(&mut connection, one)?;
        let state = Cell::Word(condition.word(), condition.zh());
        let mut row: Vec<Cell> = vec![
            one.name.as_str().into(),
            one.kind.as_str().into(),
            one.address.clone().into(),
            state,
        ];
        for number in 0..outbox::STATES.len() {
            let mut of = counts.iter().filter(|count| count.destination == one.name);
            let found = of.find(|count| usize::try_from(count.state.number()) == Ok(number));
            row.push(Cell::Number(found.map_or(0, |count| count.deliveries)));
        }
        row.push(one.stop_reason.clone().into());
        rows.push(row);
    }
    let columns = vec![
        column("name", "目的地 name"),
        column("kind", "类型 kind"),
        column("address", "地址 address"),
        column("state", "状态 state"),
        column("pending", "待发 pending"),
        column("sent", "已发 sent"),
        column("acknowledged", "已确认 acknowledged"),
        column("refused", "被拒 refused"),
        column("exhausted", "中止 exhausted"),
        column("reason", "停止原因 reason"),
    ];
    let table = Table {
        name: "destinations",
        zh: "目的地",
        columns,
        rows,
        total: None,
    };
    match format {
        Form::Json => println!("{}", json!({ "destinations": all, "deliveries": counts })),
        Form::Text => print!("{}", table.text()),
    }
    Ok(true)
}

fn sound(reason: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        (1..=200).contains(&reason.trim().chars().count()),
        super::said(
            "--reason 应为 1 至 200 字，说明操作原因",
            "--reason: expected 1 to 200 characters that say why"
        )
    );
    Ok(())
}

fn order(arguments: &OrderArguments, action: Action) -> anyhow::Result<bool> {
    sound(&arguments.reason)?;
    let (_, mut connection) = arguments.folder.open_existing()?;
    let authority = Authority {
        operator: arguments.by.clone(),
        reason: arguments.reason.trim().to_owned(),
    };
    let name = arguments.destination.as_str();
    known(&mut connection, name)?;
    let mut transaction = begin(&mut connection)?;
    let changed = orders::order(&mut transaction, name, action, &authority, Instant::now())?;
    transaction.commit()?;
    let (zh, en) = match action {
        Action::Stop => (
            "已停止转发，欠发的记录保留",
            "stopped; what it is owed is kept",
        ),
        Action::Start => ("已恢复转发", "started"),
        Action::Retire => (
            "已注销，此后不再产生待发记录",
            "retired; nothing more is owed to it",
        ),
    };
    if changed {
        println!(
            "{}",
            super::said(format!("{name}：{zh}"), format!("{name}: {en}"))
        );
    } else {
        println!(
            "{}",
            super::said(
                format!("{name}：此前已是该状态，未作改变"),
                format!("{name}: it was so already")
            )
        );
    }
    Ok(changed)
}

fn known(connection: &mut crate::store::Database, name: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        destinations::by_name(connection, name)?.is_some(),
        super::said(
            format!("没有目的地“{name}”，见 hub deliveries list"),
            format!("there is no destination `{name}`, see `hub deliveries list`")
        )
    );
    Ok(())
}

fn secret(folder: &Folder, destination: &str, rotate: bool, settle: bool) -> anyhow::Result<bool> {
    let config = folder.config(Vec::new())?;
    let file = service::folder(&config).join(format!("{destination}.toml"));
    anyhow::ensure!(
        file.is_file(),
        super::said(
            format!("没有目的地“{destination}”：{} 不存在", file.display()),
            format!(
                "there is no destination `{destination}`: {} does not exist",
                file.display()
            )
        )
    );
    let path = service::secrets(&config, destination);
    let mut secrets = Secrets::load_or_create(&path)?;
    if rotate {
        secrets = secrets.rotate(&path)?;
    }
    if settle {
        secrets = secrets.settle(&path)?;
    }
    eprintln!(
        "{}",
        super::said(
            format!(
                "{destination} 现有 {} 个有效密钥，以下为最新",
                secrets.live()
            ),
            format!(
                "{destination} has {} live secrets, the newest is",
                secrets.live()
            )
        )
    );
    println!("{}", secrets.newest());
    Ok(true)
}

fn replay(arguments: &ReplayArguments) -> anyhow::Result<bool> {
    let reason = arguments.reason.as_deref().unwrap_or_default().trim();
    if arguments.confirm {
        sound(reason)?;
    }
    let (config, mut connection) = arguments.folder.open_existing()?;
    known(&mut connection, &arguments.destination)?;
    let may = ["exhausted", "refused", "acknowledged"];
    anyhow::ensure!(
        arguments
            .state
            .iter()
            .all(|word| may.contains(&word.as_str())),
        super::said(
            "--state 应为 exhausted、refused、acknowledged",
            "--state: expected exhausted, refused, acknowledged"
        )
    );
    let dataset = match &arguments.dataset {
        None => None,
        Some(name) => {
            let spec = app::load_spec(&config)?;
            let found = spec
                .editions
                .iter()
                .rev()
                .find_map(|edition| edition.dataset(name));
            let found = found.ok_or_else(|| {
                anyhow::anyhow!(super::said(
                    format!("没有数据集“{name}”，见 hub spec list"),
                    format!("there is no data set `{name}`, see `hub spec list`")
                ))
            })?;
            Some(i32::from(found.code))
        }
    };
    let instant = |what, text: &Option<String>, end| {
        text.as_deref()
            .map(|text| parse_instant(what, text, end))
            .transpose()
    };
    let filter = Filter {
        states: arguments.state.clone(),
        source: arguments.source.clone(),
        dataset,
        from: instant("--from", &arguments.from, false)?,
        to: instant("--to", &arguments.to, true)?,
        issue: arguments.issue.clone(),
    };
    let counts = replays::count(&mut connection, &arguments.destination, &filter)?;
    let records: i64 = counts.iter().map(|(_, _, records)| records).sum();
    let rows = counts.iter().map(|(source, state, records)| {
        vec![
            source.as_str().into(),
            word(&outbox::STATES, *state).into(),
            Cell::Number(*records),
        ]
    });
    let table = Table {
        name: "replay",
        zh: "重新转发",
        columns: vec![
            column("source", "来源 source"),
            column("state", "状态 state"),
            column("records", "条数 records"),
        ],
        rows: rows.collect(),
        total: None,
    };
    if records > 0 {
        print!("{}", table.text());
    }
    if !arguments.confirm {
        println!(
            "{}",
            super::said(
                format!("共 {records} 条；仅试算，未作改变；加 --confirm --reason 原因 执行"),
                format!(
                    "{records} in all; counted only, nothing changed; add --confirm --reason WHY to begin"
                )
            )
        );
        return Ok(true);
    }
    let order = Order {
        destination: arguments.destination.clone(),
        filter,
        per_second: arguments.rate,
        operator: arguments.by.clone(),
        reason: reason.to_owned(),
    };
    let mut transaction = begin(&mut connection)?;
    let id = orders::replay(&mut transaction, &order, records, Instant::now())?;
    transaction.commit()?;
    println!(
        "{}",
        super::said(
            format!(
                "任务 {id} 已开始，共 {records} 条，每秒 {} 条；进度见 hub deliveries replays，停止用 hub deliveries replays --stop {id} --reason 原因",
                arguments.rate
            ),
            format!(
                "replay {id} begun: {records} records, {} a second; see `hub deliveries replays`, stop it with `hub deliveries replays --stop {id} --reason WHY`",
                arguments.rate
            )
        )
    );
    Ok(true)
}

/// The word for a number.
fn word(words: &[&'static str], number: i32) -> &'static str {
    let number = usize::try_from(number).ok();
    let word = number.and_then(|number| words.get(number));
    word.copied().unwrap_or_default()
}

fn stop_replay(folder: &Folder, id: i64, reason: &str, by: &str) -> anyhow::Result<bool> {
    sound(reason)?;
    let (_, mut connection) = folder.open_existing()?;
    let authority = Authority {
        operator: by.to_owned(),
        reason: reason.trim().to_owned(),
    };
    let mut transaction = begin(&mut connection)?;
    let stopped = orders::stop_replay(&mut transaction, id, &authority, Instant::now())?;
    transaction.commit()?;
    println!(
        "{}",
        if stopped {
            super::said(
                format!("任务 {id} 已停止；已恢复待发的记录照常转发"),
                format!("replay {id} is stopped; records that are pending again already are sent"),
            )
        } else {
            super::said(
                format!("没有正在进行的任务 {id}，见 hub deliveries replays"),
                format!("no replay {id} is running, see `hub deliveries replays`"),
            )
        }
    );
    Ok(stopped)
}

fn list_replays(folder: &Folder, format: Form) -> anyhow::Result<bool> {
    let (_, mut connection) = folder.open_existing()?;
    let all = replays::list(&mut connection, 100)?;
    if format == Form::Json {
        let rows = all
            .iter()
            .map(|replay| serde_json::to_value(replay).unwrap_or_default());
        let rows: Vec<Value> = rows.collect();
        println!("{}", json!({ "replays": rows }));
        return Ok(true);
    }
    let rows = all.iter().map(|replay| {
        let text = |millis: i64| Instant::from_millis(millis).text();
        vec![
            Cell::Number(replay.id),
            replay.destination.as_str().into(),
            word(&replays::STATES, replay.state).into(),
            Cell::Number(replay.expected),
            Cell::Number(replay.revived),
            Cell::Number(i64::from(replay.per_second)),
            replay.operator.as_str().into(),
            replay.reason.as_str().into(),
            text(replay.created_at).as_str().into(),
            replay.ended_at.map(text).into(),
        ]
    });
    let columns = vec![
        column("number", "任务 number"),
        column("destination", "目的地 destination"),
        column("state", "状态 state"),
        column("expected", "应发 expected"),
        column("revived", "已恢复 revived"),
        column("per_second", "每秒 per second"),
        column("operator", "操作人 operator"),
        column("reason", "原因 reason"),
        column("begun", "开始 begun"),
        column("ended", "结束 ended"),
    ];
    let table = Table {
        name: "replays",
        zh: "重新转发任务",
        columns,
        rows: rows.collect(),
        total: None,
    };
    print!("{}", table.text());
    Ok(true)
}
