#!/bin/sh
# Compile requirements/*.in into locks with hashes, that name no index and no host.
set -eu
cd "$(dirname "$0")/.."
for name in runtime test; do
  .venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --resolver=backtracking \
    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
    --output-file "requirements/$name.txt" "requirements/$name.in"
done
npm install --package-lock-only --ignore-scripts --no-progress
