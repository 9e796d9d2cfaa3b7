//! Repairs of numbers: thousands separators, units, labels, Chinese numerals; amounts are brought to the unit of their
//! field.

use super::Reason;
use super::amount::{self, Figure, Reading, Suffix};
use super::beside::{self, Beside};
use super::number::Decimal;
use super::text::{Work, narrow};
use crate::record::Kind;
use crate::validate::structure::{self, Trouble};
use crate::{Field, Unit};

/// Power of ten of 万元.
const WAN_YUAN: i32 = 4;

/// Repairs a number; says what is wrong with it if that is more than its format.
pub(super) fn repair(
    field: &Field,
    work: &mut Work,
    kind: Kind,
    beside: Beside,
) -> Option<Trouble> {
    narrow(work);
    if kind == Kind::Text && structure::is_lost_code(&work.text) {
        return Some(Trouble::Lost);
    }
    if let Some(decimal) = Decimal::parse(&work.text) {
        work.step(Reason::Number, decimal.to_string());
        return None;
    }
    let (figure, sure) = match amount::read(&work.text) {
        Reading::Sure(figure) => (figure, true),
        Reading::Perhaps(figure) => (figure, false),
        Reading::None => return None,
    };
    let converted = converted(field, &figure, beside);
    match converted {
        Converted::Figure(text) if sure => {
            let why = match figure.suffix {
                _ if figure.numerals => Reason::Numerals,
                Some(_) => Reason::Unit,
                None => Reason::Number,
            };
            work.step(why, text);
            None
        }
        Converted::Figure(text) => Some(Trouble::Ambiguous(vec![text])),
        Converted::Several(readings) => Some(Trouble::Ambiguous(readings)),
        Converted::Unknown => Some(Trouble::Unit(figure.decimal.to_string())),
        // A number without a unit of its own counts what its name says.
        Converted::Foreign if field.unit.is_none() => {
            Some(Trouble::Ambiguous(vec![figure.decimal.to_string()]))
        }
        Converted::Foreign => None,
    }
}

/// A figure in the unit of its field.
enum Converted {
    Figure(String),
    /// Yuan as its sign says by custom, or the unit that the field counts in.
    Several(Vec<String>),
    /// An amount of money where the record does not say in which unit it counts.
    Unknown,
    /// The unit of something else.
    Foreign,
}

fn converted(field: &Field, figure: &Figure, beside: Beside) -> Converted {
    let decimal = &figure.decimal;
    let Some(suffix) = figure.suffix else {
        return Converted::Figure(decimal.to_string());
    };
    let counted = match (&field.unit, beside) {
        (Some(Unit::WanYuan), _) => WAN_YUAN,
        (Some(Unit::By(_)), Beside::Said(unit)) => unit,
        _ => 0,
    };
    if suffix == Suffix::Sign && counted != 0 {
        let as_yuan = decimal.clone().shifted(-counted);
        let readings = [Some(decimal.clone()), as_yuan].into_iter().flatten();
        return Converted::Several(readings.map(|figure| figure.to_string()).collect());
    }
    let suffix = match suffix {
        Suffix::Sign => Suffix::Money(0),
        other => other,
    };
    let places = match (&field.unit, suffix) {
        (Some(Unit::By(_)), Suffix::Money(power)) => match beside {
            Beside::Said(unit) => power - unit,
            Beside::Empty(_, named) if named == power => power - beside::fitting(power).1,
            _ => return Converted::Unknown,
        },
        (None, Suffix::Money(_)) => return Converted::Unknown,
        (unit, suffix) => match amount::power(unit.as_ref(), suffix) {
            Some(places) => places,
            None => return Converted::Foreign,
        },
    };
    match decimal.clone().shifted(places) {
        Some(converted) => Converted::Figure(converted.to_string()),
        None => Converted::Foreign,
    }
}
