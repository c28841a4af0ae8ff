//! It should stop in order and at once when it is asked to, and tell those who are in a room where to go.

use std::os::unix::process::CommandExt as _;
use std::time::{Duration, Instant};

use client::{Client, Event};
use protocol::close;
use rustix::process::{Signal, kill_process_group};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::ports::local;
use crate::support::{DEADLINE, Program, Serve, Setup, Visit, gets, join, until};

/// Less than a part is given before it is killed, by far.
const AT_ONCE: Duration = Duration::from_secs(5);

async fn is_told_to_go(who: &mut Client) {
    let closed = |event: &Event| matches!(event, Event::SignalClosed { .. });
    let event = who.wait_for(DEADLINE, closed).await.unwrap();
    assert_eq!(event, Event::SignalClosed { code: Some(close::GOING_AWAY) });
}

/// A browser's connection that stays open between two requests.
async fn kept_alive(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(local(port)).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_in_order_while_people_are_in_a_room_and_browsers_hold_connections() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Serve::demo(folder.path()).await;
    let mut visit = Visit::now(&serve).await;
    let mut patient = join(&mut visit.patient, &visit.path, None).await;
    let mut practitioner = join(&mut visit.practitioner, &visit.path, None).await;
    gets(&patient, practitioner.seat(), 10).await;
    let _open = kept_alive(serve.ports.web()).await;

    let asked = Instant::now();
    serve.program.send(Signal::TERM);
    is_told_to_go(&mut patient).await;
    is_told_to_go(&mut practitioner).await;
    let ended = serve.program.ended().await;

    let took = asked.elapsed();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(took < AT_ONCE, "{took:?}:\n{}", ended.said);
    assert!(!ended.said.contains("did not stop in time") && !ended.said.contains("ERROR"), "{}", ended.said);
    assert!(serve.ports.are_free());
    let serve = Setup::with_ports(folder.path(), serve.ports).demo().start().await;
    until("nobody is said to be in the room", async || visit.present().await.is_empty().then_some(())).await;
    drop(serve);
}

/// A terminal sends the interrupt to the whole group of processes, not to the supervisor alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_at_the_terminal_ends_it_in_order_too() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::on(folder.path());
    let mut program = Program::start(setup.command().process_group(0));
    program.says(crate::support::serve::READY).await;

    kill_process_group(program.pid(), Signal::INT).unwrap();
    let ended = program.ended().await;

    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.said.contains("the control plane stopped"), "not cut off in its work: {}", ended.said);
    assert!(ended.said.contains("node stopped") && !ended.said.contains("died"), "{}", ended.said);
}
