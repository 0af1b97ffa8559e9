//! Every word that can stand in a text over one schema (keywords, names, aliases), as a trie of bytes.
//!
//! A word may mean several things; which one is meant is for the grammar to say. Quoted names are words with their
//! quotes. Upper and lower case are alike, but in words that are exact.

use std::collections::HashMap;

use super::bits::Bits;

/// Place in [`Words`].
pub(super) type WordId = u32;

/// No word, no node.
pub(super) const NONE: u32 = u32::MAX;

/// The root of the trie.
pub(super) const ROOT: u32 = 0;

/// All words.
#[derive(Debug)]
pub(super) struct Words {
    nodes: Vec<Node>,
    /// The last node and the length in bytes of each word.
    ends: Vec<(u32, u16)>,
    ids: HashMap<Vec<u8>, WordId>,
}

#[derive(Debug)]
struct Node {
    /// Sorted by byte.
    children: Vec<(u8, u32)>,
    parent: u32,
    word: WordId,
    /// Whether capitals below here are other letters.
    exact: bool,
}

impl Words {
    pub(super) fn new() -> Self {
        let root = Node { children: Vec::new(), parent: NONE, word: NONE, exact: false };
        Self { nodes: vec![root], ends: Vec::new(), ids: HashMap::new() }
    }

    /// The id of a word, which is added where it is new.
    pub(super) fn add(&mut self, text: &str, exact: bool) -> WordId {
        let spelled = if exact { text.to_owned() } else { text.to_ascii_lowercase() };
        if let Some(&id) = self.ids.get(spelled.as_bytes()) {
            return id;
        }
        let mut place = ROOT;
        for &byte in spelled.as_bytes() {
            place = self.child_or_new(place, byte, exact);
        }
        let id = self.ends.len() as WordId;
        self.nodes[place as usize].word = id;
        self.ends.push((place, spelled.len() as u16));
        self.ids.insert(spelled.into_bytes(), id);
        id
    }

    fn child_or_new(&mut self, place: u32, byte: u8, exact: bool) -> u32 {
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[place as usize];
        match node.children.binary_search_by_key(&byte, |child| child.0) {
            Ok(found) => node.children[found].1,
            Err(at) => {
                node.children.insert(at, (byte, next));
                self.nodes.push(Node { children: Vec::new(), parent: place, word: NONE, exact });
                next
            }
        }
    }

    /// The node after one more byte.
    pub(super) fn child(&self, place: u32, byte: u8) -> Option<u32> {
        let node = &self.nodes[place as usize];
        let find = |byte: u8| node.children.binary_search_by_key(&byte, |child| child.0).ok();
        let found = find(byte).or_else(|| {
            let fold = byte.is_ascii_uppercase() && !node.exact;
            find(byte.to_ascii_lowercase()).filter(|_| fold)
        });
        found.map(|found| node.children[found].1)
    }

    /// The word that ends at this node.
    pub(super) fn word_at(&self, place: u32) -> Option<WordId> {
        let word = self.nodes[place as usize].word;
        (word != NONE).then_some(word)
    }

    /// The length of a word, in bytes.
    pub(super) fn length(&self, word: WordId) -> usize {
        usize::from(self.ends[word as usize].1)
    }

    /// The nodes from the end of a word up to the root.
    pub(super) fn path(&self, word: WordId) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(self.ends[word as usize].0), |&place| {
            let parent = self.nodes[place as usize].parent;
            (parent != NONE).then_some(parent)
        })
    }

    /// The nodes that lead to one of these words.
    pub(super) fn live(&self, words: &Bits) -> Bits {
        let mut live = Bits::new(self.nodes.len());
        for word in words.iter() {
            for place in self.path(word as WordId) {
                if !live.insert(place as usize) {
                    break;
                }
            }
        }
        live
    }

    /// The number of nodes.
    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The number of words.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn read(words: &Words, text: &str) -> Option<WordId> {
        let end = text.bytes().try_fold(ROOT, |place, byte| words.child(place, byte))?;
        words.word_at(end)
    }

    #[test]
    fn case_does_not_count_but_in_exact_words() {
        let mut words = Words::new();
        let name = words.add("Name", false);
        let exact = words.add("'%Y'", true);
        assert_eq!(words.add("name", false), name);
        assert_eq!([read(&words, "NAME"), read(&words, "name")], [Some(name); 2]);
        assert_eq!([read(&words, "'%Y'"), read(&words, "'%y'"), read(&words, "nam")], [Some(exact), None, None]);
        let mut wanted = Bits::new(words.count());
        wanted.insert(name as usize);
        assert_eq!(words.live(&wanted).iter().count(), 5);
        assert_eq!((words.length(name), words.count()), (4, 2));
    }
}
