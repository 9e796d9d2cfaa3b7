//! Names of data sets and of fields that no edition knows, or that the source may not send.

use spec::{Dataset, Domain, Message};

use super::{Editions, Page, Profile, Said, near};

/// Remarks on the names of the standard in a profile.
pub(super) fn check(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    permitted(page, profile, editions);
    for (own, to) in &profile.names {
        let way = ["names", own.as_str()];
        dataset(page, profile, editions, to, &Place::Value(&way));
        let named = |set: &&Dataset| set.id == *own || set.code.to_string() == *own;
        let hidden = editions.datasets().find(named);
        if let Some(hidden) = hidden {
            let id = &hidden.id;
            let (zh, en) = if id == to {
                ("本来就指它", "means it anyway")
            } else {
                ("无法再以此名报送", "can no longer be sent by that name")
            };
            let said = Said::warning(
                "name.shadowed",
                (
                    format!("“{own}”是数据集 {id} 的名称，{zh}"),
                    format!("`{own}` is data set {id}, which {en}"),
                ),
                ("请核对，或删去", "check it, or take it out"),
            );
            page.at_name(&way, said);
        }
    }
    for (name, to) in &profile.fields {
        if !to.is_empty() {
            field(
                page,
                profile,
                editions,
                to,
                &Place::Value(&["fields", name]),
            );
        }
    }
    for name in profile.dates.keys() {
        field(
            page,
            profile,
            editions,
            name,
            &Place::Name(&["dates", name]),
        );
    }
    for name in profile.units.keys() {
        field(
            page,
            profile,
            editions,
            name,
            &Place::Name(&["units", name]),
        );
    }
    for name in profile.constants.keys() {
        field(
            page,
            profile,
            editions,
            name,
            &Place::Name(&["constants", name]),
        );
    }
    for name in profile.hooks.keys() {
        field(
            page,
            profile,
            editions,
            name,
            &Place::Name(&["hooks", name]),
        );
    }
    for name in profile.codes.keys() {
        let is_table = editions.0.iter().any(|one| one.codes.contains_key(name));
        if !is_table && editions.fields(name).is_empty() {
            let tables = editions.0.iter().flat_map(|one| one.codes.keys());
            let fields = editions.datasets().flat_map(|set| &set.fields);
            let all = tables.chain(fields.map(|field| &field.id));
            let help = near(name, all.map(String::as_str), NOTHING_NEAR);
            let said = Said::error(
                "codes.unknown",
                (
                    format!("没有代码集或数据项“{name}”"),
                    format!("there is no code table or field `{name}`"),
                ),
                help,
            );
            page.at_name(&["codes", name], said);
        } else if !draws(profile, editions, name) {
            let said = Said::warning(
                "codes.idle",
                (
                    format!("该来源可报送的数据集都不用“{name}”，此处不起作用"),
                    format!(
                        "no data set that the source may send uses `{name}`, so this does nothing"
                    ),
                ),
                (
                    "请核对名称，或在 datasets 中加上用到它的数据集",
                    "check the name, or add a data set that uses it to `datasets`",
                ),
            );
            page.at_name(&["codes", name], said);
        }
    }
    for (own, to) in &profile.attachments {
        let sent: Vec<&Dataset> = editions
            .datasets()
            .filter(|set| profile.permits(set))
            .collect();
        slot(page, &sent, to, &Place::Value(&["attachments", own]));
    }
    for (number, split) in profile.splits.iter().enumerate() {
        let number = number.to_string();
        for (place, name) in split.into.iter().enumerate() {
            let place = place.to_string();
            let way = ["splits", &number, "into", &place];
            field(page, profile, editions, name, &Place::Value(&way));
        }
    }
    for (number, join) in profile.joins.iter().enumerate() {
        let number = number.to_string();
        let way = ["joins", &number, "into"];
        field(page, profile, editions, &join.into, &Place::Value(&way));
    }
    for (name, set) in &profile.sets {
        let known = editions.dataset(name);
        if known.is_empty() {
            dataset(page, profile, editions, name, &Place::Name(&["sets", name]));
            continue;
        }
        dataset(page, profile, editions, name, &Place::Name(&["sets", name]));
        for (own, to) in &set.fields {
            if !to.is_empty() {
                field_of(
                    page,
                    &known,
                    to,
                    &Place::Value(&["sets", name, "fields", own]),
                );
            }
        }
        if !set.attachment.is_empty() {
            let way = ["sets", name, "attachment"];
            slot(page, &known, &set.attachment, &Place::Value(&way));
        }
        for (member, keys) in [
            ("units", set.units.keys()),
            ("dates", set.dates.keys()),
            ("constants", set.constants.keys()),
        ] {
            for to in keys {
                field_of(page, &known, to, &Place::Name(&["sets", name, member, to]));
            }
        }
    }
}

