//! The witnesses of this log: each new checkpoint is shown to them, and their cosignatures are kept.
//!
//! A thread of its own, so that no witness that is slow or away holds up the log: checkpoints are published at once,
//! and again with the cosignatures when these arrive. Once an hour the cosignatures go into the log as leaves.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::leaf;
use crate::sequencer::LogHandle;
use crate::store;
use crate::store::transaction::begin;
use crate::tlog::note::{NoteSignature, signature_line};
use crate::tlog::vkey::Algorithm;
use crate::tlog::witness::Request;
use crate::tlog::{Checkpoint, Note, VerifierKey};

/// Longest wait for one witness.
const PATIENCE: Duration = Duration::from_secs(5);
/// Shortest time between two rounds: a busy log is not shown at every step.
const PAUSE: Duration = Duration::from_millis(500);
/// How often cosignatures are logged: each leaf makes a checkpoint, which is cosigned in turn.
const LOGGED_EVERY: Duration = Duration::from_hours(1);
/// Most bytes of an answer.
const ANSWER: u64 = 64 * 1024;

/// One witness.
#[derive(Debug, Clone)]
struct Witness {
    url: String,
    key: VerifierKey,
    /// Size of the checkpoint that it cosigned last, as far as known.
    seen: u64,
}

/// All witnesses of this log, and how many of them must have cosigned.
#[derive(Debug, Clone)]
pub struct Panel {
    witnesses: Vec<Witness>,
    quorum: usize,
    agent: ureq::Agent,
}

