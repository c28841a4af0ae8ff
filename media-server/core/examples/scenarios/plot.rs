//! The path that steps, as a picture: what it carries, what it is thought to carry, what goes over it, and what waits.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::bandwidth::simulation::{CAMERA, Record, Simulation, bottleneck, own, secs};

/// What the path carries, in kbit/s, 30 s each.
const STEPS: [u64; 3] = [3000, 500, 2000];
const SECONDS: f64 = 30.0;
/// Between two points of a line.
const STEP: f64 = 0.2;
const SIZE: (u32, u32) = (900, 520);
const CARRIES: RGBColor = RGBColor(150, 150, 150);
const THOUGHT: RGBColor = RGBColor(0, 90, 160);
const GOES: RGBColor = RGBColor(200, 110, 0);

/// Writes the picture as SVG.
pub(crate) fn write(file: &Path) -> Result<(), Box<dyn Error>> {
    let mut simulation = Simulation::new(1, bottleneck(STEPS[0]));
    let flow = simulation.add(CAMERA, own);
    for kbps in STEPS {
        simulation.set_link(bottleneck(kbps));
        simulation.run(secs(SECONDS as u64));
    }
    let picture = SVGBackend::new(file, SIZE).into_drawing_area();
    picture.fill(&WHITE)?;
    let (rates, waits) = picture.split_vertically(SIZE.1 * 2 / 3);
    draw_rates(&rates, simulation.record(flow))?;
    draw_waits(&waits, simulation.record(flow))?;
    picture.present()?;
    Ok(())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw_rates(area: &Area<'_>, record: &Record) -> Result<(), Box<dyn Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..end(), 0.0..3500.0)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .y_desc("kbit/s")
        .draw()?;
    let carries = STEPS.iter().enumerate().flat_map(|(at, kbps)| {
        let from = at as f64 * SECONDS;
        [(from, *kbps as f64), (from + SECONDS, *kbps as f64)]
    });
    let lines = [
        ("the path carries", CARRIES, carries.collect()),
        ("goes over it", GOES, line(|span| record.throughput(span))),
        ("is thought to carry", THOUGHT, line(|span| record.estimates(span).1)),
    ];
    for (name, colour, points) in lines {
        let points: Vec<(f64, f64)> = points;
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE)
        .border_style(CARRIES)
        .draw()?;
    Ok(())
}

fn draw_waits(area: &Area<'_>, record: &Record) -> Result<(), Box<dyn Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..end(), 0.0..320.0)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .y_desc("waits, ms")
        .x_desc("s")
        .draw()?;
    chart.draw_series(LineSeries::new(line(|span| record.waited(span, 0.95)), THOUGHT.stroke_width(2)))?;
    Ok(())
}

fn whole(value: &f64) -> String {
    format!("{value:.0}")
}

fn end() -> f64 {
    STEPS.len() as f64 * SECONDS
}

fn line(value: impl Fn(Range<f64>) -> f64) -> Vec<(f64, f64)> {
    let count = (end() / STEP) as u32;
    let times = (0..count).map(|at| f64::from(at) * STEP);
    times.map(|at| (at, value(at..at + STEP))).filter(|(_, value)| value.is_finite()).collect()
}
