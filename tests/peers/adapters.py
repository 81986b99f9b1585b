# SPDX-License-Identifier: BSL-1.0
"""Programs of others behind one interface. A server: `start(settings)`, which yields its port. A client: `run(settings)`,
which returns a dict. Settings are plain dicts with every key there:

server  cert, key (files), ca (demands a client certificate from it, or null), alpn (a list), large (a file, served as /large,
        or null), echo (whether it sends back what it gets, see `upload`)
client  port, ca, cert, key (files or null), alpn, version ("1.2" or "1.3"), upload (a file for an echo server, or null: GET /)
result  error (text, or not there), version, alpn, status, body; of an upload sha256 and
        (GnuTLS) updated, whether keys were

What a program does in another way than most stands in its `server_differs` and `client_differs`: the name of a case, what it
does (None: it cannot, and the case is left out), and why. The tests print what they use of it, and fail on what they do not."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

from program import TIMEOUT, free_port, running

HERE = pathlib.Path(__file__).resolve().parent
NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log stderr notice;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl{h2};
    ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tickets:1m; ssl_session_tickets on;
    {client}
    location = / {{ return 200 "client: $ssl_client_s_dn\\n"; }}
    {large}
  }}
}}
"""


@contextlib.contextmanager
def on_free_port(make_command, ready):
    """Starts make_command(port), which says a line that matches `ready` when it listens. What it says is read to the end."""
    for _ in range(5):
        port = free_port()
        with running(make_command(port), stderr=subprocess.STDOUT) as process:
            for line in process.stdout:
                if re.search(ready, line):
                    reader = threading.Thread(target=process.stdout.read)
                    reader.start()
                    yield port
                    process.kill()
                    reader.join()
                    return
    raise AssertionError(f"{make_command(0)[0]} does not start")


def first_line(*command):
    p = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    return (p.stdout or p.stderr).splitlines()[0].strip()


@contextlib.contextmanager
def request(upload):
    """A file to be sent and ended, or the request for a page on a pipe that stays open: who reads its end might end first."""
    if upload:
        with open(upload, "rb") as file:
            yield file
        return
    ends = os.pipe()
    os.write(ends[1], b"GET / HTTP/1.0\r\n\r\n")
    try:
        yield ends[0]
    finally:
        for end in ends:
            os.close(end)


def http_upload(data):
    """What is sent to have `data` sent back as the body of a response."""
    return b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(data) + data


class Gnutls:
    name = "GnuTLS"
    programs = ("gnutls-serv", "gnutls-cli")
    page = b">GnuTLS</a>"
    server_differs = {
        "no protocol in common": ("ignored", "goes on without one, unless it is told --alpn-fatal"),
        "whose order": ("client", "takes the first of the client's protocols that it knows"),
    }
    client_differs = {
        "end": ("truncated", "sends no close_notify of its own once the server's has come"),
    }

    def version(self):
        return first_line("gnutls-serv", "--version")

    @contextlib.contextmanager
    def start(self, settings):
        # It cannot be told an address: it listens on all of them, for the time of one test.
        demand = ["--require-client-cert", "--verify-client-cert", "--x509cafile", settings["ca"]] if settings["ca"] else [
            "--disable-client-cert"]
        alpn = [f"--alpn={name}" for name in settings["alpn"]]
        mode = ["--echo"] if settings["echo"] else ["--http", "--httpdata", settings["large"]] if settings["large"] else ["--http"]
        command = ["gnutls-serv", *mode, "--x509certfile", settings["cert"], "--x509keyfile", settings["key"], *demand, *alpn]
        with on_free_port(lambda port: [*command, "--port", port], rb"listening on IPv4 .*done") as port:
            yield port

    def upload(self, data):
        return data

    def run(self, settings):
        own = ["--x509certfile", settings["cert"], "--x509keyfile", settings["key"]] if settings["cert"] else []
        alpn = [f"--alpn={name}" for name in settings["alpn"]]
        with tempfile.NamedTemporaryFile() as log, request(settings["upload"]) as stdin:
            command = ["gnutls-cli", "--logfile", log.name, "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{settings['version']}",
                       "--x509cafile", settings["ca"], "--sni-hostname", "localhost", "--verify-hostname", "localhost",
                       "--inline-commands", *own, *alpn, "--port", str(settings["port"]), "127.0.0.1"]
            p = subprocess.run(command, stdin=stdin, capture_output=True, timeout=TIMEOUT)
            said = pathlib.Path(log.name).read_text() + p.stderr.decode()
        version = re.search(r"\(TLS([0-9.]+)", said)
        chosen = re.search(r"Application protocol: (\S+)", said)
        result = {"version": f"TLSv{version[1]}" if version else None, "alpn": chosen[1] if chosen else None}
        if p.returncode:
            return {**result, "error": said}
        if settings["upload"]:
            return {**result, "sha256": hashlib.sha256(p.stdout).hexdigest(), "updated": "Rekey was completed" in said}
        head, _, body = p.stdout.decode().partition("\r\n\r\n")
        return {**result, "status": int(head.split()[1]), "body": body} if head else {**result, "error": said}


