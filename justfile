# What a change must pass: `just`. Each recipe is plain shell, so `.ci/run` calls the same commands.

default: fmt lint test docs

fmt:
    cargo fmt --all --check

lint:
    cargo clippy --release --workspace --all-targets -- -D warnings

test:
    cargo test --release --workspace

docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps

# The law of validity in full: 100,000 random walks over all schemas.
laws:
    ARGIOPE_LAWS=100000 cargo test --release --test it laws -- --nocapture

# The same over SQL text under the grammar, and all gold queries through it.
text-laws:
    ARGIOPE_GRAMMAR_WALKS=20000 ARGIOPE_GOLD_STEP=1 cargo test --release --test it grammar:: -- --nocapture

# The law of summaries over real articles, one {"article"} a line: random scores, 10,000 articles, no line that breaks it.
summary-laws articles:
    ARGIOPE_LAWS=10000 ARGIOPE_ARTICLES={{articles}} cargo test --release --test it lines_are_compressions -- --nocapture

# Python of the trainer: style and its own tests (needs ruff, pytest and torch).
trainer:
    python3 -m ruff check training
    pytest -q training

bench:
    cargo bench
