//! `hub check --explain`: a code, a rule or a field in full: what, why, where it applies, and how to mend it, with a
//! record that is right and one that is not. The examples are made and judged on the spot.

use std::io::Write;

use spec::explain::{self, CodeText};
use spec::generate::{Case, Draft, Fault, Maker, broken, kept, plant, sound};
use spec::rule::StageRule;
use spec::{
    Context, Dataset, Domain, Edition, Field, FieldIndex, Issue, IssueCode, Required, Rule,
};

use super::words::Lang;

/// The examples are the same today and tomorrow.
const SEED: u64 = 20_250_101;
/// Data sets that are tried for an example.
const TRIED: usize = 40;
/// Names that are offered for one that is not known.
const NEAR: usize = 5;
/// Data sets, rules or values that are listed.
const LISTED: usize = 30;

/// Explains what was asked for; says whether there is such a thing.
pub fn explain(
    out: &mut impl Write,
    context: Context<'_>,
    lang: Lang,
    asked: &str,
) -> std::io::Result<bool> {
    let mut page = Page {
        out,
        context,
        edition: context.edition,
        lang,
    };
    let asked = asked.trim();
    if let Some(code) = IssueCode::ALL.iter().find(|code| code.name() == asked) {
        page.code(*code)?;
        return Ok(true);
    }
    let id = asked.strip_prefix("rule.").unwrap_or(asked);
    let rules = page.rules(id);
    if !rules.is_empty() {
        page.rule(&rules)?;
        return Ok(true);
    }
    if let Some(stage) = page.edition.stages.iter().find(|stage| stage.id == id) {
        page.stage(stage)?;
        return Ok(true);
    }
    let named = asked.split_once(['.', '/']).and_then(|(set, field)| {
        let dataset = page.edition.dataset(set)?;
        Some((dataset, dataset.field_index(field)?))
    });
    if let Some((dataset, place)) = named {
        page.field(dataset, place)?;
        return Ok(true);
    }
    Ok(false)
}

/// Names near one that is not known.
pub fn near(edition: &Edition, asked: &str) -> Vec<String> {
    let id = asked.strip_prefix("rule.").unwrap_or(asked);
    let codes = IssueCode::ALL.iter().map(|code| code.name());
    let rules = edition.datasets.iter().flat_map(|set| &set.rules);
    let stages = edition.stages.iter().map(|stage| stage.id.as_str());
    let all = codes.chain(rules.map(|rule| &*rule.id)).chain(stages);
    let near = spec::validate::nearest_names(id, all, NEAR);
    near.into_iter().map(str::to_owned).collect()
}

struct Page<'p, W> {
    out: &'p mut W,
    context: Context<'p>,
    edition: &'p Edition,
    lang: Lang,
}

impl<'p, W: Write> Page<'p, W> {
    /// Every data set that has the rule.
    fn rules(&self, id: &str) -> Vec<(&'p Dataset, &'p Rule)> {
        let of = |set: &'p Dataset| set.rules.iter().map(move |rule| (set, rule));
        let all = self.edition.datasets.iter().flat_map(of);
        all.filter(|(_, rule)| *rule.id == *id).collect()
    }

    /// A rule that every field is held to, and the findings that it makes.
    fn stage(&mut self, stage: &StageRule) -> std::io::Result<()> {
        writeln!(self.out, "{}", stage.id)?;
        self.line("含义", "what", self.lang.pick(&stage.zh, &stage.en))?;
        self.line("依据", "clause", &stage.clause)?;
        let codes = stage.codes.iter().copied();
        codes.into_iter().try_for_each(|code| self.code(code))
    }

    fn line(&mut self, zh: &str, en: &str, what: &str) -> std::io::Result<()> {
        if what.is_empty() {
            return Ok(());
        }
        let (word, colon) = (self.lang.pick(zh, en), self.lang.pick("：", ": "));
        writeln!(self.out, "  {word}{colon}{what}")
    }

    fn code(&mut self, code: IssueCode) -> std::io::Result<()> {
        let CodeText { what, why, mend } = explain::code(code);
        writeln!(self.out, "{}", code.name())?;
        let lang = self.lang;
        self.line("含义", "what", lang.of(&what))?;
        self.line("原因", "why", lang.of(&why))?;
        self.line("怎样修改", "mend", lang.of(&mend))?;
        let Some(fault) = Fault::ALL.into_iter().find(|fault| fault.code() == code) else {
            return Ok(());
        };
        for dataset in self.edition.datasets.iter().take(TRIED) {
            let mut maker = Maker::new(self.context, SEED);
            let sound = maker.fill(dataset, 500);
            if let Some(faulty) = plant(&mut maker, &sound, fault)
                && faulty.expected.len() == 1
            {
                self.examples(
                    &Case::alone(sound, &self.context),
                    &Case::alone(faulty.draft, &self.context),
                    |issue| issue.code == code,
                )?;
                return Ok(());
            }
        }
        Ok(())
    }

