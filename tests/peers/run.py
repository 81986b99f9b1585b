#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""plugtls against programs of others: run.py PLUGTLS. curl and `openssl s_client` are the clients, `openssl s_server` is the
server; with and without client certificates, at each version that the backend has."""
import contextlib
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import PKI, TIMEOUT, BackendTest, free_port, started  # noqa: E402

ROOT = PKI / "root.pem"
OWN = ["--cert", PKI / "client_chain.pem", "--key", PKI / "client_key.pem"]
FOREIGN = ["--cert", PKI / "foreign_client_chain.pem", "--key", PKI / "foreign_client_key.pem"]
DEMAND = ["--client-auth", "required", "--client-ca", ROOT]
WITHOUT_EXTENDED_MASTER_SECRET = """openssl_conf = program
[program]
ssl_conf = ssl
[ssl]
system_default = all
[all]
Options = -ExtendedMasterSecret
"""
ALERTS = (40, 42, 43, 45, 46, 48, 49, 116)


def run(*command, stdin=b"", env=None):
    return subprocess.run(list(map(str, command)), input=stdin, capture_output=True, timeout=TIMEOUT, start_new_session=True,
                          env=env)


class OpensslServer(BackendTest):
    @contextlib.contextmanager
    def s_server(self, version, *arguments, cert="server"):
        """On a port that was free a moment ago: another one where somebody else has taken it since."""
        for _ in range(5):
            port = free_port()
            command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", PKI / f"{cert}.pem", "-key",
                       PKI / f"{cert}_key.pem", "-cert_chain", PKI / "intermediate.pem", "-CAfile", ROOT,
                       f"-tls{version.replace('.', '_')}", *arguments]
            with started(command) as server:
                line = server.first
                while line and not line.startswith("ACCEPT"):
                    line = server.process.stdout.readline().decode()
                if line:
                    yield f"localhost:{port}"
                    return
        self.fail("openssl s_server does not start")

    def client(self, backend, address, *arguments):
        return self.program.run("client", "--backend", backend, "--json", "--ca", ROOT, "--get", "/", address, *arguments)

    def test_page(self):
        for backend, version in self.versions():
            with self.s_server(version, "-www", "-alpn", "http/1.1") as address:
                result = self.program.run("client", "--backend", backend, "--ca", ROOT, "--get", "/", address)
                self.assertEqual(result.status, 0, result.err)
                self.assertIn(f"TLSv{version}", result.text)
                result = self.client(backend, address, "--alpn", "h2,http/1.1")
                self.assertEqual((result.status, result.json["version"]), (0, f"TLSv{version}"))
                self.assertEqual((result.json["alpn"], result.json["end"]), ("http/1.1", "closed"))

    def test_client_certificates(self):
        for backend, version in self.versions():
            with self.s_server(version, "-www", "-Verify", "3", "-verify_return_error") as address:
                result = self.client(backend, address, *OWN)
                self.assertEqual(result.status, 0, result.err)
                for own in ([], FOREIGN):
                    result = self.client(backend, address, *own)
                    self.assertEqual((result.status, result.error), (1, "alert_received"), result.err)
                    self.assertIn(result.json["alert_received"], ALERTS)

    def test_refusals(self):
        for cert, error in (("expired", "certificate_expired"), ("self_signed", "self_signed"),
                            ("wrong_name", "hostname_mismatch"), ("foreign", "unknown_issuer")):
            for backend, version in self.versions():
                with self.s_server(version, "-www", cert=cert) as address:
                    result = self.client(backend, address)
                    self.assertEqual((result.status, result.error), (1, error))

    def test_keys_of_the_server(self):
        for backend, version in self.versions():
            for cert in ("server_rsa", "server_ed25519"):
                if cert == "server_ed25519" and not self.backends[backend]["ed25519"]:
                    continue
                with self.s_server(version, "-www", cert=cert) as address:
                    result = self.client(backend, address)
                    self.assertEqual((result.status, result.json["error"]), (0, None))

    def test_sessions(self):
        """Tickets, and (`-no_ticket`) sessions that the server keeps: by their id, in TLS 1.3 as tickets that are ids."""
        for backend, version in self.versions():
            for way in ([], ["-no_ticket"]):
                with self.s_server(version, "-www", *way) as address, tempfile.TemporaryDirectory() as place:
                    for resumed in (False, True, True):
                        result = self.client(backend, address, "--min", version, "--max", version, "--session",
                                             pathlib.Path(place) / "session")
                        self.assertEqual((result.status, result.json["resumed"]), (0, resumed), (way, result.err))

    def test_other_versions(self):
        for backend, capabilities in self.backends.items():
            with self.subTest(backend), self.s_server("1.3" if not capabilities["tls1_3"] else "1.2", "-www") as address:
                result = self.client(backend, address, *(["--min", "1.3"] if capabilities["tls1_3"] else []))
                self.assertEqual((result.status, result.error), (1, "protocol_version"), result.err)


class Curl(BackendTest):
    def curl(self, server, *arguments):
        url = f"https://plugtls.test:{server.port}/"
        return run("curl", "-sS", "--cacert", ROOT, "--connect-to", f"::127.0.0.1:{server.port}", "--max-time", "20", url,
                   *arguments)

    def test_page(self):
        for backend, version in self.versions():
            with self.program.serve("--backend", backend, "--min", version, "--max", version, "--json", "--alpn",
                                    "http/1.1") as server:
                result = self.curl(server)
                self.assertEqual((result.returncode, result.stderr), (0, b""))
                self.assertIn(f"version: TLSv{version}\n", result.stdout.decode())
                record = server.record()
                self.assertEqual((record["ok"], record["version"], record["server_name"], record["alpn"]),
                                 (True, f"TLSv{version}", "plugtls.test", "http/1.1"))
                self.assertEqual(self.curl(server, "--head").returncode, 0)

    def test_client_certificates(self):
        for backend, version in self.versions():
            with self.program.serve("--backend", backend, "--max", version, "--json", *DEMAND) as server:
                for own, error in ((OWN, None), ([], "certificate_required"), (FOREIGN, "unknown_issuer")):
                    result = self.curl(server, *own)
                    self.assertEqual(result.returncode == 0, error is None, result.stderr)
                    record = server.record()
                    self.assertEqual((record["ok"], record["error"]), (error is None, error))
                    if error is None:
                        self.assertEqual(record["peer"]["subject"], "CN=plugtls client,O=plugtls test,C=GB")

    def test_curl_refuses(self):
        for backend, version in self.versions():
            with self.program.serve("--backend", backend, "--max", version, "--json", cert="expired") as server:
                self.assertEqual(self.curl(server).returncode, 60)
                record = server.record()
                self.assertFalse(record["ok"])
                # From some version on it looks at certificates after the handshake, and goes without a word.
                self.assertIn(record["error"], ("alert_received", "truncated"))


class OpensslClient(BackendTest):
    def s_client(self, server, *arguments, stdin=b"", env=None):
        return run("openssl", "s_client", "-connect", server.address, "-servername", "localhost", "-verify_hostname", "localhost",
                   "-verify_return_error", "-CAfile", ROOT, "-quiet", *arguments, stdin=stdin, env=env)

    def test_page(self):
        for backend, version in self.versions():
            with self.program.serve("--backend", backend, "--json") as server:
                result = self.s_client(server, f"-tls{version.replace('.', '_')}", "-ign_eof", stdin=b"GET / HTTP/1.0\r\n\r\n")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(f"version: TLSv{version}\n", result.stdout.decode())
                self.assertEqual(server.record()["ok"], True)

    def test_echo_and_client_certificates(self):
        own = ["-cert", PKI / "client.pem", "-key", PKI / "client_key.pem", "-cert_chain", PKI / "intermediate.pem"]
        for backend, version in self.versions():
            with self.program.serve("--backend", backend, "--max", version, "--json", "--mode", "status", *DEMAND) as server:
                result = self.s_client(server, "-ign_eof", *own, stdin=b"GET / HTTP/1.0\r\n\r\n")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn("CN=plugtls client", result.stdout.decode())
                self.assertEqual(len(server.record()["chain"]), 2)
                result = self.s_client(server, "-ign_eof", stdin=b"GET / HTTP/1.0\r\n\r\n")
                self.assertNotIn(b"200 OK", result.stdout)
                self.assertEqual(server.record()["error"], "certificate_required")

    def test_sessions(self):
        for backend, version in self.versions():
            with self.program.serve("--backend", backend, "--json") as server, tempfile.TemporaryDirectory() as place:
                file = pathlib.Path(place) / "session"
                for resumed in (False, True, True):
                    known = ["-sess_in", file] if file.exists() else []
                    result = self.s_client(server, f"-tls{version.replace('.', '_')}", "-ign_eof", "-sess_out", file, *known,
                                           stdin=b"GET / HTTP/1.0\r\n\r\n")
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertEqual(server.record()["resumed"], resumed)
                # A ticket is for the name that it was made for (RFC 6066 §3).
                result = self.s_client(server, f"-tls{version.replace('.', '_')}", "-ign_eof", "-sess_in", file,
                                       "-servername", "other.test", stdin=b"GET / HTTP/1.0\r\n\r\n")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertFalse(server.record()["resumed"])

    def test_session_ids(self):
        """Clients of TLS 1.2 that know of no tickets, beside others, with and without certificates."""
        own = ["-cert", PKI / "client.pem", "-key", PKI / "client_key.pem", "-cert_chain", PKI / "intermediate.pem"]
        for backend, capabilities in self.backends.items():
            for demand, certificate in (([], []), (DEMAND, own)):
                with self.subTest(backend), self.program.serve("--backend", backend, "--json", *demand) as server, \
                        tempfile.TemporaryDirectory() as place:
                    file = pathlib.Path(place) / "session"
                    for resumed in (False, True, True):
                        known = ["-sess_in", file] if file.exists() else []
                        result = self.s_client(server, "-tls1_2", "-no_ticket", "-ign_eof", "-sess_out", file, *certificate,
                                               *known, stdin=b"GET / HTTP/1.0\r\n\r\n")
                        self.assertEqual(result.returncode, 0, result.stderr)
                        record = server.record()
                        self.assertEqual(record["resumed"], resumed and capabilities["session_ids"])
                        self.assertEqual(len(record["chain"]), 2 if certificate else 0)
                    # An id is for the name that it was made for (RFC 6066 §3).
                    result = self.s_client(server, "-tls1_2", "-no_ticket", "-ign_eof", "-sess_in", file, *certificate,
                                           "-servername", "other.test", stdin=b"GET / HTTP/1.0\r\n\r\n")
                    self.assertFalse(server.record()["resumed"])

    def test_extended_master_secret(self):
        """What was made without is not resumed, nor by a client that does without (RFC 7627 §5.3)."""
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(place)
            (place / "config").write_text(WITHOUT_EXTENDED_MASTER_SECRET)
            env = {True: None, False: {**os.environ, "OPENSSL_CONF": str(place / "config")}}
            for backend, capabilities in self.backends.items():
                with self.subTest(backend), self.program.serve("--backend", backend, "--max", "1.2", "--json") as server:
                    for first, then, by in itertools.product((True, False), (True, False), ([], ["-no_ticket"])):
                        file = place / f"{backend} {first} {then} {by}"
                        for has, way in ((first, "-sess_out"), (then, "-sess_in")):
                            known = [way, file] if way == "-sess_out" or file.exists() else []
                            result = self.s_client(server, "-tls1_2", "-ign_eof", *by, *known, env=env[has],
                                                   stdin=b"GET / HTTP/1.0\r\n\r\n")
                            self.assertEqual(result.returncode, 0, (first, then, by, result.stderr))
                            resumed = way == "-sess_in" and first and then and (not by or capabilities["session_ids"])
                            self.assertEqual(server.record()["resumed"], resumed, (first, then, by))

    def test_old_versions(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--json") as server:
                result = self.s_client(server, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
                self.assertNotEqual(result.returncode, 0)
                self.assertEqual(server.record()["error"], "protocol_version")


def main(path):
    missing = [tool for tool in ("curl", "openssl") if shutil.which(tool) is None]
    if missing:
        print(f"these programs are needed and not here: {', '.join(missing)}")
        return 1
    BackendTest.use(path)
    return unittest.main(argv=sys.argv[:1] + sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