impl Panel {
    /// Reads the witnesses of the configuration: address and verifier key each.
    pub fn of(lines: &[String], quorum: usize) -> anyhow::Result<Panel> {
        let read = |line: &String| {
            let (url, key) = line
                .split_once(' ')
                .with_context(|| format!("log.witnesses: `{line}` is not an address and a key"))?;
            let key: VerifierKey = key.trim().parse().with_context(|| {
                format!("log.witnesses: `{}` is not a verifier key", key.trim())
            })?;
            anyhow::ensure!(
                key.algorithm() == Algorithm::Cosignature,
                "log.witnesses: `{key}` is not the key of a witness"
            );
            Ok(Witness {
                url: url.trim_end_matches('/').to_owned(),
                key,
                seen: 0,
            })
        };
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("hub/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Panel {
            witnesses: lines.iter().map(read).collect::<anyhow::Result<_>>()?,
            quorum,
            agent: ureq::Agent::new_with_config(config),
        })
    }

    /// Starts to show each new checkpoint to the witnesses; nothing when there are none.
    pub fn start(self, log: &LogHandle, url: &str) -> std::io::Result<()> {
        if self.witnesses.is_empty() {
            return Ok(());
        }
        let (told, log, url) = (log.followed(), log.clone(), url.to_owned());
        std::thread::Builder::new()
            .name("witnesses".to_owned())
            .spawn(move || self.serve(&told, &log, &url))?;
        Ok(())
    }

    fn serve(mut self, told: &Receiver<()>, log: &LogHandle, url: &str) {
        let mut logged: Option<Instant> = None;
        loop {
            let started = Instant::now();
            match self.round(log) {
                Ok(Some(cosigned)) if logged.is_none_or(|at| at.elapsed() > LOGGED_EVERY) => {
                    match note_in_log(&cosigned, url) {
                        Ok(()) => logged = Some(Instant::now()),
                        Err(error) => tracing::warn!(%error, "cosignatures were not logged"),
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the checkpoint was not shown to witnesses"),
            }
            // A witness that was away is asked again, also when the log stands still.
            if matches!(
                told.recv_timeout(Duration::from_secs(10)),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
            ) {
                return;
            }
            std::thread::sleep(PAUSE.saturating_sub(started.elapsed()));
            while told.try_recv().is_ok() {}
        }
    }

    /// Shows the newest checkpoint to every witness that has not cosigned it; what they cosigned together.
    fn round(&mut self, log: &LogHandle) -> anyhow::Result<Option<Cosigned>> {
        let (checkpoint, signed) = {
            let log = log.log();
            (log.checkpoint().clone(), log.signed_checkpoint().to_owned())
        };
        let mut note = Note::parse(signed.as_bytes())?;
        let keys: Vec<VerifierKey> = self.witnesses.iter().map(|w| w.key.clone()).collect();
        if note.verify(&keys).is_ok_and(|all| all.len() == keys.len()) {
            return Ok(None);
        }
        let (agent, asked) = (&self.agent, (&checkpoint, signed.as_str()));
        let lines: Vec<Option<NoteSignature>> = std::thread::scope(|scope| {
            let asking: Vec<_> = self
                .witnesses
                .iter_mut()
                .map(|witness| scope.spawn(move || witness.ask(agent, log, asked)))
                .collect();
            asking
                .into_iter()
                .map(|thread| thread.join().ok().flatten())
                .collect()
        });
        for line in lines.into_iter().flatten() {
            note.add(line);
        }
        let cosigners = note.verify(&keys).map_or(0, |all| all.len());
        if cosigners == 0 || cosigners < self.quorum {
            tracing::warn!(
                cosigners,
                quorum = self.quorum,
                size = checkpoint.size,
                "too few witnesses cosigned the checkpoint"
            );
            return Ok(None);
        }
        log.witnessed_by(checkpoint.size, &note)?;
        Ok(Some(Cosigned {
            checkpoint,
            note,
            keys,
        }))
    }
}

/// A checkpoint with the cosignatures of witnesses.
struct Cosigned {
    checkpoint: Checkpoint,
    note: Note,
    keys: Vec<VerifierKey>,
}

impl Witness {
    /// Asks for a cosignature; none when there is none, whatever the reason.
    fn ask(
        &mut self,
        agent: &ureq::Agent,
        log: &LogHandle,
        (checkpoint, signed): (&Checkpoint, &str),
    ) -> Option<NoteSignature> {
        // It may have seen another size than we know: it says which, once.
        for _ in 0..2 {
            match self.ask_from(agent, log, checkpoint, signed) {
                Ok(Answer::Line(line)) => return Some(line),
                Ok(Answer::Saw(size)) if size != self.seen && size <= checkpoint.size => {
                    self.seen = size;
                }
                Ok(Answer::Saw(size)) => {
                    tracing::error!(witness = %self.key.name(), size, "the witness saw another log than this one");
                    return None;
                }
                Err(error) => {
                    tracing::warn!(witness = %self.key.name(), error = format!("{error:#}"), "no cosignature");
                    return None;
                }
            }
        }
        None
    }

    fn ask_from(
        &mut self,
        agent: &ureq::Agent,
        log: &LogHandle,
        checkpoint: &Checkpoint,
        signed: &str,
    ) -> anyhow::Result<Answer> {
        let old = self.seen;
        let proof = log.log().prove_consistency(old, checkpoint.size)?;
        let request = Request {
            old,
            proof,
            checkpoint: signed.to_owned(),
        };
        let mut answer = agent
            .post(format!("{}/add-checkpoint", self.url))
            .content_type("text/plain; charset=utf-8")
            .send(request.to_string())?;
        let status = answer.status().as_u16();
        let text = answer
            .body_mut()
            .with_config()
            .limit(ANSWER)
            .read_to_string()?;
        match status {
            200 => {
                for line in text.lines() {
                    let line = signature_line(line)?;
                    let own = line.name == self.key.name() && line.id == self.key.id();
                    let body = checkpoint.to_string();
                    if own && self.key.verifies(body.as_bytes(), &line.bytes) {
                        self.seen = checkpoint.size;
                        return Ok(Answer::Line(line));
                    }
                }
                anyhow::bail!("the answer holds no cosignature of {}", self.key)
            }
            409 => match text.trim().parse() {
                Ok(size) => Ok(Answer::Saw(size)),
                Err(_) => anyhow::bail!("409: {}", text.trim()),
            },
            _ => anyhow::bail!("{status}: {}", text.trim()),
        }
    }
}

/// What a witness answers.
enum Answer {
    Line(NoteSignature),
    Saw(u64),
}

/// Puts the cosignatures into the log.
fn note_in_log(cosigned: &Cosigned, url: &str) -> anyhow::Result<()> {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    let mut connection = store::connect(url)?;
    let mut transaction = begin(&mut connection)?;
    for signature in cosigned.note.signatures() {
        let by = |key: &&VerifierKey| key.name() == signature.name && key.id() == signature.id;
        let Some(key) = cosigned.keys.iter().find(by) else {
            continue;
        };
        transaction.append_leaf(leaf::encode(&leaf::Witness {
            witness: key.to_string(),
            size: cosigned.checkpoint.size,
            root: cosigned.checkpoint.root.to_string(),
            cosignature: BASE64_STANDARD.encode(&signature.bytes),
            at: crate::pipeline::Instant::now().text(),
        })?)?;
    }
    transaction.commit()?;
    Ok(())
}
