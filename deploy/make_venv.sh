#!/usr/bin/env bash
# Makes the Python environment $1 from the pinned requirements. The Makefile calls it.
set -euo pipefail
venv=$1

fail() { echo "error: $*" >&2; exit 1; }

# Install a distribution package, or say which one is missing.
install_package() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null && sudo -n true 2> /dev/null || fail "missing package: sudo apt-get install $1"
    as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
  fi
  command -v apt-get > /dev/null || fail "missing package, and there is no apt-get here: $1"
  echo "installing $1"
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get update -q > /dev/null
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qy --no-install-recommends "$1" > /dev/null
}

# The distribution's own Python first, if it is new enough (the lock covers 3.11 to 3.13):
# it is built with profile-guided optimisation. One built at home by the usual tools is not,
# and runs our code a third slower.
python=
for candidate in /usr/bin/python3 python3.12 python3.13 python3.11 python3; do
  if "$candidate" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || fail "Python 3.11, 3.12 or 3.13 is needed: sudo apt-get install python3 (Debian 12: 3.11, Ubuntu 24.04: 3.12)"

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version > /dev/null 2>&1; then
  "$python" -c 'import venv, ensurepip' 2> /dev/null || install_package python3-venv
  "$python" -m venv --clear "$venv"
fi

echo "installing the pinned requirements into $venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$venv/bin/python" -m pip install --quiet --require-hashes -r requirements/dev.txt
"$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation -e .
