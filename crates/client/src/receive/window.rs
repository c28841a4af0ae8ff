//! Which numbers of a rising count came, for the newest of them.

/// Numbers that are remembered, the newest: ten seconds of Opus, or a second of 20 Mbit/s.
pub(super) const WINDOW: u64 = 2048;
const WORDS: usize = (WINDOW / 64) as usize;

/// Whether a number came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It did not. `late` when a higher one did.
    First { late: bool },
    /// It did, or it lies below the window and nobody can tell.
    Again,
}

/// A bit for each number of the window.
#[derive(Clone, Debug)]
pub(super) struct SeenWindow {
    highest: Option<u64>,
    bits: [u64; WORDS],
}

impl SeenWindow {
    pub(super) const fn new() -> Self {
        Self { highest: None, bits: [0; WORDS] }
    }

    /// Notes a number.
    pub(super) fn mark(&mut self, number: u64) -> Seen {
        let Some(highest) = self.highest else {
            self.highest = Some(number);
            self.set(number, true);
            return Seen::First { late: false };
        };
        if number > highest {
            let stale = (number - highest - 1).min(WINDOW);
            for between in number - stale..number {
                self.set(between, false);
            }
            self.highest = Some(number);
            self.set(number, true);
            return Seen::First { late: false };
        }
        if highest - number >= WINDOW || self.is_set(number) {
            return Seen::Again;
        }
        self.set(number, true);
        Seen::First { late: true }
    }

    const fn is_set(&self, number: u64) -> bool {
        let bit = number % WINDOW;
        self.bits[(bit / 64) as usize] & (1 << (bit % 64)) != 0
    }

    const fn set(&mut self, number: u64, came: bool) {
        let bit = number % WINDOW;
        let word = &mut self.bits[(bit / 64) as usize];
        *word = (*word & !(1 << (bit % 64))) | ((came as u64) << (bit % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_first_once() {
        let mut window = SeenWindow::new();

        assert_eq!(window.mark(100), Seen::First { late: false });
        assert_eq!(window.mark(103), Seen::First { late: false });
        assert_eq!(window.mark(101), Seen::First { late: true });
        assert_eq!([100, 101, 103].map(|number| window.mark(number)), [Seen::Again; 3]);
    }

    #[test]
    fn places_are_free_again_after_a_jump() {
        let mut window = SeenWindow::new();
        for number in 0..WINDOW {
            window.mark(number);
        }

        window.mark(3 * WINDOW);

        assert_eq!(window.mark(3 * WINDOW - 1), Seen::First { late: true });
        assert_eq!(window.mark(2 * WINDOW + 1), Seen::First { late: true });
        assert_eq!(window.mark(2 * WINDOW), Seen::Again, "below the window");
    }
}
