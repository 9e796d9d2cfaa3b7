//! Numbers of rows, written short: `3,7-12` for neighbours that were dealt with together.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A set of positive numbers, as ranges in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Numbers(Vec<(i64, i64)>);

impl Numbers {
    /// The ranges in order: first and last of each.
    pub fn ranges(&self) -> &[(i64, i64)] {
        &self.0
    }

    /// Whether a number is among them.
    pub fn holds(&self, number: i64) -> bool {
        let mut ranges = self.0.iter();
        ranges.any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// How many are smaller than a number.
    pub fn before(&self, number: i64) -> u64 {
        let smaller = self.0.iter().take_while(|(first, _)| *first < number);
        let lengths =
            smaller.map(|(first, last)| number.min(last.saturating_add(1)).abs_diff(*first));
        lengths.fold(0, u64::saturating_add)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        let lengths = self.0.iter().map(|(first, last)| last.abs_diff(*first) + 1);
        lengths.fold(0, u64::saturating_add)
    }
}

impl FromIterator<i64> for Numbers {
    fn from_iter<I: IntoIterator<Item = i64>>(numbers: I) -> Self {
        let mut sorted: Vec<i64> = numbers.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for number in sorted {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
                _ => ranges.push((number, number)),
            }
        }
        Numbers(ranges)
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Numbers {
    type Err = String;

    /// Reads the one form that is written: in order, no overlap, neighbours joined.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no list of numbers in order, such as 3,7-12");
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) else {
                return Err(wrong());
            };
            let after = ranges
                .last()
                .map_or(Some(0), |(_, last)| last.checked_add(1));
            if first > last || after.is_none_or(|after| first <= after) {
                return Err(wrong());
            }
            ranges.push((first, last));
        }
        let numbers = Numbers(ranges);
        (numbers.to_string() == text)
            .then_some(numbers)
            .ok_or_else(wrong)
    }
}

impl From<Numbers> for String {
    fn from(numbers: Numbers) -> String {
        numbers.to_string()
    }
}

impl TryFrom<String> for Numbers {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn neighbours_are_joined_and_read_back() -> Result<(), String> {
        let numbers: Numbers = [9, 3, 8, 7, 3, 11].into_iter().collect();
        assert_eq!(numbers.to_string(), "3,7-9,11");
        assert_eq!(numbers.count(), 5);
        assert_eq!("3,7-9,11".parse::<Numbers>()?, numbers);
        assert_eq!("".parse::<Numbers>()?, Numbers::default());
        Ok(())
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            ",", "0", "3,3", "9,3", "3,4", "7-7", "9-7", "03", "+3", "a", "3, 5", "-3", "3-5,5-7",
        ] {
            assert!(text.parse::<Numbers>().is_err(), "{text}");
        }
    }
}
