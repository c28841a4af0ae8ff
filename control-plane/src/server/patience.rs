//! A connection whose peer must take what it asked for (abuse sentence 6): who does not read is cut.
//!
//! Only a connection that waits to send is looked at, by windows of time: at the end of each it has taken at least a
//! minimum, or it ends. So one byte now and then does not extend it, and a fast reader never meets a timer.
//!
//! ```text
//! write ── would block ── … ── [window] ── took enough? ── yes: the next window, if it still waits
//!                                             └─ no: cut
//! ```

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// A phone that changes networks or drives through a short tunnel goes on; a page waits no longer than this either.
pub(super) const WINDOW: Duration = Duration::from_secs(15);
/// About 1 KiB a second: slower than the worst mobile network.
const BYTES_MIN: usize = 16 * 1024;

/// What can be given up without waiting for its peer.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin {
    /// What is not sent yet is thrown away when it is closed.
    fn give_up(&self);
}

impl Wire for TcpStream {
    fn give_up(&self) {
        // Without it the kernel keeps what the peer does not take for minutes after the close. If it cannot be set, the
        // socket's own TCP_USER_TIMEOUT ends it.
        let _ = SockRef::from(self).set_linger(Some(Duration::ZERO));
    }
}

struct Wait {
    until: Pin<Box<Sleep>>,
    taken: usize,
    /// Whether the last thing seen was that the peer takes nothing.
    is_blocked: bool,
}

/// A connection that is cut when its peer does not read.
pub(super) struct Patience<W> {
    wire: W,
    window: Duration,
    wait: Option<Wait>,
}

impl<W: Wire> Patience<W> {
    pub(super) fn new(wire: W, window: Duration) -> Self {
        Self { wire, window, wait: None }
    }

    /// Whether a window ended in which the peer took too little.
    fn check(&mut self, cx: &mut Context<'_>, is_blocked: bool) -> io::Result<()> {
        if self.wait.is_none() && is_blocked {
            let until = Box::pin(tokio::time::sleep(self.window));
            self.wait = Some(Wait { until, taken: 0, is_blocked });
        }
        let Some(wait) = &mut self.wait else { return Ok(()) };
        while wait.until.as_mut().poll(cx).is_ready() {
            if !is_blocked {
                self.wait = None;
                return Ok(());
            }
            // A window that ended while there was nothing to take says nothing about what comes now.
            if wait.is_blocked && wait.taken < BYTES_MIN {
                self.wire.give_up();
                return Err(io::ErrorKind::TimedOut.into());
            }
            wait.taken = 0;
            wait.until.as_mut().reset(Instant::now() + self.window);
        }
        wait.is_blocked = is_blocked;
        Ok(())
    }
}

impl<W: Wire> AsyncWrite for Patience<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        match Pin::new(&mut this.wire).poll_write(cx, bytes) {
            Poll::Ready(Ok(taken)) => {
                if let Some(wait) = &mut this.wait {
                    wait.taken = wait.taken.saturating_add(taken);
                }
                this.check(cx, false)?;
                Poll::Ready(Ok(taken))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                this.check(cx, true)?;
                Poll::Pending
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

impl<W: Wire> AsyncRead for Patience<W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.wire).poll_read(cx, buffer))?;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    impl Wire for DuplexStream {
        fn give_up(&self) {}
    }

    /// Time is what is tested: real, and short.
    const SHORT: Duration = Duration::from_secs(1);

    /// Sends 200 KiB to a peer who takes `bytes` twenty times in each window.
    async fn sent(bytes: usize) -> io::Result<()> {
        let (ours, mut theirs) = duplex(4096);
        let mut ours = Patience::new(ours, SHORT);
        let is_over = AtomicBool::new(false);
        let peer = async {
            let mut taken = vec![0; bytes];
            let mut beat = tokio::time::interval(SHORT / 20);
            while !is_over.load(Ordering::Relaxed) {
                beat.tick().await;
                if bytes > 0 && theirs.read_exact(&mut taken).await.is_err() {
                    break;
                }
            }
        };
        let send = async {
            let outcome = ours.write_all(&[7; 200 * 1024]).await;
            is_over.store(true, Ordering::Relaxed);
            drop(ours);
            outcome
        };
        tokio::join!(send, peer).0
    }

    #[tokio::test]
    async fn abuse_6_who_takes_nothing_or_a_little_is_cut_and_who_is_slow_is_not() {
        let started = Instant::now();
        assert_eq!(sent(0).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() >= SHORT, "{:?}", started.elapsed());

        assert_eq!(sent(100).await.unwrap_err().kind(), io::ErrorKind::TimedOut, "an eighth of the least");
        assert!(sent(4096).await.is_ok(), "five times the least, over several windows");
    }

    #[tokio::test]
    async fn a_pause_with_nothing_to_send_is_not_held_against_the_peer() {
        let (ours, mut theirs) = duplex(4096);
        let mut ours = Patience::new(ours, SHORT);
        let mut taken = vec![0; 5000];
        let (first, _) = tokio::join!(ours.write_all(&[7; 5000]), theirs.read_exact(&mut taken));
        first.unwrap();
        tokio::time::sleep(SHORT * 2).await;

        let later = async {
            tokio::time::sleep(SHORT / 4).await;
            theirs.read_exact(&mut taken).await
        };
        let (second, _) = tokio::join!(ours.write_all(&[7; 5000]), later);

        second.unwrap();
    }
}
