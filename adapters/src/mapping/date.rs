//! Date forms that only the source can explain: day before month, counts of seconds, names without zeros.

use spec::Format;

/// A date form of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// Seconds (or thousandths) since 1970 in Coordinated Universal Time; kept as time in China.
    Epoch { per_second: i64 },
    /// Parts in order, with what stands between them.
    Parts(Vec<Part>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Which of year, month, day, hour, minute, second (0 to 5), with the digits it has at least and at most.
    Figure(usize, usize, usize),
    Literal(char),
}

impl DateForm {
    /// Reads a form such as `d/M/yyyy H:mm`; says what was expected when it is none.
    pub fn parse(form: &str) -> Result<Self, &'static str> {
        match form {
            "epoch_seconds" => return Ok(DateForm::Epoch { per_second: 1 }),
            "epoch_milliseconds" => return Ok(DateForm::Epoch { per_second: 1_000 }),
            _ => {}
        }
        let mut parts = Vec::new();
        let mut chars = form.chars().peekable();
        while let Some(c) = chars.next() {
            let Some(which) = "yMdHms".find(c) else {
                parts.push(Part::Literal(c));
                continue;
            };
            let mut letters = 1;
            while chars.next_if_eq(&c).is_some() {
                letters += 1;
            }
            parts.push(match (which, letters) {
                (0, 4) => Part::Figure(0, 4, 4),
                (1..=5, 1) => Part::Figure(which, 1, 2),
                (1..=5, 2) => Part::Figure(which, 2, 2),
                _ => return Err("a form made of yyyy, M, MM, d, dd, H, HH, mm, ss"),
            });
        }
        let has = |which| {
            parts
                .iter()
                .any(|part| matches!(part, Part::Figure(other, ..) if *other == which))
        };
        if has(0) && has(1) && has(2) {
            Ok(DateForm::Parts(parts))
        } else {
            Err("a form with yyyy, M and d, or `epoch_seconds` or `epoch_milliseconds`")
        }
    }

    /// Brings a value to the digits of a field's format; none when it is not of this form.
    pub fn convert(&self, text: &str, format: Format) -> Option<String> {
        let [y, mo, d, h, mi, s] = match self {
            DateForm::Epoch { per_second } => since_epoch(text.trim().parse().ok()?, *per_second)?,
            DateForm::Parts(parts) => read(parts, text.trim())?,
        };
        if !(1..=12).contains(&mo) || !(1..=31).contains(&d) || h > 24 || mi > 59 || s > 59 {
            return None;
        }
        match format {
            Format::Date => Some(format!("{y:04}{mo:02}{d:02}")),
            Format::Minute => Some(format!("{y:04}{mo:02}{d:02}{h:02}{mi:02}")),
            Format::Second => Some(format!("{y:04}{mo:02}{d:02}{h:02}{mi:02}{s:02}")),
            _ => None,
        }
    }
}

fn read(parts: &[Part], text: &str) -> Option<[i64; 6]> {
    let mut figures = [0; 6];
    let mut rest = text;
    for part in parts {
        match *part {
            Part::Literal(c) => rest = rest.strip_prefix(c)?,
            Part::Figure(which, least, most) => {
                let digits = rest
                    .bytes()
                    .take(most)
                    .take_while(u8::is_ascii_digit)
                    .count();
                if digits < least {
                    return None;
                }
                let (figure, after) = rest.split_at_checked(digits)?;
                *figures.get_mut(which)? = figure.parse().ok()?;
                rest = after;
            }
        }
    }
    rest.is_empty().then_some(figures)
}

/// Date and time in China (eight hours ahead) of a count since 1970, by the civil calendar.
fn since_epoch(count: i64, per_second: i64) -> Option<[i64; 6]> {
    let seconds = count.div_euclid(per_second).checked_add(8 * 3_600)?;
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days are counted from 1 March of year 0, so that the leap day is the last of its year.
    let z = days.checked_add(719_468)?;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (0..=9_999).contains(&year).then_some([
        year,
        month,
        doy - (153 * mp + 2) / 5 + 1,
        second / 3_600,
        second / 60 % 60,
        second % 60,
    ])
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn forms_become_the_digits_of_the_field() {
        let form = DateForm::parse("d/M/yyyy H:mm").unwrap();
        assert_eq!(
            form.convert("5/1/2026 9:30", Format::Minute).as_deref(),
            Some("202601050930")
        );
        assert_eq!(
            form.convert("5/1/2026 9:30", Format::Second).as_deref(),
            Some("20260105093000")
        );
        assert_eq!(form.convert("2026/1/5", Format::Date), None);
        assert_eq!(form.convert("5/13/2026 9:30", Format::Date), None);
        let epoch = DateForm::parse("epoch_milliseconds").unwrap();
        assert_eq!(
            epoch.convert("1709164799999", Format::Second).as_deref(),
            Some("20240229075959")
        );
        let seconds = DateForm::parse("epoch_seconds").unwrap();
        assert_eq!(
            seconds.convert("0", Format::Second).as_deref(),
            Some("19700101080000")
        );
    }

    #[test]
    fn a_form_without_a_year_is_refused() {
        for form in ["", "M/d", "yy/M/d", "yyyyMMM"] {
            assert!(DateForm::parse(form).is_err(), "{form}");
        }
    }
}
