//! Connections to the HTTP endpoints: few, short, and none of them at the cost of a newcomer.
//!
//! A connection is for one request, and closed after [`WHOLE`] whatever it is at: waiting for its
//! first byte, in the midst of its headers or a body, or with an answer that nobody reads. Of
//! [`AT_ONCE`] connections the oldest gives way to a new one, so that who holds all of them keeps
//! nobody out: a request takes milliseconds. Descriptors are left for what the server is for.
//!
//! Deliberately absent: connections that are kept open for more requests.

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

/// How long a client may take to send its headers.
const HEADERS: Duration = Duration::from_secs(5);

/// How long a connection lasts.
const WHOLE: Duration = Duration::from_secs(10);

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
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Who does not get an answer knows.
    let _ = timeout(WHOLE, connection).await;
}
