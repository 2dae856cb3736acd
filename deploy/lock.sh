#!/usr/bin/env bash
# Pins requirements/*.in into requirements/*.txt with $1, an interpreter that has pip-tools.
# No configuration of this machine takes part, and no address of an index is written:
# the hashes are those of the public registry's files, whatever mirror serves them.
set -euo pipefail
python=$1
export PIP_CONFIG_FILE=/dev/null
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL
export CUSTOM_COMPILE_COMMAND="make lock"
for name in base dev; do
  "$python" -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras \
    --no-emit-index-url --no-emit-find-links --no-emit-options --no-emit-trusted-host \
    --output-file "requirements/$name.txt" "requirements/$name.in"
done
