//! It should be read as it is written, and nothing else.

use super::*;

fn read(text: &str) -> Result<Numbered<ClientMessage>, serde_json::Error> {
    serde_json::from_str(text)
}

#[test]
fn a_number_stands_beside_the_message() {
    let track = ClientMessage::Track { mid: "0".to_owned(), active: true };
    let frame = Numbered::new(7, track);

    let text = serde_json::to_string(&frame).unwrap();

    assert_eq!(text, r#"{"seq":7,"type":"track","mid":"0","active":true}"#);
    assert_eq!(read(&text).unwrap(), frame);
}

#[test]
fn what_belongs_to_one_connection_has_none() {
    let frame = Numbered::without(ClientMessage::Reattach { resume: "00.x".to_owned(), seen: 3 });

    let text = serde_json::to_string(&frame).unwrap();

    assert_eq!(text, r#"{"type":"reattach","resume":"00.x","seen":3}"#);
    assert_eq!(read(&text).unwrap(), frame);
    assert!(!frame.message.is_numbered() && ClientMessage::Leave.is_numbered());
}

#[test]
fn a_number_lets_no_unknown_field_in() {
    assert!(read(r#"{"seq":1,"type":"leave"}"#).is_ok());
    for text in [
        r#"{"seq":1,"type":"track","mid":"0","active":true,"owner":true}"#,
        r#"{"seq":1,"type":"ping","id":1,"seen":0,"more":[]}"#,
        r#"{"seq":-1,"type":"leave"}"#,
        r#"{"seq":"1","type":"leave"}"#,
        r#"{"seq":1,"seq":2,"type":"leave"}"#,
        r#"{"seq":1,"type":"leave","type":"end"}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}
