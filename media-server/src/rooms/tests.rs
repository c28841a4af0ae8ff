//! It should let a token in only where its room is, and only at the newest placement.

use super::*;

fn wanted(room: RoomId, generation: u64) -> Wanted {
    Wanted { room, generation: Generation(generation), seat: SeatId::new_v7(), valid_from: 1000 }
}

#[test]
fn a_room_stays_with_its_worker_and_rooms_spread() {
    let (rooms, now) = (Rooms::new(3), Instant::now());
    let ids: Vec<RoomId> = (0..6).map(|_| RoomId::new_v7()).collect();

    let first: Vec<u8> = ids.iter().map(|room| rooms.admit(wanted(*room, 1), now).unwrap()).collect();
    ids.iter().for_each(|room| rooms.closed(*room, Generation(1), now));
    let second: Vec<u8> = ids.iter().map(|room| rooms.admit(wanted(*room, 1), now).unwrap()).collect();

    assert_eq!(first, second);
    assert_eq!(first, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn new_rooms_go_where_the_fewest_are_open() {
    let (rooms, now) = (Rooms::new(2), Instant::now());
    let ids: Vec<RoomId> = (0..4).map(|_| RoomId::new_v7()).collect();
    let workers: Vec<u8> = ids.iter().map(|room| rooms.admit(wanted(*room, 1), now).unwrap()).collect();
    ids.iter().for_each(|room| rooms.opened(*room, Generation(1)));
    // The end of a room that was never here is remembered, and is no room.
    (0..5).for_each(|_| rooms.ended(RoomId::new_v7(), Generation(1), now));
    rooms.closed(ids[1], Generation(1), now);
    rooms.closed(ids[3], Generation(1), now);
    rooms.closed(ids[3], Generation(1), now);

    let next: Vec<u8> = (0..3).map(|_| rooms.admit(wanted(RoomId::new_v7(), 1), now).unwrap()).collect();

    assert_eq!(workers, [0, 1, 0, 1]);
    assert_eq!(next, [1, 1, 0]);
    assert_eq!(rooms.admit(wanted(ids[3], 1), now), Ok(1), "a closed room stays where it was");
}

#[test]
fn abuse_15_an_older_generation_is_refused() {
    let (rooms, room, now) = (Rooms::new(1), RoomId::new_v7(), Instant::now());
    rooms.admit(wanted(room, 2), now).unwrap();

    assert_eq!(rooms.admit(wanted(room, 1), now), Err(Problem::StaleGeneration));
    assert_eq!(rooms.admit(wanted(room, 3), now), Ok(0));
    assert_eq!(rooms.admit(wanted(room, 2), now), Err(Problem::StaleGeneration));
}

#[test]
fn an_ended_room_opens_only_with_a_newer_placement() {
    let (rooms, now) = (Rooms::new(1), Instant::now());
    let [known, unknown] = [RoomId::new_v7(), RoomId::new_v7()];
    rooms.admit(wanted(known, 1), now).unwrap();

    for room in [known, unknown] {
        rooms.ended(room, Generation(1), now);
        rooms.closed(room, Generation(1), now);
        assert_eq!(rooms.admit(wanted(room, 1), now), Err(Problem::RoomEnded));
        assert_eq!(rooms.admit(wanted(room, 2), now), Ok(0));
        // Late news about the old placement changes nothing.
        rooms.ended(room, Generation(1), now);
        assert_eq!(rooms.admit(wanted(room, 2), now), Ok(0));
    }
}

#[test]
fn a_removed_seat_needs_a_newer_token() {
    let (rooms, room, now) = (Rooms::new(1), RoomId::new_v7(), Instant::now());
    let seat = SeatId::new_v7();
    let with = |valid_from| Wanted { seat, valid_from, ..wanted(room, 1) };
    rooms.admit(with(1000), now).unwrap();

    rooms.removed(room, Generation(1), seat, 1005, now);

    assert_eq!(rooms.admit(with(1000), now), Err(Problem::NotAllowed));
    assert_eq!(rooms.admit(with(1006), now), Ok(0));
    assert_eq!(rooms.admit(wanted(room, 1), now), Ok(0), "others may come");
}

#[test]
fn memory_is_bounded_by_what_a_token_can_still_name() {
    let (rooms, now) = (Rooms::new(1), Instant::now());
    let alive = RoomId::new_v7();
    rooms.admit(wanted(alive, 1), now).unwrap();
    rooms.opened(alive, Generation(1));
    for _ in 1..ROOMS_MAX {
        rooms.admit(wanted(RoomId::new_v7(), 1), now).unwrap();
    }

    let full = rooms.admit(wanted(RoomId::new_v7(), 1), now);
    let later = rooms.admit(wanted(RoomId::new_v7(), 1), now + REMEMBERED);

    assert_eq!(full, Err(Problem::NodeFull));
    assert_eq!(later, Ok(0));
    assert_eq!(rooms.worker_of(alive), Some(0));
    let state = rooms.lock();
    assert_eq!((state.placements.len(), state.used[0]), (2, 2));
}
