//! Every way in which the platform can misbehave: its name, where it strikes, and what it does. One table for plans,
//! help and summary.

/// One way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// None: behave.
    Behave,
    /// A status of the server's own; 0: 500, 502, 503 and 504 in turn.
    Server(u16),
    /// 429 with Retry-After.
    TooMany,
    /// 503 that says when it ends.
    Maintenance,
    /// No answer for a while, then the connection is closed.
    Hang,
    /// The connection is closed, nothing is done.
    Reset,
    /// It is done, and no answer comes for a while.
    HangAfterCommit,
    /// It is done, then the connection is closed.
    ResetAfterCommit,
    /// It is done, and the answer trickles.
    Slow,
    /// It is done, and the answer is no answer.
    Garbage,
    /// It is done, and the answer says that it is a web page.
    WrongType,
    /// The business answer is lost on its way.
    LostAnswer,
    /// The business answer comes later.
    LateAnswer,
    /// The business answer comes twice.
    DoubleAnswer,
    /// After the business answer comes its contrary.
    ContradictoryAnswer,
    /// The clock is wrong.
    Skew,
    /// The certificate is one that nobody vouches for.
    Certificate,
    /// A record is acknowledged, but not held.
    Forget,
    /// A record is acknowledged, but its copy is altered.
    Alter,
    /// A record is held twice.
    HoldTwice,
    /// A record is held that nobody sent.
    Invent,
}

/// Where a fault strikes; each place counts its own chances, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Point {
    /// A TLS connection is made.
    Handshake,
    /// A packet comes.
    Packet,
    /// The business answer is asked for.
    Question,
    /// The business answer of a packet is made; once a packet.
    Answer,
    /// A record is accepted.
    Record,
    /// What is held is asked for.
    Query,
    /// Anything is answered.
    Clock,
}

impl Point {
    /// Every place with its name in a script.
    pub const ALL: [(Point, &'static str); 7] = [
        (Point::Handshake, "handshake"),
        (Point::Packet, "packet"),
        (Point::Question, "question"),
        (Point::Answer, "answer"),
        (Point::Record, "record"),
        (Point::Query, "query"),
        (Point::Clock, "clock"),
    ];

    /// The place of a name.
    pub fn named(name: &str) -> Option<Point> {
        let found = Point::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(point, _)| *point)
    }

    fn name(self) -> &'static str {
        let found = Point::ALL.iter().find(|(point, _)| *point == self);
        found.map_or("", |(_, name)| name)
    }
}

/// A line of the table.
pub(super) struct Kind {
    /// Names; the first one is shown.
    pub names: &'static [&'static str],
    /// What it is.
    pub fault: Fault,
    /// Where it strikes unless a rule says otherwise.
    pub points: &'static [Point],
    /// Where a rule may have it strike besides.
    pub besides: &'static [Point],
    /// How long it lasts unless a rule says otherwise, in milliseconds.
    pub lasts: i64,
    zh: &'static str,
    en: &'static str,
}

const EXCHANGE: &[Point] = &[Point::Packet, Point::Question];
const PACKET: &[Point] = &[Point::Packet];
const QUERY: &[Point] = &[Point::Query];
const NOWHERE: &[Point] = &[];

