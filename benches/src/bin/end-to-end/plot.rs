//! Times as SVG: a dot for each run, a box from quartile to quartile, a line at the median and at
//! the fixed wait.

use crate::ensemble::Kind;
use crate::measure::FINALIZING;
use crate::summary::Spread;
use svg::Document;
use svg::node::element::{Circle, Group, Line, Rectangle, Style, Text};

/// Lengths in pixels.
const WIDTH: f64 = 950.0;
const LEFT: f64 = 320.0;
const RIGHT: f64 = 70.0;
const TOP: f64 = 60.0;
const ROW: f64 = 34.0;
const BOTTOM: f64 = 54.0;

const STYLE: &str = "
text { fill: #1f2933; font: 12px sans-serif; }
.title { font: bold 14px sans-serif; }
.row, .median-value { dominant-baseline: middle; }
.row { text-anchor: end; }
.tick { text-anchor: middle; fill: #52606d; }
.background { fill: #ffffff; }
.grid { stroke: #e4e7eb; }
.wait { stroke: #ba2525; stroke-dasharray: 4 3; }
.wait-name { fill: #ba2525; text-anchor: middle; }
.fixed { fill: #2186eb; stroke: #2186eb; }
.eager { fill: #27ab83; stroke: #27ab83; }
.zookeeper { fill: #de911d; stroke: #de911d; }
circle { fill-opacity: 0.35; stroke: none; }
.box { fill-opacity: 0.15; }
.median { stroke-width: 3; }
";

/// What was measured of one kind, and its name.
pub(crate) struct Row<'a> {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) times: &'a [f64],
}

/// The drawing.
pub(crate) fn draw(title: &str, rows: &[Row<'_>]) -> Document {
    let times = rows.iter().flat_map(|row| row.times);
    let longest = times.copied().fold(FINALIZING, f64::max);
    let scale = Scale::until(longest);
    let bottom = (0..rows.len()).fold(TOP, |y, _| y + ROW);
    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH, bottom + BOTTOM))
        .set("width", WIDTH)
        .set("height", bottom + BOTTOM)
        .add(Style::new(STYLE))
        .add(rectangle(
            "background",
            (0.0, 0.0),
            (WIDTH, bottom + BOTTOM),
        ))
        .add(text("title", 12.0, 22.0, title))
        .add(scale.axis(bottom));
    let mut y = TOP + ROW / 2.0;
    for row in rows {
        document = document
            .add(text("row", LEFT - 12.0, y, &row.name))
            .add(strip(row.kind, row.times, &scale, y));
        y += ROW;
    }
    document
}

/// Milliseconds to pixels.
struct Scale {
    longest: f64,
    step: f64,
}

impl Scale {
    /// With at most ten steps of a round number of milliseconds.
    fn until(longest: f64) -> Self {
        let mut step = 50.0;
        while longest > step * 10.0 {
            step *= 2.0;
        }
        let longest = (longest / step).ceil() * step;
        Self { longest, step }
    }

    fn x(&self, ms: f64) -> f64 {
        LEFT + ms / self.longest * (WIDTH - LEFT - RIGHT)
    }

    fn axis(&self, bottom: f64) -> Group {
        let mut group = Group::new();
        let mut ms = 0.0;
        while ms <= self.longest {
            let x = self.x(ms);
            group = group.add(line("grid", (x, TOP), (x, bottom))).add(text(
                "tick",
                x,
                bottom + 18.0,
                &format!("{ms}"),
            ));
            ms += self.step;
        }
        let (x, middle) = (self.x(FINALIZING), self.x(self.longest / 2.0));
        group
            .add(line("wait", (x, TOP - 6.0), (x, bottom)))
            .add(text("wait-name", x, TOP - 12.0, "finalizing wait, 200 ms"))
            .add(text("tick", middle, bottom + 40.0, "milliseconds"))
    }
}

fn strip(kind: Kind, times: &[f64], scale: &Scale, y: f64) -> Group {
    let class = match kind {
        Kind::Fixed => "fixed",
        Kind::Eager => "eager",
        Kind::ZooKeeper => "zookeeper",
    };
    let mut group = Group::new().set("class", class);
    for (ms, lane) in times.iter().zip([-8.0, 4.0, -4.0, 8.0, 0.0].iter().cycle()) {
        let dot = Circle::new().set("cx", scale.x(*ms)).set("cy", y + lane);
        group = group.add(dot.set("r", 2.5));
    }
    let spread = Spread::of(times);
    let [low, median, high] = [0.25, 0.5, 0.75].map(|part| scale.x(spread.quantile(part)));
    let label = format!("{:.0} ms", spread.quantile(0.5));
    group
        .add(rectangle("box", (low, y - 11.0), (high - low, 22.0)))
        .add(line("median", (median, y - 11.0), (median, y + 11.0)))
        .add(text("median-value", WIDTH - RIGHT + 12.0, y, &label).set("stroke", "none"))
}

fn rectangle(class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) -> Rectangle {
    Rectangle::new()
        .set("class", class)
        .set("x", x)
        .set("y", y)
        .set("width", width)
        .set("height", height)
}

fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Line {
    Line::new()
        .set("class", class)
        .set("x1", from.0)
        .set("y1", from.1)
        .set("x2", to.0)
        .set("y2", to.1)
}

fn text(class: &str, x: f64, y: f64, words: &str) -> Text {
    Text::new(words).set("class", class).set("x", x).set("y", y)
}
