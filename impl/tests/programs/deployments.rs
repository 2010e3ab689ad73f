//! `fle check-config` on what describes several servers at once: directories, compose files and
//! ConfigMaps.

use crate::support::{Ensemble, fle, stderr, stdout};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

const SERVERS: &str = "server.1=zoo1:2888:3888;2181 server.2=zoo2:2888:3888;2181 \
                       server.3=zoo3:2888:3888;2181";

fn check(path: &Path) -> Output {
    fle(["check-config".as_ref(), path.as_os_str()])
}

fn check_text(name: &str, text: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    check(&path)
}

#[test]
fn a_directory_is_every_configuration_in_it() {
    let ensemble = Ensemble::new(3);
    let folder = ensemble.config(1);
    let folder = folder.parent().and_then(Path::parent).unwrap();
    std::fs::write(folder.join("notes.yml"), "about: something else").unwrap();
    let output = check(folder);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains("3/zoo.cfg: server 3, participant"), "{text}");

    let empty = tempfile::tempdir().unwrap();
    let output = check(empty.path());
    assert_eq!(output.status.code(), Some(2));
    let said = "there is no ZooKeeper configuration in it";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
}

/// As the kubelet lays a ConfigMap out.
#[test]
fn a_file_that_kubernetes_mounts_counts_once() {
    let mount = tempfile::tempdir().unwrap();
    let day = mount.path().join("..2026_11_30_12_00_00.1");
    std::fs::create_dir(&day).unwrap();
    std::fs::write(day.join("zoo.cfg"), "dataDir=/data\nclientPort=2181\n").unwrap();
    let link = |to: &str, from: &str| symlink(to, mount.path().join(from)).unwrap();
    link("..2026_11_30_12_00_00.1", "..data");
    link("..data/zoo.cfg", "zoo.cfg");
    let text = stdout(&check(mount.path()));
    assert_eq!(text.matches("ZooKeeper takes it").count(), 1, "{text}");
}

#[test]
fn the_servers_of_a_compose_file_are_compared() {
    let compose = format!(
        "x-zoo: &zoo\n  ZOO_SERVERS: {SERVERS}\nservices:\n\
         \x20 zoo1:\n    environment:\n      <<: *zoo\n      ZOO_MY_ID: 1\n\
         \x20 zoo2:\n    environment:\n      - ZOO_MY_ID=2\n      - ZOO_SERVERS={}\n\
         \x20 app:\n    image: app\n",
        SERVERS.replace("zoo2", "0.0.0.0")
    );
    let output = check_text("compose.yml", &compose);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains("compose.yml: zoo1/zoo.cfg: server 1, participant; 3 "),
        "{text}"
    );

    let output = check_text("compose.yaml", &compose.replace("MY_ID: 1", "MY_ID: 2"));
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("zoo2/zoo.cfg: server 2 is "), "{text}");
}

#[test]
fn other_images_name_their_servers_otherwise() {
    let service = |environment: &str| {
        let text = format!("services:\n  zoo:\n    environment:\n{environment}");
        let output = check_text("compose.yml", &text);
        (output.status.code(), stdout(&output))
    };
    let (code, text) = service(
        "      ZOO_SERVER_ID: 5\n      \
         ZOO_SERVERS: zoo4:2888:3888::4,0.0.0.0:2888:3888::5,zoo6:2888:3888::6\n",
    );
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("server 5, participant; 3 participants"),
        "{text}"
    );
    let (code, text) = service(
        "      ZOOKEEPER_SERVER_ID: 2\n      ZOOKEEPER_CLIENT_PORT: 2181\n      \
         ZOOKEEPER_INIT_LIMIT: 5\n      \
         ZOOKEEPER_SYNC_LIMIT: 2\n      ZOOKEEPER_SERVERS: a:2888:3888;b:2888:3888;c:2888:3888\n",
    );
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("server 2, participant; 3 participants"),
        "{text}"
    );
    let (code, text) = service("      ZOO_MY_ID: ${ID}\n");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("\"${ID}\" is not a server's id"), "{text}");
}

#[test]
fn a_config_map_is_read_by_all_its_servers() {
    let map = |limit: &str| {
        let lines = SERVERS.replace(' ', "\n    ");
        format!(
            "kind: Service\n---\nkind: ConfigMap\nmetadata: {{name: zk}}\ndata:\n  zoo.cfg: |\n    \
             dataDir=/data\n    initLimit={limit}\n    syncLimit=2\n    {lines}\n  \
             log.properties: a=b\n"
        )
    };
    let output = check_text("map.yaml", &map("5"));
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("map.yaml: zk/zoo.cfg: shared by servers; 3 participants"),
        "{text}"
    );
    let output = check_text("map.yaml", &map("five"));
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("map.yaml: zk/zoo.cfg:2: initLimit: \"five\" is not a number"),
        "{text}"
    );
}

#[test]
fn a_config_map_may_name_a_dynamic_file_that_is_another_key() {
    let lines = SERVERS.replace(' ', "\n    ");
    let map = format!(
        "kind: ConfigMap\nmetadata: {{name: zk}}\ndata:\n  zoo.cfg: |\n    \
         dataDir=/data\n    initLimit=5\n    syncLimit=2\n    \
         dynamicConfigFile=/conf/zoo.cfg.dynamic\n  zoo.cfg.dynamic: |\n    {lines}\n"
    );
    let output = check_text("map.yaml", &map);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("map.yaml: zk/zoo.cfg: shared by servers; 3 participants"),
        "{text}"
    );
}

/// Each server's file, as somebody copies them to one machine without the data.
#[test]
fn files_that_were_gathered_are_one_ensemble() {
    let folder = tempfile::tempdir().unwrap();
    let file = |sid: u8, text: &str| {
        let path = folder.path().join(format!("{sid}.cfg"));
        std::fs::write(&path, text).unwrap();
    };
    let servers = SERVERS.replace(' ', "\n");
    let text = format!("dataDir=/nowhere/data\ninitLimit=5\nsyncLimit=2\n{servers}\n");
    let wild = |sid: u8| text.replace(&format!("zoo{sid}"), "0.0.0.0");
    (1..=3).for_each(|sid| file(sid, &wild(sid)));
    let output = check(folder.path());
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(told.lines().count(), 3, "{told}");
    assert!(told.contains("2.cfg: server 2, participant; 3 "), "{told}");

    (1..=2).for_each(|sid| file(sid, &text));
    file(
        3,
        &text
            .replace("zoo1", "zoo9")
            .replace("initLimit=5", "initLimit=6"),
    );
    let output = check(folder.path());
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for line in [
        "1.cfg: of one of the servers, whose dataDir is not here; 3 participants",
        "3.cfg: server.1 is zoo9:2888:3888:participant;0.0.0.0:2181, and zoo1:",
        "3.cfg: warning: initLimit is 6, and 5 in ",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert_eq!(told.lines().count(), 5, "{told}");

    // One file alone is judged as ZooKeeper would, here.
    let output = check(&folder.path().join("1.cfg"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_no_yaml_is_unusable() {
    let output = check_text("compose.yml", "services: [");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("unclosed bracket"),
        "{}",
        stderr(&output)
    );
}
