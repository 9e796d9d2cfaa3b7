//! What a profile says of the tables of an exchange database: whose rows they hold, and whether anybody reads them.

use super::names::{Place, dataset};
use super::{Editions, Page, Profile, Said};

/// Remarks on the tables that are read.
pub(super) fn check(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    let way = profile.ways.iter().position(|way| way == "database");
    match (way, profile.pull.is_empty()) {
        (None, false) => {
            let said = Said::warning(
                "key.idle",
                (
                    "只有 ways 中有 database 时才从交换库取数，此处不起作用",
                    "tables are read where `ways` names `database` only, so this does nothing",
                ),
                (
                    "在 ways 中加上 \"database\"，或删去此处",
                    "add \"database\" to `ways`, or take this out",
                ),
            );
            page.at_name_if_there(&["pull"], said);
        }
        (Some(place), true) => {
            let said = Said::warning(
                "pull.missing",
                (
                    "经交换库报送，但没有写明取哪些表，不会取数",
                    "it sends by an exchange database, and no table is named: nothing is read",
                ),
                (
                    "写一段 [[pull]]：watermark、key 和 tables（表名 = 数据集）",
                    "write [[pull]] with `watermark`, `key` and `tables` (table = data set)",
                ),
            );
            page.at_value(&["ways", &place.to_string()], said);
        }
        _ => {}
    }
    for (place, pull) in profile.pull.iter().enumerate() {
        let number = place.to_string();
        for (table, rows) in &pull.tables {
            let way = ["pull", &number, "tables", table];
            if !profile.wide.contains_key(rows) && !profile.names.contains_key(rows) {
                dataset(page, profile, editions, rows, &Place::Value(&way));
            }
            let mut before = profile.pull.iter().take(place);
            if before.any(|other| other.tables.contains_key(table)) {
                let said = Said::error(
                    "table.repeated",
                    (
                        format!("表“{table}”已经写过，每行会取两次"),
                        format!("table `{table}` is named before: its rows would be read twice"),
                    ),
                    ("请删去其一", "take one of them out"),
                );
                page.at_name(&way, said);
            }
        }
    }
}
