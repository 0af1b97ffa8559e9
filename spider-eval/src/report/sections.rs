//! The parts of the page that are tables and texts.

use std::collections::BTreeMap;

use super::{Case, Results, escaped};
use crate::exact::{Clause, Hardness};
use crate::score::{Example, Level, Totals};
use crate::stats;

/// Kinds of verdict and how they are found in an example.
type Kind = (&'static str, fn(&Example) -> Option<bool>);

const KINDS: [Kind; 4] = [
    ("exact match", |example| Some(example.is_exact())),
    ("execution", Example::is_executed),
    ("same meaning", |example| Some(example.strict)),
    ("same results", Example::is_strictly_executed),
];

/// Scores by hardness, with intervals, and the partial scores.
pub(super) fn scores(cases: &[Case]) -> String {
    let levels = || Hardness::ALL.into_iter().map(Some).chain([None]);
    let head: String = levels()
        .map(|level| {
            let count = cases.iter().filter(|case| level.is_none_or(|level| case.example.hardness == level)).count();
            format!("<th>{} ({count})</th>", level.map_or("all", Hardness::name))
        })
        .collect();
    let mut out =
        format!("<h2>Scores</h2><p>Percent, with 95 % bootstrap intervals.</p><table><tr><th></th>{head}</tr>");
    for (name, of) in KINDS {
        let cells: Option<String> = levels()
            .map(|level| {
                let fitting = cases.iter().filter(|case| level.is_none_or(|level| case.example.hardness == level));
                fitting
                    .map(|case| of(&case.example).map(f64::from))
                    .collect::<Option<Vec<f64>>>()
                    .map(|values| cell(&values))
            })
            .collect();
        out += &cells.map(|cells| format!("<tr><th>{name}</th>{cells}</tr>")).unwrap_or_default();
    }
    out + "</table>" + &partial(cases)
}

fn cell(values: &[f64]) -> String {
    if values.is_empty() {
        return "<td>–</td>".to_owned();
    }
    let (low, high) = stats::interval(values);
    format!("<td>{:.1} <small>{:.1}–{:.1}</small></td>", 100.0 * stats::mean(values), 100.0 * low, 100.0 * high)
}

fn partial(cases: &[Case]) -> String {
    let examples: Vec<Example> = cases.iter().map(|case| case.example.clone()).collect();
    let totals = Totals::of(&examples, Level::All);
    let row = |(clause, score): (&Clause, &crate::score::Partial)| {
        let [accuracy, recall, f1] =
            [score.accuracy, score.recall, score.f1].map(|share| format!("<td>{share:.3}</td>"));
        format!("<tr><th>{}</th>{accuracy}{recall}{f1}</tr>", escaped(clause.name()))
    };
    let rows: String = Clause::ALL.iter().zip(&totals.partial).map(row).collect();
    format!("<h3>Partial scores</h3><table><tr><th></th><th>accuracy</th><th>recall</th><th>F1</th></tr>{rows}</table>")
}

/// Scores by database, the weakest first.
pub(super) fn databases(cases: &[Case]) -> String {
    let mut by_database: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_database.entry(&case.example.db_id).or_default().push(case);
    }
    let mean = |cases: &[&Case], of: fn(&Example) -> Option<bool>| {
        stats::mean(&cases.iter().filter_map(|case| of(&case.example)).map(f64::from).collect::<Vec<_>>())
    };
    let mut rows: Vec<(f64, String)> = by_database
        .iter()
        .map(|(name, cases)| {
            let values = |of: fn(&Example) -> Option<bool>| -> Vec<f64> {
                cases.iter().filter_map(|case| of(&case.example)).map(f64::from).collect()
            };
            let cells: String = KINDS.iter().map(|(_, of)| cell(&values(*of))).collect();
            let row = format!("<tr><th>{}</th><td>{}</td>{cells}</tr>", escaped(name), cases.len());
            (mean(cases, |example| Some(example.is_executed().unwrap_or_else(|| example.is_exact()))), row)
        })
        .collect();
    rows.sort_by(|left, right| left.0.total_cmp(&right.0).then_with(|| left.1.cmp(&right.1)));
    let rows: String = rows.into_iter().map(|(_, row)| row).collect();
    let head: String = KINDS.iter().map(|(name, _)| format!("<th>{name}</th>")).collect();
    format!("<h2>Databases</h2><table><tr><th></th><th>examples</th>{head}</tr>{rows}</table>")
}

