//! One engineering deal from project to performance, in the order of its life cycle.

use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::instant;
use super::cast::{Cast, City, named, person};
use super::row::Row;
use super::scope::Scope;
use super::templates::Templates;
use spec::generate::Random;
use spec::generate::identifiers::{citizen, deal as deal_code};

/// How bidders are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Everybody may bid, and is examined with the bid 资格后审.
    Open,
    /// Everybody may bid who was examined beforehand 资格预审.
    Examined,
    /// Only invited bidders may 邀请招标.
    Invited,
}

/// How a deal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Too few bids came 流标.
    Failed,
    /// The contract is signed.
    Signed,
    /// The work is done.
    Performed,
}

/// How a deal goes.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Number of the deal at its city, from 1.
    pub number: usize,
    /// Sections.
    pub sections: usize,
    /// Bidders of each section.
    pub bidders: usize,
    /// How bidders are found.
    pub way: Way,
    /// How it ends.
    pub end: End,
    /// First day, `yyyyMMdd`, where it matters.
    pub first: Option<&'static str>,
}

/// What the deals of a city are written with.
#[derive(Debug)]
pub struct Desk<'d> {
    /// Texts of the records.
    pub templates: &'d Templates<'d>,
    /// The city.
    pub city: &'d City,
    /// Who takes part.
    pub cast: &'d Cast,
    /// Names that all records of the city share.
    pub common: Scope,
    /// Whether records of credit are sent too.
    pub credit: bool,
    /// Chance.
    pub random: Random,
}

/// A kind of work: class of the deal, industry, what is built, extent, supervising department.
const WORKS: [(&str, &str, &str, &str, &str); 5] = [
    (
        "A01",
        "E47",
        "中学迁建工程",
        "总建筑面积约36000平方米，框架结构，地上五层",
        "住房和城乡建设局",
    ),
    (
        "A02",
        "E48",
        "雨污分流改造工程",
        "新建雨污水管道约12.6公里，恢复路面约8.4万平方米",
        "住房和城乡建设局",
    ),
    (
        "A03",
        "E48",
        "农村公路提档升级工程",
        "路线全长9.7公里，三级公路标准，桥梁两座",
        "交通运输局",
    ),
    (
        "A07",
        "E48",
        "河道综合整治工程",
        "整治河道7.2公里，新建护岸11公里、闸站一座",
        "水务局",
    ),
    (
        "A02",
        "E48",
        "口袋公园建设工程",
        "绿化面积约2.3万平方米，含园路、照明与给排水",
        "城市管理局",
    ),
];
const ROADS: [&str; 10] = [
    "芙蓉洲",
    "听鹂",
    "枕溪",
    "望亭",
    "藕香",
    "杏坛",
    "鹿鸣",
    "衔山",
    "云锦",
    "拾翠",
];

/// All records of one deal.
pub fn deal(desk: &mut Desk<'_>, plan: Plan) -> Result<Vec<Row>> {
    let mut scope = project(desk, plan)?;
    let first = first_day(plan, &mut desk.random)?;
    times(&mut scope, first)?;
    let mut sections = Vec::new();
    for number in 1..=plan.sections {
        sections.push(section(desk, &scope, plan, number)?);
    }
    let joined = |name: &str| -> Result<String> {
        let all: Result<Vec<&str>> = sections.iter().map(|section| section.get(name)).collect();
        Ok(all?.join(";"))
    };
    let (codes, deals, opening) = (joined("section")?, joined("deal")?, joined("first.name")?);
    let price = joined("first.price")?;
    for scope in sections.iter_mut().chain([&mut scope]) {
        scope
            .set("sections", codes.clone())
            .set("deals", deals.clone());
    }
    scope
        .set("deal.first", deals.split(';').next().unwrap_or_default())
        .set("first.name", opening.split(';').next().unwrap_or_default())
        .set("first.price", price.split(';').next().unwrap_or_default());
    write(desk, plan, &scope, &sections)
}

/// Long done, or signed the day before yesterday.
fn first_day(plan: Plan, random: &mut Random) -> Result<Date> {
    if let Some(first) = plan.first {
        return super::calendar::day(first);
    }
    let last = super::calendar::day("20261117")?;
    let days = if plan.end == End::Performed {
        130 + random.between(0, 60)
    } else {
        68
    };
    Ok(last.checked_sub(days.days())?)
}

