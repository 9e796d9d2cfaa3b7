//! Records of the bodies and people who take part.

use anyhow::Result;

use super::cast::named;
use super::deal::Desk;
use super::row::Row;
use super::scope::Scope;

/// First all bodies, then what extends them, then people: parents come first.
pub fn subjects(desk: &Desk<'_>) -> Result<Vec<Row>> {
    let (mut bodies, mut extensions, mut people) = (Vec::new(), Vec::new(), Vec::new());
    let parts: [(&[Scope], &[u16]); 4] = [
        (&desk.cast.owners, &[101, 104]),
        (&desk.cast.agencies, &[102, 105]),
        (&desk.cast.bidders, &[103, 106]),
        (&desk.cast.listed, &[103]),
    ];
    for (cast, sets) in parts {
        for (place, body) in cast.iter().enumerate() {
            let mut scope = desk.common.clone();
            scope
                .set("city", desk.city.code)
                .set("city.name", desk.city.name)
                .set("zip", desk.city.zip)
                .set("line", body.get("line")?);
            named(&mut scope, "body", body);
            bodies.push(desk.templates.row(100, &scope)?);
            for (turn, &set) in sets.iter().enumerate() {
                // Every second body deals in procurement too.
                if turn == 0 || place.is_multiple_of(2) {
                    let mut row = desk.templates.row(set, &scope)?;
                    row.leaf = true;
                    extensions.push(row);
                }
            }
            if scope.get("manager.id").is_ok() {
                people.push(desk.templates.row(111, &scope)?);
                let mut row = desk.templates.row(112, &scope)?;
                row.leaf = true;
                people.push(row);
            }
        }
    }
    bodies.extend(extensions);
    bodies.extend(people);
    Ok(bodies)
}
