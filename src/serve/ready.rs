//! Waiting until the parts say that they are ready.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::layout::Layout;

/// Between two questions: short enough to feel at once.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// A part that takes longer to answer is asked again.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// A status line and headers; the body is not read.
const ANSWER_BYTES_MAX: u64 = 4096;

/// Returns when both parts answer `/readyz` with 200.
pub(super) async fn both(layout: &Layout) {
    for address in layout.readiness {
        while !tokio::time::timeout(ANSWER_WITHIN, is_ready(address))
            .await
            .is_ok_and(|ready| ready.unwrap_or(false))
        {
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}

async fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}
