//! It should forward of one stream that holds several sizes what each subscriber shows, so that it can be decoded, without a
//! gap in its numbers, and switch between sizes where the picture does not break.

use media_core::Command;
use netsim::Random;
use protocol::signal::{LaneView, ViewSize};
use rtp::{SeqNo, Ssrc};

use crate::support::scalable::{Made, Mode, Receiver, Sender};
use crate::support::{Browser, DELTA_FRAME, KEY_FRAME, OfferText, Vp9, World, camera, grant, ms, secs};

const MODES: [Mode; 2] = [Mode::Always, Mode::KeyFrames];

/// Anna's camera in three sizes, and those who watch.
struct Call {
    world: World,
    anna: Browser,
    sender: Sender,
    viewers: Vec<(Browser, Receiver)>,
    /// A key frame with the next moment.
    is_asked: bool,
    /// What was lost on the way to the node, and in which moment it comes again.
    lost: Vec<(u32, Made)>,
    moment: u32,
    loss: Option<Random>,
}

impl Call {
    fn new(mode: Mode, views: &[ViewSize]) -> Self {
        let mut world = World::new();
        let mut viewers: Vec<_> =
            (2..).zip(views).map(|(number, _)| (world.viewer(number), Receiver::default())).collect();
        let anna = world.scalable(1);
        let sender = Sender::new(mode, 102, 65_530);
        for ((browser, _), size) in viewers.iter_mut().zip(views) {
            view(&mut world, browser, *size);
        }
        Self { world, anna, sender, viewers, is_asked: true, lost: Vec::new(), moment: 0, loss: None }
    }

    fn view(&mut self, viewer: usize, size: ViewSize) {
        view(&mut self.world, &self.viewers[viewer].0, size);
    }

    /// So many moments, 33 ms each. Key frames are sent when they are asked for.
    fn play(&mut self, moments: u32) {
        for _ in 0..moments {
            let (again, later) = self.lost.drain(..).partition(|(due, _)| *due <= self.moment);
            self.lost = later;
            let again: Vec<(u32, Made)> = again;
            for (_, made) in again {
                let packet = self.sender.seal_again(&mut self.anna, &made);
                self.world.datagram(self.anna.path, &packet);
            }
            let is_key = std::mem::take(&mut self.is_asked);
            for made in self.sender.next(is_key) {
                if self.loss.as_mut().is_some_and(|random| random.chance(0.05)) && self.moment > 0 {
                    self.lost.push((self.moment + 3, made));
                    continue;
                }
                let packet = self.sender.seal(&mut self.anna, &made);
                self.world.datagram(self.anna.path, &packet);
            }
            self.moment += 1;
            self.world.advance(ms(33));
            self.collect();
        }
    }

    fn collect(&mut self) {
        for (browser, receiver) in &mut self.viewers {
            let sent = self.world.sent_to(browser.path);
            receiver.take(browser, sent);
        }
        let sent = self.world.sent_to(self.anna.path);
        let told = self.anna.open_rtcp(sent);
        self.is_asked |= told.iter().any(|packet| packet.starts_with("PictureLoss"));
    }

    fn shown(&self, viewer: usize) -> Vec<u8> {
        self.viewers[viewer].1.shown()
    }
}

fn view(world: &mut World, of: &Browser, size: ViewSize) {
    let lanes = vec![LaneView { mid: "v0".to_owned(), size }];
    world.command(Command::View { peer: of.peer, lanes });
}

#[test]
fn each_gets_exactly_the_size_it_shows() {
    for mode in MODES {
        let mut call = Call::new(mode, &[ViewSize::Thumbnail, ViewSize::Medium, ViewSize::Full]);

        call.play(60);

        for (viewer, size) in (0..3).zip(0..3_u8) {
            let (_, receiver) = &call.viewers[viewer];
            assert_eq!(call.shown(viewer), vec![size; 60], "{mode:?}");
            assert!(receiver.missing().is_empty(), "{mode:?}");
            assert_eq!(receiver.empty(), 0);
            let frames = receiver.frames();
            let sizes_below = frames.iter().filter(|frame| frame.spatial < size).count();
            let needed = if mode == Mode::Always { 60 } else { 1 };
            assert_eq!(sizes_below, needed * usize::from(size), "{mode:?}");
            // What is left out is said with the structure; who gets all of it needs no word.
            let all = (1 << 9) - 1;
            assert_eq!(frames[0].active, Some(all >> (3 * (2 - u32::from(size)))), "{mode:?}");
        }
        call.world.assert_nothing_lost_in_the_core();
    }
}

