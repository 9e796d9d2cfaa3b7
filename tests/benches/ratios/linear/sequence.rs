//! Ranks that must follow each other without a gap, of a thousand to a hundred thousand candidates of one section: a rule
//! about the deal as a whole, judged over its stored records together.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};
use spec::references::lookups_at;
use spec::roll::Register;
use spec::rule::Stage;
use spec::validate::judge_complete;
use spec::{Check, Context, Dataset, Edition, Found, Known, Normalized, Roll};

/// A data set with a rule about a sequence, the numbered field and the fields of its group.
fn numbered(edition: &Edition) -> (&Dataset, &str, Vec<&str>) {
    let of = |dataset: &'_ Dataset| {
        let rules = dataset.rules.iter();
        let mut groups = rules.filter_map(|rule| match &rule.check {
            Check::Group {
                field,
                group,
                figure: spec::rule::GroupFigure::Sequence { .. },
            } => Some((*field, group.clone())),
            _ => None,
        });
        groups.next()
    };
    let found = edition
        .datasets
        .iter()
        .find_map(|set| Some((set, of(set)?)));
    let (dataset, (field, group)) = found.expect("a rule about a sequence");
    let id = |place: u16| dataset.field(place).expect("a field").id.as_str();
    (dataset, id(field), group.into_iter().map(id).collect())
}

/// Shows what the rule costs by itself. It has no bound of its own: it sorts, and its one to two microseconds a record
/// are a small part of what the candidates' whole submission costs, which has one.
pub fn run(sizes: &[(u64, u64)]) {
    let spec = spec::Spec::embedded().expect("the specification");
    let edition = spec.edition("3.0").expect("3.0");
    let (dataset, numbered, group) = numbered(edition);
    let context = Context {
        edition,
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    };
    println!("linear: ranks of one section, judged as a whole");
    for &(size, rounds) in sizes {
        let body = |number: u64| {
            let mut body = Map::new();
            body.insert(numbered.to_owned(), (number + 1).to_string().into());
            let same = group
                .iter()
                .map(|name| ((*name).to_owned(), Value::from("1")));
            body.extend(same);
            Arc::new(body)
        };
        let bodies: Vec<_> = (0..size).map(body).collect();
        let started = Instant::now();
        for _ in 0..rounds {
            black_box(judged(&context, dataset, &bodies));
        }
        let each = started.elapsed().as_secs_f64() / rounds as f64;
        println!(
            "  {size:>7} records: each {:>6.2} µs",
            each * 1e6 / size as f64
        );
    }
}

/// Findings of stored records that are judged together, each look-up answered by all of them.
fn judged(context: &Context<'_>, dataset: &Dataset, bodies: &[Arc<Map<String, Value>>]) -> usize {
    let records: Vec<_> = bodies
        .iter()
        .map(|body| Normalized::from_canonical(dataset, body))
        .collect();
    let found = bodies.iter().zip(1..).map(|(body, id)| Found {
        id,
        body: Arc::clone(body),
    });
    let register = Arc::new(Register::new(found));
    let mut known = Known::default();
    for record in &records {
        for lookup in lookups_at(context.edition, record, Stage::Complete) {
            let own = lookup.dataset == dataset.code;
            let roll = || {
                if own {
                    Roll::Many(Arc::clone(&register))
                } else {
                    Roll::default()
                }
            };
            known.answers.entry(lookup).or_insert_with(roll);
        }
    }
    let reports = judge_complete(context, &records, &known);
    reports.iter().map(|report| report.issues.len()).sum()
}
