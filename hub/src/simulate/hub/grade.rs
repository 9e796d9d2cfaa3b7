//! What a sender did with each step, against what it should have done.

use serde::Serialize;
use spec::Message;

use super::book::{Attempt, Book, Story};
use super::script::{Fault, Step};

/// Slack for clocks and networks, in milliseconds.
const SLACK: u64 = 50;
/// Attempts within a second that are a storm.
const STORM: usize = 10;

/// One step, graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The step.
    pub fault: Fault,
    /// The submission that met it; none when the sender sent too few.
    pub submission: Option<String>,
    /// What was done to the sender.
    pub done: Message,
    /// What it should do.
    pub should: Message,
    /// What it did, attempt by attempt.
    pub did: Vec<Message>,
    /// What was wrong with that; empty: passed.
    pub faults: Vec<Message>,
}

/// Grades every step, and what came after them.
pub fn cases(book: &Book) -> Vec<Case> {
    let mut cases = Vec::new();
    for (place, step) in book.steps().iter().enumerate() {
        let (done, should) = words(*step);
        let story = book.stories.get(place);
        let faults = match story {
            None => vec![Message::new(
                format!("未检测：送检系统只报送了 {} 批", book.stories.len()),
                format!("not examined: only {} submissions came", book.stories.len()),
            )],
            Some(story) => judge(story),
        };
        cases.push(Case {
            fault: step.fault,
            submission: story.map(|story| story.number.clone()),
            done,
            should,
            did: story.map(tell).unwrap_or_default(),
            faults,
        });
    }
    for story in book.stories.iter().skip(book.steps().len()) {
        let faults = judge(story);
        if faults.is_empty() {
            continue;
        }
        let (done, should) = words(story.step);
        cases.push(Case {
            fault: story.step.fault,
            submission: Some(story.number.clone()),
            done,
            should,
            did: tell(story),
            faults,
        });
    }
    cases
}

/// What was done, and what should be done then.
fn words(step: Step) -> (Message, Message) {
    let Step {
        times,
        retry_after,
        delay_ms,
        ..
    } = step;
    let again = Message::new(
        format!("至少等待 {retry_after} 秒后，以同一批次号重发同样的内容，直至取得回执"),
        format!(
            "wait at least {retry_after} s, then send the same bytes under the same number until there is a receipt"
        ),
    );
    let repeat = Message::new(
        "以同一批次号重发同样的内容，取得首次的回执",
        "send the same bytes under the same number, which brings the first receipt",
    );
    match step.fault {
        Fault::None => (
            Message::new("正常接收", "taken"),
            Message::new("取得回执后报送下一批", "take the receipt, and go on"),
        ),
        Fault::TooMany => (
            Message::new(
                format!("返回 429（Retry-After {retry_after} 秒）{times} 次，未入库"),
                format!("429 with Retry-After {retry_after}, {times} times; nothing kept"),
            ),
            again,
        ),
        Fault::Unavailable => (
            Message::new(
                format!("返回 503（Retry-After {retry_after} 秒）{times} 次，未入库"),
                format!("503 with Retry-After {retry_after}, {times} times; nothing kept"),
            ),
            again,
        ),
        Fault::Slow => (
            Message::new(
                format!("已入库，{delay_ms} 毫秒后才返回回执"),
                format!("kept, receipted only after {delay_ms} ms"),
            ),
            Message::new(
                "等待应答，其间不重发",
                "wait for the answer, and do not send again meanwhile",
            ),
        ),
        Fault::ResetAfterCommit => (
            Message::new(
                "已入库，应答前断开连接",
                "kept, and the connection closed without an answer",
            ),
            repeat,
        ),
        Fault::LostReceipt => (
            Message::new(
                "已入库，回执丢失，返回 502",
                "kept, the receipt lost, 502 answered",
            ),
            repeat,
        ),
        Fault::ExpiredEdition => (
            Message::new("返回 422：规范版本已终止", "422: the edition has ended"),
            Message::new(
                "不再重发同样的内容，停下并提示人工处理，或按有效版本另行报送",
                "do not send the same bytes again: stop and tell a person, or send by an edition in force",
            ),
        ),
        Fault::RotatedKey => (
            Message::new("原密钥停用，返回 401", "the key was changed: 401"),
            Message::new(
                "停止使用原密钥，换用新密钥后以同一批次号重发同样的内容",
                "stop with the old key; with the new one send the same bytes under the same number",
            ),
        ),
    }
}

