//! Names by which senders write the values of a code table, the paths of regions included.
//!
//! A name that stands for two codes is never taken for either. Values in force go before those that
//! were withdrawn, so that a withdrawn value never takes a name from its successor.

use foldhash::{HashMap, HashMapExt};

use crate::codes::plain_name;
use crate::{CodeTable, CodeValue};

/// Endings that people leave off the name of a province or city, longest first.
const ENDINGS: [&str; 6] = [
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "省",
    "市",
];

/// Codes by name; none where a name stands for two.
type Names<'t> = HashMap<String, Option<&'t str>>;

/// Code by name.
pub(super) fn names(table: &CodeTable) -> HashMap<String, String> {
    let (current, withdrawn): (Vec<_>, Vec<_>) = table
        .values
        .iter()
        .partition(|(_, value)| value.valid_to.is_none());
    let own = |value: &CodeValue| vec![value.name.clone()];
    let plain = |value: &CodeValue| {
        let plain = plain_name(&value.name);
        if plain == value.name {
            Vec::new()
        } else {
            vec![plain]
        }
    };
    let paths = |value: &CodeValue| paths(table, value);

    // exact names before paths, paths before shortened names: a wide net never spoils a fine one
    let mut names = Names::new();
    let regions = table
        .values
        .values()
        .any(|value| value.level.as_deref() == Some("province"));
    take(&mut names, &current, own);
    take(&mut names, &current, plain);
    if regions {
        take(&mut names, &current, paths);
        take(&mut names, &current, shortened);
    }
    take(&mut names, &withdrawn, own);
    take(&mut names, &withdrawn, plain);
    if regions {
        take(&mut names, &withdrawn, paths);
    }
    names
        .into_iter()
        .filter_map(|(name, code)| Some((name, code?.to_owned())))
        .collect()
}

/// Adds the names of a round; a name of an earlier round, even one that stands for two, stays as it is.
fn take<'t>(
    names: &mut Names<'t>,
    values: &[(&'t String, &'t CodeValue)],
    variants: impl Fn(&CodeValue) -> Vec<String>,
) {
    let mut round = Names::new();
    for (code, value) in values {
        for name in variants(value) {
            round
                .entry(name)
                .and_modify(|held| *held = held.filter(|other| *other == code.as_str()))
                .or_insert(Some(code));
        }
    }
    for (name, code) in round {
        names.entry(name).or_insert(code);
    }
}

/// `江苏省南京市鼓楼区` and `南京市鼓楼区`, without `鼓楼区` itself.
fn paths(table: &CodeTable, value: &CodeValue) -> Vec<String> {
    let mut paths = Vec::new();
    let mut path = value.name.clone();
    let mut parent = value.parent.as_deref();
    // a hierarchy of regions has three levels; the bound keeps a faulty one from running on
    for _ in 0..3 {
        let Some(above) = parent.and_then(|code| table.values.get(code)) else {
            break;
        };
        path.insert_str(0, &above.name);
        paths.push(path.clone());
        parent = above.parent.as_deref();
    }
    paths
}

/// `江苏` for `江苏省`.
fn shortened(value: &CodeValue) -> Vec<String> {
    ENDINGS
        .iter()
        .find_map(|ending| value.name.strip_suffix(ending))
        .filter(|rest| rest.chars().count() >= 2)
        .map(str::to_owned)
        .into_iter()
        .collect()
}
