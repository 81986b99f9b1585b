# SPDX-License-Identifier: BSL-1.0
"""client and serve, every backend against every other: what comes over, what is reported, and how it ends."""
import json
import os
import pathlib
import signal
import ssl
import subprocess
import tempfile
import time
import unittest

from program import PKI, peer, running, started
from test_cli import CliTest

RECORD = ["ok", "backend", "library", "role", "stage", "error", "problems", "detail", "alert_sent", "alert_received", "version",
          "cipher_suite", "group", "signature_scheme", "alpn", "server_name", "resumed", "peer", "chain", "bytes_read",
          "bytes_written", "end"]
CERTIFICATE = ["subject", "issuer", "subject_components", "subject_alt_names", "serial", "not_before", "not_after", "key",
               "signature_algorithm", "is_ca", "sha256", "spki_sha256", "pem"]
CA = ["--ca", PKI / "root.pem"]
CLIENT = ["--cert", PKI / "client_chain.pem", "--key", PKI / "client_key.pem"]


class ConnectionTest(CliTest):
    def client(self, backend, server, *arguments, name="plugtls.test", **options):
        return self.program.run("client", "--backend", backend, *CA, "--connect", server.address, "--timeout", "10",
                                f"{name}:443", *arguments, **options)


class Service(ConnectionTest):
    def test_a_page_and_its_record(self):
        for client, server in self.pairs():
            both = self.backends[client]["tls1_3"] and self.backends[server]["tls1_3"]
            with self.program.serve("--backend", server, "--json", "--connections", "1", "--alpn", "h2,http/1.1") as s:
                self.assertEqual(list(json.loads(s.first)), ["listening"])
                with tempfile.NamedTemporaryFile() as out:
                    out.write(b"what it held before" * 1000)
                    out.flush()
                    result = self.client(client, s, "--json", "--get", "/", "--output", out.name, "--alpn", "http/1.1")
                    body = pathlib.Path(out.name).read_text(encoding="utf-8")
                self.assertEqual((result.status, result.err), (0, b""))
                self.assertEqual(result.out.count(b"\n"), 1)
                mine, theirs = result.json, s.record()
                self.assertEqual(s.end(), (0, ""))
            version = "TLSv1.3" if both else "TLSv1.2"
            for record, role, backend in ((mine, "client", client), (theirs, "server", server)):
                self.assertEqual(list(record), RECORD)
                expected = {"ok": True, "backend": backend, "role": role, "stage": "done", "error": None, "problems": [],
                            "detail": None, "alert_sent": None, "alert_received": None, "version": version,
                            "alpn": "http/1.1", "server_name": "plugtls.test", "resumed": False,
                            "end": "closed"}
                self.assertEqual({k: record[k] for k in expected}, expected)
                self.assertIn(record["signature_scheme"], ("ecdsa_secp256r1_sha256", None))
                self.assertIn(record["group"], ("x25519", "secp256r1"))
            self.assertEqual((mine["cipher_suite"], mine["group"]), (theirs["cipher_suite"], theirs["group"]))
            self.assertEqual((mine["bytes_read"], mine["bytes_written"]), (theirs["bytes_written"], theirs["bytes_read"]))
            self.assertEqual((theirs["peer"], theirs["chain"]), (None, []))
            self.assertEqual(mine["peer"], mine["chain"][0])
            self.assertEqual(len(mine["chain"]), 2)
            for c in mine["chain"]:
                self.assertEqual(list(c), CERTIFICATE)
            self.assertEqual(mine["peer"]["subject_components"], [["C", "GB"], ["O", "plugtls test"], ["CN", "plugtls.test"]])
            self.assertEqual(mine["peer"]["subject"], "CN=plugtls.test,O=plugtls test,C=GB")
            self.assertIn("IP:::1", mine["peer"]["subject_alt_names"])
            self.assertEqual(mine["peer"]["not_before"], "2020-01-01T00:00:00Z")
            self.assertEqual((mine["peer"]["key"], mine["peer"]["is_ca"]), ("EC P-256", False))
            self.assertEqual(ssl.PEM_cert_to_DER_cert(mine["peer"]["pem"]),
                             ssl.PEM_cert_to_DER_cert((PKI / "server.pem").read_text()))
            self.assertIn(f"version: {version}\n", body)

    def test_the_whole_response_on_standard_output(self):
        for client, server in self.pairs():
            with self.program.serve("--backend", server, "--connections", "1") as s:
                result = self.client(client, s, "--get", "/")
                self.assertEqual(result.status, 0)
                self.assertTrue(result.text.startswith("HTTP/1.1 200 OK\r\n"))
                self.assertEqual(len(result.lines), 1)  # what was agreed on
                self.assertEqual(s.end(), (0, ""))

    def test_versions_suites_and_groups(self):
        suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
        for client, server in self.pairs():
            with self.program.serve("--backend", server, "--groups", "secp384r1,secp256r1") as s:
                result = self.client(client, s, "--json", "--max", "1.2", "--cipher-suites", suite.lower(), "--get", "/")
                self.assertEqual(result.status, 0)
                self.assertEqual((result.json["version"], result.json["cipher_suite"]), ("TLSv1.2", suite))
                if self.backends[server]["server_group_order"]:
                    self.assertEqual(result.json["group"], "secp384r1")
                else:
                    self.assertIn(result.json["group"], ("secp384r1", "secp256r1"))

    def test_an_echo_of_much(self):
        data = os.urandom(300_000)
        for client, server in self.pairs():
            with self.program.serve("--backend", server, "--mode", "echo", "--connections", "2") as s:
                result = self.client(client, s, stdin=data)
                self.assertEqual(result.status, 0, result.err)
                self.assertTrue(result.out == data)
                result = self.client(client, s, "--send", "hello")
                self.assertEqual((result.status, result.out), (0, b"hello"))
                self.assertEqual(s.end(), (0, ""))

    def test_discard(self):
        for client, server in self.pairs():
            with self.program.serve("--backend", server, "--mode", "discard", "--json", "--connections", "1") as s:
                result = self.client(client, s, "--json", stdin=b"x" * 100_000)
                self.assertEqual((result.status, result.json["bytes_written"], result.json["bytes_read"]), (0, 100_000, 0))
                self.assertEqual((s.record()["bytes_read"], s.end()[0]), (100_000, 0))

    def test_client_certificates(self):
        wants = ["--client-ca", PKI / "root.pem", "--client-auth"]
        foreign = ["--cert", PKI / "foreign_client_chain.pem", "--key", PKI / "foreign_client_key.pem"]
        for client, server in self.pairs():
            for mode, own, error in (("required", CLIENT, None), ("optional", CLIENT, None), ("optional", [], None),
                                     ("required", [], "certificate_required"), ("required", foreign, "unknown_issuer"),
                                     ("optional", foreign, "unknown_issuer")):
                with self.program.serve("--backend", server, *wants, mode, "--json", "--connections", "1") as s:
                    result = self.client(client, s, "--json", "--get", "/", *own)
                    record = s.record()
                    self.assertEqual(record["error"], error)
                    if error is None:
                        self.assertEqual((result.status, record["ok"]), (0, True))
                        subject = record["peer"] and record["peer"]["subject"]
                        self.assertEqual(subject, "CN=plugtls client,O=plugtls test,C=GB" if own else None)
                    else:
                        self.assertEqual((record["ok"], record["stage"], record["problems"]), (False, "handshake", [error]))
                        self.check(result, 1, "alert_received")
                        self.assertIn(result.json["stage"], ("handshake", "read", "write"))
                        self.assertIn(result.json["alert_received"], (40, 42, 43, 45, 46, 48, 49, 116))


