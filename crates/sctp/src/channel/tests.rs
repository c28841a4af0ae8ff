//! What only a peer with another program does.

use super::*;

/// Lets both ends talk until nobody has anything to say; the messages that the client got.
fn settle(now: Instant, server: &mut Channel, client: &mut Channel) {
    loop {
        let from_client: Vec<_> = std::iter::from_fn(|| client.poll_packet()).collect();
        from_client.iter().for_each(|packet| server.handle_packet(now, packet));
        let from_server: Vec<_> = std::iter::from_fn(|| server.poll_packet()).collect();
        from_server.iter().for_each(|packet| client.handle_packet(now, packet));
        if from_client.is_empty() && from_server.is_empty() {
            return;
        }
    }
}

#[test]
fn a_channel_is_opened_in_band_once() {
    let now = Instant::now();
    let (mut server, mut client) = (Channel::server(now), Channel::client(now));
    settle(now, &mut server, &mut client);
    let open = [CHANNEL_OPEN, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    client.give(now, &open, Ppi::Dcep).unwrap();
    settle(now, &mut server, &mut client);
    server.send(now, "welcome").unwrap();
    settle(now, &mut server, &mut client);
    assert!(
        std::iter::from_fn(|| client.poll_event()).any(|event| event == Event::Message("welcome".into()))
    );

    client.give(now, &open, Ppi::Dcep).unwrap();
    settle(now, &mut server, &mut client);

    let closed = std::iter::from_fn(|| server.poll_event()).last();
    assert_eq!(
        closed,
        Some(Event::Closed(CloseReason::Protocol)),
        "no answer of ours waits for a peer that floods"
    );
}
