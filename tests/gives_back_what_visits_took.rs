//! It should give back what visits took, however often people come, go, fall out and come back: rooms, seats, sockets,
//! descriptors, threads, memory; and lose nothing of what they say on the way.
//!
//! ```text
//! a season:  three visits are booked ─▶ rounds ─▶ the practitioner ends them
//! a round:   everybody comes ─▶ as many seats, peers, sockets ─▶ steps from a seed in each room ─▶ everybody goes ─▶ none of
//!            them ─▶ the parts are measured
//! ```
//!
//! A leak of a descriptor or a thread shows in a few rounds. Memory is judged in the long run only: in the first rounds
//! allocators, caches and connection pools fill.

mod parts;
mod room;

use serde_json::{Value, json};

use self::parts::{Measure, judge};
use self::room::{Loss, Room};
use crate::support::people::{book_at, book_now, free_times, practitioner_id};
use crate::support::program::{bedside, run_with_input};
use crate::support::{Browser, Dice, Serve, is_long, say, until};

/// Visits at once.
const ROOMS: usize = 3;
/// Things that happen in each room in each round.
const STEPS: usize = 3;
const PASSWORD: &str = "a long enough password";

#[tokio::test(flavor = "multi_thread")]
async fn round_after_round_without_a_lost_packet() {
    let (seasons, rounds) = if is_long() { (9, 12) } else { (2, 2) };
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    let mut dice = Dice::new(1);
    let dropped_before = dropped_by_the_kernel();
    let (mut measures, mut loss) = (Vec::new(), Loss::default());

    for season in 0..seasons {
        let mut rooms = three_visits(&serve, season, &mut dice).await;
        for round in 0..rounds {
            in_each(&mut rooms, async |room| room.everybody_comes().await).await;
            let people = rooms.iter().map(Room::people).sum();
            holds(&serve, ROOMS, people).await;
            in_each(&mut rooms, async |room| {
                for _ in 0..STEPS {
                    room.step().await;
                }
            })
            .await;
            let is_last = round + 1 == rounds;
            in_each(
                &mut rooms,
                async |room| {
                    if is_last { room.is_ended().await } else { room.everybody_leaves().await }
                },
            )
            .await;
            // An empty room is kept for a while for who may come back, one that was ended is not.
            holds(&serve, if is_last { 0 } else { ROOMS }, 0).await;
            measures.push(Measure::take(&serve));
            say!("season {season}, round {round}: {people} people, {}", measures[measures.len() - 1]);
        }
        for room in &mut rooms {
            loss = loss + room.loss;
            until("the visit is over", async || (room.seen().await["state"] == "completed").then_some(()))
                .await;
            assert_eq!(room.seen().await["presence"], json!([]));
        }
    }

    let dropped = dropped_by_the_kernel() - dropped_before;
    say!("{loss:?}, the kernel dropped {dropped}");
    loss.expect_none(dropped);
    nothing_failed(&serve).await;
    judge(&serve, &measures).await;
}

/// Visits of one patient with one practitioner, short ones, all within the half hour before in which they can be joined.
async fn three_visits(serve: &Serve, season: usize, dice: &mut Dice) -> [Room; ROOMS] {
    let specialty = format!("Season {season}");
    let mut patient = newcomer(serve, "patient", &specialty).await;
    let mut practitioner = newcomer(serve, "practitioner", &specialty).await;
    let mut week = practitioner.get("/api/me/availability").await.expect(200);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    week["visit_minutes"] = json!(5);
    week["rules"] =
        days.map(|day| json!({ "weekday": day, "from": "00:00", "until": "24:00" })).as_slice().into();
    practitioner.put("/api/me/availability", week).await.expect(200);
    let id = practitioner_id(&mut patient, &specialty).await;
    let mut booked: Vec<Value> = vec![book_now(&mut patient, &id).await.expect(201)];
    for start in free_times(&mut patient, &id, 1).await.iter().take(2) {
        booked.push(book_at(&mut patient, &id, start).await.expect(201));
    }
    let mut rooms = Vec::new();
    for booked in booked {
        rooms.push(Room::of(&booked, patient.clone(), practitioner.clone(), dice.split()).await);
    }
    rooms.try_into().ok().unwrap()
}

/// Somebody of whom the clinic did not know, signed in.
async fn newcomer(serve: &Serve, role: &str, specialty: &str) -> Browser {
    let email = format!("{role}-{}@demo.example", specialty.replace(' ', "-"));
    let mut command = bedside();
    command.args(["admin", "create", "--clinic", "demo", "--role", role, "--name", role, "--email", &email]);
    command.args(["--specialty", specialty, "--data"]).arg(&serve.data);
    let ended = run_with_input(&mut command, &format!("{PASSWORD}\n"));
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let mut browser = serve.browser();
    browser.sign_in(&email, PASSWORD).await.expect(200);
    browser
}

/// Does something in all rooms at once.
async fn in_each(rooms: &mut [Room; ROOMS], act: impl AsyncFn(&mut Room)) {
    let [first, second, third] = rooms;
    tokio::join!(act(first), act(second), act(third));
}

/// Waits until the node holds exactly this.
async fn holds(serve: &Serve, rooms: usize, people: usize) {
    let names = ["bedside_rooms", "bedside_seats", "bedside_peers", "bedside_signal_sockets"];
    let expected = [rooms, people, people, people].map(|count| f64::from(u32::try_from(count).unwrap()));
    let mut last = [f64::NAN; 4];
    until(&format!("{expected:?} of {names:?}"), async || {
        let mut found = [f64::NAN; 4];
        for (found, name) in found.iter_mut().zip(names) {
            *found = serve.node_metric(name).await;
        }
        if std::mem::replace(&mut last, found) != found {
            say!("  {found:?} of {names:?}");
        }
        (found == expected).then_some(())
    })
    .await;
}

/// Datagrams, or runs of them, for which a socket of this network namespace had no room (`RcvbufErrors`).
fn dropped_by_the_kernel() -> u64 {
    let text = std::fs::read_to_string("/proc/net/snmp").unwrap();
    let mut udp = text.lines().filter_map(|line| line.strip_prefix("Udp: ")).map(|line| line.split(' '));
    let (names, numbers) = (udp.next().unwrap(), udp.next().unwrap());
    let dropped = names.zip(numbers).find(|(name, _)| *name == "RcvbufErrors");
    dropped.unwrap().1.parse().unwrap()
}

/// What must not happen on one machine with nobody hostile, by the programs' own counts.
async fn nothing_failed(serve: &Serve) {
    for name in [
        "bedside_worker_restarts_total",
        "bedside_worker_reports_lost_total",
        "bedside_spool_events",
        "bedside_spool_events_lost_total",
        "bedside_signal_slow_sockets_total",
        "bedside_handshake_datagrams_dropped_total",
        "bedside_receive_errors_total",
    ] {
        assert_eq!(serve.node_metric(name).await, 0.0, "{name}");
    }
    let metrics = Browser::open(serve.ports.metrics(), None).get("/metrics").await.text;
    let answers = |line: &&str| line.starts_with("bedside_http_requests_total{");
    let failed: Vec<&str> =
        metrics.lines().filter(answers).filter(|line| line.contains("status=\"5")).collect();
    assert!(failed.is_empty() && metrics.lines().any(|line| answers(&line)), "{failed:?}");
    let said = serve.program.said();
    assert!(!said.contains("ERROR") && !said.contains("panicked"), "{said}");
}
