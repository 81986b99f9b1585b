#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# matrix.sh ROOT CACHE [ROW...] [-- ARGUMENT...]: builds and tests ROOT on other releases of Debian, each in a chroot of its
# own below CACHE, by `./dev test ARGUMENT...`. A row is a suite of Debian, or `experimental`: sid with the OpenSSL of
# experimental. One table at the end; the last line is "N passed, N failed, N skipped". Needs root, debootstrap and, for a
# chroot that is not there yet, the mirror: a row that cannot be had counts as skipped, and the exit status is 3 then, if
# nothing failed.
set -u

root=$1 cache=$2
shift 2
rows=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  rows="$rows $1"
  shift
done
[ $# -eq 0 ] || shift
: "${rows:=trixie sid experimental}"
mirror=${PLUGTLS_MIRROR:-}
mirror=${mirror:-http://deb.debian.org/debian}
keep=$(mktemp -d) || exit 1
trap 'rm -rf "$keep"' EXIT
trap 'exit 130' INT TERM

say() { printf 'matrix: %s\n' "$*"; }

# inside CHROOT COMMAND...: with /proc, which sanitizers and Python want, and nothing left mounted.
inside() {
  chroot=$1
  shift
  # shellcheck disable=SC2016
  unshare --mount sh -c 'mount -t proc proc "$1/proc" && shift && exec chroot "$@"' inside "$chroot" "$chroot" \
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# The row's chroot as it comes from the mirror. Made beside its place and moved there when it is whole.
make_chroot() {
  new=$cache/$1.new
  rm -rf "$new"
  case $1 in
    experimental)
      refresh sid || return 1
      cp -a "$cache/sid" "$new" || return 1
      echo "deb $mirror experimental main" >"$new/etc/apt/sources.list.d/experimental.list"
      inside "$new" apt-get -q update && inside "$new" apt-get -qy install --no-install-recommends \
        -t experimental libssl-dev openssl || return 1
      ;;
    *)
      debootstrap --variant=minbase --include=ca-certificates "$1" "$new" "$mirror" || return 1
      # A mirror may hold an old index of a suite that moves; what is tested is what it has.
      echo 'Acquire::Check-Valid-Until "false";' >"$new/etc/apt/apt.conf.d/90plugtls"
      ;;
  esac
  date -u +%F >"$new/.made"
  rm -rf "${cache:?}/$1"
  mv "$new" "$cache/$1"
}

# Sees to it that the row's chroot is there and up to date. A mirror that is away is said, and the chroot used as it is.
refresh() {
  if [ ! -f "$cache/$1/.made" ]; then
    say "$1: making a chroot in $cache/$1"
    make_chroot "$1" >"$keep/setup.log" 2>&1 && return 0
    tail -n 20 "$keep/setup.log"
    rm -rf "$cache/$1.new"
    say "$1: NOT RUN: no chroot yet, and none can be made from $mirror"
    return 1
  fi
  cp /etc/resolv.conf "$cache/$1/etc/resolv.conf" 2>/dev/null
  if ! { inside "$cache/$1" apt-get -q -o Acquire::Retries=2 -o APT::Update::Error-Mode=any update &&
    inside "$cache/$1" apt-get -qy --no-install-recommends dist-upgrade; } >"$keep/setup.log" 2>&1; then
    say "$1: the mirror is not reached, or lacks something; going on with the chroot of $(cat "$cache/$1/.made"):"
    grep '^[EW]:' "$keep/setup.log" | tail -n 3
  else
    date -u +%F >"$cache/$1/.made"
  fi
  return 0
}

# The folder of the copy, as it is called inside each chroot.
copy=/copy

# run_row ROW ARGUMENT...
run_row() {
  row=$1
  shift
  place=$cache/$row$copy
  rm -rf "$place"
  mkdir -p "$place"
  tar -C "$root" -c --exclude=./build --exclude='./build-*' --exclude=./.git --exclude=./subprojects . |
    tar -C "$place" -x --no-same-owner || return 1
  say "$row: building and testing"
  begin=$(date +%s)
  inside "$cache/$row" "$copy/dev" test "$@" >"$keep/$row.log" 2>&1
  status=$?
  cp "$place/build/dev/meson-logs/testlog.json" "$keep/$row.json" 2>/dev/null || status=1
  inside "$cache/$row" "$copy/build/dev/examples/plugtls/plugtls" backends --json >"$keep/$row.backends" 2>/dev/null || status=1
  if [ "$status" != 0 ]; then
    grep -vE '^ *[0-9]+/[0-9]+ .* OK ' "$keep/$row.log" | tail -n 200
  fi
  say "$row: $(tail -n 1 "$keep/$row.log") in $(($(date +%s) - begin)) s"
  rm -rf "$place"
}

mkdir -p "$cache" || exit 1
for each in $rows; do
  if refresh "$each"; then run_row "$each" "$@"; else touch "$keep/$each.unavailable"; fi
done
# shellcheck disable=SC2086 # words are wanted
python3 "$root/tests/support/summary.py" --matrix "$keep" $rows
