"""Asks argiope Spider's dev questions with each database's own CREATE TABLE text and nothing else, as an app would.

    python3 training/ask_ddl.py --argiope target/release/argiope --data ../shared/data/spider --out ddl.sql
    spider-eval score --gold …/dev_gold.sql --pred ddl.sql --tables …/tables.json --databases …/database
"""

import argparse
import json
import sqlite3
import subprocess
import tempfile
from pathlib import Path

TABLES = "SELECT sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"


def ddl_of(database):
    """The CREATE TABLE statements of a SQLite file, opened read-only."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    return "\n".join(f"{sql};" for (sql,) in connection.execute(TABLES))


def answers(argiope, ddl, questions):
    """One line of SQL for each question."""
    with tempfile.TemporaryDirectory() as folder:
        schema, batch = Path(folder, "schema.sql"), Path(folder, "questions.jsonl")
        schema.write_text(ddl)
        batch.write_text("".join(json.dumps({"question": question}) + "\n" for question in questions))
        run = subprocess.run([argiope, "sql", "--schema", schema, "--batch", batch], stdout=subprocess.PIPE, text=True)
    return run.stdout.split("\n")[: len(questions)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--argiope", required=True, help="the program")
    parser.add_argument("--data", type=Path, required=True, help="the folder with dev.json and database/")
    parser.add_argument("--out", type=Path, required=True, help="where the predictions go, in the order of dev.json")
    settings = parser.parse_args()
    dev = json.loads((settings.data / "dev.json").read_text())
    places = {}
    for place, entry in enumerate(dev):
        places.setdefault(entry["db_id"], []).append(place)
    lines = [""] * len(dev)
    for name, at in places.items():
        ddl = ddl_of(settings.data / "database" / name / f"{name}.sqlite")
        for place, sql in zip(at, answers(settings.argiope, ddl, [dev[i]["question"] for i in at]), strict=True):
            lines[place] = sql
    settings.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
