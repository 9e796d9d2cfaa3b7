//! What a profile says of records that come together: levels of a document of nested records, and wide rows.

use spec::Dataset;

use super::names::{Place, dataset};
use super::source::forms;
use super::wire::{JSON, unread};
use super::{Editions, Page, Profile, Said, near};
use crate::mapping::{Plan, Target};
use crate::profile::{Level, Shape};

/// Remarks on levels and on wide rows.
pub(super) fn check(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    let wire = &profile.wire;
    match (wire.shape == Shape::Nested, wire.nested.is_empty()) {
        (true, true) => {
            let said = Said::error(
                "nested.missing",
                (
                    "shape 为 nested，但没有写各层（[[wire.nested]]）",
                    "the shape is `nested`, but no level is described",
                ),
                (
                    "为每一层写一段 [[wire.nested]]：path 和 into",
                    "write [[wire.nested]] with `path` and `into` for each level",
                ),
            );
            page.at_value(&["wire", "shape"], said);
        }
        (false, false) => {
            let said = Said::warning(
                "key.idle",
                (
                    "只有 shape = \"nested\" 时才看 nested，此处不起作用",
                    "levels are read with shape = `nested` only, so this does nothing",
                ),
                (
                    "加上 shape = \"nested\"，或删去各层",
                    "add shape = `nested`, or take the levels out",
                ),
            );
            page.at_name_if_there(&["wire", "nested"], said);
        }
        _ => {}
    }
    for (number, level) in wire.nested.iter().enumerate() {
        let number = number.to_string();
        for (place, set) in level.into.iter().enumerate() {
            let way = ["wire", "nested", &number, "into", &place.to_string()];
            dataset(page, profile, editions, set, &Place::Value(&way));
        }
        never_made(
            page,
            profile,
            editions,
            &level.into,
            &["wire", "nested", &number, "into"],
        );
        reached(page, profile, level, &number);
        carried(page, profile, editions, level, &number);
    }
    wide(page, profile, editions);
}

fn wide(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    if !profile.wide.is_empty() && !forms(profile).iter().any(|form| JSON.contains(form)) {
        page.at_name_if_there(&["wide"], unread("wide", &JSON));
    }
    for (name, sets) in &profile.wide {
        for (place, set) in sets.iter().enumerate() {
            let way = ["wide", name, &place.to_string()];
            dataset(page, profile, editions, set, &Place::Value(&way));
        }
        never_made(page, profile, editions, sets, &["wide", name]);
        if let [only] = sets.as_slice() {
            let said = Said::warning(
                "wide.single",
                (
                    format!("“{name}”只含数据集 {only}，不是多数据集的行"),
                    format!("`{name}` holds one data set, {only}: it is no wide row"),
                ),
                (
                    format!("请写入 [names]：\"{name}\" = \"{only}\""),
                    format!("put it under [names]: \"{name}\" = \"{only}\""),
                ),
            );
            page.at_name(&["wide", name], said);
        }
        if !editions.dataset(name).is_empty() || profile.names.contains_key(name) {
            let said = Said::warning(
                "wide.shadowed",
                (
                    format!("“{name}”也是数据集的名称，此处优先"),
                    format!("`{name}` is the name of a data set too; this wins"),
                ),
                (
                    "若行中只有该数据集，请删去此处",
                    "take it out if its rows hold that data set alone",
                ),
            );
            page.at_name(&["wide", name], said);
        }
    }
}

/// The profile compiled for data sets, each in the first edition that has it; those that are unknown are passed over.
fn plans<'e>(
    profile: &Profile,
    editions: &Editions<'e>,
    names: impl IntoIterator<Item = &'e str>,
) -> Vec<(&'e Dataset, Plan)> {
    let sets = names
        .into_iter()
        .filter_map(|name| editions.dataset(name).first().copied());
    sets.filter_map(|set| Some((set, Plan::new(profile, set).ok()?)))
        .collect()
}

