//! How the platform misbehaves: by rate, by script, and how it looks on the wire.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::faults::{Fault, Faults, Point, help};
use super::super::{National, Plan, Way};
use super::{judged, packet, parent};
use crate::delivery::world::{Made, Tested, World, get, post};

/// Status and chosen headers of an answer to a packet.
fn heads(url: &str, sent: &[u8]) -> Made<(u16, String, String)> {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = ureq::Agent::new_with_config(config.build());
    let answer = agent.post(format!("{url}/packets")).send(sent)?;
    let header = |name: &str| {
        let value = answer.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    Ok((
        answer.status().as_u16(),
        header("retry-after"),
        header("date"),
    ))
}

#[test]
fn faults_come_in_the_order_of_the_script() -> Tested {
    let world = World::new()?;
    let national = world.national("script=[500,429,reset,maintenance,garbage,drop,ok]")?;
    let sent = packet(&world, 1, &[parent(1, "P1")])?;
    let push = || post(&national.url, "/packets", &sent);
    let packets = || Made::Ok(get(&national.url, "/summary")?["packets"].clone());
    assert_eq!(push()?.0, 500);
    assert_eq!(push()?.0, 429);
    assert!(push().is_err());
    assert_eq!(push()?.0, 503);
    assert_eq!(packets()?, json!(0));
    assert_eq!(
        push()?,
        (200, Value::Null),
        "taken, and the answer is broken"
    );
    assert_eq!(packets()?, json!(1));
    assert!(push().is_err());
    assert_eq!(push()?.0, 200);
    let summary = get(&national.url, "/summary")?;
    assert_eq!(summary["repeats"], json!(2));
    let dealt = json!({
        "500": 1, "429": 1, "reset": 1, "maintenance": 1, "garbage": 1, "reset_after_commit": 1,
    });
    assert_eq!(summary["faults"], dealt);
    let plan = b"{\"503\": 1, \"script\": [\"ok\"]}";
    assert_eq!(post(&national.url, "/faults", plan)?.0, 200);
    assert_eq!((push()?.0, push()?.0), (200, 503));
    assert_eq!(post(&national.url, "/faults", b"nonsense=1")?.0, 400);
    Ok(())
}

#[test]
fn each_fault_looks_on_the_wire_as_it_says() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let url = &national.url;
    let sent = packet(&world, 1, &[parent(1, "P1")])?;
    judged(url, 1, &sent)?;
    let plan = |text: &str| post(url, "/faults", text.as_bytes());
    plan("5xx=1")?;
    let statuses: Vec<u16> = (0..4)
        .map(|_| heads(url, &sent).map(|(status, ..)| status))
        .collect::<Result<_, _>>()?;
    assert_eq!(statuses, [502, 503, 504, 500]);
    plan("429=1,429_for=90s")?;
    assert_eq!(heads(url, &sent)?.1, "90");
    let (_, dated, date) = heads(url, &sent)?;
    assert!(
        dated.ends_with(" GMT") && date.ends_with(" GMT") && dated != date,
        "{dated} {date}"
    );
    plan("[[fault]]\nkind = \"maintenance\"\nuntil = \"1h\"")?;
    let (status, wait, _) = heads(url, &sent)?;
    assert_eq!(status, 503);
    assert!((3500..=3600).contains(&wait.parse::<u32>()?), "{wait}");
    plan("skew=1,skew_for=-5h")?;
    let (_, _, date) = heads(url, &sent)?;
    let said = jiff::fmt::rfc2822::parse(&date)?.timestamp();
    let off = jiff::Timestamp::now().duration_since(said).as_mins();
    assert!((299..=301).contains(&off), "{date}");
    plan("wrong_type=1")?;
    let kind = ureq::get(format!("{url}/packets/1/answer")).call()?;
    assert_eq!(
        kind.headers()
            .get("content-type")
            .map(ureq::http::HeaderValue::as_bytes),
        Some(&b"text/html; charset=utf-8"[..])
    );
    plan("slow=1,slow_for=200ms")?;
    let began = Instant::now();
    assert_eq!(get(url, "/packets/1/answer")?["status"], "done");
    assert!(began.elapsed() >= Duration::from_millis(200), "it trickled");
    for cut in ["lost_answer=1", "hang=1,hang_for=1ms"] {
        plan(cut)?;
        assert!(get(url, "/packets/1/answer").is_err(), "{cut}");
    }
    plan("")?;
    assert_eq!(get(url, "/packets/1/answer")?["status"], "done");
    Ok(())
}

