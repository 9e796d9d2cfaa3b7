//! A hub of a group that dies without a word. The broker of the other tests never gives up a member that is silent;
//! librdkafka's own mock cluster does, after the session timeout that the protocol has for it.

use rdkafka::mocking::MockCluster;
use serde_json::json;

use super::super::harness::hub::Hub;
use super::super::harness::kafka::produce;
use super::super::harness::{Engine, records};
use super::{GROUP, Setting, each_became_one, figure, listed, wait};

/// What is sent, one message after the other.
struct Sender {
    address: String,
    sent: u32,
}

impl Sender {
    fn send(&mut self, count: u32) {
        for _ in 0..count {
            self.sent += 1;
            let record = records::element("PROJECT", &records::project(self.sent));
            let body = json!({ "records": [record] }).to_string();
            let key = format!("deal-{}", self.sent);
            produce(&self.address, "batches", &[(&key, Some(body.as_bytes()))]);
        }
    }

    /// Sends until both hubs have taken messages since they were started: then both have partitions.
    fn until_both_read(&mut self, one: &Hub, other: &Hub, before: [u64; 2]) {
        wait("both read", || {
            self.send(8);
            let taken = |hub| figure(hub, "hub_way_messages_total", "batches");
            taken(one) > before[0] && taken(other) > before[1]
        });
    }
}

#[test]
fn a_hub_that_is_killed_is_followed_by_another_of_its_group() {
    let cluster = MockCluster::new(1).expect("a cluster");
    for (topic, partitions) in [("batches", 4), ("records", 1), ("verdicts", 1)] {
        let made = cluster.create_topic(topic, partitions, 1);
        made.expect("a topic");
    }
    let mut sender = Sender {
        address: cluster.bootstrap_servers(),
        sent: 0,
    };
    let setting = Setting::new(&sender.address, GROUP);
    let mut one = setting.start(Engine::Postgres);
    let mut other = one.start_beside();
    let reader = one.add_reader("audit", "auditor");
    sender.until_both_read(&one, &other, [0, 0]);

    // Killed with messages on the way, which nobody gives back: what it had, the other reads on.
    sender.send(8);
    one.kill();
    sender.send(24);
    wait("the other has taken over", || {
        listed(&other, &reader).len() >= sender.sent as usize
    });

    // The same the other way round, once both are members again.
    one.restart();
    let before = figure(&other, "hub_way_messages_total", "batches");
    sender.until_both_read(&one, &other, [0, before]);
    sender.send(8);
    other.kill();
    sender.send(24);
    wait("the first has taken over", || {
        listed(&one, &reader).len() >= sender.sent as usize
    });

    each_became_one(&one, &reader, sender.sent);
    one.stop();
    one.assert_log_verifies();
}
