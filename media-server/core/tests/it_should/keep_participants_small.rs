//! What a participant holds of the node's memory is bounded, whatever the call is: a node of 1 GiB carries a clinic.

use media_core::Command;

use crate::support::layers::{RIDS, frame};
use crate::support::{Browser, KEY_FRAME, Media, OfferText, World, camera, grant, keys, microphone, ms};

/// Three layers of a camera and a microphone, and lanes for three others, of whom one shows a screen.
const SEATS: u128 = 4;
/// A participant's share, in bytes.
const MOST: i64 = 400 * 1024;

/// What the core holds more of after this.
fn held(act: impl FnOnce()) -> i64 {
    allocation_counter::measure(act).bytes_current
}

fn joins(world: &mut World, number: u128) -> (Browser, i64) {
    let mut offer = OfferText::new().sends("m", false, Some(number as u32 * 100 + 1)).sends_layers(
        "c",
        &RIDS,
        "send l;m;h",
    );
    for at in 0..SEATS {
        offer = offer.receives(&format!("a{at}"), false).receives(&format!("v{at}"), true);
    }
    let peer = world.peer_id();
    let join = Command::Join {
        peer,
        grant: grant(number),
        offer: offer.text(),
        tracks: vec![microphone("m"), camera("c")],
    };
    let now = world.now();
    let mut bytes = held(|| world.core.handle_command(now, join));
    world.drain();
    let mut browser = world.browser(peer, grant(number).seat, offer);
    let (path, mut check) = (browser.path, browser.check(true));
    bytes += held(|| world.core.handle_datagram(now, path, &mut check));
    let (ours, theirs) = keys(peer);
    browser.media = Some(Media::new(&theirs));
    bytes += held(|| world.core.handle_command(now, Command::Handshaken { peer, result: Ok(ours) }));
    world.drain();
    (browser, bytes)
}

#[test]
fn at_most_400_kib_each_in_a_call_of_four_with_three_layers() {
    let mut world = World::new();
    let mut bytes = 0;
    let mut people: Vec<Browser> = (1..=SEATS)
        .map(|number| {
            let (browser, held) = joins(&mut world, number);
            bytes += held;
            browser
        })
        .collect();

    for number in 0..300 {
        for browser in &mut people {
            let mut datagrams = vec![browser.audio(number)];
            let payload = [KEY_FRAME, &[7; 1000]].concat();
            datagrams.extend((0..RIDS.len()).map(|layer| frame(browser, layer, number, &payload)));
            let (now, path) = (world.now(), browser.path);
            bytes += held(|| {
                for datagram in &mut datagrams {
                    world.core.handle_datagram(now, path, datagram);
                }
                world.core.flush(now);
            });
            world.drain();
        }
        let end = world.now() + ms(33);
        while let Some(due) = world.core.poll_timeout().filter(|due| *due <= end) {
            world.time.advance_to(due);
            bytes += held(|| world.core.handle_timeout(due));
            world.drain();
        }
        world.time.advance_to(end);
        world.sent.clear();
    }

    let each = bytes / i64::try_from(SEATS).unwrap();
    assert!(world.core.counters().forwarded > 5000, "{:?}", world.core.counters());
    assert!((200 * 1024..=MOST).contains(&each), "{} KiB each", each / 1024);
}
