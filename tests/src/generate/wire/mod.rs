//! How the three sources write their records.

mod csv;
mod json;
mod message;

pub use csv::table;
pub use json::{batch, lines};
pub use message::{messages, package};

/// Wire format of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// The native envelope, as one document or in lines.
    Json,
    /// The provincial message in XML.
    Message,
    /// Tables with Chinese headings.
    Csv,
}
