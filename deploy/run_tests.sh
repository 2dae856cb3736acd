#!/usr/bin/env bash
# All tests: $1 python, $2 RUN, $3 PORT_BASE, $4 population.
# Those that need a stack have two, each with a worker of pytest of its own: the first in $2 on ports from $3,
# the other in $2-2 on ports from $3 + 200 (tests/integration/test_stack_recovery.py takes those 100 above its stack's).
# Both are gone afterwards, whatever happens; their logs are shown if anything failed.
set -euo pipefail
python=$1 population=$4
runs=("$2" "$2-2") bases=("$3" "$(($3 + 200))")
unset DATABASE_URL AMQP_URL

# These need no stack.
"$python" -m pytest -q tests/unit tests/contract -n auto --dist loadfile

# The rest of the line on one of the stacks.
on() {
  local run=${runs[$1]}
  RUN=$run PORT_BASE=${bases[$1]} LIENTHONG_FAILPOINTS=$PWD/$run/failpoints "$python" -m "${@:2}"
}

bring_up() {
  on "$1" deploy.local down
  rm -rf -- "${runs[$1]}"
  on "$1" deploy.local up
}

seed() (
  set -a; source "${runs[$1]}/stack.env"; set +a
  "$python" -m deploy.nation --population "$population"
)

finish() {
  local code=$?
  trap - EXIT
  trap '' INT TERM  # whoever interrupts the tests may do it twice: what was brought up goes down all the same
  if [ "$code" -ne 0 ]; then
    on 0 deploy.local logs || true
    on 1 deploy.local logs || true
  fi
  on 0 deploy.local down &
  on 1 deploy.local down || code=1
  wait "$!" || code=1
  exit "$code"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
bring_up 0  # alone: it may have to install the servers
seed 0 &
seeding=$!
bring_up 1
seed 1
wait "$seeding"
LIENTHONG_STACK_ENV=${runs[0]}/stack.env:${runs[1]}/stack.env \
  "$python" -m pytest -q tests --ignore tests/unit --ignore tests/contract -n 2 --dist loadfile --no-loadscope-reorder
