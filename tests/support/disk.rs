//! Small and read-only disks, for one program and its children only.
//!
//! The program starts in a mount namespace of its own (unshare(1)) and finds the disk at its folder; nobody else does, and
//! when it ends the disk is gone, however it ends. Others reach the disk through `/proc/<pid>/root`.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Pid;

use super::Setup;

/// Mounts by `mount` (arguments of mount(8)), then becomes the program.
pub(crate) fn with_mount(setup: &Setup, mount: &str) -> Command {
    need_mounts();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-euc"]);
    command.arg(format!("{mount}; exec \"$@\"")).arg("sh");
    command.arg(env!("CARGO_BIN_EXE_bedside")).args(setup.arguments());
    command
}

/// Fails, saying what is missing, where nothing can be mounted.
fn need_mounts() {
    let tried = Command::new("unshare").args(["--mount", "true"]).output();
    let tried = tried.unwrap_or_else(|error| panic!("unshare (Debian: util-linux) is needed: {error}"));
    assert!(
        tried.status.success(),
        "this story mounts a disk in a namespace of its own, which needs root (CAP_SYS_ADMIN): run ./test as root. {}",
        String::from_utf8_lossy(&tried.stderr)
    );
}

/// What fills a disk.
pub(crate) struct Filler(PathBuf);

impl Filler {
    /// Fills the disk at `folder` of the program to the last byte.
    pub(crate) fn fill(pid: Pid, folder: &Path) -> Self {
        let inside = PathBuf::from(format!("/proc/{}/root", pid.as_raw_pid()));
        let path = inside.join(folder.strip_prefix("/").unwrap()).join("filler");
        let mut file = File::create(&path).unwrap();
        // Ever smaller pieces, until not a byte fits.
        for size in [1 << 20, 4096, 1] {
            let piece = vec![0u8; size];
            while file.write_all(&piece).is_ok() {}
        }
        Self(path)
    }

    /// Gives the space back.
    pub(crate) fn remove(self) {
        std::fs::remove_file(self.0).unwrap();
    }
}
