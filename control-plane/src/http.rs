//! What every request passes, whatever it is about: who sent it from where, how it is read, how it is refused.

pub mod assets;
pub mod caller;
pub mod command;
pub mod edge;
pub mod gate;
pub mod health;
pub mod origin;
pub mod problem;
