# SPDX-License-Identifier: BSL-1.0
"""--session of client, and the sessions of serve, across all backends."""
import os
import pathlib
import stat
import tempfile
import unittest

from program import PKI
from test_cli import CliTest


class Sessions(CliTest):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.file = pathlib.Path(place.name) / "session"

    def client(self, backend, server, *arguments):
        return self.program.run("client", "--backend", backend, "plugtls.test:443", "--connect", server.address, "--ca",
                                PKI / "root.pem", "--json", "--get", "/", "--session", self.file, *arguments)

    def resumed(self, *arguments):
        result = self.client(*arguments)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual([c["subject"] for c in result.json["chain"]][0], result.json["peer"]["subject"])
        return result.json["resumed"]

    def versions_of(self, *backends):
        return ["1.2"] + ["1.3"] * all(self.backends[b]["tls1_3"] for b in backends)

    def test_pairs(self):
        for client, server in self.pairs():
            with self.program.serve("--backend", server, "--json") as s:
                for version in self.versions_of(client, server):
                    with self.subTest(self.place, version=version):
                        only = ["--min", version, "--max", version]
                        self.file.unlink(missing_ok=True)
                        for expected in (False, True, True):
                            self.assertEqual(self.resumed(client, s, *only), expected)
                            self.assertEqual(s.record()["resumed"], expected)
                        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
                        self.assertEqual(os.listdir(self.file.parent), ["session"])

    def test_declined(self):
        """A session of a server that is no more: each library falls back, with each server."""
        for client, server in self.pairs():
            for version in self.versions_of(client, server):
                with self.subTest(self.place, version=version):
                    only = ["--min", version, "--max", version]
                    self.file.unlink(missing_ok=True)
                    for _ in range(2):
                        with self.program.serve("--backend", server) as s:
                            self.assertFalse(self.resumed(client, s, *only))
                            # Beside a ticket that it declines a server may send no new one.
                            self.assertTrue(self.resumed(client, s, *only) or self.resumed(client, s, *only))

    def test_between_servers(self):
        """A session of one library's server, offered to another's."""
        for client in self.backends:
            self.file.unlink(missing_ok=True)
            for server in self.backends:
                with self.subTest(client=client, server=server), self.program.serve("--backend", server) as s:
                    self.assertFalse(self.resumed(client, s, "--max", "1.2"))
                    self.assertTrue(self.resumed(client, s, "--max", "1.2") or
                                    self.resumed(client, s, "--max", "1.2"))

    def test_client_certificates(self):
        own = ["--cert", PKI / "client_chain.pem", "--key", PKI / "client_key.pem"]
        for client, server in self.pairs():
            asks = ["--client-auth", "required", "--client-ca", PKI / "root.pem"]
            with self.program.serve("--backend", server, *asks, "--json") as s, self.subTest(self.place):
                self.file.unlink(missing_ok=True)
                able = self.backends[server]["client_auth_resumption"] or self.backends[server]["session_ids"]
                for expected in (False, able):
                    result = self.client(client, s, *own, "--max", "1.2")
                    self.assertEqual(result.status, 0, result.err)
                    record = s.record()
                    self.assertEqual((result.json["resumed"], record["resumed"]), (expected, expected))
                    self.assertEqual(len(record["chain"]), 2)

    def test_policy(self):
        for backend in self.backends:
            with self.program.serve("--backend", backend) as s, self.subTest(backend):
                self.file.unlink(missing_ok=True)
                self.assertFalse(self.resumed(backend, s, "--max", "1.2"))
                for other in (["--name", "localhost"], ["--alpn", "h2"], ["--insecure-skip-name"],
                              ["--ca", PKI / "other_root.pem"]):
                    kept = self.file.read_bytes()
                    self.assertFalse(self.resumed(backend, s, "--max", "1.2", *other))
                    self.file.write_bytes(kept)
                self.assertTrue(self.resumed(backend, s, "--max", "1.2"))
                late = self.client(backend, s, "--max", "1.2", "--time", "2060-01-01T00:00:00Z")
                self.assertEqual((late.status, late.json["error"]), (1, "certificate_expired"))

    def test_bad_files(self):
        names = list(self.backends)
        with self.program.serve("--backend", names[0]) as s:
            self.assertFalse(self.resumed(names[0], s))
            good = self.file.read_bytes()
            bad = [b"", b"nonsense", good[:-1], good + b"x", good[:40] + bytes([good[40] ^ 1]) + good[41:]]
            for content in bad:
                self.file.write_bytes(content)
                result = self.client(names[0], s)
                self.assertEqual((result.status, result.json["error"], result.json["stage"]), (2, "bad_session", "setup"))
                self.assertEqual(self.file.read_bytes(), content)
            self.file.write_bytes(good)
            for other in names[1:]:
                result = self.client(other, s)
                self.assertEqual((result.status, result.json["error"]), (2, "bad_session"))
            self.file.unlink()
            self.file.mkdir()
            self.assertEqual(self.client(names[0], s).json["error"], "file_error")
            self.file.rmdir()
            self.file = self.file / "nowhere"
            result = self.client(names[0], s)
            self.assertEqual((result.status, result.json["error"]), (3, "file_error"))


if __name__ == "__main__":
    unittest.main()
