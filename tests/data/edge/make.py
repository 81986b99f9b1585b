#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes cases.json anew, in the folder of this script, with python-cryptography: chains about which the bare libraries
disagree, as requests of `plugtls verify --batch`, each with the `error` that every backend must give (null: accepted),
and with what a version of a backend's library that cannot read them may lead to (`unread`)."""
import datetime
import json
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "www.example.test"


def name(text, email=None):
    mail = [x509.NameAttribute(NameOID.EMAIL_ADDRESS, email)] if email else []
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text), *mail])


def empty_name(oid=NameOID.COMMON_NAME, *before):
    """A name whose last attribute has an empty text, which python-cryptography makes of nobody's free will."""
    last = x509.NameAttribute(oid, "x")
    last._value = ""
    return x509.Name([*before, last])


class Certificate:
    def __init__(self, subject, issuer=None, extensions=(), end=2049):
        self.subject, self.key = subject, ec.generate_private_key(ec.SECP256R1())
        signer = issuer or self
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(signer.subject)
                   .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(end, 12, 31)))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        self.made = builder.sign(signer.key, hashes.SHA256())
        self.pem = self.made.public_bytes(serialization.Encoding.PEM).decode()


def beside_curve(certificate, issuer):
    """The same with a key that is no point of its curve, signed anew."""
    point = certificate.key.public_key().public_bytes(serialization.Encoding.X962,
                                                      serialization.PublicFormat.UncompressedPoint)
    tbs = certificate.made.tbs_certificate_bytes.replace(point, point[:-1] + bytes([point[-1] ^ 1]))
    signature = issuer.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    body = tbs + algorithm + bytes([3, len(signature) + 1, 0]) + signature
    der = bytes([0x30, 0x82]) + len(body).to_bytes(2, "big") + body
    certificate.pem = x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM).decode()
    return certificate


CA = (x509.BasicConstraints(True, None), True)


def constraints(permitted):
    return x509.NameConstraints(permitted_subtrees=[permitted], excluded_subtrees=None), False


def names(*alternatives):
    return x509.SubjectAlternativeName(alternatives), False


def cases():
    def case(id, error, root, chain, asked=HOST, unread=()):
        return {"id": id, "error": error, "unread": dict(unread), "request": {
            "id": id, "leaf": chain[0].pem, "intermediates": [c.pem for c in chain[1:]], "trust": [root.pem], "crls": [],
            "name": asked, "time": None, "purpose": "server", "max_depth": None}}

    root = Certificate(name("root"), None, [CA])
    host, mail = x509.DNSName(HOST), x509.RFC822Name("a@example.test")

    by_mail = Certificate(name("by mail"), root, [CA, constraints(x509.RFC822Name("example.test"))])
    for id, error, alternatives in (("subject-email-counts-without-alternative", "name_constraint_violated", [host]),
                                    ("subject-email-does-not-count-beside-one", None, [host, mail])):
        yield case(id, error, root, [Certificate(name("leaf", "a@other.test"), by_mail, [names(*alternatives)]), by_mail])
    by_host = Certificate(name("by host"), root, [CA, constraints(x509.DNSName("example.test"))])
    yield case("trailing-dot-is-within-constraints", None, root,
               [Certificate(name("leaf"), by_host, [names(x509.DNSName(HOST + "."))]), by_host])

    # An empty text is against the bounds of RFC 5280 appendix A, which no library minds but wolfSSL 5.7.
    unread = [("wolfssl", "bad_certificate")]
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "org")
    for at, subject in (("alone", empty_name()), ("beside-another", empty_name(NameOID.COMMON_NAME, organization)),
                        ("of-organization", empty_name(NameOID.ORGANIZATION_NAME))):
        lower = Certificate(subject, root, [CA])
        yield case("intermediate-with-empty-name-" + at, None, root, [Certificate(name("leaf"), lower, [names(host)]), lower],
                   unread=unread)
        top = Certificate(subject, None, [CA])
        yield case("anchor-with-empty-name-" + at, None, top, [Certificate(name("leaf"), top, [names(host)])],
                   unread=unread)
        middle = Certificate(name("middle"), lower, [CA])
        yield case("two-below-empty-name-" + at, None, root,
                   [Certificate(name("leaf"), middle, [names(host)]), middle, lower], unread=unread)

    # An authority key identifier only helps to choose an issuer (RFC 5280 section 4.2.1.1).
    lower = Certificate(name("without identifier"), root, [CA])
    known = x509.AuthorityKeyIdentifier(b"k" * 20, None, None), False
    yield case("authority-key-id-and-issuer-without", None, root,
               [Certificate(name("leaf"), lower, [names(host), known]), lower])
    forged = Certificate(name("leaf"), Certificate(name("without identifier"), root, [CA]), [names(host), known])
    yield case("authority-key-id-and-another-key", "bad_signature", root, [forged, lower])

    bare = Certificate(name("bare"))
    yield case("anchor-of-version-3-without-extensions", "not_a_ca", bare, [Certificate(name("leaf"), bare, [names(host)])])
    leaf = Certificate(name("leaf"), root, [names(host)])
    yield case("leaf-as-anchor-of-another", "not_a_ca", leaf, [Certificate(name("lower"), leaf, [names(host)])])

    critical_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), True
    yield case("critical-key-identifier-and-expired", "malformed_certificate", root,
               [Certificate(name("leaf"), root, [names(host), critical_id], 2021)])
    # EDIPartyName without the partyName that it must have (RFC 5280 §4.2.1.6), in an alternative name of the issuer.
    nobody = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.18"), bytes.fromhex("3002a500")), False
    yield case("edi-party-without-name", "malformed_certificate", root,
               [Certificate(name("leaf"), root, [names(host), nobody])])
    yield case("leaf-key-beside-its-curve", "weak_algorithm", root,
               [beside_curve(Certificate(name("leaf"), root, [names(host)]), root)])
    lower = Certificate(name("lower"), root, [CA])
    yield case("issuer-key-beside-its-curve", "bad_signature", root,
               [Certificate(name("leaf"), lower, [names(host)]), beside_curve(lower, root)])


if __name__ == "__main__":
    out = pathlib.Path(__file__).resolve().parent / "cases.json"
    out.write_text(json.dumps(list(cases()), indent=1) + "\n")
