//! Which plots the page has: what was once a second, and how long things took.

use std::error::Error;
use std::fmt::Write as _;

use super::escape;
use crate::report::plot::{self, Axes, Line};
use crate::report::{Report, Series};

/// A line of a series: its name, and which values.
type Of = (&'static str, fn(&Series) -> &Vec<f64>);

/// Writes all of them.
pub(super) fn write(
    out: &mut String,
    report: &Report,
    earlier: Option<&Report>,
) -> Result<(), Box<dyn Error>> {
    let series: [(&str, &str, &[Of]); 5] = [
        (
            "People",
            "people",
            &[
                ("in rooms", |one| &one.present),
                ("joining", |one| &one.joining),
                ("failed", |one| &one.failed),
            ],
        ),
        ("What the node sends", "packets/s", &[("packets", |one| &one.packets_out_per_second)]),
        ("How much that is", "Mbit/s", &[("bits", |one| &one.mbit_out_per_second)]),
        (
            "Processor time",
            "% of a core",
            &[("node", |one| &one.server_cpu_pct), ("tester", |one| &one.tester_cpu_pct)],
        ),
        ("The node's memory", "MiB", &[("resident", |one| &one.server_rss_mib)]),
    ];
    out.push_str("<h2>Over the time</h2><div class=\"plots\">");
    for (title, y, lines) in series {
        let runs = [Some((report, false)), earlier.map(|earlier| (earlier, true))];
        let lines = lines.iter().enumerate().flat_map(|(colour, (name, of))| {
            runs.into_iter().flatten().map(move |(run, is_earlier)| {
                let times = run.series.t_s.iter().copied();
                let points = times.zip(of(&run.series).iter().copied()).collect();
                Line { name: named(name, is_earlier), colour, is_earlier, points }
            })
        });
        write_plot(out, title, &Axes { x: "s", y }, &lines.collect::<Vec<_>>())?;
    }
    out.push_str("</div><h2>How long things took</h2><div class=\"plots\">");
    for (name, title) in [
        ("join_ms", "A join"),
        ("first_frame_ms", "Until the first picture"),
        ("transit_audio_ms", "Sound on its way"),
        ("transit_video_ms", "A picture on its way"),
    ] {
        let runs = [Some((report, false)), earlier.map(|earlier| (earlier, true))];
        let lines = runs.into_iter().flatten().filter_map(|(run, is_earlier)| {
            let points =
                run.distributions.get(name)?.iter().map(|(share, ms)| (nines(*share), *ms)).collect();
            let name = if is_earlier { "earlier" } else { "this run" };
            Some(Line { name: name.to_owned(), colour: 0, is_earlier, points })
        });
        let axes = Axes { x: "how many nines: 1 is 90 %, 2 is 99 %, 3 is 99.9 %", y: "ms" };
        write_plot(out, title, &axes, &lines.collect::<Vec<_>>())?;
    }
    out.push_str("</div>");
    Ok(())
}

fn named(name: &str, is_earlier: bool) -> String {
    if is_earlier { format!("{name}, earlier") } else { name.to_owned() }
}

/// The tail is what matters: each nine takes as much room as the one before.
fn nines(share: f64) -> f64 {
    -(1.0 - share.min(0.99999)).log10()
}

fn write_plot(out: &mut String, title: &str, axes: &Axes<'_>, lines: &[Line]) -> Result<(), Box<dyn Error>> {
    let Some(svg) = plot::draw(axes, lines)? else { return Ok(()) };
    let title = escape(title);
    let labelled = svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{title}\" "), 1);
    write!(out, "<figure><figcaption>{title}</figcaption>{labelled}")?;
    for line in lines.iter().filter(|_| lines.len() > 1) {
        let stroke = if line.is_earlier { "dashed" } else { "solid" };
        let (colour, name) = (line.css_colour(), escape(&line.name));
        write!(out, "<span class=\"key\"><i style=\"border-top:3px {stroke} {colour}\"></i>{name}</span>")?;
    }
    out.push_str("</figure>");
    Ok(())
}
