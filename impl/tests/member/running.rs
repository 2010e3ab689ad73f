//! A job that runs while its server leads, on a runtime that is held up.

use crate::support::{Ensemble, until, until_it_leads};
use fle::PeerEpoch;
use fle::member::Member;
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio_util::task::AbortOnDropHandle;

/// The epochs in which jobs have begun, in this order, on whichever server.
type Begun = Arc<Mutex<Vec<PeerEpoch>>>;

/// Starts a server on another runtime, with a job that does nothing but say when it begins.
async fn start_on(
    runtime: &Handle,
    ensemble: &Arc<Ensemble>,
    sid: i64,
    begun: &Begun,
    told: mpsc::Sender<()>,
) -> Member {
    let (ensemble, begun) = (Arc::clone(ensemble), Arc::clone(begun));
    let start = async move {
        let member = ensemble.start(sid).await;
        tokio::spawn(member.run_while_leading(move |epoch, _lease| {
            begun.lock().unwrap().push(epoch);
            let _ = told.send(());
            pending::<()>()
        }));
        member
    };
    runtime.spawn(start).await.unwrap()
}

/// Goes on at the next poll, which is due at once: no timer and no other task is looked at before.
async fn poll_again() {
    let mut polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The leader's only thread is held up until another leader has begun the job.
#[test]
fn a_leader_that_was_held_up_neither_continues_its_job_nor_begins_it_again() {
    let ensemble = Arc::new(Ensemble::new(3));
    let mut elsewhere = Builder::new_multi_thread();
    let elsewhere = elsewhere.worker_threads(1).enable_all().build().unwrap();
    let here = Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Begun::default();
    let (told, next) = mpsc::channel();
    here.block_on(async {
        // Of these two the one with the greater id wins.
        let three = ensemble.start(3).await;
        let start = |sid| start_on(elsewhere.handle(), &ensemble, sid, &begun, told.clone());
        let _one = start(1).await;
        let leads = until_it_leads(&three).await;
        let _two = start(2).await;

        let continued = Arc::new(AtomicBool::new(false));
        let (mut next, is_continued) = (Some(next), Arc::clone(&continued));
        let jobs = Arc::clone(&begun);
        let run = three.run_while_leading(move |epoch, _lease| {
            jobs.lock().unwrap().push(epoch);
            let (next, continued) = (next.take(), Arc::clone(&continued));
            async move {
                if let Some(next) = next {
                    next.recv_timeout(Duration::from_secs(60)).unwrap();
                    poll_again().await;
                    continued.store(true, Ordering::SeqCst);
                }
                pending::<()>().await;
            }
        });
        let run = AbortOnDropHandle::new(tokio::spawn(run));
        until(&three, |now| now.epoch() > leads.epoch()).await;
        assert!(!run.is_finished());
        assert!(!is_continued.load(Ordering::SeqCst));
    });
    let begun = begun.lock().unwrap();
    assert!(begun.len() > 1, "{begun:?}");
    assert!(begun.is_sorted_by(|a, b| a < b), "{begun:?}");
}
