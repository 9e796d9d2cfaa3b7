//! How the platform misbehaves: faults struck by a [`Plan`], each counted.
//!
//! A chance is drawn from the seed, the rule, the place and the number of the chance at that place, so that a run with
//! the same order of requests meets the same faults.

mod kind;
mod plan;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub use kind::help;
pub(super) use kind::{Fault, Point};
pub use plan::{Plan, PlanError};

/// A fault that struck, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strike {
    /// What.
    pub fault: Fault,
    /// How long it lasts, or by how much, in milliseconds.
    pub lasts: i64,
    /// How often this fault has struck by now.
    pub nth: u64,
}

impl Strike {
    const NONE: Strike = Strike {
        fault: Fault::Behave,
        lasts: 0,
        nth: 0,
    };

    /// How long it lasts.
    pub fn span(self) -> Duration {
        Duration::from_millis(u64::try_from(self.lasts).unwrap_or_default())
    }
}

/// Strikes by a plan.
pub(super) struct Faults {
    plan: Plan,
    began: Instant,
    chances: BTreeMap<&'static str, u64>,
    struck: Vec<u64>,
    dealt: BTreeMap<&'static str, u64>,
}

impl Faults {
    /// Begins a plan.
    pub fn new(plan: Plan) -> Self {
        Faults {
            struck: vec![0; plan.rules.len()],
            plan,
            began: Instant::now(),
            chances: BTreeMap::new(),
            dealt: BTreeMap::new(),
        }
    }

    /// Begins another plan. What was dealt stays counted.
    pub fn replan(&mut self, plan: Plan) {
        let dealt = std::mem::take(&mut self.dealt);
        *self = Faults {
            dealt,
            ..Faults::new(plan)
        };
    }

    /// What was dealt so far, by name.
    pub fn dealt(&self) -> &BTreeMap<&'static str, u64> {
        &self.dealt
    }

    /// What happens at the next chance of a place.
    pub fn strike(&mut self, point: Point) -> Strike {
        let name = Point::ALL.iter().find(|(known, _)| *known == point);
        let chances = self.chances.entry(name.map_or("", |(_, name)| name));
        let number = *chances.and_modify(|count| *count += 1).or_insert(1);
        let since = self.began.elapsed();
        let seed = self.plan.seed;
        for ((rule, struck), place) in self.plan.rules.iter().zip(&mut self.struck).zip(1..) {
            let (first, last) = rule.numbers;
            let strikes = rule.is_at(point)
                && (first..=last).contains(&number)
                && (number - first).is_multiple_of(rule.every)
                && since >= rule.from
                && rule.until.is_none_or(|until| since < until)
                && *struck < rule.most
                && share([seed, place, point as u64, number]) < rule.rate;
            if !strikes {
                continue;
            }
            *struck += 1;
            if rule.fault == Fault::Behave {
                return Strike::NONE;
            }
            let dealt = self.dealt.entry(rule.fault.name()).or_default();
            *dealt += 1;
            let rest = rule
                .until
                .map(|until| until.saturating_sub(since).as_millis() as i64);
            return Strike {
                fault: rule.fault,
                lasts: match rule.fault {
                    // A window says when it ends.
                    Fault::Maintenance => rest.unwrap_or(rule.lasts),
                    _ => rule.lasts,
                },
                nth: *dealt,
            };
        }
        Strike::NONE
    }
}

/// A number between 0 and 1, always the same for the same parts (SplitMix64 over each).
fn share(parts: [u64; 4]) -> f64 {
    let mixed = parts.iter().fold(0_u64, |state, part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    });
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}
