# SPDX-License-Identifier: BSL-1.0
"""serve as a program: pairs chosen by name, new files by SIGHUP, a page for browsers, and a folder of files."""
import contextlib
import os
import pathlib
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from program import PKI, running, started
from test_cli import CliTest

CA = ["--ca", PKI / "root.pem"]


def pair(name):
    return ["--cert", PKI / f"{name}_chain.pem", "--key", PKI / f"{name}_key.pem"]


def pem_of(name):
    return ssl.PEM_cert_to_DER_cert((PKI / f"{name}.pem").read_text())


def ask(port, request, name="plugtls.test"):
    """One request by Python's own TLS; returns what came."""
    context = ssl.create_default_context(cafile=PKI / "root.pem")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as tcp, context.wrap_socket(tcp, server_hostname=name) as s:
        s.sendall(request if isinstance(request, bytes) else request.encode())
        data = b""
        while block := s.recv(65536):
            data += block
        return data


def get(port, path, method="GET", accept="*/*", name="plugtls.test"):
    """Status, headers and body."""
    data = ask(port, f"{method} {path} HTTP/1.1\r\nHost: {name}\r\nAccept: {accept}\r\n\r\n", name)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), {k.lower(): v.strip() for k, _, v in (l.partition(":") for l in lines[1:])}, body


class ServeTest(CliTest):
    def presented(self, server, name, *arguments):
        result = self.program.run("client", "--json", *CA, "--insecure-skip-name", "--connect", server.address,
                                  f"{name}:443", "--get", "/", *arguments)
        self.assertEqual(result.status, 0, result.err)
        return ssl.PEM_cert_to_DER_cert(result.json["peer"]["pem"])


class Pairs(ServeTest):
    def test_the_name_chooses(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--json", extra=pair("wrong_name")) as s:
                for name, cert in (("plugtls.test", "server"), ("other.plugtls.test", "wrong_name"),
                                   ("OTHER.plugtls.test", "wrong_name"), ("a.wild.plugtls.test", "server"),
                                   ("unknown.test", "server"), ("127.0.0.1", "server")):
                    self.assertEqual(self.presented(s, name), pem_of(cert), name)
                    record = s.record()
                    self.assertEqual(record["server_name"] or "", name.lower() if name[0] != "1" else "")

    def test_the_kind_of_key_chooses(self):
        suite = "TLS_ECDHE_{}_WITH_AES_128_GCM_SHA256"
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, extra=pair("server_rsa") + pair("wrong_name")) as s:
                for name in ("plugtls.test", "unknown.test"):
                    for key, cert in (("RSA", "server_rsa"), ("ECDSA", "server")):
                        self.assertEqual(self.presented(s, name, "--max", "1.2", "--cipher-suites", suite.format(key)),
                                         pem_of(cert))
                    self.assertEqual(self.presented(s, name), pem_of("server"))
                self.assertEqual(self.presented(s, "other.plugtls.test"), pem_of("wrong_name"))

    def test_bad_pairs(self):
        self.refused(2, "invalid_argument", "serve", *pair("server"), *pair("server"), says="never be presented")
        self.refused(2, "invalid_argument", "serve", *pair("server"), "--cert", PKI / "wrong_name_chain.pem", says="--key")
        self.refused(2, "key_mismatch", "serve", *pair("server"), "--cert", PKI / "wrong_name_chain.pem", "--key",
                     PKI / "server_key.pem")
        self.refused(3, "file_error", "serve", *pair("server"), "--cert", "/nowhere", "--key", "/nowhere")


class Shortage(ServeTest):
    def test_more_connections_than_descriptors(self):
        """A server that cannot accept for want of descriptors goes on when there are some again."""
        with self.program.serve("--handshake-timeout", "60") as server:
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (30, 30))
            with contextlib.ExitStack() as idle:
                for _ in range(40):
                    idle.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
                time.sleep(2.5)
                self.assertIsNone(server.process.poll())
            self.assertEqual(self.program.run("client", *CA, "--connect", server.address, "plugtls.test:443", "--get", "/").status, 0)


