#!/bin/sh
# The first text-to-SQL model, from data to weights: about 85 minutes on two cores with AVX512-BF16.
# DATA holds spider/ and loom/, MINILM MiniLM-L6's model.safetensors and tokenizer.json, RUN is a folder outside the
# repository. Started again after a stop, it goes on from the last checkpoint (at most 3 minutes are lost).
set -eu
: "${DATA:?the folder with spider/ and loom/}" "${MINILM:?the folder of MiniLM-L6}" "${RUN:?a folder for the run}"
cd "$(dirname "$0")/.."
cargo build --release -p prepare # the quick profile could be too slow for the network
PREPARE="${CARGO_TARGET_DIR:-../target}/release/prepare"
mkdir -p "$RUN"
cp "$PREPARE" "$RUN/prepare" # a later build must not change a run that goes on
python3 train.py --run "$RUN" --data "$DATA/spider" --loom "$DATA/loom" --minilm "$MINILM" --prepare "$RUN/prepare" \
    --minutes 80 --seed 1 --feeder "--hold-out 5 --set train,train_others,loom --weights train=1.0,train_others=0.35,loom=0.6"
python3 export.py --recipe training/runs/first.sh --run "$RUN" --loom "$DATA/loom" --minilm "$MINILM" --out ../weights/sql-small
