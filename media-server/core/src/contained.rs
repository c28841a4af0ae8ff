//! [`Contained`]: the core, where a panic costs one room.
//!
//! ```text
//!  call ── panics ─▶ what it was about is condemned ─▶ the call again, where it was for others too
//!                          │ has no owner, or panics too
//!                          ▼
//!                    the panic goes on to the shell: this core is not to be used again
//! ```

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use crate::api::{Command, Output, Path};
use crate::machine::Core;
use crate::shed::Shed;

/// A core whose rooms fail alone: the calls of [`Core`], each contained. What a panic has cost comes as
/// [`Output::Condemned`].
///
/// # Panics
/// Each call panics when the core's own tables were being changed, or when ending the room panics too.
pub struct Contained(Core);

impl Contained {
    /// From now on its panics are contained.
    #[must_use]
    pub const fn new(core: Core) -> Self {
        Self(core)
    }

    /// [`Core::handle_datagram`]. One that panics is lost with its room.
    #[inline]
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        self.once(now, |core| core.handle_datagram(now, path, datagram));
    }

    /// [`Core::flush`].
    pub fn flush(&mut self, now: Instant) {
        self.until_done(now, |core| core.flush(now));
    }

    /// [`Core::handle_command`]. What waits belongs to others, so it goes first.
    pub fn handle_command(&mut self, now: Instant, command: Command) {
        self.flush(now);
        self.once(now, |core| core.handle_command(now, command));
    }

    /// [`Core::handle_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        self.until_done(now, |core| core.handle_timeout(now));
    }

    /// [`Core::set_shed`].
    pub fn set_shed(&mut self, now: Instant, shed: Shed) {
        self.until_done(now, |core| core.set_shed(now, shed));
    }

    /// [`Core::poll_output`].
    pub fn poll_output(&mut self) -> Option<Output> {
        self.0.poll_output()
    }

    /// [`Core::clear_transmits`].
    pub fn clear_transmits(&mut self) {
        self.0.clear_transmits();
    }

    /// Has a room panic when it next comes to a point. For tests; not there in release builds.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn set_trap(&mut self, room: protocol::RoomId, point: crate::machine::Point) {
        self.0.set_trap(room, point);
    }

    /// Each time round, one room fewer is there to fail.
    fn until_done(&mut self, now: Instant, mut call: impl FnMut(&mut Core)) {
        while !self.once(now, &mut call) {}
    }

    /// Whether it came to its end.
    #[inline]
    fn once(&mut self, now: Instant, call: impl FnOnce(&mut Core)) -> bool {
        // What it leaves half done is looked over before anything else is.
        match catch_unwind(AssertUnwindSafe(|| call(&mut self.0))) {
            Ok(()) => true,
            Err(panic) => {
                if !self.0.condemn(now) {
                    resume_unwind(panic);
                }
                false
            }
        }
    }
}

impl Deref for Contained {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.0
    }
}
