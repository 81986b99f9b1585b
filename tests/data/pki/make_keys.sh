#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Adds to the test PKI keys of more kinds and in more containers, with what make.sh made (openssl 3.0 or later):
#
#   server_p384, client_rsa, client_p384    as `server` and `client`, with keys of other kinds
#   server_key_scrypt                       the server's key, encrypted by PBES2 with scrypt (RFC 7914)
#   NAME.p12                                PKCS#12 (RFC 7292): server with its key and intermediate, the password `secret`
set -eu
cd "$(dirname "$0")"
# shellcheck source=/dev/null
. ./functions.sh
password=secret

names="DNS:localhost, DNS:plugtls.test, DNS:*.wild.plugtls.test, IP:127.0.0.1, IP:::1"
for name in server_p384 client_p384; do
  key "$name" EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt ec_param_enc:named_curve
done
key client_rsa RSA -pkeyopt rsa_keygen_bits:2048
leaf server_p384 plugtls.test intermediate serverAuth "$names"
leaf client_p384 "plugtls client" intermediate clientAuth "email:client@plugtls.test"
leaf client_rsa "plugtls client" intermediate clientAuth "email:client@plugtls.test"

for form in pem der; do
  openssl pkcs8 -topk8 -in server_key.pem -passout "pass:$password" -scrypt -scrypt_N 1024 -outform "$form" \
    -out "server_key_scrypt.$form"
done

# pack OUT KEY-AND-CERTIFICATE [OPTION...]
pack() {
  out=$1 name=$2
  shift 2
  openssl pkcs12 -export -inkey "${name}_key.pem" -in "$name.pem" -certfile intermediate.pem -name plugtls \
    -passout "pass:$password" "$@" -out "$out.p12"
}
pack server_aes server
pack server_rsa_aes server_rsa
pack server_3des server -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1
pack server_rc2 server -legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-RC2-40 -macalg sha1
pack server_no_password server -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -passout pass:
openssl pkcs12 -export -nokeys -in server_chain.pem -passout "pass:$password" -keypbe PBE-SHA1-3DES \
  -certpbe PBE-SHA1-3DES -macalg sha1 -out server_no_key.p12
python3 make_p12.py
