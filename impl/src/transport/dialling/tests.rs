//! Dials in a network that is a table, in time that passes when nothing else can happen.

use super::*;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::DuplexStream;
use tokio::time::sleep;

const WAIT: Duration = Duration::from_secs(5);

#[derive(Clone, Copy)]
enum Host {
    /// Packets to it vanish.
    Dead,
    Refuses,
    AnswersAfter(Duration),
}

/// What names stand for, and what addresses do. A name that is not here is looked up for ever.
#[derive(Clone, Default)]
struct Table {
    names: Arc<BTreeMap<&'static str, Vec<SocketAddr>>>,
    hosts: Arc<BTreeMap<SocketAddr, Host>>,
    looked_up: Arc<AtomicUsize>,
    dialled: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Network for Table {
    type Stream = DuplexStream;
    type Listener = ();

    async fn bind(&self, _: SocketAddr) -> io::Result<()> {
        Ok(())
    }

    async fn accept(&self, (): &mut ()) -> io::Result<(DuplexStream, SocketAddr)> {
        std::future::pending().await
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<DuplexStream> {
        self.dialled.lock().unwrap().push(address);
        match self.hosts.get(&address) {
            Some(Host::AnswersAfter(time)) => {
                sleep(*time).await;
                Ok(tokio::io::duplex(1).0)
            }
            Some(Host::Refuses) => Err(io::ErrorKind::ConnectionRefused.into()),
            Some(Host::Dead) | None => std::future::pending().await,
        }
    }

    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self.looked_up.fetch_add(1, Ordering::SeqCst);
        let Some(addresses) = self.names.get(name) else {
            return std::future::pending().await;
        };
        let mut addresses = addresses.clone();
        addresses.iter_mut().for_each(|it| it.set_port(port));
        Ok(addresses)
    }

    fn local_addr(_: &DuplexStream) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

fn addresses(list: &[&str]) -> Vec<ElectionAddress> {
    let address = |text: &&str| {
        let (host, port) = text.rsplit_once(':').unwrap();
        let host = host.trim_matches(['[', ']']);
        ElectionAddress {
            host: crate::config::Host::parse(host).unwrap(),
            port: port.parse().unwrap(),
        }
    };
    list.iter().map(address).collect()
}

fn configured(list: &[&str]) -> Targets {
    Targets {
        configured: addresses(list),
        hearsay: Vec::new(),
    }
}

fn network(names: &[(&'static str, &[&str])], hosts: &[(&str, Host)]) -> Table {
    let names = names.iter().map(|(name, addresses)| {
        let addresses = addresses
            .iter()
            .map(|it| SocketAddr::new(it.parse().unwrap(), 0));
        (*name, addresses.collect())
    });
    let hosts = hosts.iter().map(|(address, host)| (at(address), *host));
    Table {
        names: Arc::new(names.collect()),
        hosts: Arc::new(hosts.collect()),
        ..Table::default()
    }
}

/// Where the dial ends, or why nowhere, and how long it took.
async fn dial(network: &Table, targets: Targets) -> (Result<SocketAddr, String>, Duration) {
    let since = Instant::now();
    let dialled = Dialler::new(network.clone(), WAIT).connect(targets).await;
    let came_to = dialled.map(|(_, at)| at).map_err(|error| error.to_string());
    (came_to, since.elapsed())
}

const AT_ONCE: Host = Host::AnswersAfter(Duration::ZERO);

#[tokio::test(start_paused = true)]
async fn a_dead_first_address_costs_no_more_than_the_stagger() {
    let hosts = [("[2001:db8::99]:1", Host::Dead), ("10.9.0.1:1", AT_ONCE)];
    let network = network(&[("zk-3", &["2001:db8::99", "10.9.0.1"])], &hosts);
    let (connected, took) = dial(&network, configured(&["zk-3:1"])).await;
    assert_eq!((connected, took), (Ok(at("10.9.0.1:1")), STAGGER));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_refuses_costs_nothing() {
    let hosts = [("10.9.0.1:1", Host::Refuses), ("10.9.0.2:1", AT_ONCE)];
    let network = network(&[], &hosts);
    let targets = configured(&["10.9.0.1:1", "10.9.0.2:1"]);
    let (connected, took) = dial(&network, targets).await;
    assert_eq!((connected, took), (Ok(at("10.9.0.2:1")), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn families_are_tried_by_turns() {
    let names: [(&str, &[&str]); 1] = [("zk", &["::1", "::2", "10.0.0.1", "10.0.0.2"])];
    let network = network(&names, &[]);
    dial(&network, configured(&["zk:1"])).await.0.unwrap_err();
    let expected = ["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1"].map(at);
    assert_eq!(*network.dialled.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_looked_up_for_ever_holds_up_no_other_address() {
    let network = network(&[], &[("10.0.0.1:1", AT_ONCE)]);
    let (connected, took) = dial(&network, configured(&["hangs:1", "10.0.0.1:1"])).await;
    assert_eq!((connected, took), (Ok(at("10.0.0.1:1")), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_failure_names_every_address_and_its_cause() {
    let hosts = [("10.0.0.1:1", Host::Dead), ("10.0.0.2:1", Host::Refuses)];
    let network = network(&[("zk", &["10.0.0.1"])], &hosts);
    let (failed, took) = dial(&network, configured(&["zk:1", "10.0.0.2:1", "hangs:1"])).await;
    let expected = "10.0.0.2:1: connection refused; hangs:1: no answer within 5s; \
                    zk:1 at 10.0.0.1:1: no answer within 5s";
    assert_eq!(failed, Err(expected.to_owned()));
    assert!(took <= WAIT + STAGGER * 2, "each is given up in time");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_addresses_are_not_all_tried_nor_told() {
    let many: Vec<String> = (1..=1000).map(|i| format!("10.0.0.1:{i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let network = network(&[], &[]);
    let failed = dial(&network, configured(&many)).await.0.unwrap_err();
    assert_eq!(network.dialled.lock().unwrap().len(), MOST_ADDRESSES);
    assert!(failed.ends_with("; and 10 more"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn who_no_configuration_names_wins_only_where_the_others_fail() {
    let slow = Host::AnswersAfter(Duration::from_millis(900));
    for (home, hearsay_wins) in [(slow, false), (Host::Refuses, true), (Host::Dead, true)] {
        let hosts = [("10.0.0.1:1", home), ("10.66.6.6:1", AT_ONCE)];
        let network = network(&[("zk", &["10.0.0.1"])], &hosts);
        let targets = Targets {
            configured: addresses(&["zk:1"]),
            hearsay: addresses(&["10.66.6.6:1"]),
        };
        let (connected, took) = dial(&network, targets).await;
        let expected = if hearsay_wins {
            "10.66.6.6:1"
        } else {
            "10.0.0.1:1"
        };
        assert_eq!(connected, Ok(at(expected)));
        assert!(took <= HEARSAY_AFTER);
    }
}

/// The look-ups go on when their dials are over, and no more are begun.
#[tokio::test(start_paused = true)]
async fn names_that_no_configuration_knows_are_looked_up_by_two_at_once() {
    let network = network(&[], &[("10.0.0.1:1", Host::Refuses)]);
    let dialler = Dialler::new(network.clone(), WAIT);
    for i in 0..50 {
        let targets = Targets {
            configured: addresses(&["10.0.0.1:1"]),
            hearsay: addresses(&[&format!("hangs-{i}:1")]),
        };
        assert!(dialler.connect(targets).await.is_err());
    }
    assert_eq!(network.looked_up.load(Ordering::SeqCst), 2);
    assert_eq!(*network.dialled.lock().unwrap(), [at("10.0.0.1:1"); 50]);
}
