//! A published track: what is known about it, and its layers.

use std::time::Instant;

use arrayvec::ArrayVec;
use protocol::signal::{Kind, Source, Track as TrackDescription};
use protocol::{SeatId, TrackId};
use rtp::codec::FrameFacts;
use rtp::{Bitrate, ClockRate, PayloadType};

use super::asked::Asked;
use super::layer::{GAP_MAX, Receiving, TrackLayer};
use super::scalable::Scalable;
use crate::cache::CacheSize;
use crate::keys::PeerKey;
use crate::packet::{Codec, Dependency, LAYERS_MAX, Layer, Layers};
use crate::peer::negotiation::TrackOffer;
use crate::quality::freeze::{Flow, Freeze};
use crate::receive::uplink::Pictures;
use crate::sdp::OfferedCodec;

pub(crate) struct Track {
    pub(crate) id: TrackId,
    pub(crate) seat: SeatId,
    pub(crate) peer: PeerKey,
    pub(crate) mid: String,
    pub(crate) source: Source,
    /// False while muted: nothing of it is forwarded, whatever comes.
    pub(crate) is_active: bool,
    /// Its seat waits to be let in: nothing of it is forwarded or heard.
    pub(crate) is_waiting: bool,
    /// The order of publication within the peer.
    pub(crate) published: usize,
    /// How its publisher numbers codecs.
    pub(crate) codecs: Vec<OfferedCodec>,
    /// Lowest first; never empty.
    pub(crate) layers: ArrayVec<TrackLayer, LAYERS_MAX>,
    pub(crate) asked: Asked,
    /// What of it its publisher's way is thought to carry, where it is a picture in layers.
    pub(crate) pictures: Pictures,
    /// The highest layer that anybody is shown while the worker sheds load; `None` for none.
    pub(crate) allowed: Option<Layer>,
    pub(crate) freeze: Freeze,
    /// The sizes that its one stream holds, from the first descriptor on.
    pub(crate) scalable: Option<Box<Scalable>>,
}

/// What the layers of a 720p camera take, by how many there are. One alone is sent until it shows what it takes.
const USUAL: [&[Bitrate]; LAYERS_MAX] = [
    &[Bitrate::from_kbps(150)],
    &[Bitrate::from_kbps(250), Bitrate::from_kbps(1200)],
    &[Bitrate::from_kbps(150), Bitrate::from_kbps(500), Bitrate::from_kbps(1500)],
];

/// The highest layer that a track can have.
const TOP: Layer = Layer(LAYERS_MAX as u8 - 1);

/// What a 720p camera takes at its best.
const USUAL_BEST: Bitrate = Bitrate::from_kbps(1500);

/// What a payload type of the publisher means on a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Media(Codec),
    Retransmission(Codec),
    /// A packet with earlier ones before it (RFC 2198).
    Redundant(Codec),
}

impl Track {
    pub(crate) fn new(
        id: TrackId,
        (seat, peer): (SeatId, PeerKey),
        published: usize,
        offer: &TrackOffer,
    ) -> Self {
        let sent = (0..).map(Layer).zip(&offer.layers);
        let mut sent = sent.fold(Layers::NONE, |sent, (layer, offer)| sent.with(layer, !offer.is_paused));
        // The sizes of one stream begin all together.
        if is_scalable(&offer.codecs) && !sent.is_empty() {
            sent = Layers::up_to(Some(TOP));
        }
        Self {
            id,
            seat,
            peer,
            mid: offer.mid.clone(),
            source: offer.source,
            is_active: offer.is_active,
            is_waiting: false,
            published,
            codecs: offer.codecs.clone(),
            layers: offer.layers.iter().map(TrackLayer::new).collect(),
            asked: Asked::new(sent),
            pictures: Pictures::All,
            allowed: Some(TOP),
            freeze: Freeze::default(),
            scalable: None,
        }
    }

