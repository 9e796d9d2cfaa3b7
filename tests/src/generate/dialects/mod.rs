//! The other sources: small submissions of each, in the dialect and the bytes that it sends.
//!
//! How a source writes is said here once more, apart from its profile: what a profile gets wrong is seen. Each sends
//! what is clean, what is not, and one deal from its beginning to its end.

#![expect(
    clippy::format_push_string,
    clippy::similar_names,
    clippy::unnecessary_wraps,
    reason = "writers of text in one shape, run by hand: how they read counts, not what they cost"
)]

mod json;
mod nested;
mod package;
mod records;
mod table;
mod value;
mod xml;

use anyhow::Result;
use spec::{Action, Edition};

use super::Files;
use super::expected::Expected;
use super::row::Row;
use super::templates::Templates;
use super::wire::Wire;
use records::Origin;

/// One file as it is sent, and the records in it in the order in which a reader meets them.
struct Sent {
    file: String,
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

/// What a submission is written with.
struct Pen<'p> {
    edition: &'p Edition,
    /// The source.
    source: &'static str,
    /// `clean`, `dirty` or `deal`.
    kind: &'static str,
    /// Number of the submission at its source, from 1.
    number: usize,
}

impl Pen<'_> {
    /// The name of a file of its own.
    fn file(&self, ending: &str) -> String {
        format!("{:02}-{}.{ending}", self.number, self.kind)
    }

    /// The sender's number of the submission.
    fn submission(&self) -> String {
        format!("{}-20261120-{:02}", self.source, self.number)
    }

    fn set(&self, row: &Row) -> Result<&spec::Dataset> {
        self.set_of(row.dataset)
    }

    fn set_of(&self, dataset: u16) -> Result<&spec::Dataset> {
        use anyhow::Context as _;
        self.edition.by_code(dataset).context("no such data set")
    }
}

/// Writes the records of a submission.
type Write = fn(&Pen<'_>, &[Row]) -> Result<Vec<Sent>>;

/// A source: where its records come from, and how it writes them.
struct Dialect {
    source: &'static str,
    origin: Origin,
    write: Write,
    dirt: Dirt,
    /// What it can say of a record that it sent before.
    late: Late,
}

/// What dirt a source can carry.
#[derive(Clone, Copy)]
struct Dirt {
    /// The wire whose kinds it shows.
    wire: Wire,
    /// Kinds that its own form leaves no room for, or turns into something else.
    not: &'static [&'static str],
}

/// What a source says of records that it sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// Corrections and withdrawals.
    Both,
    /// Corrections alone: its documents have no room for withdrawals.
    Corrections,
    /// Nothing.
    Nothing,
}

impl Dialect {
    const fn dirt(self, wire: Wire, not: &'static [&'static str]) -> Self {
        Dialect {
            dirt: Dirt { wire, not },
            ..self
        }
    }

    const fn late(self, late: Late) -> Self {
        Dialect { late, ..self }
    }
}

