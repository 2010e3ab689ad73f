//! The findings as one HTML page: the answer, the verdict, the drawing, the timeline.
//!
//! The page is whole in itself: no script, and its policy lets nothing be loaded. What logs say is
//! hostile text, so everything is escaped by the template (`maud`), and by `svg` in the drawing.

use super::findings::Findings;
use super::outage::{Answer, Cause, Missing, Outage, words};
use super::{account, drawing, timeline};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "
body { color: #1f2933; font: 16px/1.5 sans-serif; margin: 2em auto; max-width: 72em; }
body { padding: 0 1em; }
h2 { border-bottom: 1px solid #cbd2d9; }
.outage { border-left: 4px solid #ba2525; margin: 1em 0; padding-left: 1em; }
.outage h3 { margin: 0; }
.what { font-weight: bold; }
.line, pre { font: 13px/1.4 monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
.line { color: #52606d; }
.drawing { overflow-x: auto; }
";

/// The page.
#[must_use]
pub fn html(findings: &Findings) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "Elections: " (account::name(findings.verdict.outcome())) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "When was there no leader?" }
                (answer(&findings.answer))
                h2 { "Verdict" }
                pre { (account::text(findings)) }
                h2 { "Drawing" }
                div.drawing { (PreEscaped(drawing::draw(findings).to_string())) }
                h2 { "Timeline" }
                pre { (timeline::text(findings)) }
            }
        }
    };
    page.into_string()
}

fn answer(answer: &Answer) -> Markup {
    html! {
        @for it in &answer.outages { (outage(it)) }
        p { (words::conclusion(answer)) }
    }
}

fn outage(outage: &Outage) -> Markup {
    html! {
        section.outage {
            h3 { (words::headline(outage)) }
            ul {
                @for it in &outage.causes { (cause(it)) }
                @for it in &outage.missing { (missing(it)) }
            }
        }
    }
}

fn cause(cause: &Cause) -> Markup {
    html! {
        li {
            div { "Why: " span.what { (cause.what) } }
            @if let Some(evidence) = &cause.evidence {
                div.line { (words::proof(evidence, cause.lines)) }
            }
            div { "Do: " (cause.remedy) }
        }
    }
}

fn missing(missing: &Missing) -> Markup {
    html! {
        li {
            div { "Missing: " span.what { "server " (missing.sid) } ": " (missing.what) }
            @if let Some(evidence) = &missing.evidence {
                div.line { (words::place(evidence)) }
            }
        }
    }
}