/// A data set after the first one of a row is made only where the row has a value that this data set alone knows.
fn never_made<'e>(
    page: &mut Page<'_>,
    profile: &Profile,
    editions: &Editions<'e>,
    into: &'e [String],
    way: &[&str],
) {
    let plans = plans(profile, editions, into.iter().map(String::as_str));
    if plans.len() != into.len() {
        return;
    }
    for (place, (set, plan)) in plans.iter().enumerate().skip(1) {
        let knows =
            |plan: &Plan, name: &str| !matches!(plan.find(name), Target::Unknown | Target::Drop);
        let others = plans
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place);
        let is_again = others.clone().any(|(_, (other, _))| other.id == set.id);
        let is_alone = |name: &str| {
            knows(plan, name) && others.clone().all(|(_, (_, other))| !knows(other, name))
        };
        if is_again || plan.names().any(is_alone) {
            continue;
        }
        let id = &set.id;
        let said = Said::warning(
            "dataset.never",
            (
                format!("没有任何名称只属于 {id}，行中永远分不出它的记录"),
                format!("no name belongs to {id} alone, so no row ever holds a record of it"),
            ),
            (
                format!("在 [sets.{id}] 中写 prefix，或写 fields 说明哪些列属于它"),
                format!("say which columns are its own under [sets.{id}]: `prefix` or `fields`"),
            ),
        );
        let place = place.to_string();
        let mut way = way.to_vec();
        way.push(&place);
        page.at_value(&way, said);
    }
}

/// Levels that no document leads to, and those that are described twice.
fn reached(page: &mut Page<'_>, profile: &Profile, level: &Level, number: &str) {
    let levels = &profile.wire.nested;
    let path = level.path.as_str();
    let way = ["wire", "nested", number, "path"];
    let mut same = levels.iter().filter(|other| other.path == path);
    if same.next().is_some_and(|first| !std::ptr::eq(first, level)) {
        let said = Said::error(
            "level.repeated",
            (
                format!("“{path}”这一层已经写过，此处不起作用"),
                format!("the level `{path}` is described already, so this does nothing"),
            ),
            ("请合并两处", "put both into one"),
        );
        match path {
            "" => page.at_value(&["wire", "nested", number, "into"], said),
            _ => page.at_value(&way, said),
        }
        return;
    }
    let Some((above, _)) = path.rsplit_once('.') else {
        return;
    };
    if !levels.iter().any(|other| other.path == above) {
        let paths = levels.iter().map(|other| other.path.as_str());
        let paths = paths.filter(|other| !other.is_empty() && *other != path);
        let said = Said::error(
            "level.unreached",
            (
                format!("“{path}”的上一层“{above}”没有写，其中的记录永远读不到"),
                format!(
                    "`{path}` lies in `{above}`, which is not described: its records are never reached"
                ),
            ),
            near(
                above,
                paths,
                (
                    "为上一层写一段 [[wire.nested]]",
                    "describe the level above with [[wire.nested]]",
                ),
            ),
        );
        page.at_value(&way, said);
    }
}

/// Names that a level hands down, though no level in it has a field of that name.
fn carried<'e>(
    page: &mut Page<'_>,
    profile: &'e Profile,
    editions: &Editions<'e>,
    level: &Level,
    number: &str,
) {
    let within = profile.wire.nested.iter().filter(|other| {
        let rest = other.path.strip_prefix(level.path.as_str());
        let rest = rest.filter(|rest| !rest.is_empty());
        rest.is_some_and(|rest| level.path.is_empty() || rest.starts_with('.'))
    });
    let sets = within.flat_map(|level| level.into.iter().map(String::as_str));
    let plans = plans(profile, editions, sets);
    for (place, name) in level
        .carry
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.is_empty())
    {
        let takes = |(_, plan): &(&Dataset, Plan)| {
            matches!(plan.find(name), Target::Field(_) | Target::Shaped(_))
        };
        if plans.iter().any(takes) {
            continue;
        }
        let said = Said::warning(
            "carry.idle",
            (
                format!("下面各层的数据集都没有“{name}”所指的数据项，此处不起作用"),
                format!(
                    "no data set of the levels in it has a field that `{name}` means, so this does nothing"
                ),
            ),
            near(
                name,
                profile.fields.keys().map(String::as_str),
                (
                    "请在 [fields] 中写明它的意义，或删去此处",
                    "say under [fields] what it means, or take this out",
                ),
            ),
        );
        let way = ["wire", "nested", number, "carry", &place.to_string()];
        page.at_value(&way, said);
    }
}
