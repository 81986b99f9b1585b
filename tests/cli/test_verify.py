# SPDX-License-Identifier: BSL-1.0
"""verify: one chain, and batches of requests, on every backend."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from program import PKI, running
from test_cli import CliTest

FIELDS = ["id", "ok", "backend", "error", "problems", "detail"]
TRUST = ["--trust", PKI / "root.pem"]
BROKEN = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"
NO_DER = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"  # "hello"


def pem(name):
    return (PKI / f"{name}.pem").read_text()


def crl(name):
    return (PKI.parent / "crl" / f"{name}.pem").read_text()


class Single(CliTest):
    def verdict(self, error, *arguments, problems=None, env=None):
        """Every backend says so: as JSON, as text and by its exit status."""
        for backend in self.backends:
            with self.subTest(" ".join(map(str, arguments)), backend=backend):
                base = ["verify", "--backend", backend, *arguments]
                result = self.program.run(*base, "--json", env=env)
                self.assertEqual((result.status, result.error), (1 if error else 0, error), result.err)
                self.assertEqual(list(result.json), FIELDS)
                self.assertEqual(result.json, {"id": None, "ok": not error, "backend": backend, "error": error,
                                               "problems": problems or ([error] if error else []),
                                               "detail": result.json["detail"]})
                self.assertEqual(result.json["detail"] is None, not error)
                text = self.program.run(*base, env=env)
                self.assertEqual(text.status, result.status)
                last = text.text.splitlines()[-1]
                self.assertTrue(last.startswith(f"verdict: {error}: " if error else "verdict: ok"), last)

    def test_verdicts(self):
        chain = PKI / "server_chain.pem"
        self.verdict(None, *TRUST, chain)
        for name in ("plugtls.test", "localhost", "127.0.0.1", "::1", "[::1]", "PLUGTLS.test."):
            self.verdict(None, *TRUST, "--name", name, chain)
        self.verdict("hostname_mismatch", *TRUST, "--name", "other.test", chain)
        self.verdict("unknown_issuer", "--trust", PKI / "other_root.pem", chain)
        for case, error in (("expired", "certificate_expired"), ("not_yet_valid", "certificate_not_yet_valid"),
                            ("self_signed", "self_signed"), ("foreign", "unknown_issuer")):
            self.verdict(error, *TRUST, PKI / f"{case}_chain.pem")
        self.verdict("certificate_expired", *TRUST, "--name", "other.test", PKI / "expired_chain.pem",
                     problems=["certificate_expired", "hostname_mismatch"])
        self.verdict(None, "--trust", PKI / "self_signed.pem", PKI / "self_signed.pem")

    def test_intermediates(self):
        self.verdict("unknown_issuer", *TRUST, PKI / "server.pem")
        self.verdict("unknown_issuer", *TRUST, PKI / "server.der")
        extra = ["--intermediates", PKI / "intermediate.pem"]
        self.verdict(None, *TRUST, *extra, PKI / "server.pem")
        self.verdict(None, *TRUST, *extra, PKI / "server.der")
        self.verdict(None, *TRUST, "--intermediates", PKI / "foreign.pem", *extra, PKI / "server.pem")
        self.verdict(None, "--trust", PKI / "other_root.pem", *TRUST, PKI / "server_chain.pem")
        many = ["--intermediates", PKI / "intermediate.pem"] * 8
        self.verdict(None, *TRUST, *many, PKI / "server.pem")

    def test_more_certificates_than_a_peer_may_present(self):
        many = ["--intermediates", PKI / "intermediate.pem"] * 9
        for backend in self.backends:
            result = self.program.run("verify", "--backend", backend, *TRUST, *many, PKI / "server.pem", "--json")
            self.check(result, 1, "handshake_too_large")
            self.assertEqual(result.json["error"], "handshake_too_large")
            self.assertIn("more certificates were presented than limit.max_chain_length", result.json["detail"])

    def test_purpose(self):
        client = PKI / "client_chain.pem"
        self.verdict("invalid_purpose", *TRUST, client)
        self.verdict("invalid_purpose", *TRUST, "--purpose", "server", client)
        self.verdict(None, *TRUST, "--purpose", "client", client)
        self.verdict("invalid_purpose", *TRUST, "--purpose", "client", PKI / "server_chain.pem")

    def test_time(self):
        chain = PKI / "server_chain.pem"
        self.verdict(None, *TRUST, "--time", "2020-07-01T00:00:00Z", PKI / "expired_chain.pem")
        self.verdict("certificate_not_yet_valid", *TRUST, "--time", "2019-01-01T00:00:00Z", chain)
        self.verdict("certificate_expired", *TRUST, "--time", "2060-01-01T00:00:00+01:00", chain)

    def test_depth(self):
        chain = PKI / "server_chain.pem"
        self.verdict("path_length_exceeded", *TRUST, "--max-depth", "0", chain)
        self.verdict(None, *TRUST, "--max-depth", "1", chain)
        self.verdict(None, *TRUST, "--max-depth", "255", chain)
        self.verdict(None, "--trust", PKI / "intermediate.pem", "--max-depth", "0", PKI / "server.pem")

    def test_the_systems_trust_is_the_default(self):
        env = {**os.environ, "SSL_CERT_FILE": str(PKI / "root.pem")}
        self.verdict(None, PKI / "server_chain.pem", env=env)
        self.verdict("unknown_issuer", "--trust", PKI / "other_root.pem", PKI / "server_chain.pem", env=env)

    def test_the_path_is_shown(self):
        text = self.program.run("verify", *TRUST, PKI / "server_chain.pem").text.splitlines()
        self.assertEqual([line[:2] for line in text], ["0:", "1:", "2:", "ve"])
        self.assertIn("CN=plugtls.test", text[0])

    def test_files_that_hold_no_chain(self):
        with tempfile.TemporaryDirectory() as folder:
            here = pathlib.Path(folder)
            (here / "empty").write_bytes(b"")
            (here / "broken.pem").write_text(BROKEN)
            (here / "no_der.pem").write_text(NO_DER)
            (here / "cut.der").write_bytes((PKI / "server.der").read_bytes()[:-20])
            (here / "nothing").mkdir()
            cases = (("empty", "no_certificates_found"), ("broken.pem", "bad_pem"), ("cut.der", "bad_der"))
            for backend in self.backends:
                use = ["verify", "--backend", backend]
                for file, error in (*cases, ("no_der.pem", "malformed_certificate")):
                    for arguments in ([*TRUST, here / file], [*TRUST, "--intermediates", here / file, PKI / "server_chain.pem"]):
                        result = self.program.run(*use, "--json", *arguments)
                        self.check(result, 1, error)
                        self.assertEqual((result.json["ok"], result.json["error"]), (False, error))
                for file, error in (*cases, ("no_der.pem", "bad_der")):  # trust is a value of an option, not under test
                    self.refused(2, error, *use, "--trust", here / file, PKI / "server_chain.pem", says=file)
                for file in ("missing", "nothing"):
                    self.refused(3, "file_error", *use, *TRUST, here / file)
                    self.refused(3, "file_error", *use, "--trust", here / file, PKI / "server_chain.pem")
                    self.refused(3, "file_error", *use, *TRUST, "--intermediates", here / file, PKI / "server_chain.pem")

    def test_bad_usage(self):
        leaf = PKI / "server_chain.pem"
        for arguments in ([], ["--json"], [leaf, leaf], [*TRUST, leaf, "--name", ""], [*TRUST, leaf, "--name", "a b"],
                          [*TRUST, leaf, "--purpose", "both"], [*TRUST, leaf, "--time", "yesterday"],
                          [*TRUST, leaf, "--time", ""], [leaf, "--max-depth", "-1"], [leaf, "--max-depth", "many"],
                          [leaf, "--max-depth", "0x1"], [leaf, "--max-depth", " 1"],
                          [leaf, "--max-depth", "99999999999999"], [leaf, "--batch"], [*TRUST, "--batch"],
                          ["--batch", "--name", "a"], ["--batch", "--time", "2026-01-31T12:00:00Z"],
                          ["--batch", "--crl", PKI.parent / "crl" / "root.pem"], ["--batch", "--revocation", "chain"],
                          ["--batch", "--max-depth", "1"], ["--batch", "--purpose", "client"],
                          ["--batch", "--backend", "nonesuch"], [leaf, "--backend", "nonesuch"], [leaf, "--trust"]):
            with self.subTest(" ".join(map(str, arguments))):
                result = self.program.run("verify", *arguments)
                self.check(result, 2, "invalid_argument")


class Batch(CliTest):
    GOOD = {"leaf": pem("server"), "intermediates": [pem("intermediate")], "trust": [pem("root")]}

    def batch(self, lines, backend=None, end="\n"):
        """One answer for each line, in order, and status 0."""
        text = b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + end.encode()
        result = self.program.run("verify", "--batch", *(["--backend", backend] if backend else []), stdin=text)
        self.assertEqual((result.status, result.err), (0, b""))
        answers = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(len(answers), len(lines))
        for answer in answers:
            self.assertEqual(list(answer), FIELDS)
            self.assertEqual((answer["ok"], answer["detail"] is None), (answer["error"] is None,) * 2)
            self.assertEqual(answer["error"] is None, not answer["problems"] and answer["ok"])
            self.assertIn(answer["backend"], [backend] if backend else list(self.backends))
        return answers

    def test_verdicts(self):
        good = self.GOOD
        cases = [
            (good, None),
            ({**good, "intermediates": []}, "unknown_issuer"),
            ({"leaf": good["leaf"], "trust": good["trust"]}, "unknown_issuer"),
            ({**good, "leaf": pem("server_chain"), "intermediates": None}, None),
            ({**good, "trust": []}, "unknown_issuer"),
            ({**good, "trust": None}, "unknown_issuer"),
            ({"leaf": good["leaf"]}, "unknown_issuer"),
            ({**good, "trust": [pem("other_root"), pem("root")]}, None),
            ({**good, "trust": [pem("other_root") + pem("root")]}, None),
            ({**good, "trust": [pem("other_root")]}, "unknown_issuer"),
            ({**good, "intermediates": [pem("foreign"), pem("root"), pem("intermediate")]}, None),
            ({**good, "name": "plugtls.test", "crls": [], "time": None, "purpose": None, "max_depth": None}, None),
            ({**good, "name": "::1", "crls": None}, None),
            ({**good, "name": "other.test"}, "hostname_mismatch"),
            ({**good, "name": "192.0.2.1"}, "hostname_mismatch"),
            ({**good, "time": "2060-01-01T00:00:00Z"}, "certificate_expired"),
            ({**good, "time": None}, None),
            ({**good, "time": "2019-01-01T00:00:00Z"}, "certificate_not_yet_valid"),
            ({**good, "purpose": "server"}, None),
            ({**good, "purpose": "client"}, "invalid_purpose"),
            ({**good, "leaf": pem("client"), "purpose": "client"}, None),
            ({**good, "max_depth": 0}, "path_length_exceeded"),
            ({**good, "max_depth": 1}, None),
            ({**good, "max_depth": 10 ** 18}, None),
            (good, None),
            ({**good, "leaf": BROKEN}, "bad_pem"),
            ({**good, "leaf": NO_DER}, "malformed_certificate"),
            ({**good, "leaf": ""}, "no_certificates_found"),
            ({**good, "leaf": "0\u0080"}, "no_certificates_found"),
            ({**good, "leaf": pem("server_key")}, "no_certificates_found"),
            ({**good, "intermediates": [pem("intermediate"), BROKEN]}, "bad_pem"),
            ({**good, "intermediates": [pem("intermediate"), NO_DER]}, "malformed_certificate"),
            ({**good, "intermediates": [pem("intermediate"), ""]}, "no_certificates_found"),
            ({**good, "trust": [pem("root"), BROKEN]}, "bad_pem"),
            ({**good, "trust": [pem("root"), NO_DER]}, "bad_der"),
            ({**good, "trust": ["x"]}, "no_certificates_found"),
            ({**good, "intermediates": [pem("intermediate")] * 9}, "handshake_too_large"),
            ({**good, "crls": [crl("intermediate"), crl("root")]}, None),
            ({**good, "crls": [crl("intermediate") + crl("root")]}, None),
            ({**good, "crls": [crl("intermediate")]}, "revocation_unknown"),
            ({**good, "crls": [crl("intermediate_lists_leaves")]}, "revoked"),
            ({**good, "crls": [crl("intermediate_lists_leaves"), crl("root")], "name": "other.test"}, "revoked"),
            ({**good, "crls": [crl("intermediate_stale"), crl("root")]}, "revocation_unknown"),
            ({**good, "crls": [crl("intermediate_stale"), crl("root")], "time": "2020-07-01T00:00:00Z"}, "revoked"),
            ({**good, "crls": [crl("intermediate_forged"), crl("root")]}, "revocation_unknown"),
            ({**good, "leaf": pem("client"), "purpose": "client",
              "crls": [crl("root"), crl("intermediate_lists_leaves")]}, "revoked"),
            (good, None),
            ({**good, "crls": ["x"]}, "bad_pem"),
            ({**good, "crls": [crl("root"), ""]}, "bad_pem"),
            ({**good, "crls": [pem("root")]}, "bad_pem"),
            ({**good, "crls": [BROKEN.replace("CERTIFICATE", "X509 CRL")]}, "bad_pem"),
            ({**good, "crls": [NO_DER.replace("CERTIFICATE", "X509 CRL")]}, "bad_der"),
        ]
        seen = {}
        for backend in self.backends:
            answers = self.batch([{"id": i, **request} for i, (request, _) in enumerate(cases)], backend)
            for i, (answer, (_, error)) in enumerate(zip(answers, cases)):
                with self.subTest(i, backend=backend):
                    self.assertEqual((answer["id"], answer["error"]), (i, error), answer["detail"])
                    del answer["backend"]
                    self.assertEqual(seen.setdefault(i, answer), answer)

    def test_lines_that_are_no_requests(self):
        good = self.GOOD
        known = [
            {}, {"leaf": None}, {"leaf": 1}, {"leaf": [good["leaf"]]}, {**good, "intermediates": good["leaf"]},
            {**good, "intermediates": [1]}, {**good, "intermediates": [None]}, {**good, "intermediates": {"a": "b"}},
            {**good, "intermediates": [[[[[good["leaf"]]]]]]}, {**good, "trust": good["trust"][0]},
            {**good, "trust": [{"a": {"b": {"c": 1}}}]}, {**good, "crls": "x"}, {**good, "crls": [1]}, {**good, "name": 1},
            {**good, "name": ""}, {**good, "name": "a b"}, {**good, "name": "*.plugtls.test"}, {**good, "name": "a\0b"},
            {**good, "name": ["plugtls.test"]}, {**good, "time": "yesterday"}, {**good, "time": 1700000000}, {**good, "time": ""},
            {**good, "time": "2026-02-30T00:00:00Z"}, {**good, "purpose": "both"}, {**good, "purpose": 1},
            {**good, "max_depth": -1}, {**good, "max_depth": 1.5}, {**good, "max_depth": "1"}, {**good, "max_depth": True},
            {**good, "max_depth": [1]}, {**good, "revocation": "none"}, {**good, "Trust": []}, {**good, "crls": ["x"], "name": 1},
        ]
        text = json.dumps({**good, "id": "x"}).encode()
        unknown = [
            b"", b" ", b"{", b"}", b"null", b"1", b'"text"', b"[]", b"[" + text + b"]", b"garbage", text[:-1], text + text,
            text + b"}", b"\0", b"\0" + text, text.replace(b'"x"', b'"\0"'), text.replace(b'"x"', b'"\xff"'),
            text.replace(b'"x"', b'"\\ud800"'), text.replace(b'"x"', b"NaN"), b"// x", b"{'leaf': 1}", b"\xff\xfe" * 1000,
            b"[" * 500000, b'{"a":' * 300000, b'{"leaf":' + b"[" * 300000 + b"]" * 300000 + b"}", os.urandom(3000).replace(b"\n", b""),
            b" " * (17 << 20), b'{"id": "x", "leaf": "' + b"A" * (17 << 20) + b'"}',
            *(json.dumps({**good, "id": i}).encode() for i in ([], {}, [1], {"a": {"b": {"c": [1]}}})),
        ]
        for backend in self.backends:
            lines, ids = [], []
            for request in known:
                lines += [{"id": "k", **request}, {"id": "g", **good}]
                ids += ["k", "g"]
            for line in unknown:
                lines += [line, {"id": "g", **good}]
                ids += [None, "g"]
            for i, (answer, line) in enumerate(zip(self.batch(lines, backend), ids)):
                with self.subTest(lines[i][:80] if isinstance(lines[i], bytes) else str(lines[i])[-80:], backend=backend):
                    self.assertEqual((answer["id"], answer["error"]), (line, None if line == "g" else "invalid_argument"))
                    self.assertEqual(answer["problems"], [])

    def test_ids(self):
        for value in ("", "a", "\u00e4\u2028\n\"", 0, -1, 1.5, 2 ** 60, True, None):
            self.assertEqual(self.batch([{"id": value, **self.GOOD}])[0]["id"], value)
            self.assertEqual(self.batch([{"id": value}])[0]["id"], value)
        self.assertIsNone(self.batch([self.GOOD])[0]["id"])

    def test_ends_of_lines(self):
        good = json.dumps({"id": 1, **self.GOOD}).encode()
        self.assertEqual([a["ok"] for a in self.batch([good, good], end="")], [True, True])
        self.assertEqual([a["ok"] for a in self.batch([good + b"\r", good + b"\r"])], [True, True])
        self.assertEqual([a["ok"] for a in self.batch([good, b"", good])], [True, False, True])
        self.assertEqual([a["ok"] for a in self.batch([b"\r", b"\xef\xbb\xbf" + good])], [False, True])
        result = self.program.run("verify", "--batch", "--json", stdin=b"")
        self.assertEqual((result.status, result.out, result.err), (0, b"", b""))

    def test_names_of_trust_do_not_run_together(self):
        """Trust is kept between requests: two sets must not be taken for one another, however they are written."""
        a, b = pem("root"), pem("other_root")
        sets = ([a + "\0\n" + b], [b], [a, b], [b, a], [b], [a], [b], [])
        answers = self.batch([{**self.GOOD, "trust": t} for t in sets])
        self.assertEqual([x["ok"] for x in answers], [True, False, True, True, False, True, False, False])
        lists = [crl("intermediate"), crl("root")], [crl("root"), crl("intermediate_lists_leaves")], [crl("root")], []
        answers = self.batch([{**self.GOOD, "crls": c} for c in (*lists, *lists)])
        self.assertEqual([x["error"] for x in answers], [None, "revoked", "revocation_unknown", None] * 2)
        depths = self.batch([{**self.GOOD, "max_depth": d} for d in (0, 1, None, 0, 10, 100)])
        self.assertEqual([x["ok"] for x in depths], [False, True, True, False, True, True])

    def test_many_sets_of_trust(self):
        answers = self.batch([{**self.GOOD, "trust": [f"{i}\n" + pem("root")]} for i in range(150)])
        self.assertTrue(all(a["ok"] for a in answers))

    def test_each_answer_comes_at_once(self):
        line = json.dumps({"id": 7, **self.GOOD}).encode() + b"\n"
        with running([self.program.path, "verify", "--batch"], stdin=subprocess.PIPE) as p:
            for part in ([line], [line[:10], line[10:]], [b"\n"]):
                for piece in part:
                    p.stdin.write(piece)
                    p.stdin.flush()
                self.assertEqual(list(json.loads(p.stdout.readline())), FIELDS)
            p.stdin.close()
            self.assertEqual(p.wait(30), 0)

    def test_streams_that_fail(self):
        def run(**streams):
            p = subprocess.run([self.program.path, "verify", "--batch"], stderr=subprocess.PIPE, timeout=30, **streams)
            return p.returncode, p.stderr.decode()

        folder = os.open("/", os.O_RDONLY)
        status, err = run(stdin=folder, stdout=subprocess.PIPE)
        os.close(folder)
        self.assertEqual(status, 3, err)
        self.assertIn("io_error", err)
        with open("/dev/full", "wb") as full:
            status, err = run(input=b"{}\n", stdout=full)
        self.assertEqual(status, 3, err)
        self.assertIn("io_error", err)


if __name__ == "__main__":
    unittest.main()
