//! How far an examination has come, for whoever waits beside it.

use spec::Message;

use super::book::Book;

/// What was met so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    steps: usize,
    begun: usize,
    receipted: usize,
    settled: bool,
    quiet: u64,
}

impl Progress {
    /// As the book shows it; after so many seconds without a request the sender is graded.
    pub fn of(book: &Book, quiet: u64) -> Self {
        let stories = book.stories.iter();
        Progress {
            steps: book.steps().len(),
            begun: book.begun(),
            receipted: stories.filter(|story| story.is_receipted()).count(),
            settled: book.is_settled(),
            quiet,
        }
    }

    /// In words.
    pub fn told(self) -> Message {
        let Progress {
            steps,
            begun,
            receipted,
            settled,
            quiet,
        } = self;
        let (next_zh, next_en) = match (settled, steps - begun) {
            (true, _) => (
                format!("全部步骤已检测，{quiet} 秒内无新的请求即开始评定"),
                format!("every step was met; graded after {quiet} s without a request"),
            ),
            (false, 0) => (
                "等待尚未取得回执的批次重发".to_owned(),
                "waiting for what has no receipt yet".to_owned(),
            ),
            (false, more) => (
                format!("等待另外 {more} 批"),
                format!("waiting for {more} more submissions"),
            ),
        };
        Message::new(
            format!("已检测 {begun}/{steps} 步，取得回执 {receipted} 批；{next_zh}"),
            format!("{begun} of {steps} steps met, {receipted} submissions receipted; {next_en}"),
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::book::Arrival;
    use super::super::script::Script;
    use super::*;

    #[test]
    fn what_is_waited_for_is_said() {
        let text =
            "valid_days = 1\n[[step]]\nfault = \"none\"\n[[step]]\nfault = \"lost_receipt\"\n";
        let mut book = Book::new(&Script::parse(text).unwrap());
        let told = |book: &Book| Progress::of(book, 5).told().en.into_owned();
        assert!(
            told(&book).contains("0 of 2 steps met, 0 submissions receipted; waiting for 2 more")
        );
        for (number, status, words) in [
            (
                "a",
                200,
                "1 of 2 steps met, 1 submissions receipted; waiting for 1 more",
            ),
            (
                "b",
                502,
                "2 of 2 steps met, 1 submissions receipted; waiting for what has no receipt",
            ),
            (
                "b",
                200,
                "2 of 2 steps met, 2 submissions receipted; every step was met; graded after 5 s",
            ),
        ] {
            let arrival = Arrival {
                number: number.to_owned(),
                sequence: None,
                sha256: number.to_owned(),
                with_new_key: false,
            };
            let order = book.enter(0, &arrival).unwrap();
            book.answered(0, order, Some(status));
            assert!(told(&book).contains(words), "{}", told(&book));
        }
    }
}
