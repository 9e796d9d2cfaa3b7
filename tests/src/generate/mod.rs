//! Writes `fixtures/`: records of three sources that never existed, with every kind of dirt that real
//! records show, and what a reader should see of it.
//!
//! Nothing here comes from a real record, and the same bytes come out on every machine and every day.
//! Field names stand in the templates, never in the product.

mod calendar;
mod cast;
mod credit;
mod deal;
mod dialects;
mod dirt;
mod examples;
mod expected;
mod hostile;
mod prices;
mod row;
mod rules;
mod scope;
mod source;
mod subjects;
mod templates;
mod wire;

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use cast::City;
use expected::Expected;
use row::Row;
use source::{Source, by_dataset, file_word, records};
use templates::Templates;
use wire::{Wire, batch, lines, messages, package, table};

/// Files by their path under `fixtures/`.
pub type Files = BTreeMap<String, Vec<u8>>;

const NANJING: Source = Source {
    city: City {
        code: "320100",
        name: "南京市",
        counties: &[
            ("320106", "鼓楼区"),
            ("320115", "江宁区"),
            ("320111", "浦口区"),
            ("320114", "雨花台区"),
        ],
        zip: "210000",
        dial: "025",
        names_from: 0,
        bodies: [8, 4, 26],
    },
    wire: Wire::Json,
    seed: 320_100,
    deals: 24,
    credit: 26,
    prices: true,
};
const XUZHOU: Source = Source {
    city: City {
        code: "320300",
        name: "徐州市",
        counties: &[
            ("320312", "铜山区"),
            ("320311", "泉山区"),
            ("320382", "邳州市"),
        ],
        zip: "221000",
        dial: "0516",
        names_from: 45,
        bodies: [5, 3, 15],
    },
    wire: Wire::Message,
    seed: 320_300,
    deals: 10,
    credit: 0,
    prices: false,
};
const NANTONG: Source = Source {
    city: City {
        code: "320600",
        name: "南通市",
        counties: &[
            ("320613", "崇川区"),
            ("320614", "海门区"),
            ("320682", "如皋市"),
        ],
        zip: "226000",
        dial: "0513",
        names_from: 75,
        bodies: [5, 3, 15],
    },
    wire: Wire::Csv,
    seed: 320_600,
    deals: 10,
    credit: 15,
    prices: false,
};

/// Records of a batch at most.
const BATCH: usize = 500;
/// Messages of a packed file.
const PACK: usize = 50;

/// All fixtures.
pub fn files() -> Result<Files> {
    let spec = spec::Spec::embedded()?;
    let edition = spec.edition("3.0").context("edition 3.0 is not built in")?;
    let templates = Templates::load(edition)?;
    let mut files = Files::new();
    native(&templates, &mut files)?;
    message(&templates, &mut files)?;
    tables(&templates, &mut files)?;
    dialects::write(&templates, &mut files)?;
    examples::write(&templates, &NANJING, &mut files)?;
    hostile::write(&mut files);
    rules::write(edition, &mut files)?;
    Ok(files)
}

fn native(templates: &Templates<'_>, files: &mut Files) -> Result<()> {
    let edition = templates.edition();
    let records = records(templates, &NANJING)?;
    let mut expected = Expected::new(&NANJING);
    let (subjects, rest): (Vec<Row>, Vec<Row>) = records
        .main
        .into_iter()
        .partition(|row| row.dataset < 200 && row.deal == 0);
    let (deals, other): (Vec<Row>, Vec<Row>) = rest.into_iter().partition(|row| row.deal > 0);
    let (prices, credit): (Vec<Row>, Vec<Row>) =
        other.into_iter().partition(|row| row.dataset >= 1300);
    let mut batches = vec![("ahead", records.early), ("subjects", subjects)];
    batches.extend(deals.chunks(BATCH).map(|chunk| ("deals", chunk.to_vec())));
    batches.extend(prices.chunks(BATCH).map(|chunk| ("prices", chunk.to_vec())));
    batches.extend([("credit", credit), ("afterwards", records.late)]);
    for (place, (name, rows)) in batches.into_iter().enumerate() {
        let sequence = place + 1;
        let submission = format!("NJ-20261120-{sequence:02}");
        let in_lines = name == "prices" || name == "deals" && sequence % 2 == 1;
        let ending = if in_lines { "ndjson" } else { "json" };
        let write = if in_lines { lines } else { batch };
        let file = format!("{sequence:02}-{name}.{ending}");
        expected.add(&file, &rows);
        files.insert(
            format!("sources/320100/{file}"),
            write(edition, NANJING.city.code, &submission, sequence, &rows),
        );
    }
    expected.write(files);
    Ok(())
}

fn message(templates: &Templates<'_>, files: &mut Files) -> Result<()> {
    let edition = templates.edition();
    let records = records(templates, &XUZHOU)?;
    let mut expected = Expected::new(&XUZHOU);
    let mut packs: Vec<Vec<Row>> = vec![records.early];
    let singles = records.main.len().saturating_sub(20);
    let (packed, single) = records.main.split_at(singles);
    packs.extend(packed.chunks(PACK).map(<[Row]>::to_vec));
    packs.extend(single.iter().map(|row| vec![row.clone()]));
    packs.push(records.late);
    for (place, rows) in packs.into_iter().enumerate() {
        let stem = format!("0003-20261120-{:04}", place + 1);
        // Some come with their files; the files of the others went ahead, or come later.
        let packed = match place % 4 {
            1 => package(edition, &rows, &stem)?,
            _ => None,
        };
        let (file, bytes) = match packed {
            Some(bytes) => (format!("{stem}.zip"), bytes),
            None => (format!("{stem}.xml"), messages(edition, &rows)),
        };
        expected.add(&file, &rows);
        files.insert(format!("sources/320300/{file}"), bytes);
    }
    expected.write(files);
    Ok(())
}

fn tables(templates: &Templates<'_>, files: &mut Files) -> Result<()> {
    let edition = templates.edition();
    let records = records(templates, &NANTONG)?;
    let mut expected = Expected::new(&NANTONG);
    // Files are read in the order of their names, data set by data set: nothing can come ahead of its
    // parent here, but the next day's files hold what is sent again, changed or taken back.
    let mut main = records.early;
    for row in &mut main {
        row.planted.clear();
    }
    main.extend(records.main);
    for row in &mut main {
        // Its unit stands nowhere, so that it cannot be written in ten thousand yuan like the others.
        row.remove("SETTLE_PRICE");
    }
    main.sort_by_key(|row| row.serial);
    for (day, rows) in [("20261120", main), ("20261121", records.late)] {
        for (dataset, rows) in by_dataset(&rows) {
            let set = edition
                .dataset(&dataset.to_string())
                .context("no such data set")?;
            let file = format!("{dataset}_{}_{day}.csv", file_word(edition, dataset)?);
            expected.add(&file, &rows);
            files.insert(format!("sources/320600/{file}"), table(set, &rows));
        }
    }
    expected.write(files);
    Ok(())
}