#[test]
fn a_larger_size_begins_with_a_key_frame_that_is_asked_for_at_once() {
    for mode in MODES {
        let mut call = Call::new(mode, &[ViewSize::Thumbnail]);
        call.play(60);

        call.view(0, ViewSize::Full);
        call.play(60);

        let shown = call.shown(0);
        assert_eq!(shown.len(), 120, "{mode:?}: no moment without a picture");
        let began = shown.iter().position(|size| *size == 2).unwrap();
        assert!((60..64).contains(&began), "{mode:?}: {began}");
        assert!(shown[began..].iter().all(|size| *size == 2) && shown[..began].iter().all(|size| *size == 0));
        assert!(call.viewers[0].1.missing().is_empty());
    }
}

#[test]
fn a_smaller_size_begins_with_the_next_moment_where_it_came_all_along() {
    let mut call = Call::new(Mode::Always, &[ViewSize::Full]);
    call.play(60);

    call.view(0, ViewSize::Thumbnail);
    call.play(30);

    let shown = call.shown(0);
    assert_eq!(shown, [vec![2; 60], vec![0; 30]].concat());
    assert!(!call.is_asked, "nothing is asked for");
    let frames = call.viewers[0].1.frames();
    assert_eq!(frames[60 * 3].active, Some(0b111), "it is said what is left");
}

#[test]
fn a_moment_that_has_begun_is_finished_in_its_size() {
    let mut call = Call::new(Mode::Always, &[ViewSize::Full]);
    call.play(10);

    for (at, made) in call.sender.next(false).into_iter().enumerate() {
        if at == 2 {
            call.view(0, ViewSize::Thumbnail);
        }
        let packet = call.sender.seal(&mut call.anna, &made);
        call.world.datagram(call.anna.path, &packet);
    }
    call.play(5);

    assert_eq!(call.shown(0), [vec![2; 11], vec![0; 5]].concat());
}

#[test]
fn a_smaller_size_that_did_not_come_begins_with_a_key_frame_and_the_picture_goes_on() {
    let mut call = Call::new(Mode::KeyFrames, &[ViewSize::Full]);
    call.play(60);

    call.view(0, ViewSize::Thumbnail);
    call.play(30);

    let shown = call.shown(0);
    assert_eq!(shown.len(), 90, "no moment without a picture");
    let began = shown.iter().position(|size| *size == 0).unwrap();
    assert!((60..64).contains(&began), "{began}");
    assert!(shown[began..].iter().all(|size| *size == 0));
}

#[test]
fn under_loss_what_comes_again_finds_its_place() {
    for (mode, seed) in [(Mode::Always, 1), (Mode::KeyFrames, 2), (Mode::Always, 3), (Mode::KeyFrames, 4)] {
        let mut call = Call::new(mode, &[ViewSize::Thumbnail, ViewSize::Medium, ViewSize::Full]);
        call.loss = Some(Random::new(seed));

        call.play(150);
        call.view(2, ViewSize::Thumbnail);
        call.view(0, ViewSize::Full);
        call.play(150);
        call.loss = None;
        call.play(6);

        for (viewer, ends) in [(0, 2), (1, 1), (2, 0)] {
            let (_, receiver) = &call.viewers[viewer];
            assert!(receiver.missing().is_empty(), "{mode:?} {seed}: {:?}", receiver.missing());
            let shown = call.shown(viewer);
            assert!(shown.len() >= 304, "{mode:?} {seed}: {} moments", shown.len());
            assert_eq!(shown.last(), Some(&ends), "{mode:?} {seed}");
        }
        assert!(call.viewers.iter().any(|(_, receiver)| receiver.empty() > 0), "of the sizes left out");
        call.world.assert_nothing_lost_in_the_core();
    }
}

#[test]
fn what_a_subscriber_asks_for_again_is_as_it_was() {
    let mut call = Call::new(Mode::Always, &[ViewSize::Medium]);
    call.play(10);
    let (browser, receiver) = &mut call.viewers[0];
    let before = receiver.frames();
    // Of the key frame, and of the last moment each packet.
    let last = receiver.count() - 3;
    let lost: Vec<u16> = [last + 1, last, last - 1, 0].map(|at| receiver.lose(at)).to_vec();
    let ssrc = browser.lane_ssrcs("v0")[0];
    let numbers: Vec<SeqNo> = lost.iter().rev().map(|number| SeqNo(*number)).collect();
    let nack = browser.rtcp(|writer| {
        writer.nack(Ssrc(1), Ssrc(ssrc), numbers).unwrap();
    });

    call.world.datagram(call.viewers[0].0.path, &nack);
    call.collect();

    assert_eq!(call.viewers[0].1.frames(), before);
}

