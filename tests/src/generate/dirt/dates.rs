//! Dirt in dates: every writing that the field shows, and those that say nothing certain.

use spec::{Field, Format};

use super::{ALL, Kind, Spot, error, repaired};

pub(super) const KINDS: &[Kind] = &[
    repaired("date_dashes", "date", ALL, |spot| {
        instant(spot, |d| {
            format!("{}-{}-{} {}:{}:{}", d.0, d.1, d.2, d.3, d.4, d.5)
        })
    }),
    repaired("date_chinese", "date", ALL, |spot| {
        instant(spot, |d| {
            format!("{}年{}月{}日 {}:{}:{}", d.0, d.1, d.2, d.3, d.4, d.5)
        })
    }),
    repaired("date_chinese_spoken", "date", ALL, |spot| {
        whole_minute(spot, |d| {
            format!("{}年{}月{}日 {}时{}分", d.0, d.1, d.2, d.3, d.4)
        })
    }),
    repaired("date_slashes", "date", ALL, |spot| {
        day(spot, |d| format!("{}/{}/{}", d.0, short(d.1), short(d.2)))
    }),
    repaired("date_midnight", "date", ALL, |spot| {
        day(spot, |d| {
            format!("{}-{}-{} 0:00:00", d.0, short(d.1), short(d.2))
        })
    }),
    repaired("date_dots", "date", ALL, |spot| {
        day(spot, |d| format!("{}.{}.{}", d.0, short(d.1), short(d.2)))
    }),
    repaired("date_too_long", "date", ALL, |spot| {
        write(
            spot,
            |field, _| field.format == Format::Date,
            |d| format!("{}{}{}000000", d.0, d.1, d.2),
        )
    }),
    repaired("date_zone", "date", ALL, |spot| {
        whole_minute(spot, |d| {
            format!("{}-{}-{}T{}:{}:{}+08:00", d.0, d.1, d.2, d.3, d.4, d.5)
        })
    }),
    repaired("date_epoch", "date", ALL, |spot| epoch(spot, 1)),
    repaired("date_epoch_milliseconds", "date", ALL, |spot| {
        epoch(spot, 1000)
    }),
    repaired("date_label", "date", ALL, |spot| {
        whole_minute(spot, |d| {
            format!(
                "发布时间：{}年{}月{}日 {}:{}",
                d.0,
                short(d.1),
                short(d.2),
                d.3,
                d.4
            )
        })
    }),
    repaired("date_blanks", "date", ALL, |spot| {
        whole_minute(spot, |d| {
            format!("{}-{}-{}    {}:{}", d.0, d.1, d.2, d.3, d.4)
        })
    }),
    error("date_two_instants", "field.ambiguous", ALL, |spot| {
        instant(spot, |d| {
            format!(
                "{}年{}月{}日 {}:{} 至 {}年{}月{}日 23:59",
                d.0, d.1, d.2, d.3, d.4, d.0, d.1, d.2
            )
        })
    }),
    error("date_impossible", "field.format", ALL, |spot| {
        instant(spot, |d| format!("{}0231{}{}{}", d.0, d.3, d.4, d.5))
    }),
    repaired("date_serial", "date_serial", ALL, serial),
];

/// Year, month, day, hour, minute, second.
type Parts<'p> = (&'p str, &'p str, &'p str, &'p str, &'p str, &'p str);

fn parts(digits: &str) -> Option<Parts<'_>> {
    let part = |from: usize| digits.get(from..from + 2).unwrap_or("00");
    Some((
        digits.get(..4)?,
        part(4),
        part(6),
        part(8),
        part(10),
        part(12),
    ))
}

fn short(two: &str) -> &str {
    two.strip_prefix('0').unwrap_or(two)
}

fn write(
    spot: &mut Spot<'_>,
    want: impl Fn(&Field, &str) -> bool,
    form: impl Fn(Parts<'_>) -> String,
) -> Option<String> {
    let (id, value) = spot.pick(want)?;
    let text = form(parts(&value)?);
    spot.dirty(&id, text)
}

fn instant(spot: &mut Spot<'_>, form: fn(Parts<'_>) -> String) -> Option<String> {
    write(spot, |field, _| field.format == Format::Second, form)
}

fn whole_minute(spot: &mut Spot<'_>, form: fn(Parts<'_>) -> String) -> Option<String> {
    write(
        spot,
        |field, text| field.format == Format::Second && text.ends_with("00"),
        form,
    )
}

fn day(spot: &mut Spot<'_>, form: fn(Parts<'_>) -> String) -> Option<String> {
    write(
        spot,
        |field, text| {
            field.format == Format::Date
                || field.format == Format::Second && text.ends_with("000000")
        },
        form,
    )
}

/// Days since the first of January 1970, of a day in the calendar.
fn days(parts: Parts<'_>) -> Option<i64> {
    let day = super::super::calendar::day(&format!("{}{}{}", parts.0, parts.1, parts.2)).ok()?;
    let first = jiff::civil::date(1970, 1, 1);
    Some(i64::from(first.until(day).ok()?.get_days()))
}

fn seconds(parts: Parts<'_>) -> Option<i64> {
    let part = |text: &str| text.parse::<i64>().ok();
    Some(days(parts)? * 86_400 + part(parts.3)? * 3_600 + part(parts.4)? * 60 + part(parts.5)?)
}

/// Seconds or milliseconds since 1970 in UTC; China is eight hours ahead.
fn epoch(spot: &mut Spot<'_>, per_second: i64) -> Option<String> {
    let (id, value) = spot.pick(|field, _| field.format == Format::Second)?;
    let figure = (seconds(parts(&value)?)? - 8 * 3_600) * per_second;
    spot.dirty(&id, figure.to_string())
}

/// What a spreadsheet makes of a date.
fn serial(spot: &mut Spot<'_>) -> Option<String> {
    // Days of birth are too long ago to be told from other numbers.
    let (id, value) =
        spot.pick(|field, text| field.format == Format::Date && text.starts_with("20"))?;
    let figure = days(parts(&value)?)? + 25_569;
    spot.dirty(&id, figure.to_string())
}
