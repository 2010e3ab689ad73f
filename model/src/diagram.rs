//! A story, of a counterexample or any other path, as a sequence diagram: a lifeline for each server, time downwards, a row for each step.
//!
//! | in the diagram | what it is |
//! |---|---|
//! | arrow | a notification is received; a loop if it is the server's own |
//! | dashed arrow | it is one that the sender announces again |
//! | line that ends in a cross | a notification that was replaced in the send slot, or lost with its sender |
//! | line with a cross in its middle | a connection breaks |
//! | clock | a wait is over: for votes, for a better proposal, or for a leader or followers |
//! | word beside a lifeline | the server is started, crashes, is synchronized with its leader, or loses it for no reason |
//! | box on a lifeline | what became of the server; in colour if it settles |
//!
//! Every row is a group whose class is the kind of the step and whose title, shown under the pointer, tells it in full.

use crate::counterexample::Counterexample;
use crate::faults::Crash;
use crate::story::{Change, Event, Start, Story, StoryStep};
use crate::vote::{Notification, sid, state_name};
use fle::ServerState;
use std::borrow::Cow;
use svg::Document;
use svg::node::element::{
    Circle, Definitions, Group, Line, Marker, Path, Rectangle, Style, Text, Title,
};

/// Widths and heights, in pixels.
const NUMBERS: usize = 44;
const COLUMN: usize = 230;
const MARGIN: usize = 24;
const LINE: usize = 18;
const HEAD: usize = 62;
const HEAD_WIDTH: usize = 150;
const ROW: usize = 46;
const BOX: usize = 22;
const BOX_WIDTH: usize = 150;
const LOOP: usize = 30;
const MARK: usize = 6;
/// From the middle of a letter down to its base line.
const LETTER_DROP: usize = 4;
/// How many letters of the statement fit into a hundred pixels.
const LETTERS: usize = 14;

