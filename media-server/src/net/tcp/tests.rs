//! It should carry datagrams over connections, and hold back whoever does not behave; over real sockets of this machine.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

use super::*;
use crate::net::wait;

/// Longer than anything takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(10);

struct Node {
    side: TcpSide,
    address: SocketAddr,
    got: Vec<(SocketAddr, Vec<u8>)>,
}

impl Node {
    fn new(connections_max: usize) -> Self {
        let side = TcpSide::bind(&[Ipv4Addr::LOCALHOST.into()], 0, connections_max).unwrap();
        let address = side.listeners[0].local_addr().unwrap();
        Self { side, address, got: Vec::new() }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// One turn, as the worker does.
    fn turn(&mut self) {
        wait(&[self.side.as_raw_fd()], Some(Duration::from_millis(1))).unwrap();
        let got = &mut self.got;
        self.side.take(Instant::now(), |_, remote, bytes| got.push((remote, bytes.to_vec())));
    }

    #[track_caller]
    fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !done(self) {
            assert!(Instant::now() < deadline, "{what}: {:?}", self.side.counts());
            self.turn();
        }
    }

    fn open(&self) -> u64 {
        self.side.counts().open
    }

    /// Connects and is answered, as after an authentic check.
    fn validated(&mut self) -> (TcpStream, Ends) {
        let mut stream = self.connect();
        let ends = (self.address, stream.local_addr().unwrap());
        stream.write_all(&frame(STUN)).unwrap();
        self.until("the check comes", |node| node.got.iter().any(|(remote, _)| *remote == ends.1));
        self.side.send(ends, b"answer", 6, Instant::now());
        assert_eq!(next(&mut stream).unwrap(), b"answer");
        self.got.clear();
        (stream, ends)
    }
}

const STUN: &[u8] = &[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];

fn frame(datagram: &[u8]) -> Vec<u8> {
    [u16::try_from(datagram.len()).unwrap().to_be_bytes().as_slice(), datagram].concat()
}

fn next(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut datagram = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut datagram)?;
    Ok(datagram)
}

/// Whether the node has closed it.
fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 16]), Ok(0) | Err(_))
}

#[test]
fn datagrams_go_both_ways_whole_and_in_order() {
    let mut node = Node::new(8);
    let (mut peer, ends) = node.validated();
    let datagrams: Vec<Vec<u8>> = (1..=200_u8).map(|byte| vec![byte; usize::from(byte) * 7]).collect();

    for piece in datagrams.iter().flat_map(|datagram| frame(datagram)).collect::<Vec<_>>().chunks(333) {
        peer.write_all(piece).unwrap();
        node.turn();
    }
    node.until("all came", |node| node.got.len() == datagrams.len());
    node.side.send(ends, &[vec![7; 100], vec![8; 100], vec![9; 40]].concat(), 100, Instant::now());

    assert!(node.got.iter().zip(&datagrams).all(|((from, got), sent)| *from == ends.1 && got == sent));
    let sizes = [0; 3].map(|_| next(&mut peer).unwrap().len());
    assert_eq!(sizes, [100, 100, 40], "each datagram of a run has a frame of its own");
}

#[test]
fn garbage_closes_the_connection_before_it_reaches_the_core() {
    let mut node = Node::new(8);
    for garbage in [b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0xff; 64], frame(&[0x80; 40]), frame(&[22; 90])]
    {
        let mut stranger = node.connect();
        stranger.write_all(&garbage).unwrap();
        let before = node.side.counts().strangers;

        node.until("it is closed", |node| node.side.counts().strangers == before + 1);

        assert!(is_closed(&mut stranger));
    }
    assert_eq!((node.got.len(), node.open()), (0, 0));
}

#[test]
fn a_frame_longer_than_a_datagram_ends_a_validated_connection_too() {
    let mut node = Node::new(8);
    let (mut peer, _) = node.validated();

    peer.write_all(&1501_u16.to_be_bytes()).unwrap();

    node.until("it is closed", |node| node.open() == 0);
    assert!(is_closed(&mut peer));
}

#[test]
fn whoever_is_not_validated_in_time_is_closed_however_slowly_it_speaks() {
    let mut node = Node::new(8);
    let (mut silent, mut slow) = (node.connect(), node.connect());
    // Slow loris: a frame that never ends.
    slow.write_all(&frame(STUN)[..3]).unwrap();
    node.until("both are there", |node| node.open() == 2);
    let (_honest, _) = node.validated();
    let begun = Instant::now();

    node.side.tidy(begun + VALIDATE_WITHIN - Duration::from_secs(1));
    assert_eq!(node.open(), 3);
    slow.write_all(&[0]).unwrap();
    node.turn();
    node.side.tidy(begun + VALIDATE_WITHIN);

    assert_eq!(node.open(), 1, "the validated one stays");
    assert!(is_closed(&mut silent) && is_closed(&mut slow));
}

