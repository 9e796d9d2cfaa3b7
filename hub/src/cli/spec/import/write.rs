//! A data set as a data file: one line per field, guesses marked `# check:`.

use spec::{Dataset, Edition, Format};

use super::Draft;
use super::layout::Title;
use super::row::Field;

/// Writes the file.
pub(super) fn draft(title: &Title, fields: &[Field], edition: &Edition) -> Draft {
    let known = title.id.as_deref().and_then(|id| edition.dataset(id));
    let mut file = File::default();
    file.head(title, known, fields);
    file.line("fields = [", "");
    for (place, field) in fields.iter().enumerate() {
        let mut checks = field.checks.clone();
        if fields.iter().take(place).any(|other| other.id == field.id) {
            checks.push("stands here twice".to_owned());
        }
        let mut comment = checks.join("; ");
        if !comment.is_empty() {
            file.checks += 1;
            comment = format!(" # check: {comment}");
        } else if !field.note.is_empty() {
            comment = format!(" # {}", field.note);
        }
        file.line(&format!("  {{ {} }},", members(field)), &comment);
    }
    file.line("]", "");
    let name = title.id.as_deref().unwrap_or("unnamed").to_lowercase();
    Draft {
        name: format!("{name}.toml"),
        text: file.text,
        fields: fields.len(),
        checks: file.checks,
    }
}

#[derive(Default)]
struct File {
    text: String,
    checks: usize,
}

impl File {
    fn line(&mut self, text: &str, comment: &str) {
        self.text.push_str(text);
        self.text.push_str(comment);
        self.text.push('\n');
    }

    /// A member that is known, or one with a guess that has to be looked at.
    fn member(&mut self, name: &str, sure: Option<String>, guess: &str, why: &str) {
        if let Some(value) = sure {
            self.line(&format!("{name} = {value}"), "");
        } else {
            self.checks += 1;
            self.line(&format!("{name} = {guess}"), &format!(" # check: {why}"));
        }
    }

    fn head(&mut self, title: &Title, known: Option<&Dataset>, fields: &[Field]) {
        let number = title.number.map(|number| number.to_string());
        self.member("code", number, "0", "no number found");
        self.member(
            "id",
            title.id.as_deref().map(quoted),
            "\"UNNAMED\"",
            "no column code found",
        );
        self.member(
            "name",
            title.name.as_deref().map(quoted),
            "\"\"",
            "no name found",
        );
        let library = known.and_then(|set| serde_json::to_string(&set.library).ok());
        self.member("library", library, "\"transaction\"", "not in the table");
        let class = known.map(|set| quoted(&set.class));
        self.member("class", class, "\"\"", "not in the table");
        let industry = known.map(|set| quoted(&set.industry));
        self.member("industry", industry, "\"general\"", "not in the table");
        let names = |set: &Dataset| {
            let ids = set.key.iter().filter_map(|&place| set.field(place));
            list(ids.map(|field| field.id.as_str()))
        };
        let guess = fields.iter().find(|field| field.required == "true");
        let guess = list(guess.map(|field| field.id.as_str()));
        self.member("key", known.map(names), &guess, "the first required field");
        let place = |place: Option<spec::FieldIndex>| {
            let field = known.and_then(|set| set.field(place?));
            field.map(|field| quoted(&field.id))
        };
        if let Some(deal) = place(known.and_then(|set| set.deal)) {
            self.line(&format!("deal = {deal}"), "");
        }
        if let Some(time) = place(known.and_then(|set| set.time)) {
            self.line(&format!("time = {time}"), "");
        } else if known.is_none() {
            let is_time = |field: &&Field| {
                field.required == "true"
                    && matches!(field.format, Format::Date | Format::Minute | Format::Second)
            };
            if let Some(field) = fields.iter().find(is_time) {
                self.member(
                    "time",
                    None,
                    &quoted(&field.id),
                    "the first required instant",
                );
            }
        }
        if let Some(set) = known
            && !set.attachments.is_empty()
        {
            let names = list(set.attachments.iter().map(String::as_str));
            self.line(&format!("attachments = {names}"), "");
        }
    }
}

fn members(field: &Field) -> String {
    let mut members = vec![
        format!("id = {}", quoted(&field.id)),
        format!("name = {}", quoted(&field.name)),
        format!("format = {}", quoted(&field.format.to_string())),
    ];
    if field.required != "false" {
        members.push(format!("required = {}", field.required));
    }
    if let Some((kind, name)) = &field.domain {
        members.push(format!("{kind} = {}", quoted(name)));
    }
    if field.list {
        members.push("list = true".to_owned());
    }
    if field.sensitivity != "public" {
        members.push(format!("sensitivity = {}", quoted(field.sensitivity)));
    }
    if let Some(unit) = &field.unit {
        members.push(format!("unit = {}", quoted(unit)));
    }
    if !field.aliases.is_empty() {
        let aliases = list(field.aliases.iter().map(String::as_str));
        members.push(format!("aliases = {aliases}"));
    }
    members.join(", ")
}

fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    format!("[{}]", names.join(", "))
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