/// One of three words, for what is done to a record.
fn word(row: &Row, words: [&'static str; 3]) -> &'static str {
    let [upsert, correct, withdraw] = words;
    match row.action {
        Action::Upsert => upsert,
        Action::Correct => correct,
        Action::Withdraw => withdraw,
    }
}

const fn city(
    source: &'static str,
    name: &'static str,
    county: (&'static str, &'static str),
    write: Write,
) -> Dialect {
    Dialect {
        source,
        origin: Origin::City { name, county },
        write,
        dirt: PLAIN_JSON,
        late: Late::Both,
    }
}

const fn industry(source: &'static str, sets: &'static [&'static str], write: Write) -> Dialect {
    Dialect {
        source,
        origin: Origin::Industry { sets },
        write,
        dirt: PLAIN_JSON,
        late: Late::Both,
    }
}

const DIALECTS: &[Dialect] = &[
    city("320200", "无锡市", ("320213", "梁溪区"), package::packets).dirt(Wire::Message, NO_POSING),
    city("320400", "常州市", ("320402", "天宁区"), json::camel).dirt(Wire::Json, OWN_NAMES),
    city("320500", "苏州市", ("320508", "姑苏区"), json::lines),
    city(
        "320700",
        "连云港市",
        ("320706", "海州区"),
        package::return_in_chinese,
    )
    .dirt(Wire::Csv, &[]),
    city("320800", "淮安市", ("320812", "清江浦区"), json::singles)
        .dirt(Wire::Json, NO_POSING)
        .late(Late::Corrections),
    city("320900", "盐城市", ("320902", "亭湖区"), xml::roots).dirt(Wire::Message, ATTRIBUTES),
    city("321000", "扬州市", ("321002", "广陵区"), json::rows).dirt(Wire::Json, COLUMNS),
    city("321100", "镇江市", ("321102", "京口区"), nested::deals)
        .dirt(Wire::Json, HANDED_DOWN)
        .late(Late::Nothing),
    city("321200", "泰州市", ("321202", "海陵区"), table::tables).dirt(Wire::Csv, &[]),
    city("321300", "宿迁市", ("321302", "宿城区"), package::calls).dirt(Wire::Message, ATTRIBUTES),
    industry(
        "housing",
        &["ZJ_WIN_RESULT_ANNO", "ZJ_TENDER_LIST"],
        json::envelope,
    ),
    industry(
        "transport",
        &["JT_WIN_RESULT_ANNO", "JT_TENDER_LIST"],
        xml::batch,
    )
    .dirt(Wire::Message, NO_POSING),
    industry(
        "water",
        &["SL_WIN_RESULT_ANNO", "SL_TENDER_LIST"],
        json::snake,
    )
    .dirt(Wire::Json, OWN_NAMES),
    industry(
        "procurement",
        &["PURCHASE_QUALI_INQUERY_ANN", "BID_DEAL_ANNOUNCE"],
        json::feed,
    )
    .dirt(Wire::Json, OWN_NAMES),
    industry("land_mining", &["DEAL_LAND_INFO"], json::wide)
        .dirt(Wire::Json, COLUMNS)
        .late(Late::Nothing),
    industry(
        "property",
        &["TRADE_RESULT_INFO", "LISTING_PUB_INFO"],
        xml::old_messages,
    )
    .dirt(Wire::Message, &[]),
    industry(
        "medicine",
        &["DEA_MEDI_NET_PURCHASE_DETAIL", "DEA_MEDI_NET_PURCHASE_LIST"],
        json::lines,
    ),
    Dialect {
        source: "electromechanical",
        origin: Origin::City {
            name: "南京市",
            county: ("320106", "鼓楼区"),
        },
        write: package::return_in_english,
        dirt: BOOK,
        late: Late::Both,
    },
];

/// Names of the native envelope: every kind.
const PLAIN_JSON: Dirt = Dirt {
    wire: Wire::Json,
    not: &[],
};
/// Where nothing can name a data set that there is not.
const NO_POSING: &[&str] = &["unknown_dataset"];
/// Where fields have names of the vendor's own making.
const OWN_NAMES: &[&str] = &["unknown_dataset", "unknown_field"];
/// Where, besides, inner objects take over what the outer ones say.
const HANDED_DOWN: &[&str] = &[
    "unknown_dataset",
    "unknown_field",
    "deal_code_check",
    "agency_number_title",
];
/// Where codes are attributes, of which none may come twice.
const ATTRIBUTES: &[&str] = &["unknown_dataset", "repeated_field"];
/// Columns of a table: one of a name, and nothing but texts.
const COLUMNS: &[&str] = &[
    "unknown_dataset",
    "repeated_field",
    "object_for_value",
    "list_for_value",
    "boolean_bare",
    "number_for_code",
];
/// Workbooks.
const BOOK: Dirt = Dirt {
    wire: Wire::Csv,
    not: &[],
};

/// Writes what all of them send.
pub fn write(templates: &Templates<'_>, files: &mut Files) -> Result<()> {
    for (place, dialect) in DIALECTS.iter().enumerate() {
        let mut expected = Expected::of(dialect.source);
        let seed = 400_000 + place as u64;
        let submissions = dialect
            .origin
            .submissions(templates, place, seed, dialect)?;
        for (number, (kind, rows)) in (1..).zip(submissions) {
            let pen = Pen {
                edition: templates.edition(),
                source: dialect.source,
                kind,
                number,
            };
            for sent in (dialect.write)(&pen, &rows)? {
                expected.add(&sent.file, &sent.rows);
                files.insert(
                    format!("sources/{}/{}", dialect.source, sent.file),
                    sent.bytes,
                );
            }
        }
        expected.write(files);
    }
    Ok(())
}
