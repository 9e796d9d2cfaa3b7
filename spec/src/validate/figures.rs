//! Numbers in rules: amounts brought to yuan, and comparisons that forgive what floating point does.

use crate::normalize::Normalized;
use crate::{Dataset, Field, FieldIndex, Unit};

/// One side of a comparison: a value, its field, and how many yuan its unit is (a power of ten).
#[derive(Debug, Clone)]
pub(crate) struct Side<'v> {
    pub text: &'v str,
    pub field: Option<&'v Field>,
    scale: Option<i32>,
}

impl<'v> Side<'v> {
    /// A field of the record that is judged.
    pub fn own(record: &'v Normalized<'_, '_>, place: FieldIndex) -> Option<Self> {
        let field = record.dataset.field(place)?;
        Some(Side {
            text: record.text(place)?,
            field: Some(field),
            scale: scale(field, |other| record.text(other)),
        })
    }

    /// A field of another record.
    pub fn of(
        body: &'v serde_json::Map<String, serde_json::Value>,
        dataset: &'v Dataset,
        place: FieldIndex,
    ) -> Option<Self> {
        let field = dataset.field(place)?;
        let text = |place: FieldIndex| body.get(&dataset.field(place)?.id)?.as_str();
        Some(Side {
            text: text(place)?,
            field: Some(field),
            scale: scale(field, text),
        })
    }

    /// A fixed value of the rule.
    pub fn fixed(text: &'v str) -> Self {
        Side {
            text,
            field: None,
            scale: Some(0),
        }
    }

    /// The number, in yuan if asked for; none if it is no number or its unit is not known.
    pub fn number(&self, in_yuan: bool) -> Option<f64> {
        let number = self.text.parse::<f64>().ok()?;
        if !in_yuan {
            return Some(number);
        }
        Some(number * 10_f64.powi(self.scale?))
    }

    /// Parts of one in which [`Side::exact`] counts.
    pub const PARTS: f64 = 1e10;

    /// The number in parts of [`Self::PARTS`]: sums of these are the same in whatever order they are made.
    pub fn exact(&self, in_yuan: bool) -> Option<i128> {
        let scale = if in_yuan { self.scale? } else { 0 };
        let (whole, fraction) = self.text.split_once('.').unwrap_or((self.text, ""));
        let places = usize::try_from(10 + scale).ok()?;
        let fraction = fraction.trim_end_matches('0');
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_plain = digits(whole.trim_start_matches('-')) && digits(fraction);
        if is_plain && fraction.len() <= places && whole.len() + places < 36 {
            return format!("{whole}{fraction:0<places$}").parse().ok();
        }
        // Finer than any amount is written, or greater: as near as it can be had.
        let parts = (self.number(in_yuan)? * Self::PARTS).round();
        (parts.abs() < 1e36).then_some(parts as i128)
    }

    /// Whether the value is several.
    pub fn is_list(&self) -> bool {
        self.field.is_some_and(|field| field.list)
    }
}

fn scale<'t>(field: &Field, text: impl Fn(FieldIndex) -> Option<&'t str>) -> Option<i32> {
    match &field.unit {
        Some(Unit::WanYuan) => Some(4),
        Some(Unit::By(other)) => match text(*other)? {
            "0" => Some(0),
            "1" => Some(4),
            _ => None,
        },
        _ => Some(0),
    }
}

/// Whether `a` is at most `b`, but for what floating point adds.
pub(super) fn at_most(a: f64, b: f64) -> bool {
    a <= b + 1e-9 * b.abs().max(1.0)
}

/// Whether two figures agree within a relative tolerance.
pub(super) fn agree(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance.max(1e-9) * b.abs().max(1e-9)
}

/// A figure for people: without the digits that floating point adds.
pub(super) fn plain(figure: f64) -> String {
    let text = format!("{figure:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
