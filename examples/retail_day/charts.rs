//! The plots of the report, each a self-contained `<svg>`.

use crate::shell::Failure;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontTransform, text_anchor};
use std::error::Error;

const WIDTH: u32 = 760;
const HEIGHT: u32 = 340;
const INK: RGBColor = RGBColor(0x33, 0x3d, 0x4b);
const GRID: RGBColor = RGBColor(0xe4, 0xe7, 0xec);
/// Told apart by readers with any color vision (Okabe & Ito).
const COLORS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// What stands at the axes: a word and a unit.
pub(crate) struct Axes<'a> {
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
}

/// A named row of numbers, the first of them at step `from`.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) from: usize,
    pub(crate) values: Vec<f64>,
}

type Drawn = Result<String, Failure>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw(height: u32, paint: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn Error>>) -> Drawn {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE)?;
        paint(&area).map_err(|reason| Failure::Input(reason.to_string()))?;
        area.present()?;
    }
    // A page shows an inline image without a namespace; so the report holds no address at all.
    Ok(svg.replace(" xmlns=\"http://www.w3.org/2000/svg\"", ""))
}

fn text(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

const LEFT: text_anchor::Pos =
    text_anchor::Pos { h_pos: text_anchor::HPos::Left, v_pos: text_anchor::VPos::Center };
const CENTER: text_anchor::Pos =
    text_anchor::Pos { h_pos: text_anchor::HPos::Center, v_pos: text_anchor::VPos::Center };
const RIGHT: text_anchor::Pos =
    text_anchor::Pos { h_pos: text_anchor::HPos::Right, v_pos: text_anchor::VPos::Center };

/// How high the names of a plot stand, in rows as wide as the page.
fn legend_rows<'a>(names: impl Iterator<Item = &'a str>) -> u32 {
    let mut x = LEGEND_LEFT;
    let mut rows = 1;
    for name in names {
        if x + legend_width(name) > WIDTH as i32 && x > LEGEND_LEFT {
            (x, rows) = (LEGEND_LEFT, rows + 1);
        }
        x += legend_width(name);
    }
    rows
}

const LEGEND_LEFT: i32 = 80;

fn legend_width(name: &str) -> i32 {
    48 + 7 * name.chars().count() as i32
}

/// The names beside their colors, at the top.
fn legend<'a>(
    area: &Area<'_>,
    names: impl Iterator<Item = (&'a str, RGBAColor)>,
) -> Result<(), Box<dyn Error>> {
    let (mut x, mut y) = (LEGEND_LEFT, 14);
    for (name, color) in names {
        if x + legend_width(name) > WIDTH as i32 && x > LEGEND_LEFT {
            (x, y) = (LEGEND_LEFT, y + 18);
        }
        area.draw(&Rectangle::new([(x, y - 6), (x + 18, y + 6)], color.filled()))?;
        area.draw_text(name, &text(14).pos(LEFT), (x + 24, y))?;
        x += legend_width(name);
    }
    Ok(())
}

/// Lines over labeled steps; the band, if any, reaches from zero up to its values.
pub(crate) fn lines(
    axes: &Axes<'_>,
    steps: &[String],
    series: &[Line<'_>],
    band: Option<&Line<'_>>,
) -> Drawn {
    let values = || series.iter().chain(band).flat_map(|line| &line.values).copied();
    let top = highest(values());
    // A month in which more came back than was sold lies below the line.
    let bottom = values().fold(0.0, f64::min) * 1.08;
    let pale = COLORS[1].mix(0.35);
    let rows = legend_rows(series.iter().chain(band).map(|line| line.name));
    draw(HEIGHT + 18 * (rows - 1), |area| {
        let last = steps.len().saturating_sub(1).max(1) as f64;
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .margin_top(12 + 18 * rows)
            .margin_right(34)
            .x_label_area_size(46)
            .y_label_area_size(74)
            .build_cartesian_2d(0.0..last, bottom..top)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(INK)
            .x_desc(axes.x)
            .y_desc(axes.y)
            .axis_desc_style(text(15))
            .label_style(text(13))
            .x_labels(steps.len().clamp(2, 7))
            .x_label_formatter(&|x| label_at(steps, *x))
            .y_label_formatter(&|y| short(*y))
            .draw()?;
        let points = |line: &Line<'_>| -> Vec<(f64, f64)> {
            (line.from..).zip(&line.values).map(|(x, y)| (x as f64, *y)).collect()
        };
        if let Some(band) = band {
            let high = points(band);
            let ground = high.iter().rev().map(|(x, _)| (*x, 0.0));
            let outline: Vec<_> = high.iter().copied().chain(ground).collect();
            chart.draw_series([Polygon::new(outline, pale)])?;
        }
        for (line, color) in series.iter().zip(COLORS.iter().cycle()) {
            chart.draw_series(LineSeries::new(points(line), color.stroke_width(3)))?;
            if steps.len() <= 24 {
                chart.draw_series(
                    points(line).iter().map(|at| Circle::new(*at, 3, color.filled())),
                )?;
            }
        }
        let named = series.iter().zip(COLORS.iter().cycle()).map(|(l, c)| (l.name, c.to_rgba()));
        legend(area, named.chain(band.map(|band| (band.name, pale))))
    })
}

