//! What the identifiers of one record have in common: one region, one platform, one project and one deal, so that
//! each code contains the one that it must contain.

use jiff::civil::DateTime;

use super::identifiers::{citizen, credit_code, deal, organization};
use super::{Random, instants};
use crate::identifier::IdentifierKind;

/// Where and about what a record is.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    /// Region of level city.
    pub region: String,
    /// Code of the body that runs the platform.
    operator: String,
    /// Code of the platform, 11 characters.
    platform: String,
    project: String,
    serial: u32,
    class: String,
    day: String,
    received: DateTime,
    /// Items of every list.
    pub items: usize,
}

impl Scene {
    /// A scene in a region, a few days before the time of receipt at most.
    pub fn new(region: &str, received: DateTime, random: &mut Random) -> Self {
        let letter = char::from(b'A' + random.below(26) as u8);
        let platform = format!("{letter}{region}{:04}", 1 + random.below(9));
        let day = received.saturating_sub(jiff::Span::new().days(2));
        Scene {
            operator: body("12", region, random),
            project: format!("{platform}{}", random.digits(6)),
            platform,
            serial: 1 + random.below(9000) as u32,
            class: format!("{letter}{:02}", 1 + random.below(9)),
            day: instants::write(day, 8),
            region: region.to_owned(),
            received,
            items: 1 + random.below(2),
        }
    }

    /// An identifier for the `item`th place of a list (0 for a single value).
    pub fn identifier(&self, kind: IdentifierKind, item: usize, random: &mut Random) -> String {
        let last = item + 1;
        match kind {
            IdentifierKind::Uscc | IdentifierKind::SubjectCode => body("91", &self.region, random),
            IdentifierKind::OperatorCode => self.operator.clone(),
            IdentifierKind::OrgCode => organization(&random.digits(8)),
            IdentifierKind::CitizenId | IdentifierKind::IdNumber => self.person(random),
            IdentifierKind::UnifiedDealCode => deal(
                &self.class,
                &self.operator,
                &self.day,
                self.serial + item as u32,
            ),
            IdentifierKind::DealClass => self.class.clone(),
            IdentifierKind::PlatformId => self.platform.clone(),
            IdentifierKind::ProjectCode => self.project.clone(),
            IdentifierKind::TenderProjectCode => format!("{}001", self.project),
            IdentifierKind::SectionCode => format!("{}001{last:03}", self.project),
            IdentifierKind::DocumentCode => format!("{}001{last:03}001", self.project),
            IdentifierKind::Guid => random.guid(),
            IdentifierKind::InvestProjectCode => {
                let year = self.received.year();
                format!("{year:04}-{}-47-01-{}", self.region, random.digits(6))
            }
            IdentifierKind::ConstructCode => {
                let day = self.day.get(2..).unwrap_or_default();
                format!("{}{day}01{:02}", self.region, last)
            }
        }
    }

    /// Identity number of somebody who would be older than any living person.
    fn person(&self, random: &mut Random) -> String {
        let birth = format!(
            "{}{:02}{:02}",
            random.between(1900, 1909),
            random.between(1, 12),
            random.between(1, 28)
        );
        citizen(&self.region, &birth, 1 + random.below(998) as u32)
    }
}

/// A credit code with a body that does not exist: digits only, in the style of the fixtures.
fn body(kind: &str, region: &str, random: &mut Random) -> String {
    credit_code(kind, region, &organization(&random.digits(8)))
}
