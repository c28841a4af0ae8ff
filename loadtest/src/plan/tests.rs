use std::path::Path;

use super::*;

fn plan(load: &str) -> Plan {
    let text = format!("description = \"a test\"\nseed = 7\n{load}");
    Plan::of(&Scenario::parse(&text, Path::new("test.toml")).unwrap())
}

const MANY: &str =
    "[load]\nkind = \"consultations\"\nconsultations = 50\nparticipants = [2, 4]\nramp_s = 10\nhold_s = 20";
const DAY: &str = "[load]\nkind = \"clinic-day\"\nday_s = 600\nvisits_per_minute = 60\nvisit_s = 20.0\nno_show_share = 0.1\nreconnect_share = 0.25";

#[test]
fn the_same_seed_gives_the_same_schedule_and_another_seed_another() {
    assert_eq!(plan(DAY), plan(DAY));

    let other =
        Scenario::parse(&format!("description = \"a test\"\nseed = 8\n{DAY}"), Path::new("t")).unwrap();

    assert_ne!(plan(DAY), Plan::of(&other));
}

#[test]
fn consultations_begin_evenly_and_last_until_the_end() {
    let plan = plan(MANY);

    assert_eq!(plan.rooms, 50);
    let people = plan.bots.len();
    assert!((100..=200).contains(&people), "{people}");
    assert!(plan.bots.iter().all(|bot| bot.leaves == secs(30.0) && bot.joins < secs(10.0)));
    let early = plan.bots.iter().filter(|bot| bot.joins < secs(5.0)).count();
    assert!((people * 2 / 5..people * 3 / 5).contains(&early), "{early} of {people}");
    for room in 0..50 {
        let there: Vec<_> = plan.bots.iter().filter(|bot| bot.room == room).collect();
        assert!((2..=4).contains(&there.len()));
        assert!(there.iter().all(|bot| bot.others as usize == there.len() - 1));
    }
}

#[test]
fn visits_follow_each_other_by_the_clock() {
    let plan = plan(&MANY.replace("hold_s = 20", "hold_s = 50\nvisit_s = 15"));

    // Sixty seconds for the first of them, fifty for the last.
    assert!((150..=200).contains(&plan.rooms), "{}", plan.rooms);
    for bot in &plan.bots {
        let len = (bot.leaves - bot.joins).as_secs_f64();
        assert!((0.0..=15.0).contains(&len), "{bot:?}");
    }
}

#[test]
fn a_round_is_one_room() {
    let plan = plan("[load]\nkind = \"round\"\npublishers = 1\nsubscribers = 100\nramp_s = 10\nhold_s = 20");

    assert_eq!((plan.rooms, plan.bots.len()), (1, 101));
    assert_eq!(plan.bots.iter().filter(|bot| bot.sends).count(), 1);
    assert!(plan.bots[0].sends && plan.bots[0].joins.is_zero());
    assert!(plan.bots.iter().skip(1).all(|bot| bot.others == 1));
}

#[test]
fn a_day_has_about_as_many_visits_as_it_is_asked_for() {
    let plan = plan(DAY);

    // Ten minutes of sixty; the standard deviation is 24.
    assert!((500..=700).contains(&plan.rooms), "{}", plan.rooms);
    let missed = 2 * plan.rooms as usize - plan.bots.len();
    assert!((30..=100).contains(&missed), "{missed}");
    let back = plan.bots.iter().filter(|bot| bot.reconnects.is_some()).count();
    assert!((plan.bots.len() / 5..plan.bots.len() / 3).contains(&back), "{back}");
    assert!(plan.bots.iter().all(|bot| bot.reconnects.is_none_or(|at| bot.joins <= at && at <= bot.leaves)));
}

#[test]
fn networks_get_their_share() {
    let networks = "[[network]]\nname = \"mobile\"\nshare = 0.25\n[[network]]\nname = \"far\"\nshare = 0.5";
    let plan = plan(&format!("{DAY}\n{networks}"));

    let share = |network| {
        let behind = plan.bots.iter().filter(|bot| bot.network == network).count();
        behind as f64 / plan.bots.len() as f64
    };
    for (network, meant) in [(Some(0), 0.25), (Some(1), 0.5), (None, 0.25)] {
        assert!((share(network) - meant).abs() < 0.05, "{network:?}: {}", share(network));
    }
}
