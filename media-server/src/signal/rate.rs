//! How much one socket may send, in bytes: a reader that counts what the kernel hands over.
//!
//! Bytes are counted below the WebSocket, so that nothing escapes: control frames, endless fragments of no
//! message, or data after a close.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use media_core::{Bucket, Rate};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose reading end stops with an error when more comes than the bucket allows.
pub(super) struct Metered<S> {
    stream: S,
    bytes: Bucket,
    rate: Rate,
    exceeded: bool,
}

impl<S> Metered<S> {
    /// Counts what is read from `stream`, in bytes.
    pub(super) fn new(stream: S, rate: Rate, now: Instant) -> Self {
        Self { stream, bytes: Bucket::full(rate, now), rate, exceeded: false }
    }

    /// Whether the limit was exceeded.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded
    }

    /// The stream, uncounted.
    pub(super) fn inner(&mut self) -> &mut S {
        &mut self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = u32::try_from(buffer.filled().len() - before).unwrap_or(u32::MAX);
        let rate = self.rate;
        if self.bytes.take_many(read, rate, Instant::now()) {
            return Poll::Ready(Ok(()));
        }
        self.exceeded = true;
        buffer.set_filled(before);
        Poll::Ready(Err(io::Error::other("more bytes than the socket's rate allows")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn a_metered_stream_stops_at_its_limit() {
        let bytes = vec![1; 100_000];
        let rate = Rate { per_second: 1, burst: 50_000 };
        let mut metered = Metered::new(bytes.as_slice(), rate, Instant::now());
        let mut read = Vec::new();

        let error = metered.read_to_end(&mut read).await.unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::Other);
        assert!(metered.is_exceeded());
        assert!(read.len() <= 50_000, "{}", read.len());
    }
}