    /// Whether a later offer describes the same track with the same streams, so that it goes on as it is. In another codec it is
    /// another track: sizes, caches and what was asked for are of the codec before.
    pub(crate) fn is_as(&self, offer: &TrackOffer) -> bool {
        let is_same = |(known, offered): (&TrackLayer, &crate::peer::negotiation::LayerOffer)| {
            known.rid == offered.rid && (offered.ssrc.is_none() || offered.ssrc == known.ssrc)
        };
        offer.mid == self.mid
            && offer.source == self.source
            && offer.layers.len() == self.layers.len()
            && self.layers.iter().zip(&offer.layers).all(is_same)
            && self.codecs.iter().map(|known| known.codec).eq(offer.codecs.iter().map(|codec| codec.codec))
    }

    /// A layer; the sizes of one stream have one together.
    pub(crate) fn layer(&self, layer: Layer) -> Option<&TrackLayer> {
        self.layers.get(self.stream_of(layer).index())
    }

    pub(crate) fn layer_mut(&mut self, layer: Layer) -> Option<&mut TrackLayer> {
        let stream = self.stream_of(layer);
        self.layers.get_mut(stream.index())
    }

    fn stream_of(&self, layer: Layer) -> Layer {
        if self.layers.len() == 1 { Layer::BASE } else { layer }
    }

    /// How many layers or sizes it has. Before a descriptor has said so, its one stream may hold all that there can be.
    fn sizes(&self) -> usize {
        match &self.scalable {
            Some(scalable) => scalable.sizes(),
            None if self.is_scalable() => LAYERS_MAX,
            None => self.layers.len(),
        }
    }

    /// Reads what a packet's dependency descriptor says, by the structure before it. `None` where that has not come.
    pub(crate) fn read_dependency(
        &mut self,
        descriptor: Option<&[u8]>,
        now: Instant,
    ) -> Option<(Dependency, FrameFacts)> {
        let scalable = self.scalable.get_or_insert_with(|| Box::new(Scalable::new(now)));
        // What its publisher was told to leave out is missing in the structure, and comes back when it is wanted.
        let is_whole = self.asked.told().contains(TOP);
        let read = descriptor.and_then(|data| scalable.read(data, is_whole));
        if read.is_none() {
            self.request_key_frame(Layer::BASE);
        }
        read
    }

    pub(crate) fn receiving_of(&self, layer: Layer) -> Option<&Receiving> {
        self.layer(layer)?.receiving.as_deref()
    }

    /// The highest layer that anybody may be shown now; `None` while it is muted, held up, or left out. Here it is decided, and
    /// nowhere else.
    pub(crate) fn shown_up_to(&self) -> Option<Layer> {
        self.allowed.min(self.pictures.cap()).filter(|_| self.is_active)
    }

    /// Its layers, lowest first.
    pub(crate) fn layers(&self) -> impl Iterator<Item = Layer> + use<> {
        (0..self.layers.len() as u8).map(Layer)
    }

    /// The highest of its layers.
    pub(crate) fn top(&self) -> Layer {
        Layer(self.sizes().saturating_sub(1) as u8)
    }

    /// What its publisher is asked for where this is the highest that is shown: of sizes all, if there is none above it, since those
    /// of which a late key frame does not know yet would else not be asked for again.
    pub(crate) fn to_ask_for(&self, shown: Layer) -> Layer {
        if self.scalable.is_some() && shown == self.top() { TOP } else { shown }
    }

    /// Whether its publisher can be asked to stop it, or some of it: sound never.
    pub(crate) fn can_stop(&self) -> bool {
        self.kind() == Kind::Video
    }

    /// Whether it is one stream: what is wanted of it is told as a number of sizes, which is 1 at most where it holds no more.
    pub(crate) fn is_one_stream(&self) -> bool {
        self.is_scalable() || self.layers.iter().all(|layer| layer.rid.is_none())
    }

    /// Whether its one stream can hold several sizes.
    pub(crate) fn is_scalable(&self) -> bool {
        is_scalable(&self.codecs)
    }

