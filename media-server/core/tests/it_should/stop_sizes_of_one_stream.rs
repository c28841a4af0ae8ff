//! It should tell the publisher of one stream in several sizes how many of them are watched: to stop one after a while, to start
//! one at once; and a size that comes again is shown from its first key frame on.

use media_core::Command;
use protocol::signal::{LaneView, ViewSize};

use crate::support::scalable::{Mode, Receiver, Sender};
use crate::support::{Browser, World, ms};

const MODES: [Mode; 2] = [Mode::Always, Mode::KeyFrames];
/// A moment of 30 a second.
const MOMENT_MS: u32 = 33;
/// Between what the node says and the first key frame of another mode: a quarter of the way there, and an encoder.
const OBEYS_AFTER: u32 = 3;

/// Anna's camera, whose browser does as it is told, and somebody who watches.
struct Call {
    world: World,
    anna: Browser,
    sender: Sender,
    viewer: (Browser, Receiver),
    is_asked: bool,
    /// What she was told, and when she does so.
    told: Vec<u8>,
    due: Vec<(u32, u8)>,
    obeys_after: u32,
    moment: u32,
}

impl Call {
    fn new(mode: Mode) -> Self {
        let mut world = World::new();
        let viewer = (world.viewer(2), Receiver::default());
        let anna = world.scalable(1);
        let sender = Sender::new(mode, 102, 1);
        let (told, due) = (Vec::new(), Vec::new());
        Self { world, anna, sender, viewer, is_asked: true, told, due, obeys_after: OBEYS_AFTER, moment: 0 }
    }

    fn view(&mut self, size: ViewSize) {
        let (peer, lanes) = (self.viewer.0.peer, vec![LaneView { mid: "v0".to_owned(), size }]);
        self.world.command(Command::View { peer, lanes });
    }

    fn play(&mut self, moments: u32) {
        for _ in 0..moments {
            for sizes in self.world.told_sizes(self.anna.peer) {
                self.told.push(sizes);
                self.due.push((self.moment + self.obeys_after, sizes));
            }
            let (due, later) = self.due.drain(..).partition(|(at, _)| *at <= self.moment);
            self.due = later;
            let due: Vec<(u32, u8)> = due;
            for (_, sizes) in due {
                self.sender.go_on_in(sizes);
                self.is_asked = true;
            }
            let is_key = self.sender.sizes > 0 && std::mem::take(&mut self.is_asked);
            for made in self.sender.next(is_key) {
                let packet = self.sender.seal(&mut self.anna, &made);
                self.world.datagram(self.anna.path, &packet);
            }
            self.moment += 1;
            self.world.advance(ms(u64::from(MOMENT_MS)));
            let (browser, receiver) = &mut self.viewer;
            let sent = self.world.sent_to(browser.path);
            receiver.take(browser, sent);
            let sent = self.world.sent_to(self.anna.path);
            let told = self.anna.open_rtcp(sent);
            self.is_asked |= told.iter().any(|packet| packet.starts_with("PictureLoss"));
        }
    }

    fn shown(&self) -> Vec<u8> {
        self.viewer.1.shown()
    }
}

#[test]
fn what_nobody_watches_stops_after_a_while_and_starts_at_once() {
    for mode in MODES {
        let mut call = Call::new(mode);
        call.play(60);
        call.view(ViewSize::Thumbnail);
        call.play(1500 / MOMENT_MS);
        assert!(call.told.is_empty(), "{mode:?}: a stop waits: {:?}", call.told);
        call.play(1500 / MOMENT_MS);
        assert_eq!(call.told, [1], "{mode:?}");

        call.view(ViewSize::Full);
        let before = call.shown().len();
        call.play(500 / MOMENT_MS);

        assert_eq!(call.told, [1, 3], "{mode:?}");
        let shown = call.shown();
        assert_eq!(shown.last(), Some(&2), "{mode:?}: within 500 ms");
        assert_eq!(shown.len() - before, 500 / MOMENT_MS as usize, "{mode:?}: no moment without a picture");
        let began = shown[before..].iter().position(|size| *size == 2).unwrap();
        assert!(began <= OBEYS_AFTER as usize + 1, "{mode:?}: with the first key frame of it: {began}");
        assert!(call.viewer.1.missing().is_empty(), "{mode:?}");
        call.world.assert_nothing_lost_in_the_core();
    }
}

#[test]
fn a_middle_size_needs_two_and_a_hidden_one_none() {
    for mode in MODES {
        let mut call = Call::new(mode);
        call.play(60);

        call.view(ViewSize::Medium);
        call.play(90);
        let medium = call.shown();
        call.view(ViewSize::Hidden);
        call.play(90);
        let hidden = call.shown().len();
        call.view(ViewSize::Full);
        call.play(500 / MOMENT_MS);

        assert_eq!(call.told, [2, 0, 3], "{mode:?}");
        assert_eq!(medium.last(), Some(&1), "{mode:?}");
        assert_eq!(call.sender.sizes, 3, "{mode:?}");
        let shown = call.shown();
        assert!(shown.len() > hidden && shown[hidden..].iter().all(|size| *size == 2), "{mode:?}: {shown:?}");
    }
}

#[test]
fn who_is_alone_sends_nothing_and_who_comes_sees_all_sizes() {
    let mut world = World::new();
    let anna = world.scalable(1);
    // Nothing has come of her camera: how many sizes it has is not known.
    world.advance(ms(3000));
    assert_eq!(world.told_sizes(anna.peer), [0]);

    let ben = world.viewer(2);
    world.advance(ms(100));

    assert_eq!(world.told_sizes(anna.peer), [3]);
    let lanes = vec![LaneView { mid: "v0".to_owned(), size: ViewSize::Thumbnail }];
    world.command(Command::View { peer: ben.peer, lanes });
    world.advance(ms(3000));
    assert_eq!(world.told_sizes(anna.peer), [1]);
}

#[test]
fn a_publisher_who_has_fewer_sizes_is_believed() {
    let mut call = Call::new(Mode::KeyFrames);
    call.sender.go_on_in(1);

    call.play(120);

    assert_eq!(call.shown(), [0; 120]);
    assert!(call.told.len() <= 1, "there is nothing to start: {:?}", call.told);
}

/// Until she has heard that more is wanted, the key frames that she sends know of one size only.
#[test]
fn who_hears_late_that_more_is_wanted_sends_it_all_the_same() {
    for mode in MODES {
        let mut call = Call::new(mode);
        call.play(60);
        call.view(ViewSize::Thumbnail);
        call.play(90);
        assert_eq!((call.told.as_slice(), call.sender.sizes), (&[1][..], 1), "{mode:?}");
        call.obeys_after = 5000 / MOMENT_MS;

        call.view(ViewSize::Full);
        call.play(10);
        call.is_asked = true;
        call.play(6000 / MOMENT_MS);

        assert_eq!(call.told, [1, 3], "{mode:?}");
        assert_eq!(call.shown().last(), Some(&2), "{mode:?}");
    }
}
