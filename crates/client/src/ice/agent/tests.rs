//! Against a node played by hand: it answers the checks of the addresses that are alive.

use super::*;

const PASSWORD: &str = "the-password-of-the-node";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn node() -> Vec<SocketAddr> {
    vec![address("192.0.2.1:9000"), address("[2001:db8::1]:9000")]
}

const WIFI: &str = "10.0.0.2:40000";
const MOBILE: &str = "100.64.0.2:40000";
const MOBILE6: &str = "[2001:db8:1::2]:40000";

struct Network {
    agent: Agent,
    now: Instant,
    alive: Vec<SocketAddr>,
    /// Each check that arrived: its path, and whether it nominated.
    checks: Vec<(Path, bool)>,
}

impl Network {
    fn new(locals: &[&str]) -> Self {
        let now = Instant::now();
        let locals: Vec<_> = locals.iter().map(|text| address(text)).collect();
        let mut agent = Agent::new(Random::new([1; 32]), &locals, now);
        let candidates: Vec<_> =
            node().into_iter().map(|address| Candidate { address, is_tcp: false }).collect();
        agent.set_remote("00node", PASSWORD, &candidates, now);
        Self { agent, now, alive: locals, checks: Vec::new() }
    }

    /// Runs for `span`; the node answers at once.
    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(due) = self.agent.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.agent.handle_timeout(self.now);
            while let Some((path, check)) = self.agent.poll_transmit() {
                if self.alive.contains(&path.local) {
                    self.checks.push((path, nominates(&check)));
                    let answer = answer(&check);
                    assert!(self.agent.handle_datagram(path, &answer, self.now));
                }
            }
        }
        self.now = end;
    }

    fn selected(&self) -> Option<SocketAddr> {
        self.agent.selected().map(|path| path.local)
    }
}

fn nominates(check: &[u8]) -> bool {
    check.windows(4).any(|bytes| bytes == [0x00, 0x25, 0x00, 0x00])
}

/// A success answer with the transaction of `check`.
fn answer(check: &[u8]) -> Vec<u8> {
    let request = Check {
        transaction: check[8..20].try_into().unwrap(),
        username: "",
        priority: 0,
        tie_breaker: 0,
        nominates: false,
    };
    // The same layout with another type: integrity and fingerprint are made anew over it.
    let mut message = request.to_bytes(&stun::key(PASSWORD));
    message.truncate(message.len() - 32);
    message[0] = 0x01;
    message[1] = 0x01;
    seal(&mut message);
    message
}

fn seal(message: &mut Vec<u8>) {
    let set = |message: &mut Vec<u8>, more: usize| {
        let length = (message.len() + more - 20) as u16;
        message[2..4].copy_from_slice(&length.to_be_bytes());
    };
    set(message, 24);
    let tag = hmac::sign(&stun::key(PASSWORD), message);
    message.extend_from_slice(&[0, 0x08, 0, 20]);
    message.extend_from_slice(tag.as_ref());
    set(message, 8);
    let crc = crc32fast::hash(message) ^ 0x5354_554e;
    message.extend_from_slice(&[0x80, 0x28, 0, 4]);
    message.extend_from_slice(&crc.to_be_bytes());
}

#[test]
fn the_preferred_pair_is_selected_and_nominated() {
    let mut network = Network::new(&[MOBILE6, WIFI]);

    network.run(Duration::from_secs(1));

    assert_eq!(network.selected(), Some(address(MOBILE6)));
    let nominated: Vec<_> = network.checks.iter().filter(|(_, nominates)| *nominates).collect();
    assert!(!nominated.is_empty() && nominated.iter().all(|(path, _)| path.local == address(MOBILE6)));
}

#[test]
fn families_are_not_mixed() {
    let mut network = Network::new(&[WIFI, MOBILE6]);

    network.run(Duration::from_secs(1));

    assert!(network.checks.iter().all(|(path, _)| path.local.is_ipv4() == path.remote.is_ipv4()));
    assert_eq!(network.agent.pairs.len(), 2);
}

#[test]
fn an_address_that_does_not_answer_is_passed_over() {
    let mut network = Network::new(&[WIFI, MOBILE]);
    network.alive.remove(0);

    network.run(Duration::from_secs(1));

    assert_eq!(network.selected(), Some(address(MOBILE)));
    assert!(network.checks.iter().any(|(_, nominates)| *nominates), "the node is told");
}

#[test]
fn consent_is_asked_for_every_five_seconds_or_so() {
    let mut network = Network::new(&[WIFI]);

    network.run(Duration::from_secs(60));

    let checks = network.checks.len();
    assert!((10..=16).contains(&checks), "{checks} checks in a minute");
    assert!(!network.agent.is_lost(network.now));
}

#[test]
fn without_answers_for_thirty_seconds_it_is_lost() {
    let mut network = Network::new(&[WIFI]);
    network.run(Duration::from_secs(10));
    network.alive.clear();

    network.run(Duration::from_secs(24));
    assert!(!network.agent.is_lost(network.now));
    network.run(Duration::from_secs(7));

    assert!(network.agent.is_lost(network.now));
}

#[test]
fn a_new_address_takes_over_at_once_where_it_is_preferred() {
    let mut network = Network::new(&[WIFI]);
    network.run(Duration::from_secs(3));

    network.alive.push(address(MOBILE));
    network.agent.set_locals(&[address(MOBILE), address(WIFI)], network.now);
    network.run(Duration::from_millis(10));

    assert_eq!(network.selected(), Some(address(MOBILE)));
    let last = network.checks.last().unwrap();
    assert_eq!((last.0.local, last.1), (address(MOBILE), true), "nominated");
}

#[test]
fn a_selected_pair_that_falls_silent_is_replaced_by_the_one_in_reserve() {
    let mut network = Network::new(&[WIFI, MOBILE]);
    network.run(Duration::from_secs(3));
    assert_eq!(network.selected(), Some(address(WIFI)));

    network.alive.remove(0);
    network.run(Duration::from_secs(9));

    assert_eq!(network.selected(), Some(address(MOBILE)));
}

#[test]
fn an_answer_that_nobody_asked_for_changes_nothing() {
    let mut network = Network::new(&[WIFI]);
    let path = Path { local: address(WIFI), remote: node()[0] };
    let unasked = answer(&[0; 20]);

    assert!(!network.agent.handle_datagram(path, &unasked, network.now));

    assert_eq!(network.selected(), None);
}
