//! The load tester: clinics full of people who are not there.
//!
//! ```text
//! scenario (TOML) ─▶ plan: who joins which room when ─▶ bots, one task each ──WebSocket, UDP──▶ node
//!                                                        │ outcome              once a second: │ /metrics
//!                                                        ▼                                     ▼
//!                                  report ◀─ figures ◀─ tally ◀──────────────────────────── sampler
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`scenario`] | the file, checked |
//! | [`plan`] | the schedule, from the file and its seed alone |
//! | `bot`, `outcome` | what one does, and saw |
//! | `server`, [`target`], `token` | the node: our own, or another that trusts a key of ours |
//! | `sampler`, `metrics`, `process`, `live`, `view` | how it goes, once a second |
//! | `tally`, [`figures`], [`report`] | what it came to |
//! | [`run`](mod@run) | all of it, and where to start reading |
#![forbid(unsafe_code)]

mod bot;
pub mod figures;
mod live;
mod metrics;
mod outcome;
pub mod plan;
mod process;
pub mod report;
pub mod run;
mod sampler;
pub mod scenario;
mod server;
mod tally;
pub mod target;
mod token;
mod view;

pub use figures::FIGURES;
pub use report::Report;
pub use run::{RunError, Settings, run};
pub use scenario::{Scenario, ScenarioError};
pub use server::ServerError;
pub use target::Target;
pub use token::{BadKey, Key};