const STYLE: &str = "
text { fill: #1f2933; font: 13px sans-serif; }
.background { fill: #ffffff; }
.heading { font: bold 17px sans-serif; }
.statement, .number { fill: #52606d; }
.band { fill: #f5f7fa; }
.lifeline { stroke: #9aa5b1; stroke-dasharray: 2 3; }
.head { fill: #e4e7eb; stroke: #7b8794; }
.sid { font-weight: bold; }
.label { paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; }
.arrow { fill: none; stroke: #1f2933; stroke-width: 1.5; }
.resend .arrow { stroke-dasharray: 6 4; }
.lost, .cross { fill: none; stroke: #ba2525; stroke-width: 1.5; }
.supersede .label, .lose .label, .break .label, .crash .label { fill: #ba2525; }
.clock { fill: #ffffff; stroke: #1f2933; stroke-width: 1.5; }
.change { fill: #ffffff; stroke: #7b8794; }
.leading { fill: #f7c948; stroke: #8d6b00; }
.following { fill: #bae3ff; stroke: #2b6cb0; }
";

/// The counterexample as a diagram.
#[must_use]
pub fn draw(counterexample: &Counterexample) -> Document {
    let Counterexample {
        scenario, property, ..
    } = counterexample;
    let title = format!("{scenario}: a counterexample to “{property}”");
    draw_story(&title, counterexample.statement, &counterexample.story)
}

/// The story as a diagram, with a title and a remark.
#[must_use]
pub fn draw_story(title: &str, remark: &str, story: &Story) -> Document {
    let width = NUMBERS + COLUMN * story.initial.len() + MARGIN;
    let letters = (width - 2 * MARGIN) * LETTERS / 100;
    let mut remark = textwrap::wrap(remark, letters);
    remark.extend(story.goes_on().map(Cow::from));
    let heads = MARGIN + LINE * (remark.len() + 2);
    let rows = rows(&story.steps, heads + HEAD + MARGIN);
    let bottom = rows.last().map_or(heads + HEAD, |row| row.bottom) + MARGIN;
    let mut document = Document::new()
        .set("width", width)
        .set("height", bottom)
        .set("viewBox", (0, 0, width, bottom))
        .add(Style::new(STYLE))
        .add(arrow_head())
        .add(rectangle("background", 0, 0, width, bottom))
        .add(heading(title, &remark));
    for row in rows.iter().step_by(2) {
        document = document.add(rectangle("band", 0, row.top, width, row.bottom - row.top));
    }
    for start in &story.initial {
        document = document.add(head(start, heads, bottom));
    }
    rows.iter()
        .fold(document, |document, row| document.add(row.draw()))
}

/// A step and its place in the diagram.
struct Row<'a> {
    step: &'a StoryStep,
    top: usize,
    bottom: usize,
}

fn rows(steps: &[StoryStep], top: usize) -> Vec<Row<'_>> {
    let place = |top: &mut usize, step| {
        let row = Row::new(step, *top);
        *top = row.bottom;
        Some(row)
    };
    steps.iter().scan(top, place).collect()
}

fn heading(title: &str, remark: &[Cow<'_, str>]) -> Group {
    let lines = remark.iter().zip(2..);
    let heading = Group::new().add(text("heading", MARGIN, MARGIN + LINE / 2, title.to_owned()));
    lines.fold(heading, |heading, (line, number)| {
        heading.add(text(
            "statement",
            MARGIN,
            MARGIN + LINE * number,
            line.to_string(),
        ))
    })
}

/// A server's name and credentials, and its lifeline.
fn head(start: &Start, top: usize, bottom: usize) -> Group {
    let x = lifeline(start.server);
    let lines = [
        format!("server {}", sid(start.server)),
        format!("{:?}", start.credentials),
        if start.up {
            format!("round {}", start.round.0)
        } else {
            "down".to_owned()
        },
    ];
    let head = Group::new()
        .set("class", "server")
        .add(line("lifeline", (x, top + HEAD), (x, bottom)))
        .add(rectangle("head", x - HEAD_WIDTH / 2, top, HEAD_WIDTH, HEAD).set("rx", 4));
    let classes = ["sid", "credentials", "round"].into_iter().zip(1..);
    lines
        .into_iter()
        .zip(classes)
        .fold(head, |head, (line, (class, number))| {
            head.add(centred(class, x, top + LINE * number, line))
        })
}

impl<'a> Row<'a> {
    fn new(step: &'a StoryStep, top: usize) -> Self {
        let bottom = top + ROW + BOX * step.changes.len();
        Self { step, top, bottom }
    }

    /// The height of the arrow.
    fn y(&self) -> usize {
        self.top + ROW * 3 / 5
    }

    fn draw(&self) -> Group {
        let Self { step, .. } = self;
        let row = Group::new().add(Title::new(&step.told)).add(text(
            "number",
            MARGIN / 2,
            self.y() + LETTER_DROP,
            format!("{}.", step.number),
        ));
        let row = self.event(row);
        match step.action.actor() {
            Some(actor) => self.changes(row, lifeline(actor)),
            None => row,
        }
    }

    /// The row, its class and the mark of what happened.
    fn event(&self, row: Group) -> Group {
        match self.step.action {
            Event::Deliver {
                src,
                dst,
                notification,
            } => self.arrow(row.set("class", "deliver"), src, dst, short(notification)),
            Event::Resend {
                src,
                dst,
                notification,
            } => {
                let label = format!("again: {}", short(notification));
                self.arrow(row.set("class", "resend"), src, dst, label)
            }
            Event::Supersede {
                src,
                dst,
                notification,
            } => {
                let label = format!("for {}, replaced: {}", sid(dst), short(notification));
                self.loss(row.set("class", "supersede"), src, dst, label)
            }
            Event::CollectTimeout { server } => {
                self.clock(row.set("class", "collect_timeout"), server, "collecting")
            }
            Event::FinalizeTimeout { server } => {
                self.clock(row.set("class", "finalize_timeout"), server, "finalizing")
            }
            Event::Lose {
                src,
                dst,
                notification,
            } => {
                let label = format!("for {}, lost: {}", sid(dst), short(notification));
                self.loss(row.set("class", "lose"), src, dst, label)
            }
            Event::GiveUp { server } => self.clock(row.set("class", "give_up"), server, "leader"),
            Event::Activate { server } => self.note(row, "activate", server, "synchronized"),
            Event::Start { server } => self.note(row, "start", server, "is started"),
            Event::Crash { server, crash } => {
                let what = match crash {
                    Crash::Restarts => "crashes",
                    Crash::ForGood => "crashes for good",
                    Crash::LosesDisk => "crashes, loses its disk",
                };
                self.note(row, "crash", server, what)
            }
            Event::LoseLeader { server } => {
                self.note(row, "lose_leader", server, "loses its leader")
            }
            Event::Break { a, b } => self.broken(row.set("class", "break"), a, b),
        }
    }

    /// From lifeline to lifeline; what a server tells itself goes out and back.
    fn arrow(&self, row: Group, src: usize, dst: usize, label: String) -> Group {
        let (from, to, y) = (lifeline(src), lifeline(dst), self.y());
        let (out, under) = (from + LOOP, y + MARK);
        let way = if src == dst {
            format!("M{from},{} H{out} V{under} H{to}", y - MARK)
        } else {
            format!("M{from},{y} H{to}")
        };
        let way = Path::new()
            .set("d", way)
            .set("marker-end", "url(#arrow-head)");
        let label = if src == dst {
            text("label", out + MARK, y + LETTER_DROP, label)
        } else {
            centred("label", towards(src, dst, COLUMN / 2), y - MARK, label)
        };
        row.add(way.set("class", "arrow")).add(label)
    }

    /// From the sender half of the way to the next lifeline.
    fn loss(&self, row: Group, src: usize, dst: usize, label: String) -> Group {
        let (end, y) = (towards(src, dst, COLUMN / 2), self.y());
        row.add(line("lost", (lifeline(src), y), (end, y)))
            .add(cross(end, y))
            .add(centred("label", end, y - MARK * 2, label))
    }

    /// A word beside the lifeline.
    fn note(&self, row: Group, class: &str, server: usize, what: &str) -> Group {
        let (x, y) = (lifeline(server), self.y());
        row.set("class", class).add(text(
            "label event",
            x + LOOP / 2,
            y + LETTER_DROP,
            what.to_owned(),
        ))
    }

    /// A line between two lifelines with a cross in its middle.
    fn broken(&self, row: Group, a: usize, b: usize) -> Group {
        let (left, right, y) = (lifeline(a), lifeline(b), self.y());
        let middle = left.midpoint(right);
        let label = "the connection breaks".to_owned();
        row.add(line("lost", (left, y), (right, y)))
            .add(cross(middle, y))
            .add(centred("label", middle, y - MARK * 2, label))
    }

    fn clock(&self, row: Group, server: usize, wait: &str) -> Group {
        let (x, y) = (lifeline(server), self.y());
        let hands = format!("M{x},{} V{y} H{}", y - MARK, x + MARK * 2 / 3);
        let face = Circle::new()
            .set("cx", x)
            .set("cy", y)
            .set("r", MARK * 3 / 2);
        row.add(face.set("class", "clock"))
            .add(Path::new().set("d", hands).set("class", "arrow"))
            .add(text(
                "label",
                x + LOOP / 2,
                y + LETTER_DROP,
                format!("{wait} time-out"),
            ))
    }

    /// What became of the server, a box each.
    fn changes(&self, row: Group, x: usize) -> Group {
        let changes = self.step.changes.iter().zip(0..);
        changes.fold(row, |row, (change, number)| {
            let (class, label) = caption(change);
            let top = self.y() + MARK * 2 + BOX * number;
            let middle = top + BOX / 2 + LETTER_DROP - 1;
            row.add(rectangle(class, x - BOX_WIDTH / 2, top, BOX_WIDTH, BOX - 2).set("rx", 4))
                .add(centred("", x, middle, label))
        })
    }
}

fn cross(x: usize, y: usize) -> Path {
    let (left, right, over, under) = (x - MARK, x + MARK, y - MARK, y + MARK);
    let cross = format!("M{left},{over} L{right},{under} M{left},{under} L{right},{over}");
    Path::new().set("d", cross).set("class", "cross")
}

/// A change in a word or two, and the class of its box.
fn caption(change: &Change) -> (&'static str, String) {
    match *change {
        Change::LearnsConfiguration { version } => {
            ("change", format!("configuration {}", version.0))
        }
        Change::Looks { round } => ("change", format!("looks, round {}", round.0)),
        Change::LearnsEpoch(credentials) => ("change", format!("{credentials:?}")),
        Change::EntersRound { round } => ("change", format!("round {}", round.0)),
        Change::Adopts(proposal) => ("change", format!("proposes {}", sid(proposal.leader()))),
        Change::Finalizes => ("change", "quorum: finalizes".to_owned()),
        Change::CollectsAgain => ("change", "collects again".to_owned()),
        Change::Settles(vote) if vote.state == ServerState::Leading => {
            ("leading", format!("LEADS, round {}", vote.round.0))
        }
        Change::Settles(vote) => {
            let leader = sid(vote.leader());
            (
                "following",
                format!("FOLLOWS {leader}, round {}", vote.round.0),
            )
        }
    }
}

/// A notification without its credentials: those of the leader stand at the head of its lifeline.
fn short(Notification { vote, .. }: Notification) -> String {
    let (state, leader) = (state_name(vote.state), sid(vote.leader()));
    format!("{state}→{leader} r{}", vote.round.0)
}

fn lifeline(server: usize) -> usize {
    NUMBERS + COLUMN * server + COLUMN / 2
}

/// This far from the lifeline of `src`, on the side where `dst` is.
fn towards(src: usize, dst: usize, distance: usize) -> usize {
    if dst < src {
        lifeline(src) - distance
    } else {
        lifeline(src) + distance
    }
}

fn arrow_head() -> Definitions {
    let marker = Marker::new()
        .set("id", "arrow-head")
        .set("viewBox", "0 0 10 10")
        .set("refX", 9)
        .set("refY", 5)
        .set("markerWidth", 7)
        .set("markerHeight", 7)
        .set("orient", "auto");
    Definitions::new().add(marker.add(Path::new().set("d", "M0,0 L10,5 L0,10 z")))
}

fn rectangle(class: &str, x: usize, y: usize, width: usize, height: usize) -> Rectangle {
    Rectangle::new()
        .set("class", class)
        .set("x", x)
        .set("y", y)
        .set("width", width)
        .set("height", height)
}

fn line(class: &str, (x1, y1): (usize, usize), (x2, y2): (usize, usize)) -> Line {
    let line = Line::new().set("class", class);
    line.set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2)
}

fn text(class: &str, x: usize, y: usize, content: String) -> Text {
    Text::new(content)
        .set("class", class)
        .set("x", x)
        .set("y", y)
}

fn centred(class: &str, x: usize, y: usize, content: String) -> Text {
    text(class, x, y, content).set("text-anchor", "middle")
}
