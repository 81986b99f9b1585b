#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs fuzz targets: run.py FOLDER SECONDS [TARGET...], where FOLDER holds the programs fuzz-TARGET.

Each starts from seeds made of tests/data, goes on for so many seconds (two at a time), and keeps what it has learnt in
FOLDER/corpus. A finding is kept in FOLDER/findings, and told with the command that repeats it. The last line is "N passed,
N failed, 0 skipped"."""
import base64
import concurrent.futures
import pathlib
import re
import ssl
import struct
import subprocess
import sys

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
MEMORY, LONGEST, SLOWEST = 1024, 16384, 10  # MiB, bytes and seconds of one input


def part(data):
    return struct.pack(">H", len(data)) + data


def pem_files():
    return sorted(path for path in DATA.rglob("*.pem") if "key" not in path.name)


def ders(label=b"CERTIFICATE"):
    for path in pem_files():
        for block in re.findall(rb"-----BEGIN %b-----(.*?)-----END" % label, path.read_bytes(), re.DOTALL):
            try:
                yield base64.b64decode(block)
            except ValueError:
                pass


def flights():
    """What a client and a server say first, in TLS 1.2 and 1.3."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        ends = []
        for side in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
            context = ssl.SSLContext(side)
            context.minimum_version = context.maximum_version = version
            context.set_alpn_protocols(["h2", "http/1.1"])
            if side == ssl.PROTOCOL_TLS_SERVER:
                context.load_cert_chain(DATA / "pki" / "server_chain.pem", DATA / "pki" / "server_key.pem")
            else:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            name = "plugtls.test" if side == ssl.PROTOCOL_TLS_CLIENT else None
            ends.append((context.wrap_bio(into, out, side == ssl.PROTOCOL_TLS_SERVER, name), into, out))
        said = []
        for end, into, out in ends:
            into.write(said[-1] if said else b"")
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            said.append(out.read())
        yield said


def seeds(target):
    if target == "certificate":
        yield from ders()
    elif target == "crl":
        yield from (b"\1\1" + der for der in ders(b"X509 CRL"))
    elif target == "pkcs12":
        yield from (path.read_bytes() for path in sorted(DATA.glob("pki/*.p12")))
    elif target == "ocsp":
        yield from (path.read_bytes() for path in sorted(DATA.glob("ocsp/*.der")))
    elif target == "pem":
        yield from (path.read_bytes() for path in pem_files())
    elif target == "peer_name":
        for asked, presented in (("a.example", "a.example"), ("a.example", "*.example"), ("x.a.example.", "*.A.example."),
                                 ("192.0.2.1", "\xc0\0\2\1"), ("[::1]", "\0" * 15 + "\1"), ("xn--bcher-kva.example", "b")):
            yield part(asked.encode()) + presented.encode("latin-1")
    elif target == "name_constraints":
        for tag, name, base in ((1, b"www.a.example", b"a.example"), (0, b"u@a.example", b".example"), (3, b"\1\2\3\4",
                                b"\1\2\0\0\xff\xff\0\0"), (2, b"https://a.example/", b"a.example"), (4, b"\x30\0", b"\x30\0")):
            yield bytes([tag]) + part(name) + b"\0" + b"\1" + bytes([tag]) + part(base) + b"\0" + bytes([tag]) + part(base)
    elif target == "path_builder":
        yield bytes([3, 2, 0, 0, 1, 0, 1, 2, 20, 2, 3, 40, 3, 3, 60])
    elif target == "hello":
        for client, server in flights():
            yield b"\1" + part(client) + server
            yield b"\6" + part(client) + server
    elif target.startswith("peer-"):
        for client, server in flights():
            yield b"\1" + part(client)
            yield b"\0" + part(server)
            yield b"\2" + part(server)
    else:
        sys.exit(f"there are no seeds for {target}")


def run(folder, target, seconds):
    corpus, made = folder / "corpus" / target, folder / "seeds" / target
    findings = folder / "findings"
    for path in (corpus, made, findings):
        path.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(seeds(target)):
        (made / f"{i:04}").write_bytes(seed)
    command = [folder / f"fuzz-{target}", f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOWEST}",
               f"-rss_limit_mb={MEMORY}", "-print_final_stats=1", f"-artifact_prefix={findings}/{target}-", corpus, made]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace", check=False)
    runs = re.search(r"stat::number_of_executed_units: (\d+)", result.stderr)
    covered = re.findall(r"cov: (\d+)", result.stderr)
    print(f"{target:18} {runs[1] if runs else 0:>12} inputs {covered[-1] if covered else 0:>7} edges"
          f" {'ok' if result.returncode == 0 else 'FAILED'}", flush=True)
    if result.returncode != 0:
        print(result.stderr[-6000:])
    return result.returncode == 0


def main(folder, seconds, *targets):
    folder = pathlib.Path(folder).resolve()
    targets = targets or sorted(path.name[5:] for path in folder.glob("fuzz-*") if path.is_file())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        good = list(pool.map(lambda target: run(folder, target, int(seconds)), targets))
    print(f"{good.count(True)} passed, {good.count(False)} failed, 0 skipped")
    return 0 if all(good) and good else 1


if __name__ == "__main__":
    if len(sys.argv) < 3 or not sys.argv[2].isdigit():
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
