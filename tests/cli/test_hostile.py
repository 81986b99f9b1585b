# SPDX-License-Identifier: BSL-1.0
"""Peers that speak something else, are silent, or go away at any moment: one clear line, in time, from either end."""
import socket
import time
import unittest

from program import PKI, free_port, peer, relay_limited, reset
from test_cli import CliTest

CA = ["--ca", PKI / "root.pem"]
HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


class HostileServers(CliTest):
    def against(self, behave, status, error, *arguments):
        with peer(behave) as port:
            for backend in self.backends:
                for command in ("client", "cert"):
                    with self.subTest(backend=backend, command=command):
                        begin = time.monotonic()
                        result = self.program.run(command, "--backend", backend, "--json", *CA, f"localhost:{port}",
                                                  *arguments)
                        self.check(result, status, error)
                        self.assertLess(time.monotonic() - begin, 20)
                        self.assertEqual((result.json["ok"], result.json["error"]), (False, result.error))
                        self.assertEqual(result.json["stage"], "handshake")

    def test_other_protocols(self):
        def speak(text):
            def behave(s):
                s.recv(4096)
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                while s.recv(4096):
                    pass
            return behave

        self.against(speak(HTTP), 1, "not_tls")
        self.against(speak(b"SSH-2.0-OpenSSH_9.2\r\n"), 1, "not_tls")
        self.against(speak(b"220 mail.example ESMTP\r\n"), 1, "not_tls")
        self.against(speak(b""), 1, "truncated")

    def test_gone_at_once(self):
        self.against(lambda s: None, None, None)

    def test_silence(self):
        self.against(lambda s: s.recv(1 << 16) and s.recv(1 << 16), 3, "timed_out", "--timeout", "0.5")

    def test_an_endless_record_header(self):
        self.against(lambda s: (s.recv(4096), s.sendall(b"\x16\x03\x03\x40\x01" + b"x" * 20000)), 1, None)

    def test_refused(self):
        port = free_port()
        for backend in self.backends:
            with self.subTest(backend):
                result = self.program.run("client", "--backend", backend, "--json", *CA, f"localhost:{port}")
                self.check(result, 3, "io_error")
                self.assertEqual((result.json["stage"], result.json["peer"], result.json["version"]), ("connect", None, None))

    def check(self, result, status, error=None):
        if status is None:  # a close with bytes unread is a reset, which may come first
            status = {"truncated": 1, "io_error": 3}.get(result.error)
            self.assertIsNotNone(status, result.err)
        super().check(result, status, error)

    def test_gone_at_any_moment(self):
        for backend in self.backends:
            with self.program.serve("--backend", backend) as s:
                for limit in (0, 1, 4, 5, 6, 50, 127, 300, 800, 1000, 1100, 1200, 1300, 1500):
                    with peer(relay_limited(s.port, limit)) as port, self.subTest(backend=backend, limit=limit):
                        result = self.program.run("client", "--backend", backend, "--json", *CA, f"localhost:{port}",
                                                  "--get", "/", "--timeout", "5")
                        if result.status == 0:
                            self.assertGreaterEqual(limit, 1300)
                            continue
                        self.check(result, None)
                        self.assertIsNot(result.json["ok"], True)
                        self.assertNotEqual(result.json["end"], "closed")


class HostileClients(CliTest):
    def speak(self, port, text, close=True):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
            s.sendall(text)
            if close:
                s.shutdown(socket.SHUT_WR)
            try:
                while s.recv(4096):
                    pass
            except ConnectionResetError:
                pass

    def test_a_server_outlives_them(self):
        hello = bytes.fromhex("16030100310100002d0303") + b"r" * 32 + bytes.fromhex("000004c02bc02f0100")
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--json", "--connections", "9",
                                                           "--handshake-timeout", "1") as s:
                expected = []
                for text, errors in ((b"", ("truncated",)), (b"GET / HTTP/1.0\r\n\r\n", ("not_tls",)),
                                     (b"SSH-2.0-x\r\n", ("not_tls",)), (b"\x80\x80\x01", ("not_tls",)),
                                     (hello[:3], ("truncated",)), (hello[:20], ("truncated",)),
                                     (b"\x16\x03\x01\xff\xff" + b"x" * 70000, None)):
                    self.speak(s.port, text)
                    record = s.record()
                    expected.append(record["error"])
                    self.assertEqual((record["ok"], record["stage"], record["peer"]), (False, "handshake", None))
                    if errors:
                        self.assertIn(record["error"], errors, text[:20])
                begin = time.monotonic()
                self.speak(s.port, b"\x16", close=False)  # waits to be thrown out
                self.assertLess(time.monotonic() - begin, 8)
                self.assertEqual(s.record()["error"], "timed_out")
                result = self.program.run("client", *CA, "--connect", s.address, "localhost:1", "--get", "/")
                self.assertEqual(result.status, 0)
                self.assertTrue(s.record()["ok"])
                status, err = s.end()
                self.assertEqual((status, err.count("\n")), (0, 8), err)

    def test_a_client_that_resets(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--json", "--connections", "1") as s:
                with socket.create_connection(("127.0.0.1", s.port), timeout=10) as c:
                    reset(c)
                self.assertIn(s.record()["error"], ("io_error", "truncated"))
                self.assertEqual(s.end()[0], 0)

    def test_silent_clients_keep_nobody_out(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend) as s:
                silent = [socket.create_connection(("127.0.0.1", s.port)) for _ in range(200)]
                begin = time.monotonic()
                result = self.program.run("client", *CA, "--connect", s.address, "localhost:1", "--get", "/")
                self.assertEqual(result.status, 0)
                self.assertLess(time.monotonic() - begin, 9)
                for c in silent:
                    c.close()

    def test_requests_that_are_none(self):
        with self.program.serve() as s:
            base = ["client", *CA, "--connect", s.address, "localhost:1", "--send"]
            self.assertIn("400 Bad Request", self.program.run(*base, "POST / HTTP/1.1\r\n\r\n").text)
            self.assertIn("400 Bad Request", self.program.run(*base, "\n\n").text)
            self.assertIn("431 ", self.program.run(*base, "GET / HTTP/1.1\r\nX: " + "y" * 40000).text)
            self.assertEqual(self.program.run(*base, "GET / HTTP/1.1\r\n").text, "")
            head = self.program.run(*base, "HEAD / HTTP/1.1\r\n\r\n").text
            self.assertTrue(head.startswith("HTTP/1.1 200") and head.endswith("\r\n\r\n"))
            page = self.program.run(*base, "GET / HTTP/1.1\r\nAccept: text/html\r\n\r\n").text
            self.assertIn("<!doctype html>", page)


if __name__ == "__main__":
    unittest.main()
