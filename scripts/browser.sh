#!/bin/sh
# Installs Chromium, which the browser tests drive: by apt where this is Debian and we are root; else says what is missing.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        echo "browser.sh: $(command -v "$name") is there"
        exit 0
    fi
done
if ! command -v apt-get >/dev/null 2>&1; then
    echo "browser.sh: no Chromium, and no apt-get to install it with: put chromium on PATH" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "browser.sh: no Chromium, and not root: run  apt-get install chromium  as root" >&2
    exit 1
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core
command -v chromium
