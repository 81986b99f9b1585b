# SPDX-License-Identifier: BSL-1.0
"""--crl and --revocation of verify, client and serve, on every backend."""
import pathlib
import tempfile
import unittest

from program import PKI
from test_cli import CliTest

CRL = PKI.parent / "crl"
TRUST = ["--trust", PKI / "root.pem"]
CHAIN = PKI / "server_chain.pem"
CLIENT = ["--cert", PKI / "client_chain.pem", "--key", PKI / "client_key.pem"]
ALERTS = (40, 42, 43, 44, 45, 46, 48, 49)  # the class of rule 5; the exact number is a capability


def crls(*names):
    return [a for name in names for a in ("--crl", CRL / f"{name}.pem")]


class Verify(CliTest):
    def verdict(self, error, *arguments, problems=None):
        for backend in self.backends:
            with self.subTest(" ".join(map(str, arguments)), backend=backend):
                result = self.program.run("verify", "--backend", backend, "--json", *arguments)
                self.assertEqual((result.status, result.json["error"]), (1 if error else 0, error), result.err)
                self.assertEqual(result.json["problems"], problems or ([error] if error else []))

    def test_verdicts(self):
        good, revoked = crls("intermediate", "root"), crls("intermediate_lists_leaves", "root")
        self.verdict(None, *TRUST, *good, CHAIN)
        self.verdict("revoked", *TRUST, *revoked, CHAIN)
        self.verdict("revoked", *TRUST, *crls("intermediate", "root_lists_intermediate"), CHAIN)
        self.verdict("revoked", *TRUST, *revoked, "--name", "other.test", CHAIN, problems=["revoked", "hostname_mismatch"])
        self.verdict("revoked", *TRUST, *revoked, "--purpose", "client", PKI / "client_chain.pem")
        self.verdict("revocation_unknown", *TRUST, *crls("intermediate"), CHAIN)
        self.verdict("revocation_unknown", *TRUST, *crls("intermediate_stale", "root"), CHAIN)
        self.verdict("revoked", *TRUST, *crls("intermediate_stale", "root"), "--time", "2020-07-01T00:00:00Z", CHAIN)
        self.verdict("revocation_unknown", *TRUST, *crls("intermediate_forged", "root"), CHAIN)

    def test_modes(self):
        revoked, above = crls("intermediate_lists_leaves", "root"), crls("intermediate", "root_lists_intermediate")
        for mode, by_leaf, by_chain, nothing in (
                ("none", None, None, None), ("leaf", "revoked", None, "revocation_unknown"), ("leaf:soft", "revoked", None, None),
                ("leaf:hard", "revoked", None, "revocation_unknown"), ("chain", "revoked", "revoked", "revocation_unknown"),
                ("chain:soft", "revoked", "revoked", None), ("chain:hard", "revoked", "revoked", "revocation_unknown")):
            use = ["--revocation", mode, *TRUST]
            self.verdict(by_leaf, *use, *revoked, CHAIN)
            self.verdict(by_chain, *use, *above, CHAIN)
            self.verdict(nothing, *use, CHAIN)

    def test_bad_values(self):
        for mode in ("", "x", "soft", "none:soft", "leaf:", "leaf:x", "chain:soft:hard", "Chain", ":hard"):
            for command in (["verify", *TRUST, CHAIN], ["client", "plugtls.test:443"], ["cert", "plugtls.test:443"],
                            ["serve", "--cert", CHAIN, "--key", PKI / "server_key.pem", "--client-auth", "required",
                             "--client-ca", PKI / "root.pem"]):
                self.refused(2, "invalid_argument", *command, "--revocation", mode, says="--revocation")
        for use in (crls("root"), ["--revocation", "chain"]):
            self.refused(2, "invalid_argument", "serve", "--cert", CHAIN, "--key", PKI / "server_key.pem", *use,
                         says="--client-auth")

    def test_files(self):
        der = self.program.run("verify", *TRUST, *crls("intermediate", "root"), CHAIN)
        self.assertEqual(der.status, 0)
        with tempfile.TemporaryDirectory() as folder:
            here = pathlib.Path(folder)
            both = "".join((CRL / f"{n}.pem").read_text() for n in ("intermediate", "root"))
            (here / "both.pem").write_text("of two CAs\n" + both)
            (here / "cut.pem").write_text(both[:-100])
            (here / "empty").write_bytes(b"")
            (here / "text").write_text("hello\n")
            (here / "no_der.pem").write_text("-----BEGIN X509 CRL-----\naGVsbG8=\n-----END X509 CRL-----\n")
            (here / "nothing").mkdir()
            self.verdict(None, *TRUST, "--crl", here / "both.pem", CHAIN)
            for file, status, error in (("missing", 3, "file_error"), ("nothing", 3, "file_error"), ("empty", 2, "bad_der"),
                                        ("text", 2, "bad_der"), ("cut.pem", 2, "bad_pem"), ("no_der.pem", 2, "bad_der"),
                                        (PKI / "root.pem", 2, "bad_pem"), (PKI / "server.der", 2, "bad_der")):
                for command in (["verify", *TRUST, CHAIN], ["client", "plugtls.test:443"],
                                ["serve", "--cert", CHAIN, "--key", PKI / "server_key.pem", "--client-auth", "required",
                                 "--client-ca", PKI / "root.pem"]):
                    self.refused(status, error, *command, "--crl", here / file, says=str(file))


class Connections(CliTest):
    def client(self, backend, server, *arguments):
        return self.program.run("client", "--backend", backend, "plugtls.test:443", "--connect", server.address, "--ca",
                                PKI / "root.pem", "--json", "--get", "/", *arguments)

    def test_client(self):
        cases = ((crls("intermediate", "root"), None), (crls("intermediate_lists_leaves", "root"), "revoked"),
                 (crls("intermediate_stale", "root"), "revocation_unknown"),
                 ([*crls("intermediate_stale", "root"), "--revocation", "chain:soft"], None),
                 ([*crls("intermediate"), "--revocation", "leaf"], None))
        for client, server in self.pairs():
            with self.program.serve("--backend", server, "--json") as s:
                for arguments, error in cases:
                    result = self.client(client, s, *arguments)
                    self.assertEqual((result.status, result.json["error"]), (1 if error else 0, error), result.err)
                    if error:
                        self.assertEqual((result.json["stage"], result.json["problems"]), ("handshake", [error]))
                        if result.json["alert_sent"] is not None:
                            self.assertIn(result.json["alert_sent"], ALERTS)

    def test_serve(self):
        cases = ((crls("intermediate", "root"), None), (crls("intermediate_lists_leaves", "root"), "revoked"),
                 (crls("intermediate"), "revocation_unknown"), ([*crls("root"), "--revocation", "chain:soft"], None))
        wants = ["--client-ca", PKI / "root.pem", "--client-auth", "required", "--json", "--connections", "1"]
        for client, server in self.pairs():
            for arguments, error in cases:
                with self.program.serve("--backend", server, *wants, *arguments) as s:
                    result = self.client(client, s, *CLIENT)
                    record = s.record()
                    self.assertEqual((record["error"], record["problems"]), (error, [error] if error else []))
                    self.assertEqual((result.status, result.json["error"]), (1, "alert_received") if error else (0, None))
                    if error and result.json["alert_received"] is not None:
                        self.assertIn(result.json["alert_received"], ALERTS)


if __name__ == "__main__":
    unittest.main()
