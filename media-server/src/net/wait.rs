//! Waiting: for datagrams on a few sockets, for a wake from another thread, or for a deadline, whichever is first.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The most descriptors one wait watches: IPv4, IPv6, all of TCP (an epoll descriptor), and the waker.
const WATCHED_MAX: usize = 4;

/// Which of the watched descriptors can be read, by their place in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready([bool; WATCHED_MAX]);

impl Ready {
    /// Whether the descriptor at `index` can be read.
    #[must_use]
    pub fn has(self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

/// Waits until one of `watched` can be read or `timeout` is over. Of more than four descriptors the first four count.
///
/// # Errors
/// What the kernel says; an interruption is not an error but an empty answer.
pub fn wait(watched: &[RawFd], timeout: Option<Duration>) -> io::Result<Ready> {
    let mut polled = [libc::pollfd { fd: -1, events: libc::POLLIN, revents: 0 }; WATCHED_MAX];
    for (slot, fd) in polled.iter_mut().zip(watched) {
        slot.fd = *fd;
    }
    let timeout = timeout.map(|timeout| libc::timespec {
        // More seconds than fit means "very long", which the largest value is.
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(timeout.subsec_nanos()),
    });
    // SAFETY: `polled` and `timeout` live through the call and their lengths are given right; descriptor −1 is ignored
    // by the kernel; a null timeout means forever and a null mask leaves signals alone.
    let ready = unsafe {
        libc::ppoll(
            polled.as_mut_ptr(),
            WATCHED_MAX as libc::nfds_t,
            timeout.as_ref().map_or(ptr::null(), ptr::from_ref),
            ptr::null(),
        )
    };
    if ready < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted { Ok(Ready::default()) } else { Err(error) };
    }
    // An error condition counts as readable: the read then reports and clears it.
    Ok(Ready(polled.map(|slot| slot.revents != 0)))
}

/// Wakes a thread out of [`wait`]. Clones wake the same thread.
#[derive(Clone, Debug)]
pub struct Waker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// An `eventfd`: a kernel counter that is readable while it is not zero.
    event: File,
    /// Set from the first wake until the thread clears it, so that a hundred wakes cost one system call.
    pending: AtomicBool,
}

impl Waker {
    /// A new waker.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointer is passed; the result is checked before it is used.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and nobody else owns it.
        let owned = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { shared: Arc::new(Shared { event: File::from(owned), pending: AtomicBool::new(false) }) })
    }

    /// Wakes the thread, now or at its next wait.
    pub fn wake(&self) {
        if !self.shared.pending.swap(true, Ordering::AcqRel) {
            // A full counter is a pending wake, so a failed write changes nothing.
            let _ = (&self.shared.event).write(&1_u64.to_ne_bytes());
        }
    }

    /// Forgets the wakes so far. Called by the woken thread before it looks at what it was woken for.
    pub fn clear(&self) {
        let _ = (&self.shared.event).read(&mut [0; 8]);
        // Read before cleared: the other order could swallow a wake that comes between. The swap also makes visible what
        // was queued before the wake.
        self.shared.pending.swap(false, Ordering::AcqRel);
    }
}

impl AsRawFd for Waker {
    fn as_raw_fd(&self) -> RawFd {
        self.shared.event.as_raw_fd()
    }
}