/// Whether the source may send a field of that name, or one whose values come from a code table of that name.
fn draws(profile: &Profile, editions: &Editions<'_>, name: &str) -> bool {
    let sent = editions.datasets().filter(|set| profile.permits(set));
    let mut fields = sent.flat_map(|set| &set.fields);
    fields.any(|field| match &field.domain {
        _ if field.id == name => true,
        Domain::Codes(table) => table.id == name,
        _ => false,
    })
}

const NOTHING_NEAR: (&str, &str) = (
    "请用 hub spec list 查看规范中的名称",
    "`hub spec list` shows the names of the specification",
);

/// Where a name stands.
pub(super) enum Place<'p> {
    Name(&'p [&'p str]),
    Value(&'p [&'p str]),
}

impl Page<'_> {
    fn place(&mut self, place: &Place<'_>, said: Said) {
        match place {
            Place::Name(path) => self.at_name(path, said),
            Place::Value(path) => self.at_value(path, said),
        }
    }
}

/// Words of `datasets` that permit nothing.
fn permitted(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    let mut idle: Option<Vec<&str>> = None;
    for edition in editions.0 {
        let here = profile.datasets.idle(edition);
        idle = Some(match idle {
            None => here,
            Some(before) => before
                .into_iter()
                .filter(|word| here.contains(word))
                .collect(),
        });
    }
    let Some(value) = page.tree.value(&["datasets"]) else {
        return;
    };
    let words: Vec<&str> = profile
        .datasets
        .as_str()
        .split(';')
        .map(str::trim)
        .collect();
    for (place, word) in words.iter().enumerate() {
        if words.iter().take(place).any(|before| before == word) {
            let text = page.text.get(value.clone()).unwrap_or_default();
            let start = value.start + text.rfind(word).unwrap_or_default();
            let said = Said::warning(
                "item.repeated",
                (
                    format!("“{word}”写了两次"),
                    format!("`{word}` is written twice"),
                ),
                ("请删去其一", "take one of them out"),
            );
            page.at(&(start..start + word.len()), said);
        }
    }
    for word in idle.unwrap_or_default() {
        let text = page.text.get(value.clone()).unwrap_or_default();
        let start = value.start + text.find(word).unwrap_or_default();
        let sets = editions.datasets();
        let known = sets.flat_map(|set| {
            [
                set.id.as_str(),
                set.class.as_str(),
                set.industry.as_str(),
                set.name.as_str(),
            ]
        });
        let libraries = [
            "transaction",
            "subject",
            "expert",
            "credit",
            "supervision",
            "price",
        ];
        let help = near(word, known.chain(libraries), NOTHING_NEAR);
        let said = Said::error(
            "dataset.unknown",
            (
                format!("“{word}”不代表任何数据集"),
                format!("`{word}` permits no data set of any edition"),
            ),
            help,
        );
        page.at(&(start..start + word.len()), said);
    }
}

