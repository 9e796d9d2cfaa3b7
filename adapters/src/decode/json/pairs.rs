//! Records as lists of pairs, `[{"name":"PROJECT_CODE","value":"…"}]`.

use super::record::input;
use super::{Scan, TokenKind};
use crate::decode::error::Fault;
use crate::decode::session::{Known, Session};
use crate::mapping::Filler;

/// Reads a list of pairs into a record. A pair without a name or a value says nothing.
pub(super) fn fill<'s, 'a>(
    session: &Session<'_, 's, 'a>,
    scan: &mut Scan<'a>,
    known: Known<'s>,
    base: usize,
    at: usize,
) -> Result<Filler<'s, 'a>, Fault> {
    let mut filler = Filler::new(known.plan, known.dataset, at);
    scan.open(b'[', "`[`")?;
    let mut pairs = 0;
    while scan.more(pairs == 0, b']')? {
        pairs += 1;
        if pairs > session.limits.fields {
            let limit = session.limits.fields;
            return Err(Fault::limit(scan.position(), "fields", limit, pairs));
        }
        let (mut name, mut value) = (None, None);
        let mut first = true;
        scan.open(b'{', ("名称和值", "a name and a value"))?;
        while scan.more(first, b'}')? {
            first = false;
            let (member, _) = scan.key()?;
            let token = scan.value()?;
            match member.as_ref() {
                "name" if matches!(token.kind, TokenKind::String { .. }) => {
                    name = Some(token.unescape()?);
                }
                "value" => value = Some(token),
                _ => {}
            }
        }
        if let (Some(name), Some(token)) = (name, value) {
            let target = known.plan.find(&name);
            if let Some(input) = input(&token, target, known, base)? {
                filler.put(target, name, input);
            }
        }
    }
    Ok(filler)
}