class Reload(ServeTest):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.use_files("server")

    def use_files(self, name):
        for kind in ("chain", "key"):
            shutil.copy(PKI / f"{name}_{kind}.pem", self.folder / f"{kind}.new")
            os.replace(self.folder / f"{kind}.new", self.folder / f"{kind}.pem")

    def serve(self, backend, *arguments):
        return started([self.program.path, "serve", "--backend", backend, "--cert", self.folder / "chain.pem", "--key",
                        self.folder / "key.pem", *arguments])

    def reload(self, server):
        """Returns what the server says about it."""
        server.process.send_signal(signal.SIGHUP)
        return server.process.stderr.readline().decode()

    def leaf(self, server):
        context = ssl.create_default_context(cafile=PKI / "root.pem")
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as tcp, context.wrap_socket(
                tcp, server_hostname="plugtls.test") as s:
            s.sendall(b"x")
            self.assertEqual(s.recv(1), b"x")
            leaf = s.getpeercert(binary_form=True)
            s.unwrap()
            return leaf

    def test_new_files_without_dropping_a_connection(self):
        for backend in self.backends:
            self.use_files("server")
            with self.subTest(backend), self.serve(backend, "--mode", "echo") as s, running(
                    [self.program.path, "client", *CA, "--connect", s.address, "plugtls.test:1"], subprocess.PIPE) as held:
                held.stdin.write(b"a")
                held.stdin.flush()
                self.assertEqual(held.stdout.read(1), b"a")
                self.assertEqual(self.leaf(s), pem_of("server"))
                self.use_files("server_rsa")
                self.assertEqual(self.leaf(s), pem_of("server"))
                self.assertEqual(self.reload(s), "plugtls: reloaded\n")
                self.assertEqual(self.leaf(s), pem_of("server_rsa"))
                held.stdin.write(b"b")
                held.stdin.flush()
                self.assertEqual(held.stdout.read(1), b"b")
                _, err = held.communicate(timeout=20)
                self.assertEqual(held.returncode, 0, err)
                s.process.send_signal(signal.SIGTERM)
                self.assertEqual(s.end(), (0, ""))

    def test_broken_files_change_nothing(self):
        for backend in self.backends:
            with self.subTest(backend), self.serve(backend, "--mode", "echo", "--json") as s:
                self.use_files("server")
                breaks = [("chain.pem", b"nonsense", "no_certificates_found"), ("key.pem", b"nonsense", "bad_der"),
                          ("key.pem", (PKI / "client_key.pem").read_bytes(), "key_mismatch"), ("key.pem", b"", "bad_pem"),
                          ("key.pem", None, "file_error"), ("chain.pem", None, "file_error")]
                for file, content, error in breaks:
                    self.use_files("server")
                    if content is None:
                        os.remove(self.folder / file)
                    else:
                        (self.folder / file).write_bytes(content)
                    self.assertRegex(self.reload(s), rf"^plugtls: {error}: \S")
                    told = s.record()
                    self.assertEqual((list(told), told["reloaded"], told["error"]), (["reloaded", "error", "detail"], False, error))
                    self.assertEqual(self.leaf(s), pem_of("server"))
                    self.assertTrue(s.record()["ok"])
                self.use_files("server_rsa")
                self.assertEqual(self.reload(s), "plugtls: reloaded\n")
                self.assertEqual(self.leaf(s), pem_of("server_rsa"))
            self.use_files("server")

    def test_under_load(self):
        for backend in self.backends:
            self.use_files("server")
            with self.subTest(backend), self.serve(backend, "--mode", "echo") as s:
                for i in range(10):
                    self.use_files("server" if i % 2 else "server_rsa")
                    with running([self.program.path, "client", *CA, "--connect", s.address, "plugtls.test:1", "--send",
                                  "hello"]) as busy:
                        self.assertEqual(self.reload(s), "plugtls: reloaded\n")
                        out, err = busy.communicate(timeout=20)
                        self.assertEqual((busy.returncode, out), (0, b"hello"), err)


