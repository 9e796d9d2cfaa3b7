//! Dates in Chinese numerals, 二〇二五年一月六日: the numerals before a unit of time become digits.

/// Marks behind a figure of a date or a time.
const UNITS: [char; 8] = ['年', '月', '日', '号', '时', '点', '分', '秒'];

/// The text with its Chinese figures of time in digits.
pub(super) fn in_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        if is_numeral(c) {
            run.push(c);
            continue;
        }
        flush(&mut out, &run, UNITS.contains(&c));
        run.clear();
        out.push(c);
    }
    flush(&mut out, &run, false);
    out
}

fn flush(out: &mut String, run: &str, counts: bool) {
    match figure(run) {
        Some(figure) if counts => out.push_str(&figure),
        _ => out.push_str(run),
    }
}

fn is_numeral(c: char) -> bool {
    c == '十' || digit(c).is_some()
}

fn digit(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' | '○' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// 二〇二五 by its digits, 十二 and 三十一 by their value; none if it is neither.
fn figure(run: &str) -> Option<String> {
    if let Some((tens, ones)) = run.split_once('十') {
        let part = |text: &str, empty: u32| {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (None, _) => Some(empty),
                (Some(c), None) => digit(c),
                _ => None,
            }
        };
        return Some((part(tens, 1)? * 10 + part(ones, 0)?).to_string());
    }
    let digits: Option<String> = run
        .chars()
        .map(|c| digit(c).and_then(|digit| char::from_digit(digit, 10)))
        .collect();
    digits.filter(|digits| !digits.is_empty())
}
