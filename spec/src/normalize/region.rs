//! Regions by their names, by the path of their names, and by codes of another length.
//!
//! `江苏省,常州市`, `行政区:广西壮族 > 钦州市 > 灵山县`, `曲靖市本级`, `32`, `320102000000`. A name that several regions
//! bear is told with all of them, and never chosen.

use super::Reason;
use super::code::Meaning;
use crate::{CodeTable, CodeValue};

/// Endings that people leave out of the names of regions.
const ENDINGS: [&str; 6] = ["", "省", "市", "自治区", "县", "区"];

/// Endings that stay when the middle of a long name is left out: 延边州 for 延边朝鲜族自治州.
const SHORT_ENDINGS: [char; 5] = ['州', '盟', '县', '旗', '区'];

/// Steps of a path that name no region: 上海市市辖区, 重庆市所辖县, 省直辖县级行政单位.
const BETWEEN: [&str; 3] = ["市辖区", "所辖县", "直辖县级"];

/// Regions that a finding names at most.
const SHOWN: usize = 6;

/// What a text that is neither a code nor a unique name stands for.
pub(super) fn read(table: &CodeTable, text: &str) -> Meaning {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return by_digits(table, text);
    }
    let path = text.rsplit(':').next().unwrap_or(text);
    let names: Vec<&str> = path
        .split([',', '>', '/', ' ', '-', '、', '·', '|', ';', '\\', '_'])
        .map(|name| name.trim_end_matches("本级"))
        .filter(|name| !name.is_empty() && !BETWEEN.iter().any(|word| name.contains(word)))
        .collect();
    let found = |code: &str| Meaning::Code(code.to_owned(), Reason::RegionName);
    // Most paths are whole ones: they need no search.
    if let Some(code) = table.by_name.get(&names.concat()) {
        return found(code);
    }
    let mut names = names.into_iter().rev();
    let Some(last) = names.next() else {
        return Meaning::Unknown;
    };
    let above: Vec<&str> = names.collect();
    if above.is_empty()
        && let Some(code) = table.by_name.get(last)
    {
        return found(code);
    }
    let full = ENDINGS.map(|ending| format!("{last}{ending}"));
    let current = |named: &dyn Fn(&CodeValue) -> bool| -> Vec<&String> {
        let fits = |value: &CodeValue| {
            value.valid_to.is_none() && named(value) && is_below(table, value, &above)
        };
        let rows = table.values.iter().filter(|(_, value)| fits(value));
        rows.map(|(code, _)| code).collect()
    };
    let exact = current(&|value| full.contains(&value.name));
    match exact.as_slice() {
        [] => {}
        [code] => return found(code),
        several => return Meaning::Several(told(table, several)),
    }
    if last.chars().count() < 2 {
        return Meaning::Unknown;
    }
    // A county that became a city or a district keeps its stem; but whether it is the same, only the sender knows.
    let kin = Kin::of(last);
    if let Some(kin) = &kin {
        match current(&|value| kin.has(value)).as_slice() {
            [] => {}
            several => return Meaning::Several(told(table, several)),
        }
    }
    // A name cut short (内蒙古, 阿拉善, 延边州, 彭水) stands for the highest region that begins with it, and ends as it does
    // if it kept the ending.
    let ending = last
        .chars()
        .next_back()
        .filter(|c| SHORT_ENDINGS.contains(c));
    let stem = last.trim_end_matches(SHORT_ENDINGS);
    let stem = if stem.chars().count() < 2 { last } else { stem };
    let begins = |value: &CodeValue| {
        value.name.starts_with(stem) && ending.is_none_or(|ending| value.name.ends_with(ending))
    };
    for level in ["province", "city", "county"] {
        let of_level = |value: &CodeValue| value.level.as_deref() == Some(level);
        match current(&|value| of_level(value) && begins(value)).as_slice() {
            [] => {}
            [code] => return found(code),
            several => return Meaning::Several(told(table, several)),
        }
    }
    // A county that went to another city, or whose city was renamed, is still below its province. Several of that name
    // below it (市中区) are the districts of other cities than the one that was named.
    if let [province, _, ..] = above.iter().rev().collect::<Vec<_>>().as_slice() {
        let moved = |value: &CodeValue| {
            let own = full.contains(&value.name) || kin.as_ref().is_some_and(|kin| kin.has(value));
            own && value.valid_to.is_none() && is_below(table, value, &[**province])
        };
        let mut rows = table.values.iter().filter(|(_, value)| moved(value));
        if let (Some((code, _)), None) = (rows.next(), rows.next()) {
            return Meaning::Several(told(table, &[code]));
        }
    }
    Meaning::Unknown
}