class Pages(ServeTest):
    def test_a_page_for_browsers(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend) as s:
                status, headers, body = get(s.port, "/", accept="text/html,*/*")
                page = body.decode()
                self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
                for text in ("<dt>server name</dt><dd>plugtls.test</dd>", "<dt>client certificate</dt><dd>none</dd>",
                             f"<dt>backend</dt><dd>{backend}</dd>", "viewport", "prefers-color-scheme: dark"):
                    self.assertIn(text, page)
                self.assertNotIn("://", page)  # nothing is loaded from elsewhere
                status, headers, body = get(s.port, "/")
                self.assertEqual((status, headers["content-type"]), (200, "text/plain; charset=utf-8"))
                self.assertIn(b"\nserver name: plugtls.test\n", body)
                status, headers, body = get(s.port, "/", "HEAD")
                self.assertEqual((status, body), (200, b""))

    def test_a_name_with_markup_is_escaped(self):
        def client(name):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context.wrap_bio(incoming, outgoing, server_hostname=name), incoming, outgoing

        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend) as s, socket.create_connection(
                    ("127.0.0.1", s.port), timeout=20) as tcp:
                tls, incoming, outgoing = client("a'\"<b>&x")

                def step(call):
                    while True:
                        try:
                            result = call()
                            tcp.sendall(outgoing.read())
                            return result
                        except ssl.SSLWantReadError:
                            tcp.sendall(outgoing.read())
                            incoming.write(tcp.recv(65536))

                step(tls.do_handshake)
                step(lambda: tls.write(b"GET / HTTP/1.1\r\nAccept: text/html\r\n\r\n"))
                page = b""
                while b"</html>" not in page:
                    page += step(lambda: tls.read(65536))
                self.assertIn(b"a'&quot;&lt;b&gt;&amp;x", page)
                self.assertNotIn(b"<b>&x", page)


class Files(ServeTest):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top)
        self.folder = self.top / "www"
        (self.folder / "sub dir").mkdir(parents=True)
        (self.folder / "empty").mkdir()
        (self.top / "secret.txt").write_text("secret")
        (self.top / "www-too").mkdir()
        (self.top / "www-too" / "secret.txt").write_text("secret")
        (self.folder / "index.html").write_text("<p>front")
        (self.folder / "a.txt").write_text("a")
        (self.folder / ".hidden").write_text("secret")
        (self.folder / "sub dir" / "b.bin").write_bytes(os.urandom(100_000))
        (self.folder / "link.txt").symlink_to("../secret.txt")
        (self.folder / "inside.txt").symlink_to("a.txt")
        (self.folder / "linked").symlink_to("..")
        os.mkfifo(self.folder / "fifo")

    def test_files(self):
        for backend in self.backends:
            with self.subTest(backend), self.program.serve("--backend", backend, "--mode", f"files:{self.folder}") as s:
                for path, type_, file in (("/", "text/html; charset=utf-8", "index.html"), ("/a.txt?x=1", "text/plain; charset=utf-8", "a.txt"),
                                          ("/sub%20dir/b.bin", "application/octet-stream", "sub dir/b.bin")):
                    status, headers, body = get(s.port, path)
                    self.assertEqual((status, headers["content-type"], headers["x-content-type-options"]), (200, type_, "nosniff"))
                    self.assertEqual(body, (self.folder / file).read_bytes())
                    self.assertEqual(headers["content-length"], str(len(body)))
                status, headers, body = get(s.port, "/sub%20dir/b.bin", "HEAD")
                self.assertEqual((status, headers["content-length"], body), (200, "100000", b""))

    def test_nothing_outside_is_reached(self):
        backend = next(iter(self.backends))
        with self.program.serve("--backend", backend, "--mode", f"files:{self.folder}") as s:
            for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/sub%20dir/../../secret.txt",
                         "/./../secret.txt", "//../secret.txt", "/..", "/.", "/.hidden", "/%2ehidden", "/link.txt", "/inside.txt",
                         "/linked/secret.txt", "/linked/www/a.txt", "/../www-too/secret.txt", "/..\\secret.txt", "//a.txt",
                         str(self.top / "secret.txt"), "/" + str(self.top / "secret.txt"), "/%2f" + str(self.top)[1:] + "/secret.txt",
                         "/a.txt/", "/a.txt/..", "/empty", "/empty/", "/fifo", "/a.txt%00.html", "/%", "/%2", "/%zz", "/missing",
                         "/" + "a" * 5000, "/" + "a/" * 1000, "a.txt", "https://plugtls.test/a.txt", "*", "/sub%20dir"):
                status, _, body = get(s.port, path)
                self.assertEqual((status, body), (404, b"there is no such file\n"), path)
            self.assertEqual(get(s.port, "/a.txt")[2], b"a")

    def test_bad_folders(self):
        self.refused(3, "file_error", "serve", *pair("server"), "--mode", f"files:{self.top}/none")
        self.refused(3, "file_error", "serve", *pair("server"), "--mode", f"files:{self.folder}/a.txt")
        self.refused(2, "invalid_argument", "serve", *pair("server"), "--mode", "files:")
        self.refused(2, "invalid_argument", "serve", *pair("server"), "--mode", "files")


if __name__ == "__main__":
    unittest.main()
