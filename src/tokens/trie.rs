//! A vocabulary as a trie of bytes, walked against any recogniser of bytes: which ids may follow?
//!
//! The trie knows bytes and a recogniser's states, never SQL. Where a recogniser takes any text of some class, such as
//! inside a quoted string, the ids of that class are found once ([`Trie::slice`]) and only the others are walked.

/// What says which bytes may follow which.
pub trait Recogniser {
    /// The place after a prefix; cheap to clone.
    type State: Clone;

    /// The place after one more byte; `None` where it may not follow.
    fn advance(&self, state: &Self::State, byte: u8) -> Option<Self::State>;
}

/// Pieces of a vocabulary, sorted by their bytes.
#[derive(Debug, Clone, Default)]
pub struct Trie {
    /// In the order of a walk that visits a node before what is below it.
    nodes: Vec<Node>,
    /// The ids of all nodes, node after node.
    ids: Vec<u32>,
}

/// One byte after those of the nodes above it.
#[derive(Debug, Clone, Copy)]
struct Node {
    byte: u8,
    depth: u32,
    /// The node after all that are below this one.
    end: u32,
    /// The end of its ids; they begin where those of the node before end.
    ids_end: u32,
}

/// The pieces that hold bytes of one class only, and a trie of the others.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The ids of whole pieces of valid UTF-8 with bytes of the class only.
    pub inside: Vec<u32>,
    /// All other pieces.
    pub rest: Trie,
}

impl Trie {
    /// From (id, bytes) pairs; empty pieces are left out.
    pub fn new<'p>(pieces: impl IntoIterator<Item = (u32, &'p [u8])>) -> Self {
        let mut sorted: Vec<(&[u8], u32)> =
            pieces.into_iter().filter(|(_, bytes)| !bytes.is_empty()).map(|(id, bytes)| (bytes, id)).collect();
        sorted.sort_unstable();
        let mut trie = Self::default();
        trie.add(&sorted, 0);
        trie
    }

    /// Adds pieces that share their first `depth` bytes and are longer.
    fn add(&mut self, sorted: &[(&[u8], u32)], depth: usize) {
        for group in sorted.chunk_by(|a, b| a.0[depth] == b.0[depth]) {
            let place = self.nodes.len();
            let whole = group.iter().take_while(|(bytes, _)| bytes.len() == depth + 1).count();
            self.ids.extend(group[..whole].iter().map(|(_, id)| *id));
            let node = Node { byte: group[0].0[depth], depth: depth as u32, end: 0, ids_end: self.ids.len() as u32 };
            self.nodes.push(node);
            self.add(&group[whole..], depth + 1);
            self.nodes[place].end = self.nodes.len() as u32;
        }
    }

    /// The pieces of one class of bytes apart from the others.
    pub fn slice<'p>(pieces: impl IntoIterator<Item = (u32, &'p [u8])>, class: impl Fn(u8) -> bool) -> Slice {
        let whole = |bytes: &[u8]| bytes.iter().all(|&byte| class(byte)) && std::str::from_utf8(bytes).is_ok();
        let (inside, rest): (Vec<_>, Vec<_>) =
            pieces.into_iter().filter(|(_, bytes)| !bytes.is_empty()).partition(|(_, bytes)| whole(bytes));
        Slice { inside: inside.into_iter().map(|(id, _)| id).collect(), rest: Self::new(rest) }
    }

    /// Calls `found` with the ids of every piece that the recogniser takes whole, and the state after it.
    pub fn walk<R: Recogniser>(&self, recogniser: &R, state: &R::State, mut found: impl FnMut(&[u32], &R::State)) {
        let mut states = vec![state.clone()];
        let mut place = 0;
        while let Some(node) = self.nodes.get(place) {
            states.truncate(node.depth as usize + 1);
            match states.last().and_then(|before| recogniser.advance(before, node.byte)) {
                Some(after) => {
                    let first = place.checked_sub(1).map_or(0, |before| self.nodes[before].ids_end);
                    if first < node.ids_end {
                        found(&self.ids[first as usize..node.ids_end as usize], &after);
                    }
                    states.push(after);
                    place += 1;
                }
                None => place = node.end as usize,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes balanced brackets and letters inside them.
    struct Brackets;

    impl Recogniser for Brackets {
        type State = usize;

        fn advance(&self, open: &usize, byte: u8) -> Option<usize> {
            match byte {
                b'(' => Some(open + 1),
                b')' => open.checked_sub(1),
                _ => (*open > 0).then_some(*open),
            }
        }
    }

    const PIECES: [(u32, &[u8]); 9] =
        [(0, b"("), (1, b")"), (2, b"(("), (3, b"ab"), (4, b"a)"), (5, b"))"), (6, b""), (7, b"a))"), (8, b"a)")];

    fn allowed(trie: &Trie, state: usize) -> Vec<u32> {
        let mut ids = Vec::new();
        trie.walk(&Brackets, &state, |found, _| ids.extend_from_slice(found));
        ids.sort_unstable();
        ids
    }

    #[test]
    fn a_walk_finds_what_a_reading_byte_by_byte_takes() {
        let trie = Trie::new(PIECES);
        for state in 0..3 {
            let takes = |bytes: &[u8]| bytes.iter().try_fold(state, |open, byte| Brackets.advance(&open, *byte));
            let expected = PIECES.iter().filter(|(_, bytes)| !bytes.is_empty() && takes(bytes).is_some());
            assert_eq!(allowed(&trie, state), expected.map(|(id, _)| *id).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_slice_parts_the_pieces() {
        let slice = Trie::slice(PIECES, |byte| byte.is_ascii_alphabetic());
        assert_eq!(slice.inside, [3]);
        assert_eq!(allowed(&slice.rest, 1), [0, 1, 2, 4, 8]);
    }
}
