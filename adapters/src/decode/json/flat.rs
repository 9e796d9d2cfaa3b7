//! Records that are nothing but their fields: what they say of themselves stands among these, under names that the
//! profile gives.

use spec::Issue;

use super::Scan;
use super::nested::{self, Manner};
use super::record::{Members, dataset, ended, fill, hand_on, reason};
use crate::decode::error::Fault;
use crate::decode::issue::shape;
use crate::decode::session::Session;

/// A record that is nothing but its fields.
pub(super) fn read<'a>(
    session: &mut Session<'_, '_, 'a>,
    scan: &mut Scan<'a>,
    base: usize,
    at: usize,
) -> Result<(), Fault> {
    let adapter = session.adapter;
    let own = own_members(session, scan, base)?;
    let name = own.dataset.as_ref().map(|(name, _)| name.as_ref());
    if let Some(problem) = own.problem {
        scan.value()?;
        ended(session, scan)?;
        session.unusable(at, name.map(str::to_owned), problem);
        return Ok(());
    }
    let wanted = name.or(session.default_dataset.as_deref());
    let action = own.action.unwrap_or_default();
    if let Some(into) = wanted.and_then(|name| adapter.profile.wide.get(name)) {
        let manner = Manner {
            action,
            reason: own.reason,
            flex: None,
        };
        nested::wide(session, scan, base, at, into, &manner)?;
        return ended(session, scan);
    }
    match session.dataset(name, own.dataset.as_ref().map_or(at, |(_, at)| *at)) {
        Ok(known) => {
            let filler = fill(session, scan, known, base, at)?;
            ended(session, scan)?;
            hand_on(session, filler, (action, own.reason), None);
        }
        Err(problem) => {
            let dataset = name.map(str::to_owned).or(session.default_dataset.clone());
            scan.value()?;
            ended(session, scan)?;
            session.unusable(at, dataset, *problem);
        }
    }
    Ok(())
}

/// What a flat record says of itself among its fields, under the names that the profile gives; reads nothing away.
fn own_members<'a>(
    session: &Session<'_, '_, 'a>,
    scan: &mut Scan<'a>,
    base: usize,
) -> Result<Members<'a>, Fault> {
    let wire = &session.adapter.profile.wire;
    let mut own = Members::default();
    if wire.members.is_empty() {
        return Ok(own);
    }
    let begin = scan.position();
    scan.open(b'{', "`{`")?;
    let mut first = true;
    while scan.more(first, b'}')? {
        first = false;
        let (name, place) = scan.key()?;
        let ours = wire.members.get(name.as_ref()).map(String::as_str);
        match ours {
            Some("dataset") => dataset(&mut own, scan, base)?,
            Some("reason") => reason(&mut own, scan, base)?,
            Some("action") => {
                let token = scan.value()?;
                let word = token.unescape()?;
                own.action = session.action(&word);
                if own.action.is_none() {
                    own.problem.get_or_insert(no_action(base + place, &word));
                }
            }
            _ => {
                scan.value()?;
            }
        }
    }
    scan.rewind(begin);
    Ok(own)
}

/// A word that is no action.
pub(crate) fn no_action(at: usize, word: &str) -> Issue {
    shape(
        at,
        word,
        ("upsert、correct 或 withdraw", "upsert, correct or withdraw"),
        "action 应为 upsert、correct 或 withdraw",
        "`action` must be upsert, correct or withdraw",
    )
}
