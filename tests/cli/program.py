# SPDX-License-Identifier: BSL-1.0
"""Runs the plugtls program for tests: the program under test, its servers, and peers that misbehave."""
import contextlib
import json
import pathlib
import re
import socket
import struct
import subprocess
import threading
import unittest

TIMEOUT = 40
PKI = pathlib.Path(__file__).resolve().parents[1] / "data" / "pki"


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def text(self):
        return self.out.decode()

    @property
    def lines(self):
        return self.err.decode().splitlines()

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """The errc name of the last diagnostic line."""
        match = re.match(r"^plugtls: (\w+): .", self.lines[-1]) if self.lines else None
        return match[1] if match else None


class Program:
    def __init__(self, path):
        self.path = path

    def run(self, *arguments, stdin=b"", timeout=TIMEOUT, **options):
        """Runs it to its end. A session of its own: there is no terminal that it could ask on."""
        p = subprocess.run([self.path, *map(str, arguments)], input=stdin, capture_output=True, timeout=timeout,
                           start_new_session=True, **options)
        return Result(p.returncode, p.stdout, p.stderr)

    def backends(self):
        return self.run("backends", "--json").json["backends"]

    @contextlib.contextmanager
    def serve(self, *arguments, cert="server", extra=()):
        """A server on a free port, which does not outlive the test."""
        command = [self.path, "serve", "--listen", "127.0.0.1:0", "--cert", PKI / f"{cert}_chain.pem", "--key",
                   PKI / f"{cert}_key.pem", *arguments, *extra]
        with started(command) as server:
            yield server


class Server:
    def __init__(self, process):
        self.process = process
        self.first = process.stdout.readline().decode()
        match = re.match(r'^listening (\S+)$', self.first)
        self.address = match[1] if match else json.loads(self.first)["listening"] if self.first[:1] == "{" else ""
        self.port = int(self.address.rpartition(":")[2]) if self.address else 0

    def record(self):
        return json.loads(self.process.stdout.readline())

    def end(self):
        """Waits for its end; returns exit status and standard error."""
        _, err = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, err.decode()


@contextlib.contextmanager
def running(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE):
    """A process that ends with the test, or when it takes too long."""
    process = subprocess.Popen(list(map(str, command)), stdin=stdin, stdout=subprocess.PIPE, stderr=stderr,
                               start_new_session=True)
    watchdog = threading.Timer(TIMEOUT * 2, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


@contextlib.contextmanager
def started(command):
    """A server that says where it listens."""
    with running(command) as process:
        yield Server(process)


class BackendTest(unittest.TestCase):
    """Tests that go over backends; what fails says where it was."""
    program = None
    backends = {}
    maxDiff = None
    place = ""

    @classmethod
    def use(cls, path):
        BackendTest.program = Program(path)
        BackendTest.backends = {b["name"]: b["capabilities"] for b in BackendTest.program.backends()}

    def pairs(self):
        for client in self.backends:
            for server in self.backends:
                self.place = f"{client} client, {server} server"
                yield client, server
        self.place = ""

    def versions(self):
        for name, capabilities in self.backends.items():
            for version in ("1.2", "1.3"):
                if version == "1.2" or capabilities["tls1_3"]:
                    self.place = f"{name}, TLS {version}"
                    yield name, version
        self.place = ""

    def _formatMessage(self, msg, standardMsg):
        where = f" [{self.place}]" if self.place else ""
        return super()._formatMessage(msg, standardMsg) + where


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def peer(behave):
    """A TCP server that gives each connection to behave(socket), which is closed afterwards."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    done = threading.Event()

    def loop():
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(10)
            with connection, contextlib.suppress(OSError):
                behave(connection)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        done.set()
        thread.join()
        listener.close()


def reset(connection):
    """Makes the close of a socket a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def relay_limited(port, limit):
    """behave() for peer(): relays to a port, and closes both ways after `limit` bytes of the server's."""

    def behave(near):
        with socket.create_connection(("127.0.0.1", port)) as far:
            def forward():
                with contextlib.suppress(OSError):
                    while data := near.recv(4096):
                        far.sendall(data)

            thread = threading.Thread(target=forward)
            thread.start()
            left = limit
            with contextlib.suppress(OSError):
                while left and (data := far.recv(left)):
                    near.sendall(data)
                    left -= len(data)
            for s in (near, far):
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)
            thread.join()

    return behave