/// A data set that the source may send.
pub(super) fn dataset(
    page: &mut Page<'_>,
    profile: &Profile,
    editions: &Editions<'_>,
    name: &str,
    place: &Place<'_>,
) {
    if name.is_empty() {
        return;
    }
    let known = editions.dataset(name);
    if known.is_empty() {
        let all = editions.datasets();
        let all = all.flat_map(|set| [set.id.as_str(), set.name.as_str()]);
        let said = Said::error(
            "dataset.unknown",
            (
                format!("没有数据集“{name}”"),
                format!("there is no data set `{name}`"),
            ),
            near(name, all, NOTHING_NEAR),
        );
        page.place(place, said);
    } else if !known.iter().any(|set| profile.permits(set)) {
        let words = profile.datasets.as_str();
        let said = Said::warning(
            "dataset.forbidden",
            (
                format!("该来源不得报送数据集“{name}”，此处不起作用"),
                format!("the source may not send data set `{name}`, so this does nothing"),
            ),
            (
                format!("如需报送，请在 datasets 中加上（现为 {words}）；否则删去此处"),
                format!("add it to `datasets` (now {words}), or take this out"),
            ),
        );
        page.place(place, said);
    }
}

/// A field that may be in any data set that the source sends.
fn field(
    page: &mut Page<'_>,
    profile: &Profile,
    editions: &Editions<'_>,
    name: &str,
    place: &Place<'_>,
) {
    if name.is_empty() {
        return;
    }
    if editions.fields(name).is_empty() {
        let fields = editions.datasets().flat_map(|set| &set.fields);
        let all = fields.flat_map(|field| [field.id.as_str(), field.name.as_str()]);
        page.place(place, unknown_field(name, near(name, all, NOTHING_NEAR)));
        return;
    }
    let mut sent = editions.datasets().filter(|set| profile.permits(set));
    if !sent.any(|set| set.field_index(name).is_some()) {
        let said = Said::warning(
            "field.idle",
            (
                format!("该来源可报送的数据集都没有数据项“{name}”，此处不起作用"),
                format!(
                    "no data set that the source may send has field `{name}`, so this does nothing"
                ),
            ),
            (
                "请核对数据项，或在 datasets 中加上有它的数据集",
                "check the name, or add a data set that has it to `datasets`",
            ),
        );
        page.place(place, said);
    }
}

/// A field of one data set.
fn field_of(page: &mut Page<'_>, sets: &[&Dataset], name: &str, place: &Place<'_>) {
    if sets.iter().any(|set| set.field_index(name).is_some()) {
        return;
    }
    let fields = sets.iter().flat_map(|set| &set.fields);
    let all = fields.flat_map(|field| [field.id.as_str(), field.name.as_str()]);
    let dataset = sets.first().map_or("", |set| set.id.as_str());
    let help = near(name, all, NOTHING_NEAR);
    let mut said = unknown_field(name, help);
    said.message = Message::new(
        format!("数据集“{dataset}”没有数据项“{name}”"),
        format!("data set `{dataset}` has no field `{name}`"),
    );
    page.place(place, said);
}

/// An attachment of one of these data sets.
fn slot(page: &mut Page<'_>, sets: &[&Dataset], name: &str, place: &Place<'_>) {
    if name.is_empty() {
        return;
    }
    let all = || sets.iter().flat_map(|set| &set.attachments);
    if all().any(|slot| slot == name) {
        return;
    }
    let help = near(name, all().map(String::as_str), NOTHING_NEAR);
    let said = Said::error(
        "attachment.unknown",
        (
            format!("此处的数据集没有附件项“{name}”"),
            format!("no data set that is meant here has an attachment `{name}`"),
        ),
        help,
    );
    page.place(place, said);
}

fn unknown_field(name: &str, help: Message) -> Said {
    Said::error(
        "field.unknown",
        (
            format!("规范中没有数据项“{name}”"),
            format!("no edition has a field `{name}`"),
        ),
        help,
    )
}
