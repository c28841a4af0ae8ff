//! What `serve` prints when everything runs. Scripts read it too: one fact a line.

use std::io::{self, Write};

use control_plane::demo::{ACCOUNTS, Demo};

use super::layout::Layout;

pub(super) fn print(layout: &Layout, demo: Option<Demo>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out)?;
    if matches!(demo, Some(Demo::Made | Demo::There)) {
        writeln!(out, "  Demo accounts (this is a clinic to try; do not keep real data in it):")?;
        for account in ACCOUNTS {
            writeln!(out, "    {:<13} {:<26} {}", account.role, account.email, account.password)?;
        }
    } else {
        writeln!(out, "  No account yet? bedside admin create --help")?;
    }
    writeln!(out)?;
    writeln!(out, "  Bedside is ready at {}", layout.public_origin)?;
    writeln!(out)?;
    out.flush()
}
