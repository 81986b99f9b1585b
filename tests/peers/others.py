#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""plugtls against a program of others, every backend and version: others.py PLUGTLS PEER servers|clients. Which programs there
are, and what is special about each, stands in adapters.py."""
import collections
import contextlib
import hashlib
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from adapters import PEERS  # noqa: E402
from program import PKI, TIMEOUT, BackendTest, Result, running  # noqa: E402

ROOT = PKI / "root.pem"
REFUSED = {"expired": "certificate_expired", "not_yet_valid": "certificate_not_yet_valid", "self_signed": "self_signed",
           "wrong_name": "hostname_mismatch", "foreign": "unknown_issuer"}
ALERTS = (40, 42, 43, 45, 46, 48, 49, 50, 116)
LARGE = b"".join(b"%07d\n" % n for n in range(1 << 19))  # 4 MiB
UPLOAD = LARGE[:1 << 21]


class PeerTest(BackendTest):
    peer = None
    usual = {}
    differs = {}
    runs = collections.Counter()
    used = {}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "large").write_bytes(LARGE)
        (cls.folder / "upload").write_bytes(UPLOAD)

    def expected(self, case):
        """What happens in a case with this peer."""
        if case not in self.differs:
            return self.usual[case]
        what, why = self.differs[case]
        PeerTest.used[case] = f"{case}: {what or 'left out'}, not {self.usual[case]}: {why}"
        return what

    def count(self, backend):
        PeerTest.runs[backend] += 1


def own(name):
    """The options of plugtls for a certificate of the client's."""
    return ["--cert", PKI / f"{name}_chain.pem", "--key", PKI / f"{name}_key.pem"] if name else []


def errors(expected):
    """A connection that is dropped with something unread in it is reset."""
    return (expected, "io_error") if expected == "truncated" else (expected,)


