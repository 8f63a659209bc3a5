//! A picture of a series with the quantiles of its forecast.

use crate::options::Options;
use crate::shell::{Failure, folder, say};
use plotters::prelude::*;

/// Drawn as bands around the median: 95 %, 67 % and 50 % of what may come.
pub(crate) const LEVELS: [f64; 7] = [0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975];

const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const INK: RGBColor = RGBColor(0x33, 0x3d, 0x4b);
const VERMILION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// The quantiles at the drawn levels out of those at `levels`.
pub(crate) fn of_levels(fan: &[f64], levels: &[f64]) -> Vec<f64> {
    let places = LEVELS.iter().filter_map(|l| levels.iter().position(|other| other == l));
    let places: Vec<usize> = places.collect();
    fan.chunks(levels.len()).flat_map(|step| places.iter().map(|place| step[*place])).collect()
}

/// Saves `DIR/ID.svg`: the last part of the series, its fan and what came.
pub(crate) fn save(
    options: &Options,
    id: &str,
    train: &[f64],
    test: &[f64],
    fan: &[f64],
) -> Result<(), Failure> {
    let Some(dir) = &options.plot else { return Ok(()) };
    folder(dir)?;
    let name: String = id.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let path = dir.join(format!("{name}.svg"));
    let drawn = draw(id, train, test, fan);
    let svg = drawn.map_err(|reason| Failure::Input(format!("{id}: {reason}")))?;
    std::fs::write(&path, svg).map_err(|error| crate::shell::wrong(&path, error))?;
    say(&format!("drawn: {}", path.display()))
}

fn draw(
    id: &str,
    train: &[f64],
    test: &[f64],
    fan: &[f64],
) -> Result<String, Box<dyn std::error::Error>> {
    let shown = train.len().min((4 * test.len()).max(60));
    let past = &train[train.len() - shown..];
    let all = || past.iter().chain(test).chain(fan).copied();
    let (low, high) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
    let room = 0.05 * (high - low).max(1.0);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (900, 420)).into_drawing_area();
        area.fill(&WHITE)?;
        let first = -(shown as f64);
        let mut chart = ChartBuilder::on(&area)
            .caption(
                format!("{id}: half, two thirds and 95 % of what may come"),
                ("sans-serif", 18),
            )
            .margin(14)
            .x_label_area_size(46)
            .y_label_area_size(74)
            .build_cartesian_2d(first..test.len() as f64 + 1.0, low..high + room)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("periods from the last one known")
            .y_desc("units per period")
            .draw()?;
        let level = |l: usize| {
            (1..).zip(fan.iter().skip(l).step_by(LEVELS.len())).map(|(x, y)| (f64::from(x), *y))
        };
        for (band, shade) in [0.18, 0.22, 0.3].into_iter().enumerate() {
            let upper: Vec<_> = level(LEVELS.len() - 1 - band).collect();
            let outline = level(band).chain(upper.into_iter().rev());
            chart.draw_series([Polygon::new(outline.collect::<Vec<_>>(), BLUE.mix(shade))])?;
        }
        chart.draw_series(LineSeries::new(level(LEVELS.len() / 2), BLUE.stroke_width(2)))?;
        let known = past.iter().enumerate().map(|(x, y)| (first + 1.0 + x as f64, *y));
        chart.draw_series(LineSeries::new(known, INK.stroke_width(1)))?;
        let came: Vec<_> = (1..).zip(test).map(|(x, y)| (f64::from(x), *y)).collect();
        chart.draw_series(came.iter().map(|at| Circle::new(*at, 3, VERMILION.filled())))?;
        chart.draw_series(LineSeries::new(came, VERMILION.stroke_width(1)))?;
        area.present()?;
    }
    Ok(svg)
}
