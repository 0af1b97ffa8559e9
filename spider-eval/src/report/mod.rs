//! One HTML page about one scored prediction file, whole in itself: no network, no other file.
//!
//! Scores by hardness and database with intervals, partial scores, which clauses go wrong, calibration and latency where
//! they are known, and every example with what both queries return. Computes no score itself.

mod plots;
mod sections;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

use crate::exec::{Limits, Rows, Session, Value};
use crate::score::Example;

/// How many rows of a result are shown.
const ROWS_SHOWN: usize = 5;
/// How many letters of a cell are shown.
const LETTERS_SHOWN: usize = 60;

/// One example as the page shows it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The judged example.
    pub example: Example,
    /// The question, where it is known.
    pub question: String,
    /// The gold query.
    pub gold: String,
    /// The prediction.
    pub predicted: String,
    /// How sure the model was, where it is known.
    pub confidence: Option<f64>,
    /// How long it took, in milliseconds, where it is known.
    pub total_ms: Option<f64>,
}

/// The whole page.
///
/// # Errors
/// A plot cannot be drawn.
pub fn page(title: &str, about: &str, cases: &[Case], databases: Option<&Path>) -> Result<String, Box<dyn Error>> {
    let mut sessions = BTreeMap::new();
    let mut body = sections::scores(cases);
    body += &sections::databases(cases);
    body += &sections::clauses(cases);
    body += &plots(cases)?;
    body += "<h2>Examples</h2>";
    body += FILTER;
    for case in cases {
        let results = databases.map(|folder| results(case, folder, &mut sessions));
        body += &sections::example(case, results.as_ref());
    }
    let (title, about) = (escaped(title), escaped(about));
    Ok(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1><pre class=\"about\">{about}</pre>{body}\
         <script>{SCRIPT}</script></body></html>\n"
    ))
}

fn plots(cases: &[Case]) -> Result<String, Box<dyn Error>> {
    let right = |case: &Case| case.example.is_executed().unwrap_or_else(|| case.example.is_exact());
    let answers: Vec<(f64, bool)> = cases.iter().filter_map(|case| Some((case.confidence?, right(case)))).collect();
    let times: Vec<f64> = cases.iter().filter_map(|case| case.total_ms).collect();
    let mut out = String::new();
    if !answers.is_empty() {
        let bins = plots::bins(&answers);
        let error = plots::calibration_error(&bins);
        out +=
            &format!("<h2>Confidence</h2><p>Expected calibration error {error:.3}</p>{}", plots::reliability(&bins)?);
    }
    if !times.is_empty() {
        let mut sorted = times.clone();
        sorted.sort_by(f64::total_cmp);
        let at =
            |percent: usize| sorted.get((sorted.len() * percent / 100).min(sorted.len() - 1)).copied().unwrap_or(0.0);
        let (middle, slow) = (at(50), at(95));
        out += &format!(
            "<h2>Latency</h2><p>Median {middle:.0} ms, 95 % within {slow:.0} ms</p>{}",
            plots::latency(&times)?
        );
    }
    Ok(out)
}

/// What both queries return, as HTML.
type Results = [String; 2];

fn results(case: &Case, folder: &Path, sessions: &mut BTreeMap<String, Option<Session>>) -> Results {
    let db_id = &case.example.db_id;
    let open = || Session::open(&folder.join(db_id).join(format!("{db_id}.sqlite"))).ok();
    let session = sessions.entry(db_id.clone()).or_insert_with(open);
    let limits = Limits { rows: ROWS_SHOWN, time: Duration::from_secs(5), ..Limits::default() };
    [&case.gold, &case.predicted].map(|sql| match session.as_ref().map(|session| session.head(sql, limits)) {
        Some(Ok((rows, more))) => table(&rows, more),
        Some(Err(failure)) => format!("<p class=\"bad\">{}</p>", escaped(&failure.to_string())),
        None => String::new(),
    })
}

fn table(rows: &Rows, more: bool) -> String {
    if rows.count == 0 {
        return "<p>no rows</p>".to_owned();
    }
    let cell = |value: &Value| match value {
        Value::Null => "<td><i>NULL</i></td>".to_owned(),
        Value::Integer(number) => format!("<td>{number}</td>"),
        Value::Real(number) => format!("<td>{number:?}</td>"),
        Value::Text(text) => format!("<td>{}</td>", escaped(&text.chars().take(LETTERS_SHOWN).collect::<String>())),
        Value::Blob(bytes) => format!("<td><i>{} bytes</i></td>", bytes.len()),
    };
    let lines: String =
        rows.iter().map(|row| format!("<tr>{}</tr>", row.iter().map(cell).collect::<String>())).collect();
    format!("<table>{lines}</table>{}", if more { "<p>and more rows</p>" } else { "" })
}

/// Text made safe for HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, letter| {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(letter),
        }
        out
    })
}

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #ddd;padding:.15em .6em;text-align:left}\
pre{white-space:pre-wrap;background:#f6f6f4;padding:.6em;margin:.3em 0}details{border-bottom:1px solid #eee;padding:.25em 0}\
summary{cursor:pointer}.bad{color:#a02020}.good{color:#207030}.pair{display:grid;grid-template-columns:1fr 1fr;gap:1em}\
.pair>div{overflow:auto}.tag{font-size:12px;border:1px solid #ccc;border-radius:3px;padding:0 .4em;margin-right:.3em}\
.filter{position:sticky;top:0;background:#fff;padding:.6em 0;border-bottom:1px solid #ccc}";

const FILTER: &str = "<div class=\"filter\"><input id=\"q\" type=\"search\" placeholder=\"search question, SQL, database\" size=\"36\"> \
<select id=\"v\"><option value=\"\">all verdicts</option><option>exact</option><option>not-exact</option><option>exec</option>\
<option>not-exec</option><option>strict</option><option>not-strict</option></select> \
<select id=\"h\"><option value=\"\">all levels</option><option>easy</option><option>medium</option><option>hard</option><option>extra</option></select> \
<span id=\"n\"></span></div>";

const SCRIPT: &str = "const all=[...document.querySelectorAll('details.case')],q=document.getElementById('q'),v=document.getElementById('v'),\
h=document.getElementById('h'),n=document.getElementById('n');function show(){const words=q.value.toLowerCase().split(/\\s+/).filter(Boolean);let c=0;\
for(const d of all){const k=d.dataset.kinds.split(' ');const t=d.textContent.toLowerCase();const ok=(!v.value||k.includes(v.value))&&(!h.value||k.includes(h.value))\
&&words.every(w=>t.includes(w));d.hidden=!ok;if(ok)c++}n.textContent=c+' of '+all.length}for(const e of [q,v,h])e.addEventListener('input',show);show();";
