//! Writings of amounts that portals publish, and what each of them says.

use super::*;

fn shown(figure: &Figure) -> String {
    let suffix = match figure.suffix {
        None => String::new(),
        Some(Suffix::Money(power)) => format!(" yuan^{power}"),
        Some(Suffix::Sign) => " sign".to_owned(),
        Some(Suffix::Other(family, power)) => format!(" {family}^{power}"),
    };
    format!("{}{suffix}", figure.decimal)
}

#[test]
fn one_figure_is_read_whatever_stands_around_it() {
    for (text, figure) in [
        ("1186000元", "1186000 yuan^0"),
        ("88.45 万元", "88.45 yuan^4"),
        ("8983476.00(元)", "8983476 yuan^0"),
        ("￥3,140.47元 人民币", "3140.47 yuan^0"),
        ("50(万元人民币)", "50 yuan^4"),
        ("5,000(万人民币元)", "5000 yuan^4"),
        ("50万人民币", "50 yuan^4"),
        ("300(万元(人民币))", "300 yuan^4"),
        ("150(万)", "150 yuan^4"),
        ("76()", "76"),
        ("1.5亿元", "1.5 yuan^8"),
        ("215.8 万元(人民币)", "215.8 yuan^4"),
        ("预算金额:320.000000 万元(人民币)", "320 yuan^4"),
        ("预算金额(元):90000", "90000 yuan^0"),
        ("预算金额(元): 2300000.00", "2300000 yuan^0"),
        ("预算金额:人民币38万元", "38 yuan^4"),
        ("预算金额:90000", "90000"),
        ("壹佰万元整", "1000000 yuan^0"),
        (
            "人民币玖拾万零陆佰伍拾贰圆柒角壹分(?900652.7100)。",
            "900652.71 yuan^0",
        ),
        ("人民币 壹万柒仟陆佰元整(大写)(17600.00元)", "17600 yuan^0"),
        (
            "10718940.76元(大写:壹仟零柒拾壹万捌仟玖佰肆拾元柒角陆分)",
            "10718940.76 yuan^0",
        ),
        ("三十日历天", "30 days^0"),
        ("98.65%", "98.65 percent^0"),
        ("26645.25平方米", "26645.25 m2^0"),
        ("1.3149公顷", "1.3149 m2^4"),
        ("14800元/平方米", "14800 yuan_per_m2^0"),
        ("-5元", "-5 yuan^0"),
        ("¥12.5", "12.5 sign"),
        ("¥12.5(壹拾贰元伍角)", "12.5 yuan^0"),
    ] {
        match read(text) {
            Reading::Sure(found) => assert_eq!(shown(&found), figure, "{text}"),
            other => assert_eq!(format!("{other:?}"), figure, "{text}"),
        }
    }
}

#[test]
fn several_figures_or_other_words_are_never_chosen_from() {
    for text in [
        "未提供",
        "设计费:1003000.00元;建安费:65350000.00元",
        "第1包113.9万元;第2包348.1万元",
        "100-200万元",
        "1亿2000万元",
        "投标报价(元/%)",
        "800元/台",
        "3500000.00元每年",
        "3681705.8元 /年",
        "一二三元",
        "壹佰叁佰元",
        "十二三十元",
        "1.234,56",
    ] {
        assert_eq!(read(text), Reading::None, "{text}");
    }
    for (text, figure) in [
        (
            "826031600.00元(其中建安费:818041600.00元,设计费:7990000.00元)",
            "826031600 yuan^0",
        ),
        ("16366.65平方米,合24.55亩", "16366.65 m2^0"),
        ("价格系数:0.87", "0.87"),
        ("5(万美元)", "5 foreign^4"),
        ("不超过100万元", "100 yuan^4"),
        ("预算金额:778,600.00元 最高限价:778600元", "778600 yuan^0"),
        ("折扣率78%", "78 percent^0"),
        ("100元(壹佰零壹元整)", "100 yuan^0"),
    ] {
        match read(text) {
            Reading::Perhaps(found) => assert_eq!(shown(&found), figure, "{text}"),
            other => assert_eq!(format!("{other:?}"), figure, "{text}"),
        }
    }
}