class Verdicts(ConnectionTest):
    def test_refusals(self):
        cases = [("expired", "certificate_expired"), ("not_yet_valid", "certificate_not_yet_valid"),
                 ("foreign", "unknown_issuer"), ("self_signed", "self_signed"), ("wrong_name", "hostname_mismatch"),
                 ("wrong_ip", "hostname_mismatch")]
        for cert, error in cases:
            for client, server in self.pairs():
                with self.program.serve("--backend", server, "--json", cert=cert) as s:
                    result = self.client(client, s, "--json", "--get", "/")
                    self.check(result, 1, error)
                    record = result.json
                    self.assertEqual((record["ok"], record["stage"], record["problems"]), (False, "handshake", [error]))
                    self.assertIn(record["alert_sent"], (40, 42, 43, 44, 45, 46, 48, 49))
                    self.assertEqual(record["peer"]["pem"], (PKI / f"{cert}.pem").read_text())
                    self.assertTrue(record["detail"].startswith(error))
                    theirs = s.record()
                    self.assertEqual((theirs["ok"], theirs["error"]), (False, "alert_received"))
                    result = self.client(client, s, "--json", "--get", "/", "--insecure-no-verify")
                    self.assertEqual((result.status, result.json["ok"]), (0, True))
                    self.assertEqual(result.json["peer"]["pem"], (PKI / f"{cert}.pem").read_text())

    def test_names(self):
        for client in self.backends:
            with self.program.serve() as s, self.subTest(client):
                for name, status in (("localhost", 0), ("PLUGTLS.test.", 0), ("a.wild.plugtls.test", 0),
                                     ("a.b.wild.plugtls.test", 1), ("127.0.0.1", 0), ("[::1]", 0), ("[::2]", 1),
                                     ("test", 1)):
                    result = self.client(client, s, "--json", "--get", "/", name=name)
                    self.assertEqual((result.status, result.json["error"]), (status, "hostname_mismatch" if status else None))
                    address = name[0] in "[1"
                    self.assertEqual(result.json["server_name"], None if address else name.lower().rstrip("."))
                result = self.client(client, s, "--json", "--get", "/", "--name", "localhost", name="other.test")
                self.assertEqual((result.status, result.json["server_name"]), (0, "localhost"))
                result = self.client(client, s, "--json", "--get", "/", "--insecure-skip-name", name="other.test")
                self.assertEqual(result.status, 0)

    def test_clock_and_trust(self):
        for client in self.backends:
            with self.program.serve(cert="expired") as s, self.subTest(client):
                result = self.client(client, s, "--get", "/", "--time", "2020-06-01T00:00:00Z")
                self.assertEqual(result.status, 0)
            with self.program.serve() as s, self.subTest(client):
                self.check(self.client(client, s, "--get", "/", "--time", "2050-01-01T00:00:00+00:00"), 1,
                           "certificate_expired")
                with tempfile.TemporaryDirectory() as folder:
                    pathlib.Path(folder, "a").write_text((PKI / "root.pem").read_text())
                    pathlib.Path(folder, "b").write_text("no certificate\n")
                    base = ["client", "--backend", client, "--connect", s.address, "--get", "/", "plugtls.test:443"]
                    self.assertEqual(self.program.run(*base, "--ca-dir", folder).status, 0)
                    system = dict(os.environ, SSL_CERT_FILE=f"{folder}/a")
                    self.assertEqual(self.program.run(*base, env=system).status, 0)
                    other = ["--ca", PKI / "other_root.pem"]
                    self.check(self.program.run(*base, *other, env=system), 1, "unknown_issuer")
                    self.assertEqual(self.program.run(*base, *other, "--system-trust", env=system).status, 0)
                    self.check(self.program.run(*base, env=dict(system, SSL_CERT_FILE=f"{folder}/none")), 3, "file_error")

    def test_no_agreement(self):
        for client, server in self.pairs():
            with self.program.serve("--backend", server, "--alpn", "h2", "--json") as s:
                self.check(self.client(client, s, "--alpn", "http/1.1"), 1, "no_application_protocol")
                self.assertEqual(s.record()["error"], "no_application_protocol")
            if self.backends[server]["tls1_3"]:
                with self.program.serve("--backend", server, "--min", "1.3", "--json") as s:
                    self.check(self.client(client, s, "--max", "1.2"), 1, "protocol_version")
                    self.assertEqual(s.record()["error"], "protocol_version")
            with self.program.serve("--backend", server, "--max", "1.2", "--json", "--cipher-suites",
                                    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256") as s:
                result = self.client(client, s, "--cipher-suites", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
                self.check(result, 1, "alert_received")
                self.assertEqual(s.record()["error"], "no_shared_cipher")


class Ends(ConnectionTest):
    def truncating(self, text):
        """behave() of a TLS server that answers and goes away without close_notify."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PKI / "server_chain.pem", PKI / "server_key.pem")

        def behave(connection):
            with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as s:
                s.recv(4096)
                s.sendall(text)
                s.shutdown(2)

        return behave

    def test_truncation(self):
        text = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        for backend in self.backends:
            with peer(self.truncating(text)) as port, self.subTest(backend):
                base = ["client", "--backend", backend, *CA, f"localhost:{port}", "--get", "/"]
                result = self.program.run(*base)
                self.assertEqual((result.status, result.error, result.out), (1, "truncated", text))
                result = self.program.run(*base, "--json")
                self.check(result, 1, "truncated")
                self.assertEqual((result.json["end"], result.json["stage"], result.json["version"] is None),
                                 ("truncated", "read", False))
                result = self.program.run(*base, "--json", "--insecure-ignore-truncation")
                self.assertEqual((result.status, result.json["ok"], result.json["end"]), (0, True, "truncated"))
                base[-2:] = ["--send", "x"]
                self.assertEqual(self.program.run(*base).error, "truncated")
                self.assertEqual(self.program.run(*base[:-2], stdin=b"x").error, "truncated")

    def test_chunked_body(self):
        text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n, world\r\n.\r\n0\r\nT: x\r\n\r\n"
        with peer(self.truncating(text)) as port, tempfile.NamedTemporaryFile() as out:
            result = self.program.run("client", *CA, f"localhost:{port}", "--get", "/", "--output", out.name,
                                      "--insecure-ignore-truncation")
            self.assertEqual((result.status, pathlib.Path(out.name).read_bytes()), (0, b"hello, world\r\n."))

    def test_standard_streams_that_are_closed(self):
        with self.program.serve() as s:
            reader, writer = os.pipe()
            os.close(reader)
            command = [self.program.path, "client", *map(str, CA), "--connect", s.address, "localhost:1", "--get", "/"]
            p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, timeout=20)
            os.close(writer)
            self.assertEqual(p.returncode, 3, p.stderr)
            self.assertIn(b"plugtls: io_error: ", p.stderr)
            for closed in ("<&- >&- 2>&-", ">&-", "<&-", "2>&-"):
                p = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *command], timeout=20, capture_output=True)
                self.assertIn(p.returncode, (0, 3), closed)

    def test_signals(self):
        for backend in self.backends:
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.program.serve("--backend", backend, "--mode", "echo") as s, self.subTest(backend), running(
                        [self.program.path, "client", *CA, "--connect", s.address, "localhost:1"], subprocess.PIPE) as held:
                    held.stdin.write(b"x")
                    held.stdin.flush()
                    self.assertEqual(held.stdout.read(1), b"x")
                    s.process.send_signal(signal.SIGHUP)
                    time.sleep(0.1)
                    begin = time.monotonic()
                    s.process.send_signal(number)
                    status, err = s.end()
                    self.assertLess(time.monotonic() - begin, 9)
                    self.assertEqual((status, err), (0, "plugtls: reloaded\n"))
                    _, err = held.communicate(timeout=20)  # ended in order, by the server
                    self.assertEqual(held.returncode, 0, err)

    def test_ipv6_and_name(self):
        with started([self.program.path, "serve", "--listen", "[::1]:0", *map(str, self.identity("server"))]) as s:
            if not s.address:
                self.skipTest("no IPv6 here")
            self.assertTrue(s.address.startswith("[::1]:"))
            self.assertEqual(self.program.run("client", *CA, s.address, "--get", "/").status, 0)

    def test_clients_at_a_time(self):
        with self.program.serve("--mode", "echo", "--max-clients", "1", "--connections", "3") as s:
            for _ in range(3):
                self.assertEqual(self.client(next(iter(self.backends)), s, "--send", "hi").out, b"hi")
            self.assertEqual(s.end()[0], 0)


if __name__ == "__main__":
    unittest.main()
