//! Keywords and what they stand for in a query, as tables for both directions.

use super::symbol::Keyword as K;
use crate::query::{Aggregate, ArithmeticOperator, Comparison, DatePart, SetOperator};

pub(super) const AGGREGATES: [(K, Aggregate); 5] = [
    (K::Count, Aggregate::Count),
    (K::Sum, Aggregate::Sum),
    (K::Avg, Aggregate::Avg),
    (K::Min, Aggregate::Min),
    (K::Max, Aggregate::Max),
];

pub(super) const ARITHMETIC: [(K, ArithmeticOperator); 4] = [
    (K::Add, ArithmeticOperator::Add),
    (K::Subtract, ArithmeticOperator::Subtract),
    (K::Multiply, ArithmeticOperator::Multiply),
    (K::Divide, ArithmeticOperator::Divide),
];

pub(super) const DATE_PARTS: [(K, DatePart); 4] = [
    (K::Year, DatePart::Year),
    (K::YearMonth, DatePart::YearMonth),
    (K::Month, DatePart::Month),
    (K::Day, DatePart::Day),
];

pub(super) const COMPARISONS: [(K, Comparison); 6] = [
    (K::Equal, Comparison::Equal),
    (K::NotEqual, Comparison::NotEqual),
    (K::Less, Comparison::Less),
    (K::LessOrEqual, Comparison::LessOrEqual),
    (K::Greater, Comparison::Greater),
    (K::GreaterOrEqual, Comparison::GreaterOrEqual),
];

pub(super) const SET_OPERATORS: [(K, SetOperator); 4] = [
    (K::Intersect, SetOperator::Intersect),
    (K::Union, SetOperator::Union),
    (K::UnionAll, SetOperator::UnionAll),
    (K::Except, SetOperator::Except),
];

/// Outputs of a derived table or of a first arm, from 0.
pub(super) const OUTPUTS: [(K, usize); 4] = [(K::Out1, 0), (K::Out2, 1), (K::Out3, 2), (K::Out4, 3)];

/// Instances of a table after its first.
pub(super) const COPIES: [(K, u8); 3] = [(K::Copy1, 1), (K::Copy2, 2), (K::Copy3, 3)];

/// The constants that have a keyword, as SQL spells them.
pub(super) const NUMBERS: [(K, &str); 8] = [
    (K::Number0, "0"),
    (K::Number1, "1"),
    (K::Number2, "2"),
    (K::Number3, "3"),
    (K::Number100, "100"),
    (K::Number1000, "1000"),
    (K::Decimal1, "1.0"),
    (K::Decimal100, "100.0"),
];

/// LIKE by (NOT, `%` before, `%` after).
pub(super) const LIKES: [(K, (bool, bool, bool)); 8] = [
    (K::LikeContains, (false, true, true)),
    (K::LikeStarts, (false, false, true)),
    (K::LikeEnds, (false, true, false)),
    (K::LikeIs, (false, false, false)),
    (K::NotLikeContains, (true, true, true)),
    (K::NotLikeStarts, (true, false, true)),
    (K::NotLikeEnds, (true, true, false)),
    (K::NotLikeIs, (true, false, false)),
];

/// What a keyword stands for.
pub(super) fn meaning<T: Copy>(table: &[(K, T)], keyword: K) -> Option<T> {
    table.iter().find(|(each, _)| *each == keyword).map(|(_, meaning)| *meaning)
}

/// The keyword that stands for this; `other` where none does.
pub(super) fn keyword_or<T: PartialEq>(table: &[(K, T)], meaning: &T, other: K) -> K {
    keyword(table, meaning).unwrap_or(other)
}

/// The keyword that stands for this.
pub(super) fn keyword<T: PartialEq>(table: &[(K, T)], meaning: &T) -> Option<K> {
    table.iter().find(|(_, each)| each == meaning).map(|(keyword, _)| *keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_stands_for_one_thing_and_back() {
        for (key, aggregate) in AGGREGATES {
            assert_eq!(meaning(&AGGREGATES, key), Some(aggregate));
            assert_eq!(keyword(&AGGREGATES, &aggregate), Some(key));
        }
        for negated in [false, true] {
            for (before, after) in [(false, false), (false, true), (true, false), (true, true)] {
                assert!(keyword(&LIKES, &(negated, before, after)).is_some());
            }
        }
        assert_eq!(meaning(&AGGREGATES, K::Equal), None);
        assert_eq!(keyword(&NUMBERS, &"4"), None);
    }
}
