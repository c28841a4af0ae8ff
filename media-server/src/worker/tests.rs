//! It should answer whoever asks, close whoever does not read, and come back after a fault.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use media_core::{CoreLimits, Fingerprint, SeatGrant, Shed};
use protocol::signal::{ClientMessage, LeaveReason};
use protocol::{NodeId, Role, SeatId};

use super::*;
use crate::capacity::Capacity;
use crate::net::Buffers;

const DEADLINE: Duration = Duration::from_secs(10);

/// What a test has a worker do.
pub struct Work(pub(super) Box<dyn FnOnce(u64) + Send>);

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

struct Worker {
    inbox: Inbox,
    address: SocketAddr,
    thread: JoinHandle<()>,
    _reports: mpsc::Receiver<Report>,
    _handshakes: handshake::QueueEnd,
}

fn start() -> Worker {
    let (inbox, end) = inbox().unwrap();
    let ip: IpAddr = Ipv4Addr::LOCALHOST.into();
    let buffers = Buffers { receive_bytes: 1 << 20, send_bytes: 1 << 20 };
    let sockets = Sockets::bind(&[ip], 0, buffers, (TcpPort::AsUdp, 64)).unwrap();
    let address = SocketAddr::new(ip, sockets.port());
    let core = CoreConfig {
        worker: 0,
        node: NodeId::new_v7(),
        candidates: vec![address],
        tcp_candidates: vec![address],
        fingerprint: Fingerprint([7; 32]),
        limits: CoreLimits::default(),
    };
    let (handshakes, handshakes_end) = handshake::queue();
    let (reports, reports_end) = mpsc::channel(64);
    let setup = Setup { core, sockets, inbox: end, handshakes, reports, sheds_load: true };
    let thread = spawn(setup).unwrap();
    Worker { inbox, address, thread, _reports: reports_end, _handshakes: handshakes_end }
}

