//! What happened between a sender and the kit: every attempt at every submission, and the steps it met.

use std::collections::BTreeMap;

use serde::Serialize;

use super::script::{Fault, Script, Step};

/// What a request to submit says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The sender's number of the submission; made from the bytes where there is none.
    pub number: String,
    /// The sender's running number.
    pub sequence: Option<u64>,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Whether the second key was used.
    pub with_new_key: bool,
}

/// One request to submit, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Milliseconds since the kit started.
    pub at: u64,
    /// When it was, or is to be, answered.
    pub until: u64,
    /// Number that it bore.
    pub number: String,
    /// Running number that it bore.
    pub sequence: Option<u64>,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Whether the second key was used.
    pub with_new_key: bool,
    /// What was done to it.
    pub fault: Fault,
    /// Status of the answer; none when there was no answer.
    pub status: Option<u16>,
}

/// One submission of the sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Story {
    /// Number under which it first came.
    pub number: String,
    /// The step that it met.
    pub step: Step,
    /// How often the step is still to be done.
    #[serde(skip)]
    pub left: u32,
    /// All attempts at it.
    pub attempts: Vec<Attempt>,
}

impl Story {
    /// Whether the sender got its receipt.
    pub fn is_receipted(&self) -> bool {
        self.attempts
            .iter()
            .any(|attempt| attempt.status == Some(200))
    }
}

/// Most attempts that are remembered: a sender that knows no end is told so long before.
const REMEMBERED: usize = 100_000;

/// Everything that happened.
#[derive(Debug)]
pub struct Book {
    steps: Vec<Step>,
    /// Submissions in the order in which they first came.
    pub stories: Vec<Story>,
    by_number: BTreeMap<String, usize>,
    /// When anything happened last.
    pub last: u64,
    is_rotated: bool,
    attempts: usize,
}

/// What to do with a request: which story and attempt it is, and the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Place of the story.
    pub story: usize,
    /// Place of the attempt in it.
    pub attempt: usize,
    /// The step.
    pub step: Step,
    /// What to do now.
    pub fault: Fault,
}

impl Book {
    /// An empty book.
    pub fn new(script: &Script) -> Self {
        Book {
            steps: script.steps.clone(),
            stories: Vec::new(),
            by_number: BTreeMap::new(),
            last: 0,
            is_rotated: false,
            attempts: 0,
        }
    }

    /// How many steps were begun.
    pub fn begun(&self) -> usize {
        self.stories.len().min(self.steps.len())
    }

    /// All steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Enters a request and says what to do with it; none when there were too many.
    pub fn enter(&mut self, at: u64, arrival: &Arrival) -> Option<Order> {
        self.attempts += 1;
        if self.attempts > REMEMBERED {
            return None;
        }
        self.last = at;
        let story = self.story(arrival);
        let held = self.stories.get_mut(story)?;
        let first = held.attempts.first().map(|attempt| attempt.sha256.clone());
        let same = first.is_none_or(|first| first == arrival.sha256);
        let fault = match held.step.fault {
            Fault::RotatedKey => {
                self.is_rotated = true;
                Fault::None
            }
            // The bytes of an edition that ended are never taken; others are.
            Fault::ExpiredEdition if same => Fault::ExpiredEdition,
            Fault::ExpiredEdition => Fault::None,
            fault if held.left > 0 => {
                held.left -= 1;
                fault
            }
            _ => Fault::None,
        };
        let fault = if self.is_rotated && !arrival.with_new_key {
            Fault::RotatedKey
        } else {
            fault
        };
        let delay = if fault == Fault::Slow {
            held.step.delay_ms
        } else {
            0
        };
        held.attempts.push(Attempt {
            at,
            until: at + delay,
            number: arrival.number.clone(),
            sequence: arrival.sequence,
            sha256: arrival.sha256.clone(),
            with_new_key: arrival.with_new_key,
            fault,
            status: None,
        });
        Some(Order {
            story,
            attempt: held.attempts.len() - 1,
            step: held.step,
            fault,
        })
    }

    /// The story that a request belongs to: by its number, or by its bytes when those were not receipted yet under
    /// another number; else a new one, with the next step.
    fn story(&mut self, arrival: &Arrival) -> usize {
        if let Some(&story) = self.by_number.get(&arrival.number) {
            return story;
        }
        let open = self.stories.iter().position(|story| {
            let same = |attempt: &Attempt| attempt.sha256 == arrival.sha256;
            !story.is_receipted() && story.attempts.iter().any(same)
        });
        let story = open.unwrap_or(self.stories.len());
        if open.is_none() {
            let idle = Step {
                fault: Fault::None,
                times: 1,
                retry_after: 1,
                delay_ms: 0,
            };
            let step = self.steps.get(story).copied().unwrap_or(idle);
            self.stories.push(Story {
                number: arrival.number.clone(),
                step,
                left: step.times,
                attempts: Vec::new(),
            });
        }
        self.by_number.insert(arrival.number.clone(), story);
        story
    }

    /// Enters what was answered.
    pub fn answered(&mut self, at: u64, order: Order, status: Option<u16>) {
        self.last = at;
        let story = self.stories.get_mut(order.story);
        if let Some(attempt) = story.and_then(|story| story.attempts.get_mut(order.attempt)) {
            attempt.status = status;
            attempt.until = attempt.until.max(at);
        }
    }

    /// Whether every step was begun, and every submission that can be receipted is.
    pub fn is_settled(&self) -> bool {
        let open =
            |story: &Story| story.step.fault != Fault::ExpiredEdition && !story.is_receipted();
        self.begun() == self.steps.len() && !self.stories.iter().any(open)
    }
}
