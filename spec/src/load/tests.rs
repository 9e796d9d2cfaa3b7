//! The built-in specification loads, and every kind of mistake is named.

use std::error::Error;

use crate::Spec;

type Outcome = Result<(), Box<dyn Error>>;

#[test]
fn the_embedded_specification_loads() -> Outcome {
    let spec = Spec::embedded()?;
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    assert_eq!(province.datasets.len(), 53);
    for d in &province.datasets {
        eprintln!(
            "{} {} f{} r{} idx{:?}",
            d.code,
            d.id,
            d.fields.len(),
            d.rules.len(),
            d.indexed
                .iter()
                .map(|i| d.field(*i).map(|f| f.id.as_str()))
                .collect::<Vec<_>>()
        );
    }
    Ok(())
}
