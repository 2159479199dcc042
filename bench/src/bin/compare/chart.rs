//! The chart: for each workload how many times less time and memory each evaluator takes than the first one.

use super::{Evaluator, Row};

const LABELS: f64 = 190.0;
const PANEL: f64 = 380.0;
const GAP: f64 = 40.0;
const TOP: f64 = 96.0;
const BAR: f64 = 16.0;
const COLOURS: [&str; 4] = ["#2f6db5", "#c4742b", "#4c9a57", "#8a5aa8"];

/// Draws the chart as SVG.
pub fn draw(rows: &[Row], evaluators: &[Evaluator]) -> String {
    let others = evaluators.len() - 1;
    let step = BAR * others as f64 + 10.0;
    let (width, height) = (LABELS + 2.0 * PANEL + GAP + 70.0, TOP + step * rows.len() as f64 + 24.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    svg += &text(
        16.0,
        28.0,
        "start",
        "#222222",
        17,
        &format!("How many times less than {}", evaluators[0].name),
    );
    let mut at = 16.0;
    for (index, evaluator) in evaluators.iter().enumerate().skip(1) {
        svg +=
            &format!("<rect x=\"{at}\" y=\"44\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", colour(index));
        svg += &text(at + 18.0, 55.0, "start", "#444444", 13, &evaluator.name);
        at += 40.0 + 8.0 * evaluator.name.len() as f64;
    }
    for (row, at) in rows.iter().zip(0..) {
        let y = TOP + step * f64::from(at) + BAR * others as f64 / 2.0;
        svg += &text(LABELS - 10.0, y + 7.0, "end", "#222222", 13, &row.name);
    }
    for (title, left, choose) in [
        ("time", LABELS, (|(speed, _)| speed) as fn((f64, f64)) -> f64),
        ("memory", LABELS + PANEL + GAP, |(_, memory)| memory),
    ] {
        let ratio = |row: &Row, index| row.ratios(index).map(choose);
        svg += &panel(title, left, rows, others, step, &ratio);
    }
    svg + "</svg>\n"
}

/// One half of the chart. The scale is logarithmic, so that twice as much is as far as half as much.
fn panel(
    title: &str,
    left: f64,
    rows: &[Row],
    others: usize,
    step: f64,
    ratio: &dyn Fn(&Row, usize) -> Option<f64>,
) -> String {
    let ratios: Vec<f64> = rows.iter().flat_map(|row| (1..=others).filter_map(|i| ratio(row, i))).collect();
    let low = ratios.iter().copied().fold(1.0, f64::min).log2().floor();
    let high = ratios.iter().copied().fold(2.0, f64::max).log2().ceil();
    let x = |value: f64| left + (value.log2() - low) / (high - low) * PANEL;
    let bottom = TOP + step * rows.len() as f64;
    let mut svg = text(left, TOP - 26.0, "start", "#222222", 13, title);
    for power in low as i32..=high as i32 {
        let value = 2f64.powi(power);
        let colour = if power == 0 { "#555555" } else { "#dddddd" };
        let at = x(value);
        svg += &format!(
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{:.1}\" y2=\"{bottom:.1}\" stroke=\"{colour}\"/>\n",
            TOP - 6.0
        );
        svg += &text(at, TOP - 10.0, "middle", "#666666", 11, &format!("{value}×"));
    }
    for (row, at) in rows.iter().zip(0..) {
        for index in 1..=others {
            let Some(value) = ratio(row, index) else { continue };
            let y = TOP + step * f64::from(at) + BAR * (index - 1) as f64 + 4.0;
            let (from, to) = (x(value.min(1.0)), x(value.max(1.0)));
            svg += &format!(
                "<rect x=\"{from:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>\n",
                to - from,
                BAR - 3.0,
                colour(index)
            );
            svg += &text(to + 5.0, y + BAR - 5.5, "start", "#333333", 11, &format!("{value:.1}"));
        }
    }
    svg
}

fn colour(index: usize) -> &'static str {
    COLOURS[(index - 1) % COLOURS.len()]
}

fn text(x: f64, y: f64, anchor: &str, colour: &str, size: u32, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\" font-size=\"{size}\">{words}</text>\n"
    )
}
