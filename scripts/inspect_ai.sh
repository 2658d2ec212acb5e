#!/bin/sh
# Makes .venv-inspect with Inspect AI, whose reader and viewer check our logs. Apart from the project's own environment:
# its dependencies are many, and only a test needs them.
set -eu

cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
version=0.3.285

if [ -x .venv-inspect/bin/python ] && .venv-inspect/bin/python -c "import inspect_ai; assert inspect_ai.__version__ == '$version'" 2>/dev/null; then
    echo "inspect_ai.sh: .venv-inspect holds inspect-ai $version"
    exit 0
fi
"$python" -m venv .venv-inspect
.venv-inspect/bin/python -m pip install --quiet "inspect-ai==$version"
echo "inspect_ai.sh: inspect-ai $version is in .venv-inspect; look at a log with: .venv-inspect/bin/inspect view --log-dir results/<experiment>/inspect_log"
