#!/usr/bin/env bash
# Writes a root file system (a tar) made of this machine's own CPython, its standard library and shared libraries.
# The last resort, where neither an image registry nor a Debian mirror can be reached.
# usage: rootfs_from_host.sh OUT.tar [python]
set -euo pipefail
out=$1
py=${2:-python3}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# One line each: where the interpreter lies once links are followed, and its standard library.
exe=$("$py" -c 'import os, sys; print(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))')
std=$("$py" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
purelib=$("$py" -c 'import sysconfig; print(sysconfig.get_path("purelib", vars={"base": sysconfig.get_config_var("installed_base")}))')

mkdir -p "$root"/{usr/bin,usr/lib,usr/lib64,etc,tmp,proc,sys,dev}
chmod 1777 "$root/tmp"
install -D "$exe" "$root$exe"
mkdir -p "$root$std" "$root$purelib"
tar -C "$std" --exclude=./site-packages --exclude=./dist-packages --exclude=./test --exclude=./idlelib \
  --exclude=./ensurepip --exclude=./tkinter --exclude=./lib2to3 --exclude='./config-*' --exclude=__pycache__ -cf - . |
  tar -C "$root$std" -xf -
echo "$purelib" >"$out.purelib"

# The closure of shared libraries: the interpreter's, its extension modules', the shell's.
{
  find "$root$std" -name '*.so'
  echo "$exe"
  readlink -f /bin/sh
} | xargs -r ldd 2>/dev/null | awk '/=> \//{print $3} /^[ \t]*\/lib.*ld-linux/{print $1}' | sort -u |
  while read -r library; do
    target="$root$(dirname "$library" | sed 's#^/lib#/usr/lib#')"
    install -D "$library" "$target/$(basename "$library")"
  done
# numpy's wheel needs these two beside libc.
for library in libstdc++.so.6 libgcc_s.so.1; do
  found=$(ldconfig -p | awk -v n="$library" '$1 == n {print $NF; exit}')
  [ -n "$found" ] && install -D "$found" "$root$(dirname "$found" | sed 's#^/lib#/usr/lib#')/$library"
done
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
ln -s usr/bin "$root/bin"
cp "$(readlink -f /bin/sh)" "$root/usr/bin/sh"
ln -sf "$exe" "$root/usr/bin/python3"
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
tar -C "$root" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$out" .
