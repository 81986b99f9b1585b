# SPDX-License-Identifier: BSL-1.0
"""cert and parity."""
import base64
import json
import pathlib
import re
import shutil
import tempfile
import unittest

from program import PKI
from test_cli import CliTest
from test_connections import CERTIFICATE

CORPUS = PKI.parent / "corpus"
CASES = ["expired", "not_yet_valid", "untrusted", "self_signed", "wrong_name", "wrong_ip", "truncated", "no_client_certificate",
         "foreign_client_certificate", "version_mismatch", "no_alpn_overlap", "not_tls"]


class Cert(CliTest):
    def test_a_server(self):
        for backend in self.backends:
            for cert, error in (("server", None), ("expired", "certificate_expired"), ("self_signed", "self_signed"),
                                ("wrong_name", "hostname_mismatch")):
                with self.subTest(backend=backend, cert=cert), self.program.serve(cert=cert) as s:
                    base = ["cert", "--backend", backend, "--ca", PKI / "root.pem", "--connect", s.address, "plugtls.test:443"]
                    result = self.program.run(*base, "--json")
                    self.assertEqual((result.status, result.error), (1 if error else 0, error))
                    seen = result.json
                    self.assertEqual((seen["ok"], seen["error"], seen["problems"]), (not error, error, [error] if error else []))
                    self.assertEqual((seen["backend"], seen["verified"]), (backend, True))
                    self.assertEqual("".join(c["pem"] for c in seen["chain"]), (PKI / f"{cert}_chain.pem").read_text())
                    text = self.program.run(*base)
                    self.assertEqual(text.status, 1 if error else 0)
                    self.assertTrue(text.text.startswith("0: CN=plugtls.test,O=plugtls test,C=GB\n"))
                    self.assertIn(f"verdict: {error or 'ok'}", text.text)

    def test_reasons(self):
        """cert, client and verify say what a refusal is about, in one sentence that is the same on every backend."""
        names = "localhost, plugtls.test, *.wild.plugtls.test, 127.0.0.1, ::1"
        wanted = {"expired": r"^certificate_expired: the certificate expired 2021-01-01, \d+ days ago: "
                             "CN=plugtls.test,O=plugtls test,C=GB; hostname_mismatch: the certificate is for "
                             + re.escape(names) + "; expected other.test",
                  "foreign": "^unknown_issuer: no issuer was found for the certificate, issued by CN=plugtls other root,O="
                             "plugtls test,C=GB: add it to the trust anchors, or have the server send its intermediates; "
                             "hostname_mismatch: "}
        for cert, pattern in wanted.items():
            said = set()
            for backend in self.backends:
                with self.program.serve(cert=cert) as s:
                    base = ["--backend", backend, "--json", "--time", "2026-11-22T12:00:00Z"]
                    live = [*base, "--ca", PKI / "root.pem", "--connect", s.address, "other.test:443"]
                    for result in (self.program.run("client", *live), self.program.run("cert", *live),
                                   self.program.run("verify", *base, "--trust", PKI / "root.pem", "--name", "other.test",
                                                    PKI / f"{cert}_chain.pem")):
                        self.assertEqual(result.status, 1)
                        self.assertRegex(result.json["detail"], pattern)
                        self.assertEqual(result.lines[-1], "plugtls: " + result.json["detail"])
                        said.add(result.json["detail"].partition(" [")[0])
            self.assertEqual(len(said), 1, said)

    def test_pins(self):
        key = self.program.run("cert", PKI / "server.pem", "--json").json["chain"][0]["spki_sha256"]
        root = self.program.run("cert", PKI / "root.pem", "--json").json["chain"][0]["spki_sha256"]
        pinned = "sha256//" + base64.b64encode(bytes.fromhex(key)).decode()
        zero = "0" * 64
        for backend in self.backends:
            for pins, is_right in (([key], True), ([root.upper()], True), ([pinned], True), ([zero, key], True),
                                   ([zero], False), ([zero, "sha256//" + "A" * 43 + "="], False)):
                with self.subTest(backend=backend, pins=pins), self.program.serve() as s:
                    for command in ("client", "cert"):
                        more = ["--send", "x"] if command == "client" else []
                        result = self.program.run(command, "--backend", backend, "--ca", PKI / "root.pem", "--connect", s.address,
                                                  "--json", *more, *(a for p in pins for a in ("--pin", p)), "plugtls.test:443")
                        self.assertEqual((result.status, result.json["error"]),
                                         (0, None) if is_right else (1, "pin_mismatch"), result.err)
                        if not is_right:
                            self.assertEqual(result.json["problems"], ["pin_mismatch"])
                            self.assertIn(pinned, result.json["detail"])

    def test_files(self):
        for file, count in (("server_chain.pem", 2), ("server.der", 1), ("root.pem", 1)):
            result = self.program.run("cert", PKI / file, "--json")
            self.assertEqual((result.status, result.json["ok"], result.json["verified"]), (0, True, False))
            self.assertEqual([list(c) for c in result.json["chain"]], [CERTIFICATE] * count)
            self.assertEqual(self.program.run("cert", PKI / file).text.count("  issuer  "), count)

    def test_files_that_hold_none(self):
        with tempfile.TemporaryDirectory() as folder:
            here = pathlib.Path(folder)
            (here / "empty").write_bytes(b"")
            (here / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n")
            (here / "cut.der").write_bytes((PKI / "server.der").read_bytes()[:-20])
            for file, status, error in (("missing", 3, "file_error"), (".", 3, "file_error"), ("cut.der", 1, "bad_der"),
                                        ("empty", 1, "no_certificates_found"), ("broken.pem", 1, "bad_pem")):
                self.refused(status, error, "cert", here / file)
                result = self.program.run("cert", here / file, "--json")
                self.assertEqual((result.status, result.json["error"], result.json["chain"]), (status, error, []))
        self.refused(3, "file_error", "cert", "no_such_file.pem")
        self.refused(2, "invalid_argument", "cert", "plugtls.test:99999")

    def test_corpus(self):
        """Certificates that are wrong in every way: shown or refused, and never a crash."""
        for leaf in sorted((PKI.parent / "corpus").glob("*/leaf.pem")):
            with self.subTest(leaf.parent.name):
                result = self.program.run("cert", leaf, "--json")
                self.assertIn((result.status, result.json["error"]), ((0, None), (1, "bad_der"), (1, "bad_pem")))


class Parity(CliTest):
    def test_json_and_page(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.html")
            result = self.program.run("parity", "--json", "--html", page)
            text = page.read_text()
        self.assertEqual((result.status, result.err), (0, b""))
        seen = result.json
        self.assertEqual(list(seen), ["pairs", "cases"])
        versions = {name: ["TLSv1.2", "TLSv1.3"][: 1 + c["tls1_3"]] for name, c in self.backends.items()}
        expected = [(c, s, v) for c in versions for s in versions for v in versions[c] if v in versions[s]]
        self.assertEqual([(p["client"], p["server"], p["version"]) for p in seen["pairs"]], expected)
        for p in seen["pairs"]:
            self.assertEqual(list(p), ["client", "server", "version", "cipher_suite", "ok", "handshake_us"])
            self.assertTrue(p["ok"] and p["handshake_us"] > 0 and p["cipher_suite"].startswith("TLS_"))
        self.assertEqual([c["id"] for c in seen["cases"]], CASES)
        for c in seen["cases"]:
            self.assertEqual(list(c), ["id", "expected", "results", "agree"])
            self.assertTrue(c["agree"])
            self.assertEqual(list(c["results"]), list(versions))
            for r in c["results"].values():
                self.assertEqual((list(r), r["ok"], r["error"]), (["ok", "error", "problems"], False, c["expected"]))
            self.assertIn(c["id"], text)
        self.assertIn("prefers-color-scheme: dark", text)
        self.assertIsNone(re.search(r"(src|href)=", text))

    def test_text(self):
        result = self.program.run("parity")
        self.assertEqual(result.status, 0)
        self.assertRegex(result.text.splitlines()[-1], r"^(\d+) of \1 pairs connect, 12 of 12 cases agree and are as expected: parity$")
        one = next(iter(self.backends))
        self.assertEqual(self.program.run("parity", "--backend", one).status, 0)
        self.refused(3, "file_error", "parity", "--html", "/no/such/folder/page.html")
        self.assertIn("    certificate_expired: the certificate expired 2021-01-01, ", result.text)

    def test_corpus(self):
        manifest = json.loads((CORPUS / "manifest.json").read_text())["cases"]
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.html")
            result = self.program.run("parity", "--json", "--corpus", CORPUS, "--html", page)
            text = page.read_text()
        self.assertEqual((result.status, result.err), (0, b""))
        cases = result.json["cases"]
        self.assertEqual([c["id"] for c in cases], CASES + [c["id"] for c in manifest])
        for case, told in zip(manifest, cases[len(CASES):]):
            self.assertEqual(list(told), ["id", "expected", "results", "agree"])
            self.assertTrue(told["agree"], told)
            self.assertEqual(told["expected"] == "success", case["expected"] == "accept")
            for backend, r in told["results"].items():
                self.assertEqual(list(r), ["ok", "error", "problems"])
                self.assertEqual(r["ok"], r["error"] is None)
                if not {"crl", "ed25519", "name-constraints"} & set(case["features"]) and case["id"] != "ok-200-sans":
                    self.assertEqual(r["error"] or "success", told["expected"], (case["id"], backend))
            self.assertIn(case["id"], text)
        self.assertIn("the certificate is for", text)
        self.assertIn("documented: no ", text)
        self.assertIsNone(re.search(r"(src|href)=|https?://|@import|url\(", text))

    def test_disagreement(self):
        """A corpus that expects something else, and broken ones: told, and never taken for parity."""
        with tempfile.TemporaryDirectory() as folder:
            here = pathlib.Path(folder)
            self.refused(3, "file_error", "parity", "--corpus", here / "missing")
            (here / "manifest.json").write_text("no json")
            self.refused(2, "invalid_argument", "parity", "--corpus", here)
            shutil.copytree(CORPUS / "expired-leaf", here / "expired-leaf")
            case = {"id": "expired-leaf", "role": "server", "check_name": None, "expected": "accept", "reason": None,
                    "why": "<b>&", "features": [], "crl": None}
            (here / "manifest.json").write_text(json.dumps({"cases": [case]}))
            result = self.program.run("parity", "--corpus", here, "--html", here / "page.html")
            self.assertEqual(result.status, 1)
            self.assertRegex(result.text, r"expired-leaf +success +certificate_expired .*UNEXPECTED\n    certificate_expired: ")
            self.assertTrue(result.text.endswith("12 of 13 cases agree and are as expected: NO PARITY\n"))
            page = (here / "page.html").read_text()
            self.assertIn("&lt;b&gt;&amp;", page)
            self.assertIn("UNEXPECTED", page)


if __name__ == "__main__":
    unittest.main()
