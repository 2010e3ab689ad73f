//! Any sequence of events at one server of a small ensemble, whose peers may say anything.
//! `scenario` makes the events out of the fuzzer's bytes, `driver` carries out what they lead to
//! and says what must hold after each.

#![no_main]

mod driver;
mod scenario;

use libfuzzer_sys::fuzz_target;
use scenario::Scenario;

fuzz_target!(|scenario: Scenario| scenario.run());
