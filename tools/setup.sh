#!/bin/sh
# Make .venv with the first Python that will do, then let tools/setup.py do the rest: `tools/setup.sh [test]`.
# Says by name what is missing, all of it at once, and what to install.
set -u
cd "$(dirname "$0")/.." || exit 1

missing=""
say() { missing="$missing
  - $1"; }

usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
python=""
for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
  if command -v "$candidate" >/dev/null 2>&1 && usable "$candidate"; then python=$candidate; break; fi
done
[ -n "$python" ] || say "Python 3.11 or newer with venv and pip. Debian and Ubuntu: apt-get install python3 python3-venv python3-pip"

command -v git >/dev/null 2>&1 || say "git. Debian and Ubuntu: apt-get install git"
if ! command -v node >/dev/null 2>&1; then
  say "Node 20.19 or newer with npm, from nodejs.org or your version manager (nvm, fnm, mise)"
elif ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  version=$(node --version)
  case "$version" in
    v18.*) say "Node 20.19 or newer: this is $version, the one Debian 12 packages as nodejs. Install Node 20 or 22 from nodejs.org or with nvm, fnm or mise" ;;
    *) say "Node 20.19 or newer: this is $version. Install Node 20 or 22 from nodejs.org or with nvm, fnm or mise" ;;
  esac
fi
command -v npm >/dev/null 2>&1 || say "npm, which comes with Node from nodejs.org"

if [ -n "$missing" ]; then
  printf 'Samovar cannot be set up here yet. Missing:%s\n' "$missing" >&2
  exit 1
fi

if ! { [ -x .venv/bin/python ] && usable .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
  echo "Making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv || exit 1
fi
exec .venv/bin/python -m tools.setup "$@"
