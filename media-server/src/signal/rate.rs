//! How much one socket may send: messages by a bucket, bytes by a reader that counts what the kernel hands over.
//!
//! Bytes are counted below the WebSocket, so that nothing escapes: control frames, endless fragments of no
//! message, or data after a close.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A bucket of tokens that refills at a steady rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    per_second: f64,
    burst: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub(super) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { per_second: f64::from(per_second), burst, level: burst, at: now }
    }

    /// Takes `count` tokens, or none if there are fewer.
    #[must_use]
    pub(super) fn take(&mut self, count: u32, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.level = (self.level + passed * self.per_second).min(self.burst);
        let enough = self.level >= f64::from(count);
        if enough {
            self.level -= f64::from(count);
        }
        enough
    }
}

/// A stream whose reading end stops with an error when more comes than the bucket allows.
pub(super) struct Metered<S> {
    stream: S,
    bytes: Bucket,
    exceeded: bool,
}

impl<S> Metered<S> {
    /// Counts what is read from `stream`.
    pub(super) fn new(stream: S, bytes: Bucket) -> Self {
        Self { stream, bytes, exceeded: false }
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
        if self.bytes.take(read, Instant::now()) {
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
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(20, 60, start);

        let burst = (0..100).filter(|_| bucket.take(1, start)).count();
        let second = (0..100).filter(|_| bucket.take(1, start + Duration::from_secs(1))).count();
        let hour = (0..100).filter(|_| bucket.take(1, start + Duration::from_secs(3600))).count();

        assert_eq!((burst, second, hour), (60, 20, 60));
    }

    #[tokio::test]
    async fn a_metered_stream_stops_at_its_limit() {
        let bytes = vec![1; 100_000];
        let mut metered = Metered::new(bytes.as_slice(), Bucket::new(1, 50_000, Instant::now()));
        let mut read = Vec::new();

        let error = metered.read_to_end(&mut read).await.unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::Other);
        assert!(metered.is_exceeded());
        assert!(read.len() <= 50_000, "{}", read.len());
    }
}