/// Lying bars, one group per label and one bar per name; numbers at their ends.
pub(crate) fn bars(axes: &Axes<'_>, labels: &[String], series: &[Line<'_>], unit: &str) -> Drawn {
    lying(axes, labels, series, unit, series.len())
}

/// Lying bars, one per label, in the color of the name that has a value there.
pub(crate) fn either(axes: &Axes<'_>, labels: &[String], series: &[Line<'_>]) -> Drawn {
    lying(axes, labels, series, "", 1)
}

fn lying(
    axes: &Axes<'_>,
    labels: &[String],
    series: &[Line<'_>],
    unit: &str,
    lanes: usize,
) -> Drawn {
    let values = || series.iter().flat_map(|line| &line.values).copied();
    // There is no tick at a fifth of a row.
    let whole = values().all(|value| value.fract() == 0.0);
    let top = highest(values()).max(if whole { 5.0 } else { 0.0 });
    let rows = labels.len().max(1);
    let names = if series.len() > 1 { series } else { &[] };
    let legends = legend_rows(names.iter().map(|line| line.name));
    let height = 92 + 18 * legends + (rows * (10 + 22 * lanes)) as u32;
    let labels: Vec<String> = labels.iter().map(|label| shorten(label, LABEL)).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    draw(height, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .margin_top(12 + 18 * legends)
            .margin_right(34)
            .x_label_area_size(46)
            .y_label_area_size(60 + 7 * longest.max(12) as u32)
            .build_cartesian_2d(0.0..top * 1.12, 0.0..rows as f64)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .disable_y_mesh()
            .axis_style(INK)
            .x_desc(axes.x)
            .y_desc(axes.y)
            .axis_desc_style(text(15))
            .label_style(text(13))
            .x_labels(7)
            .y_labels(0)
            .x_label_formatter(&|x| short(*x))
            .draw()?;
        let thick = 0.84 / lanes.max(1) as f64;
        for (row, label) in labels.iter().enumerate() {
            let top = (rows - row) as f64 - 0.08;
            let (x, y) = chart.backend_coord(&(0.0, top - 0.42));
            area.draw_text(label, &text(13).pos(RIGHT), (x - 8, y))?;
            for (i, line) in series.iter().enumerate() {
                let value = line.values.get(row).copied().unwrap_or(0.0);
                if lanes == 1 && value == 0.0 && series.len() > 1 {
                    continue;
                }
                let from = top - thick * (i % lanes.max(1)) as f64;
                let bar = [(0.0, from - thick * 0.92), (value, from)];
                chart.draw_series([Rectangle::new(bar, COLORS[i % COLORS.len()].filled())])?;
                let (x, y) = chart.backend_coord(&(value, from - thick / 2.0));
                area.draw_text(
                    &format!("{}{unit}", short(value)),
                    &text(12).pos(LEFT),
                    (x + 5, y),
                )?;
            }
        }
        legend(area, names.iter().zip(COLORS.iter().cycle()).map(|(l, c)| (l.name, c.to_rgba())))
    })
}

/// The longest label of a bar.
const LABEL: usize = 40;