/// The table. `hub simulate national --help` shows it.
#[rustfmt::skip]
pub(super) const KINDS: &[Kind] = &[
    Kind { names: &["ok"], fault: Fault::Behave, points: EXCHANGE, besides: QUERY, lasts: 0, zh: "正常", en: "behaves" },
    Kind { names: &["5xx"], fault: Fault::Server(0), points: EXCHANGE, besides: QUERY, lasts: 0, zh: "依次返回 500、502、503、504", en: "500, 502, 503 and 504 in turn" },
    Kind { names: &["500"], fault: Fault::Server(500), points: EXCHANGE, besides: QUERY, lasts: 0, zh: "返回 500", en: "500" },
    Kind { names: &["503"], fault: Fault::Server(503), points: EXCHANGE, besides: QUERY, lasts: 0, zh: "返回 503", en: "503" },
    Kind { names: &["429"], fault: Fault::TooMany, points: EXCHANGE, besides: QUERY, lasts: 1_000, zh: "返回 429，Retry-After 交替用秒数和日期", en: "429; Retry-After in seconds and as a date in turn" },
    Kind { names: &["maintenance"], fault: Fault::Maintenance, points: EXCHANGE, besides: QUERY, lasts: 5_000, zh: "维护窗口：503，Retry-After 为窗口结束时间", en: "maintenance window: 503, Retry-After says when it ends" },
    Kind { names: &["hang"], fault: Fault::Hang, points: EXCHANGE, besides: QUERY, lasts: 2_000, zh: "不处理、不应答，超时后断开", en: "does nothing, says nothing, then closes" },
    Kind { names: &["reset", "reset_before_commit"], fault: Fault::Reset, points: EXCHANGE, besides: QUERY, lasts: 0, zh: "未处理即断开连接", en: "closes before anything is done" },
    Kind { names: &["hang_after_commit"], fault: Fault::HangAfterCommit, points: PACKET, besides: NOWHERE, lasts: 2_000, zh: "已接收入库，但不应答", en: "takes the packet, says nothing, then closes" },
    Kind { names: &["reset_after_commit", "drop_after_commit", "drop"], fault: Fault::ResetAfterCommit, points: PACKET, besides: NOWHERE, lasts: 0, zh: "已接收入库，随即断开连接", en: "takes the packet, then closes" },
    Kind { names: &["slow"], fault: Fault::Slow, points: EXCHANGE, besides: QUERY, lasts: 3_000, zh: "应答正文逐字节缓慢发送", en: "does it; the body of the answer trickles" },
    Kind { names: &["garbage"], fault: Fault::Garbage, points: EXCHANGE, besides: QUERY, lasts: 0, zh: "应答正文为残缺的 JSON", en: "does it; the body is broken JSON" },
    Kind { names: &["wrong_type"], fault: Fault::WrongType, points: EXCHANGE, besides: QUERY, lasts: 0, zh: "应答类型标为 text/html", en: "does it; the answer says it is text/html" },
    Kind { names: &["lost_answer", "lost"], fault: Fault::LostAnswer, points: &[Point::Question, Point::Answer], besides: NOWHERE, lasts: 0, zh: "业务回执丢失：查询时断开，不推送", en: "the business answer is lost: cut when asked for, never pushed" },
    Kind { names: &["late_answer", "late"], fault: Fault::LateAnswer, points: &[Point::Answer], besides: NOWHERE, lasts: 2_000, zh: "业务回执延迟", en: "the business answer comes later" },
    Kind { names: &["double_answer", "double"], fault: Fault::DoubleAnswer, points: &[Point::Answer], besides: NOWHERE, lasts: 0, zh: "业务回执重复推送（须设 --callback）", en: "the business answer is pushed twice (needs --callback)" },
    Kind { names: &["contradictory_answer", "contradictory"], fault: Fault::ContradictoryAnswer, points: &[Point::Answer], besides: NOWHERE, lasts: 0, zh: "先推送真实回执，确认后再推送相反回执（须设 --callback）", en: "pushes the truth, and once that is confirmed the contrary (needs --callback)" },
    Kind { names: &["skew"], fault: Fault::Skew, points: &[Point::Clock], besides: NOWHERE, lasts: -3 * 3_600_000, zh: "时钟偏差：Date 等时间偏离数小时", en: "clock skew: Date and timestamps are hours off" },
    Kind { names: &["certificate"], fault: Fault::Certificate, points: &[Point::Handshake], besides: NOWHERE, lasts: 0, zh: "TLS 证书不受信任（须设 --tls）", en: "a TLS certificate that nobody vouches for (needs --tls)" },
    Kind { names: &["forget"], fault: Fault::Forget, points: &[Point::Record], besides: NOWHERE, lasts: 0, zh: "回执称已接收，实际未留存", en: "acknowledges a record, and does not hold it" },
    Kind { names: &["alter"], fault: Fault::Alter, points: &[Point::Record], besides: NOWHERE, lasts: 0, zh: "回执称已接收，留存内容被改动", en: "acknowledges a record, and holds an altered copy" },
    Kind { names: &["hold_twice"], fault: Fault::HoldTwice, points: &[Point::Record], besides: NOWHERE, lasts: 0, zh: "同一记录留存两份", en: "holds a record twice" },
    Kind { names: &["invent"], fault: Fault::Invent, points: &[Point::Record], besides: NOWHERE, lasts: 0, zh: "留存一条无人报送的记录", en: "holds a record besides that nobody sent" },
];

impl Fault {
    /// The line of the table.
    pub(super) fn kind(self) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.fault == self)
    }

    /// Its name in plans, scripts and the summary.
    pub fn name(self) -> &'static str {
        let kind = self.kind().and_then(|kind| kind.names.first());
        kind.copied().unwrap_or_default()
    }
}

/// An example of a script.
const EXAMPLE: &str = r#"
脚本示例 / a script (--script), tried rule by rule; the first that strikes holds:

  seed = 7                # the same seed draws the same for the n-th chance of a place
  [[fault]]
  kind = "5xx"            # a name of the table
  at = "packet"           # nothing: where the table says
  numbers = "3-10"        # of the chances at that place, from 1; also "3" or "3-"
  every = 2               # of these, each second one
  from = "10s"            # since the plan began
  until = "20s"
  rate = 0.5              # of these; nothing: all
  most = 3                # and then never again
  for = "2s"              # how long it lasts, or how late; "-5h" for a clock
"#;

/// The table as help.
pub fn help() -> String {
    let mut text = String::from("故障 / faults (name, where it strikes, what it does):\n");
    for kind in KINDS {
        let points: Vec<&str> = kind.points.iter().map(|point| point.name()).collect();
        let name = kind.names.join(", ");
        let (points, zh, en) = (points.join(", "), kind.zh, kind.en);
        text.extend([
            "  ",
            &name,
            " [",
            &points,
            "]\n      ",
            zh,
            "\n      ",
            en,
            "\n",
        ]);
    }
    text + EXAMPLE
}