fn project(desk: &mut Desk<'_>, plan: Plan) -> Result<Scope> {
    let Desk {
        city,
        cast,
        common,
        random,
        ..
    } = desk;
    let mut scope = common.clone();
    let &(class, industry, work, scale, watch) =
        WORKS.get(plan.number % WORKS.len()).unwrap_or(&WORKS[0]);
    let &(county, county_name) = city
        .counties
        .get(random.below(city.counties.len()))
        .unwrap_or(&(city.code, city.name));
    let road = random.word(&ROADS);
    let name = format!(
        "{county_name}{road}{work}（{}期）",
        ["一", "二", "三"].get(plan.number % 3).unwrap_or(&"一")
    );
    // Some real codes have letters in their serial number.
    let serial = if plan.number % 12 == 6 {
        format!("a{:05}", 100 + plan.number)
    } else {
        format!("{:06}", 100 + plan.number)
    };
    let project = format!("{}{serial}", scope.get("trade_plat")?);
    if let Some(owner) = cast.owners.get(plan.number % cast.owners.len().max(1)) {
        named(&mut scope, "owner", owner);
    }
    if plan.number % 4 != 1
        && let Some(agency) = cast.agencies.get(plan.number % cast.agencies.len().max(1))
    {
        named(&mut scope, "agency", agency);
        scope
            .set("agency.type", "2")
            .set("agency.role", "02")
            .set("form", "2");
    } else {
        scope.set("form", "1");
    }
    scope
        .set("class", class)
        .set("industry", industry)
        .set("scale", scale)
        .set("watch", watch)
        .set("county", county)
        .set("county.name", county_name)
        .set("place", format!("{road}街区"))
        .set("invest", format!("2026-{}-48-01-{:06}", city.code, 700 + plan.number))
        .set("approval", format!("{}发改投资〔2026〕{}号", city.name.trim_end_matches('市'), 40 + plan.number))
        .set("funds", random.word(&["财政资金", "国有企业自筹", "专项债券和财政资金"]))
        .set("project.name", name.clone())
        .set("tender", format!("{project}001"))
        .set("tender.name", format!("{name}施工"))
        .set("self", format!("{}FXT2026-{:03}", city.code, plan.number))
        .set("section.count", plan.sections.to_string())
        .set("mode", if plan.way == Way::Invited { "2" } else { "1" })
        .set("qual", if plan.way == Way::Examined { "1" } else { "2" })
        .set("classify", "A08")
        .set("qualification", "具有独立法人资格，具备相应专业施工总承包贰级及以上资质，项目负责人具备注册建造师资格，近三年无重大质量安全事故。")
        .set("duty", person(random))
        .set("examiner", person(random))
        .set("days", (random.between(6, 24) * 15).to_string())
        .set("project", project);
    Ok(scope)
}

/// Instants that all sections share.
fn times(scope: &mut Scope, first: Date) -> Result<()> {
    for (name, days, hour, minute) in [
        ("project", 0, 9, 12),
        ("tender", 18, 10, 30),
        ("section", 19, 9, 40),
        ("notice", 24, 15, 0),
        ("doc", 24, 16, 0),
        ("doc_start", 25, 9, 0),
        ("doc_end", 31, 17, 30),
        ("clarify", 30, 17, 0),
        ("ask", 29, 10, 20),
        ("guarantee", 44, 11, 5),
        ("margin", 45, 14, 25),
        ("deadline", 46, 9, 30),
        ("open", 46, 9, 30),
        ("expert", 46, 13, 0),
        ("exception", 47, 10, 0),
        ("evaluated", 46, 17, 20),
        ("report", 46, 18, 0),
        ("publicity_refer", 47, 9, 30),
        ("publicity_start", 47, 16, 0),
        ("publicity_end", 51, 16, 0),
        ("result", 53, 10, 0),
        ("contract", 68, 15, 30),
        ("contract_submit", 69, 9, 10),
        ("begin", 75, 0, 0),
        ("finish", 126, 16, 0),
        ("performance", 129, 10, 0),
        ("guarantee_end", 150, 0, 0),
    ] {
        scope.set(format!("t.{name}"), instant(first, days, hour, minute)?);
    }
    Ok(())
}

