#!/bin/sh
# As second.sh, with WikiSQL, and an eighth of the time nearly on Spider alone: about 105 minutes on two cores with
# AVX512-BF16.
RECIPE=third.sh WIKISQL=yes MINUTES="${MINUTES:-100}"
SETS=train,train_others,train_syn,train_paraphrased,loom,sparc,cosql,bird,ambrosia,gretel,wikisql
WIDE=train=1.0,train_others=0.35,train_syn=0.4,train_paraphrased=0.7,loom=0.8,sparc=0.7,cosql=0.6,bird=0.35,ambrosia=0.4,gretel=0.6,wikisql=0.15
LAST=train=1.0,train_others=0.3,train_syn=0.3,train_paraphrased=0.4,loom=0.4,sparc=0.2,cosql=0.2,bird=0.1,ambrosia=0.1,gretel=0.1,wikisql=0
set -- --dropout 0.15 --smoothing 0.05 --last-share 0.12 \
    --feeder "--hold-out 5 --set $SETS --weights $WIDE" --last-feeder "--hold-out 5 --set $SETS --weights $LAST"
. "$(dirname "$0")/from_data_to_weights.sh"
