# What every recipe of a text-to-SQL model shares; sourced by them. The arguments are settings of train.py, RECIPE the
# recipe's file name, MINUTES the time that it takes where the caller says nothing else, WIKISQL is set where it is used.
# DATA holds spider/, loom/ and extra/, MINILM MiniLM-L6's model.safetensors and tokenizer.json, RUN is a folder outside
# the repository. Started again after a stop, a recipe goes on from the last checkpoint (at most 3 minutes are lost).
# SEED (1), MINUTES and NAME (sql-small, the folder below weights/) may be given.
set -eu
: "${DATA:?the folder with spider/, loom/ and extra/}" "${MINILM:?the folder of MiniLM-L6}" "${RUN:?a folder for the run}"
cd "$(dirname "$0")/.."
if [ ! -x "$RUN/prepare" ]; then
    cargo build --release -p prepare # the quick profile could be too slow for the network
    mkdir -p "$RUN"
    cp "${CARGO_TARGET_DIR:-../target}/release/prepare" "$RUN/prepare" # a later build must not change a run that goes on
fi
if [ -n "${WIKISQL:-}" ]; then
    [ -f "$RUN/wikisql.jsonl" ] || xz -dc "$DATA/spider/wikisql_train.jsonl.xz" > "$RUN/wikisql.jsonl"
    set -- --wikisql "$RUN/wikisql.jsonl" "$@"
fi
python3 train.py --run "$RUN" --data "$DATA/spider" --loom "$DATA/loom" --extra "$DATA/extra" \
    --minilm "$MINILM" --prepare "$RUN/prepare" --minutes "$MINUTES" --seed "${SEED:-1}" "$@"
OUT="../weights/${NAME:-sql-small}"
python3 export.py --run "$RUN" --loom "$DATA/loom" --minilm "$MINILM" --name "${NAME:-sql-small}" \
    --recipe "training/runs/$RECIPE" --out "$OUT"
# The ranking of what the search finds: fitted on the databases that were held out.
python3 held_out.py --run "$RUN" --data "$DATA" --out "$RUN/held_out.jsonl"
cargo run --release -p spider-eval -- candidates --data "$DATA/spider" --questions "$RUN/held_out.jsonl" --model "$OUT" \
    --out "$RUN/candidates.jsonl"
python3 rank.py --candidates "$RUN/candidates.jsonl" --model "$OUT"
