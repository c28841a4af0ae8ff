//! The control plane: accounts, appointments, rooms, nodes and the web app, over one HTTP port and one database.
//!
//! Where to start: [`routes`] is the list of doors. A request goes `http/edge` (id, time limit, headers) →
//! `http/gate` (who, may they) → an area's `handlers` (translate) → the area's own file (rules) → its `store` (SQL).
//! [`db`] says how one SQL text runs on SQLite and PostgreSQL, [`seal`] how personal data is encrypted before it gets
//! there, [`authorize`] who may do what, [`audit`] what is written down about it.

#![forbid(unsafe_code)]

pub mod accounts;
pub mod admin;
pub mod app;
pub mod appointments;
pub mod audit;
pub mod authorize;
pub mod availability;
pub mod bearer;
pub mod clinics;
pub mod config;
pub mod db;
pub mod demo;
pub mod guests;
pub mod http;
pub mod idempotency;
pub mod ids;
pub mod nodes;
pub mod openapi;
pub mod practitioners;
pub mod quality;
pub mod rooms;
pub mod routes;
pub mod seal;
pub mod server;
pub mod store;
pub mod time;

pub use config::{Config, ConfigError};
pub use server::{ControlPlane, StartError, start};
