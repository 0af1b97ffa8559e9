#!/bin/sh
# The first text-to-SQL model: Spider and Loom alone; about 85 minutes on two cores with AVX512-BF16.
RECIPE=first.sh MINUTES="${MINUTES:-80}"
set -- --feeder "--hold-out 5 --set train,train_others,loom --weights train=1.0,train_others=0.35,loom=0.6"
. "$(dirname "$0")/from_data_to_weights.sh"
