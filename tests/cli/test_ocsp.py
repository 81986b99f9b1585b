# SPDX-License-Identifier: BSL-1.0
"""--staple of client and cert, --ocsp-response of serve and verify, on every backend."""
import pathlib
import tempfile
import unittest

from program import PKI
from test_cli import CliTest

OCSP = PKI.parent / "ocsp"
CHAIN = PKI / "server_chain.pem"
TRUST = ["--trust", PKI / "root.pem"]


def response(name):
    return ["--ocsp-response", OCSP / f"{name}.der"]


class Verify(CliTest):
    def test_verdicts(self):
        for name, hard, soft in (("good", None, None), ("good_sha256", None, None), ("delegated", None, None),
                                 ("revoked", "revoked", "revoked"), ("delegated_revoked", "revoked", "revoked"),
                                 ("unknown", "revocation_unknown", None), ("stale", "revocation_unknown", None),
                                 ("forged", "revocation_unknown", None), ("client", "revocation_unknown", None),
                                 ("delegated_server", "revocation_unknown", None)):
            for backend in self.backends:
                for mode, error in (("leaf", hard), ("leaf:soft", soft)):
                    with self.subTest(name, backend=backend, mode=mode):
                        result = self.program.run("verify", "--backend", backend, "--json", *TRUST, "--revocation", mode,
                                                  *response(name), CHAIN)
                        self.assertEqual((result.status, result.json["error"]), (1 if error else 0, error), result.err)
        past = self.program.run("verify", *TRUST, "--revocation", "leaf", *response("stale"), "--time",
                                "2020-07-01T00:00:00Z", CHAIN)
        self.assertEqual(past.status, 0)

    def test_values(self):
        for how in ([], ["--revocation", "none"]):
            self.refused(2, "invalid_argument", "verify", *TRUST, *response("good"), *how, CHAIN, says="--ocsp-response")


class Connections(CliTest):
    def client(self, backend, server, *arguments, command="client"):
        get = ["--get", "/"] if command == "client" else []
        return self.program.run(command, "--backend", backend, "plugtls.test:443", "--connect", server.address, "--ca",
                                PKI / "root.pem", "--json", *get, *arguments)

    def able(self):
        return [name for name, capabilities in self.backends.items() if capabilities["ocsp_stapling"]]

    def test_pairs(self):
        for server in self.able():
            for name, hard, soft in (("good", None, None), ("delegated", None, None), ("revoked", "revoked", "revoked"),
                                     ("stale", "revocation_unknown", None)):
                with self.program.serve("--backend", server, *response(name)) as s:
                    for client in self.backends:
                        with self.subTest(name, client=client, server=server):
                            self.assertEqual(self.client(client, s).status, 0)
                            for version in ("1.2", "1.3") if client in self.able() else ():
                                only = ["--staple", "--min", version, "--max", version]
                                for how, error in ((only, hard), ([*only, "--revocation", "leaf:soft"], soft)):
                                    result = self.client(client, s, *how)
                                    self.assertEqual(result.json["error"], error, result.err)
                                    self.assertEqual(result.status, 1 if error else 0)
                    if server in self.able():
                        shown = self.client(server, s, "--staple", command="cert")
                        self.assertEqual(shown.status, 1 if hard else 0)

    def test_servers_that_do_not_staple(self):
        for server in self.backends:
            with self.program.serve("--backend", server) as s:
                for client in self.able():
                    with self.subTest(client=client, server=server):
                        self.assertEqual(self.client(client, s, "--staple").json["error"], "revocation_unknown")
                        self.assertEqual(self.client(client, s, "--staple", "--revocation", "leaf:soft").status, 0)

    def test_refusals(self):
        serve = ["serve", "--cert", CHAIN, "--key", PKI / "server_key.pem"]
        for backend in self.backends:
            if backend not in self.able():
                for command in (["client", "--staple", "plugtls.test:443"], [*serve, *response("good")]):
                    self.refused(4, "unsupported", *command, "--backend", backend)
        for backend in self.able():
            for name in ("client", "rsa", "other_issuer"):
                self.refused(2, "invalid_argument", *serve, *response(name), "--backend", backend, says="OCSP")
            self.refused(2, "invalid_argument", *serve, *response("try_later"), "--backend", backend, says="try_later.der")
            self.refused(2, "invalid_argument", "client", "--staple", "--revocation", "none", "plugtls.test:443",
                         "--backend", backend, says="staple")
        with tempfile.TemporaryDirectory() as folder:
            here = pathlib.Path(folder)
            (here / "empty").write_bytes(b"")
            (here / "cut").write_bytes((OCSP / "good.der").read_bytes()[:-1])
            for file, status, error in (("missing", 3, "file_error"), ("empty", 2, "bad_der"), ("cut", 2, "bad_der"),
                                        (PKI / "server.der", 2, "bad_der"), (CHAIN, 2, "bad_der")):
                for command in (serve, ["verify", *TRUST, "--revocation", "leaf", CHAIN]):
                    self.refused(status, error, *command, "--ocsp-response", here / file, says=str(file))


if __name__ == "__main__":
    unittest.main()
