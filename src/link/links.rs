//! The meetings of a question and a schema as people want to read them: without repeats and without what a better one says.

use super::prompt::{Link, LinkKind, LinkTarget, NodeKind, Prompt};
use super::question::Question;
use super::text::{fold, is_common};
use std::collections::HashSet;

/// Keeps the links of shown tables and columns that no better link of the same target covers; in the question's order.
pub(super) fn for_people(links: Vec<Link>, question: &Question, prompt: &Prompt) -> Vec<Link> {
    let shown: HashSet<NodeKind> = prompt.nodes.iter().map(|node| node.kind).collect();
    let mut kept: Vec<Link> =
        links.into_iter().filter(|link| shown.contains(&node_of(link.target)) && is_telling(link, question)).collect();
    kept.sort_by_key(|link| (link.target, link.kind, std::cmp::Reverse(link.words.len()), link.words.start));
    let mut best: Vec<Link> = Vec::new();
    for link in kept {
        let is_covered = |other: &Link| {
            other.target == link.target && other.words.start <= link.words.start && link.words.end <= other.words.end
        };
        if !best.iter().rev().take_while(|other| other.target == link.target).any(is_covered) {
            best.push(link);
        }
    }
    best.sort_by_key(|link| (link.words.start, link.words.end, link.kind, link.target));
    best
}

fn node_of(target: LinkTarget) -> NodeKind {
    match target {
        LinkTarget::Table(id) => NodeKind::Table(id),
        LinkTarget::Column(id) => NodeKind::Column(id),
    }
}

/// A common word alone is worth a line only where it is a whole name or cell.
fn is_telling(link: &Link, question: &Question) -> bool {
    let is_single = link.words.len() == 1;
    let is_common_word = || question.words.get(link.words.start).is_some_and(|word| is_common(&fold(&word.text)));
    matches!(link.kind, LinkKind::Exact | LinkKind::Cell) || !is_single || !is_common_word()
}
