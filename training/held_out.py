"""Writes the questions over a run's held-out Spider databases: `python held_out.py --run DIR --data DIR --out FILE`.

One `{"db_id", "question", "query"}` a line, each question once, for `spider-eval candidates`. DATA holds spider/ and,
where they are used, extra/sparc and extra/cosql.
"""

import argparse
import json
from pathlib import Path

SETS = (  # all that are asked over Spider's databases
    "spider/train.json",
    "spider/train_others.json",
    "spider/train_syn.json",
    "spider/train_paraphrased.jsonl",
    "extra/sparc/questions.jsonl",
    "extra/cosql/questions.jsonl",
)


def read(path: Path) -> list[dict]:
    """One JSON list, or one object a line; nothing where there is no such file."""
    if not path.exists():
        return []
    text = path.read_text()
    return json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    databases = set(json.loads((options.run / "card.json").read_text())["data"]["held_out"])
    rows = [row for name in SETS for row in read(options.data / name) if row["db_id"] in databases]
    once = {(row["db_id"], row["question"].lower()): row for row in reversed(rows)}
    with open(options.out, "w") as file:
        for row in reversed(once.values()):
            file.write(json.dumps({name: row[name] for name in ("db_id", "question", "query")}) + "\n")
    print(f"{len(once)} questions over {len(databases)} databases held out")


if __name__ == "__main__":
    main()