    /// The layers of which packets come. A track that is published once always counts as running: there is nothing to
    /// fall back to.
    pub(crate) fn running_layers(&self) -> Layers {
        if let Some(scalable) = &self.scalable {
            return scalable.active();
        }
        if self.layers.len() == 1 {
            return Layers::up_to(Some(Layer::BASE));
        }
        let layers = self.layers().zip(&self.layers);
        layers.fold(Layers::NONE, |running, (at, layer)| running.with(at, layer.is_running))
    }

    /// What a layer costs now, by measurement; `None` when it does not run or has just begun.
    pub(crate) fn bitrate(&self, layer: Layer, now: Instant) -> Option<Bitrate> {
        if let Some(scalable) = &self.scalable {
            return scalable.bitrate(layer, now);
        }
        self.layer(layer)?.bitrate(now)
    }

    /// What comes of all its layers.
    pub(crate) fn rate(&self, now: Instant) -> Bitrate {
        self.layers.iter().filter_map(|layer| layer.bitrate(now)).sum()
    }

    /// When packets came of the layer that comes most steadily.
    pub(crate) fn flow(&self) -> Option<Flow> {
        let flows = || self.layers.iter().filter_map(TrackLayer::flow);
        let last = flows().map(|flow| flow.last).max()?;
        let comes = |flow: &Flow| last.saturating_duration_since(flow.last) <= GAP_MAX;
        let steady_since = flows().filter(comes).map(|flow| flow.steady_since).min()?;
        Some(Flow { last, steady_since })
    }

    /// Brings what is known of its layers' rates up to date.
    pub(crate) fn measure(&mut self, now: Instant) {
        for layer in &mut self.layers {
            layer.measure(now);
        }
        if let Some(scalable) = &mut self.scalable {
            scalable.measure(now);
        }
    }

    /// What a layer will cost, when it comes: what it did when it came, or what cameras usually take.
    pub(crate) fn expected(&self, layer: Layer) -> Option<Bitrate> {
        let known = match &self.scalable {
            Some(scalable) => scalable.known(layer),
            None => self.layer(layer)?.known.get(),
        };
        known.or_else(|| self.usual(layer))
    }

    fn usual(&self, layer: Layer) -> Option<Bitrate> {
        USUAL.get(self.sizes().checked_sub(1)?)?.get(layer.index()).copied()
    }

    /// What the layers that its publisher is asked for usually take.
    pub(crate) fn usual_of_asked(&self) -> Bitrate {
        let told = self.asked.told();
        if self.is_scalable() {
            // A size takes what those below it take, too.
            return told
                .highest()
                .and_then(|highest| self.usual(highest.min(self.top())))
                .unwrap_or(Bitrate::ZERO);
        }
        self.layers().filter(|layer| told.contains(*layer)).filter_map(|layer| self.usual(layer)).sum()
    }

    /// What a layer may come to take: the highest grows with its publisher's own path.
    pub(crate) fn at_best(&self, layer: Layer) -> Option<Bitrate> {
        let expected = self.expected(layer)?;
        Some(if layer == self.top() { expected.max(USUAL_BEST) } else { expected })
    }

    /// Notes the layers that have stopped by themselves; whether there are any.
    pub(crate) fn note_stopped_layers(&mut self) -> bool {
        let others = |at: usize| self.layers.iter().enumerate().filter(move |(other, _)| *other != at);
        let stopped: ArrayVec<usize, LAYERS_MAX> = (0..self.layers.len())
            .filter(|at| others(*at).any(|(_, other)| self.layers[*at].has_stopped(other)))
            .collect();
        for at in &stopped {
            self.layers[*at].is_running = false;
        }
        !stopped.is_empty()
    }

    /// When a layer may have stopped. What could have been by now waits for another packet of the other layer.
    fn stop_due(&self, now: Instant) -> Option<Instant> {
        let each = || self.layers.iter().enumerate();
        let pairs = each().flat_map(|(at, layer)| {
            each().filter(move |(other, _)| *other != at).filter_map(move |(_, other)| {
                let at = layer.stopped_at(other)?;
                if layer.has_stopped(other) { Some(now) } else { Some(at).filter(|at| *at > now) }
            })
        });
        pairs.min()
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self.source {
            Source::Microphone | Source::ScreenAudio => Kind::Audio,
            Source::Camera | Source::Screen => Kind::Video,
        }
    }

