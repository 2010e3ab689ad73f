//! Work on several threads.
//!
//! Everything that starts a thread is compiled anew for each closure. Here are the only ones, and
//! they do not depend on how many servers a model has.

use std::sync::Mutex;
use std::thread;

/// Does the work on so many threads at once, each of which knows its number, and waits for all.
///
/// # Panics
/// If the work does.
pub(super) fn on_threads(count: usize, work: &(dyn Fn(usize) + Sync)) {
    thread::scope(|scope| {
        for number in 0..count {
            scope.spawn(move || work(number));
        }
    });
}

/// Does the work for each of them on a thread of its own, and waits for all.
///
/// # Panics
/// If the work does.
pub(super) fn for_each<T: Send>(each: &mut [T], work: impl Fn(&mut T) + Sync) {
    let each: Vec<_> = each.iter_mut().map(Mutex::new).collect();
    on_threads(each.len(), &|number| {
        work(&mut each[number].lock().expect("only one thread has it"));
    });
}
