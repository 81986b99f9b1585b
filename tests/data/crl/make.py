#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes the CRLs of the test PKI anew, in the folder of this script, with python-cryptography.

NAME.pem is a CRL of the CA that its name begins with; valid from 2020 to 2049 and version 2, with authorityKeyIdentifier
and cRLNumber, unless the name says otherwise. ca_*.pem are certificates of the intermediate CA's name.
"""
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from test_pki import certificate, key, moment  # noqa: E402


def save(name, made):
    (HERE / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))


def crl(name, issuer, revoked=(), begin=2020, end=2049, signer=None, scope=None, extension=None):
    signer = signer or key(issuer)
    b = (x509.CertificateRevocationListBuilder().issuer_name(certificate(issuer).subject)
         .last_update(moment(begin)).next_update(moment(end))
         .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
         .add_extension(x509.CRLNumber(1), False))
    for serial in [*(certificate(r).serial_number for r in revoked), 0x1234]:
        b = b.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment(2020))
                                      .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), False).build())
    if scope:
        flags = dict.fromkeys(("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl",
                               "only_contains_attribute_certs"), False)
        b = b.add_extension(x509.IssuingDistributionPoint(full_name=None, relative_name=None, only_some_reasons=None,
                                                          **{**flags, scope: True}), True)
    if extension:
        b = b.add_extension(*extension)
    save(name, b.sign(signer, hashes.SHA256()))


def ca(name, public_key, crl_sign):
    bits = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                          "key_agreement", "encipher_only", "decipher_only"), False)
    save(name, x509.CertificateBuilder().subject_name(certificate("intermediate").subject)
         .issuer_name(certificate("root").subject).public_key(public_key).serial_number(x509.random_serial_number())
         .not_valid_before(moment(2020)).not_valid_after(moment(2049))
         .add_extension(x509.BasicConstraints(True, 0), True)
         .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=crl_sign, **bits), True)
         .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
         .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key("root").public_key()), False)
         .sign(key("root"), hashes.SHA256()))


crl("root", "root")
crl("root_lists_intermediate", "root", ["intermediate"])
crl("intermediate", "intermediate")
crl("intermediate_lists_leaves", "intermediate", ["server", "client"])
crl("intermediate_stale", "intermediate", ["server", "client"], end=2021)
crl("intermediate_early", "intermediate", begin=2048)
crl("intermediate_forged", "intermediate", ["server", "client"], signer=key("other_root"))
crl("intermediate_users", "intermediate", scope="only_contains_user_certs")
crl("intermediate_cas", "intermediate", scope="only_contains_ca_certs")
crl("intermediate_indirect", "intermediate", scope="indirect_crl")
crl("intermediate_delta", "intermediate", extension=(x509.DeltaCRLIndicator(1), True))
crl("intermediate_critical", "intermediate",
    extension=(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00"), True))
new_key = ec.generate_private_key(ec.SECP256R1())
crl("intermediate_by_new_key", "intermediate", signer=new_key)
ca("ca_with_new_key", new_key.public_key(), True)
ca("ca_without_crl_sign", certificate("intermediate").public_key(), False)
