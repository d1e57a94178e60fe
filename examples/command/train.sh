#!/usr/bin/env bash
# Any program can be tuned; this one is bash and awk. It fits a straight line to ten points by gradient descent.
#   train.sh --lr RATE --epochs N
# After each epoch it appends a line of JSON to the file that FRUGAL_REPORT names: the whole interface.
set -euo pipefail
while [ $# -gt 0 ]; do
  case $1 in
    --lr) rate=$2 ;;
    --epochs) epochs=$2 ;;
    *) echo "train.sh: what is $1?" >&2; exit 2 ;;
  esac
  shift 2
done
awk -v rate="$rate" -v epochs="$epochs" -v report="$FRUGAL_REPORT" 'BEGIN {
  for (epoch = 1; epoch <= epochs; epoch++) {
    loss = 0
    for (i = 0; i < 10; i++) {
      x = i / 10; y = 3 * x + 1
      error = a * x + b - y
      loss += error * error / 10
      a -= rate * error * x; b -= rate * error
    }
    printf "{\"epoch\":%d,\"loss\":%.6g}\n", epoch, loss >> report
    fflush(report)
  }
}'
