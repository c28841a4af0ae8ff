//! Bedside: one binary, a subcommand per part.

fn main() {}