/// The attempts, one sentence each.
fn tell(story: &Story) -> Vec<Message> {
    let mut told = Vec::new();
    for (place, attempt) in story.attempts.iter().enumerate().take(40) {
        let number = place + 1;
        let Attempt { at, sha256, .. } = attempt;
        let digest = sha256.get(..8).unwrap_or_default();
        let answer = attempt.status.map_or_else(
            || Message::new("无应答", "no answer"),
            |status| Message::new(format!("应答 {status}"), format!("answered {status}")),
        );
        let (zh, en) = if attempt.with_new_key {
            ("，新密钥", ", new key")
        } else {
            ("", "")
        };
        told.push(Message::new(
            format!(
                "第 {number} 次：开始后 {at} 毫秒，内容 {digest}…{zh}，{}",
                answer.zh
            ),
            format!(
                "attempt {number}: {at} ms after the begin, bytes {digest}…{en}, {}",
                answer.en
            ),
        ));
    }
    if story.attempts.len() > 40 {
        let more = story.attempts.len() - 40;
        told.push(Message::new(
            format!("……另有 {more} 次"),
            format!("… and {more} more"),
        ));
    }
    told
}

fn judge(story: &Story) -> Vec<Message> {
    let mut faults = Vec::new();
    let mut wrong = |zh: String, en: String| faults.push(Message::new(zh, en));
    let attempts = &story.attempts;
    let Some(first) = attempts.first() else {
        return Vec::new();
    };
    let expired = story.step.fault == Fault::ExpiredEdition;
    let others = attempts
        .iter()
        .filter(|one| one.sha256 != first.sha256 && one.number == first.number);
    let others = others.count();
    if others > 0 && !expired {
        wrong(
            format!(
                "同一批次号“{}”下改用了其他内容（{others} 次）",
                first.number
            ),
            format!(
                "other bytes under the same number `{}` ({others} times)",
                first.number
            ),
        );
    }
    if let Some(other) = attempts.iter().find(|one| one.number != first.number) {
        wrong(
            format!(
                "未取得回执时换用批次号“{}”重发“{}”",
                other.number, first.number
            ),
            format!(
                "sent `{}` again under another number, `{}`, before there was a receipt",
                first.number, other.number
            ),
        );
    }
    for (before, after) in attempts.iter().zip(attempts.iter().skip(1)) {
        let waited = after.at.saturating_sub(before.until);
        let asked = u64::from(story.step.retry_after) * 1_000;
        if matches!(before.fault, Fault::TooMany | Fault::Unavailable) && waited + SLACK < asked {
            wrong(
                format!("要求等待 {asked} 毫秒，仅 {waited} 毫秒后即重发"),
                format!("asked to wait {asked} ms, sent again after {waited} ms"),
            );
        }
        if before.fault == Fault::Slow && after.at + SLACK < before.until {
            wrong(
                "应答尚未返回即重发".to_owned(),
                "sent again while the answer was on its way".to_owned(),
            );
        }
    }
    let crowded = attempts
        .iter()
        .zip(attempts.iter().skip(STORM - 1))
        .any(|(from, to)| to.at.saturating_sub(from.at) < 1_000);
    if crowded {
        wrong(
            format!("一秒内重发 {STORM} 次以上，未逐次延长间隔"),
            format!("{STORM} attempts or more within a second: no growing waits"),
        );
    }
    if expired {
        let again = attempts
            .iter()
            .skip(1)
            .filter(|one| one.sha256 == first.sha256)
            .count();
        if again > 0 {
            wrong(
                format!("已被 422 拒绝，仍重发同样的内容 {again} 次"),
                format!("refused with 422, and sent the same bytes {again} times more"),
            );
        }
        return faults;
    }
    let old = attempts
        .iter()
        .filter(|one| one.status == Some(401))
        .count();
    if old > 1 {
        wrong(
            format!("原密钥已停用（401），仍使用 {} 次", old - 1),
            format!(
                "refused with 401, and went on with the old key {} times",
                old - 1
            ),
        );
    }
    if !story.is_receipted() {
        let count = attempts.len();
        wrong(
            format!("报送 {count} 次后放弃，始终未取得回执"),
            format!("given up after {count} attempts, without a receipt"),
        );
    }
    faults
}

