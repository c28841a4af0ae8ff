//! It should survive one crash after another on one data folder, at whatever moment each comes: everything that was
//! acknowledged is there, what got no answer happened wholly or not at all, and people meet again.
//!
//! ```text
//! a round:  people in the call, or not ─▶ commands in flight ─ ✕ kill ─▶ it runs again ─▶ whole? ─▶ unanswered commands
//!           told again, with their keys ─▶ exactly what was acknowledged? ─▶ they meet
//! ```
//!
//! Who dies, when, and what is asked for comes from a seed; how far the program is at that moment does not, so each run tries
//! other ones. A kill leaves what the kernel has already taken: a power cut is another story (SQLite syncs each commit).

mod flight;
mod ledger;

use client::Client;
use hyper::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use self::flight::{Moment, fly};
use self::ledger::{Job, Ledger};
use crate::support::database::Database;
use crate::support::people::{free_times, practitioner_id};
use crate::support::room::join_both_from;
use crate::support::{Answer, DEADLINE, Dice, Serve, Setup, Visit, gets, is_long, say, until};

/// Free times are taken from this many days: 72 visits each.
const DAYS: u64 = 7;

/// Who dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    ControlPlane,
    Node,
    /// Its parts then end by themselves, in order.
    Supervisor,
    /// All at once.
    Everybody,
}

use Victim::{ControlPlane, Everybody, Node, Supervisor};

impl Victim {
    fn takes_the_node(self) -> bool {
        self != ControlPlane
    }
}

/// The running system, its people, and what they were told.
struct World {
    serve: Serve,
    database: Database,
    dice: Dice,
    visit: Visit,
    practitioners: [String; 2],
    ledger: Ledger,
    /// Those who are in the call now.
    call: Option<[Client; 2]>,
    /// The placement that the next join leads to, or a later one.
    placement: u64,
    /// Commands so far, and of them those that a crash left without an answer, and of these those that had happened.
    told: [usize; 3],
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_lost_that_was_acknowledged_and_nothing_half_done() {
    let (seeds, rounds) = if is_long() { (1..=3, 20) } else { (1..=1, 4) };
    for seed in seeds {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::start(folder.path(), seed).await;
        let mut victims = Vec::new();
        for round in 0..rounds {
            if victims.is_empty() {
                victims = vec![ControlPlane, Node, Supervisor, Everybody];
            }
            let victim = world.dice.take(&mut victims);
            say!("seed {seed}, round {round}: {victim:?}");
            world = world.round(victim).await;
        }
        let [all, unanswered, had_happened] = world.told;
        say!("seed {seed}: {all} commands, {unanswered} unanswered, of which {had_happened} had happened");
    }
}

impl World {
    async fn start(folder: &std::path::Path, seed: u64) -> Self {
        let serve = Serve::demo(folder).await;
        let mut visit = Visit::now(&serve).await;
        let practitioners = [
            practitioner_id(&mut visit.patient, "General practice").await,
            practitioner_id(&mut visit.patient, "Physiotherapy").await,
        ];
        let mut ledger = Ledger::default();
        ledger.note(&visit.booked);
        let mut world = Self {
            database: Database::of(&serve.data),
            serve,
            dice: Dice::new(seed),
            visit,
            practitioners,
            ledger,
            call: None,
            placement: 1,
            told: [0; 3],
        };
        world.meet().await;
        world
    }

    async fn round(mut self, victim: Victim) -> Self {
        if self.call.is_none() && self.dice.once_in(2) {
            self.meet().await;
        }
        let jobs = self.plan().await;
        let moment = Moment::choose(&mut self.dice, jobs.len());
        say!(
            "  {} commands, {moment:?}, {} in the call",
            jobs.len(),
            if self.call.is_some() { "two" } else { "nobody" }
        );
        let condemned = condemned(&self.serve, victim);
        let kill = || condemned.iter().for_each(|pid| kill_process(*pid, Signal::KILL).unwrap());
        let answers = fly(&self.visit.patient, &jobs, moment, &self.database, kill).await;
        if victim == Node {
            assert!(answers.iter().all(Option::is_some), "the control plane needs no node for this");
        }
        if victim == ControlPlane {
            self.call_goes_on().await;
        }
        self = self.recover(victim).await;
        self.settle(&jobs, answers).await;
        self.meet().await;
        if self.dice.once_in(2) {
            for who in self.call.take().into_iter().flatten() {
                who.leave().await;
            }
        }
        self
    }

