#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Shows that the key log of either end lets tshark decrypt a connection, for every backend that declares key_log and each version:
key_log.py PLUGTLS. A proxy takes down what passes, and what it took down is written as a capture: nothing is sniffed."""
import contextlib
import os
import pathlib
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import PKI, TIMEOUT, BackendTest  # noqa: E402

CLIENT, SERVER = (bytes([10, 0, 0, 1]), 50000), (bytes([10, 0, 0, 2]), 443)


@contextlib.contextmanager
def proxy(port, passed):
    """Passes one connection on to a port; `passed` gets (is from the client, bytes) in the order in which it went by."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(TIMEOUT)
    lock = threading.Lock()

    def carry(source, target, from_client):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with lock:
                    passed.append((from_client, data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def loop():
        with contextlib.suppress(OSError), listener.accept()[0] as near, socket.create_connection(("127.0.0.1", port)) as far:
            back = threading.Thread(target=carry, args=(far, near, False))
            back.start()
            carry(near, far, True)
            back.join()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join()


def capture(passed):
    """A capture file (pcap, raw IPv4) of one TCP connection."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    sequence = {True: 1000, False: 2000}

    def packet(from_client, data, flags=0x18):
        (source, source_port), (target, target_port) = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
        tcp = struct.pack(">HHIIBBHHH", source_port, target_port, sequence[from_client], sequence[not from_client], 5 << 4, flags,
                          65535, 0, 0) + data
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, source, target) + tcp
        out.append(struct.pack("<IIII", len(out), 0, len(ip), len(ip)) + ip)
        sequence[from_client] += len(data) + (1 if flags & 2 else 0)

    packet(True, b"", 0x02)
    packet(False, b"", 0x12)
    packet(True, b"", 0x10)
    for from_client, data in passed:
        for begin in range(0, len(data), 1400):
            packet(from_client, data[begin:begin + 1400])
    return b"".join(out)


class KeyLog(BackendTest):
    def decrypted(self, folder, keys):
        """The requests and answers that tshark finds."""
        options = ["-o", f"tls.keylog_file:{keys}"] if keys else []
        run = subprocess.run(["tshark", "-n", "-r", folder / "capture.pcap", *options, "-Y", "http", "-T", "fields", "-e",
                              "http.request.uri", "-e", "http.response.code"], capture_output=True, timeout=TIMEOUT,
                             env={**os.environ, "HOME": str(folder)}, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.split()

    def connect(self, folder, client, server, version):
        passed = []
        logs = {"client": folder / "client.keys", "server": folder / "server.keys"}
        has_log = {end: self.backends[name]["key_log"] for end, name in (("client", client), ("server", server))}
        options = {end: ["--keylog", logs[end]] if has_log[end] else [] for end in logs}
        environment = {k: v for k, v in os.environ.items() if k != "SSLKEYLOGFILE"}
        with self.program.serve("--backend", server, "--connections", "1", *options["server"]) as s, proxy(s.port, passed) as port:
            result = self.program.run("client", "--backend", client, "--ca", PKI / "root.pem", "--min", version, "--max", version,
                                      "--connect", f"127.0.0.1:{port}", "--get", "/secret-page", *options["client"],
                                      "plugtls.test:443", env=environment)
            self.assertEqual(result.status, 0, result.err)
        (folder / "capture.pcap").write_bytes(capture(passed))
        return [logs[end] for end in logs if has_log[end]]

    def test_tshark_decrypts(self):
        count = 0
        for client, server in self.pairs():
            for version in ("1.2", "1.3"):
                if version == "1.3" and not (self.backends[client]["tls1_3"] and self.backends[server]["tls1_3"]):
                    continue
                self.place = f"{client} client, {server} server, TLS {version}"
                with tempfile.TemporaryDirectory() as name:
                    folder = pathlib.Path(name)
                    for keys in self.connect(folder, client, server, version):
                        self.assertEqual(stat.S_IMODE(keys.stat().st_mode), 0o600)
                        found = self.decrypted(folder, keys)
                        self.assertEqual(found[:1], [b"/secret-page"])
                        self.assertIn(b"200", found)
                        count += 1
                    self.assertEqual(self.decrypted(folder, None), [])
        self.assertNotEqual(count, 0)
        print(f"PEER: tshark decrypted connections with {count} key logs")


if __name__ == "__main__":
    if shutil.which("tshark") is None:
        sys.exit("tshark is needed and not here (package tshark)")
    BackendTest.use(sys.argv.pop(1))
    unittest.main()