class Servers(PeerTest):
    """The peer is the server."""
    usual = {"end": "closed", "end without a request": "closed", "no certificate": "alert_received",
             "foreign certificate": "alert_received", "no protocol in common": "no_application_protocol",
             "whose order": "server", "upload": "sent back"}

    def start(self, cert="server", ca=None, alpn=(), large=None, echo=False):
        return self.peer.start({"cert": PKI / f"{cert}_chain.pem", "key": PKI / f"{cert}_key.pem", "ca": ca, "alpn": list(alpn),
                                "large": large, "echo": echo})

    def options(self, backend, version, port, *arguments):
        self.count(backend)
        return ["client", "--backend", backend, "--min", version, "--max", version, "--ca", ROOT, "--name", "localhost",
                f"127.0.0.1:{port}", *arguments]

    def client(self, *place, get="/", extra=()):
        """Returns the result, its JSON and the body that came."""
        body = self.folder / "body"
        body.unlink(missing_ok=True)
        request = ["--get", get] if get else []
        result = self.program.run(*self.options(*place), "--json", "--output", body, *request, *extra)
        return result, result.json, body.read_bytes() if body.exists() else b""

    def check_page(self, place, result, end="end"):
        """It came whole; whether the end was in order depends on the peer."""
        ended = self.expected(end)
        error = None if ended == "closed" else ended
        self.assertEqual((result.status, result.json["error"]), (1 if error else 0, error), result.err)
        self.assertEqual((result.json["version"], result.json["end"]), (f"TLSv{place[1]}", ended))

    def test_page(self):
        for cert in ("server", "server_rsa"):
            with self.start(cert) as port:
                for backend, version in self.versions():
                    place = backend, version, port
                    result, seen, body = self.client(*place)
                    self.check_page(place, result)
                    self.assertIn(self.peer.page, body)
                    self.assertNotIn(b"plugtls client", body)
                    self.assertEqual(seen["peer"]["key"], "EC P-256" if cert == "server" else "RSA 2048")
                    # As somebody reads it who asked for no JSON: with the status line.
                    result = self.program.run(*self.options(*place), "--get", "/", "--insecure-ignore-truncation")
                    self.assertEqual((result.status, result.out[:5], result.out[8:12]), (0, b"HTTP/", b" 200"), result.err)

    def test_client_certificates(self):
        with self.start(ca=ROOT) as port:
            for backend, version in self.versions():
                place = backend, version, port
                result, _, body = self.client(*place, extra=own("client"))
                self.check_page(place, result)
                self.assertIn(b"plugtls client", body)
                for case, name in (("no certificate", None), ("foreign certificate", "foreign_client")):
                    result, seen, body = self.client(*place, extra=own(name))
                    expected = self.expected(case)
                    if isinstance(expected, int):
                        self.check_page(place, result)
                        self.assertIn(b"<title>%d " % expected, body)
                        continue
                    self.assertIn(seen["error"], errors(expected), result.err)
                    self.assertEqual(body, b"")
                    if expected == "alert_received":
                        self.assertIn(seen["alert_received"], ALERTS)

    def test_refusals(self):
        for cert, error in REFUSED.items():
            with self.start(cert) as port:
                for backend, version in self.versions():
                    result, seen, body = self.client(backend, version, port)
                    self.assertEqual((result.status, seen["error"], seen["stage"], body), (1, error, "handshake", b""))

    def test_alpn(self):
        with self.start(alpn=["http/1.1"]) as port:
            for backend, version in self.versions():
                place = backend, version, port
                result, seen, _ = self.client(*place, extra=["--alpn", "h2,http/1.1"])
                self.check_page(place, result)
                self.assertEqual(seen["alpn"], "http/1.1")
                result, seen, _ = self.client(*place)
                self.check_page(place, result)
                self.assertEqual(seen["alpn"], None)
                result, seen, _ = self.client(*place, extra=["--alpn", "h2"])
                if self.expected("no protocol in common") != "ignored":
                    self.assertEqual((result.status, seen["error"], seen["alert_received"]), (1, "no_application_protocol", 120))
                else:
                    self.check_page(place, result)
                    self.assertEqual(seen["alpn"], None)

    def test_alpn_order(self):
        with self.start(alpn=["h2", "http/1.1"]) as port:
            for backend, version in self.versions():
                for offer in ("h2", "http/1.1,h2"):
                    place = backend, version, port
                    result, seen, _ = self.client(*place, get=None, extra=["--alpn", offer])  # nothing is said in h2
                    self.check_page(place, result, "end without a request")
                    first = offer.split(",")[0] if self.expected("whose order") == "client" else "h2"
                    self.assertEqual(seen["alpn"], first)

    def test_large_page(self):
        with self.start(large=self.folder / "large") as port:
            for backend, version in self.versions():
                place = backend, version, port
                result, _, body = self.client(*place, get="/large")
                self.check_page(place, result)
                self.assertTrue(body == LARGE, f"{len(body)} bytes")

    def test_upload(self):
        if not self.expected("upload"):
            return
        with self.start(echo=True) as port:
            for backend, version in self.versions():
                body = self.folder / "body"
                place = backend, version, port
                command = [self.program.path, *self.options(*place), "--json", "--output", body]
                sent = self.peer.upload(UPLOAD)
                # Of HTTP the server ends, of an echo we do; until then nothing is said of the end.
                with running(command, stdin=subprocess.PIPE) as process:
                    with contextlib.suppress(BrokenPipeError):
                        process.stdin.write(sent)
                        process.stdin.flush()
                    if sent is UPLOAD:
                        process.stdin.close()
                    out = process.stdout.read()
                    result = Result(process.wait(TIMEOUT), out, process.stderr.read())
                self.check_page(place, result)
                self.assertTrue(body.read_bytes().endswith(UPLOAD), f"{body.stat().st_size} bytes")


