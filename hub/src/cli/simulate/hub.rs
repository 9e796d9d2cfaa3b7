//! `hub simulate hub`: examines a system that sends, and says what it must put right; signs a certificate when it
//! passed.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use askama::Template as _;

use super::super::said;
use crate::app::App;
use crate::certificate::Certificate;
use crate::config::Config;
use crate::keys::{SigningKey, api};
use crate::pipeline::Instant;
use crate::simulate::hub::{Candidate, DEFAULT, Options, Report, Script, examine};
use crate::store::access::{self, Role};
use crate::{http, store, telemetry};

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Source whose system is examined.
    #[arg(
        long,
        value_name = "ID",
        required_unless_present = "print_script",
        default_value = ""
    )]
    source: String,
    /// Name of the system.
    #[arg(long, required_unless_present = "print_script", default_value = "")]
    software: String,
    /// Version of the system.
    #[arg(
        long = "software-version",
        value_name = "VERSION",
        required_unless_present = "print_script",
        default_value = ""
    )]
    version: String,
    /// Folder of the report and the certificate.
    #[arg(long, default_value = "conformance", value_name = "DIR")]
    out: PathBuf,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS:PORT")]
    listen: String,
    /// What is done to the sender; default: everything once.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Print the default script, to start one's own from, and examine nothing.
    #[arg(long)]
    print_script: bool,
    /// Ends by itself after so many seconds without a request, once every step was met; ctrl-C ends it too.
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    quiet: u64,
    /// Key that signs the certificate; made when the file is not there. Without one there is no certificate.
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// Name of whoever examines, in the certificate's signature.
    #[arg(long, default_value = "conformance.exchange-hub", value_name = "NAME")]
    signer: String,
    /// Configuration file, for a specification or profiles of one's own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    if arguments.print_script {
        print!("{DEFAULT}");
        return Ok(true);
    }
    let script = match &arguments.script {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Script::parse(&text).with_context(|| path.display().to_string())?
        }
        None => Script::parse(DEFAULT)?,
    };
    std::fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    let folder = tempfile::tempdir()?;
    let flag = |value: &str| Some(value.to_owned());
    let mut config = Config::load(
        folder.path(),
        arguments.config.as_deref(),
        &[
            ("server.listen", flag("127.0.0.1:0")),
            ("store.database", flag("hub.db")),
            ("national.url", flag("")),
        ],
    )?;
    // The examined need no certificate to get one.
    config.certificates.required.clear();
    telemetry::start(&config.telemetry);
    let (first_key, second_key) = (
        key(&config, &arguments.source)?,
        key(&config, &arguments.source)?,
    );
    let app = App::open(config)?;
    let source = app.sources.get(&arguments.source).with_context(|| {
        let id = &arguments.source;
        said(
            format!("没有数据来源“{id}”"),
            format!("there is no source `{id}`"),
        )
    })?;
    let candidate = Candidate {
        source: arguments.source.clone(),
        name: source.profile.name.clone(),
        software: arguments.software.clone(),
        version: arguments.version.clone(),
        edition: app.default_edition.clone(),
    };
    let steps = script.steps.len();
    let behind = http::start(Arc::clone(&app))?;
    let options = Options {
        listen: arguments.listen.clone(),
        behind: behind.url(),
        app: Arc::clone(&app),
        second_key: second_key.clone(),
        candidate,
        script,
        quiet: Duration::from_secs(arguments.quiet),
    };
    let ready = |url: &str| {
        let mut out = std::io::stdout().lock();
        let told = writeln!(out, "listening on {url}")
            .and_then(|()| writeln!(out, "key {first_key}"))
            .and_then(|()| writeln!(out, "new key {second_key}"))
            .and_then(|()| writeln!(out, "请报送至少 {steps} 批；原密钥停用（401）后换用 new key / send at least {steps} submissions; use the new key when the first is refused (401)"))
            .and_then(|()| out.flush());
        // Whoever started the kit waits for these lines; if nobody reads them, it examines all the same.
        drop(told);
    };
    // On stderr, so that whoever reads the lines above from a pipe is not disturbed.
    let report = examine(options, ready, |progress| {
        let told = progress.told();
        eprintln!("{}", said(told.zh, told.en));
    });
    behind.stop();
    let report = report?;
    keep(arguments, &report)?;
    Ok(report.passed)
}

/// A key of the source, known to the hub behind.
fn key(config: &Config, source: &str) -> anyhow::Result<String> {
    let mut connection = store::connect(&config.database_url())?;
    store::migrate(&mut connection)?;
    let (key, hash) = api::new_api_key(source)?;
    access::add(
        &mut connection,
        source,
        Role::Source,
        &hash,
        Instant::now().millis,
    )?;
    Ok(key)
}

/// Writes the report, and the certificate when there is one to sign; says what is where.
fn keep(arguments: &Arguments, report: &Report) -> anyhow::Result<()> {
    let write = |name: &str, bytes: &[u8]| -> anyhow::Result<PathBuf> {
        let path = arguments.out.join(name);
        let mut file = tempfile::NamedTempFile::new_in(&arguments.out)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path)
            .with_context(|| path.display().to_string())?;
        Ok(path)
    };
    let (json, digest) = report.json()?;
    write("report.json", &json)?;
    let page = write("report.html", report.render()?.as_bytes())?;
    for case in report.cases.iter().filter(|case| !case.faults.is_empty()) {
        println!("未通过 failed：{}\n    {}", case.done.zh, case.done.en);
        for fault in &case.faults {
            println!("  - {}\n    {}", fault.zh, fault.en);
        }
    }
    for fault in report.order.iter().chain(&report.data.faults) {
        println!("未通过 failed：{}\n    {}", fault.zh, fault.en);
    }
    let verdict = if report.passed {
        "通过 passed"
    } else {
        "未通过 failed"
    };
    println!("{verdict}，报告 report：{}", page.display());
    // An earlier certificate does not outlive a failed examination in the same folder.
    let path = arguments.out.join("certificate.note");
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| path.display().to_string());
        }
        _ => {}
    }
    let (true, Some(sign_key)) = (report.passed, &arguments.sign_key) else {
        return Ok(());
    };
    let signer = SigningKey::load_or_create(sign_key)?.note_signer(&arguments.signer)?;
    let today = Instant::now().civil.date();
    let last = today.checked_add(jiff::Span::new().days(i64::from(report.script.valid_days)))?;
    let candidate = &report.candidate;
    let certificate = Certificate {
        source: candidate.source.clone(),
        software: candidate.software.clone(),
        version: candidate.version.clone(),
        edition: candidate.edition.clone(),
        issued: today.to_string(),
        expires: last.to_string(),
        report: digest,
    };
    let note = write("certificate.note", certificate.sign(&signer)?.as_bytes())?;
    println!("证书 certificate：{}", note.display());
    println!(
        "签发者公钥 key of the examiner（certificates.keys）：{}",
        signer.verifier()
    );
    Ok(())
}