    /// Which of several tracks is wanted first, by what it shows.
    pub(crate) const fn rank(&self) -> u8 {
        match self.source {
            Source::Microphone | Source::Screen => 0,
            Source::Camera | Source::ScreenAudio => 1,
        }
    }

    pub(crate) fn describe(&self) -> TrackDescription {
        TrackDescription { id: self.id, source: self.source, active: self.is_active }
    }

    pub(crate) fn meaning(&self, payload_type: PayloadType) -> Option<Meaning> {
        self.codecs.iter().find_map(|codec| {
            if codec.payload_type == payload_type {
                Some(Meaning::Media(codec.codec))
            } else if codec.rtx == Some(payload_type) {
                Some(Meaning::Retransmission(codec.codec))
            } else if codec.red == Some(payload_type) {
                Some(Meaning::Redundant(codec.codec))
            } else {
                None
            }
        })
    }

    /// How its publisher numbers a codec.
    pub(crate) fn payload_type(&self, codec: Codec) -> Option<PayloadType> {
        self.codecs.iter().find(|offered| offered.codec == codec).map(|offered| offered.payload_type)
    }

    /// Whether its publisher's way is too slow for it: nobody is shown it for now.
    pub(crate) fn is_held_up(&self) -> bool {
        self.pictures == Pictures::Held
    }

    /// Sets what its publisher's way carries. Whether that changes what its publisher is to send.
    pub(crate) fn set_pictures(&mut self, pictures: Pictures) -> bool {
        if !self.can_stop() || self.pictures == pictures {
            return false;
        }
        let goes_on = self.pictures != Pictures::Held && pictures != Pictures::Held;
        self.pictures = pictures;
        if pictures == Pictures::Held {
            self.asked.stop();
        }
        // What is missing is of a picture that has gone, unless its lowest layer goes on.
        for receiving in
            self.layers.iter_mut().filter(|_| !goes_on).filter_map(|layer| layer.receiving.as_mut())
        {
            receiving.nack.give_up();
        }
        true
    }

    /// Whether its publisher retransmits what is asked for.
    pub(crate) fn has_nack(&self) -> bool {
        !self.is_held_up() && self.codecs.iter().any(|codec| codec.feedback.nack && codec.rtx.is_some())
    }

    /// Wishes for a key frame of a layer; audio needs none.
    pub(crate) fn request_key_frame(&mut self, layer: Layer) {
        if self.kind() == Kind::Video
            && let Some(layer) = self.layer_mut(layer)
        {
            layer.keyframes.request();
        }
    }

    /// The receive state of a layer, which begins with its first packet.
    pub(crate) fn begin_receiving(&mut self, layer: Layer, now: Instant) -> Option<&mut Receiving> {
        let (rate, size) = match self.kind() {
            Kind::Audio => (ClockRate::OPUS, CacheSize::AUDIO),
            Kind::Video => (ClockRate::VIDEO, CacheSize::of_layer(layer, self.layers.len())),
        };
        let receiving = &mut self.layer_mut(layer)?.receiving;
        Some(receiving.get_or_insert_with(|| Box::new(Receiving::new(rate, size, now))))
    }

    /// When its publisher is to be asked for something, or a layer of several has stopped.
    pub(crate) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let nacks = self.has_nack();
        let requests = self.layers.iter().filter_map(|layer| layer.poll_timeout(nacks, now));
        let stops = if self.layers.len() > 1 { self.stop_due(now) } else { None };
        requests.chain(stops).chain(self.asked.poll_timeout()).min()
    }
}

/// There is one codec on what a client sends.
fn is_scalable(codecs: &[OfferedCodec]) -> bool {
    codecs.iter().any(|codec| codec.codec.is_scalable())
}
