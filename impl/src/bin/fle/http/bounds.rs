//! Connections to the HTTP endpoints: few, short, and none of them at the cost of a newcomer.
//!
//! A connection is closed when the headers of its next request have not come within [`HEADERS`],
//! and after [`WHOLE`] whatever it is at: in the midst of a body, or with an answer that nobody
//! reads. Of [`AT_ONCE`] connections the oldest gives way to a new one, so that a client that holds
//! all of them keeps nobody out: a request takes milliseconds. Descriptors are left for what the
//! server is for.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// How many connections there are at a time.
const AT_ONCE: usize = 64;

/// How long a client may take to send the headers of a request, from the start or from its last
/// one.
const HEADERS: Duration = Duration::from_secs(5);

/// How long a connection lasts.
const WHOLE: Duration = Duration::from_secs(600);

/// How many bytes of headers are read, the least that hyper allows.
const HEADER_BYTES: usize = 8192;

/// The wait after a connection could not be accepted: as a rule no descriptor is left, and would
/// not be a moment later.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Serves until dropped, and closes all connections then.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    let mut connections = Connections::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => connections.add(stream, router.clone()),
            Err(error) => {
                tracing::warn!(%error, "cannot accept an HTTP connection");
                sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
}

#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    /// Those that run, the oldest first.
    by_age: VecDeque<AbortHandle>,
}

impl Connections {
    fn add(&mut self, stream: TcpStream, router: Router) {
        while self.tasks.try_join_next().is_some() {}
        self.by_age.retain(|connection| !connection.is_finished());
        if self.by_age.len() == AT_ONCE
            && let Some(oldest) = self.by_age.pop_front()
        {
            oldest.abort();
        }
        self.by_age
            .push_back(self.tasks.spawn(answer(stream, router)));
    }
}

async fn answer(stream: TcpStream, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Who does not get an answer knows.
    let _ = timeout(WHOLE, connection).await;
}
