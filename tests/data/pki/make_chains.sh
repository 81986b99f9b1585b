#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Adds to the test PKI what chains can be like, with the authorities that make.sh made:
#
#   expired_root          the root once more, of the same name and key: expired in 2021
#   cross                 the intermediate once more, issued by the other root: expired in 2021
#   cross_valid           the same, valid
#   broken, broken_ca     a leaf that is expired and of another name; its issuer is no CA and not yet valid
#   worse, worse_ca       the same keys; besides, the leaf is for clients and has a critical extension that nobody knows,
#                         and its issuer is signed with SHA-1: what a library may refuse to present
#   namesake, namesake_ca a leaf and its issuer, both of the root's name, with keys of their own and no key identifiers
# shellcheck disable=SC2154 # functions.sh sets $work
set -eu
cd "$(dirname "$0")"
# shellcheck source=/dev/null
. ./functions.sh

# again NAME SUBJECT KEY ISSUER START END: a CA of a key that is there.
again() {
  cp "$3_key.pem" "$1_key.pem"
  sign "$1" "$2" "$4" "$5" "$6" <<EOF
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
EOF
  rm "$1_key.pem"
}

again expired_root "/C=GB/O=plugtls test/CN=plugtls test root" root expired_root 20200101000000Z 20210101000000Z
middle="/C=GB/O=plugtls test/CN=plugtls test intermediate"
again cross "$middle" intermediate other_root 20200101000000Z 20210101000000Z
again cross_valid "$middle" intermediate other_root 20200101000000Z 20491231235959Z

# pair NAME CA_NAME HASH [EXTENSION]: a leaf and its issuer, with much wrong about both.
pair() {
  sed -i "s/^default_md = .*/default_md = $3/" "$work/ca.cnf"
  sign "$2" "/C=GB/O=plugtls test/CN=plugtls broken authority" root 20480101000000Z 20491231235959Z <<EOF
basicConstraints = critical, CA:FALSE
keyUsage = critical, keyCertSign
EOF
  sed -i "s/^default_md = .*/default_md = sha256/" "$work/ca.cnf"
  sign "$1" "/C=GB/O=plugtls test/CN=plugtls broken" "$2" 20200101000000Z 20210101000000Z <<EOF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
subjectAltName = DNS:other.plugtls.test
${4:-}
EOF
  cat "$1.pem" "$2.pem" > "$1_chain.pem"
}
ec_key broken_ca
ec_key broken
cp broken_ca_key.pem worse_ca_key.pem
cp broken_key.pem worse_key.pem
pair broken broken_ca sha256
pair worse worse_ca sha1 "extendedKeyUsage = clientAuth
1.2.3.4.5 = critical, DER:05:00"
rm broken_ca_key.pem worse_ca_key.pem

# shellcheck disable=SC2034 # functions.sh reads it
without_ids=yes
ca namesake_ca "/C=GB/O=plugtls test/CN=plugtls test root" root ""
ec_key namesake
leaf namesake "plugtls test root" namesake_ca serverAuth DNS:plugtls.test
cat namesake_ca.pem >> namesake_chain.pem
rm namesake_ca_key.pem