/// What a region may be called since it became one of another kind: 邵东县 邵东市, 万山特区 万山区, 海东地区 海东市.
struct Kin {
    names: Vec<String>,
    level: &'static str,
}

impl Kin {
    fn of(name: &str) -> Option<Self> {
        let prefecture = name.strip_suffix("地区").map(|stem| (stem, "city"));
        let county = || {
            let special = name.strip_suffix("特区");
            let stem = special.or_else(|| name.strip_suffix(['县', '市', '区']));
            stem.map(|stem| (stem, "county"))
        };
        let (stem, level) = prefecture.or_else(county)?;
        let endings: &[&str] = if level == "city" {
            &["市"]
        } else {
            &["县", "市", "区"]
        };
        (stem.chars().count() >= 2).then(|| Kin {
            names: endings
                .iter()
                .map(|ending| format!("{stem}{ending}"))
                .collect(),
            level,
        })
    }

    fn has(&self, value: &CodeValue) -> bool {
        value.level.as_deref() == Some(self.level) && self.names.contains(&value.name)
    }
}

/// Codes of provinces and cities without their zeros, and of towns and villages, which begin with their county's.
fn by_digits(table: &CodeTable, text: &str) -> Meaning {
    let code = match text.len() {
        2 | 4 => format!("{text:0<6}"),
        9 | 12 => text.get(..6).unwrap_or_default().to_owned(),
        _ => return Meaning::Unknown,
    };
    if table.values.contains_key(&code) {
        Meaning::Code(code, Reason::RegionCode)
    } else {
        Meaning::Unknown
    }
}

/// Codes with the whole names of their regions, in the order of the codes.
fn told(table: &CodeTable, codes: &[&String]) -> Vec<String> {
    let mut codes = codes.to_vec();
    codes.sort();
    let whole = |code: &&String| {
        let mut name = String::new();
        let mut next = Some(code.as_str());
        // A region has at most two parents; the bound only guards against a circle in the data.
        for _ in 0..3 {
            let Some(value) = next.and_then(|code| table.values.get(code)) else {
                break;
            };
            name.insert_str(0, &value.name);
            next = value.parent.as_deref();
        }
        format!("{code} {name}")
    };
    codes.iter().take(SHOWN).map(whole).collect()
}

