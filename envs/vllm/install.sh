#!/usr/bin/env bash
# Makes .venv-vllm with vLLM's build for CPUs, and .retake/vllm/smollm2-135m-instruct: the embedded model's weights as vLLM
# serves them. For tests, and for trying workers without a GPU; it takes minutes and 3 GB. Harmless when done twice.
#
# A machine with GPUs wants plain vLLM instead, in an environment of its own and outside this script:
#   python3 -m venv /opt/vllm && /opt/vllm/bin/pip install -r requirements/vllm_gpu.txt
# and its experiments say `vllm_config: {command: [/opt/vllm/bin/vllm, serve]}`.
set -euo pipefail
cd "$(dirname "$0")/../.."
pins=requirements/vllm.txt
stamp=.venv-vllm/.installed
weights=.retake/vllm/smollm2-135m-instruct

say() { printf 'vllm/install.sh: %s\n' "$*" >&2; }

install_packages() {
  cmp -s "$pins" "$stamp" && return
  [ -x .venv-vllm/bin/python ] || "${PYTHON:-python3}" -m venv .venv-vllm
  say "installing the $(grep -c == "$pins") packages of $pins"
  if ! .venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r "$pins"; then
    say "pip failed. Where it found no torch: name PyTorch's index of CPU builds in PIP_EXTRA_INDEX_URL, and run this again."
    exit 1
  fi
  cp "$pins" "$stamp"
}

make_weights() {
  [ -f "$weights/config.json" ] && return
  local gguf; gguf=$(.venv/bin/python -c 'from retake.answer.embedded import packaged_model; print(packaged_model())')
  say "turning $(basename "$gguf") into $weights"
  .venv-vllm/bin/python envs/vllm/to_hugging_face.py "$gguf" "$weights"
}

install_packages
make_weights
say "vLLM is in .venv-vllm, a model for it in $weights"
