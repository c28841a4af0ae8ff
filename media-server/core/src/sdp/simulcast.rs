//! The layers that an m-line offers to send (RFC 8851, RFC 8853).
//!
//! ```text
//!  a=rid:l send pt=96;max-width=320        one line a layer; pt= names the codecs that it may use
//!  a=rid:m send
//!  a=rid:h send
//!  a=simulcast:send l;m,x;~h recv a        lowest first; of alternatives (m,x) the first counts; ~ begins paused
//! ```
//!
//! The order of the list is the order of quality: nothing else of the description tells which layer is which. What is
//! not as it should be is refused, so that nobody sends what is then thrown away in silence.

use arrayvec::ArrayVec;
use rtc_sdp::description::common::Attribute;
use rtp::PayloadType;
use rtp::extension::Rid;

use super::OfferError;
use crate::packet::LAYERS_MAX;

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OfferedLayer {
    pub(crate) rid: Rid,
    /// It is not sent until it is asked for.
    pub(crate) is_paused: bool,
    /// The payload types that it may use; any, if it does not say.
    payload_types: Option<u128>,
}

impl OfferedLayer {
    /// Whether it may be sent in this payload type.
    pub(crate) const fn allows(&self, payload_type: PayloadType) -> bool {
        match self.payload_types {
            Some(set) => set & (1 << payload_type.get()) != 0,
            None => true,
        }
    }
}

/// The layers of an m-line that the client sends, lowest first; empty without simulcast.
pub(super) fn of(attributes: &[Attribute]) -> Result<ArrayVec<OfferedLayer, LAYERS_MAX>, OfferError> {
    let mut lines = attributes.iter().filter(|attribute| attribute.key == "simulcast");
    let Some(line) = lines.next() else { return Ok(ArrayVec::new()) };
    if lines.next().is_some() {
        return Err(OfferError::Invalid("a second simulcast line"));
    }
    let mut layers = ArrayVec::new();
    let Some(list) = sent(line.value.as_deref().unwrap_or_default())? else { return Ok(layers) };
    for stream in list.split(';') {
        let first = stream.split(',').next().unwrap_or_default();
        let (is_paused, name) = first.strip_prefix('~').map_or((false, first), |name| (true, name));
        let rid = Rid::parse(name.as_bytes()).ok_or(OfferError::Invalid("a rid"))?;
        if layers.iter().any(|known: &OfferedLayer| known.rid == rid) {
            return Err(OfferError::Invalid("a rid that is there twice"));
        }
        let payload_types = payload_types(attributes, rid)?;
        layers
            .try_push(OfferedLayer { rid, is_paused, payload_types })
            .map_err(|_| OfferError::TooMany("simulcast layers"))?;
    }
    Ok(layers)
}

/// The list behind `send`, of `a=simulcast:<direction> <list>[ <direction> <list>]` (RFC 8853 §5.1).
fn sent(value: &str) -> Result<Option<&str>, OfferError> {
    const BAD: OfferError = OfferError::Invalid("a simulcast line");
    let mut words = value.split_ascii_whitespace();
    let (mut sent, mut received) = (None, None);
    while let Some(direction) = words.next() {
        let slot = match direction {
            "send" => &mut sent,
            "recv" => &mut received,
            _ => return Err(BAD),
        };
        if slot.replace(words.next().ok_or(BAD)?).is_some() {
            return Err(BAD);
        }
    }
    if sent.is_none() && received.is_none() { Err(BAD) } else { Ok(sent) }
}

/// What `a=rid:<id> send [pt=<list>;…]` says of payload types (RFC 8851 §10). Other restrictions are the sender's own
/// affair.
fn payload_types(attributes: &[Attribute], rid: Rid) -> Result<Option<u128>, OfferError> {
    const BAD: OfferError = OfferError::Invalid("a rid line");
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.key == "rid") {
        let mut words = attribute.value.as_deref().unwrap_or_default().split_ascii_whitespace();
        if words.next() != Some(rid.as_str()) {
            continue;
        }
        if words.next() != Some("send") || found.is_some() {
            return Err(BAD);
        }
        let restrictions = words.next().unwrap_or_default().split(';');
        let list = restrictions.into_iter().find_map(|restriction| restriction.strip_prefix("pt="));
        found = Some(match list {
            Some(list) => Some(set_of(list).ok_or(BAD)?),
            None => None,
        });
    }
    found.ok_or(OfferError::Invalid("a rid without its line"))
}

