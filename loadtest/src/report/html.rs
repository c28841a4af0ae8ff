//! The report as a page of its own: one file that needs nothing else, of one run or of two beside each other.

use std::error::Error;
use std::fmt::Write as _;

use super::plot::{self, Axes, Line};
use super::summary::number;
use super::{Report, Series};
use crate::figures::FIGURES;

/// Light or dark as the reader has it; figures in columns that fit a phone.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886;--bad:#b3261e}\
@media(prefers-color-scheme:dark){:root{--bad:#ff8a80}}\
body{font:16px/1.45 system-ui,sans-serif;max-width:1360px;margin:0 auto;padding:1rem}\
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}\
table{border-collapse:collapse;width:100%}\
td,th{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
code{overflow-wrap:anywhere}.meaning{display:block;font-size:.85rem;opacity:.75}\
.bad{color:var(--bad);font-weight:700}.note{border:2px solid var(--bad);padding:.5rem .8rem;margin:.8rem 0}\
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:1rem}\
figure{margin:0}figcaption{font-weight:600}svg{width:100%;height:auto;max-width:680px}\
.key{font-size:.85rem;margin-right:1rem;white-space:nowrap}.key i{display:inline-block;width:1.6rem;vertical-align:middle;margin-right:.4rem}\
.summary{opacity:.85}\
";

/// The page of a run; of `earlier` too, beside it, if there is one.
///
/// # Errors
/// When a picture cannot be drawn.
pub fn page(report: &Report, earlier: Option<&Report>) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    let title = escape(&report.scenario);
    write!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} – Bedside load test</title><style>{STYLE}</style></head><body>\
         <h1>{title}</h1><p>{}</p>",
        escape(&report.description)
    )?;
    for (name, one) in [("This run", Some(report)), ("The earlier run", earlier)] {
        let Some(one) = one else { continue };
        let (began, cut) = (when(one.started_unix_s), if one.interrupted { ", cut short" } else { "" });
        write!(
            out,
            "<p class=\"summary\">{name}: {began}, {:.0} s{cut}; seed {}; version {}</p>",
            one.ran_s,
            one.seed,
            escape(&one.version)
        )?;
    }
    for warning in &report.warnings {
        write!(out, "<p class=\"note\" role=\"note\"><b>Mind:</b> {}</p>", escape(warning))?;
    }
    write_thresholds(&mut out, report)?;
    write_failures(&mut out, report)?;
    write_plots(&mut out, report, earlier)?;
    write_figures(&mut out, report, earlier)?;
    out.push_str("</body></html>\n");
    Ok(out)
}

fn write_thresholds(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    out.push_str("<h2>Thresholds</h2><table><tr><th>figure</th><th class=\"n\">bound</th><th class=\"n\">value</th><th></th></tr>");
    for verdict in &report.thresholds {
        let bounds = [
            verdict.bound.min.map(|min| format!("≥ {}", number(min))),
            verdict.bound.max.map(|max| format!("≤ {}", number(max))),
        ];
        let bounds: Vec<_> = bounds.into_iter().flatten().collect();
        let word = if verdict.holds { "holds" } else { "<span class=\"bad\">BROKEN</span>" };
        write!(
            out,
            "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{word}</td></tr>",
            escape(&verdict.figure),
            bounds.join(" "),
            verdict.value.map_or_else(|| "not measured".to_owned(), number)
        )?;
    }
    out.push_str("</table>");
    Ok(())
}

fn write_failures(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.failures.is_empty() {
        return Ok(());
    }
    out.push_str("<h2>What went wrong</h2><table><tr><th>step and cause</th><th class=\"n\">times</th></tr>");
    for (cause, times) in &report.failures {
        write!(out, "<tr><td>{}</td><td class=\"n\">{times}</td></tr>", escape(cause))?;
    }
    out.push_str("</table>");
    Ok(())
}

fn write_figures(out: &mut String, report: &Report, earlier: Option<&Report>) -> std::fmt::Result {
    let other =
        if earlier.is_some() { "<th class=\"n\">earlier</th><th class=\"n\">change</th>" } else { "" };
    write!(out, "<h2>Figures</h2><table><tr><th>figure</th><th class=\"n\">value</th>{other}</tr>")?;
    let known = FIGURES.iter().map(|(name, what)| (*name, *what));
    let is_known = |name: &&String| FIGURES.iter().all(|(known, _)| known != name);
    let of_others = report.figures.keys().filter(is_known).map(|name| (name.as_str(), ""));
    for (name, what) in known.chain(of_others) {
        let (value, before) =
            (report.figures.get(name), earlier.and_then(|earlier| earlier.figures.get(name)));
        if value.is_none() && before.is_none() {
            continue;
        }
        let shown = |value: Option<&f64>| value.map_or_else(|| "–".to_owned(), |value| number(*value));
        write!(
            out,
            "<tr><td><code>{}</code><span class=\"meaning\">{}</span></td><td class=\"n\">{}</td>",
            escape(name),
            escape(what),
            shown(value)
        )?;
        if earlier.is_some() {
            write!(
                out,
                "<td class=\"n\">{}</td><td class=\"n\">{}</td>",
                shown(before),
                change(before, value)
            )?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
    Ok(())
}

/// By how much a figure is another now.
pub(super) fn change(before: Option<&f64>, now: Option<&f64>) -> String {
    match (before, now) {
        (Some(before), Some(now)) if *before != 0.0 => format!("{:+.1} %", (now / before - 1.0) * 100.0),
        _ => "–".to_owned(),
    }
}

/// A line of a series: its name, and which values.
type Of = (&'static str, fn(&Series) -> &Vec<f64>);

fn write_plots(out: &mut String, report: &Report, earlier: Option<&Report>) -> Result<(), Box<dyn Error>> {
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

/// In UTC, to the second (RFC 3339).
fn when(unix_s: u64) -> String {
    let at = i64::try_from(unix_s).ok().and_then(|secs| jiff::Timestamp::from_second(secs).ok());
    at.map_or_else(|| format!("{unix_s} s after 1970"), |at| at.to_string())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