/// What is wrong with the sender's running numbers, when it uses them.
pub fn sequence(book: &Book) -> Vec<Message> {
    let mut faults = Vec::new();
    let mut last: Option<u64> = None;
    for story in &book.stories {
        let Some(number) = story.attempts.first().and_then(|first| first.sequence) else {
            continue;
        };
        if let Some(last) = last
            && number != last + 1
        {
            faults.push(Message::new(
                format!("顺序号由 {last} 变为 {number}，应为 {}", last + 1),
                format!(
                    "running number {number} came after {last}, expected {}",
                    last + 1
                ),
            ));
        }
        last = Some(number);
    }
    faults
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::book::Arrival;
    use super::super::script::Script;
    use super::*;

    fn arrival(number: &str, bytes: &str) -> Arrival {
        Arrival {
            number: number.to_owned(),
            sequence: None,
            sha256: bytes.to_owned(),
            with_new_key: false,
        }
    }

    fn book(fault: &str) -> Book {
        let text = format!("valid_days = 1\n[[step]]\nfault = \"{fault}\"\nretry_after = 2\n");
        Book::new(&Script::parse(&text).unwrap())
    }

    /// What is wrong when attempts come so: milliseconds, number, bytes; the kit answers as it should.
    fn faults(fault: &str, attempts: &[(u64, &str, &str)]) -> Vec<String> {
        let mut book = book(fault);
        for (at, number, bytes) in attempts {
            let order = book.enter(*at, &arrival(number, bytes)).unwrap();
            let status = match order.fault {
                Fault::None | Fault::Slow => Some(200),
                Fault::TooMany => Some(429),
                Fault::Unavailable => Some(503),
                Fault::ResetAfterCommit => None,
                Fault::LostReceipt => Some(502),
                Fault::ExpiredEdition => Some(422),
                Fault::RotatedKey => Some(401),
            };
            book.answered(*at, order, status);
        }
        let cases = cases(&book);
        let faults = cases.iter().flat_map(|case| &case.faults);
        faults.map(|fault| fault.en.to_string()).collect()
    }

    #[test]
    fn a_patient_sender_passes() {
        assert_eq!(
            faults("too_many", &[(0, "a", "x"), (2_010, "a", "x")]),
            [""; 0]
        );
        assert_eq!(
            faults("lost_receipt", &[(0, "a", "x"), (300, "a", "x")]),
            [""; 0]
        );
        assert_eq!(faults("expired_edition", &[(0, "a", "x")]), [""; 0]);
        assert_eq!(
            faults("expired_edition", &[(0, "a", "x"), (9, "a", "y")]),
            [""; 0]
        );
    }

    #[test]
    fn each_fault_of_a_sender_is_named() {
        for (fault, attempts, words) in [
            (
                "too_many",
                &[(0, "a", "x"), (100, "a", "x")][..],
                "after 100 ms",
            ),
            ("unavailable", &[(0, "a", "x")], "without a receipt"),
            (
                "reset_after_commit",
                &[(0, "a", "x"), (9, "b", "x")],
                "another number, `b`",
            ),
            (
                "lost_receipt",
                &[(0, "a", "x"), (9, "a", "y")],
                "other bytes",
            ),
            (
                "expired_edition",
                &[(0, "a", "x"), (9, "a", "x")],
                "1 times more",
            ),
            (
                "rotated_key",
                &[(0, "a", "x"), (9, "a", "x")],
                "old key 1 times",
            ),
        ] {
            let found = faults(fault, attempts);
            assert!(
                found.iter().any(|one| one.contains(words)),
                "{fault}: {found:?}"
            );
        }
        let storm: Vec<_> = (0..12).map(|n| (n * 20, "a", "x")).collect();
        assert!(
            faults("rotated_key", &storm)
                .iter()
                .any(|one| one.contains("within a second"))
        );
        let slow = &[(0, "a", "x"), (500, "a", "x")];
        assert!(
            faults("slow", slow)
                .iter()
                .any(|one| one.contains("on its way"))
        );
        assert!(
            faults("none", &[])
                .iter()
                .any(|one| one.contains("not examined"))
        );
    }

    #[test]
    fn a_gap_in_running_numbers_is_named() {
        let mut book = book("none");
        for (at, number) in [(0, 5), (1, 6), (2, 8)] {
            let mut one = arrival(&number.to_string(), &at.to_string());
            one.sequence = Some(number);
            let order = book.enter(at, &one).unwrap();
            book.answered(at, order, Some(200));
        }
        let faults = sequence(&book);
        assert_eq!(faults.len(), 1);
        assert!(
            faults.iter().all(|one| one.en.contains("8 came after 6")),
            "{faults:?}"
        );
    }
}