/// What strikes at the first so many chances of a place.
fn struck(plan: &str, point: Point, chances: usize) -> Made<Vec<Fault>> {
    let mut faults = Faults::new(plan.parse()?);
    Ok((0..chances).map(|_| faults.strike(point).fault).collect())
}

#[test]
fn the_same_seed_deals_the_same() -> Tested {
    let plan = "5xx=0.2,hang=0.2,garbage=0.2,seed=5";
    let first = struck(plan, Point::Packet, 1000)?;
    assert_eq!(first, struck(plan, Point::Packet, 1000)?);
    assert_ne!(
        first,
        struck(&plan.replace("seed=5", "seed=6"), Point::Packet, 1000)?
    );
    let share = |fault: Fault| first.iter().filter(|one| **one == fault).count();
    assert!((150..250).contains(&share(Fault::Server(0))), "a fifth");
    // The later ones get what the earlier ones leave.
    assert!((110..210).contains(&share(Fault::Hang)));
    assert!((80..180).contains(&share(Fault::Garbage)));
    assert!(
        struck(plan, Point::Record, 100)?
            .iter()
            .all(|one| *one == Fault::Behave)
    );
    Ok(())
}

#[test]
fn a_script_says_which_chances_and_how_often() -> Tested {
    let script = "seed = 1\n[[fault]]\nkind = \"429\"\nnumbers = \"3-7\"\nevery = 2\n\
                  [[fault]]\nkind = \"reset\"\nnumbers = \"5-\"\nmost = 2\n\
                  [[fault]]\nkind = \"5xx\"\nfrom = \"1h\"\n";
    let (well, many, reset) = (Fault::Behave, Fault::TooMany, Fault::Reset);
    assert_eq!(
        struck(script, Point::Packet, 9)?,
        [well, well, many, well, many, reset, many, reset, well]
    );
    let only = "[[fault]]\nkind = \"503\"\nat = \"query\"\n";
    assert_eq!(struck(only, Point::Packet, 1)?, [well]);
    assert_eq!(struck(only, Point::Query, 1)?, [Fault::Server(503)]);
    Ok(())
}

#[test]
fn plans_are_read_strictly() -> Tested {
    let plan: Plan = "5xx=0.1,script=[500,hang,drop,ok],outage=5s,seed=3,hang_for=20ms".parse()?;
    assert_ne!(plan, Plan::default());
    for wrong in [
        "5xx=2",
        "5xx",
        "script=[what]",
        "script=500",
        "outage=long",
        "nothing_for=1s",
    ] {
        let error = wrong.parse::<Plan>().err().ok_or(wrong)?;
        assert!(error.to_string().contains(wrong), "{error}");
    }
    for wrong in [
        "[[fault]]\nkind = \"what\"",
        "[[fault]]\nkind = \"5xx\"\nrate = 2",
        "[[fault]]\nkind = \"5xx\"\nnumbers = \"5-3\"",
        "[[fault]]\nkind = \"5xx\"\nevery = 0",
        "[[fault]]\nkind = \"5xx\"\nat = \"record\"",
        "[[fault]]\nkind = \"hang\"\nfor = \"-1s\"",
        "[[fault]]\nkind = \"5xx\"\nfrom = \"2s\"\nuntil = \"1s\"",
        "[[fault]]\nkind = \"5xx\"\nwhen = \"now\"",
    ] {
        assert!(wrong.parse::<Plan>().is_err(), "{wrong}");
    }
    Ok(())
}

#[test]
fn the_help_names_every_fault_and_its_example_is_a_script() -> Tested {
    let help = help();
    for name in [
        "5xx",
        "contradictory_answer",
        "certificate",
        "forget",
        "skew",
    ] {
        assert!(help.contains(name), "{name}");
    }
    let (_, example) = help.split_once("  seed").ok_or("no example")?;
    let plan = Plan::from_script(&format!("seed{example}"))?;
    assert_ne!(plan, Plan::default());
    Ok(())
}

#[test]
fn what_is_pushed_only_needs_pushing() -> Tested {
    let world = World::new()?;
    let mut options = world.options()?;
    options.plan = "double_answer=1".parse()?;
    let refused = National::start(options.clone()).map(|_| ());
    assert!(refused.is_err_and(|error| error.to_string().contains("--answers")));
    options.way = Way::Both;
    National::start(options)?.stop();
    Ok(())
}
