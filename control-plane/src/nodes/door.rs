//! Strangers at the nodes' door: who has opened a connection and not proved a key yet. Counted by address and in all, so
//! that nobody keeps the nodes out by standing there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Of one address: more nodes than that stand behind no clinic's router.
const OF_ADDRESS_MAX: usize = 16;
/// In all. Each is cut after five seconds and costs a few kilobytes.
const IN_ALL_MAX: usize = 1024;

/// The count.
#[derive(Clone, Default)]
pub(super) struct Door(Arc<Mutex<Strangers>>);

#[derive(Default)]
struct Strangers {
    of_address: HashMap<IpAddr, usize>,
    in_all: usize,
}

/// One stranger's place; given back when dropped.
pub(super) struct Place {
    door: Door,
    address: IpAddr,
}

impl Door {
    /// A place for somebody from this address; `None` when there are too many.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut strangers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = strangers.of_address.get(&address).copied().unwrap_or(0);
        if of_address >= OF_ADDRESS_MAX || strangers.in_all >= IN_ALL_MAX {
            return None;
        }
        strangers.of_address.insert(address, of_address + 1);
        strangers.in_all += 1;
        Some(Place { door: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut strangers = self.door.0.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.in_all = strangers.in_all.saturating_sub(1);
        match strangers.of_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                strangers.of_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn one_address_takes_its_share_and_no_more_until_it_gives_back() {
        let door = Door::default();
        let mut places: Vec<Place> = (0..OF_ADDRESS_MAX).filter_map(|_| door.enter(address(1))).collect();

        assert_eq!(places.len(), OF_ADDRESS_MAX);
        assert!(door.enter(address(1)).is_none());
        assert!(door.enter(address(2)).is_some(), "others are let in");
        places.pop();
        assert!(door.enter(address(1)).is_some());
    }

    #[test]
    fn all_together_are_bounded_and_nothing_is_left_of_those_who_went() {
        let door = Door::default();
        let places: Vec<Place> = (0..2_000).filter_map(|number| door.enter(address(number))).collect();

        assert_eq!(places.len(), IN_ALL_MAX);
        drop(places);
        let strangers = door.0.lock().unwrap();
        assert_eq!((strangers.in_all, strangers.of_address.len()), (0, 0));
    }
}
