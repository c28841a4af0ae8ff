//! What a client hands its owner when it comes back.

use std::time::SystemTime;

use protocol::LogId;
use protocol::chat::NodeChat;

use super::*;

fn client() -> (Client, mpsc::Sender<Event>) {
    let identity = Arc::new(Identity::generate(SystemTime::now()).unwrap());
    let options = Options::new(ParticipantConfig::call([1; 32], 1), identity);
    let (commands, _) = mpsc::channel(1);
    let (out, events) = mpsc::channel(8);
    let seat = SeatId(Default::default());
    (Client { url: String::new(), options, commands, events, put_by: VecDeque::new(), seat }, out)
}

fn chat(last: u64) -> Event {
    Event::Chat(NodeChat::Hearing { log: LogId(1), last })
}

#[tokio::test]
async fn what_was_written_before_the_answer_is_read_after_it() {
    let (mut client, out) = client();
    let seat = client.seat;
    for event in [chat(1), Event::Connected, chat(2), Event::Joined { seat }, chat(3)] {
        out.send(event).await.unwrap();
    }
    drop(out);

    client.let_in().await.unwrap();

    for number in 1..=3 {
        assert_eq!(client.event().await, Some(chat(number)));
    }
    assert_eq!(client.event().await, None);
}
