//! A notification to another server and one back, through two transports over TCP on loopback.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fle::config::{DynamicConfig, Rules};
use fle::node::NodeConfig;
use fle::transport::{Frame, Happening, Tcp, Transport};
use fle::{Ensemble, ServerState, Sid};
use fle_benches::{ensemble, vote};
use std::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Servers 1 and 2, on ports that the system chose.
fn pair(runtime: &Runtime) -> [Transport<Tcp>; 2] {
    let network = Tcp::default();
    let server = |sid: i64| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = network.reserve(listener).expect("it has a port").port();
        format!("server.{sid}=127.0.0.1:1:{port}\n")
    };
    let text = server(1) + &server(2);
    let config = DynamicConfig::parse(&text, Rules::default()).expect("a valid configuration");
    let ensemble = Ensemble::new(config.clone(), None, Rules::default());
    [1, 2].map(|sid| {
        let config = NodeConfig::new(Sid(sid), config.clone()).expect("it is a member");
        let started = Transport::start(network.clone(), config.transport, &ensemble);
        runtime.block_on(started).expect("the port is reserved")
    })
}

async fn receive(transport: &mut Transport<Tcp>) {
    while !matches!(transport.next().await, Happening::Received { .. }) {}
}

fn round_trip(c: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let [mut one, mut two] = pair(&runtime);
    let mut group = c.benchmark_group("transport round trip");
    for voters in [3, 101, 1001] {
        let text = ensemble(voters);
        let frame = Frame::new(&vote(ServerState::Looking, 1, 9), text.text());
        let frame = frame.expect("it fits");
        let mut there_and_back = || {
            runtime.block_on(async {
                one.send(Sid(2), &frame);
                // Both are asked until they are connected; then only one has something to hear.
                tokio::select! {
                    () = receive(&mut two) => {}
                    _ = async { loop { one.next().await; } } => {}
                }
                two.send(Sid(1), &frame);
                receive(&mut one).await;
            });
        };
        group.bench_function(BenchmarkId::from_parameter(voters), |b| {
            b.iter(&mut there_and_back);
        });
    }
    group.finish();
}

criterion_group!(benches, round_trip);
criterion_main!(benches);
