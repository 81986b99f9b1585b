#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Python's ssl as a peer: peer.py serve|client SETTINGS, which are JSON (see adapters.py). A server prints its port and ends
with its standard input; a client prints one JSON object. peer.js is the same for Node."""
import hashlib
import http.client
import http.server
import json
import socket
import ssl
import sys
import threading

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    large = b""

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        subject = dict(pair[0] for pair in (self.connection.getpeercert() or {}).get("subject", ()))
        self.answer(self.large if self.path == "/large" else f"client: {subject.get('commonName', '')}\n".encode())

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that is refused, or refuses


def serve(settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings["cert"], settings["key"])
    if settings["ca"]:
        context.load_verify_locations(settings["ca"])
        context.verify_mode = ssl.CERT_REQUIRED
    if settings["alpn"]:
        context.set_alpn_protocols(settings["alpn"])
    if settings["large"]:
        with open(settings["large"], "rb") as file:
            Handler.large = file.read()
    server = Server(("127.0.0.1", 0), Handler)
    # The handshake is made by the connection's own thread, when it first reads.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


def echo(context, settings):
    """Sends and receives at the same time: an echo server does not keep what nobody reads."""
    with open(settings["upload"], "rb") as file:
        data = file.read()
    digest = hashlib.sha256()
    with socket.create_connection(("127.0.0.1", settings["port"]), 20) as tcp:
        with context.wrap_socket(tcp, server_hostname="localhost") as stream:
            version = stream.version()
            for start in range(0, len(data), 10000):
                part = data[start:start + 10000]
                stream.sendall(part)
                left = len(part)
                while left:
                    got = stream.recv(left)
                    if not got:
                        raise OSError("the echo ends early")
                    digest.update(got)
                    left -= len(got)
            stream.unwrap()
    return {"version": version, "sha256": digest.hexdigest()}


def get(context, settings):
    connection = http.client.HTTPSConnection("localhost", settings["port"], context=context, timeout=20)
    connection.connect()
    version, alpn = connection.sock.version(), connection.sock.selected_alpn_protocol()
    connection.request("GET", "/")
    response = connection.getresponse()
    return {"version": version, "alpn": alpn, "status": response.status, "body": response.read().decode()}


def client(settings):
    context = ssl.create_default_context(cafile=settings["ca"])
    context.minimum_version = context.maximum_version = VERSIONS[settings["version"]]
    if settings["cert"]:
        context.load_cert_chain(settings["cert"], settings["key"])
    if settings["alpn"]:
        context.set_alpn_protocols(settings["alpn"])
    try:
        result = (echo if settings["upload"] else get)(context, settings)
    except (OSError, http.client.HTTPException) as e:
        result = {"error": f"{type(e).__name__}: {e}"}
    print(json.dumps(result))


if __name__ == "__main__":
    {"serve": serve, "client": client}[sys.argv[1]](json.loads(sys.argv[2]))
