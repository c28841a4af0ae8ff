//! Bedside: one binary, a subcommand per part.
//!
//! Programs never depend on each other's crates; this file starts them side by side and nothing else.

#![forbid(unsafe_code)]

mod admin;
mod doctor;
mod loadtest;
mod node;
mod parts;
mod serve;
mod supervised;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Self-hosted telemedicine.
#[derive(Debug, Parser)]
#[command(name = "bedside", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything a small clinic needs on this machine: one child process a part.
    Serve(serve::Arguments),
    /// Accounts, appointments, the API and the web app.
    ControlPlane(parts::Arguments),
    /// One media node.
    MediaServer(parts::Arguments),
    /// Make the first accounts of a clinic.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Make a media node on another machine known to the control plane.
    #[command(subcommand)]
    Node(node::Command),
    /// Test every way that leads from here to a visit, and say which works.
    Doctor(doctor::Arguments),
    /// Bring a clinic full of people who are not there, and measure how it is for them.
    #[command(subcommand)]
    Loadtest(loadtest::Command),
    /// Print the control plane's OpenAPI document.
    Openapi,
}

fn main() -> ExitCode {
    let done = |()| ExitCode::SUCCESS;
    let outcome = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments).map(done),
        Command::ControlPlane(arguments) => parts::control_plane(&arguments).map(done),
        Command::MediaServer(arguments) => parts::media_server(&arguments).map(done),
        Command::Admin(command) => admin::run(command).map(done),
        Command::Node(command) => node::run(command).map(done),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Loadtest(command) => loadtest::run(command),
        Command::Openapi => parts::openapi().map(done),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => parts::report(&error),
    }
}
