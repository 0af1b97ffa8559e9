//! The cheapest completion: how many symbols a state needs at least until END may follow.
//!
//! Additive over the goals, so it is cheap. An upper bound that some continuation always meets: from every state
//! there is a symbol after which the cost is lower by one or more. The laws walk at the edge of it.

use super::state::{Goal, Kind, Scope, Stage, State};

/// The least number of symbols to a complete form.
pub(super) fn completion(state: &State) -> usize {
    let mut open = state.selects.len();
    let mut cost = 0;
    for goal in state.goals.iter().rev() {
        let scope = open.checked_sub(1).map(|place| &state.selects[place]);
        cost += match (goal, scope) {
            (Goal::Select | Goal::SelectRest | Goal::Tail(_), Some(scope)) => {
                open -= 1;
                select(goal, scope) + usize::from(scope.kind != Kind::Top)
            }
            (other, _) => single(other),
        };
    }
    cost
}

/// What a select needs beyond the goals inside it.
fn select(goal: &Goal, scope: &Scope) -> usize {
    let items = missing_items(scope);
    // Without a source JOIN and a table must follow; once JOIN is there, the table is a goal of its own.
    let join = *goal == Goal::Tail(Stage::Items) && items == 0 && !scope.has_source();
    items + if join { 2 } else { 0 }
}

fn missing_items(scope: &Scope) -> usize {
    let each = if scope.has_columns() { 1 } else { 2 }; // a column, or COUNT STAR
    match scope.need {
        None if scope.items == 0 => 1, // a column or STAR
        None => 0,
        Some(_) if scope.items == 0 && scope.need_star && scope.derived.is_none() => 1, // the same table's `*`
        Some(need) => usize::from(need - scope.arity.unwrap_or(need).min(need)) * each,
    }
}

fn single(goal: &Goal) -> usize {
    match goal {
        Goal::List(_) => 0,
        Goal::Test { .. } => 2,                  // column IS_NULL
        Goal::OpenQuery(_) => 3,                 // OPEN column CLOSE
        Goal::GroupTail { any: false, .. } => 4, // OR column IS_NULL CLOSE
        _ => 1,
    }
}
