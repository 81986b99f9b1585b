# SPDX-License-Identifier: BSL-1.0
"""What the makers of CRLs and OCSP responses take from the test PKI in pki/."""
import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import serialization

PKI = pathlib.Path(__file__).resolve().parent / "pki"


def moment(year):
    return datetime.datetime(year, 1, 1)


def certificate(name):
    return x509.load_pem_x509_certificate((PKI / f"{name}.pem").read_bytes())


def key(name):
    return serialization.load_pem_private_key((PKI / f"{name}_key.pem").read_bytes(), None)
