//! What `fle watch` sees of ZooKeeper servers, by their four-letter words and their AdminServers.

use crate::ensemble::Ensemble;
use crate::server::{ZOOKEEPER, command};
use serde_json::Value;

/// What one poll sees, and its exit code.
struct Seen {
    told: Value,
    code: Option<i32>,
}

fn watch(addresses: &[String]) -> Seen {
    let mut watch = command("watch");
    let output = watch
        .args(["--once", "--json", "-"])
        .args(addresses)
        .output();
    let output = output.unwrap();
    Seen {
        told: serde_json::from_slice(&output.stdout).unwrap(),
        code: output.status.code(),
    }
}

impl Seen {
    fn states(&self) -> Vec<&str> {
        let servers = self.told["servers"].as_array().unwrap();
        servers
            .iter()
            .map(|it| it["state"].as_str().unwrap())
            .collect()
    }

    fn kinds(&self) -> Vec<&str> {
        let findings = self.told["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|it| it["kind"].as_str().unwrap())
            .collect()
    }
}

/// Waits until a poll sees these states, and finds these kinds of things.
fn sees(ensemble: &Ensemble, addresses: &[String], states: &[&str], kinds: &[&str]) -> Seen {
    let what = format!("fle watch sees {} and finds {kinds:?}", states.join(", "));
    let seen = ensemble.until(&what, || {
        let seen = watch(addresses);
        (seen.states() == states && seen.kinds() == kinds).then_some(seen)
    });
    ensemble.tell(&what);
    seen
}

/// The addresses of three servers' client ports and of their AdminServers. Server 1 allows what is
/// allowed by default, the others what `fle watch` asks for.
fn three() -> Option<(Ensemble, Vec<String>, Vec<String>)> {
    let scenario = "`fle watch` sees three ZooKeeper servers, which end one after the other.";
    let ensemble = Ensemble::new(scenario, &[ZOOKEEPER; 3], "")?;
    let (mut words, mut admins) = (Vec::new(), Vec::new());
    for sid in 1..=3 {
        let process = &ensemble.server(sid).process;
        words.push(process.client.to_string());
        admins.push(process.admin.to_string());
        let (address, port) = (process.admin.ip(), process.admin.port());
        let admin = format!("admin.serverAddress={address}\nadmin.serverPort={port}");
        ensemble.edit(sid, "admin.enableServer=false", &admin);
        if sid > 1 {
            ensemble.edit(sid, "whitelist=srvr", "whitelist=srvr,mntr,conf");
        }
    }
    Some((ensemble, words, admins))
}

#[test]
fn an_ensemble_that_loses_its_servers_is_seen_to_do_so() {
    let Some((mut ensemble, words, admins)) = three() else {
        return;
    };
    ensemble.start(&[1, 2, 3]);
    ensemble.settles_on(3);
    ensemble.serves_under(3);

    let led = ["following", "following", "leading"];
    let seen = sees(&ensemble, &words, &led, &["not allowed"]);
    assert_eq!(seen.code, Some(0));
    let [one, two, three] = [0, 1, 2].map(|place| &seen.told["servers"][place]);
    assert_eq!(one["sid"], Value::Null);
    assert_eq!((&two["sid"], &two["voters"]), (&2.into(), &3.into()));
    assert_eq!(three["synced_followers"], 2);
    assert_eq!(three["version"], "3.8.0");
    let zxid = three["zxid"].as_str().unwrap();
    let zxid = i64::from_str_radix(zxid.strip_prefix("0x").unwrap(), 16).unwrap();
    assert_eq!(three["epoch"], zxid >> 32);

    let seen = sees(&ensemble, &admins, &led, &[]);
    assert_eq!(seen.code, Some(0));
    for place in 0..3 {
        let server = &seen.told["servers"][place];
        assert_eq!(server["kind"], "AdminServer");
        assert_eq!(server["sid"], place + 1);
        assert_eq!(server["leader"], 3);
    }

    ensemble.kill(2);
    let left = ["following", "unreachable", "leading"];
    let seen = sees(
        &ensemble,
        &words,
        &left,
        &["few synced", "unreachable", "not allowed"],
    );
    assert_eq!(seen.code, Some(1));
    assert_eq!(seen.told["findings"][0]["addresses"][0], words[2]);
    assert_eq!(seen.told["findings"][1]["addresses"][0], words[1]);
    sees(&ensemble, &admins, &left, &["few synced", "unreachable"]);

    ensemble.kill(3);
    let alone = ["not serving", "unreachable", "unreachable"];
    let nobody = ["no leader", "no quorum", "unreachable", "unreachable"];
    let reserved = [&nobody[..], &["not allowed"]].concat();
    let seen = sees(&ensemble, &words, &alone, &reserved);
    assert_eq!(seen.code, Some(1));
    sees(&ensemble, &admins, &alone, &nobody);
}
