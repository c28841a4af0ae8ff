//! Plots of a report as SVG, each beside the same of an earlier run if there is one.

use std::error::Error;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

/// About as wide as a phone, so that words keep their size there.
const SIZE: (u32, u32) = (440, 230);
/// Colours that people tell apart who see few (Okabe and Ito); an earlier run is dashed besides.
const COLOURS: [RGBColor; 3] = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115)];
const DASH: (u32, u32) = (5, 4);
/// Of axes and words: readable on light and dark.
const GREY: RGBColor = RGBColor(128, 128, 128);
/// What is plotted has some height even where everything is 0.
const HEIGHT_MIN: f64 = 1.0;

/// One line.
pub(in crate::report) struct Line {
    pub(in crate::report) name: String,
    pub(in crate::report) colour: usize,
    pub(in crate::report) is_earlier: bool,
    pub(in crate::report) points: Vec<(f64, f64)>,
}

impl Line {
    /// Its colour, as CSS has it.
    pub(in crate::report) fn css_colour(&self) -> String {
        let RGBColor(red, green, blue) = COLOURS[self.colour % COLOURS.len()];
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// What the axes say.
pub(in crate::report) struct Axes<'a> {
    pub(in crate::report) x: &'a str,
    pub(in crate::report) y: &'a str,
}

/// A picture of lines; nothing of lines without points.
pub(in crate::report) fn draw(axes: &Axes<'_>, lines: &[Line]) -> Result<Option<String>, Box<dyn Error>> {
    let points =
        || lines.iter().flat_map(|line| &line.points).filter(|(x, y)| x.is_finite() && y.is_finite());
    if points().count() == 0 {
        return Ok(None);
    }
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(0.0, f64::max);
    let (width, height) = (most(|point| point.0), most(|point| point.1));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(58)
            .build_cartesian_2d(0.0..width.max(f64::MIN_POSITIVE), 0.0..(height * 1.05).max(HEIGHT_MIN))?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GREY.mix(0.3))
            .axis_style(GREY)
            .label_style(("sans-serif", 15, &GREY))
            .x_labels(6)
            .y_labels(5)
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .x_desc(axes.x)
            .y_desc(axes.y)
            .draw()?;
        for line in lines.iter().filter(|line| !line.points.is_empty()) {
            draw_line(&mut chart, line)?;
        }
        area.present()?;
    }
    Ok(Some(svg))
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

fn draw_line(chart: &mut Chart<'_, '_>, line: &Line) -> Result<(), Box<dyn Error>> {
    let style = COLOURS[line.colour % COLOURS.len()].stroke_width(2);
    let points = line.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite());
    if line.is_earlier {
        chart.draw_series(DashedLineSeries::new(points, DASH.0, DASH.1, style))?;
    } else {
        chart.draw_series(LineSeries::new(points, style))?;
    }
    Ok(())
}

fn tick(value: &f64) -> String {
    match value.abs() {
        size if size >= 10.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> Line {
        Line { name: "a line".to_owned(), colour: 0, is_earlier: false, points: points.to_vec() }
    }

    #[test]
    fn there_is_a_picture_of_one_point_and_of_zeros_and_none_of_nothing() {
        let axes = Axes { x: "s", y: "people" };
        let draw = |lines: &[Line]| draw(&axes, lines).unwrap();

        assert!(draw(&[]).is_none() && draw(&[line(&[])]).is_none());
        for points in
            [&[(0.0, 0.0)][..], &[(1.0, 5.0)], &[(0.0, 0.0), (1.0, 0.0)], &[(1.0, f64::NAN), (2.0, 3.0)]]
        {
            assert!(draw(&[line(points)]).unwrap().contains("<svg"), "{points:?}");
        }
    }
}
