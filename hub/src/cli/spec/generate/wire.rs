//! Records as documents that the hub reads: the native envelope, a table, the provincial message.

use adapters::WireFormat;
use spec::generate::{Draft, Fault, Plot};

use crate::sources::Sources;

/// Form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A header line, then a record a line.
    Ndjson,
    /// The native envelope.
    Json,
    /// Column codes, then a record a line; UTF-8 with its mark.
    Csv,
    /// The provincial message, in the character set of its source: title and context of each record.
    Xml,
}

/// What the envelope says.
#[derive(Debug)]
pub struct Head<'h> {
    /// Edition that the records are of.
    pub edition: &'h str,
    /// Who sends.
    pub source: &'h str,
    /// The sender's own number of the submission.
    pub submission: String,
    /// Day of sending, `yyyyMMdd`.
    pub day: String,
    /// Character set in which the source writes its messages.
    pub charset: &'static str,
}

impl Form {
    /// The first source whose profile reads this form.
    pub fn first_source(self, sources: &Sources) -> Option<String> {
        let wanted = match self {
            Form::Ndjson => WireFormat::Ndjson,
            Form::Json => WireFormat::Json,
            Form::Csv => WireFormat::Csv,
            Form::Xml => WireFormat::Message,
        };
        let all = sources.all();
        let mut profiles = all.iter().map(|source| &source.profile);
        profiles
            .find(|profile| {
                let wire = &profile.wire;
                wire.format == wanted || wire.also.contains(&wanted)
            })
            .map(|profile| profile.id.clone())
    }

    /// Kinds of fault that the form can carry.
    pub fn faults(self) -> Vec<Fault> {
        let carries = |fault: &Fault| self.is_native() || fault.is_in_text();
        Fault::ALL.into_iter().filter(carries).collect()
    }

    /// Kinds of fault around a record that the form can carry: only the native one says what is to be done with a
    /// record.
    pub fn plots(self) -> Vec<Plot> {
        let carries = |plot: &Plot| self.is_native() || plot.is_plain();
        Plot::ALL.into_iter().filter(carries).collect()
    }

    fn is_native(self) -> bool {
        matches!(self, Form::Ndjson | Form::Json)
    }

    /// The document.
    pub fn write(self, head: &Head<'_>, drafts: &[&Draft<'_>]) -> anyhow::Result<Vec<u8>> {
        Ok(match self {
            Form::Ndjson => lines(head, drafts)?.into_bytes(),
            Form::Json => envelope(head, drafts)?.into_bytes(),
            Form::Csv => table(drafts)?,
            Form::Xml => {
                let text = messages(head, drafts);
                let encoding = encoding_rs::Encoding::for_label(head.charset.as_bytes());
                encoding
                    .unwrap_or(encoding_rs::UTF_8)
                    .encode(&text)
                    .0
                    .into_owned()
            }
        })
    }
}

/// A record in its envelope, fields in the order of the standard.
fn record(draft: &Draft<'_>) -> anyhow::Result<String> {
    let mut fields = Vec::new();
    let id = |place| draft.dataset.field(place).map(|field| field.id.as_str());
    let nested = draft.nested.and_then(id);
    for (name, text) in draft.pairs() {
        let value = serde_json::to_string(text)?;
        let value = if nested == Some(name) {
            format!("{{\"value\":{value}}}")
        } else {
            value
        };
        fields.push(format!("{}:{value}", serde_json::to_string(name)?));
    }
    if let Some((place, text)) = &draft.again
        && let Some(name) = id(*place)
    {
        let (name, text) = (serde_json::to_string(name)?, serde_json::to_string(text)?);
        fields.push(format!("{name}:{text}"));
    }
    let dataset = serde_json::to_string(draft.called.unwrap_or(&draft.dataset.id))?;
    let action = serde_json::to_string(&draft.action)?;
    let reason = match &draft.reason {
        Some(reason) => format!(",\"reason\":{}", serde_json::to_string(reason)?),
        None => String::new(),
    };
    let data = fields.join(",");
    Ok(format!(
        "{{\"dataset\":{dataset},\"action\":{action}{reason},\"data\":{{{data}}}}}"
    ))
}

/// The members of the envelope before its records.
fn members(head: &Head<'_>) -> anyhow::Result<String> {
    let text = |text: &str| serde_json::to_string(text);
    Ok(format!(
        "\"edition\":{},\"source\":{},\"submission\":{}",
        text(head.edition)?,
        text(head.source)?,
        text(&head.submission)?
    ))
}

fn lines(head: &Head<'_>, drafts: &[&Draft<'_>]) -> anyhow::Result<String> {
    let mut text = format!("{{{}}}\n", members(head)?);
    for draft in drafts {
        text.push_str(&record(draft)?);
        text.push('\n');
    }
    Ok(text)
}

fn envelope(head: &Head<'_>, drafts: &[&Draft<'_>]) -> anyhow::Result<String> {
    let records: anyhow::Result<Vec<String>> = drafts.iter().map(|draft| record(draft)).collect();
    let records = records?.join(",\n");
    Ok(format!(
        "{{{},\"records\":[\n{records}\n]}}\n",
        members(head)?
    ))
}

fn table(drafts: &[&Draft<'_>]) -> anyhow::Result<Vec<u8>> {
    let mut headings: Vec<&str> = Vec::new();
    for draft in drafts {
        let known = draft.dataset.fields.iter().map(|field| field.id.as_str());
        let strangers = draft.strangers.iter().map(|(name, _)| name.as_str());
        for name in known.chain(strangers) {
            if !headings.contains(&name) {
                headings.push(name);
            }
        }
    }
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(&headings)?;
    for draft in drafts {
        let pairs: Vec<(&str, &str)> = draft.pairs().collect();
        let cell = |heading: &&str| {
            let held = pairs.iter().find(|(name, _)| name == heading);
            held.map_or("", |(_, text)| text)
        };
        writer.write_record(headings.iter().map(cell))?;
    }
    Ok(writer.into_inner()?)
}

fn messages(head: &Head<'_>, drafts: &[&Draft<'_>]) -> String {
    let Head { charset, day, .. } = head;
    let escaped = |text: &str| quick_xml::escape::escape(text).into_owned();
    let mut lines = vec![
        format!("<?xml version=\"1.0\" encoding=\"{charset}\"?>"),
        "<DESLIST>".to_owned(),
    ];
    for (serial, draft) in drafts.iter().enumerate() {
        let dataset = draft.dataset;
        let (number, id, name) = (dataset.code, &dataset.id, escaped(&dataset.name));
        let key = format!("0000{number:03}{day}{serial:07}");
        lines.push(format!(
            "<DES>\n<TITLE><DATA_TYPE>1</DATA_TYPE><DATA_NO>{number}</DATA_NO><DATA_EN>{id}</DATA_EN>"
        ));
        lines.push(format!(
            "<DATA_CN>{name}</DATA_CN><DATA_KEY>{key}</DATA_KEY><CA_KEY/><ROUTE_WAY>0</ROUTE_WAY></TITLE>\n<CONTEXT>"
        ));
        let field = |(name, value): (&str, &str)| format!("<{name}>{}</{name}>", escaped(value));
        lines.extend(draft.pairs().map(field));
        lines.push("</CONTEXT>\n</DES>".to_owned());
    }
    lines.push("</DESLIST>\n".to_owned());
    lines.join("\n")
}
