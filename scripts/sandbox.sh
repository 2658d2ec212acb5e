#!/usr/bin/env bash
# The sandbox of the code verifier: a Docker engine that answers, and the image retake-sandbox:1 in it.
#
# usage: scripts/sandbox.sh [up|image|status|stop]
#   up      (default) find an engine; on a Debian machine with root and no engine, install docker.io and start a private
#           one; then build the image, if it is missing
#   image   build the image anew
#   status  say which engine answers and whether it holds the image
#   stop    stop the private engine
#
# The private engine leaves the machine's network alone: no bridge, no iptables, no forwarding. Its state lies in
# $RETAKE_ENGINE_DIR, by default ${XDG_STATE_HOME:-~/.local/state}/retake/engine, and every run of retake finds it there.
set -euo pipefail

IMAGE=retake-sandbox:1
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
RECIPE=$HERE/envs/sandbox
STATE=${RETAKE_ENGINE_DIR:-${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/retake/engine}
SOCKET=$STATE/docker.sock
PYTHON=${PYTHON:-}
[ -n "$PYTHON" ] || { [ -x "$HERE/.venv/bin/python" ] && PYTHON=$HERE/.venv/bin/python || PYTHON=python3; }

say() { printf 'sandbox: %s\n' "$*"; }
fail() { printf 'sandbox: %s\n' "$*" >&2; exit 1; }
answers() { DOCKER_HOST=$1 timeout -k 5 20 docker version >/dev/null 2>&1; }
root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ -f /etc/debian_version ]; }

# Sets ENGINE to the first engine that answers: DOCKER_HOST, the private one, the machine's own.
find_engine() {
  local host
  command -v docker >/dev/null || return 1
  for host in "${DOCKER_HOST:-}" "unix://$SOCKET" unix:///var/run/docker.sock; do
    [ -n "$host" ] || continue
    if answers "$host"; then
      ENGINE=$host
      return 0
    fi
  done
  return 1
}

install_engine() {
  command -v dockerd >/dev/null && command -v docker >/dev/null && return
  say "installing docker.io (66 MB)"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends docker.io; } >"$STATE/apt.log" 2>&1 ||
    fail "docker.io could not be installed; see $STATE/apt.log"
  command -v dockerd >/dev/null || fail "docker.io is installed, but dockerd is not on PATH"
  command -v docker >/dev/null && return
  apt-get install -y -qq --no-install-recommends docker-cli >>"$STATE/apt.log" 2>&1 || fail "no docker client; see $STATE/apt.log"
}

# Starts dockerd with one storage driver and waits for it; false where it ends or stays silent.
start_with() {
  local extra=() pid
  if command -v runsc >/dev/null; then
    printf '#!/bin/sh\nexec %s --platform=ptrace --network=none "$@"\n' "$(command -v runsc)" >"$STATE/runsc"
    chmod +x "$STATE/runsc"
    extra=(--add-runtime "runsc=$STATE/runsc")
  fi
  rm -f "$STATE/pid" "$SOCKET"
  setsid dockerd --data-root "$STATE/data" --exec-root "$STATE/exec" -H "unix://$SOCKET" -p "$STATE/pid" \
    --storage-driver="$1" --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --userland-proxy=false "${extra[@]}" >"$STATE/log" 2>&1 </dev/null 9>&- &
  pid=$!
  for _ in $(seq 300); do
    if [ -S "$SOCKET" ] && answers "unix://$SOCKET"; then return 0; fi
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.2
  done
  kill "$pid" 2>/dev/null || true
  return 1
}

