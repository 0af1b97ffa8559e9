#!/bin/sh
# The selector of summaries and its judge of cuts, from data to weights: about 40 minutes on two cores with AVX512-BF16.
# DATA holds train.jsonl.xz and val_rest.jsonl.xz of CNN/DailyMail, MINILM MiniLM-L6's model.safetensors and
# tokenizer.json, RUN is a folder outside the repository. Started again after a stop, it goes on from the last checkpoint
# (at most 3 minutes are lost). SEED (1), MINUTES (21), MIX (1,0; summary_choose.py helps to choose it)
# and NAME (summary-small, the folder below weights/) may be given.
set -eu
: "${DATA:?the folder of CNN/DailyMail}" "${MINILM:?the folder of MiniLM-L6}" "${RUN:?a folder for the run}"
cd "$(dirname "$0")/.."
if [ ! -x "$RUN/prepare" ]; then
    cargo build --release -p prepare # the quick profile could be too slow for the network
    mkdir -p "$RUN"
    cp "${CARGO_TARGET_DIR:-../target}/release/prepare" "$RUN/prepare" # a later build must not change a run that goes on
fi
mkdir -p "$RUN/cnndm"
for set in train val_rest; do
    [ -f "$RUN/cnndm/$set.jsonl" ] || xz -dc "$DATA/$set.jsonl.xz" > "$RUN/cnndm/$set.jsonl"
done
# Most test articles are Daily Mail's and most training rows CNN's: all of the former, few of the latter.
python3 summary_train.py --run "$RUN" --data "$RUN/cnndm" --minilm "$MINILM" --prepare "$RUN/prepare" \
    --minutes "${MINUTES:-21}" --seed "${SEED:-1}" --rate-minilm 1.5e-4 --feeder "--cnn 0.06"
python3 summary_export.py --run "$RUN" --minilm "$MINILM" --mix "${MIX:-1,0}" --out "../weights/${NAME:-summary-small}"
# What judges cuts, from those of the best sentences of about 7,000 articles.
cuts_of() {
    set="$1" && shift
    "$RUN/prepare" summary cuts --data "$RUN/cnndm/$set.jsonl" --tokenizer "$MINILM/tokenizer.json" \
        --model "../weights/${NAME:-summary-small}" "$@"
}
cuts_of val_rest --limit 1200 > "$RUN/cuts_val_rest.bin"
cuts_of train --limit 40000 --cnn 0.06 > "$RUN/cuts_train.bin"
python3 summary_cuts.py --train "$RUN/cuts_train.bin" --watch "$RUN/cuts_val_rest.bin" --prepare "$RUN/prepare" \
    --out "../weights/${NAME:-summary-small}/cuts.json"
