//! A run as one page for browsers, with nothing outside of it: what came of each scenario, what
//! that took, and how a property comes to fail, in sentences and as a diagram.
//!
//! Diagrams stand in the page as they are, so that a step is told in full under the pointer. Their
//! style is then the page's, too; none of their classes is used for anything else here.

use super::counterexample::Counterexample;
use super::coverage::{self, Taken};
use super::failure::of_states;
use super::figures::grouped;
use super::report::{Report, Row, Verdict, numbered};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
body { max-width: 76em; margin: 2em auto; padding: 0 1em; color: #1f2933; font: 16px sans-serif; }
section { margin-top: 3em; border-top: 2px solid #cbd2d9; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .2em .8em; border-bottom: 1px solid #cbd2d9; text-align: left; }
.count { text-align: right; font-variant-numeric: tabular-nums; }
.passed { color: #0f6937; }
.failed { color: #ba2525; font-weight: bold; }
.open { color: #616e7c; }
.steps { padding: 1em; background: #f5f7fa; white-space: pre-wrap; }
.picture { overflow-x: auto; }
";

/// The run as a page.
#[must_use]
pub fn html(reports: &[Report]) -> String {
    let failed = reports.iter().filter(|report| !report.passed()).count();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "fle-model check" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "fle-model check" }
                p class=(class(failed == 0)) {
                    (reports.len()) " scenario(s) checked, " (failed) " failed"
                }
                (overview(reports))
                (never_happened(reports))
                @for (number, report) in reports.iter().enumerate() {
                    section id={ "scenario-" (number) } { (scenario(report)) }
                }
            }
        }
    };
    page.into_string()
}

fn class(is_well: bool) -> &'static str {
    if is_well { "passed" } else { "failed" }
}

fn of_verdict(verdict: Verdict) -> &'static str {
    if verdict.is_open() {
        "open"
    } else {
        class(!verdict.is_failure())
    }
}

/// A line for each scenario.
fn overview(reports: &[Report]) -> Markup {
    html! {
        table {
            tr { th { "scenario" } th { "verdict" } th { "unique states" } th { "seconds" } }
            @for (number, report) in reports.iter().enumerate() {
                @let verdict = class(report.passed());
                tr {
                    td { a href={ "#scenario-" (number) } { (report.title()) } }
                    td class=(verdict) { (verdict) }
                    td .count { (grouped(report.unique_states)) }
                    td .count { (format!("{:.1}", seconds(report))) }
                }
            }
        }
    }
}

/// What no scenario of the run showed.
fn never_happened(reports: &[Report]) -> Markup {
    let never = coverage::never(reports.iter().map(|report| &report.coverage));
    html! {
        @if !never.is_empty() {
            table {
                tr { th { "never happened in any scenario of this run" } th { "what it is" } }
                @for taken in never {
                    tr {
                        td { (taken.kind) }
                        td { (if taken.action { "an action" } else { "what can come of one" }) }
                    }
                }
            }
        }
    }
}

/// Of both searches.
fn seconds(report: &Report) -> f64 {
    let fair_runs = report.liveness.map_or(0.0, |liveness| liveness.seconds);
    report.seconds + fair_runs
}

/// All that is known of one.
fn scenario(report: &Report) -> Markup {
    html! {
        h2 { (report.title()) }
        p { (report.covers) }
        @if let Some(failure) = of_states(report) {
            p .failed { (failure.message) }
        }
        (properties(&report.properties))
        (search(report))
        (steps(&report.coverage))
        @for counterexample in report.counterexamples() { (told(counterexample)) }
    }
}

fn properties(rows: &[Row]) -> Markup {
    html! {
        table {
            tr { th { "property" } th { "verdict" } }
            @for row in rows {
                tr {
                    td { (row.name) }
                    td class=(of_verdict(row.verdict)) { (row.verdict.name()) }
                }
            }
        }
    }
}

/// What was searched, and what that took.
fn search(report: &Report) -> Markup {
    let mut rows = vec![
        ("initial states", grouped(report.initial_states)),
        ("unique states", grouped(report.unique_states)),
        ("generated states", grouped(report.generated_states)),
        ("depth", grouped(report.depth)),
        ("seconds for the search", format!("{:.1}", report.seconds)),
        (
            "unique states a second",
            format!("{:.0}", report.states_per_second),
        ),
    ];
    if let Some(liveness) = report.liveness {
        rows.push(("transitions", grouped(liveness.transitions)));
        rows.push(("seconds for fair runs", format!("{:.1}", liveness.seconds)));
    }
    if let Some(bytes) = report.peak_memory_bytes {
        rows.push((
            "peak memory of the process so far",
            format!("{} MiB", bytes / (1024 * 1024)),
        ));
    }
    rows.push((
        "probability of two states with one fingerprint, at most",
        format!("{:.1e}", report.collision_probability),
    ));
    html! {
        table {
            @for (what, how_much) in rows {
                tr { th { (what) } td .count { (how_much) } }
            }
        }
    }
}

/// How often what happened.
fn steps(coverage: &[Taken]) -> Markup {
    html! {
        details {
            summary { "what happened, and in how many steps" }
            table {
                @for taken in coverage {
                    tr {
                        td { (taken.kind) }
                        td .count { (taken.steps) }
                    }
                }
            }
        }
    }
}

/// How a property comes to fail.
fn told(counterexample: &Counterexample) -> Markup {
    html! {
        h3 { "A counterexample to “" (counterexample.property) "”" }
        p { (counterexample.statement) }
        pre .steps { (numbered(counterexample)) }
        div .picture { (PreEscaped(counterexample.svg())) }
    }
}
