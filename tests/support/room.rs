//! Taking part: from the join answer of the control plane to media that arrives.

use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use client::{Client, ConnectError, Options, ParticipantConfig, Route};
use dtls::Identity;
use protocol::SeatId;
use protocol::moderation::Moderation;
use protocol::signal::Source;
use rustls::ClientConfig;
use serde_json::{Value, json};

use super::{Browser, Visit, until};

/// Lanes for this many others: two more than any story has.
const OTHERS: usize = 4;

/// Goes to the visit as a page does: asks for a place, joins there, and returns once media is connected.
pub(crate) async fn join(browser: &mut Browser, path: &str, tls: Option<Arc<ClientConfig>>) -> Client {
    let place = browser.post(&format!("{path}/join"), json!({})).await.expect(200);
    enter(&place, &browser.origin, tls).await.unwrap()
}

/// Both go to the visit. While a node that was started again is not yet known as such, they may be sent to two placements;
/// a node tells whoever is in the older one to ask again, so they ask until it is one.
pub(crate) async fn join_both(visit: &mut Visit) -> [Client; 2] {
    join_both_from(visit, 1).await.1
}

/// As [`join_both`], to this placement or a later one; says which it is.
pub(crate) async fn join_both_from(visit: &mut Visit, first: u64) -> (u64, [Client; 2]) {
    let path = format!("{}/join", visit.path);
    let (at, places) = until("one placement for both", async || {
        let places =
            [visit.patient.post(&path, json!({})).await, visit.practitioner.post(&path, json!({})).await];
        // 503 between the two lives of a node.
        if places.iter().any(|place| place.status != 200) {
            return None;
        }
        let places = places.map(|place| place.json());
        let at = generation(&places[0]);
        (at >= first && at == generation(&places[1])).then_some((at, places))
    })
    .await;
    let origin = &visit.patient.origin;
    (at, [enter(&places[0], origin, None).await.unwrap(), enter(&places[1], origin, None).await.unwrap()])
}

/// Joins at a place that the control plane named.
pub(crate) async fn enter(
    place: &Value,
    origin: &str,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Client, ConnectError> {
    enter_by(place, origin, tls, Route::Udp).await
}

/// [`enter`] with the media going another way.
pub(crate) async fn enter_by(
    place: &Value,
    origin: &str,
    tls: Option<Arc<ClientConfig>>,
    route: Route,
) -> Result<Client, ConnectError> {
    let identity = Arc::new(Identity::generate(SystemTime::now()).unwrap());
    let seed: [u8; 32] = std::array::from_fn(|_| uuid::Uuid::new_v4().as_bytes()[0]);
    let mut options = Options::new(ParticipantConfig::call(seed, OTHERS), identity);
    options.origin = Some(origin.to_owned());
    options.tls = tls;
    options.route = route;
    let (url, token) = (place["url"].as_str().unwrap(), place["token"].as_str().unwrap());
    let mut client = client::connect(url, token.to_owned(), options).await?;
    client.connected(super::DEADLINE).await?;
    Ok(client)
}

/// The practitioner lets a guest in, who waits unless they were let in before. Returns once they are.
pub(crate) async fn let_in(practitioner: &Client, guest: &Client) {
    let is_waiting =
        async || guest.snapshot().await.expect("they take part or wait to").moderation.is_waiting;
    if !is_waiting().await {
        return;
    }
    let seat = guest.seat();
    until("the practitioner sees who waits", async || {
        let waiting = practitioner.snapshot().await.expect("it takes part").moderation.waiting;
        waiting.iter().any(|one| one.seat == seat).then_some(())
    })
    .await;
    practitioner.moderate(Moderation::Admit { seat }).await;
    until("the guest is let in", async || (!is_waiting().await).then_some(())).await;
}

/// The placement that a join answer's token is for.
pub(crate) fn generation(place: &Value) -> u64 {
    let claims = place["token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    claims["generation"].as_u64().unwrap()
}

/// Waits until `who` has got `more` packets than now of both the microphone and the camera of `of`, and a whole frame.
pub(crate) async fn gets(who: &Client, of: SeatId, more: u64) {
    let counted = async |source| {
        let snapshot = who.snapshot().await.expect("it takes part");
        snapshot.statistics.received_from(of, source).map_or((0, 0), |got| (got.packets, got.frames))
    };
    let before = [counted(Source::Microphone).await, counted(Source::Camera).await];
    until(&format!("sound and picture of {of} at {}", who.seat()), async || {
        let now = [counted(Source::Microphone).await, counted(Source::Camera).await];
        let grew = now.iter().zip(before).all(|(now, before)| now.0 >= before.0 + more && now.1 > before.1);
        grew.then_some(())
    })
    .await;
}