/// Names of one section, its bidders among them as `1.name`, `1.price` and so on, in the order of rank.
fn section(desk: &mut Desk<'_>, scope: &Scope, plan: Plan, number: usize) -> Result<Scope> {
    let random = &mut desk.random;
    let mut section = scope.clone();
    let estimate = random.between(220, 4800) * 10_000;
    let control = estimate / 100 * random.between(95, 99);
    let mut serial = (plan.number * 10 + number) as u32;
    let day = scope
        .get("t.section")?
        .get(..8)
        .unwrap_or_default()
        .to_owned();
    let mut code = deal_code(scope.get("class")?, scope.get("platform")?, &day, serial);
    // A `*` is a right check character too, but not what a clean record should try.
    while code.ends_with('*') {
        serial += 5_000;
        code = deal_code(scope.get("class")?, scope.get("platform")?, &day, serial);
    }
    let name = match plan.sections {
        1 => scope.get("tender.name")?.to_owned(),
        _ => format!("{}{number}标段", scope.get("tender.name")?),
    };
    section
        .set("section", format!("{}{number:03}", scope.get("tender")?))
        .set("section.name", name)
        .set("deal", code)
        .set("estimate", estimate.to_string())
        .set("control", control.to_string())
        .set("margin", (estimate / 100).to_string())
        .set("margin.wan", plain(estimate / 100, 4))
        .set("guarantee", format!("{:06}{number:02}", plan.number));
    let from = random.below(97);
    for rank in 1..=plan.bidders {
        let bidder = desk
            .cast
            .bidders
            .get((from + rank * 7 + number) % desk.cast.bidders.len().max(1));
        let mut one = Scope::default();
        if let Some(bidder) = bidder {
            named(&mut one, "bidder", bidder);
        }
        let price =
            control / 1000 * random.between(880 + rank as i64 * 8, 886 + rank as i64 * 8) * 100
                + random.between(1, 99);
        one.set("price", plain(price, 2))
            .set("settle", plain(price / 100 * 102, 2))
            .set(
                "score",
                format!("{}.{:02}", 95 - rank * 2, random.between(0, 99)),
            )
            .set("score.price", (48 - rank).to_string())
            .set("score.skill", (34 - rank).to_string())
            .set("score.credit", "12")
            .set(
                "pay",
                if rank == 1 {
                    "7"
                } else {
                    random.word(&["1", "2", "7"])
                },
            )
            .set(
                "t.checkin",
                format!(
                    "{}{:02}{:02}00",
                    before(scope.get("t.deadline")?),
                    8,
                    2 + rank * 7
                ),
            )
            .set("file.size", (60 + rank * 7).to_string())
            .set("file.md5", random.hex(32))
            .set(
                "machine.cpu",
                format!("BFEBFBFF{}", random.hex(8).to_uppercase()),
            )
            .set(
                "machine.disk",
                format!("FXT-{}", random.hex(10).to_uppercase()),
            )
            .set("machine.memory", random.hex(8).to_uppercase())
            .set("machine.ip", format!("192.0.2.{}", random.between(1, 254)))
            .set(
                "machine.mac",
                format!(
                    "02-00-5E-{}-{}-{}",
                    random.hex(2),
                    random.hex(2),
                    random.hex(2)
                )
                .to_uppercase(),
            );
        for (name, value) in one.iter() {
            section.set(format!("{rank}.{name}"), value);
        }
    }
    let first = section.get("1.bidder.name")?.to_owned();
    let price = section.get("1.price")?.to_owned();
    section.set("first.name", first).set("first.price", price);
    Ok(section)
}

fn before(digits: &str) -> &str {
    digits.get(..8).unwrap_or(digits)
}

/// A whole figure with so many of its digits behind the point, as the standard writes it.
pub fn plain(figure: i64, decimals: u32) -> String {
    let unit = 10_i64.pow(decimals);
    let text = format!(
        "{}.{:0width$}",
        figure / unit,
        figure % unit,
        width = decimals as usize
    );
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The scope of one bidder of a section, as if it were the only one.
pub fn bidder(section: &Scope, rank: usize) -> Scope {
    let mut scope = section.clone();
    let prefix = format!("{rank}.");
    for (name, value) in section.iter() {
        if let Some(name) = name.strip_prefix(&prefix) {
            scope.set(name, value);
        }
    }
    scope.set("rank", rank.to_string());
    scope
}

/// Five experts of a section: the first represents the owner, the second is in the chair.
fn experts(desk: &mut Desk<'_>, section: &Scope, plan: Plan) -> Vec<Scope> {
    let random = &mut desk.random;
    (0..5)
        .map(|place: usize| {
            let birth = format!(
                "190{}{:02}{:02}",
                place,
                random.between(1, 12),
                random.between(1, 28)
            );
            let sequence = 500 + (plan.number * 7 + place) as u32 % 400;
            let mut scope = section.clone();
            scope
                .set(
                    "expert.type",
                    match place {
                        0 => "1",
                        4 => "3",
                        _ => "2",
                    },
                )
                .set("expert.name", person(random))
                .set("expert.id", citizen(desk.city.code, &birth, sequence))
                .set("expert.chair", if place == 1 { "1" } else { "0" });
            scope
        })
        .collect()
}

mod write;
use write::write;
