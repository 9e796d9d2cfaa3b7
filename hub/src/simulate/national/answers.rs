//! Business answers that the platform pushes to the hub: by a thread of its own, in order of their time, again until
//! they are taken or it gives up.
//!
//! What is asked for is answered by the [`super::server`]; a push that fails for good leaves the answer to be asked for.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::book::Filed;
use super::entry::{Decision, Verdict};
use super::server::National;

/// How the business answer reaches the hub.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// The hub asks.
    #[default]
    Polled,
    /// It is pushed; who asks before that, or before the push is given up, hears that it is not ready.
    Pushed,
    /// It is pushed, and who asks is answered.
    Both,
}

/// Attempts at a push before it is given up.
const ATTEMPTS: u32 = 12;
/// First wait between attempts; it doubles.
const FIRST: Duration = Duration::from_millis(50);
/// Longest wait between attempts.
const LONGEST: Duration = Duration::from_secs(5);
/// Longest push.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The answer.
    Truth,
    /// The answer, though it was confirmed.
    Again,
    /// Its contrary.
    Contrary,
}

/// One push.
#[derive(Debug, Clone, Copy)]
pub(super) struct Push {
    pub batch: i64,
    pub said: Said,
    /// Whether the truth is said again afterwards, and whether its contrary is.
    pub then: (bool, bool),
    pub due: Instant,
    pub attempts: u32,
}

/// What came of pushes, for the summary.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub(super) struct Pushed {
    /// Confirmed.
    confirmed: u64,
    /// Repetitions that were confirmed.
    repeated: u64,
    /// Contraries that the hub refused.
    contraries_refused: u64,
    /// Contraries that the hub believed.
    contraries_believed: u64,
    /// Truths that the hub refused, because it had heard something else.
    disputed: u64,
    /// Attempts that failed.
    failed: u64,
    /// Given up.
    given_up: u64,
}

/// Where pushes are handed in.
pub(super) struct Pushes {
    sender: Sender<Push>,
    /// Where they go; none: nowhere.
    pub callback: Mutex<Option<String>>,
    pub figures: Mutex<Pushed>,
}

impl Pushes {
    /// A queue and its other end.
    pub fn new(callback: Option<String>) -> (Pushes, Receiver<Push>) {
        let (sender, receiver) = channel();
        let pushes = Pushes {
            sender,
            callback: Mutex::new(callback),
            figures: Mutex::default(),
        };
        (pushes, receiver)
    }

    /// Hands in a push. After the end of the thread nobody takes it.
    pub fn add(&self, push: Push) {
        let _nobody = self.sender.send(push);
    }

    fn figure(&self, change: impl FnOnce(&mut Pushed)) {
        change(&mut self.figures.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The body of an answer: what is pushed, and with `status` what is asked for.
pub(super) fn body(batch: i64, filed: &Filed, said: Said) -> Value {
    let contrary = |verdict: &Verdict| match verdict.result {
        Decision::Accepted => Verdict {
            id: verdict.id,
            result: Decision::Refused,
            code: Some("withdrawn".to_owned()),
            reason: Some("与前次回执相反：该记录未接收".to_owned()),
        },
        Decision::Refused | Decision::NotProcessed => Verdict {
            id: verdict.id,
            result: Decision::Accepted,
            code: None,
            reason: None,
        },
    };
    let records = match said {
        Said::Truth | Said::Again => json!(filed.answers),
        Said::Contrary => json!(filed.answers.iter().map(contrary).collect::<Vec<_>>()),
    };
    json!({ "batch": batch, "packet": filed.sha256, "records": records })
}

/// Pushes until the platform is gone.
pub(super) fn push_all(platform: &Weak<National>, queue: &Receiver<Push>) {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(PATIENCE));
    let agent = ureq::Agent::new_with_config(config.build());
    let mut waiting: BTreeMap<(Instant, u64), Push> = BTreeMap::new();
    let mut number = 0;
    loop {
        let rest = waiting.first_key_value().map_or(LONGEST, |((due, _), _)| {
            due.saturating_duration_since(Instant::now())
        });
        match queue.recv_timeout(rest) {
            Ok(push) => {
                number += 1;
                waiting.insert((push.due, number), push);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(due) = waiting.first_entry()
            && due.key().0 <= Instant::now()
        {
            let push = due.remove();
            let Some(platform) = platform.upgrade() else {
                return;
            };
            if let Some(next) = one(&platform, &agent, push) {
                number += 1;
                waiting.insert((next.due, number), next);
            }
        }
    }
}

/// Makes one attempt; gives the next push of this batch, if there is to be one.
fn one(platform: &National, agent: &ureq::Agent, push: Push) -> Option<Push> {
    let pushes = &platform.pushes;
    let callback = pushes.callback.lock();
    let callback = callback.unwrap_or_else(PoisonError::into_inner).clone();
    let body = platform.pushed_body(push.batch, push.said)?;
    let next = |said, then| {
        Some(Push {
            said,
            then,
            due: Instant::now() + FIRST,
            attempts: 0,
            ..push
        })
    };
    let status = callback.and_then(|url| {
        let mut request = agent.post(url).content_type("application/json");
        for (name, value) in platform.answer_headers(push.batch, &body) {
            request = request.header(name, value);
        }
        let answer = request.send(body.as_bytes()).ok()?;
        Some(answer.status().as_u16())
    });
    match (status, push.said) {
        (Some(200..=299), Said::Truth) => {
            platform.arrived(push.batch, true);
            pushes.figure(|figures| figures.confirmed += 1);
            match push.then {
                (true, contrary) => next(Said::Again, (false, contrary)),
                (false, true) => next(Said::Contrary, (false, false)),
                (false, false) => None,
            }
        }
        (Some(200..=299), Said::Again) => {
            pushes.figure(|figures| figures.repeated += 1);
            if push.then.1 {
                return next(Said::Contrary, (false, false));
            }
            None
        }
        (Some(200..=299), Said::Contrary) => {
            pushes.figure(|figures| figures.contraries_believed += 1);
            None
        }
        (Some(409), Said::Contrary) => {
            pushes.figure(|figures| figures.contraries_refused += 1);
            None
        }
        (Some(409), Said::Truth | Said::Again) => {
            pushes.figure(|figures| figures.disputed += 1);
            platform.release(push.batch);
            None
        }
        _ if push.attempts + 1 >= ATTEMPTS => {
            pushes.figure(|figures| figures.given_up += 1);
            platform.release(push.batch);
            None
        }
        _ => {
            pushes.figure(|figures| figures.failed += 1);
            let wait = (FIRST * 2_u32.saturating_pow(push.attempts)).min(LONGEST);
            Some(Push {
                due: Instant::now() + wait,
                attempts: push.attempts + 1,
                ..push
            })
        }
    }
}
