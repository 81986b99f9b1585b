#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs every short example against the plugtls program of each backend and against each other: run.py PLUGTLS EXAMPLE..."""
import difflib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import PKI, TIMEOUT, BackendTest, started  # noqa: E402

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
ROOT = PKI / "root.pem"
SERVER = [PKI / "server_chain.pem", PKI / "server_key.pem"]


class ExampleTest(BackendTest):
    examples = {}

    def run_example(self, name, *arguments, stdin="", **environment):
        return subprocess.run([self.examples[name], *map(str, arguments)], input=stdin, capture_output=True, text=True,
                              timeout=TIMEOUT, start_new_session=True, env={**os.environ, **{k: str(v) for k, v in environment.items()}})

    def refused(self, name, error, *arguments, **options):
        result = self.run_example(name, *arguments, **options)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
        self.assertIn(error, result.stderr)

    def test_usage(self):
        for name in self.examples:
            result = self.run_example(name)
            self.assertEqual((result.returncode, result.stdout), (2, ""), name)
            self.assertIn(f"usage: {name} ", result.stderr)

    def test_https_get(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--alpn", "http/1.1") as s:
                result = self.run_example("https_get", "127.0.0.1", s.port, "/", ROOT)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertIn("200 OK", result.stdout)
                self.assertIn("application protocol: http/1.1", result.stdout)
                self.refused("https_get", "unknown_issuer", "127.0.0.1", s.port, "/", PKI / "other_root.pem")
        self.refused("https_get", "file_error", "127.0.0.1", 1, "/", "/no/such/file")

    def test_http_becomes_https_in_five_lines(self):
        sources = [(EXAMPLES / f"{name}.cpp").read_text().replace(name, "").splitlines()[2:] for name in ("http_plain", "http_tls")]
        changed = [line for line in difflib.ndiff(*sources) if line.startswith("+ ")]
        self.assertEqual(len(changed), 5, changed)

        class Page(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(self.path.encode())
                self.close_connection = True

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Page) as plain:
            threading.Thread(target=plain.handle_request).start()
            result = self.run_example("http_plain", "127.0.0.1", plain.server_port, "/hello")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.startswith("HTTP/1.1 200") and result.stdout.endswith("/hello"), result.stdout)
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend) as s:
                result = self.run_example("http_tls", "127.0.0.1", s.port, "/", SSL_CERT_FILE=ROOT)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertTrue(result.stdout.startswith("HTTP/1.1 200 OK"), result.stdout)
                result = self.run_example("http_tls", "127.0.0.1", s.port, "/", SSL_CERT_FILE=PKI / "other_root.pem")
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertIn("unknown_issuer", result.stderr)

    def test_https_tour(self):
        for cert, noes in (("server", []), ("expired", ["valid today?"]), ("wrong_name", ["for this host?"]),
                           ("self_signed", ["from a trusted authority?"])):
            with self.subTest(cert), self.program.serve(cert=cert) as s:
                result = self.run_example("https_tour", "localhost", s.port, ROOT)
                self.assertEqual([line[:-3] for line in result.stdout.splitlines() if line.endswith("? NO")], noes)
                self.assertEqual(result.stdout.count("? yes\n"), 4 - len(noes))
                self.assertIn("  O = plugtls test\n", result.stdout)
                self.assertEqual((result.returncode, "200 OK" in result.stdout), (1, False) if noes else (0, True))

    def test_line_server(self):
        with started([self.examples["line_server"], *SERVER, "0", 2 + len(self.backends)]) as s:
            result = self.run_example("echo_client", "127.0.0.1", s.port, ROOT, stdin="hello\nworld\n")
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "HELLO\nWORLD\n", ""))
            for backend in self.backends:
                result = self.program.run("client", "--backend", backend, "--ca", ROOT, s.address, "--send", "hi\n", "--json")
                self.assertEqual((result.status, json.loads(result.out)["end"]), (0, "closed"))
            result = self.program.run("client", "--ca", PKI / "other_root.pem", s.address, "--json")
            self.assertEqual(json.loads(result.out)["error"], "unknown_issuer")
            status, said = s.end()
            self.assertEqual((status, said.count("\n")), (0, 1), said)
            self.assertIn("alert_received", said)

    def test_get_server_certificate(self):
        for cert, verdict in (("server", "ok"), ("expired", "certificate_expired"), ("self_signed", "self_signed")):
            with self.program.serve(cert=cert) as s:
                result = self.run_example("get_server_certificate", "127.0.0.1", s.port, ROOT)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertIn(f"verdict:  {verdict}\n", result.stdout)
                self.assertTrue(result.stdout.endswith((PKI / f"{cert}.pem").read_text()))

    def test_echo(self):
        text = "hello\nworld\n" + "x" * 70000 + "\n"
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--mode", "echo") as s:
                result = self.run_example("echo_client", "127.0.0.1", s.port, ROOT, stdin=text)
                self.assertEqual((result.returncode, result.stdout, result.stderr), (0, text, ""))
        with started([self.examples["echo_server"], *SERVER, "0", 1 + len(self.backends)]) as s:
            result = self.run_example("echo_client", "127.0.0.1", s.port, ROOT, stdin=text)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, text, ""))
            for backend in self.backends:
                result = self.program.run("client", "--backend", backend, "--ca", ROOT, s.address, "--send", "hi", "--json")
                self.assertEqual((result.status, json.loads(result.out)["end"]), (0, "closed"))
            self.assertEqual(s.end(), (0, ""))

    def test_remote_signer(self):
        chain = PKI / "server_rsa_chain.pem"
        with started([self.examples["remote_signer"], chain, PKI / "server_rsa_key.pem", "0", len(self.backends)]) as s:
            for backend in self.backends:
                result = self.program.run("client", "--backend", backend, "--ca", ROOT, s.address, "--json")
                self.assertEqual((result.status, json.loads(result.out)["end"]), (0, "closed"))
            self.assertEqual(s.end(), (0, ""))
        with started([self.examples["remote_signer"], chain, PKI / "client_rsa_key.pem", "0", 1]) as s:
            result = self.program.run("client", "--ca", ROOT, s.address, "--json")
            self.assertNotEqual(result.status, 0)
            status, said = s.end()
            self.assertEqual((status, said.count("\n"), said[:14]), (0, 1, "key_mismatch: "), said)

    def test_mutual_auth(self):
        result = self.run_example("mutual_auth", ROOT, *SERVER, PKI / "client_chain.pem", PKI / "client_key.pem")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "hello, plugtls client\n", ""))
        result = self.run_example("mutual_auth", ROOT, *SERVER, PKI / "foreign_client_chain.pem", PKI / "foreign_client_key.pem")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("server: unknown_issuer: ", result.stderr)
        self.assertIn("client: alert_received: ", result.stderr)

    def test_custom_verify(self):
        chain = self.program.run("cert", SERVER[0], "--json").json["chain"]
        with self.program.serve() as s:
            for c in chain:
                result = self.run_example("custom_verify", "127.0.0.1", s.port, ROOT, c["spki_sha256"])
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertIn("accepted", result.stdout)
            self.refused("custom_verify", "rejected_by_callback", "127.0.0.1", s.port, ROOT, "00")
            self.refused("custom_verify", "unknown_issuer", "127.0.0.1", s.port, PKI / "other_root.pem", chain[0]["spki_sha256"])


if __name__ == "__main__":
    BackendTest.use(sys.argv[1])
    ExampleTest.examples = {pathlib.Path(path).name: path for path in sys.argv[2:]}
    unittest.main(argv=sys.argv[:1])
