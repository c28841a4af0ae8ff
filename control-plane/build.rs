//! Tells Cargo what the crate embeds besides its sources.

fn main() {
    // `sqlx::migrate!` reads these at compile time, but Cargo sees only the macro's text.
    println!("cargo:rerun-if-changed=migrations");
    // Embedded in release builds once the web app is built; a missing folder is watched by its parent.
    println!("cargo:rerun-if-changed=../web/app/dist");
}
