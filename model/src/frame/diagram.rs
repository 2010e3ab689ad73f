//! A story, of a counterexample or any other path, as a sequence diagram: a lifeline for each
//! server, time downwards, a row for each step.
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
//! A legend below says so of the marks that there are. Every row is a group whose class is the kind
//! of the step and whose title, shown under the pointer, tells it in full.

mod legend;
mod shapes;

use super::story::{Caption, Mark, Picture, Start, Step, Story};
use legend::legend;
use shapes::{
    LETTER_DROP, LINE, MARGIN, MARK, arrow, centred, clock, cross, line, rectangle, text,
};
use std::borrow::Cow;
use svg::Document;
use svg::node::element::{Definitions, Group, Marker, Path, Style, Title};

/// Widths and heights, in pixels.
const NUMBERS: usize = 44;
const COLUMN: usize = 230;
const HEAD_WIDTH: usize = 150;
const ROW: usize = 46;
const BOX: usize = 22;
const BOX_WIDTH: usize = 150;
const LOOP: usize = 30;
/// How many letters of the title, and of the statement, fit into a hundred pixels.
const TITLE_LETTERS: usize = 10;
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

/// The story as a diagram, with a title and a remark.
#[must_use]
pub fn draw_story(title: &str, remark: &str, story: &Story) -> Document {
    let width = NUMBERS + COLUMN * story.initial.len() + MARGIN;
    let letters = |in_hundred: usize| (width - 2 * MARGIN) * in_hundred / 100;
    let title = textwrap::wrap(title, letters(TITLE_LETTERS));
    let mut remark = textwrap::wrap(remark, letters(LETTERS));
    remark.extend(story.goes_on().map(Cow::from));
    let heads = MARGIN + LINE * (title.len() + remark.len() + 1);
    let lines = story.initial.iter().map(|start| start.shown.len() + 1);
    let head_height = LINE * lines.max().unwrap_or(1) + LINE / 2;
    let rows = rows(&story.steps, heads + head_height + MARGIN);
    let end = rows.last().map_or(heads + head_height, |row| row.bottom) + MARGIN;
    let (legend, bottom) = legend(story, end);
    let mut document = Document::new()
        .set("width", width)
        .set("height", bottom)
        .set("viewBox", (0, 0, width, bottom))
        .add(Style::new(STYLE))
        .add(arrow_head())
        .add(rectangle("background", 0, 0, width, bottom))
        .add(heading(&title, &remark));
    for row in rows.iter().step_by(2) {
        document = document.add(rectangle("band", 0, row.top, width, row.bottom - row.top));
    }
    for (server, start) in story.initial.iter().enumerate() {
        document = document.add(head(server, start, (heads, head_height), end));
    }
    let document = rows
        .iter()
        .fold(document, |document, row| document.add(row.draw()));
    document.add(legend)
}

/// A step and its place in the diagram.
struct Row<'a> {
    step: &'a Step,
    top: usize,
    bottom: usize,
}

fn rows(steps: &[Step], top: usize) -> Vec<Row<'_>> {
    let place = |top: &mut usize, step| {
        let row = Row::new(step, *top);
        *top = row.bottom;
        Some(row)
    };
    steps.iter().scan(top, place).collect()
}

fn heading(title: &[Cow<'_, str>], remark: &[Cow<'_, str>]) -> Group {
    let title = title.iter().map(|line| ("heading", line));
    let remark = remark.iter().map(|line| ("statement", line));
    let lines = title.chain(remark).zip(0..);
    lines.fold(Group::new(), |heading, ((class, line), number)| {
        let y = MARGIN + LINE / 2 + LINE * number;
        heading.add(text(class, MARGIN, y, line.to_string()))
    })
}

/// A server's name and what is said of it, and its lifeline.
fn head(server: usize, start: &Start, (top, height): (usize, usize), end: usize) -> Group {
    let x = lifeline(server);
    let head = Group::new()
        .set("class", "server")
        .add(line("lifeline", (x, top + height), (x, end)))
        .add(rectangle("head", x - HEAD_WIDTH / 2, top, HEAD_WIDTH, height).set("rx", 4));
    let name = Caption::new("sid", format!("server {}", start.sid));
    let lines = std::iter::once(&name).chain(&start.shown).zip(1..);
    lines.fold(head, |head, (Caption { class, label }, number)| {
        head.add(centred(class, x, top + LINE * number, label.clone()))
    })
}

impl<'a> Row<'a> {
    fn new(step: &'a Step, top: usize) -> Self {
        let changes = step.picture.changes.as_ref();
        let bottom = top + ROW + BOX * changes.map_or(0, |(_, changes)| changes.len());
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
        let Picture {
            kind,
            mark,
            changes,
        } = &step.picture;
        let row = self.mark(row.set("class", *kind), mark);
        match changes {
            Some((actor, changes)) => self.changes(row, lifeline(*actor), changes),
            None => row,
        }
    }

    /// The row with the mark of what happened.
    fn mark(&self, row: Group, mark: &Mark) -> Group {
        match mark {
            Mark::Arrow { src, dst, label } => self.arrow(row, *src, *dst, label.clone()),
            Mark::Loss { src, dst, label } => self.loss(row, *src, *dst, label.clone()),
            Mark::Clock { server, label } => self.clock(row, *server, label),
            Mark::Word { server, label } => self.word(row, *server, label),
            Mark::Cut { a, b, label } => self.cut(row, *a, *b, label.clone()),
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
        let label = if src == dst {
            text("label", out + MARK, y + LETTER_DROP, label)
        } else {
            centred("label", towards(src, dst, COLUMN / 2), y - MARK, label)
        };
        row.add(arrow(way)).add(label)
    }

    /// From the sender half of the way to the next lifeline.
    fn loss(&self, row: Group, src: usize, dst: usize, label: String) -> Group {
        let (end, y) = (towards(src, dst, COLUMN / 2), self.y());
        row.add(line("lost", (lifeline(src), y), (end, y)))
            .add(cross(end, y))
            .add(centred("label", end, y - MARK * 2, label))
    }

    /// A word beside the lifeline.
    fn word(&self, row: Group, server: usize, what: &str) -> Group {
        let (x, y) = (lifeline(server), self.y());
        row.add(text(
            "label event",
            x + LOOP / 2,
            y + LETTER_DROP,
            what.to_owned(),
        ))
    }

    /// A line between two lifelines with a cross in its middle.
    fn cut(&self, row: Group, a: usize, b: usize, label: String) -> Group {
        let (left, right, y) = (lifeline(a), lifeline(b), self.y());
        let middle = left.midpoint(right);
        row.add(line("lost", (left, y), (right, y)))
            .add(cross(middle, y))
            .add(centred("label", middle, y - MARK * 2, label))
    }

    fn clock(&self, row: Group, server: usize, wait: &str) -> Group {
        let (x, y) = (lifeline(server), self.y());
        let what = format!("{wait} time-out");
        row.add(clock(x, y))
            .add(text("label", x + LOOP / 2, y + LETTER_DROP, what))
    }

    /// What became of the server, a box each.
    fn changes(&self, row: Group, x: usize, changes: &[Caption]) -> Group {
        let changes = changes.iter().zip(0..);
        changes.fold(row, |row, (Caption { class, label }, number)| {
            let top = self.y() + MARK * 2 + BOX * number;
            let middle = top + BOX / 2 + LETTER_DROP - 1;
            row.add(rectangle(class, x - BOX_WIDTH / 2, top, BOX_WIDTH, BOX - 2).set("rx", 4))
                .add(centred("", x, middle, label.clone()))
        })
    }
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
