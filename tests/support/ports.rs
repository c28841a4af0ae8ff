//! Ports of one running system, its own among all test processes of this machine.
//!
//! ```text
//! block n: BASE + n * BLOCK …   +0 web app  +1 signalling  +2 +3 metrics  +4 … spare   +6 +7 a relay's   +8 … one a worker (UDP, TCP)
//! ```
//!
//! The program takes its ports on its command line and uses them over restarts, so the kernel's choice will not do. A
//! block is had by locking its file, which the kernel lets go however the process ends. All lie below the kernel's own
//! range, so that no outgoing connection takes one.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::MetadataExt as _;

/// Above the program's defaults, which a developer may be running.
const BASE: u16 = 12_000;
/// A worker a core, and eight.
const BLOCK: u16 = 136;
/// `ip_local_port_range` begins at 32768.
const BLOCKS: u16 = 150;
const MEDIA: u16 = 8;

/// A block of ports.
pub(crate) struct Ports {
    first: u16,
    _lock: File,
}

impl Ports {
    pub(crate) fn take() -> Self {
        let me = std::fs::metadata("/proc/self").unwrap().uid();
        let folder = std::env::temp_dir().join(format!("bedside-tests-ports-{me}"));
        std::fs::create_dir_all(&folder).unwrap();
        // Processes begin to look at different places: a block that was just let go rests for a while.
        let start = std::process::id() % u32::from(BLOCKS);
        for step in 0..u32::from(BLOCKS) {
            let block = u16::try_from((start + step) % u32::from(BLOCKS)).unwrap();
            let lock = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(folder.join(format!("{block}.lock")))
                .unwrap();
            let ports = Self { first: BASE + block * BLOCK, _lock: lock };
            if ports._lock.try_lock().is_ok() && ports.are_free() {
                return ports;
            }
        }
        panic!("all {BLOCKS} blocks of ports are in use");
    }

    pub(crate) fn web(&self) -> u16 {
        self.first
    }

    pub(crate) fn signal(&self) -> u16 {
        self.first + 1
    }

    pub(crate) fn metrics(&self) -> u16 {
        self.first + 2
    }

    pub(crate) fn node_metrics(&self) -> u16 {
        self.first + 3
    }

    /// For a second control plane: web app and metrics.
    pub(crate) fn second(&self) -> (u16, u16) {
        (self.first + 4, self.first + 5)
    }

    /// A relay's, plain and TLS. coturn takes the next one of each for a use that is switched off.
    pub(crate) fn relay(&self) -> (u16, u16) {
        (self.first + 6, self.first + 7)
    }

    /// The first of the workers' UDP ports.
    pub(crate) fn media(&self) -> u16 {
        self.first + MEDIA
    }

    /// Whether somebody could listen on all of them.
    pub(crate) fn are_free(&self) -> bool {
        let tcp = (self.first..self.media()).all(|port| TcpListener::bind(local(port)).is_ok());
        let workers = std::thread::available_parallelism().unwrap().get();
        let workers = u16::try_from(workers).unwrap();
        let any = std::net::Ipv4Addr::UNSPECIFIED;
        tcp && (self.media()..self.media() + workers)
            .all(|port| UdpSocket::bind((any, port)).is_ok() && TcpListener::bind((any, port)).is_ok())
    }
}

/// This port of this machine.
pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
