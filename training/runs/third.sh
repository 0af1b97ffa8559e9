#!/bin/sh
# A text-to-SQL model on all training sets and WikiSQL, from data to weights: about 105 minutes on two cores with AVX512-BF16.
# DATA holds spider/, loom/ and extra/, MINILM MiniLM-L6's model.safetensors and tokenizer.json, RUN is a folder outside
# the repository. Started again after a stop, it goes on from the last checkpoint (at most 3 minutes are lost).
# SEED (1), MINUTES (100) and NAME (sql-small, the folder below weights/) may be given.
set -eu
: "${DATA:?the folder with spider/, loom/ and extra/}" "${MINILM:?the folder of MiniLM-L6}" "${RUN:?a folder for the run}"
cd "$(dirname "$0")/.."
if [ ! -x "$RUN/prepare" ]; then
    cargo build --release -p prepare # the quick profile could be too slow for the network
    mkdir -p "$RUN"
    cp "${CARGO_TARGET_DIR:-../target}/release/prepare" "$RUN/prepare" # a later build must not change a run that goes on
fi
[ -f "$RUN/wikisql.jsonl" ] || xz -dc "$DATA/spider/wikisql_train.jsonl.xz" > "$RUN/wikisql.jsonl"
SETS=train,train_others,train_syn,train_paraphrased,loom,sparc,cosql,bird,ambrosia,gretel,wikisql
WIDE=train=1.0,train_others=0.35,train_syn=0.4,train_paraphrased=0.7,loom=0.8,sparc=0.7,cosql=0.6,bird=0.35,ambrosia=0.4,gretel=0.6,wikisql=0.15
LAST=train=1.0,train_others=0.3,train_syn=0.3,train_paraphrased=0.4,loom=0.4,sparc=0.2,cosql=0.2,bird=0.1,ambrosia=0.1,gretel=0.1,wikisql=0
python3 train.py --run "$RUN" --data "$DATA/spider" --loom "$DATA/loom" --extra "$DATA/extra" --wikisql "$RUN/wikisql.jsonl" \
    --minilm "$MINILM" --prepare "$RUN/prepare" --minutes "${MINUTES:-100}" --seed "${SEED:-1}" --dropout 0.15 --smoothing 0.05 --last-share 0.12 \
    --feeder "--hold-out 5 --set $SETS --weights $WIDE" --last-feeder "--hold-out 5 --set $SETS --weights $LAST"
OUT="../weights/${NAME:-sql-small}"
python3 export.py --run "$RUN" --loom "$DATA/loom" --minilm "$MINILM" --name "${NAME:-sql-small}" --out "$OUT"
# The ranking of what the search finds: fitted on the databases that were held out.
python3 held_out.py --run "$RUN" --data "$DATA" --out "$RUN/held_out.jsonl"
cargo run --release -p spider-eval -- candidates --data "$DATA/spider" --questions "$RUN/held_out.jsonl" --model "$OUT" \
    --out "$RUN/candidates.jsonl"
python3 rank.py --candidates "$RUN/candidates.jsonl" --model "$OUT"
