//! Who takes part: bodies and people of one city, all invented.
//!
//! Organization codes begin with `FXT`, births lie before 1910, mail goes to `example.cn`: nothing here
//! can be mistaken for, or hit, anybody.

use super::scope::Scope;
use spec::generate::Random;
use spec::generate::identifiers::{citizen, credit_code, organization};

const FIRST: &str = "槐栎砚芷汀霁澹朔岫棠沅筠";
const SECOND: &str = "序隐舟屏鸢川岚庐浦湄";
const FAMILY: [&str; 12] = [
    "顾", "陆", "沈", "姚", "钱", "范", "邵", "秦", "尹", "薛", "倪", "袁",
];
const GIVEN: [&str; 16] = [
    "明远", "书涵", "景行", "若谷", "怀瑾", "思齐", "清和", "承志", "亦然", "文昭", "知微", "庭芳",
    "望舒", "安澜", "云起", "长庚",
];

/// A city as it stands in records.
#[derive(Debug, Clone, Copy)]
pub struct City {
    /// Region code, which is the source's identifier too.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Counties: code and name.
    pub counties: &'static [(&'static str, &'static str)],
    /// Post code.
    pub zip: &'static str,
    /// Dialling code.
    pub dial: &'static str,
    /// Number from which names of its bodies are counted.
    pub names_from: usize,
    /// How many owners, agencies and bidders there are.
    pub bodies: [usize; 3],
}

/// Bodies of one city by their part in trading.
#[derive(Debug, Default)]
pub struct Cast {
    /// Owners 招标人.
    pub owners: Vec<Scope>,
    /// Agencies 招标代理机构.
    pub agencies: Vec<Scope>,
    /// Bidders 投标人, with a manager each.
    pub bidders: Vec<Scope>,
    /// Bodies that once were bidders, and are or were on the black list 黑名单.
    pub listed: Vec<Scope>,
}

/// A person's name.
pub fn person(random: &mut Random) -> String {
    format!("{}{}", random.word(&FAMILY), random.word(&GIVEN))
}

/// Everybody of one city.
pub fn cast(city: &City, random: &mut Random) -> Cast {
    let mut cast = Cast::default();
    let mut number = city.names_from;
    let [owners, agencies, bidders] = city.bodies;
    for _ in 0..owners {
        let kind = random.word(&[
            "城市建设发展有限公司",
            "交通建设投资有限公司",
            "水务建设管理有限公司",
            "文旅产业开发有限公司",
        ]);
        cast.owners.push(body(city, number, kind, "01;04", random));
        number += 1;
    }
    for _ in 0..agencies {
        cast.agencies
            .push(body(city, number, "工程咨询有限公司", "02;05", random));
        number += 1;
    }
    for _ in 0..bidders {
        let kind = random.word(&[
            "建设工程有限公司",
            "市政园林工程有限公司",
            "建筑安装工程有限公司",
            "路桥工程有限公司",
        ]);
        let mut bidder = body(city, number, kind, "03;06", random);
        manager(city, number, &mut bidder, random);
        cast.bidders.push(bidder);
        number += 1;
    }
    for _ in 0..4 {
        cast.listed
            .push(body(city, number, "建筑劳务有限公司", "03", random));
        number += 1;
    }
    cast
}

fn body(city: &City, number: usize, kind: &str, roles: &str, random: &mut Random) -> Scope {
    let first = FIRST.chars().nth(number % 12).unwrap_or('槐');
    let second = SECOND.chars().nth(number / 12 % 10).unwrap_or('序');
    let org = organization(&format!("FXT{number:05}"));
    let place = if roles.starts_with("01") {
        city.name.trim_end_matches('市')
    } else {
        "江苏"
    };
    let mut scope = Scope::default();
    scope
        .set("name", format!("{place}{first}{second}{kind}"))
        .set("code", credit_code("91", city.code, &org))
        .set("org", org)
        .set("roles", roles)
        .set("head", person(random))
        .set("contact", person(random))
        .set("phone", format!("{}-0000{}", city.dial, random.digits(4)))
        .set("mail", format!("office{number}@example.cn"))
        .set(
            "address",
            format!(
                "{}{}路{}号",
                city.name,
                random.word(&["望湖", "听松", "采薇", "临川"]),
                number + 1
            ),
        )
        .set("account", format!("0000{}", random.digits(12)))
        .set("capital", format!("{}", random.between(5, 600) * 100))
        .set(
            "industry",
            if roles.starts_with("02") {
                "M74"
            } else {
                "E48"
            },
        )
        .set("cert", format!("D232{number:06}"))
        .set(
            "quality",
            random.word(&[
                "建筑工程施工总承包",
                "市政公用工程施工总承包",
                "公路工程施工总承包",
            ]),
        )
        .set("line", format!("{:02}", random.between(1, 9)));
    scope
}

fn manager(city: &City, number: usize, body: &mut Scope, random: &mut Random) {
    let birth = format!(
        "190{}{:02}{:02}",
        random.below(10),
        random.between(1, 12),
        random.between(1, 28)
    );
    let sequence = 100 + number as u32;
    let start = format!("19{}0701", random.between(30, 45));
    body.set("manager.name", person(random))
        .set(
            "manager.sex",
            if sequence.is_multiple_of(2) { "2" } else { "1" },
        )
        .set("manager.id", citizen(city.code, &birth, sequence))
        .set("manager.birth", birth)
        .set("manager.start", start)
        .set(
            "manager.phone",
            format!("{}-0000{}", city.dial, random.digits(4)),
        )
        .set("manager.cert", format!("苏1320000{number:05}"));
}

/// Gives all values of a body a name of the deal: `code` becomes `owner.code`. A manager stays `manager.…`.
pub fn named(scope: &mut Scope, part: &str, body: &Scope) {
    for (name, value) in body.iter() {
        match name.strip_prefix("manager.") {
            Some(_) => scope.set(name, value),
            None => scope.set(format!("{part}.{name}"), value),
        };
    }
}
