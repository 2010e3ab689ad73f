//! What is shown, and when.

use super::*;
use crate::watch::recorded::*;

const USUAL: Size = Size {
    width: 80,
    height: 24,
};

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ensemble() -> Vec<Row> {
    vec![
        follower(1, "0x0"),
        follower(2, "0x0"),
        leader(3, "0x100000000", 2),
    ]
}

fn broken() -> Vec<Row> {
    let mut rows = ensemble();
    rows[0] = silent(1, Nothing::Refused);
    rows[2] = leader(3, "0x100000000", 1);
    rows
}

#[test]
fn an_ensemble_is_a_table_in_eighty_columns() {
    let first = Picture::new(at(0), ensemble(), None);
    let picture = Picture::new(at(130), ensemble(), Some(&first));
    assert_eq!(
        picture.page(Some(USUAL)),
        "\
3 of 3 answer; server 3 (127.0.77.3:2181) leads; all is well
address          server           sid  state      zxid         synced  since
127.0.77.1:2181  ZooKeeper 3.8.0  1    following  0x0                  2 min
127.0.77.2:2181  ZooKeeper 3.8.0  2    following  0x0                  2 min
127.0.77.3:2181  ZooKeeper 3.8.0  3    leading    0x100000000  2/2     2 min
"
    );
    assert_eq!(picture.wrong(), 0);
    let wide = picture.page(None);
    let titles =
        "address          server           sid  state      epoch  zxid         synced  since";
    assert_eq!(wide.lines().nth(1), Some(titles));
}

#[test]
fn the_page_fits_the_terminal() {
    let picture = Picture::new(at(0), broken(), None);
    for (width, height) in [(80, 24), (40, 10), (20, 3), (1, 1), (80, 1)] {
        let page = picture.page(Some(Size { width, height }));
        assert!(
            page.lines().all(|line| line.chars().count() <= width),
            "{page}"
        );
        assert!(
            page.lines().count() <= height.saturating_sub(1).max(1),
            "{page}"
        );
    }
}

#[test]
fn a_server_that_is_gone_is_still_known() {
    let first = Picture::new(at(0), ensemble(), None);
    let picture = Picture::new(at(5), broken(), Some(&first));
    let page = picture.page(Some(USUAL));
    let gone = "127.0.77.1:2181  ZooKeeper 3.8.0  1    unreachable\n";
    assert!(page.contains(gone), "{page}");
    assert!(
        page.contains("wrong: server 1 (127.0.77.1:2181) refuses connections"),
        "{page}"
    );
    assert_eq!(picture.wrong(), 2);
}

#[test]
fn changes_are_told_once() {
    let first = Picture::new(at(0), ensemble(), None);
    assert_eq!(
        first.changes(None),
        "server 1 (127.0.77.1:2181): ZooKeeper 3.8.0, following\n\
         server 2 (127.0.77.2:2181): ZooKeeper 3.8.0, following\n\
         server 3 (127.0.77.3:2181): ZooKeeper 3.8.0, leading in epoch 1"
    );
    let last = "0x100000001";
    let moved = vec![follower(1, last), follower(2, last), leader(3, last, 2)];
    let second = Picture::new(at(2), moved, Some(&first));
    assert_eq!(
        second.changes(Some(&first)),
        "",
        "a transaction is not worth a line"
    );
    let third = Picture::new(at(4), broken(), Some(&second));
    let changes = third.changes(Some(&second));
    let lines: Vec<&str> = changes.lines().collect();
    assert_eq!(
        lines[0],
        "server 1 (127.0.77.1:2181): ZooKeeper 3.8.0, unreachable"
    );
    assert!(
        lines[1].starts_with("wrong: 1 of 2 followers are synced"),
        "{changes}"
    );
    assert!(
        lines[2].starts_with("wrong: server 1 (127.0.77.1:2181) refuses"),
        "{changes}"
    );
    assert_eq!(lines.len(), 3);
    let fourth = Picture::new(at(6), broken(), Some(&third));
    assert_eq!(fourth.changes(Some(&third)), "");
    let fifth = Picture::new(at(8), ensemble(), Some(&fourth));
    let changes = fifth.changes(Some(&fourth));
    assert!(
        changes.starts_with("over: 1 of 2 followers are synced"),
        "{changes}"
    );
    assert!(changes.ends_with("ZooKeeper 3.8.0, following"), "{changes}");
}

#[test]
fn the_json_says_what_the_page_says() {
    let first = Picture::new(at(0), ensemble(), None);
    let json = Picture::new(at(3), broken(), Some(&first)).json();
    assert_eq!(json["well"], false);
    assert_eq!(json["servers"][0]["state"], "unreachable");
    assert_eq!(json["servers"][0]["reason"], "refused");
    assert_eq!(json["servers"][0]["sid"], 1);
    assert_eq!(json["servers"][2]["synced_followers"], 1);
    assert_eq!(json["servers"][2]["zxid"], "0x100000000");
    assert_eq!(json["servers"][2]["seconds_in_state"], 3);
    assert_eq!(json["findings"][1]["kind"], "unreachable");
    assert_eq!(json["findings"][1]["severity"], "wrong");
    assert_eq!(json["findings"][1]["addresses"][0], "127.0.77.1:2181");
}
