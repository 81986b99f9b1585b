# SPDX-License-Identifier: BSL-1.0
"""Usage, values of options and files: each bad one gives one line and the exit status of its kind."""
import os
import pathlib
import tempfile
import unittest

from program import PKI
from test_cli import CliTest

TARGET = "plugtls.test:443"
SUITE = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"


class Usage(CliTest):
    def test_help_and_version(self):
        for arguments in (["--help"], ["--version"], *([c, "--help"] for c in ("backends", "client", "serve", "cert",
                                                                                 "verify", "parity"))):
            with self.subTest(arguments):
                result = self.program.run(*arguments)
                self.assertEqual((result.status, result.err), (0, b""))
                self.assertIn("plugtls" if "--version" in arguments else "--json" if len(arguments) > 1 else "client",
                              result.text)

    def test_bad_usage(self):
        for arguments in ([], ["unknown"], ["client"], ["client", TARGET, "more"], ["client", "--no-such", TARGET],
                          ["client", TARGET, "--ca"], ["client", TARGET, "--timeout", "soon"], ["cert"], ["serve", "x"],
                          ["client", TARGET, "--min", "1.2", "--min", "1.3"], ["serve", "--connections", "0"],
                          ["serve", "--connections", "-1"], ["serve", "--max-clients", "many"]):
            self.refused(2, "invalid_argument", *arguments)

    def test_one_identity_of_a_client(self):
        self.refused(4, "unsupported", "client", TARGET, *self.identity("client"), *self.identity("client"))

    def test_unknown_backend(self):
        for command in (["client", TARGET], ["cert", TARGET], ["serve", *self.identity("server")], ["parity"], ["backends"]):
            self.refused(2, "invalid_argument", *command, "--backend", "nonesuch", says="nonesuch")

    def test_backends(self):
        listed = self.program.run("backends", "--json").json
        self.assertEqual(list(listed), ["default", "backends"])
        self.assertIn(listed["default"], [b["name"] for b in listed["backends"]])
        for b in listed["backends"]:
            self.assertEqual(list(b), ["name", "library", "capabilities"])
            self.assertTrue(all(type(v) is bool for v in b["capabilities"].values()))
        text = self.program.run("backends")
        for b in listed["backends"]:
            self.assertIn(b["name"], text.text)
            self.assertIn(b["library"], text.text)


