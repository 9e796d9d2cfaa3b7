//! Whether records hang on one that is to be taken back, or to lose a value: those found to refer to it are judged
//! once more as if it were gone.

use spec::issue::Related;
use spec::{Context, Edition, Issue, Normalized};

use super::judge::shown_key;
use super::neighbours::{Key, Neighbour, Neighbours};
use crate::store::{Database, StoreError};

/// Most records that a refusal names.
const NAMED: usize = 5;
/// Most records that are judged in search of one that hangs on it: a few are enough to refuse.
const JUDGED: usize = 200;

/// Why a record may not give way to `new` (a withdrawal: to nothing); none if nobody minds.
pub fn refusal(
    connection: &mut Database,
    neighbours: &mut Neighbours,
    context: &Context<'_>,
    old: &Neighbour,
    new: &Normalized<'_, '_>,
) -> Result<Option<Issue>, StoreError> {
    let edition = context.edition;
    let withdrawn = new.action == spec::Action::Withdraw;
    if !withdrawn && !spec::dependants::may_lose(new.dataset) {
        return Ok(None);
    }
    let before = Normalized::from_canonical(new.dataset, old.body());
    let after = (!withdrawn).then_some(new);
    let lookups = spec::dependants::lookups(edition, &before, after);
    let keys = Key::all(neighbours.under(), lookups);
    neighbours.fetch(connection, keys.iter())?;
    let mut found: Vec<_> = keys
        .iter()
        .flat_map(|key| neighbours.find(edition, key))
        .collect();
    found.sort_by_key(|neighbour| neighbour.id);
    found.dedup_by_key(|neighbour| neighbour.id);
    found.retain(|neighbour| neighbour.id != old.id);
    found.truncate(JUDGED);
    let mut related = Vec::new();
    let mut more = false;
    for neighbour in &found {
        if hangs_on(connection, neighbours, context, neighbour, old)? {
            if related.len() == NAMED {
                more = true;
                break;
            }
            related.extend(name(edition, neighbour));
        }
    }
    Ok((!related.is_empty()).then(|| spec::dependants::held(new, related, more)))
}

/// Whether a record would have to wait if another were not there.
fn hangs_on(
    connection: &mut Database,
    neighbours: &mut Neighbours,
    context: &Context<'_>,
    child: &Neighbour,
    parent: &Neighbour,
) -> Result<bool, StoreError> {
    let edition = context.edition;
    let Some(dataset) = edition.by_code(child.dataset) else {
        return Ok(false);
    };
    let record = Normalized::from_canonical(dataset, child.body());
    let lookups = spec::references::lookups(edition, &record);
    let lookups = Key::all(neighbours.under(), lookups);
    neighbours.ask(connection, lookups.iter())?;
    let mut known = neighbours.known(edition, lookups);
    for answer in known.answers.values_mut() {
        *answer = answer.without(parent.id);
    }
    let (_, waits) = spec::validate::judge_among(context, &record, &known);
    Ok(!waits.is_empty())
}

fn name(edition: &Edition, neighbour: &Neighbour) -> Option<Related> {
    let dataset = edition.by_code(neighbour.dataset)?;
    let record = Normalized::from_canonical(dataset, neighbour.body());
    Some(Related {
        dataset: dataset.id.clone(),
        key: shown_key(&record).unwrap_or_default(),
        path: String::new(),
        found: String::new(),
        receipt: None,
        record: None,
        id: neighbour.id,
    })
}