class Clients(PeerTest):
    """The peer is the client."""
    usual = {"end": "closed", "refusal": "alert_received", "key update": "sent and asked for"}

    def run_peer(self, backend, version, server, **settings):
        """Returns what the peer says, and the server's record of the connection."""
        name = settings.pop("cert", None)
        self.count(backend)
        seen = self.peer.run({"port": server.port, "ca": ROOT, "cert": name and PKI / f"{name}_chain.pem",
                              "key": name and PKI / f"{name}_key.pem", "alpn": [], "version": version, "upload": None, **settings})
        self.assertTrue(select.select([server.process.stdout], [], [], 20)[0], f"no connection came; the peer says: {seen}")
        return seen, server.record()

    def servers(self, *arguments, cert="server"):
        """Goes over backends and versions, with one server per backend."""
        for backend, capabilities in self.backends.items():
            with self.program.serve("--backend", backend, "--json", *arguments, cert=cert) as server:
                for version in ("1.2", "1.3") if capabilities["tls1_3"] else ("1.2",):
                    self.place = f"{backend}, TLS {version}"
                    yield backend, version, server
        self.place = ""

    def check_page(self, version, seen, record, name=None):
        self.assertNotIn("error", seen)
        self.assertEqual((seen["version"], seen["status"]), (f"TLSv{version}", 200))
        self.assertIn(f"version: TLSv{version}\n", seen["body"])
        self.assertIn(f"client certificate: {f'CN={name},O=plugtls test,C=GB' if name else 'none'}\n", seen["body"])
        self.assertEqual((record["ok"], record["error"], record["version"], record["server_name"]),
                         (True, None, f"TLSv{version}", "localhost"))
        if name:
            self.assertEqual(record["peer"]["subject"], f"CN={name},O=plugtls test,C=GB")
        else:
            self.assertEqual(record["peer"], None)
        # A peer that just goes away may reset the connection before its end is seen.
        self.assertIn(record["end"], ("closed",) if self.expected("end") == "closed" else ("truncated", None))

    def check_refused(self, seen, record, error):
        self.assertIn("error", seen)
        self.assertEqual((record["ok"], record["error"]), (False, error))

    def test_page(self):
        for cert in ("server", "server_rsa"):
            for backend, version, server in self.servers(cert=cert):
                self.check_page(version, *self.run_peer(backend, version, server))

    def test_client_certificates(self):
        for demand in ("optional", "required"):
            for backend, version, server in self.servers("--client-auth", demand, "--client-ca", ROOT):
                self.check_page(version, *self.run_peer(backend, version, server, cert="client"), "plugtls client")
                self.check_refused(*self.run_peer(backend, version, server, cert="foreign_client"), "unknown_issuer")
                self.check_refused(*self.run_peer(backend, version, server, cert="expired_client"), "certificate_expired")
                without = self.run_peer(backend, version, server)
                if demand == "optional":
                    self.check_page(version, *without)
                else:
                    self.check_refused(*without, "certificate_required")

    def test_peer_refuses(self):
        for cert in ("expired", "foreign", "wrong_name"):
            for backend, version, server in self.servers(cert=cert):
                seen, record = self.run_peer(backend, version, server)
                expected = self.expected("refusal")
                self.assertIn("error", seen)
                self.assertIn(record["error"], errors(expected))
                self.assertEqual(record["ok"], False)
                if expected == "alert_received":
                    self.assertIn(record["alert_received"], ALERTS)

    def test_alpn(self):
        for backend, version, server in self.servers("--alpn", "http/1.1"):
            seen, record = self.run_peer(backend, version, server, alpn=["h2", "http/1.1"])
            self.check_page(version, seen, record)
            self.assertEqual((seen["alpn"], record["alpn"]), ("http/1.1", "http/1.1"))
            seen, record = self.run_peer(backend, version, server, alpn=["h2"])
            self.check_refused(seen, record, "no_application_protocol")
            self.assertEqual(record["alert_sent"], 120)

    def test_upload(self):
        digest = hashlib.sha256(UPLOAD).hexdigest()
        for backend, version, server in self.servers("--mode", "echo"):
            seen, record = self.run_peer(backend, version, server, upload=self.folder / "upload")
            self.assertEqual((seen.get("error"), seen["version"], seen.get("sha256")), (None, f"TLSv{version}", digest))
            self.assertEqual((record["ok"], record["end"], record["bytes_read"], record["bytes_written"]),
                             (True, "closed", len(UPLOAD), len(UPLOAD)))

    def test_key_update(self):
        if not self.expected("key update"):
            return
        asked = self.folder / "key_update"
        asked.write_bytes(b"one\n^rekey^\ntwo\n")  # what stands between ^ is a command of gnutls-cli's
        for backend, version, server in self.servers("--mode", "echo"):
            if version == "1.3":
                seen, record = self.run_peer(backend, version, server, upload=asked)
                self.assertTrue(seen["updated"])
                if not self.backends[backend]["key_update"]:
                    self.assertEqual((record["ok"], record["error"], record["bytes_read"]), (False, "bad_record", 4))
                    continue
                self.assertEqual((seen.get("error"), record["ok"], record["end"]), (None, True, "closed"))
                self.assertEqual(seen["sha256"], hashlib.sha256(b"one\ntwo\n").hexdigest())


def main(path, name, role):
    peer = PEERS[name]
    missing = [tool for tool in peer.programs if shutil.which(tool) is None]
    if missing:
        print(f"these programs are needed and not here: {', '.join(missing)}")
        return 1
    PeerTest.peer = peer
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server outlives a test that takes too long
    BackendTest.use(path)
    tests = {"servers": Servers, "clients": Clients}[role]
    tests.differs = peer.server_differs if role == "servers" else peer.client_differs
    result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(tests))
    as_role = f"{peer.name} ({peer.version()}) as {role[:-1]}"
    print(f"PEER: {as_role}: {', '.join(f'{count} connections with {backend}' for backend, count in PeerTest.runs.items())}")
    for text in PeerTest.used.values():
        print(f"PEER: {peer.name} as {role[:-1]}: {text}")
    unused = set(tests.differs) - set(PeerTest.used)
    if unused:
        print(f"declared and not used: {', '.join(sorted(unused))}")
    return 0 if result.wasSuccessful() and not unused else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