fn set_of(list: &str) -> Option<u128> {
    list.split(',').try_fold(0, |set, format| {
        let payload_type = PayloadType::new(format.parse().ok()?)?;
        Some(set | (1 << payload_type.get()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(lines: &[&str]) -> Result<Vec<(String, bool)>, OfferError> {
        let attributes: Vec<_> = lines
            .iter()
            .map(|line| {
                let (key, value) = line.split_once(':').unwrap();
                Attribute { key: key.to_owned(), value: Some(value.to_owned()) }
            })
            .collect();
        let found = of(&attributes)?;
        Ok(found.iter().map(|layer| (layer.rid.as_str().to_owned(), layer.is_paused)).collect())
    }

    #[test]
    fn layers_are_as_the_list_orders_them() {
        let found = layers(&[
            "rid:h send",
            "rid:l send pt=96;max-width=320",
            "rid:m send max-width=640",
            "simulcast:recv r send l;m,x;~h",
        ]);

        let expected = [("l", false), ("m", false), ("h", true)];
        assert_eq!(found.unwrap(), expected.map(|(rid, is_paused)| (rid.to_owned(), is_paused)));
        assert_eq!(layers(&["rid:l send"]), Ok(vec![]));
        assert_eq!(layers(&["rid:r recv", "simulcast:recv r"]), Ok(vec![]));
    }

    #[test]
    fn a_layer_keeps_to_its_payload_types() {
        let line = |key: &str, value: &str| Attribute { key: key.to_owned(), value: Some(value.to_owned()) };
        let attributes =
            [line("rid", "l send pt=96,127"), line("rid", "h send"), line("simulcast", "send l;h")];

        let found = of(&attributes).unwrap();

        let allowed = |layer: &OfferedLayer| {
            [96, 97, 127].map(|number| layer.allows(PayloadType::new(number).unwrap()))
        };
        assert_eq!(allowed(&found[0]), [true, false, true]);
        assert_eq!(allowed(&found[1]), [true; 3]);
    }

    #[test]
    fn what_is_wrong_is_refused_by_name() {
        let rids = ["rid:a send", "rid:b send", "rid:c send", "rid:d send"];
        let with = |line: &'static str| layers(&[&rids[..], &[line]].concat());

        assert_eq!(with("simulcast:send a;b;c;d"), Err(OfferError::TooMany("simulcast layers")));
        assert_eq!(with("simulcast:send a;b;a"), Err(OfferError::Invalid("a rid that is there twice")));
        assert_eq!(with("simulcast:send a;e"), Err(OfferError::Invalid("a rid without its line")));
        for rid in ["simulcast:send a;;b", "simulcast:send ;", "simulcast:send ~", "simulcast:send a;b.c"] {
            assert_eq!(with(rid), Err(OfferError::Invalid("a rid")), "{rid}");
        }
        for line in
            ["simulcast:", "simulcast:send", "simulcast:send a send b", "simulcast:a;b", "simulcast:send a b"]
        {
            assert_eq!(with(line), Err(OfferError::Invalid("a simulcast line")), "{line}");
        }
        let twice = ["rid:a send", "simulcast:send a", "simulcast:send a"];
        assert_eq!(layers(&twice), Err(OfferError::Invalid("a second simulcast line")));
        for rid in ["rid:a recv", "rid:a", "rid:a send pt=x", "rid:a send pt=128"] {
            assert_eq!(layers(&[rid, "simulcast:send a"]), Err(OfferError::Invalid("a rid line")), "{rid}");
        }
        assert_eq!(
            layers(&["rid:a send", "rid:a send", "simulcast:send a"]),
            Err(OfferError::Invalid("a rid line"))
        );
    }
}
