//! The table: a row a figure.

use std::fmt::{self, Display};

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_reached(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }
}

/// A figure, with the digits and the unit it is printed with.
pub(crate) struct Figure {
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) digits: usize,
    pub(crate) goal: Goal,
}

struct Row {
    scenario: &'static str,
    figure: Figure,
    worst: f64,
}

/// Rows as they come, with progress on the way.
pub(crate) struct Table {
    pub(crate) seeds: u64,
    rows: Vec<Row>,
}

impl Table {
    pub(crate) const fn new(seeds: u64) -> Self {
        Self { seeds, rows: Vec::new() }
    }

    /// Runs a scenario with each seed. It gives one value a figure; the worst of the seeds counts.
    pub(crate) fn worst<const N: usize>(
        &mut self,
        scenario: &'static str,
        figures: [Figure; N],
        run: impl Fn(u64) -> [f64; N],
    ) {
        eprintln!("{scenario}");
        let all: Vec<[f64; N]> = (1..=self.seeds).map(run).collect();
        for (at, figure) in figures.into_iter().enumerate() {
            let values = all.iter().map(|values| values[at]);
            let worst = match figure.goal {
                Goal::AtMost(_) => values.fold(f64::MIN, f64::max),
                Goal::AtLeast(_) => values.fold(f64::MAX, f64::min),
            };
            self.push(scenario, figure, worst);
        }
    }

    /// Runs a scenario with ten times the seeds; of all its values, this percentile counts.
    pub(crate) fn percentile<const N: usize>(
        &mut self,
        scenario: &'static str,
        figure: Figure,
        percentile: f64,
        run: impl Fn(u64) -> [f64; N],
    ) {
        eprintln!("{scenario}");
        let mut all: Vec<f64> = (1..=10 * self.seeds).flat_map(run).collect();
        all.sort_by(f64::total_cmp);
        let place = (all.len() as f64 * percentile).ceil() as usize;
        self.push(scenario, figure, all[place.saturating_sub(1)]);
    }

    pub(crate) fn is_reached(&self) -> bool {
        self.rows.iter().all(|row| row.figure.goal.is_reached(row.worst))
    }

    fn push(&mut self, scenario: &'static str, figure: Figure, worst: f64) {
        self.rows.push(Row { scenario, figure, worst });
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| scenario | figure | seen | goal | |")?;
        write!(f, "|---|---|---|---|---|")?;
        let mut before = "";
        for Row { scenario, figure: Figure { what, unit, digits, goal }, worst } in &self.rows {
            let shown = if before == *scenario { "" } else { scenario };
            before = scenario;
            let (sign, bound) = match goal {
                Goal::AtMost(most) => ("≤", most),
                Goal::AtLeast(least) => ("≥", least),
            };
            let is_reached = if goal.is_reached(*worst) { "✓" } else { "**missed**" };
            write!(
                f,
                "\n| {shown} | {what} | {worst:.digits$} {unit} | {sign} {bound} {unit} | {is_reached} |"
            )?;
        }
        Ok(())
    }
}