class Nginx:
    name = "nginx"
    programs = ("nginx",)
    page = b"client: \n"
    server_differs = {
        "no certificate": (400, "finishes the handshake and answers with a page"),
        "foreign certificate": (400, "finishes the handshake and answers with a page"),
        "end without a request": ("truncated", "closes a connection of HTTP/2 without close_notify where the client ends it"),
        "upload": (None, "serves files, and sends nothing back"),
    }

    def version(self):
        return first_line("nginx", "-v")

    @contextlib.contextmanager
    def start(self, settings):
        client = f"ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate {settings['ca']};" if settings["ca"] else ""
        large = f"location = /large {{ alias {settings['large']}; }}" if settings["large"] else ""
        with tempfile.TemporaryDirectory() as folder:
            def command(port):
                pathlib.Path(folder, "conf").write_text(NGINX.format(
                    folder=folder, port=port, client=client, cert=settings["cert"], key=settings["key"],
                    large=large, h2=" http2" if "h2" in settings["alpn"] else ""))
                return ["nginx", "-p", folder, "-c", f"{folder}/conf"]

            with on_free_port(command, rb"OS: ") as port:
                yield port


class Scripted:
    """A peer that is a program in this folder."""
    page = b"client: \n"
    upload = staticmethod(http_upload)

    def version(self):
        return first_line(self.command[0], "--version")

    @contextlib.contextmanager
    def start(self, settings):
        with running([*self.command, "serve", json.dumps(settings, default=str)], stdin=subprocess.PIPE) as process:
            line = process.stdout.readline()
            if not line:
                raise AssertionError(process.stderr.read().decode())
            yield int(line)

    def run(self, settings):
        p = subprocess.run([*self.command, "client", json.dumps(settings, default=str)], capture_output=True, timeout=TIMEOUT)
        return json.loads(p.stdout) if p.stdout else {"error": p.stderr.decode()}


class Node(Scripted):
    name = "Node"
    programs = ("node",)
    command = ["node", HERE / "peer.js"]
    client_differs = {
        "refusal": ("truncated", "finishes the handshake, then drops the connection without an alert"),
        "key update": (None, "has no call for it"),
    }

    @property
    def server_differs(self):
        differs = {"foreign certificate": ("truncated", "finishes the handshake, then drops the connection without an alert")}
        if int(re.match(r"v(\d+)", self.version())[1]) < 20:
            differs["no protocol in common"] = ("ignored", "goes on without one before version 20")
        return differs


class Python(Scripted):
    name = "Python"
    programs = ()
    command = [sys.executable, HERE / "peer.py"]
    server_differs = {
        "end": ("truncated", "http.server closes the socket without close_notify"),
        "end without a request": ("truncated", "http.server closes the socket without close_notify"),
        "no protocol in common": ("ignored", "goes on without one"),
    }
    client_differs = {
        "end": ("truncated", "http.client closes the socket without close_notify"),
        "key update": (None, "has no call for it"),
    }


PEERS = {peer.name: peer for peer in (Nginx(), Gnutls(), Node(), Python())}