class Values(CliTest):
    def test_bad_values_of_a_client(self):
        cases = [
            ["plugtls.test"], ["plugtls.test:"], ["plugtls.test:0"], ["plugtls.test:65536"], ["plugtls.test:99999999999"],
            ["plugtls.test:-1"], ["plugtls.test:x"], [":443"], ["::1:443"], ["[::1:443"], ["[::1]443"], ["[x]:443"],
            ["a b:443"], ["*.plugtls.test:443"], ["ex\u00e4mple.test:443"], ["a..b:443"], ["x" * 300 + ":443"], ["1.2.3:443"],
            [""], [TARGET, "--name", "a b"], [TARGET, "--name", ""], [TARGET, "--connect", "x"],
            [TARGET, "--connect", "127.0.0.1:0"], [TARGET, "--min", "1.1"], [TARGET, "--max", "1.4"], [TARGET, "--min", ""],
            [TARGET, "--min", "TLSv1.2"], [TARGET, "--cipher-suites", "NO_SUCH_SUITE"], [TARGET, "--cipher-suites", ""],
            [TARGET, "--cipher-suites", "TLS_AES_128_GCM_SHA256,"], [TARGET, "--groups", "x25519,nonesuch"],
            [TARGET, "--cipher-suites", f"{SUITE},{SUITE}"], [TARGET, "--alpn", "h2,,x"],
            [TARGET, "--alpn", "x" * 256], [TARGET, "--timeout", "0"], [TARGET, "--timeout", "-1"],
            [TARGET, "--timeout", "nan"], [TARGET, "--timeout", "1e99"], [TARGET, "--time", "yesterday"],
            [TARGET, "--time", "2026-02-30T00:00:00Z"], [TARGET, "--get", "no-slash"], [TARGET, "--get", "/a b"],
            [TARGET, "--get", "/a\r\nX: y"], [TARGET, "--get", "/", "--send", "x"], [TARGET, "--password", "x"],
            [TARGET, "--key", PKI / "client_key.pem"], [TARGET, "--ca", "", "--min", "9"],
            [TARGET, "--pin", ""], [TARGET, "--pin", "x"], [TARGET, "--pin", "0" * 63], [TARGET, "--pin", "sha256//AAAA"],
            [TARGET, "--pin", "0" * 64, "--insecure-no-verify"],
        ]
        for backend, capabilities in self.backends.items():
            for case in cases:
                self.refused(2, "invalid_argument", "client", "--backend", backend, *case)
            if not capabilities["tls1_3"]:
                continue
            self.refused(2, "invalid_argument", "client", "--backend", backend, TARGET, "--min", "1.2", "--max", "1.2",
                         "--cipher-suites", "TLS_AES_128_GCM_SHA256")

    def test_min_above_max(self):
        for backend, capabilities in self.backends.items():
            self.refused(2, "invalid_argument", "client", "--backend", backend, TARGET, "--min", "1.3", "--max", "1.2")
            if not capabilities["tls1_3"]:
                self.refused(4, "unsupported", "client", "--backend", backend, TARGET, "--min", "1.3", says=backend)

    def test_bad_values_of_a_server(self):
        own = self.identity("server")
        for case in ([], [*own, "--listen", "x"], [*own, "--listen", "127.0.0.1:65536"], [*own, "--listen", "a b:0"],
                     [*own, "--mode", "nonesuch"], [*own, "--mode", ""], [*own, "--client-auth", "perhaps"],
                     [*own, "--client-auth", "required"], [*own, "--client-ca", PKI / "root.pem"],
                     [*own, "--handshake-timeout", "0"], [*own, "--idle-timeout", "-5"], [*own, "--min", "1.0"]):
            for backend in self.backends:
                self.refused(2, "invalid_argument", "serve", "--backend", backend, *case)
        self.refused(3, "io_error", "serve", *own, "--listen", "192.0.2.1:0")

    def test_json_tells_it_too(self):
        result = self.program.run("client", "--json", TARGET, "--min", "1.1")
        self.assertEqual((result.status, result.json["ok"], result.json["stage"]), (2, False, "setup"))
        self.assertEqual(result.json["error"], "invalid_argument")
        result = self.program.run("serve", "--json", "--mode", "nonesuch")
        self.assertEqual((result.status, result.json["role"], result.json["stage"]), (2, "server", "setup"))
        result = self.program.run("client", "--json", TARGET, *self.identity("client"), *self.identity("client"))
        self.assertEqual((result.status, result.json["error"]), (4, "unsupported"))

    def identity_refused(self, backend, status, error, cert, key, *more):
        paths = [PKI / p if not pathlib.Path(p).is_absolute() else p for p in (cert, key)]
        self.refused(status, error, "client", "--backend", backend, TARGET, "--cert", paths[0], "--key", paths[1], *more)
        self.refused(status, error, "serve", "--backend", backend, "--cert", paths[0], "--key", paths[1], *more)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            here = pathlib.Path(folder)
            (here / "empty").write_bytes(b"")
            (here / "garbage").write_bytes(os.urandom(2000))
            (here / "text").write_text("hello\n")
            (here / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n")
            (here / "cut.pem").write_text((PKI / "root.pem").read_text()[:300])
            (here / "cut.der").write_bytes((PKI / "server.der").read_bytes()[:-20])
            (here / "cut_key.der").write_bytes((PKI / "server_key.der").read_bytes()[:-20])
            (here / "cut_key.pem").write_text((PKI / "server_key.pem").read_text()[:120])
            (here / "nothing").mkdir()
            for backend in self.backends:
                for file, status, error in (("missing", 3, "file_error"), ("nothing", 3, "file_error"),
                                            ("empty", 2, "no_certificates_found"), ("text", 2, "no_certificates_found"),
                                            ("broken.pem", 2, "bad_pem"), ("cut.pem", 2, "bad_pem"), ("cut.der", 2, "bad_der")):
                    self.refused(status, error, "client", "--backend", backend, TARGET, "--ca", here / file)
                    self.identity_refused(backend, status, error, here / file, "server_key.pem")
                    self.refused(status, error, "serve", "--backend", backend, *self.identity("server"), "--client-auth",
                                 "required", "--client-ca", here / file)
                self.refused(3, "file_error", "client", "--backend", backend, TARGET, "--ca-dir", here / "missing")
                self.refused(2, "no_certificates_found", "client", "--backend", backend, TARGET, "--ca-dir", here / "nothing")
                self.refused(3, "file_error", "client", "--backend", backend, TARGET, "--output", here / "no" / "file")
                # Nothing listens there: what was to be written does not come, what was there stays, and no empty file is left.
                (here / "kept").write_text("kept")
                for output in ("new", "kept"):
                    self.refused(3, None, "client", "--backend", backend, TARGET, "--connect", "127.0.0.1:1", "--output",
                                 here / output)
                self.assertEqual(((here / "new").exists(), (here / "kept").read_text()), (False, "kept"))
                for key, status, error in (("missing", 3, "file_error"), ("empty", 2, "bad_pem"), ("text", 2, "bad_der"),
                                           ("cut_key.pem", 2, "bad_pem"), ("cut_key.der", 2, "bad_der"),
                                           ("broken.pem", 2, "bad_pem")):
                    self.identity_refused(backend, status, error, "server_chain.pem", here / key)
                self.refused(2, None, "client", "--backend", backend, TARGET, "--ca", here / "garbage")

    def test_keys(self):
        for backend, capabilities in self.backends.items():
            pair = ["server_chain.pem", "server_key_traditional_aes256.pem"]
            self.identity_refused(backend, 2, "password_required", *pair)
            self.identity_refused(backend, 2, "password_required", *pair, "--password", "")
            self.identity_refused(backend, 2, "bad_password", *pair, "--password", "wrong")
            self.identity_refused(backend, 2, "key_mismatch", "server_chain.pem", "client_key.pem")
            self.identity_refused(backend, 2, "key_mismatch", "server_rsa_chain.pem", "server_key.pem")
            self.identity_refused(backend, 2, "bad_pem", "server_chain.pem", "root.pem")
            aes = ["server_chain.pem", "server_key_pbes2_aes256.pem"]
            self.identity_refused(backend, 2, "password_required", *aes)
            if not capabilities["pbes2_aes"]:
                self.identity_refused(backend, 4, "unsupported", *aes, "--password", "secret")
            if not capabilities["ed25519"]:
                self.refused(4, None, "serve", "--backend", backend, *self.identity("server_ed25519"))


if __name__ == "__main__":
    unittest.main()
