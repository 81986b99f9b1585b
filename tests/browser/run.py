#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Headless Chromium against plugtls serve, on every backend: run.py PLUGTLS PLAYWRIGHT_FOLDER [unittest arguments]

PLAYWRIGHT_FOLDER holds node_modules/playwright-core. With PLUGTLS_SCREENSHOTS the status page is kept there as pictures."""
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
from program import PKI, BackendTest  # noqa: E402

# Chromium sends no intermediates unless the server names authorities, so that the intermediate is what is trusted.
CLIENT_AUTH = ["--client-ca", PKI / "intermediate.pem"]


def quietly(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=60)


class BrowserTest(BackendTest):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.profiles = 0
        cls.make_home("stranger")
        cls.make_home("friend", "root")
        cls.make_home("client", "root", key=True)

    @classmethod
    def make_home(cls, name, *authorities, key=False):
        """A home of its own: what Chromium trusts there, and presents, is what stands in its NSS database."""
        database = cls.folder / name / ".pki" / "nssdb"
        database.mkdir(parents=True)
        store = f"sql:{database}"
        quietly("certutil", "-N", "-d", store, "--empty-password")
        for authority in authorities:
            quietly("certutil", "-A", "-d", store, "-n", authority, "-t", "C,,", "-i", PKI / f"{authority}.pem")
        if key:
            bundle = cls.folder / "client.p12"
            quietly("openssl", "pkcs12", "-export", "-in", PKI / "client.pem", "-inkey", PKI / "client_key.pem", "-name",
                    "client", "-passout", "pass:x", "-out", bundle)
            quietly("pk12util", "-i", bundle, "-d", store, "-W", "x", "-K", "")

    def visit(self, server, home, name="plugtls.test", **more):
        type(self).profiles += 1
        what = {"home": str(self.folder / home), "profile": str(self.folder / f"profile{self.profiles}"),
                "url": f"https://{name}:{server.port}/", **more}
        p = subprocess.run(["node", HERE / "visit.js", PLAYWRIGHT], input=json.dumps([what]).encode(), capture_output=True,
                           timeout=60)
        self.assertEqual(p.returncode, 0, p.stderr.decode())
        return json.loads(p.stdout)[0]

    def record(self, server, wanted):
        """The first record of the server's that `wanted` takes. Chromium also opens connections that it does not use."""
        for _ in range(20):
            record = server.record()
            if wanted(record):
                return record
        self.fail("no such record")

    def served(self, server):
        return self.record(server, lambda r: r["bytes_written"])

    def check_page(self, backend, seen, record, name="plugtls.test"):
        self.assertEqual((seen["error"], seen["status"], seen["title"]), (None, 200, "plugtls"))
        facts = seen["facts"]
        self.assertEqual((facts["backend"], facts["library"], facts["server name"]), (backend, record["library"], name))
        self.assertEqual((facts["version"], facts["cipher suite"], facts["group"]),
                         (record["version"], record["cipher_suite"], record["group"]))
        self.assertEqual(facts["application protocol"], record["alpn"] or "-")
        self.assertEqual(record["server_name"], name)
        self.assertEqual(facts["version"], "TLSv1.3" if self.backends[backend]["tls1_3"] else "TLSv1.2")
        self.assertEqual(len(seen["requests"]), 1)  # nothing is loaded from anywhere
        self.assertFalse(seen["overflows"])


class Browser(BrowserTest):
    def test_trusted(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--json", "--alpn", "http/1.1") as s:
                seen = self.visit(s, "friend")
                self.check_page(backend, seen, self.served(s))
                self.assertEqual(seen["facts"]["client certificate"], "none")
                self.assertEqual(seen["facts"]["application protocol"], "http/1.1")
                self.assertEqual(seen["security"]["subjectName"], "plugtls.test")

    def test_names(self):
        other = ["--cert", PKI / "wrong_name_chain.pem", "--key", PKI / "wrong_name_key.pem"]
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--json", extra=other) as s:
                for name in ("other.plugtls.test", "plugtls.test", "a.wild.plugtls.test"):
                    self.check_page(backend, self.visit(s, "friend", name), self.served(s), name)
                self.assertEqual(self.visit(s, "friend", "unknown.plugtls.test")["error"], "ERR_CERT_COMMON_NAME_INVALID")

    def test_untrusted(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--json") as s:
                seen = self.visit(s, "stranger")
                self.assertEqual((seen["error"], seen["title"]), ("ERR_CERT_AUTHORITY_INVALID", "Privacy error"))
                self.assertIn("ERR_CERT_AUTHORITY_INVALID", seen["text"])
                self.assertNotIn("plugtls serve", seen["text"])
                refused = self.record(s, lambda r: r["error"] == "alert_received")
                self.assertEqual((refused["ok"], refused["alert_received"], refused["bytes_written"]), (False, 46, 0))

    def test_client_certificate(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--json", "--client-auth", "required",
                                                           *CLIENT_AUTH) as s:
                seen = self.visit(s, "client")
                record = self.served(s)
                self.check_page(backend, seen, record)
                self.assertEqual(seen["facts"]["client certificate"], "CN=plugtls client,O=plugtls test,C=GB")
                self.assertEqual(seen["facts"]["issuer"], "CN=plugtls test intermediate,O=plugtls test,C=GB")
                self.assertEqual(ssl.PEM_cert_to_DER_cert(record["peer"]["pem"]),
                                 ssl.PEM_cert_to_DER_cert((PKI / "client.pem").read_text()))
                # TLS 1.3 refuses after the client has finished: the end of the connection may come before the alert is read.
                self.assertIn(self.visit(s, "friend")["error"], ("ERR_BAD_SSL_CLIENT_AUTH_CERT", "ERR_SOCKET_NOT_CONNECTED",
                                                                 "ERR_CONNECTION_RESET", "ERR_CONNECTION_CLOSED"))
                self.record(s, lambda r: r["error"] == "certificate_required")

    def test_looks(self):
        pictures = os.environ.get("PLUGTLS_SCREENSHOTS")
        backend = next(iter(self.backends))
        seen = {}
        with self.program.serve("--backend", backend, "--client-auth", "optional", *CLIENT_AUTH) as s:
            for scheme in ("light", "dark"):
                for width in (1280, 390):
                    picture = {"screenshot": f"{pictures}/status-{scheme}-{width}.png"} if pictures else {}
                    seen[scheme, width] = self.visit(s, "client", width=width, scheme=scheme, **picture)
                    self.assertFalse(seen[scheme, width]["overflows"])
        self.assertNotEqual(seen["light", 390]["background"], seen["dark", 390]["background"])


if __name__ == "__main__":
    PLAYWRIGHT = sys.argv[2]
    BrowserTest.use(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
