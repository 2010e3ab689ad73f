//! The history as SVG: a lane for each server, time downwards, a row for each step.
//!
//! | in the drawing | what it is |
//! |---|---|
//! | colour of a lane | grey: looks; yellow: leads; blue: follows; green: observes; none: nothing is known |
//! | arrow | a notification is heard, labelled with the vote that it carries; dashed if its sender has settled |
//! | text on a lane | the server votes, has a quorum, settles, is established |
//! | number at the left | milliseconds since the election's first step |
//! | red | the first line that no run of the algorithm explains |

use super::event::server_state;
use super::findings::Findings;
use super::judge::Verdict;
use super::log::Logs;
use super::rebuild::History;
use super::steps::{Step, What, steps};
use super::timeline::{outcome, since};
use fle::{ServerState, Sid};
use std::collections::BTreeMap;
use svg::Document;
use svg::node::element::{Group, Line, Path, Rectangle, Style, Text};

/// Widths and heights, in pixels.
const MARGIN: usize = 24;
const TIMES: usize = 80;
const GAP: usize = 60;
const LANE: usize = 110;
const HEAD: usize = 40;
const ROW: usize = 24;
const ARROW: usize = 6;
/// More than a letter is wide, in the largest type.
const LETTER: usize = 9;

const STYLE: &str = "
text { fill: #1f2933; font: 12px sans-serif; }
.background { fill: #ffffff; }
.election { font: bold 14px sans-serif; }
.sid { font-weight: bold; text-anchor: middle; }
.time { fill: #52606d; text-anchor: end; }
.event { text-anchor: middle; }
.lifeline { stroke: #9aa5b1; stroke-dasharray: 2 3; }
.looking { fill: #e4e7eb; }
.leading { fill: #f7c948; }
.following { fill: #bae3ff; }
.observing { fill: #c6f7e2; }
.arrow { fill: none; stroke: #52606d; }
.settled .arrow { stroke-dasharray: 5 3; }
.vote { fill: #52606d; font-size: 11px; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
.objection, .objection text { fill: #ba2525; }
";

/// A row: a heading, or a step with the time at its left.
enum Row {
    Heading(String),
    Step { ms: Option<i128>, step: Step },
    Objection(String),
}

/// The history as a document.
#[must_use]
pub fn draw(findings: &Findings) -> Document {
    let Findings {
        logs,
        verdict,
        history,
        ..
    } = findings;
    let rows = rows(logs, verdict, history);
    let lanes = Lanes::new(sids(logs, verdict), &rows);
    let headings = rows.iter().map(|row| match row {
        Row::Heading(words) | Row::Objection(words) => width_of(words),
        Row::Step { .. } => 0,
    });
    let width = MARGIN + headings.fold(lanes.end(), usize::max) + MARGIN;
    let height = MARGIN + HEAD + (rows.len() + 1) * ROW + MARGIN;
    let mut document = Document::new()
        .set("viewBox", (0, 0, width, height))
        .set("width", width)
        .set("height", height)
        .add(Style::new(STYLE))
        .add(rectangle("background", 0, 0, width, height));
    for (&sid, &x) in &lanes.middles {
        document = document
            .add(text("sid", x, MARGIN + HEAD / 2, &heading(sid)))
            .add(line("lifeline", (x, MARGIN + HEAD), (x, height - MARGIN)));
    }
    for state in states(&rows, &lanes) {
        document = document.add(state);
    }
    for (index, row) in rows.iter().enumerate() {
        document = document.add(draw_row(row, y_of(index), &lanes));
    }
    document
}

/// Where each server's lane is, as wide as what stands on it and between two of them.
struct Lanes {
    /// The middle of each.
    middles: BTreeMap<Sid, usize>,
    width: usize,
    gap: usize,
}

impl Lanes {
    fn new(sids: Vec<Sid>, rows: &[Row]) -> Self {
        let (mut width, mut gap) = (LANE, GAP);
        for sid in &sids {
            width = width.max(width_of(&heading(*sid)));
        }
        for row in rows {
            match row {
                Row::Step { step, .. } => match label(&step.what) {
                    Label::On(words) => width = width.max(width_of(&words)),
                    Label::Between(words) => gap = gap.max(width_of(&words) + 2 * ARROW),
                },
                Row::Heading(_) | Row::Objection(_) => {}
            }
        }
        let middle = |place: usize| MARGIN + TIMES + place * (width + gap) + (width + gap) / 2;
        let middles = sids.into_iter().enumerate();
        Self {
            middles: middles.map(|(place, sid)| (sid, middle(place))).collect(),
            width,
            gap,
        }
    }

    /// Where they end at the right.
    fn end(&self) -> usize {
        TIMES + self.middles.len().max(2) * (self.width + self.gap)
    }
}

fn heading(sid: Sid) -> String {
    format!("server {sid}")
}

fn width_of(words: &str) -> usize {
    words.chars().count() * LETTER
}

/// The servers that have a lane.
fn sids(logs: &Logs, verdict: &Verdict) -> Vec<Sid> {
    let mut sids: Vec<Sid> = verdict.voters.clone();
    sids.extend(logs.servers.keys());
    sids.sort_unstable();
    sids.dedup();
    sids
}

/// The base line of a row's text.
fn y_of(row: usize) -> usize {
    MARGIN + HEAD + (row + 1) * ROW
}

fn rows(logs: &Logs, verdict: &Verdict, history: &History) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, election) in history.elections.iter().enumerate() {
        rows.push(Row::Heading(format!(
            "election {}: {}",
            index + 1,
            outcome(election)
        )));
        let zero = election.starts(logs);
        rows.extend(steps(election, logs).into_iter().map(|step| Row::Step {
            ms: since(zero, step.time),
            step,
        }));
    }
    if let Some(objection) = verdict.objections.first() {
        let at = logs.locate(objection.at);
        let why = format!(
            "not allowed: server {}: {} ({at})",
            objection.sid, objection.why
        );
        rows.push(Row::Objection(why));
    }
    rows
}

/// What colours the lanes: a rectangle for each time that a server is in one state.
fn states(rows: &[Row], lanes: &Lanes) -> Vec<Rectangle> {
    let mut rectangles = Vec::new();
    let mut close = |sid: Sid, state: (&'static str, usize), until: usize| {
        if let Some(&x) = lanes.middles.get(&sid) {
            let (left, top) = (x - lanes.width / 2, y_of(state.1) - ROW * 2 / 3);
            let bottom = y_of(until) - ROW * 2 / 3;
            rectangles.push(rectangle(state.0, left, top, lanes.width, bottom - top));
        }
    };
    let mut open: BTreeMap<Sid, (&'static str, usize)> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let Row::Step { step, .. } = row else {
            continue;
        };
        let class = match &step.what {
            What::Looks(_) => "looking",
            What::Settles { state, .. } => class(*state),
            _ => continue,
        };
        if let Some(before) = open.insert(step.sid, (class, index)) {
            close(step.sid, before, index);
        }
    }
    for (sid, state) in open {
        close(sid, state, rows.len());
    }
    rectangles
}

fn class(state: ServerState) -> &'static str {
    match state {
        ServerState::Looking => "looking",
        ServerState::Following => "following",
        ServerState::Leading => "leading",
        ServerState::Observing => "observing",
    }
}

fn draw_row(row: &Row, y: usize, lanes: &Lanes) -> Group {
    match row {
        Row::Heading(heading) => Group::new().add(text("election", MARGIN, y, heading)),
        Row::Objection(why) => Group::new()
            .set("class", "objection")
            .add(text("election", MARGIN, y, why)),
        Row::Step { ms, step } => {
            let mut group = Group::new();
            if let Some(ms) = ms {
                group = group.add(text("time", MARGIN + TIMES - 12, y, &format!("+{ms}")));
            }
            draw_step(group, step, y, lanes)
        }
    }
}

fn draw_step(group: Group, step: &Step, y: usize, lanes: &Lanes) -> Group {
    let Some(&x) = lanes.middles.get(&step.sid) else {
        return group;
    };
    match (&step.what, label(&step.what)) {
        (What::Hears(from, announcement), Label::Between(words)) => {
            let state = server_state(announcement.state);
            let settled = if state == ServerState::Looking {
                ""
            } else {
                "settled"
            };
            let Some(&from) = lanes.middles.get(from) else {
                return group;
            };
            let group = group.set("class", settled);
            arrow(group, (from, x), y, lanes.width, &words)
        }
        (_, Label::On(words) | Label::Between(words)) => group.add(text("event", x, y, &words)),
    }
}

/// What is written of a step, and where.
enum Label {
    /// On the server's lane.
    On(String),
    /// Between two lanes.
    Between(String),
}

fn label(what: &What) -> Label {
    Label::On(match what {
        What::Looks(Some(round)) => format!("looks, round {round}"),
        What::Looks(None) => "looks".to_owned(),
        What::Votes(vote) => format!("votes for {}", vote.leader),
        What::HasQuorum => "has a quorum".to_owned(),
        What::Settles { leader, state, .. } => match (state, leader) {
            (ServerState::Leading, _) | (_, None) => format!("{state:?}").to_lowercase(),
            (_, Some(leader)) => format!("{state:?} {leader}").to_lowercase(),
        },
        What::IsHandedOver(leader) => format!("handed over to {leader}"),
        What::IsEstablished(Some(epoch)) => format!("epoch {epoch}"),
        What::IsEstablished(None) => "synchronized".to_owned(),
        What::Hears(_, announcement) => {
            let ballot = announcement.ballot;
            return Label::Between(format!("{} r{}", ballot.leader, ballot.round));
        }
    })
}

/// An arrow from one lane's middle to another's, its label beside the sender's lane.
fn arrow(group: Group, (from, to): (usize, usize), y: usize, lane: usize, label: &str) -> Group {
    let middle = y - ROW / 4;
    let (back, beside, anchor) = if from < to {
        (to - ARROW, from + lane / 2 + ARROW, "start")
    } else {
        (to + ARROW, from - lane / 2 - ARROW, "end")
    };
    let head = format!(
        "M{from},{middle} H{to} M{back},{} L{to},{middle} L{back},{}",
        middle - ARROW / 2,
        middle + ARROW / 2
    );
    let label = text("vote", beside, y - ROW / 8, label).set("text-anchor", anchor);
    group
        .add(Path::new().set("class", "arrow").set("d", head))
        .add(label)
}

fn rectangle(class: &str, x: usize, y: usize, width: usize, height: usize) -> Rectangle {
    Rectangle::new()
        .set("class", class)
        .set("x", x)
        .set("y", y)
        .set("width", width)
        .set("height", height)
}

fn line(class: &str, from: (usize, usize), to: (usize, usize)) -> Line {
    Line::new()
        .set("class", class)
        .set("x1", from.0)
        .set("y1", from.1)
        .set("x2", to.0)
        .set("y2", to.1)
}

fn text(class: &str, x: usize, y: usize, words: &str) -> Text {
    Text::new(words).set("class", class).set("x", x).set("y", y)
}