    fn rule(&mut self, rules: &[(&'p Dataset, &'p Rule)]) -> std::io::Result<()> {
        let Some(&(dataset, rule)) = rules.first() else {
            return Ok(());
        };
        let lang = self.lang;
        let severity = lang.severity(rule.severity);
        let text = lang.pick(&rule.zh, &rule.en);
        writeln!(self.out, "{} [{severity}] {text}", rule.id)?;
        self.line("依据", "clause", &rule.clause)?;
        let mut sets: Vec<String> = rules
            .iter()
            .take(LISTED)
            .map(|(set, _)| format!("{} {}（{}）", set.code, set.name, set.id))
            .collect();
        if rules.len() > LISTED {
            sets.push(format!("… {}", rules.len()));
        }
        self.line("数据集", "data sets", &sets.join(lang.pick("、", ", ")))?;
        let fields = explain::fields(&rule.check);
        let fields: Vec<String> = fields
            .iter()
            .filter_map(|place| dataset.field(*place))
            .map(label)
            .collect();
        self.line("数据项", "fields", &fields.join(lang.pick("、", ", ")))?;
        let conditions = explain::conditions(self.edition, dataset, rule);
        let conditions: Vec<&str> = conditions.iter().map(|when| lang.of(when)).collect();
        self.line(
            "条件",
            "when",
            &conditions.join(lang.pick("，且 ", " and ")),
        )?;
        let stage = match rule.stage {
            spec::rule::Stage::Arrival => "",
            spec::rule::Stage::Complete => lang.pick(
                "整个交易的数据到齐后判断，不退回单条记录",
                "judged when all records of the deal are there; rejects no single one",
            ),
        };
        self.line("时机", "stage", stage)?;
        let effect = match rule.severity {
            spec::Severity::Error => lang.pick("退回该记录", "the record is rejected"),
            spec::Severity::Warning => {
                lang.pick("保留并提示", "the record is kept, and the sender told")
            }
        };
        self.line("后果", "effect", effect)?;
        let mut maker = Maker::new(self.context, SEED);
        let base = Case::alone(sound(&mut maker, dataset, 300), &self.context);
        let (good, bad) = (
            kept(&mut maker, &base, rule),
            broken(&mut maker, &base, rule),
        );
        let (Some(good), Some(bad)) = (good, bad) else {
            return Ok(());
        };
        let told = self.examples(&good, &bad, |issue| issue.rule.as_ref() == Some(&rule.id))?;
        // The code is explained in full where it is asked for: here only what to do.
        told.map_or(Ok(()), |code| {
            self.line("怎样修改", "mend", lang.of(&explain::code(code).mend))
        })
    }

    fn field(&mut self, dataset: &'p Dataset, place: FieldIndex) -> std::io::Result<()> {
        let Some(field) = dataset.field(place) else {
            return Ok(());
        };
        let lang = self.lang;
        writeln!(self.out, "{}.{} {}", dataset.id, field.id, field.name)?;
        let set = format!("{} {}（{}）", dataset.code, dataset.name, dataset.id);
        self.line("数据集", "data set", &set)?;
        self.line("格式", "format", lang.of(&explain::format(field.format)))?;
        let required = match field.required {
            Required::Always => lang.pick("必填", "required"),
            Required::ByRule => lang.pick("按规则填写", "required when a rule says so"),
            Required::Optional => lang.pick("选填", "optional"),
        };
        self.line("必填", "required", required)?;
        if field.list {
            let list = lang.pick("可填多个，用“;”分隔", "several, joined with `;`");
            self.line("多值", "list", list)?;
        }
        self.line("值域", "values", &values(field, lang))?;
        self.line("其他写法", "aliases", &field.aliases.join(", "))?;
        let mentions = |rule: &&Rule| {
            explain::fields(&rule.check).contains(&place)
                || rule.when.iter().any(|when| when.field() == place)
        };
        let rules = dataset.rules.iter().filter(mentions);
        for rule in rules.take(LISTED) {
            let text = format!("{} {}", rule.id, lang.pick(&rule.zh, &rule.en));
            self.line("规则", "rule", &text)?;
        }
        let mut maker = Maker::new(self.context, SEED);
        // As a sound record has it: what the field alone would take, its rules may not.
        let record = sound(&mut maker, dataset, 300);
        let value = match record.get(place) {
            Some(value) => value.to_owned(),
            None => maker.value(field),
        };
        let example = spec::issue::shown(&value, spec::Sensitivity::Public);
        self.line("示例", "example", &example)
    }

