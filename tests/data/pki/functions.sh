# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=sh
# What the recipes make.sh and make_chains.sh share: to be sourced, in the folder of the PKI.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

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

# sign NAME SUBJECT ISSUER START END: makes NAME.pem with the extensions on standard input; ISSUER may be NAME itself. Has
# key identifiers unless $without_ids is set.
sign() {
  name=$1 subject=$2 issuer=$3 start=$4 end=$5
  { echo "[ext]"; cat; echo "subjectKeyIdentifier = ${without_ids:+none#}hash"; } > "$work/ext.cnf"
  if [ "$issuer" = "$name" ]; then
    by=-selfsign
  else
    echo "authorityKeyIdentifier = ${without_ids:+none#}keyid:always" >> "$work/ext.cnf"
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