#[test]
fn a_pause_ends_with_a_key_frame_and_without_a_gap() {
    let mut call = Call::new(Mode::KeyFrames, &[ViewSize::Full]);
    call.play(30);
    call.view(0, ViewSize::Hidden);
    call.play(5);
    let hidden = call.shown(0).len();

    call.view(0, ViewSize::Medium);
    call.play(40);

    assert_eq!(hidden, 30);
    let shown = call.shown(0);
    assert!(shown.len() >= 30 + 36 && shown[30..].iter().all(|size| *size == 1), "{shown:?}");
    assert!(call.viewers[0].1.missing().is_empty());
}

#[test]
fn a_size_that_its_publisher_gives_up_is_not_waited_for() {
    let mut call = Call::new(Mode::KeyFrames, &[ViewSize::Full]);
    call.play(30);

    call.sender.sizes = 2;
    call.is_asked = true;
    call.play(30);

    assert_eq!(call.shown(0), [vec![2; 30], vec![1; 30]].concat());
}

#[test]
fn it_is_sent_only_where_everybody_can_show_it() {
    let mut world = World::new();
    let anna = world.scalable(1);
    assert!(anna.section("c").starts_with("video 9 UDP/TLS/RTP/SAVPF 98 99\r\n"), "{}", anna.answer);
    assert!(anna.section("c").contains("dependency-descriptor"));

    // Ben cannot tell sizes apart.
    let mut offer = OfferText::new().receives("v0", true);
    offer.vp9 = Vp9::Untold;
    let ben = world.join(grant(2), offer, &[]);
    assert!(ben.section("v0").starts_with("video 9 UDP/TLS/RTP/SAVPF 96 97 109 114\r\n"), "{}", ben.answer);
    world.advance(secs(1));
    assert!(world.closed(anna.peer).is_some(), "she is to come back");
    let mut offer = OfferText::new().sends("c", true, Some(302));
    offer.vp9 = Vp9::First;
    let again = world.join(grant(3), offer, &[camera("c")]);

    assert!(again.section("c").starts_with("video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"), "{}", again.answer);
    assert!(!again.section("c").contains("dependency-descriptor"), "of no use");
}

#[test]
fn a_camera_that_turns_to_another_codec_has_the_sizes_of_that_one() {
    for (shows, target) in [(ViewSize::Full, 2), (ViewSize::Thumbnail, 0)] {
        let mut call = Call::new(Mode::KeyFrames, &[shows]);
        call.play(60);
        assert_eq!(call.shown(0).last(), Some(&target));
        let offer = OfferText::new().without_feedback().sends("c", true, Some(102));

        let peer = call.anna.peer;
        call.world.command(Command::Offer { peer, offer: offer.text(), tracks: vec![camera("c")] });
        call.anna.offer = offer;
        let next = call.sender.next(false)[0].sequence;
        let (ben, _) = &mut call.viewers[0];
        call.world.sent_to(ben.path);
        for at in 0..60 {
            let frame = call.anna.video(next.wrapping_add(at), if at == 0 { KEY_FRAME } else { DELTA_FRAME });
            call.world.datagram(call.anna.path, &frame);
            call.world.advance(ms(33));
        }

        let sent = call.world.sent_to(ben.path);
        let came = ben.open(sent).into_iter().filter(|packet| packet.payload_type == 96).count();
        assert_eq!(came, 60, "all of one stream, whatever is shown of it");
        call.world.assert_nothing_lost_in_the_core();
    }
}

#[test]
fn of_streams_of_a_size_each_one_is_taken_that_is_to_hold_all() {
    let mut world = World::new();
    let mut offer = OfferText::new().sends_layers("c", &["l", "m", "h"], "send l;m;h");
    offer.vp9 = Vp9::First;

    let anna = world.join(grant(1), offer, &[camera("c")]);

    let camera = anna.section("c");
    assert!(camera.starts_with("video 9 UDP/TLS/RTP/SAVPF 98 99\r\n"), "{camera}");
    assert!(camera.contains("a=rid:l recv\r\na=simulcast:recv l\r\n"), "{camera}");
}

#[test]
fn another_publishers_frames_go_on_in_the_count_of_the_lane() {
    let mut call = Call::new(Mode::Always, &[ViewSize::Full]);
    call.play(10);
    // Anna goes, and Carl comes with a count of his own far behind.
    let peer = call.anna.peer;
    call.world.command(Command::Leave { peer });
    call.anna = call.world.scalable(7);
    call.sender = Sender::new(Mode::Always, 702, 40_000);
    call.is_asked = true;
    call.play(10);

    let frames = call.viewers[0].1.frames();

    let steps: Vec<_> = frames.windows(2).map(|pair| pair[1].number.wrapping_sub(pair[0].number)).collect();
    assert_eq!(frames.len(), 60);
    assert!(steps.iter().all(|step| *step == 1), "{steps:?}");
}