start_engine() {
  root_on_debian || fail "no Docker engine answers (tried DOCKER_HOST=${DOCKER_HOST:-unset}, $SOCKET, /var/run/docker.sock).
  Start one and run this again; as root on Debian or Ubuntu, this script installs and starts a private one by itself."
  [ ${#SOCKET} -le 100 ] || fail "$SOCKET is too long for a socket; set RETAKE_ENGINE_DIR to a shorter folder"
  mkdir -p "$STATE"
  chmod 700 "$STATE"
  exec 9>"$STATE/lock"
  flock -w 600 9 || fail "another sandbox.sh holds $STATE/lock"
  if find_engine; then return; fi
  install_engine
  local driver
  for driver in overlay2 fuse-overlayfs vfs; do
    if start_with "$driver"; then
      ENGINE=unix://$SOCKET
      say "private engine started ($driver)"
      return
    fi
  done
  tail -n 20 "$STATE/log" >&2
  fail "dockerd did not start; its log is $STATE/log"
}

# Adds numpy to the root file system in a tar, where a package index can be reached; the sandbox works without it.
add_numpy() {
  local tar=$1 into=$2 folder
  folder=$(mktemp -d)
  if timeout 300 "$PYTHON" -m pip install -q --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.11 \
    --implementation cp --target "$folder/$into" "$(grep -o 'numpy==[0-9.]*' "$RECIPE/Dockerfile")" >/dev/null 2>&1; then
    find "$folder" -depth -type d -name tests -exec rm -rf {} +
    tar -C "$folder" --owner=0 --group=0 --numeric-owner -rf "$tar" "./$into"
  else
    say "numpy could not be fetched: programs that import it will be told so"
  fi
  rm -rf "$folder"
}

# A root file system from Debian's packages, else from this machine's own Python.
make_rootfs() {
  local tar=$1 code
  code=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
  if [ "$code" = bookworm ] && [ "$(id -u)" = 0 ]; then
    command -v mmdebstrap >/dev/null ||
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null 2>&1 || true
    if command -v mmdebstrap >/dev/null && timeout 600 mmdebstrap --quiet --variant=extract \
      --include=python3-minimal,python3.11-minimal,libpython3.11-stdlib,libstdc++6,libgcc-s1,base-files,base-passwd,netbase,dash,coreutils \
      bookworm "$tar" >/dev/null 2>&1; then
      add_numpy "$tar" usr/lib/python3/dist-packages
      return
    fi
  fi
  say "no Debian mirror: using this machine's own Python"
  bash "$RECIPE/rootfs_from_host.sh" "$tar" "$PYTHON"
  add_numpy "$tar" "$(sed 's#^/##' "$tar.purelib")"
}

# Imports a root file system, with its bytecode compiled ahead: the image is read-only, and without it every test would
# compile what it imports.
import_image() {
  local container draft=$IMAGE-draft
  timeout -k 5 300 docker import "$1" "$draft" >/dev/null || return 1
  container=$(timeout -k 5 60 docker create --network none --user 0:0 "$draft" python3 -c '
import compileall, py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for folder in {each for each in sys.path if each.startswith("/")}:
    compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)') || return 1
  timeout -k 5 300 docker start -a "$container" >/dev/null || true
  timeout -k 5 120 docker commit -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' -c 'WORKDIR /tmp' -c 'USER 65534:65534' \
    -c 'CMD ["python3"]' "$container" "$IMAGE" >/dev/null || return 1
  docker rm -f "$container" >/dev/null
  docker rmi "$draft" >/dev/null 2>&1 || true
}

build_image() {
  export DOCKER_HOST=$ENGINE
  say "building $IMAGE"
  # The network of the build alone: a private engine has no bridge.
  if timeout -k 5 60 docker pull -q python:3.11-slim >/dev/null 2>&1 &&
    timeout -k 5 600 docker build -q --network host -t "$IMAGE" "$RECIPE" >/dev/null; then
    say "$IMAGE built from envs/sandbox/Dockerfile"
    return
  fi
  local folder
  folder=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$folder'" EXIT
  make_rootfs "$folder/root.tar"
  import_image "$folder/root.tar" || fail "the image could not be imported"
  say "$IMAGE built without a registry"
}

has_image() { DOCKER_HOST=$ENGINE timeout -k 5 20 docker image inspect "$IMAGE" >/dev/null 2>&1; }

stop_engine() {
  [ -f "$STATE/pid" ] || { say "no private engine"; return; }
  local pid
  pid=$(cat "$STATE/pid")
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]; then
    kill "$pid"
    for _ in $(seq 150); do
      [ -d "/proc/$pid" ] && [ "$(awk '/^State/{print $2}' "/proc/$pid/status" 2>/dev/null)" != Z ] || break
      sleep 0.2
    done
  fi
  rm -f "$STATE/pid" "$SOCKET"
  awk -v d="$STATE/" 'index($2, d) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount
  say "private engine stopped"
}

ENGINE=
case ${1:-up} in
up)
  find_engine || start_engine
  has_image || build_image
  say "ready: DOCKER_HOST=$ENGINE"
  ;;
image)
  find_engine || start_engine
  build_image
  ;;
status)
  find_engine || fail "no Docker engine answers; run: make sandbox"
  has_image || fail "DOCKER_HOST=$ENGINE answers, but has no image $IMAGE; run: make sandbox"
  say "ready: DOCKER_HOST=$ENGINE"
  ;;
stop) stop_engine ;;
*) sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
