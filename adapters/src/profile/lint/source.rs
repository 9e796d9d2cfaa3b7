//! What a profile says of the source itself: who it is, by which ways it sends, and in which forms.

use super::super::{SourceKind, WAYS};
use super::{Page, Profile, Said, near};
use crate::profile::WireFormat;

/// Hours of working time in a year: a source that may be silent for longer is never shown as silent.
const LONGEST_SILENCE: u32 = 2_000;
/// Forms that hold records; the others hold documents of these forms.
const DOCUMENTS: [WireFormat; 6] = [
    WireFormat::Json,
    WireFormat::Ndjson,
    WireFormat::Xml,
    WireFormat::Message,
    WireFormat::Csv,
    WireFormat::Xlsx,
];

/// The forms that a source uses.
pub(super) fn forms(profile: &Profile) -> Vec<WireFormat> {
    let mut forms = vec![profile.wire.format];
    forms.extend(&profile.wire.also);
    forms
}

/// Remarks on the source itself.
pub(super) fn check(page: &mut Page<'_>, profile: &Profile) {
    identity(page, profile);
    ways(page, profile);
    if let Some(hours) = profile.interval_hours
        && !(1..=LONGEST_SILENCE).contains(&hours)
    {
        let said = Said::warning(
            "interval.range",
            (
                format!("通常间隔 {hours} 工作小时没有意义"),
                format!("an interval of {hours} working hours means nothing"),
            ),
            (
                format!("应为 1 至 {LONGEST_SILENCE}；不写则由系统按其报送日学习"),
                format!(
                    "1 to {LONGEST_SILENCE}; without it, it is learnt from the days on which the source sent"
                ),
            ),
        );
        page.at_value(&["interval_hours"], said);
    }
    packages(page, profile);
}

fn identity(page: &mut Page<'_>, profile: &Profile) {
    if profile.version != 1 {
        let found = profile.version;
        let said = Said::error(
            "version.unknown",
            (
                format!("配置文件版本 {found} 尚无定义"),
                format!("version {found} of profiles is not defined"),
            ),
            ("应为 version = 1", "write version = 1"),
        );
        page.at_value(&["version"], said);
    }
    if !profile.id.is_empty() && !Profile::is_id(&profile.id) {
        let said = Said::error(
            "id.form",
            (
                format!("“{}”不能用作来源标识", profile.id),
                format!("`{}` is no identifier of a source", profile.id),
            ),
            (
                "由字母、数字、- 和 _ 组成，至多 64 个字符：它也是文件夹名",
                "letters, digits, - and _, at most 64: it is the name of a folder too",
            ),
        );
        page.at_value(&["id"], said);
    }
    let is_region = profile.region.len() == 6 && profile.region.bytes().all(|c| c.is_ascii_digit());
    if !is_region {
        let said = Said::error(
            "region.form",
            (
                format!("“{}”不是行政区划代码", profile.region),
                format!("`{}` is no region code", profile.region),
            ),
            ("应为六位数字（GB/T 2260）", "six digits (GB/T 2260)"),
        );
        page.at_value(&["region"], said);
    } else if profile.kind == SourceKind::City && profile.id != profile.region {
        let (id, region) = (&profile.id, &profile.region);
        let said = Said::warning(
            "id.region",
            (
                format!("城市来源的标识应为其行政区划代码：id 为 {id}，region 为 {region}"),
                format!("a city is known by its region code: the id is {id}, the region {region}"),
            ),
            (
                "请核对二者；行业系统请写 kind = \"industry\"",
                "check both; for the system of an industry write kind = \"industry\"",
            ),
        );
        page.at_value(&["id"], said);
    }
}

fn ways(page: &mut Page<'_>, profile: &Profile) {
    for (place, way) in profile.ways.iter().enumerate() {
        if !WAYS.contains(&way.as_str()) {
            let place = place.to_string();
            let said = Said::error(
                "way.unknown",
                (
                    format!("没有接入方式“{way}”"),
                    format!("there is no way in `{way}`"),
                ),
                near(
                    way,
                    WAYS,
                    (
                        "应为 http、folder、kafka 或 database",
                        "http, folder, kafka or database",
                    ),
                ),
            );
            page.at_value(&["ways", &place], said);
        }
    }
    let forms = forms(profile);
    let reads = |form: WireFormat| forms.contains(&form);
    let place = |way: &str| profile.ways.iter().position(|known| known == way);
    if let (Some(place), false) = (place("database"), reads(WireFormat::Sql)) {
        let said = Said::error(
            "form.missing",
            (
                "从交换库取数得到的是表的行（sql），但 wire 中没有这种格式",
                "what is fetched from a database are rows (sql), a form that `wire` does not name",
            ),
            (
                "写 format = \"sql\"，或在 also 中加上 \"sql\"",
                "write format = \"sql\", or add \"sql\" to `also`",
            ),
        );
        page.at_value(&["ways", &place.to_string()], said);
    }
    for (form, way) in [(WireFormat::Sql, "database"), (WireFormat::Call, "http")] {
        if reads(form) && place(way).is_none() {
            let name = form.name();
            let said = Said::warning(
                "way.missing",
                (
                    format!("{name} 格式只经 {way} 而来，但 ways 中没有它"),
                    format!("the form {name} comes by {way}, which `ways` does not name"),
                ),
                (
                    format!("在 ways 中加上 \"{way}\"，或改用其他格式"),
                    format!("add \"{way}\" to `ways`, or name another form"),
                ),
            );
            page.at_form(profile, form, said);
        }
    }
}

/// Forms that hold other documents, none of which the source could send.
fn packages(page: &mut Page<'_>, profile: &Profile) {
    let forms = forms(profile);
    for (place, form) in profile.wire.also.iter().enumerate() {
        if *form == profile.wire.format {
            let said = Said::warning(
                "item.repeated",
                (
                    "wire.also 重复了 wire.format",
                    "wire.also repeats wire.format",
                ),
                ("请删去", "take it out"),
            );
            page.at_value(&["wire", "also", &place.to_string()], said);
        }
    }
    let within: [(WireFormat, &[WireFormat], (&str, &str)); 2] = [
        (
            WireFormat::Call,
            &[WireFormat::Xml, WireFormat::Message],
            ("also = [\"xml\"]", "also = [\"xml\"]"),
        ),
        (
            WireFormat::Zip,
            &DOCUMENTS,
            (
                "also 中写明包内文件的格式，例如 [\"xml\"]",
                "the forms of the files in it in `also`, for example [\"xml\"]",
            ),
        ),
    ];
    for (outer, inner, missing) in within {
        if !forms.contains(&outer) || forms.iter().any(|form| inner.contains(form)) {
            continue;
        }
        let name = outer.name();
        let said = Said::error(
            "form.missing",
            (
                format!("{name} 中的文件是另一种格式，此处没有写明，所有报送都会被拒绝"),
                format!(
                    "a {name} holds documents of another form, which is not named: every one would be refused"
                ),
            ),
            (
                format!("请加上 {}", missing.0),
                format!("add {}", missing.1),
            ),
        );
        page.at_form(profile, outer, said);
    }
}

impl Page<'_> {
    /// Remarks on the place where a profile names a form.
    fn at_form(&mut self, profile: &Profile, form: WireFormat, said: Said) {
        let mut also = profile.wire.also.iter();
        match also.position(|known| *known == form) {
            Some(place) if profile.wire.format != form => {
                self.at_value(&["wire", "also", &place.to_string()], said);
            }
            _ => self.at_value(&["wire", "format"], said),
        }
    }
}
