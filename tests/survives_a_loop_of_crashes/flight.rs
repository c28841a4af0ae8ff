//! Commands that are under way all at once while somebody dies.

use tokio::task::{JoinSet, yield_now};

use super::ledger::Job;
use crate::support::database::Database;
use crate::support::{Answer, Browser, Dice};

/// When the kill comes. The rest of the flight is under way then.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// When so many answers have arrived.
    Answered(usize),
    /// When so many transactions were committed, answered or not.
    Committed(u32),
}

impl Moment {
    pub(super) fn choose(dice: &mut Dice, jobs: usize) -> Self {
        if dice.once_in(2) {
            Self::Answered(dice.below(jobs))
        } else {
            Self::Committed(u32::try_from(1 + dice.below(jobs)).unwrap())
        }
    }
}

/// Tells all commands at once, kills at the moment, and returns the answers that came before or nevertheless.
pub(super) async fn fly(
    patient: &Browser,
    jobs: &[Job],
    moment: Moment,
    database: &Database,
    kill: impl FnOnce(),
) -> Vec<Option<Answer>> {
    let before = database.commits();
    let mut under_way = JoinSet::new();
    for (at, job) in jobs.iter().cloned().enumerate() {
        let mut patient = patient.clone();
        under_way.spawn(async move { (at, job.tell(&mut patient).await) });
    }
    let mut answers: Vec<Option<Answer>> = jobs.iter().map(|_| None).collect();
    let mut answered = 0;
    loop {
        let has_come = match moment {
            Moment::Answered(count) => answered >= count,
            Moment::Committed(count) => database.commits().wrapping_sub(before) >= count,
        };
        if has_come || under_way.is_empty() {
            break;
        }
        match under_way.try_join_next() {
            Some(ended) => {
                let (at, answer) = ended.unwrap();
                answers[at] = Some(answer.unwrap());
                answered += 1;
            }
            None => yield_now().await,
        }
    }
    kill();
    while let Some(ended) = under_way.join_next().await {
        let (at, answer) = ended.unwrap();
        answers[at] = answer.ok();
    }
    answers
}
