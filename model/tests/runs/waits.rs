//! In the timely setting each wait is longer than the one before: delivery, finalizing, announcing
//! again, giving up.

use super::{Run, announces_again, arrives, crashes, gives_up, loses_leader, settles};
use fle_model::election::faults::Crash;

#[test]
fn nobody_settles_while_something_is_under_way_to_it() {
    let mut run = Run::<3>::of("timely-slots");
    run.take(&[arrives(3, 1)]);
    assert!(run.offers(arrives(2, 1)) && !run.offers(settles(1)));
    run.take(&[arrives(2, 1)]);
    assert!(
        run.offers(settles(1)),
        "what is under way to others is no matter"
    );
}

#[test]
fn nobody_announces_again_while_something_is_under_way_or_somebody_finalizes() {
    let mut run = Run::<3>::of("timely-loss");
    assert!(!run.offers(announces_again(1)), "votes are under way");
    run.agree_on_3();
    run.take(&[settles(3), loses_leader(3), arrives(3, 1), arrives(3, 2)]);
    assert!(
        run.is_silent() && !run.offers(announces_again(3)),
        "1 and 2 finalize"
    );
    run.take(&[settles(1), settles(2)]);
    assert!(run.offers(announces_again(3)));
}

/// 3 is gone. 2 gives it up only when 1, which looks, has announced its vote again since anything
/// last changed.
#[test]
fn nobody_gives_up_before_everybody_who_looks_has_asked_again() {
    let mut run = Run::<3>::established("timely-stop");
    run.take(&[crashes(3, Crash::ForGood)]);
    assert!(run.offers(gives_up(1)) && run.offers(gives_up(2)));
    run.take(&[gives_up(1)]);
    assert!(!run.offers(gives_up(2)), "1's vote is under way");
    run.take(&[arrives(1, 2), arrives(2, 1)]);
    assert!(!run.offers(gives_up(2)), "1 has not asked again");
    run.take(&[announces_again(1)]);
    assert!(!run.offers(gives_up(2)) && !run.offers(announces_again(1)));
    run.take(&[arrives(1, 2), arrives(2, 1)]);
    assert!(run.offers(gives_up(2)) && !run.offers(announces_again(1)));
}

#[test]
fn nobody_gives_up_while_somebody_finalizes() {
    let mut run = Run::<3>::of("timely-stop");
    run.agree_on_3();
    run.take(&[settles(2), settles(3), crashes(3, Crash::ForGood)]);
    assert!(run.is_silent() && !run.offers(gives_up(2)));
    run.take(&[settles(1)]);
    assert!(run.offers(gives_up(2)));
}

/// In the asynchronous setting, too, only a leader that is down is given up, and at any time.
#[test]
fn without_time_only_the_dead_are_given_up() {
    let mut run = Run::<3>::of("crash");
    run.take(&[arrives(3, 1), settles(1)]);
    assert!(
        !run.offers(gives_up(1)),
        "3 is not down, though it does not lead"
    );
    run.take(&[crashes(3, Crash::Restarts)]);
    assert!(run.offers(gives_up(1)));
}
