//! A small cache that forgets what was used longest ago.
//!
//! Apps send the same schema with every question; reading and indexing it once is worth keeping a few.

use std::sync::{Mutex, PoisonError};

/// At most `capacity` values by key; shared by threads.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    capacity: usize,
    /// Least recently used first.
    entries: Mutex<Vec<(K, V)>>,
}

impl<K: PartialEq, V: Clone> Cache<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), entries: Mutex::new(Vec::new()) }
    }

    /// The value of this key, made where it is missing. Two threads may make it at the same time; the first stays.
    pub(super) fn get_or_make<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        if let Some(value) = self.get(&key) {
            return Ok(value);
        }
        let made = make()?;
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, other)) = entries.iter().find(|(other, _)| *other == key) {
            return Ok(other.clone());
        }
        if entries.len() >= self.capacity {
            entries.remove(0);
        }
        entries.push((key, made.clone()));
        Ok(made)
    }

    fn get(&self, key: &K) -> Option<V> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let place = entries.iter().position(|(other, _)| other == key)?;
        let entry = entries.remove(place);
        let value = entry.1.clone();
        entries.push(entry);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(cache: &Cache<u8, u8>, key: u8, made: &mut Vec<u8>) -> Option<u8> {
        let make = || {
            made.push(key);
            if key == 9 { Err(()) } else { Ok(key) }
        };
        cache.get_or_make(key, make).ok()
    }

    #[test]
    fn forgets_what_was_used_longest_ago() {
        let (cache, mut made) = (Cache::new(2), Vec::new());
        for key in [1, 2, 1, 3, 1, 2] {
            assert_eq!(get(&cache, key, &mut made), Some(key));
        }
        assert_eq!(made, [1, 2, 3, 2]);
    }

    #[test]
    fn failures_are_not_kept() {
        let (cache, mut made) = (Cache::new(2), Vec::new());
        assert_eq!(get(&cache, 9, &mut made), None);
        assert_eq!(get(&cache, 9, &mut made), None);
        assert_eq!(made, [9, 9]);
    }
}
