#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Checks the format of all sources, the shell scripts, and the rules of layout. Each check counts as one test.
set -eu
cd "$(dirname "$0")/../.."
found=$(mktemp)
trap 'rm -f "$found"' EXIT
passed=0 failed=0
check() {
  what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $what"
  fi
}
formatted() {
  find include backends tests examples bench \( -name '*.hpp' -o -name '*.cpp' \) -print0 2>/dev/null |
    xargs -0 clang-format-14 --dry-run 2>&1 | sed -n 's/^\([^ :]*\):[0-9:]* warning.*/  \1/p' | sort | uniq -c >"$found"
  cat "$found"
  [ ! -s "$found" ]
}
scripts() {
  grep -rlE '^#!/bin/(ba)?sh' dev .ci tests examples bench 2>/dev/null | tr '\n' '\0' | xargs -0 shellcheck
}
check "format (clang-format-14)" formatted
check "scripts (shellcheck)" scripts
[ ! -f tests/style/layering.py ] || check "layering" python3 tests/style/layering.py .
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
