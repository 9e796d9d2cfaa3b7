//! `hub erase`: destroys the personal data of a record, and keeps its proofs.

mod elsewhere;

use std::io::IsTerminal as _;

use spec::Spec;

use super::folder::Folder;
use super::{Form, said};
use crate::attachment::Objects;
use crate::erase::{self, Class, Desk, Erased, Order};
use crate::evidence::Subject;
use crate::pipeline::{Instant, RawStore};
use crate::store::Database;
use crate::store::transaction::begin;
use crate::{app, vault};

/// Whose, why, at whose order.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// `DATASET/KEY` (parts of a key joined with `|`), or the number of a version: so that a personal key need not stand
    /// in the history of the shell.
    record: String,
    /// Why; kept beside the erasure, and in the log as a digest.
    #[arg(long)]
    reason: String,
    /// What kind of reason it is: told to subscribers that hold the record, where the words stay here.
    #[arg(long, value_enum, default_value = "other")]
    class: Class,
    /// Nothing is erased here: this destination has confirmed that it erased the record, which ends its duty in `hub
    /// report erasures`; --reason says how it was confirmed.
    #[arg(long, value_name = "DESTINATION")]
    confirm: Option<String>,
    /// Only say what would be erased, and how much beside it; nothing is changed.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask on a terminal whether it is meant.
    #[arg(long)]
    yes: bool,
    /// At whose order.
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
    #[command(flatten)]
    folder: Folder,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let reason = arguments.reason.trim();
    anyhow::ensure!(
        (1..=200).contains(&reason.chars().count()),
        said(
            "--reason 应为 1 至 200 字",
            "--reason takes 1 to 200 characters"
        )
    );
    let (config, mut connection) = arguments.folder.open_existing()?;
    let specification = app::load_spec(&config)?;
    vault::admit(&config, &mut connection)?;
    let unknown = || {
        said(
            format!(
                "未找到记录“{}”，应为 数据集/业务主键 或版本编号；业务主键须为原值，不是报表中带 * 的掩码，原值见报送方的报文",
                arguments.record
            ),
            format!(
                "there is no record `{}`: give DATASET/KEY, or the number of a version; the key as it was sent, not as reports mask it",
                arguments.record
            ),
        )
    };
    let subject = erase::subject(&mut connection, specification, &arguments.record)?;
    let subject = subject.ok_or_else(|| anyhow::anyhow!(unknown()))?;
    let order = Order {
        by: format!("command line {}", arguments.by),
        reason: reason.to_owned(),
        class: arguments.class,
    };
    if let Some(destination) = &arguments.confirm {
        return confirmed(
            &mut connection,
            specification,
            &subject,
            destination,
            &order,
        );
    }
    let raw = RawStore::open(&config.data.join("raw"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let masters = vault::given(&config)?;
    let masters = masters.ok_or_else(|| {
        anyhow::anyhow!(said(
            "没有主密钥：请先启动一次枢纽",
            "there is no master key: start the hub once",
        ))
    })?;
    let files = Objects::open(&config.data.join("attachments"))?;
    let desk = Desk {
        raw: &raw,
        masters: &masters,
        specification,
    };
    let ready = runtime.block_on(erase::ready(&desk, &mut connection, &subject))?;
    let ready = ready.ok_or_else(|| anyhow::anyhow!(unknown()))?;
    let asks = !arguments.yes && std::io::stdin().is_terminal();
    if arguments.dry_run || asks {
        // On a connection of its own, and never committed.
        let (_, mut aside) = arguments.folder.open_existing()?;
        let ready = runtime.block_on(erase::ready(&desk, &mut aside, &subject))?;
        let ready = ready.ok_or_else(|| anyhow::anyhow!(unknown()))?;
        let mut transaction = begin(&mut aside)?;
        let would = erase::erase(
            &mut transaction,
            specification,
            ready,
            &order,
            Instant::now(),
        )?;
        preview(&would, arguments.format);
        if arguments.dry_run || !(would.before || meant()?) {
            return Ok(arguments.dry_run);
        }
    }
    let mut transaction = begin(&mut connection)?;
    let erased = erase::erase(
        &mut transaction,
        specification,
        ready,
        &order,
        Instant::now(),
    )?;
    transaction.commit()?;
    let scrubbed = runtime.block_on(erase::scrub((&raw, &files), &mut connection, &erased))?;
    match arguments.format {
        Form::Json => println!(
            "{}",
            serde_json::json!({ "erased": erased, "scrubbed": scrubbed })
        ),
        Form::Text if erased.before => println!(
            "{}",
            said(
                format!(
                    "此前已删除（日志条目 {}，{}），未作改变",
                    erased.leaf_index, erased.at
                ),
                format!(
                    "erased before (leaf {}, {}): nothing was changed",
                    erased.leaf_index, erased.at
                )
            )
        ),
        Form::Text => {
            println!(
                "{}",
                said(
                    format!(
                        "已删除 {} 个版本的个人信息；{} 份原始报文中仅清除该记录，{} 份整体销毁；日志条目 {}（{}）",
                        erased.records.len(),
                        erased.cut.len(),
                        erased.destroyed.len(),
                        erased.leaf_index,
                        erased.at
                    ),
                    format!(
                        "personal data of {} versions erased; cut out of the raw bytes of {} submissions, those of {} \
                         destroyed whole; leaf {} ({})",
                        erased.records.len(),
                        erased.cut.len(),
                        erased.destroyed.len(),
                        erased.leaf_index,
                        erased.at
                    )
                )
            );
            for submission in &erased.destroyed {
                println!(
                    "{}",
                    said(
                        format!(
                            "{submission}：该记录单独报送或报文无法切分（压缩包、工作簿、省级报文等），原始报文整体销毁"
                        ),
                        format!(
                            "{submission}: sent alone, or in what cannot be cut (an archive, a workbook, a provincial \
                             message): the whole was destroyed"
                        )
                    )
                );
            }
            if !erased.attachments.is_empty() || !erased.attachments_shared.is_empty() {
                let (gone, stay) = (erased.attachments.len(), erased.attachments_shared.len());
                println!(
                    "{}",
                    said(
                        format!("附件：{gone} 个已销毁，{stay} 个因仍属其他记录而保留"),
                        format!(
                            "files: {gone} destroyed, {stay} kept because another record has them too"
                        )
                    )
                );
            }
            if !erased.packets.is_empty() {
                let packets = erased.packets.len();
                println!(
                    "{}",
                    said(
                        format!("转发报文：{packets} 个含该记录，其原文已整体销毁"),
                        format!("packets: the bytes of {packets} that carried it were destroyed")
                    )
                );
            }
            for line in elsewhere::duties(&erased) {
                println!("{line}");
            }
        }
    }
    if !scrubbed {
        eprintln!(
            "{}",
            said(
                "有读取正在进行，旧页面尚未清除；请稍后再次执行本命令",
                "readers kept old pages from being overwritten; run this command again"
            )
        );
    }
    Ok(scrubbed)
}

fn confirmed(
    connection: &mut Database,
    specification: &Spec,
    subject: &Subject,
    destination: &str,
    order: &Order,
) -> anyhow::Result<bool> {
    let mut transaction = begin(connection)?;
    let now = Instant::now();
    let ended = erase::confirm(
        &mut transaction,
        specification,
        subject,
        destination,
        order,
        now,
    )?;
    let (erasures, leaf) = ended.ok_or_else(|| {
        anyhow::anyhow!(said(
            format!("目的地“{destination}”对该记录没有待确认的删除，见 hub report erasures"),
            format!(
                "destination `{destination}` has no duty about this record; see `hub report erasures`"
            ),
        ))
    })?;
    transaction.commit()?;
    println!(
        "{}",
        said(
            format!(
                "已登记：目的地“{destination}”已删除（{} 次删除），日志条目 {leaf}",
                erasures.len()
            ),
            format!(
                "noted: `{destination}` has erased it ({} erasures), leaf {leaf}",
                erasures.len()
            ),
        )
    );
    Ok(true)
}

/// Says what would be erased.
fn preview(would: &Erased, format: Form) {
    if format == Form::Json {
        println!("{}", serde_json::json!({ "would": would }));
        return;
    }
    let list = |names: &[String]| {
        if names.is_empty() {
            "—".to_owned()
        } else {
            names.join(", ")
        }
    };
    let (cut, destroyed, held) = (
        list(&would.cut),
        list(&would.destroyed),
        list(&would.held_by),
    );
    let count = if would.before { 0 } else { would.records.len() };
    println!(
        "{}",
        said(
            format!(
                "将删除 {count} 个版本，不可恢复；原始报文中仅清除该记录的批次：{cut}；原始报文整体销毁的批次：\
                 {destroyed}；已收到该记录的目的地：{held}。尚未作任何改变"
            ),
            format!(
                "would erase {count} versions for good; cut out of the raw bytes of: {cut}; raw bytes destroyed whole: \
                 {destroyed}; destinations that hold it: {held}; nothing was changed yet"
            )
        )
    );
    for line in elsewhere::withdraw_first(would) {
        println!("{line}");
    }
}

/// Asks whoever sits at the terminal.
fn meant() -> anyhow::Result<bool> {
    eprintln!(
        "{}",
        said(
            "删除不可恢复。输入 yes 继续，其他任意内容取消",
            "what is erased does not come back: type yes to go on"
        )
    );
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    let is_meant = answer.trim() == "yes";
    if !is_meant {
        eprintln!(
            "{}",
            said("已取消，未作改变", "given up, nothing was changed")
        );
    }
    Ok(is_meant)
}
