//! A started program: what it says, which children it has, how it ends.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::until;

/// A running program. Dropped, it and its children are killed.
pub(crate) struct Program {
    child: Child,
    said: Arc<Mutex<String>>,
    listening: [JoinHandle<()>; 2],
    /// Children that were seen; killed at the end, too.
    seen: Mutex<Vec<Pid>>,
}

/// A program that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// Standard output and standard error, as they came.
    pub(crate) said: String,
}

/// The `bedside` of this build.
pub(crate) fn bedside() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
    // What a developer has set must not reach into a story.
    for variable in
        ["BEDSIDE_CONFIG", "DATABASE_URL", "BEDSIDE_MASTER_KEY_FILE", "BEDSIDE_SUPERVISED", "RUST_LOG"]
    {
        command.env_remove(variable);
    }
    command
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        let said = Arc::new(Mutex::new(String::new()));
        let listening =
            [listen(child.stdout.take().unwrap(), &said), listen(child.stderr.take().unwrap(), &said)];
        Self { child, said, listening, seen: Mutex::default() }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Everything it and its children have said.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has said `words`; fails when it ends before.
    pub(crate) async fn says(&mut self, words: &str) {
        until(&format!("{words:?} of {}", self.pid()), async || {
            let said = self.said();
            if said.contains(words) {
                return Some(());
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended ({ended:?}) before it said {words:?}:\n{said}");
            None
        })
        .await;
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end, and for that of its children, who speak through it.
    pub(crate) async fn ended(&mut self) -> Ended {
        let pid = self.pid();
        let status: ExitStatus =
            until(&format!("the end of {pid}"), async || self.child.try_wait().unwrap()).await;
        let is_silent = || self.listening.iter().all(JoinHandle::is_finished);
        until(&format!("the silence of {pid}"), async || is_silent().then_some(())).await;
        Ended { code: status.code(), said: self.said() }
    }

    /// The child process that runs the subcommand `part`, if it runs.
    pub(crate) fn part(&self, part: &str) -> Option<Pid> {
        let found = children(self.pid()).into_iter().find(|pid| {
            let command = std::fs::read_to_string(proc_file(*pid, "cmdline")).unwrap_or_default();
            command.split('\0').nth(1) == Some(part)
        })?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.contains(&found) {
            seen.push(found);
        }
        Some(found)
    }

    /// Kills the child that runs `part`, as the kernel does when memory is out, and returns who it was.
    pub(crate) fn kill_part(&self, part: &str) -> Pid {
        let pid = self.part(part).unwrap_or_else(|| panic!("{part} runs:\n{}", self.said()));
        kill_process(pid, Signal::KILL).unwrap();
        pid
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        for part in ["control-plane", "media-server"] {
            let _ = self.part(part);
        }
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        // A story may go on with the same folder and ports.
        while !seen.is_empty() {
            seen.retain(|pid| is_running(*pid));
            for pid in seen.iter().filter(|pid| is_bedside(**pid)) {
                let _ = kill_process(*pid, Signal::KILL);
            }
            std::thread::yield_now();
        }
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "--- {} said:\n{}---", self.pid(), self.said());
        }
    }
}

/// Runs a program to its end.
pub(crate) async fn run(command: &mut Command) -> Ended {
    Program::start(command).ended().await
}

/// Runs a program to its end with `input` on its standard input.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Ended {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Ended { code: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
}

/// Whether any of the process is there. A zombie is over, but not while threads of it are: they may still hold its files.
pub(crate) fn is_running(pid: Pid) -> bool {
    let threads = std::fs::read_dir(proc_file(pid, "task")).map_or(0, Iterator::count);
    test_kill_process(pid).is_ok() && (threads > 1 || state(pid).is_some_and(|(state, _)| state != 'Z'))
}

fn is_bedside(pid: Pid) -> bool {
    let program: Option<PathBuf> = std::fs::read_link(proc_file(pid, "exe")).ok();
    program.is_some_and(|program| program == *env!("CARGO_BIN_EXE_bedside"))
}

fn children(parent: Pid) -> Vec<Pid> {
    let all = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?));
    all.filter(|pid| state(*pid).is_some_and(|(_, of)| of == parent.as_raw_pid())).collect()
}

/// State letter and parent (proc(5), `/proc/pid/stat`: the name in parentheses may hold anything).
fn state(pid: Pid) -> Option<(char, i32)> {
    let stat = std::fs::read_to_string(proc_file(pid, "stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn proc_file(pid: Pid, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{}/{name}", pid.as_raw_pid()))
}

/// Takes lines until all who hold the other end are gone.
fn listen(stream: impl Read + Send + 'static, said: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
        }
    })
}
