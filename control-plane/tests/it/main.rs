//! Stories of the control plane, each told on SQLite and on PostgreSQL. One binary: linking costs more than running.
//!
//! A file is a behaviour; its name completes "it should…" or names what it guards.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this crate is tests; the lint knows test functions only"
)]

mod support;

mod abuse_28_foreign_ids;
mod abuse_33_parallel_bookings;
mod abuse_bodies;
mod abuse_nodes;
mod abuse_origin;
mod audit_trail;
mod booking;
mod connection_timeline;
mod consultation;
mod database;
mod demo;
mod guest_links;
mod idempotency;
mod joining;
mod list_cost;
mod lost_nodes;
mod pages;
mod practitioner_time;
mod profile;
mod route_table;
mod schema;
mod sealing;
mod server;
mod sign_in;
mod two_control_planes;
mod waiting;
