#!/usr/bin/env bash
# All tests on a stack of their own: $1 python, $2 RUN, $3 PORT_BASE, $4 population.
# The stack is gone afterwards, whatever happens; its logs are shown if anything failed.
set -euo pipefail
python=$1 population=$4
export RUN=$2 PORT_BASE=$3
export LIENTHONG_FAILPOINTS=$PWD/$2/failpoints  # for tests/e2e/test_chaos.py
unset DATABASE_URL AMQP_URL

# These need no stack, so they share the cores; the others take turns with the one stack that there is.
"$python" -m pytest -q tests/unit tests/contract -n auto --dist loadfile

finish() {
  local code=$?
  trap - EXIT
  if [ "$code" -ne 0 ]; then
    "$python" -m deploy.local logs || true
  fi
  "$python" -m deploy.local down
  exit "$code"
}

trap finish EXIT
"$python" -m deploy.local down
rm -rf -- "$RUN"
"$python" -m deploy.local up
set -a; source "$RUN/stack.env"; set +a
"$python" -m deploy.nation --population "$population"
"$python" -m pytest -q tests --ignore tests/unit --ignore tests/contract
