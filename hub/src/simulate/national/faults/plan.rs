//! A plan of faults, read from a short line or from a script.
//!
//! Short: `5xx=0.1,hang=0.02,drop=0.05,outage=5s,hang_for=1s,seed=7,script=[500,hang,drop,ok]`: a chance for each
//! fault; `NAME_for` says how long it lasts; `outage` resets everything for a while; the steps of `script` befall the
//! first packets, one each. The same members may come as a JSON object.
//!
//! Script (TOML), tried rule by rule, the first that strikes holds:
//!
//! ```toml
//! seed = 7                  # the same seed draws the same for the n-th chance of a place
//! [[fault]]
//! kind = "5xx"
//! at = "packet"             # a place of the table; nothing: where the table says
//! numbers = "3-10"          # of the chances at that place, from 1; also "3" or "3-"
//! every = 2                 # of these, each second one
//! from = "10s"              # since the plan began
//! until = "20s"
//! rate = 0.5                # of these; nothing: all
//! most = 3                  # and then never again
//! for = "2s"                # how long it lasts, or how late or wrong; "-5h" for a clock
//! ```

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::kind::{Fault, KINDS, Kind, Point};

/// A plan of faults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub(super) rules: Vec<Rule>,
    pub(super) seed: u64,
}

/// When which fault strikes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub fault: Fault,
    /// Where; none: where the table says.
    pub at: Option<Point>,
    pub numbers: (u64, u64),
    pub every: u64,
    pub from: Duration,
    pub until: Option<Duration>,
    pub rate: f64,
    pub most: u64,
    /// Milliseconds; may be negative.
    pub lasts: i64,
}

/// The plan is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "故障计划有误 / fault plan: {member} is not understood; expected e.g. 5xx=0.1,hang=0.02,outage=5s,\
     script=[500,drop,ok], or a script in TOML (hub simulate national --help)"
)]
pub struct PlanError {
    /// What is wrong.
    pub member: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    fault: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    at: Option<String>,
    numbers: Option<String>,
    every: Option<u64>,
    from: Option<String>,
    until: Option<String>,
    rate: Option<f64>,
    most: Option<u64>,
    r#for: Option<String>,
}

impl Rule {
    fn always(kind: &Kind) -> Self {
        Rule {
            fault: kind.fault,
            at: None,
            numbers: (1, u64::MAX),
            every: 1,
            from: Duration::ZERO,
            until: None,
            rate: 1.0,
            most: u64::MAX,
            lasts: kind.lasts,
        }
    }

    /// Whether it may strike at this place.
    pub fn is_at(&self, point: Point) -> bool {
        match self.at {
            Some(at) => at == point,
            None => self
                .fault
                .kind()
                .is_some_and(|kind| kind.points.contains(&point)),
        }
    }

    fn read(line: &Line) -> Option<Rule> {
        let kind = kind(&line.kind)?;
        let mut rule = Rule::always(kind);
        if let Some(at) = &line.at {
            let point = Point::named(at)?;
            if !kind.points.contains(&point) && !kind.besides.contains(&point) {
                return None;
            }
            rule.at = Some(point);
        }
        if let Some(numbers) = &line.numbers {
            rule.numbers = match numbers.split_once('-') {
                Some((from, "")) => (from.trim().parse().ok()?, u64::MAX),
                Some((from, to)) => (from.trim().parse().ok()?, to.trim().parse().ok()?),
                None => numbers.trim().parse().map(|number| (number, number)).ok()?,
            };
        }
        rule.every = line.every.unwrap_or(1);
        let since = |text: &Option<String>| match text {
            Some(text) => Some(Some(Duration::from_millis(
                u64::try_from(span(text)?).ok()?,
            ))),
            None => Some(None),
        };
        rule.from = since(&line.from)?.unwrap_or_default();
        rule.until = since(&line.until)?;
        rule.rate = line.rate.unwrap_or(1.0);
        rule.most = line.most.unwrap_or(u64::MAX);
        if let Some(text) = &line.r#for {
            rule.lasts = span(text)?;
        }
        let sound = rule.every > 0
            && rule.numbers.0 <= rule.numbers.1
            && (0.0..=1.0).contains(&rule.rate)
            && rule.until.is_none_or(|until| until > rule.from)
            && rule.has_a_possible_length();
        sound.then_some(rule)
    }

    /// Only a clock goes backwards.
    fn has_a_possible_length(&self) -> bool {
        self.lasts >= 0 || self.fault == Fault::Skew
    }
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let text = text.trim();
        if text.starts_with('{') {
            return Plan::from_json(text);
        }
        if text.contains('\n') || text.starts_with('[') {
            return Plan::from_script(text);
        }
        let mut plan = Plan::default();
        let mut lasts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = match rest
                .split_once('[')
                .filter(|(before, _)| !before.contains(','))
            {
                Some(_) => rest.find(']').map_or(rest.len(), |close| close + 1),
                None => rest.find(',').unwrap_or(rest.len()),
            };
            let (member, tail) = rest.split_at(end);
            plan.set(member, &mut lasts)?;
            rest = tail.trim_start_matches([',', ' ']);
        }
        plan.stretch(&lasts)?;
        Ok(plan)
    }
}

