//! What tells the rules of a model from others, so that no search goes on by rules that it did not
//! begin with.
//!
//! Two models of one digest begin in the same states, and go the same way on a few random walks of
//! fixed seeds, state by state, as far as fingerprints tell. They count the same kinds of steps and
//! are asked for properties of the same names. A change that none of this shows is not noticed:
//! that of a property's condition is one.

use crate::frame::claim::{Checked, Claim};
use crate::frame::subject::Subject;
use crate::frame::visit::{fingerprint, starts};
use crate::frame::walk::Walk;
use sha2::{Digest, Sha256};

/// So many walks, of a thousand steps at most.
const WALKS: u64 = 8;

/// The digest of the model's rules, and of what is asked of it.
pub(super) fn digest<S: Subject>(checked: &Checked<S>, others: &[Claim<S>]) -> String {
    let mut digest = Sha256::new();
    let claims = checked.claims.iter().chain(others).map(|claim| claim.name);
    for name in claims.chain(S::KINDS.iter().map(|kind| kind.name)) {
        digest.update(name);
        digest.update([0]);
    }
    let starts = starts(checked);
    for start in &starts {
        digest.update(fingerprint(start).to_be_bytes());
    }
    for seed in (0..WALKS).filter(|_| !starts.is_empty()) {
        for (_, state) in Walk::new(checked, seed) {
            digest.update(fingerprint(&state).to_be_bytes());
        }
    }
    hex::encode(digest.finalize())
}