    /// What is asked for in one flight: no two commands about the same visit, but for two that want the same time.
    async fn plan(&mut self) -> Vec<Job> {
        let mut times = free_times(&mut self.visit.patient, &self.practitioners[0], DAYS).await.split_off(2);
        let mut booked = self.ledger.to_come(&self.visit.booked);
        let mut jobs = Vec::new();
        for _ in 0..4 + self.dice.below(4) {
            let practitioner = self.practitioners[self.dice.below(2)].clone();
            jobs.push(Job::book(practitioner, self.dice.take(&mut times)));
        }
        let rival = jobs[self.dice.below(jobs.len())].rival();
        jobs.push(rival);
        for _ in 0..2 {
            if !booked.is_empty() && self.dice.once_in(2) {
                jobs.push(Job::cancel(self.dice.take(&mut booked)));
            }
            if !booked.is_empty() {
                let id = self.dice.take(&mut booked);
                jobs.extend(self.ledger.may_invite(&id).then(|| Job::invite(id)));
            }
        }
        self.dice.shuffle(&mut jobs);
        jobs
    }

    /// Those in the call do not notice that the control plane is away; they can even come back.
    async fn call_goes_on(&mut self) {
        let Some([patient, practitioner]) = &mut self.call else { return };
        if self.dice.once_in(2) {
            patient.drop_signalling().await;
            patient.resume().await.unwrap();
            patient.connected(DEADLINE).await.unwrap();
        }
        gets(patient, practitioner.seat(), 20).await;
        gets(practitioner, patient.seat(), 20).await;
    }

    /// Waits until what died runs again; an operator starts it where nobody else does.
    async fn recover(mut self, victim: Victim) -> Self {
        if victim.takes_the_node() {
            self.call = None;
            // Whoever was placed before is placed anew.
            self.placement += 1;
        }
        let serve = match victim {
            Supervisor | Everybody => start_again(self.serve).await,
            ControlPlane | Node => self.serve,
        };
        until("both parts run", async || {
            let runs = |part: &&str| serve.program.part(part).is_some();
            ["control-plane", "media-server"].iter().all(runs).then_some(())
        })
        .await;
        let mut browser = serve.browser();
        until("it answers", async || {
            let answer = browser.send(Method::GET, "/readyz", None).await.ok()?;
            (answer.status == 200).then_some(())
        })
        .await;
        Self { serve, ..self }
    }

    /// Compares what is there with what was acknowledged.
    async fn settle(&mut self, jobs: &[Job], answers: Vec<Option<Answer>>) {
        let patient = &mut self.visit.patient;
        patient.get("/api/session").await.expect(200);
        self.visit.practitioner.get("/api/session").await.expect(200);
        self.database.expect_whole().await;
        let there = Ledger::read(patient).await;
        self.told[0] += jobs.len();
        for (job, answer) in jobs.iter().zip(answers) {
            let answer = match answer {
                Some(answer) => {
                    let (is_there, is_done) = (there.shows(job), answer.status.is_success());
                    assert_eq!(is_there, is_done, "acknowledged: {answer:?}");
                    answer
                }
                None => {
                    let happened = there.shows(job);
                    self.told[1] += 1;
                    self.told[2] += usize::from(happened);
                    let again = job.tell(patient).await.unwrap();
                    assert!(!happened || again.status.is_success(), "it had happened: {again:?}");
                    again
                }
            };
            // Told again, an acknowledged command is answered as before, and nothing more.
            let again = job.tell(patient).await.unwrap();
            assert_eq!((again.status, &again.text), (answer.status, &answer.text));
            self.ledger.settle(job, answer);
        }
        self.ledger.expect_no_time_refused_to_both(jobs);
        assert_eq!(Ledger::read(patient).await, self.ledger, "exactly what was acknowledged");
        self.database.expect_whole().await;
        if let Some(secret) = self.ledger.any_link(&mut self.dice) {
            patient.stranger().post("/api/guest", json!({ "secret": secret })).await.expect(200);
        }
    }

    /// Both are in the call and hear and see each other.
    async fn meet(&mut self) {
        if self.call.is_none() {
            let (placement, call) = join_both_from(&mut self.visit, self.placement).await;
            (self.placement, self.call) = (placement, Some(call));
        }
        let Some([patient, practitioner]) = &self.call else { return };
        gets(patient, practitioner.seat(), 20).await;
        gets(practitioner, patient.seat(), 20).await;
        until("the visit is known to run", async || {
            (self.visit.state().await == "in_progress").then_some(())
        })
        .await;
        self.ledger.note(&self.visit.seen().await);
    }
}

/// Who is killed, in this order. Looked up before: the moment is now or never.
fn condemned(serve: &Serve, victim: Victim) -> Vec<Pid> {
    let program = &serve.program;
    let part = |part| program.part(part).unwrap();
    match victim {
        ControlPlane => vec![part("control-plane")],
        Node => vec![part("media-server")],
        Supervisor => vec![program.pid()],
        // First the one that would start the others again.
        Everybody => vec![program.pid(), part("control-plane"), part("media-server")],
    }
}

/// On the same folder and ports.
async fn start_again(mut serve: Serve) -> Serve {
    serve.program.ended().await;
    until("its ports are free", async || serve.ports.are_free().then_some(())).await;
    Setup::with_ports(&serve.data, serve.ports).demo().start().await
}
