//! What the kernel says that the parts use.

use std::fmt;
use std::path::PathBuf;

use crate::support::{Serve, until};

const PARTS: [&str; 2] = ["control-plane", "media-server"];
/// Below this many rounds memory is not judged, and pools may still fill.
const ROUNDS_MIN: usize = 30;
/// Descriptors and threads of the control plane that come with use and stay: three more readers of the database, which are
/// opened when reads overlap, with two files and a thread each.
const POOL: (usize, usize) = (6, 3);
/// Memory of each part may be this much higher in the last third of a long run than in the first. The control plane: the
/// allocator keeps the 19 MiB of a password hash for the thread that made it, and the last hash may be made by one more thread;
/// in the first long run it rose from 44 to 65 MiB with the second such thread, and from then on by 0.5 MiB in 95 rounds. The
/// node: from 12.2 to 12.4 MiB.
const GROWTH_KIB_MAX: [u64; 2] = [22 * 1024, 2 * 1024];

/// One part at one moment.
#[derive(Clone, Copy, Debug)]
struct Use {
    descriptors: usize,
    threads: usize,
    /// Memory that is the process's own, in RAM.
    anonymous_kib: u64,
}

/// Both parts, while nobody is there.
pub(super) struct Measure([Use; 2]);

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (part, used) in PARTS.iter().zip(&self.0) {
            let Use { descriptors, threads, anonymous_kib } = used;
            write!(f, "{part} {descriptors} descriptors {threads} threads {anonymous_kib} KiB, ")?;
        }
        Ok(())
    }
}

impl Measure {
    pub(super) fn take(serve: &Serve) -> Self {
        Self(PARTS.map(|part| {
            let pid = serve.program.part(part).unwrap();
            let folder = PathBuf::from(format!("/proc/{}", pid.as_raw_pid()));
            let count = |name| std::fs::read_dir(folder.join(name)).unwrap().count();
            let memory = std::fs::read_to_string(folder.join("smaps_rollup")).unwrap();
            let anonymous = memory.lines().find_map(|line| line.strip_prefix("Anonymous:")).unwrap();
            let anonymous_kib = anonymous.trim().trim_end_matches(" kB").parse().unwrap();
            Use { descriptors: count("fd"), threads: count("task"), anonymous_kib }
        }))
    }
}

/// Checks that the parts use no more at the end than at the beginning.
pub(super) async fn judge(serve: &Serve, measures: &[Measure]) {
    let third = measures.len() / 3;
    for (part, name) in PARTS.iter().enumerate() {
        let of = |measure: &Measure| measure.0[part];
        let most = |measures: &[Measure], number: fn(Use) -> u64| {
            measures.iter().map(|measure| number(of(measure))).max().unwrap()
        };
        let (first, last) = (&measures[..third], &measures[measures.len() - third..]);
        // A thread or a connection may be about to end: it ends.
        until(
            &format!("the descriptors and threads of the {name} are as few as in the beginning"),
            async || {
                let now = of(&Measure::take(serve));
                let before = first.iter().map(of);
                let (descriptors, threads) =
                    before.fold((0, 0), |most, one| (most.0.max(one.descriptors), most.1.max(one.threads)));
                let pool = if part == 0 && measures.len() < ROUNDS_MIN { POOL } else { (0, 0) };
                let (descriptors, threads) = (descriptors + pool.0, threads + pool.1);
                (now.descriptors <= descriptors && now.threads <= threads).then_some(())
            },
        )
        .await;
        if measures.len() >= ROUNDS_MIN {
            let (first, last) = (most(first, |one| one.anonymous_kib), most(last, |one| one.anonymous_kib));
            assert!(last <= first + GROWTH_KIB_MAX[part], "the {name} grew from {first} to {last} KiB");
        }
    }
}