impl Plan {
    /// Whether some rule brings this fault.
    pub(in super::super) fn brings(&self, fault: Fault) -> bool {
        self.rules.iter().any(|rule| rule.fault == fault)
    }

    /// Reads a script.
    pub fn from_script(text: &str) -> Result<Self, PlanError> {
        let script: Script = toml::from_str(text).map_err(|error| PlanError {
            member: error.to_string(),
        })?;
        let rules = script.fault.iter().zip(1..).map(|(line, number)| {
            Rule::read(line).ok_or_else(|| PlanError {
                member: format!("[[fault]] {number} ({})", line.kind),
            })
        });
        Ok(Plan {
            rules: rules.collect::<Result<_, _>>()?,
            seed: script.seed,
        })
    }

    fn from_json(text: &str) -> Result<Self, PlanError> {
        let wrong = || PlanError {
            member: text.to_owned(),
        };
        let value: serde_json::Value = serde_json::from_str(text).map_err(|_| wrong())?;
        let (mut plan, mut lasts) = (Plan::default(), Vec::new());
        for (name, value) in value.as_object().ok_or_else(wrong)? {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string().replace('"', ""),
            };
            plan.set(&format!("{name}={text}"), &mut lasts)?;
        }
        // A script comes before chances, however the members of the object are ordered.
        plan.rules.sort_by_key(|rule| rule.numbers.1 == u64::MAX);
        plan.stretch(&lasts)?;
        Ok(plan)
    }

    fn set(&mut self, member: &str, lasts: &mut Vec<(String, i64)>) -> Result<(), PlanError> {
        self.try_set(member, lasts).ok_or_else(|| PlanError {
            member: member.to_owned(),
        })
    }

    fn try_set(&mut self, member: &str, lasts: &mut Vec<(String, i64)>) -> Option<()> {
        let (name, value) = member.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if let Some(of) = name.strip_suffix("_for") {
            kind(of)?;
            lasts.push((of.to_owned(), span(value)?));
            return Some(());
        }
        match name {
            "seed" => self.seed = value.parse().ok()?,
            "outage" => {
                let until = Duration::from_millis(u64::try_from(span(value)?).ok()?);
                let rule = Rule {
                    until: Some(until),
                    ..Rule::always(kind("reset")?)
                };
                self.rules.insert(0, rule);
            }
            "script" => {
                let steps = value.strip_prefix('[')?.strip_suffix(']')?;
                let steps = steps.split(',').map(str::trim).filter(|s| !s.is_empty());
                for (step, number) in steps.zip(1..) {
                    self.rules.push(Rule {
                        at: Some(Point::Packet),
                        numbers: (number, number),
                        ..Rule::always(kind(step)?)
                    });
                }
            }
            name => {
                let rate = value.parse().ok()?;
                if !(0.0..=1.0).contains(&rate) {
                    return None;
                }
                let rule = Rule {
                    rate,
                    ..Rule::always(kind(name)?)
                };
                self.rules.push(rule);
            }
        }
        Some(())
    }

    fn stretch(&mut self, lasts: &[(String, i64)]) -> Result<(), PlanError> {
        for (name, length) in lasts {
            let of = kind(name).map(|kind| kind.fault);
            for rule in &mut self.rules {
                if Some(rule.fault) == of {
                    rule.lasts = *length;
                }
            }
            if self.rules.iter().any(|rule| !rule.has_a_possible_length()) {
                return Err(PlanError {
                    member: format!("{name}_for"),
                });
            }
        }
        Ok(())
    }
}

fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.names.contains(&name))
}

/// A span of time in milliseconds: `500ms`, `2s`, `1.5m`, `-3h`; a bare number is seconds.
fn span(text: &str) -> Option<i64> {
    let text = text.trim();
    let units = [
        ("ms", 1.0),
        ("s", 1_000.0),
        ("m", 60_000.0),
        ("h", 3_600_000.0),
    ];
    let found = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (number, factor) = found.unwrap_or((text, 1_000.0));
    let number: f64 = number.trim().parse().ok()?;
    let milliseconds = number * factor;
    // A month is longer than any drill.
    (milliseconds.abs() < 2.7e9).then_some(milliseconds as i64)
}