/// For each kind of clause: in how many examples gold and prediction have it, and where they differ how.
pub(super) fn clauses(cases: &[Case]) -> String {
    let mut rows = String::new();
    for (clause, place) in Clause::ALL.iter().zip(0usize..) {
        let parts: Vec<_> = cases.iter().filter_map(|case| case.example.exact.as_ref()?.parts.get(place)).collect();
        let count = |test: fn(bool, bool, bool) -> bool| {
            parts.iter().filter(|part| test(part.gold > 0, part.predicted > 0, part.right)).count()
        };
        let cells = [
            count(|gold, predicted, right| gold && predicted && right),
            count(|gold, predicted, right| gold && predicted && !right),
            count(|gold, predicted, _| gold && !predicted),
            count(|gold, predicted, _| !gold && predicted),
        ];
        let cells: String = cells.iter().map(|count| format!("<td>{count}</td>")).collect();
        rows += &format!("<tr><th>{}</th>{cells}</tr>", escaped(clause.name()));
    }
    format!(
        "<h2>Clauses</h2><table><tr><th></th><th>same</th><th>different</th><th>missing</th><th>too many</th></tr>{rows}</table>"
    )
}

/// One example, folded.
pub(super) fn example(case: &Case, results: Option<&Results>) -> String {
    let example = &case.example;
    let mut kinds = vec![example.hardness.name().to_owned()];
    let mut tags = String::new();
    let verdicts =
        [("exact", Some(example.is_exact())), ("exec", example.is_executed()), ("strict", Some(example.strict))];
    for (name, right) in verdicts.iter().filter_map(|(name, right)| Some((name, (*right)?))) {
        kinds.push(if right { (*name).to_owned() } else { format!("not-{name}") });
        let (class, sign) = if right { ("good", "✓") } else { ("bad", "✗") };
        tags += &format!("<span class=\"tag {class}\">{name} {sign}</span>");
    }
    let title = if case.question.is_empty() { &case.gold } else { &case.question };
    let sure =
        case.confidence.map(|confidence| format!(" <small>confidence {confidence:.2}</small>")).unwrap_or_default();
    let side = |name: &str, sql: &str, result: Option<&String>| {
        format!("<div><b>{name}</b><pre>{}</pre>{}</div>", escaped(sql), result.map_or("", String::as_str))
    };
    format!(
        "<details class=\"case\" data-kinds=\"{}\"><summary>{} {tags}{} <small>{} · {}</small>{sure}</summary>{}<div class=\"pair\">{}{}</div></details>",
        kinds.join(" "),
        example.index,
        escaped(title),
        escaped(&example.db_id),
        example.hardness.name(),
        why(example),
        side("gold", &case.gold, results.map(|results| &results[0])),
        side("prediction", &case.predicted, results.map(|results| &results[1])),
    )
}

/// Why an example is wrong, in words.
fn why(example: &Example) -> String {
    let mut reasons: Vec<String> = example.error().into_iter().collect();
    if let Some(verdict) = example.exact.filter(|verdict| !verdict.exact) {
        let wrong: Vec<&str> = Clause::ALL
            .iter()
            .zip(&verdict.parts)
            .filter(|(_, part)| !part.right)
            .filter(|(_, part)| part.gold + part.predicted > 0)
            .map(|(clause, _)| clause.name())
            .collect();
        reasons.push(if wrong.is_empty() {
            "the tables of FROM differ".to_owned()
        } else {
            format!("different: {}", wrong.join(", "))
        });
    }
    if example.is_executed() == Some(false) && example.error().is_none() {
        reasons.push("the results differ".to_owned());
    }
    reasons.iter().map(|reason| format!("<p class=\"bad\">{}</p>", escaped(reason))).collect()
}
