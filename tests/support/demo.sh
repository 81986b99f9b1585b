#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# demo.sh PLUGTLS PKI: every client against every server, then a page fetched over each pair of different backends.
set -eu
plugtls=$1 pki=$2
work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# fetch CLIENT SERVER: prints what the client got.
fetch() {
  : >"$work/listening"
  "$plugtls" serve --backend "$2" --listen 127.0.0.1:0 --connections 1 --mode status \
    --cert "$pki/server_chain.pem" --key "$pki/server_key.pem" >>"$work/listening" 2>"$work/errors" &
  server=$!
  tries=0
  address=
  while [ -z "$address" ]; do
    address=$(sed -n 's/^listening //p' "$work/listening")
    [ -n "$address" ] || sleep 0.1
    tries=$((tries + 1))
    if [ $tries -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
      cat "$work/errors" >&2
      echo "demo: the $2 server did not start" >&2
      return 1
    fi
  done
  echo
  echo "--- $1 client, $2 server: plugtls client --backend $1 --get / localhost:${address##*:}"
  "$plugtls" client --backend "$1" --ca "$pki/root.pem" --connect "$address" --timeout 10 --get / \
    "localhost:${address##*:}" || return 1
  wait "$server" || return 1
  server=
}

"$plugtls" parity
"$plugtls" backends --json >"$work/backends"
names=$(python3 -c 'import json, sys
for backend in json.load(sys.stdin)["backends"]: print(backend["name"])' <"$work/backends")
for client in $names; do
  for other in $names; do
    [ "$client" = "$other" ] || fetch "$client" "$other"
  done
done
