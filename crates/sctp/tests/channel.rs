//! Two channels, over a network that a test bends.

use std::time::{Duration, Instant};

use sctp::{Channel, CloseReason, Event, MAX_MESSAGE_LEN, MAX_PACKET_LEN, MAX_WAITING_LEN, SendError};

/// Both ends, and the way between them: the server, then the client.
struct Pair {
    now: Instant,
    ends: [Channel; 2],
    events: [Vec<Event>; 2],
    /// Packets that each end has sent so far.
    sent: [usize; 2],
}

impl Pair {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            now,
            ends: [Channel::server(now), Channel::client(now)],
            events: [Vec::new(), Vec::new()],
            sent: [0, 0],
        }
    }

    fn open() -> Self {
        let mut pair = Self::new();
        pair.settle(&mut |_, _| false);
        assert!(pair.ends.iter().all(Channel::is_open));
        pair
    }

    /// Exchanges until nobody has anything to say; `loses` is asked for each packet, by sender and number.
    fn settle(&mut self, loses: &mut impl FnMut(usize, usize) -> bool) {
        loop {
            let mut quiet = true;
            for from in [0, 1] {
                while let Some(packet) = self.ends[from].poll_packet() {
                    quiet = false;
                    assert!(packet.len() <= MAX_PACKET_LEN);
                    self.sent[from] += 1;
                    if !loses(from, self.sent[from]) {
                        self.ends[1 - from].handle_packet(self.now, &packet);
                    }
                }
                while let Some(event) = self.ends[from].poll_event() {
                    self.events[from].push(event);
                }
            }
            if quiet {
                return;
            }
        }
    }

    /// Lets time pass to the next deadline, so often.
    fn wait(&mut self, times: usize, loses: &mut impl FnMut(usize, usize) -> bool) {
        for _ in 0..times {
            let Some(due) = self.ends.iter().filter_map(Channel::poll_timeout).min() else { return };
            self.now = self.now.max(due);
            for end in &mut self.ends {
                end.handle_timeout(self.now);
            }
            self.settle(loses);
        }
    }

    fn messages(&self, at: usize) -> Vec<&str> {
        self.events[at]
            .iter()
            .filter_map(|event| match event {
                Event::Message(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

#[test]
fn messages_arrive_both_ways_in_order() {
    let mut pair = Pair::open();
    let long = "ü".repeat(MAX_MESSAGE_LEN / 2);

    for text in ["one", &long, "three"] {
        pair.ends[0].send(pair.now, text).unwrap();
        pair.ends[1].send(pair.now, text).unwrap();
    }
    pair.settle(&mut |_, _| false);

    for at in [0, 1] {
        assert_eq!(pair.messages(at), ["one", &long, "three"]);
        assert_eq!(pair.events[at].first(), Some(&Event::Open));
    }
}

#[test]
fn any_single_packet_may_be_lost_and_any_may_come_twice() {
    for lost in 1..40 {
        let mut pair = Pair::new();
        let mut loses = |_: usize, number: usize| number == lost;
        pair.settle(&mut loses);
        pair.wait(4, &mut loses);
        assert!(pair.ends.iter().all(Channel::is_open), "without packet {lost}");

        for count in 0..30 {
            let text = format!("{count} {}", "x".repeat(1000));
            pair.ends[0].send(pair.now, &text).unwrap();
            pair.ends[1].send(pair.now, &text).unwrap();
        }
        pair.settle(&mut loses);
        pair.wait(12, &mut loses);

        for at in [0, 1] {
            let numbers: Vec<_> =
                pair.messages(at).iter().map(|text| text.split(' ').next().unwrap().to_owned()).collect();
            let all: Vec<_> = (0..30).map(|count| count.to_string()).collect();
            assert_eq!(numbers, all, "without packet {lost}");
        }
    }
}

#[test]
fn an_init_that_comes_again_late_ends_nothing() {
    let mut pair = Pair::new();
    let init = pair.ends[1].poll_packet().unwrap();
    pair.ends[0].handle_packet(pair.now, &init);
    pair.ends[0].handle_packet(pair.now, &init);
    pair.settle(&mut |_, _| false);

    pair.ends[0].handle_packet(pair.now, &init);
    pair.ends[1].send(pair.now, "still here").unwrap();
    pair.settle(&mut |_, _| false);

    assert_eq!(pair.messages(0), ["still here"]);
}

#[test]
fn abuse_55_another_init_once_it_is_open_ends_nothing() {
    let mut pair = Pair::open();
    let init = Channel::client(pair.now).poll_packet().unwrap();

    pair.ends[0].handle_packet(pair.now, &init);
    assert_eq!(pair.ends[0].poll_packet(), None, "it has no answer");
    pair.ends[1].send(pair.now, "still here").unwrap();
    pair.settle(&mut |_, _| false);

    assert_eq!(pair.messages(0), ["still here"]);
}

/// 100,000 INITs, the same, others, and of others' tags, before and after it is open: few are answered, and none makes anything that stays.
#[test]
fn abuse_55_a_storm_of_inits_is_answered_a_few_times_and_ends_no_channel() {
    let mut pair = Pair::open();
    let mut answers = 0;
    let others: Vec<_> = (0..100).map(|_| Channel::client(pair.now).poll_packet().unwrap()).collect();

    for at in 0..100_000 {
        pair.now += Duration::from_micros(100);
        pair.ends[0].handle_packet(pair.now, &others[at % others.len()]);
        while pair.ends[0].poll_packet().is_some() {
            answers += 1;
        }
    }
    let mut fresh = Channel::server(pair.now);
    let mut fresh_answers = 0;
    for at in 0..100_000 {
        fresh.handle_packet(pair.now + Duration::from_micros(100 * at), &others[at as usize % others.len()]);
        while fresh.poll_packet().is_some() {
            fresh_answers += 1;
        }
    }

    assert!(answers <= 20, "{answers} in ten seconds, once it is open: heartbeats");
    assert!(fresh_answers <= 20, "{fresh_answers} before: each that begins, until it closes");
    pair.now += Duration::from_secs(1);
    pair.ends[1].send(pair.now, "still here").unwrap();
    pair.settle(&mut |_, _| false);
    assert_eq!(pair.messages(0), ["still here"]);
}

#[test]
fn a_peer_that_does_not_read_loses_its_channel_and_no_memory_goes_with_it() {
    let mut pair = Pair::open();
    let text = "x".repeat(4096);

    for _ in 0..MAX_WAITING_LEN / text.len() {
        pair.ends[0].send(pair.now, &text).unwrap();
    }
    let refused = pair.ends[0].send(pair.now, "more");

    assert_eq!(refused, Err(SendError::Unread));
    assert_eq!(pair.ends[0].send(pair.now, "more"), Err(SendError::NotOpen));
    pair.settle(&mut |_, _| false);
    assert_eq!(pair.events[0].last(), Some(&Event::Closed(CloseReason::Unread)));
    assert_eq!(pair.events[1].last(), Some(&Event::Closed(CloseReason::Peer)), "it is told");
}

#[test]
fn nothing_is_sent_that_is_empty_or_too_long() {
    let mut pair = Pair::open();

    assert_eq!(pair.ends[0].send(pair.now, ""), Err(SendError::Length));
    assert_eq!(pair.ends[0].send(pair.now, &"x".repeat(MAX_MESSAGE_LEN + 1)), Err(SendError::Length));
    assert!(pair.ends[0].is_open());
}

#[test]
fn whoever_closes_is_heard() {
    let mut pair = Pair::open();

    pair.ends[1].close(pair.now);
    pair.settle(&mut |_, _| false);

    assert_eq!(pair.events[1].last(), Some(&Event::Closed(CloseReason::Local)));
    assert_eq!(pair.events[0].last(), Some(&Event::Closed(CloseReason::Peer)));
    assert_eq!(pair.ends[0].poll_timeout(), None);
}

#[test]
fn a_dead_path_is_tried_less_and_less_often() {
    let mut pair = Pair::open();
    let began = pair.now;
    pair.ends[0].send(pair.now, "anybody?").unwrap();

    pair.settle(&mut |_, _| true);
    let before = pair.sent[0];
    pair.wait(8, &mut |_, _| true);

    assert!(pair.sent[0] - before <= 8);
    assert!(pair.now - began > Duration::from_secs(60), "{:?}", pair.now - began);
}

#[test]
fn bent_packets_harm_nobody() {
    let mut packets = Vec::new();
    let mut pair = Pair::open();
    for text in ["one", "two"] {
        pair.ends[1].send(pair.now, text).unwrap();
        while let Some(packet) = pair.ends[1].poll_packet() {
            packets.push(packet.clone());
            pair.ends[0].handle_packet(pair.now, &packet);
        }
    }

    for packet in &packets {
        for at in 0..packet.len() {
            let mut bent = packet.clone();
            bent[at] ^= 0x40;
            pair.ends[0].handle_packet(pair.now, &bent);
            pair.ends[0].handle_packet(pair.now, &packet[..at]);
        }
    }
    pair.settle(&mut |_, _| false);
    assert_eq!(pair.messages(0), ["one", "two"]);
}