#[test]
fn of_one_neighbourhood_so_many_wait_and_no_more() {
    let mut node = Node::new(CONNECTIONS_MAX);
    let strangers: Vec<TcpStream> = (0..STRANGERS_OF_PREFIX_MAX + 5).map(|_| node.connect()).collect();

    node.until("all were looked at", |node| node.side.counts().accepted == strangers.len() as u64);

    assert_eq!(node.open(), STRANGERS_OF_PREFIX_MAX as u64);
    assert_eq!(node.side.counts().refused, 5);
}

/// A flood of half-open connections costs a fixed number of places, and never those of whoever was validated.
#[test]
fn abuse_45_a_flood_is_bounded_and_pushes_out_the_oldest_strangers_only() {
    let mut node = Node::new(3);
    let (mut honest, ends) = node.validated();
    let mut strangers = Vec::new();
    for count in 2..=12 {
        strangers.push(node.connect());
        node.until("it was looked at", |node| node.side.counts().accepted == count);
        assert!(node.open() <= 3);
    }

    assert_eq!(node.side.counts().strangers, 9);
    assert!(strangers[..9].iter_mut().all(is_closed), "the oldest went");
    node.side.send(ends, b"still", 5, Instant::now());
    assert_eq!(next(&mut honest).unwrap(), b"still");
}

#[test]
fn full_of_validated_ones_it_turns_others_away() {
    let mut node = Node::new(2);
    let (_first, _) = node.validated();
    let (_second, _) = node.validated();

    let mut third = node.connect();
    node.until("it was looked at", |node| node.side.counts().accepted == 3);

    assert_eq!((node.open(), node.side.counts().refused), (2, 1));
    assert!(is_closed(&mut third));
}

#[test]
fn a_slow_reader_loses_long_datagrams_first_holds_up_nobody_and_is_closed_when_it_stalls() {
    let mut node = Node::new(8);
    let (mut slow, slow_ends) = node.validated();
    let (mut quick, quick_ends) = node.validated();
    let now = Instant::now();

    // More than both kernels and the queue take.
    while node.side.counts().queue_full == 0 {
        node.side.send(slow_ends, &[1; 12_000], 1200, now);
    }
    let waiting = |node: &Node| {
        let connection = &node.side.connections[node.side.by_ends[&slow_ends]];
        assert!(connection.has_waiting());
    };
    waiting(&node);
    let dropped = node.side.counts().queue_full;
    // More of them than a long datagram would have found room for.
    node.side.send(slow_ends, &[2; 10_000], 100, now);
    assert_eq!(node.side.counts().queue_full, dropped, "sound still has room");
    node.side.send(quick_ends, b"quick", 5, now);
    assert_eq!(next(&mut quick).unwrap(), b"quick");
    // It reads again, and gets whole frames.
    let mut sound = 0;
    while sound == 0 {
        node.turn();
        let datagram = next(&mut slow).unwrap();
        assert!(datagram == [1; 1200] || datagram == [2; 100], "{} bytes", datagram.len());
        sound += usize::from(datagram.len() == 100);
    }
    while node.side.counts().queue_full == dropped {
        node.side.send(slow_ends, &[1; 12_000], 1200, now);
    }
    node.side.tidy(now + STALL_MAX + STALL_MAX);

    assert_eq!(node.side.counts().stalled, 1);
    assert_eq!(node.open(), 1);
}

#[test]
fn whoever_goes_is_forgotten_and_what_is_still_for_them_is_counted() {
    let mut node = Node::new(8);
    let (peer, ends) = node.validated();

    peer.shutdown(Shutdown::Both).unwrap();
    node.until("it is gone", |node| node.open() == 0);
    node.side.send(ends, &[1; 300], 100, Instant::now());

    assert_eq!(node.side.counts().gone, 3);
    assert!(node.side.by_ends.is_empty() && node.side.strangers.is_empty());
}

#[test]
fn a_silent_connection_ends_and_one_that_speaks_stays() {
    let mut node = Node::new(8);
    let (_silent, _) = node.validated();
    let now = Instant::now();

    node.side.tidy(now + SILENCE_MAX - Duration::from_secs(1));
    assert_eq!(node.open(), 1);
    node.side.tidy(now + SILENCE_MAX + Duration::from_secs(1));

    assert_eq!(node.open(), 0);
}

#[test]
fn without_listeners_it_is_never_ready() {
    let side = TcpSide::bind(&[], 0, 8).unwrap();

    assert!(!wait(&[side.as_raw_fd()], Some(Duration::ZERO)).unwrap().has(0));
}