/// A resume with a secret that no core made: always refused, so it shows that the worker lives.
fn knock(worker: &Worker, peer: u64) -> mpsc::Receiver<Outgoing> {
    let (outbox, end) = mpsc::channel(OUTBOX);
    let peer = PeerId(peer);
    let command =
        Command::Resume { peer, secret: "00.unknown".to_owned(), offer: String::new(), tracks: Vec::new() };
    worker.inbox.send(Input::Open { peer, outbox, command }).unwrap();
    end
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_refusal_comes_back_and_closes() {
    let worker = start();

    let mut end = knock(&worker, 1);

    let first = end.blocking_recv();
    assert!(
        matches!(
            first,
            Some(Outgoing::Message(Numbered { seq: None, message: ServerMessage::Refused { .. } }))
        ),
        "{first:?}"
    );
    assert!(matches!(end.blocking_recv(), Some(Outgoing::Close(_))));
    assert_eq!(end.blocking_recv(), None);
    worker.inbox.send(Input::Stop).unwrap();
    worker.thread.join().unwrap();
}

#[test]
fn a_fault_closes_the_rooms_and_the_worker_begins_again() {
    let worker = start();
    let mut before = knock(&worker, 1);
    assert!(before.blocking_recv().is_some());

    worker.inbox.send(Input::Panic).unwrap();

    until("the worker restarts", || worker.inbox.snapshot().restarts == 1);
    let mut after = knock(&worker, 2);
    assert!(after.blocking_recv().is_some());
    assert!(worker.inbox.is_alive());
}

#[test]
fn a_stop_ends_the_thread() {
    let worker = start();

    worker.inbox.send(Input::Stop).unwrap();
    worker.thread.join().unwrap();

    assert!(!worker.inbox.is_alive());
}

#[test]
fn datagrams_of_strangers_are_counted_and_not_answered() {
    let worker = start();
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();

    // An empty datagram carries nothing to hand on. By the hundred: on a busy machine more do not fit into a socket's buffer.
    for lengths in (0..1500).collect::<Vec<usize>>().chunks(100) {
        for length in lengths {
            stranger.send_to(&vec![0x80; *length], worker.address).unwrap();
        }
        let sent = lengths[lengths.len() - 1] as u64;
        until("all are counted", || worker.inbox.snapshot().received.datagrams == sent);
    }
    assert!(stranger.recv(&mut [0; 2000]).is_err(), "no answer");
    assert_eq!(worker.inbox.snapshot().sent.datagrams, 0);
}

#[test]
fn everybody_present_is_reported_lost_after_a_fault() {
    let (clinic, room, generation) = (ClinicId::new_v7(), RoomId::new_v7(), Generation(4));
    let [gone, there] = [SeatId::new_v7(), SeatId::new_v7()];
    let event = |kind| Report::Event { clinic, room, generation, kind };
    let mut presence = Presence::default();
    for seat in [gone, there] {
        presence.note(&event(RoomEventKind::Joined { seat, role: Role::Patient }));
    }
    presence.note(&event(RoomEventKind::Left { seat: gone, reason: LeaveReason::Left }));

    let reports = presence.everybody_lost();

    let lost = RoomEventKind::Left { seat: there, reason: LeaveReason::Lost };
    assert_eq!(reports, [event(lost), Report::RoomClosed { room, generation }]);
    assert!(presence.everybody_lost().is_empty());
}

#[test]
fn datagrams_do_not_wait_for_all_inputs_when_one_takes_long() {
    let worker = start();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    let slow = Work(Box::new(move |_| {
        gone.recv_timeout(DEADLINE).unwrap();
        // Longer than inputs may take in one turn.
        std::thread::sleep(Duration::from_millis(3));
    }));
    let next = Work(Box::new(move |received| tell.send(received).unwrap()));
    worker.inbox.send(Input::Work(slow)).unwrap();
    worker.inbox.send(Input::Work(next)).unwrap();
    let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();

    sender.send_to(&[0x80; 100], worker.address).unwrap();
    go.send(()).unwrap();

    assert_eq!(told.recv_timeout(DEADLINE).unwrap(), 1, "the datagram was taken between the two");
}

/// A client that asks for a seat in this room.
fn client_for(room: u128) -> (SeatGrant, client::Participant) {
    let now = Instant::now();
    let wall = std::time::SystemTime::now();
    let identity = std::sync::Arc::new(dtls::Identity::generate(wall).unwrap());
    let config = client::ParticipantConfig::call([room as u8; 32], 1);
    let grant = SeatGrant {
        clinic: ClinicId::new_v7(),
        room: RoomId(uuid::Uuid::from_u128(room)),
        generation: Generation(1),
        seat: SeatId::new_v7(),
        role: Role::Patient,
        permissions: protocol::Permissions::of(Role::Patient),
    };
    let mut participant =
        client::Participant::new(config, identity, &[([127, 0, 0, 1], 9).into()], now, wall);
    participant.join(String::new());
    (grant, participant)
}

/// Joins a room alone.
fn join(worker: &Worker, peer: u64, room: u128) -> mpsc::Receiver<Outgoing> {
    let (grant, mut participant) = client_for(room);
    let Some(Numbered { message: ClientMessage::Join { offer, tracks, .. }, .. }) = participant.poll_signal()
    else {
        panic!("a join");
    };
    let (outbox, mut end) = mpsc::channel(OUTBOX);
    let peer = PeerId(peer);
    worker
        .inbox
        .send(Input::Open { peer, outbox, command: Command::Join { peer, grant, offer, tracks } })
        .unwrap();
    let joined = end.blocking_recv();
    let is_joined = |message: &ServerMessage| matches!(message, ServerMessage::Joined { .. });
    assert!(matches!(&joined, Some(Outgoing::Message(one)) if is_joined(&one.message)), "{joined:?}");
    end
}

/// Mutes the first track: a command that both rooms answer to.
fn mute(worker: &Worker, peer: u64) {
    let command = Command::Track { peer: PeerId(peer), mid: "0".to_owned(), active: false };
    worker.inbox.send(Input::Command(command)).unwrap();
}

/// The code that a connection is closed with.
fn close_code(end: &mut mpsc::Receiver<Outgoing>) -> Option<u16> {
    std::iter::from_fn(|| end.blocking_recv()).find_map(|one| match one {
        Outgoing::Close(code) => Some(code),
        Outgoing::Message(_) => None,
    })
}

#[cfg(debug_assertions)]
#[test]
fn a_fault_of_one_room_closes_its_people_and_nobody_else() {
    let worker = start();
    let mut faulty = join(&worker, 1, 100);
    let mut other = join(&worker, 2, 200);
    let room = RoomId(uuid::Uuid::from_u128(100));

    worker.inbox.send(Input::Trap(room, media_core::Point::Command)).unwrap();
    mute(&worker, 1);
    mute(&worker, 2);

    assert_eq!(close_code(&mut faulty), Some(protocol::close::GOING_AWAY));
    let told = std::iter::from_fn(|| other.blocking_recv())
        .any(|one| matches!(one, Outgoing::Message(Numbered { message: ServerMessage::Participant { participant }, .. }) if !participant.tracks[0].active));
    assert!(told, "the other room goes on");
    until("it is counted", || worker.inbox.snapshot().core.rooms_condemned == 1);
    assert_eq!((worker.inbox.snapshot().restarts, worker.inbox.snapshot().load.rooms), (0, 1));
}

#[cfg(debug_assertions)]
#[test]
fn a_fault_while_a_room_is_ended_costs_the_worker_its_rooms() {
    let worker = start();
    let mut faulty = join(&worker, 1, 100);
    let mut other = join(&worker, 2, 200);
    let room = RoomId(uuid::Uuid::from_u128(100));

    worker.inbox.send(Input::Trap(room, media_core::Point::Command)).unwrap();
    worker.inbox.send(Input::Trap(room, media_core::Point::Condemning)).unwrap();
    mute(&worker, 1);

    until("the worker restarts", || worker.inbox.snapshot().restarts == 1);
    assert_eq!([close_code(&mut faulty), close_code(&mut other)], [None; 2], "the queues end");
    let mut after = knock(&worker, 3);
    assert!(after.blocking_recv().is_some());
}

#[test]
fn a_busy_worker_is_not_ready_and_takes_new_rooms_all_the_same() {
    let worker = start();
    let capacity = Capacity::new(vec![worker.inbox.clone()], CoreLimits::default());
    assert_eq!(capacity.shortage(), None);

    let (done, is_done) = std::sync::mpsc::channel();
    let feed = || {
        let done = done.clone();
        let busy = Work(Box::new(move |_| {
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
            let _ = done.send(());
        }));
        worker.inbox.send(Input::Work(busy)).unwrap();
    };
    // One always waits.
    feed();
    until("it leaves out video", || {
        feed();
        is_done.recv_timeout(DEADLINE).unwrap();
        worker.inbox.snapshot().shed == Shed::Video
    });

    assert_eq!(capacity.shortage(), Some("a worker is overloaded"));
    let _in_time = join(&worker, 1, 100);
}