/// Whether the names stand in the chain of parents, nearest first (names may be shortened, and said twice:
/// `北京 北京市 昌平区`, `滨州市 滨州市本级`).
fn is_below(table: &CodeTable, value: &CodeValue, above: &[&str]) -> bool {
    let mut names = above.iter().peekable();
    let mut next = Some(value);
    // A region has at most two parents; the bound only guards against a circle in the data.
    for _ in 0..4 {
        let Some(value) = next else {
            break;
        };
        while names
            .next_if(|name| value.name.starts_with(**name))
            .is_some()
        {}
        next = value
            .parent
            .as_deref()
            .and_then(|code| table.values.get(code));
    }
    names.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::sample::nested;

    #[test]
    fn regions_are_found_by_name_and_path() {
        let mut regions = nested(
            "region",
            &[
                ("320000", "江苏省", None),
                ("320100", "南京市", Some("320000")),
                ("320106", "鼓楼区", Some("320100")),
                ("320300", "徐州市", Some("320000")),
                ("320302", "鼓楼区", Some("320300")),
                ("152900", "阿拉善盟", None),
                ("500109", "北碚区", None),
                ("222400", "延边朝鲜族自治州", None),
            ],
        );
        for city in ["152900", "222400"] {
            if let Some(city) = regions.values.get_mut(city) {
                city.level = Some("city".to_owned());
            }
        }
        regions.by_name.remove("鼓楼区");
        for (text, code) in [
            ("江苏省", Some("320000")),
            ("江苏", Some("320000")),
            ("南京", Some("320100")),
            ("江苏省,徐州市", Some("320300")),
            ("行政区:江苏 > 徐州市 > 鼓楼区", Some("320302")),
            ("江苏省,南京市,鼓楼区", Some("320106")),
            ("南京市本级", Some("320100")),
            ("江苏省,南京市 南京市本级", Some("320100")),
            ("江苏 江苏省 南京市 鼓楼区", Some("320106")),
            ("江苏省 > 南京市市辖区 > 鼓楼区", None),
            ("南京市,南京市市辖区", Some("320100")),
            ("阿拉善", Some("152900")),
            ("北碚", Some("500109")),
            ("延边州", Some("222400")),
            ("延边县", None),
            ("鼓楼区", None),
            ("浙江省,南京市", None),
            ("全国", None),
            ("", None),
        ] {
            let found = match super::super::code::read(&regions, text) {
                Meaning::Code(code, Reason::RegionName) => Some(code),
                _ => None,
            };
            assert_eq!(found.as_deref(), code, "{text}");
        }
    }

    #[test]
    fn a_name_of_several_regions_is_told_with_all_of_them() {
        let mut regions = nested(
            "region",
            &[
                ("320000", "江苏省", None),
                ("320100", "南京市", Some("320000")),
                ("320106", "鼓楼区", Some("320100")),
                ("350102", "鼓楼区", None),
            ],
        );
        regions.by_name.remove("鼓楼区");
        let both = ["320106 江苏省南京市鼓楼区", "350102 鼓楼区"];
        assert_eq!(
            read(&regions, "鼓楼"),
            Meaning::Several(both.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn a_county_that_became_a_city_or_moved_is_asked_about() {
        let mut regions = nested(
            "region",
            &[
                ("430000", "湖南省", None),
                ("430500", "邵阳市", Some("430000")),
                ("430582", "邵东市", Some("430500")),
            ],
        );
        if let Some(city) = regions.values.get_mut("430582") {
            city.level = Some("county".to_owned());
        }
        let kin = || Meaning::Several(vec!["430582 湖南省邵阳市邵东市".to_owned()]);
        assert_eq!(read(&regions, "湖南省 邵东县"), kin());
        assert_eq!(read(&regions, "湖南省 衡阳市 邵东市"), kin());
        assert_eq!(read(&regions, "广东省 衡阳市 邵东市"), Meaning::Unknown);
        assert_eq!(read(&regions, "广东省 邵东县"), Meaning::Unknown);
    }

    #[test]
    fn what_another_kind_of_region_became_is_asked_about_and_districts_of_other_cities_are_not() {
        let mut regions = nested(
            "region",
            &[
                ("510000", "四川省", None),
                ("511000", "内江市", Some("510000")),
                ("511002", "市中区", Some("511000")),
                ("511100", "乐山市", Some("510000")),
                ("511102", "市中区", Some("511100")),
                ("520000", "贵州省", None),
                ("520600", "铜仁市", Some("520000")),
                ("520603", "万山区", Some("520600")),
            ],
        );
        for (code, level) in [("520600", "city"), ("520603", "county")] {
            if let Some(value) = regions.values.get_mut(code) {
                value.level = Some(level.to_owned());
            }
        }
        let asked = |code: &str| Meaning::Several(vec![code.to_owned()]);
        for (text, meaning) in [
            ("贵州省,铜仁地区", asked("520600 贵州省铜仁市")),
            (
                "贵州省,铜仁地区 万山特区",
                asked("520603 贵州省铜仁市万山区"),
            ),
            // The city that is named has none; those of its neighbours are not meant.
            ("四川省,广元市 市中区", Meaning::Unknown),
        ] {
            assert_eq!(read(&regions, text), meaning, "{text}");
        }
    }

    #[test]
    fn codes_of_other_lengths_are_brought_to_six_digits() {
        let regions = nested(
            "region",
            &[("320000", "江苏省", None), ("320102", "玄武区", None)],
        );
        for (text, code) in [
            ("32", Some("320000")),
            ("3201", None),
            ("320102000000", Some("320102")),
            ("320102001", Some("320102")),
            ("32010", None),
            ("329999000000", None),
        ] {
            let found = match read(&regions, text) {
                Meaning::Code(code, Reason::RegionCode) => Some(code),
                _ => None,
            };
            assert_eq!(found.as_deref(), code, "{text}");
        }
    }
}
