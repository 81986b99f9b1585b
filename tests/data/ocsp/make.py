#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes the OCSP responses of the test PKI anew, in the folder of this script, with python-cryptography.

NAME.der speaks of the PKI's server, whose CA signed it, by name and SHA-1, from 2020 to 2049, unless the name says
otherwise; delegated*.der are signed by the holder of a certificate that they bring along. must_staple_chain.pem is a
server with the TLS feature status_request (RFC 7633), for the same names.
"""
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from test_pki import certificate, key, moment  # noqa: E402
PEM = serialization.Encoding.PEM


def response(name, of="server", issuer="intermediate", status="GOOD", begin=2020, end=2049, algorithm=hashes.SHA1,
             signer=None, responder=None, attach=True, by=ocsp.OCSPResponderEncoding.NAME):
    revoked = status == "REVOKED"
    b = ocsp.OCSPResponseBuilder().add_response(
        certificate(of) if isinstance(of, str) else of, certificate(issuer), algorithm(),
        ocsp.OCSPCertStatus[status], moment(begin), moment(end) if end else None, moment(2020) if revoked else None,
        x509.ReasonFlags.key_compromise if revoked else None)
    b = b.responder_id(by, responder or certificate("intermediate"))
    if responder and attach:
        b = b.certificates([responder])
    made = b.sign(signer or key("intermediate"), hashes.SHA256())
    (HERE / f"{name}.der").write_bytes(made.public_bytes(serialization.Encoding.DER))


def issue(name, public_key, purposes, issuer="intermediate", signer=None, end=2049, more=(), subject=None):
    bits = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
                          "crl_sign", "encipher_only", "decipher_only"), False)
    signer = signer or key(issuer)
    b = (x509.CertificateBuilder().subject_name(subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
         .issuer_name(certificate(issuer).subject).public_key(public_key).serial_number(x509.random_serial_number())
         .not_valid_before(moment(2020)).not_valid_after(moment(end))
         .add_extension(x509.BasicConstraints(False, None), True)
         .add_extension(x509.KeyUsage(digital_signature=True, **bits), True)
         .add_extension(x509.ExtendedKeyUsage(purposes), False)
         .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
         .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False))
    for extension in more:
        b = b.add_extension(extension, False)
    return b.sign(signer, hashes.SHA256())


def delegated(name, by=ocsp.OCSPResponderEncoding.HASH, status="GOOD", purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,), **how):
    own = ec.generate_private_key(ec.SECP256R1())
    response(name, status=status, signer=own, by=by, responder=issue("responder", own.public_key(), purposes, **how))


response("good")
response("good_sha256", algorithm=hashes.SHA256, by=ocsp.OCSPResponderEncoding.HASH)
response("revoked", status="REVOKED")
response("unknown", status="UNKNOWN")
response("stale", end=2021)
response("early", begin=2048)
response("endless", end=None)
other = key("other_root")
response("forged", signer=other, attach=False, responder=issue("", other.public_key(), [ExtendedKeyUsageOID.OCSP_SIGNING],
                                                               subject=certificate("intermediate").subject))
response("client", of="client")
response("other_issuer", issuer="root")
response("rsa", of="server_rsa")
delegated("delegated")
delegated("delegated_by_name", by=ocsp.OCSPResponderEncoding.NAME)
delegated("delegated_revoked", status="REVOKED")
delegated("delegated_server", purposes=(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE))
delegated("delegated_expired", end=2021)
delegated("delegated_by_root", issuer="root")
delegated("delegated_forged", signer=key("other_root"))
(HERE / "try_later.der").write_bytes(
    ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(serialization.Encoding.DER))

leaf_key = ec.generate_private_key(ec.SECP256R1())
names = certificate("server").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
leaf = issue("must staple", leaf_key.public_key(), [ExtendedKeyUsageOID.SERVER_AUTH],
             more=[names, x509.TLSFeature([x509.TLSFeatureType.status_request])])
(HERE / "must_staple_chain.pem").write_bytes(leaf.public_bytes(PEM) + certificate("intermediate").public_bytes(PEM))
(HERE / "must_staple_key.pem").write_bytes(leaf_key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                                                  serialization.NoEncryption()))
response("must_staple", of=leaf)
response("must_staple_stale", of=leaf, end=2021)
