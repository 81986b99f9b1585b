#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Makes the test PKI anew with the openssl command (1.1.1 or later), in the folder of this script. Everything is for tests:
# the private keys are public, and nothing trusts these roots.
#
#   NAME.pem         a certificate          NAME_key.pem   its key (PKCS#8, not encrypted)
#   NAME_chain.pem   leaf, intermediate     NAME_*.der     the same as DER
#
# make_chains.sh and make_keys.sh add more, and have to be run afterwards. All are valid from 2020 to 2049 but for `expired`, `expired_client` (2020) and `not_yet_valid` (2048).
set -eu
cd "$(dirname "$0")"
# shellcheck source=/dev/null
. ./functions.sh
password=secret

rm -f ./*.pem ./*.der
ca root "/C=GB/O=plugtls test/CN=plugtls test root" root ""
ca other_root "/C=GB/O=plugtls test/CN=plugtls other root" other_root ""
ca intermediate "/C=GB/O=plugtls test/CN=plugtls test intermediate" root ", pathlen:0"

names="DNS:localhost, DNS:plugtls.test, DNS:*.wild.plugtls.test, IP:127.0.0.1, IP:::1"
for name in server expired not_yet_valid self_signed foreign wrong_name wrong_ip client foreign_client expired_client; do
  ec_key "$name"
done
key server_rsa RSA -pkeyopt rsa_keygen_bits:2048
key server_ed25519 ED25519
leaf server plugtls.test intermediate serverAuth "$names"
leaf server_rsa plugtls.test intermediate serverAuth "$names"
leaf server_ed25519 plugtls.test intermediate serverAuth "$names"
leaf expired plugtls.test intermediate serverAuth "$names" 20200101000000Z 20210101000000Z
leaf not_yet_valid plugtls.test intermediate serverAuth "$names" 20480101000000Z 20491231235959Z
leaf self_signed plugtls.test self_signed serverAuth "$names"
leaf foreign plugtls.test other_root serverAuth "$names"
leaf wrong_name plugtls.test intermediate serverAuth "DNS:other.plugtls.test"
leaf wrong_ip plugtls.test intermediate serverAuth "IP:192.0.2.1"
leaf client "plugtls client" intermediate clientAuth "email:client@plugtls.test"
leaf foreign_client "foreign client" other_root clientAuth "email:client@plugtls.test"
leaf expired_client "expired client" intermediate clientAuth "email:client@plugtls.test" 20200101000000Z 20210101000000Z

# The containers that a private key comes in: the server's key in each of them.
openssl x509 -in server.pem -outform DER -out server.der
openssl pkcs8 -topk8 -nocrypt -in server_key.pem -outform DER -out server_key.der
openssl ec -in server_key.pem -out server_key_sec1.pem 2>/dev/null
openssl ec -in server_key.pem -outform DER -out server_key_sec1.der 2>/dev/null
openssl rsa -in server_rsa_key.pem -traditional -out server_rsa_key_pkcs1.pem 2>/dev/null
openssl rsa -in server_rsa_key.pem -traditional -outform DER -out server_rsa_key_pkcs1.der 2>/dev/null
encrypt() {
  out=$1
  shift
  openssl pkcs8 -topk8 -in server_key.pem -passout "pass:$password" "$@" -out "$out"
}
encrypt server_key_pbes2_aes256.pem -v2 aes-256-cbc -v2prf hmacWithSHA256
encrypt server_key_pbes2_aes256.der -v2 aes-256-cbc -v2prf hmacWithSHA256 -outform DER
encrypt server_key_pbes2_des3.pem -v2 des3 -v2prf hmacWithSHA1
encrypt server_key_pbes1_sha1_3des.pem -v1 PBE-SHA1-3DES
openssl ec -in server_key.pem -aes256 -passout "pass:$password" -out server_key_traditional_aes256.pem 2>/dev/null
