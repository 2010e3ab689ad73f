//! What must hold of an election, what must be seen to happen, and what sounds right and is false.
//!
//! A property of a state is judged on the state. What must hold of steps is a
//! [`StepRule`](crate::election::rules::StepRule); the state remembers that one was broken. What
//! must come to hold, and stay so, is judged on fair runs ([`crate::frame::liveness`]).
//!
//! Every `always` and `eventually` names the `sometimes` that shows it is not vacuous.

mod always;
mod disks;
mod eventually;
mod shared;
mod sometimes;

pub use shared::Claim;

/// Every property, in the order in which they are printed.
#[must_use]
pub fn claims<const N: usize>() -> Vec<Claim<N>> {
    [
        always::claims(),
        disks::always(),
        eventually::claims(),
        sometimes::witnesses(),
        sometimes::pitfalls(),
        disks::sometimes(),
        eventually::pitfalls(),
    ]
    .concat()
}
