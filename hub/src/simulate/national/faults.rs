//! How the platform misbehaves: chances drawn from a seeded generator, or a script.
//!
//! `5xx=0.1,hang=0.02,drop_after_commit=0.05,reset=0.05,429=0.05,garbage=0.02,lost_answer=0.05,outage=5s,
//! hang_for=2s,seed=7,script=[500,hang,drop,ok]`. The script is used up first, one step per packet.

use std::collections::VecDeque;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// One way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// None: behave.
    Behave,
    /// 503.
    Unavailable,
    /// 429 with Retry-After.
    TooMany,
    /// No answer for a while, then the connection is closed.
    Hang,
    /// The connection is closed before the packet is read.
    Reset,
    /// The packet is taken, then the connection is closed without an answer.
    DropAfterCommit,
    /// An answer that is no answer.
    Garbage,
    /// The business answer is lost on its way.
    LostAnswer,
}

/// Names in plans and scripts.
const NAMES: [(&str, Fault); 12] = [
    ("ok", Fault::Behave),
    ("5xx", Fault::Unavailable),
    ("500", Fault::Unavailable),
    ("503", Fault::Unavailable),
    ("429", Fault::TooMany),
    ("hang", Fault::Hang),
    ("reset", Fault::Reset),
    ("drop_after_commit", Fault::DropAfterCommit),
    ("drop", Fault::DropAfterCommit),
    ("garbage", Fault::Garbage),
    ("lost_answer", Fault::LostAnswer),
    ("lost", Fault::LostAnswer),
];

/// A plan of faults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    chances: Vec<(Fault, f64)>,
    script: Vec<Fault>,
    outage: Duration,
    hang_for: Option<Duration>,
    seed: u64,
}

/// The plan is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "fault plan: {member} is not understood; expected e.g. 5xx=0.1,hang=0.02,outage=5s,script=[500,drop,ok]"
)]
pub struct PlanError {
    /// The member that is wrong.
    pub member: String,
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let mut plan = Plan::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = match rest
                .split_once('[')
                .filter(|(before, _)| !before.contains(','))
            {
                Some(_) => rest.find(']').map_or(rest.len(), |close| close + 1),
                None => rest.find(',').unwrap_or(rest.len()),
            };
            let (member, tail) = rest.split_at(end);
            plan.set(member)?;
            rest = tail.trim_start_matches([',', ' ']);
        }
        Ok(plan)
    }
}

impl Plan {
    /// Reads a plan from JSON: an object with the same members.
    pub fn from_json(value: &serde_json::Value) -> Result<Self, PlanError> {
        let mut plan = Plan::default();
        let wrong = || PlanError {
            member: value.to_string(),
        };
        for (name, value) in value.as_object().ok_or_else(wrong)? {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string().replace('"', ""),
            };
            plan.set(&format!("{name}={text}"))?;
        }
        Ok(plan)
    }

    fn set(&mut self, member: &str) -> Result<(), PlanError> {
        self.try_set(member).ok_or_else(|| PlanError {
            member: member.to_owned(),
        })
    }

    fn try_set(&mut self, member: &str) -> Option<()> {
        let (name, value) = member.split_once('=')?;
        match name.trim() {
            "seed" => self.seed = value.parse().ok()?,
            "outage" => self.outage = duration(value)?,
            "hang_for" => self.hang_for = Some(duration(value)?),
            "script" => {
                let steps = value.trim().strip_prefix('[')?.strip_suffix(']')?;
                let steps = steps.split(',').map(str::trim).filter(|s| !s.is_empty());
                self.script = steps.map(fault).collect::<Option<_>>()?;
            }
            name => {
                let chance = value.trim().parse().ok()?;
                if !(0.0..=1.0).contains(&chance) {
                    return None;
                }
                self.chances.push((fault(name)?, chance));
            }
        }
        Some(())
    }
}

fn fault(name: &str) -> Option<Fault> {
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|&(_, fault)| fault)
}

fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Some(number) = text.strip_suffix("ms") {
        return number.parse().ok().map(Duration::from_millis);
    }
    let seconds: f64 = text.strip_suffix('s').unwrap_or(text).parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Draws faults by a plan.
pub(super) struct Faults {
    plan: Plan,
    script: VecDeque<Fault>,
    outage_until: Instant,
    random: u64,
}

impl Faults {
    /// Begins a plan; an outage begins now.
    pub fn new(plan: Plan) -> Self {
        Faults {
            script: plan.script.iter().copied().collect(),
            outage_until: Instant::now() + plan.outage,
            random: plan.seed,
            plan,
        }
    }

    /// How long a hang lasts.
    pub fn hang_for(&self) -> Duration {
        self.plan.hang_for.unwrap_or(Duration::from_secs(2))
    }

    /// What happens to a packet.
    pub fn packet(&mut self) -> Fault {
        if Instant::now() < self.outage_until {
            return Fault::Reset;
        }
        if let Some(step) = self.script.pop_front() {
            return step;
        }
        self.draw(|fault| fault != Fault::LostAnswer)
    }

    /// What happens to a question for the business answer.
    pub fn question(&mut self) -> Fault {
        if Instant::now() < self.outage_until {
            return Fault::Reset;
        }
        self.draw(|fault| !matches!(fault, Fault::Reset | Fault::DropAfterCommit))
    }

    fn draw(&mut self, applies: impl Fn(Fault) -> bool) -> Fault {
        let mut left = self.share();
        for &(fault, chance) in self
            .plan
            .chances
            .iter()
            .filter(|(fault, _)| applies(*fault))
        {
            if left < chance {
                return fault;
            }
            left -= chance;
        }
        Fault::Behave
    }

    /// The next number between 0 and 1 (SplitMix64).
    fn share(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
