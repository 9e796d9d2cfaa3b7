//! The fixed words around a finding, in the language that was asked for.

use serde_json::Value;
use spec::{Issue, Message, Severity};

/// Language of what is told to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Lang {
    /// Chinese 中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// One of two.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The sentence in this language.
    pub fn of(self, message: &Message) -> &str {
        self.pick(&message.zh, &message.en)
    }

    /// What a finding expected.
    pub fn expected(self, issue: &Issue) -> &str {
        match &*issue.expected_en {
            "" => &issue.expected,
            en => self.pick(&*issue.expected, en),
        }
    }

    /// How bad a finding is.
    pub fn severity(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Error => self.pick("错误", "error"),
            Severity::Warning => self.pick("提示", "warning"),
        }
    }

    /// A patch in words, one sentence per operation.
    pub fn patch(self, operations: &Value) -> Vec<String> {
        let text = |operation: &Value, name: &str| match operation.get(name) {
            Some(Value::String(text)) if name == "value" => format!("\"{text}\""),
            Some(Value::String(text)) => text.trim_start_matches('/').to_owned(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        operations
            .as_array()
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .map(|operation| {
                let path = text(operation, "path");
                match operation.get("op").and_then(Value::as_str) {
                    Some("move") => {
                        let from = text(operation, "from");
                        self.pick(
                            format!("将“{from}”更名为 {path}"),
                            format!("rename `{from}` to {path}"),
                        )
                    }
                    Some("remove") => {
                        self.pick(format!("去掉 {path}"), format!("leave {path} out"))
                    }
                    Some("add") => {
                        let value = text(operation, "value");
                        self.pick(
                            format!("增加 {path}，填写 {value}"),
                            format!("add {path} with {value}"),
                        )
                    }
                    _ => {
                        let value = text(operation, "value");
                        self.pick(
                            format!("将 {path} 改为 {value}"),
                            format!("change {path} to {value}"),
                        )
                    }
                }
            })
            .collect()
    }
}

/// A number with its thousands apart: `1,234`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
