//! The control plane: accounts, appointments, rooms, nodes and the web app, over one HTTP port and one database.
//!
//! Where to start: [`routes`] is the list of doors. A request goes `routes` → `gate` (who, may they) → an area's
//! `handlers` (translate) → the area's own file (rules) → its `store` (SQL). [`db`] says how one SQL text runs on
//! SQLite and PostgreSQL, [`seal`] how personal data is encrypted before it gets there, [`authorize`] who may do
//! what, [`audit`] what is written down about it.

#![forbid(unsafe_code)]

pub mod db;
pub mod ids;
pub mod time;
