#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Makes the test PKI anew with the openssl command (1.1.1 or later), in the folder of this script. Everything is for tests:
# the private keys are public, and nothing trusts these roots.
#
#   NAME.pem         a certificate          NAME_key.pem   its key (PKCS#8, not encrypted)
#   NAME_chain.pem   leaf, intermediate     NAME_*.der     the same as DER
#
# All are valid from 2020 to 2049 but for `expired`, `expired_client` (2020) and `not_yet_valid` (2048).
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
password=secret

cat > "$work/ca.cnf" <<EOF
[ca]
default_ca = test_ca
[test_ca]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
email_in_dn = no
[any]
countryName = optional
organizationName = optional
commonName = optional
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
EOF
: > "$work/index"

# key NAME ALGORITHM [OPTION...]: makes NAME_key.pem.
key() {
  name=$1 algorithm=$2
  shift 2
  openssl genpkey -quiet -algorithm "$algorithm" "$@" -out "${name}_key.pem" 2>/dev/null ||
    openssl genpkey -algorithm "$algorithm" "$@" -out "${name}_key.pem" 2>/dev/null
}
ec_key() { key "$1" EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve; }

# sign NAME SUBJECT ISSUER START END: makes NAME.pem with the extensions on standard input; ISSUER may be NAME itself.
sign() {
  name=$1 subject=$2 issuer=$3 start=$4 end=$5
  { echo "[ext]"; cat; echo "subjectKeyIdentifier = hash"; } > "$work/ext.cnf"
  if [ "$issuer" = "$name" ]; then
    by=-selfsign
  else
    echo "authorityKeyIdentifier = keyid:always" >> "$work/ext.cnf"
    by="-cert $issuer.pem"
  fi
  openssl req -new -config "$work/ca.cnf" -key "${name}_key.pem" -subj "$subject" -out "$work/request.pem"
  # shellcheck disable=SC2086 # $by is two words or one
  openssl ca -batch -notext -config "$work/ca.cnf" $by -keyfile "${issuer}_key.pem" -in "$work/request.pem" \
    -startdate "$start" -enddate "$end" -extfile "$work/ext.cnf" -extensions ext -preserveDN -out "$name.pem" \
    2> "$work/log" || { cat "$work/log" >&2; exit 1; }
}

# ca NAME SUBJECT ISSUER PATHLEN
ca() {
  ec_key "$1"
  sign "$1" "$2" "$3" 20200101000000Z 20491231235959Z <<EOF
basicConstraints = critical, CA:TRUE$4
keyUsage = critical, keyCertSign, cRLSign
EOF
}

# leaf NAME COMMON_NAME ISSUER PURPOSE NAMES [START END]: NAME_key.pem is there already.
leaf() {
  sign "$1" "/C=GB/O=plugtls test/CN=$2" "$3" "${6:-20200101000000Z}" "${7:-20491231235959Z}" <<EOF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = $4
${5:+subjectAltName = $5}
EOF
  case $3 in
    intermediate) cat "$1.pem" intermediate.pem > "$1_chain.pem" ;;
    *) cp "$1.pem" "$1_chain.pem" ;;
  esac
}

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
