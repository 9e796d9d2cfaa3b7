//! Lists in pages: `?after=&limit=`, and the number to ask for next.

use serde::Serialize;

use crate::error::{Error, ErrorCode};

/// Most items of a page.
const MOST: i64 = 1000;
/// Items of a page when nothing is said.
const USUAL: i64 = 100;

/// One page.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// Items in order.
    pub items: Vec<T>,
    /// What to send as `after` for the next page; none at the end.
    pub next: Option<String>,
}

/// Checks a page length.
pub fn limit(asked: Option<i64>) -> Result<i64, Error> {
    match asked {
        None => Ok(USUAL),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(limit) => Err(Error::request(
            ErrorCode::Parameter,
            (
                format!("参数 limit 为 {limit}，应为 1 至 {MOST}"),
                format!("`limit` is {limit}, expected 1 to {MOST}"),
            ),
        )),
    }
}

/// Makes a page of items that were asked for with one more than the limit.
pub fn page<T>(mut items: Vec<T>, limit: i64, number: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() as i64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or_default());
    let next = if more { items.last().map(number) } else { None };
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next() {
        let text = |number: &i64| number.to_string();
        assert_eq!(page(vec![4, 5, 6], 2, text).next.as_deref(), Some("5"));
        assert_eq!(page(vec![4, 5], 2, text).next, None);
        assert!(limit(Some(1001)).is_err());
        assert!(limit(Some(0)).is_err());
        assert_eq!(limit(None).ok(), Some(100));
    }
}