/// A table of shares as colors with the percentage in each cell, columns counted from 1;
/// `None` stays empty.
pub(crate) fn heat(
    axes: &Axes<'_>,
    rows: &[String],
    columns: usize,
    share: &[Vec<Option<f64>>],
) -> Drawn {
    let cell = 24;
    // The name of the axis needs the height of seven rows.
    let tall = rows.len().max(7);
    let height = 24 + cell * tall as u32 + 54;
    draw(height, |area| {
        let (left, top) = (190_i32, 24_i32);
        let wide = (WIDTH as i32 - left - 20) / columns.max(6) as i32;
        for (r, label) in rows.iter().enumerate() {
            let y = top + r as i32 * cell as i32;
            area.draw_text(label, &text(12).pos(RIGHT), (left - 8, y + cell as i32 / 2))?;
            for (c, value) in share[r].iter().enumerate() {
                let Some(value) = value else { continue };
                let x = left + c as i32 * wide;
                let color = shade(*value);
                let ink = if *value > 0.4 { WHITE } else { INK };
                area.draw(&Rectangle::new(
                    [(x, y), (x + wide - 2, y + cell as i32 - 2)],
                    color.filled(),
                ))?;
                let style = ("sans-serif", 11).into_font().color(&ink).pos(CENTER);
                let shown = format!("{:.0}", 100.0 * value);
                area.draw_text(&shown, &style, (x + wide / 2 - 1, y + cell as i32 / 2))?;
            }
        }
        let bottom = top + tall as i32 * cell as i32;
        for c in 0..columns {
            let x = left + c as i32 * wide + wide / 2;
            area.draw_text(&(c + 1).to_string(), &text(12).pos(CENTER), (x, bottom + 12))?;
        }
        area.draw_text(
            axes.x,
            &text(15).pos(CENTER),
            (left + (WIDTH as i32 - left) / 2, bottom + 38),
        )?;
        let upright =
            ("sans-serif", 15).into_font().transform(FontTransform::Rotate270).color(&INK);
        area.draw_text(axes.y, &upright.pos(CENTER), (14, i32::midpoint(top, bottom)))?;
        Ok(())
    })
}

/// White at nothing, deep blue at everything.
fn shade(share: f64) -> RGBColor {
    let share = share.clamp(0.0, 1.0);
    let mix = |from: f64, to: f64| (from + (to - from) * share.sqrt()) as u8;
    RGBColor(mix(244.0, 0.0), mix(247.0, 82.0), mix(251.0, 155.0))
}

fn highest(values: impl Iterator<Item = f64>) -> f64 {
    let top = values.fold(0.0, f64::max);
    if top > 0.0 { top * 1.08 } else { 1.0 }
}

fn label_at(steps: &[String], x: f64) -> String {
    let near = x.round();
    if (x - near).abs() > 0.01 || near < 0.0 {
        return String::new();
    }
    steps.get(near as usize).cloned().unwrap_or_default()
}

/// Without the middle, since articles of one kind differ at the end.
fn shorten(label: &str, most: usize) -> String {
    let length = label.chars().count();
    if length <= most {
        return label.to_owned();
    }
    let (head, tail) = (most / 2, most - most / 2 - 1);
    label.chars().take(head).chain(['…']).chain(label.chars().skip(length - tail)).collect()
}

/// `1234567` as `1.23M`: four figures at most.
pub(crate) fn short(value: f64) -> String {
    let (scaled, suffix) = match value.abs() {
        v if v >= 1e9 => (value / 1e9, "G"),
        v if v >= 1e6 => (value / 1e6, "M"),
        v if v >= 1e4 => (value / 1e3, "k"),
        v if v >= 1e3 && v.fract() == 0.0 => {
            let sign = if value < 0.0 { "-" } else { "" };
            return format!("{sign}{}", crate::steps::grouped(v as u64));
        }
        _ => (value, ""),
    };
    let text = match scaled.abs() {
        v if v >= 100.0 || v.fract() == 0.0 => format!("{scaled:.0}"),
        v if v >= 10.0 => format!("{scaled:.1}"),
        _ => format!("{scaled:.2}"),
    };
    format!("{text}{suffix}")
}
