//! How calls fare on bad networks: simulated scenarios, what came of them, and the goals beside it, as a table in Markdown.
//!
//! `cargo run --release -p media-core --example scenarios` prints it and exits with 1 when a goal is missed;
//! `-- --seeds N` looks at more seeds, `-- --plot FILE` draws the first of them as SVG instead. The figures are the worst of
//! all seeds but where a row says otherwise. The networks and the people in them are those of the tests; the table of a run
//! and the picture are kept in `docs/SCENARIOS.md`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is its table")]

mod calls;
mod paths;
mod plot;
mod sound;
mod table;

#[path = "../../tests/bandwidth"]
#[expect(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod bandwidth {
    pub(crate) mod simulation;
}
#[path = "../../tests/rooms"]
#[expect(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod rooms {
    pub(crate) mod support;
}

use std::path::Path;
use std::process::ExitCode;

use table::Table;

/// Seeds that each scenario is run with.
const SEEDS: u64 = 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, file] = &arguments[..]
        && flag == "--plot"
    {
        return match plot::write(Path::new(file)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{file} cannot be drawn: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let seeds = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Some(SEEDS),
        ["--seeds", count] => count.parse().ok().filter(|count| *count > 0),
        _ => None,
    };
    let Some(seeds) = seeds else {
        eprintln!("usage: scenarios [--seeds N | --plot FILE], N at least 1");
        return ExitCode::from(2);
    };
    let mut table = Table::new(seeds);
    paths::run(&mut table);
    calls::run(&mut table);
    sound::run(&mut table);
    println!("{table}");
    if table.is_reached() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
