//! Writes the seeds to `corpus/`: after a change of one, or of the format that a target reads.
#![expect(clippy::print_stdout, reason = "a tool for a developer's terminal")]

use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for target in fuzz::TARGETS {
        let folder = corpus.join(target.name);
        fs::create_dir_all(&folder)?;
        let seeds = fuzz::seeds::of(target.name);
        for (name, bytes) in &seeds {
            fs::write(folder.join(fuzz::seeds::file_name(name)), bytes)?;
        }
        println!("{}: {} seeds", target.name, seeds.len());
    }
    Ok(())
}