    /// A record that is right and one that is not, as far as they differ, and what is said of the second; returns the
    /// code that it is said under.
    fn examples(
        &mut self,
        good: &Case<'_>,
        bad: &Case<'_>,
        is_it: impl Fn(&Issue) -> bool,
    ) -> std::io::Result<Option<IssueCode>> {
        let issues = bad.judge(self.edition);
        let Some(issue) = issues.into_iter().find(is_it) else {
            return Ok(None);
        };
        let lang = self.lang;
        let about = issue.path.trim_start_matches('/').to_owned();
        let rule = good
            .draft
            .dataset
            .rules
            .iter()
            .find(|rule| issue.rule.as_ref() == Some(&rule.id));
        let read: Vec<FieldIndex> = rule.map_or_else(Vec::new, |rule| {
            let when = rule.when.iter().map(spec::Condition::field);
            explain::fields(&rule.check)
                .into_iter()
                .chain(when)
                .collect()
        });
        let shows = |draft: &Draft<'_>, other: &Draft<'_>| {
            let mut pairs = Vec::new();
            for (name, text) in draft.pairs() {
                let place = draft.dataset.field_index(name);
                let differs = place.is_none_or(|place| other.get(place) != Some(text));
                let is_read = place.is_some_and(|place| read.contains(&place));
                if differs || is_read || name == about {
                    pairs.push(format!("\"{name}\": \"{text}\""));
                }
            }
            format!("{{ {} }}", pairs.join(", "))
        };
        let dataset = good.draft.dataset;
        let title = lang.pick("示例", "example");
        writeln!(self.out, "  {title} {}（{}）", dataset.name, dataset.id)?;
        let (right, wrong) = (
            shows(&good.draft, &bad.draft),
            shows(&bad.draft, &good.draft),
        );
        self.line("  正确", "  right", &right)?;
        // What lies in the store decides where the records themselves are alike.
        let by_others = right == wrong;
        if by_others {
            self.known(good)?;
        }
        self.line("  错误", "  wrong", &wrong)?;
        if !self.known(bad)? && by_others {
            let none = lang.pick("（没有相应的记录）", "(none that goes with it)");
            self.line("  已有记录", "  known record", none)?;
        }
        self.line("  所报", "  told", lang.of(&issue.message))?;
        for step in issue.patch.iter().flat_map(|patch| lang.patch(patch)) {
            self.line("  修改", "  patch", &step)?;
        }
        if let Some(help) = &issue.help {
            self.line("  帮助", "  help", lang.of(help))?;
        }
        Ok(Some(issue.code))
    }

    /// The records that were there before; says whether there were any.
    fn known(&mut self, case: &Case<'_>) -> std::io::Result<bool> {
        let mut any = false;
        for (code, bodies) in &case.given {
            let Some(set) = self.edition.by_code(*code) else {
                continue;
            };
            for body in bodies.iter().take(2) {
                any = true;
                let text = serde_json::to_string(&**body)?;
                let text = format!("{} {text}", set.id);
                self.line("  已有记录", "  known record", &text)?;
            }
        }
        Ok(any)
    }
}

fn label(field: &Field) -> String {
    format!("{}（{}）", field.name, field.id)
}

fn values(field: &Field, lang: Lang) -> String {
    match &field.domain {
        Domain::Free => String::new(),
        Domain::Standard(name) => name.clone(),
        Domain::Identifier(kind) => {
            let (zh, en) = kind.composition();
            lang.pick(zh, en).to_owned()
        }
        Domain::Codes(table) => {
            let mut listed: Vec<String> = table
                .values
                .iter()
                .map(|(code, value)| format!("{code} {}", value.name))
                .collect();
            listed.sort_unstable();
            let count = listed.len();
            listed.truncate(LISTED);
            let more = if count > LISTED {
                format!(" …（{count}）")
            } else {
                String::new()
            };
            format!("{}：{}{more}", table.id, listed.join("、"))
        }
    }
}
