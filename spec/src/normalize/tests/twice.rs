//! Normalization is total and idempotent, over texts put together from everything that it looks for.

use crate::generate::Random;
use crate::validate::sample::{context, dataset, edition, input};
use crate::{Record, normalize};

#[test]
fn normalizing_twice_changes_nothing_and_never_panics() {
    const PIECES: &[&str] = &[
        "",
        " ",
        "甲",
        "A",
        "x",
        "1",
        "0",
        "20250106",
        "2025-01-06",
        " 09:30",
        "元",
        "万元",
        ",",
        "，",
        "；",
        ";",
        "、",
        "|",
        "'",
        "&nbsp;",
        "&nb",
        "sp;",
        "<em>",
        "</em>",
        "<e",
        "m>",
        "\u{a0}",
        "\u{3000}",
        "\u{200b}",
        "\u{feff}",
        "\n",
        "\r",
        "\t",
        "\u{0}",
        "e",
        "\u{301}",
        "\u{338}",
        "<",
        "１",
        "Ａ",
        "；",
        ".",
        "-",
        "+",
        "E+",
        "E",
        "公开招标",
        "true",
        "是",
        "江苏省",
        ">",
        "南京市",
        "91320100TEXT00017N",
        "TEXT0001-7",
        "\u{37e}",
        "\u{212a}",
        "\u{2028}",
        "\u{1f600}",
        "(",
        "（",
        "）",
        "%",
        "/",
        "年",
        "月",
        "日",
        "时",
        "T",
        "Z",
        ":",
        "：",
        "\u{202e}",
        "\u{200d}",
        "[",
        "]",
        "\"",
        "\\",
        "*",
        "００",
        "‐",
        "–",
        "壹",
        "拾",
        "万",
        "亿",
        "角",
        "人民币",
        "预算金额",
        "(元)",
        "公顷",
        "至",
        "前",
        "下午",
        "45663",
        "320103",
        "32",
        "鼓楼区",
        "***",
        "N/A",
        "无",
        "О",
        "I",
        "O",
        "=\"",
        "&amp;",
        "&#160;",
        "<br>",
        "一",
        "Jan",
    ];
    let edition = edition(vec![dataset(
        1,
        "D",
        &[
            "A C..50 free",
            "B C..ul free",
            "C N..12,2 free yuan",
            "D N..12,6 free by:9",
            "E D8 free",
            "F D14 free",
            "G C1 codes:mode",
            "H C6 codes:region",
            "I C40 deal",
            "J C1 codes:unit",
            "K C..100 free list",
            "L C..50 codes:mode list",
            "M C..100 subject list",
            "N C18 citizen personal",
            "O C9 org",
            "P N3 free",
            "Q C23 section",
            "R B free",
            "S C36 guid",
            "T C1 codes:yes_no",
            "U C18 operator",
            "V N..5,2 free unit:percent",
            "W C18 uscc",
            "X N..12,6 free by:26",
            "Y N..12,6 free by:26",
            "Z N..12,2 free unit:m2",
            "UNIT C1 codes:unit",
        ],
    )]);
    let dataset = &edition.datasets[0];
    let context = context(&edition);
    let mut random = Random::new(20_250_106);
    for round in 0..6000 {
        let texts: Vec<String> = (0..dataset.fields.len())
            .map(|_| {
                (0..random.below(6))
                    .map(|_| PIECES[random.below(PIECES.len())])
                    .collect()
            })
            .collect();
        let mut sent = Record::new(dataset);
        sent.values = texts.iter().map(|text| Some(input(text))).collect();
        let once = normalize(&context, sent);
        let mut again = Record::new(dataset);
        again.values = once
            .values
            .iter()
            .map(|value| {
                value
                    .as_ref()
                    .filter(|value| !value.failed)
                    .map(|value| input_text(&value.text))
            })
            .collect();
        let twice = normalize(&context, again);
        assert_eq!(twice.changes, [], "round {round}: {texts:?}");
        assert_eq!(twice.issues, [], "round {round}: {texts:?}");
        for (first, second) in once.values.iter().zip(&twice.values) {
            let sound = first
                .as_ref()
                .filter(|value| !value.failed)
                .map(|value| &value.text);
            assert_eq!(
                sound,
                second.as_ref().map(|value| &value.text),
                "round {round}: {texts:?}"
            );
        }
    }
}

fn input_text(text: &str) -> crate::record::Input<'_> {
    crate::record::Input {
        text: text.into(),
        kind: crate::record::Kind::Text,
        at: 0,
        mapped: None,
    }
}
