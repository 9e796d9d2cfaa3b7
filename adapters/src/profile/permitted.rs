//! Which data sets a source may send.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use spec::{Dataset, Library};

/// Words joined with `;`, each of which permits data sets: a library (`subject`), an industry whose
/// trading data it means (`general`, `housing`), a class by its Chinese name, a data set by number or
/// column code, or a range of numbers (`500-523`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted {
    text: String,
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Library(Library),
    Range(u16, u16),
    Name(String),
}

impl Permitted {
    fn parse(text: &str) -> Result<Self, String> {
        let mut words = Vec::new();
        for word in text.split(';').map(str::trim) {
            words.push(match word {
                "" => return Err("an empty word".to_owned()),
                "transaction" => Word::Library(Library::Transaction),
                "subject" => Word::Library(Library::Subject),
                "expert" => Word::Library(Library::Expert),
                "credit" => Word::Library(Library::Credit),
                "supervision" => Word::Library(Library::Supervision),
                "price" => Word::Library(Library::Price),
                _ => match range(word) {
                    Some((first, last)) if first > last => {
                        return Err(format!("`{word}`, which runs backwards"));
                    }
                    Some((first, last)) => Word::Range(first, last),
                    None => Word::Name(word.to_owned()),
                },
            });
        }
        Ok(Permitted {
            text: text.to_owned(),
            words,
        })
    }

    /// Whether the data set is among them.
    pub fn permits(&self, dataset: &Dataset) -> bool {
        self.words.iter().any(|word| match word {
            Word::Library(library) => dataset.library == *library,
            Word::Range(first, last) => (*first..=*last).contains(&dataset.code),
            Word::Name(name) => {
                *name == dataset.id
                    || *name == dataset.class
                    || (*name == dataset.industry && dataset.library == Library::Transaction)
            }
        })
    }

    /// Words that permit nothing in an edition: slips, or data sets that it does not have.
    pub fn idle<'w>(&'w self, edition: &spec::Edition) -> Vec<&'w str> {
        let permits = |word: &Permitted| edition.datasets.iter().any(|set| word.permits(set));
        let words = self.text.split(';').map(str::trim);
        words
            .filter(|word| !Permitted::parse(word).is_ok_and(|word| permits(&word)))
            .collect()
    }

    /// The words as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn range(word: &str) -> Option<(u16, u16)> {
    match word.split_once('-') {
        Some((first, last)) => Some((first.trim().parse().ok()?, last.trim().parse().ok()?)),
        None => word.parse().ok().map(|number| (number, number)),
    }
}

impl<'de> Deserialize<'de> for Permitted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Permitted::parse(&text).map_err(|found| {
            D::Error::custom(format!(
                "{found}, expected libraries, industries, classes, data sets or ranges joined with `;`"
            ))
        })
    }
}
