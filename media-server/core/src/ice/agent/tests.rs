use super::*;

fn path(port: u16) -> Path {
    Path::udp(([192, 0, 2, 1], 9000).into(), ([198, 51, 100, 7], port).into())
}

fn agent() -> (IceAgent, Random, Instant) {
    let mut random = Random::new([1; 32]);
    let credentials = Credentials::new(0x2a, &mut random);
    (IceAgent::new(credentials, "peer".to_owned()), random, netsim::Timeline::new().now())
}

#[test]
fn the_user_fragment_names_the_worker() {
    let (agent, _, _) = agent();

    assert!(agent.credentials().ufrag.starts_with("2a"));
    assert_eq!(agent.credentials().ufrag.len(), UFRAG_LEN);
    assert!(agent.credentials().password.len() >= 22);
}

#[test]
fn the_first_path_is_used_until_one_is_nominated() {
    let (mut agent, _, now) = agent();

    agent.handle_check(path(1), false, now);
    agent.handle_check(path(2), false, now);
    assert_eq!(agent.selected(), Some(path(1)));

    agent.handle_check(path(2), true, now);
    assert_eq!(agent.selected(), Some(path(2)));
}

#[test]
fn the_newest_nomination_counts() {
    let (mut agent, _, now) = agent();
    agent.handle_check(path(1), true, now);
    agent.handle_check(path(2), true, now);

    agent.handle_check(path(1), true, now);

    assert_eq!(agent.selected(), Some(path(1)));
}

#[test]
fn paths_are_bounded_and_the_selected_one_stays() {
    let (mut agent, _, now) = agent();
    agent.handle_check(path(1), true, now);

    for port in 2..100 {
        agent.handle_check(path(port), false, now + Duration::from_millis(u64::from(port)));
    }

    assert_eq!(agent.paths().count(), PATHS_MAX);
    assert!(agent.paths().any(|known| known == path(1)));
    assert_eq!(agent.selected(), Some(path(1)));
}

#[test]
fn consent_ends_thirty_seconds_after_the_last_check() {
    let (mut agent, _, now) = agent();
    agent.handle_check(path(1), true, now);
    agent.handle_check(path(1), false, now + Duration::from_secs(10));

    let early = agent.expire(now + Duration::from_secs(39));
    let late = agent.expire(now + Duration::from_secs(40));

    assert_eq!((early, late), (None, Some(path(1))));
    assert_eq!(agent.selected(), None);
}

#[test]
fn without_consent_the_path_checked_last_takes_over() {
    let (mut agent, _, now) = agent();
    agent.handle_check(path(1), true, now);
    agent.handle_check(path(2), false, now + Duration::from_secs(5));
    agent.handle_check(path(3), false, now + Duration::from_secs(6));

    agent.expire(now + Duration::from_secs(30));

    assert_eq!(agent.selected(), Some(path(3)));
}

#[test]
fn a_restart_keeps_the_old_credentials_until_it_ends() {
    let (mut agent, mut random, _) = agent();
    let old = agent.credentials().ufrag.clone();

    let dropped = agent.restart(Credentials::new(0x2a, &mut random), "peer2".to_owned());

    let new = agent.credentials().ufrag.clone();
    assert_eq!(dropped, None);
    assert_ne!(old, new);
    assert!(agent.key_of(&old, "peer").is_some() && agent.key_of(&new, "peer2").is_some());
    assert!(agent.key_of(&old, "peer2").is_none() && agent.key_of(&new, "peer").is_none());
    assert_eq!(agent.end_restart(), Some(old.clone()));
    assert!(agent.key_of(&old, "peer").is_none() && agent.key_of(&new, "peer2").is_some());
}

#[test]
fn a_path_has_its_own_rate() {
    let (mut agent, _, now) = agent();
    assert_eq!(agent.allow(path(1), now), None);
    agent.handle_check(path(1), true, now);

    let allowed = (0..1000).filter(|_| agent.allow(path(1), now) == Some(true)).count();

    assert_eq!(allowed, PATH_RATE.burst as usize);
}
