#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""x509-limbo on every backend: run.py PLUGTLS HANDSHAKES NATIVE... [unittest arguments]

Each case goes through `plugtls verify --batch`, and where it has a key through handshakes (HANDSHAKES). The verdict must be
the expected one but for the lists below, each with its reason; a row that is no longer true fails. All backends must say
the same. What the bare libraries say (NATIVE, one program for each) is the bar: no false accept that they refuse."""
import datetime
import json
import lzma
import pathlib
import ssl
import subprocess
import sys
import unittest

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "limbo" / "limbo.json.xz"
CABF = "a rule of the CA/Browser Forum for CAs; all libraries accept it"
# Expected FAILURE, accepted.
NOT_ENFORCED = {
    "rfc5280::san::underscore-dns": "hosts with underscores exist, and the name is compared as it stands",
    "crl::crlnumber-missing": "a number that no verifier needs (RFC 5280 §5.2.3 asks it of CAs)",
    "rfc5280::serial::zero": "roots in use have it; users SHOULD handle it gracefully (RFC 5280 §4.1.2.2)",
    "webpki::forbidden-rsa-not-divisible-by-8-in-root": CABF,
    "webpki::cn::not-in-san": CABF + "; a common name is never looked at",
    "webpki::cn::utf8-vs-punycode-mismatch": CABF + "; a common name is never looked at",
    "webpki::cn::ipv4-hex-mismatch": CABF + "; a common name is never looked at",
    "webpki::cn::ipv6-uncompressed-mismatch": CABF + "; a common name is never looked at",
    "webpki::cn::ipv6-uppercase-mismatch": CABF + "; a common name is never looked at",
    "webpki::cn::ipv6-non-rfc5952-mismatch": CABF + "; a common name is never looked at",
    "webpki::eku::ee-anyeku": CABF + "; RFC 5280 §4.2.1.12 leaves it to the application",
    "webpki::eku::ee-without-eku": CABF + "; RFC 5280 §4.2.1.12 allows it",
    "webpki::eku::ee-critical-eku": CABF + "; RFC 5280 §4.2.1.12 allows it",
    "webpki::san::public-suffix-private-namespace-wildcard-san": CABF + "; needs the public suffix list",
    "webpki::san::san-critical-with-nonempty-subject": CABF + "; RFC 5280 §4.2.1.6 says SHOULD",
}
# Expected SUCCESS, refused: (the error, the reason).
REFUSED = {
    "rfc5280::ca-as-leaf": ("invalid_purpose", "a CA whose key may not sign handshakes is no server"),
    **{i: ("handshake_too_large", "more certificates than limit.max_chain_length allows") for i in (
        "cve::cve-2024-0567", *(f"bettertls::pathbuilding::tc{n}" for n in (61, 62, 63, 65, 66)))},
}
CRITICAL_NAME_CONSTRAINTS = bytes.fromhex("0603551d1e0101ff")


def ders(pem):
    end = "-----END CERTIFICATE-----"
    return [ssl.PEM_cert_to_DER_cert(part.strip() + "\n" + end) for part in pem.split(end) if part.strip()]


def request(case):
    time = case["validation_time"]
    if time:
        time = datetime.datetime.fromisoformat(time).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    is_client = case["validation_kind"] == "CLIENT" or "clientAuth" in case["extended_key_usage"]
    name = case["expected_peer_name"]
    return {"id": case["id"], "leaf": case["peer_certificate"], "intermediates": case["untrusted_intermediates"],
            "trust": case["trusted_certs"], "crls": case["crls"], "time": time, "purpose": "client" if is_client else "server",
            "name": name["value"] if name else None, "max_depth": case["max_chain_depth"]}


def row(case, lacks):
    """What a backend says that lacks capabilities, where it may say something else than the others; None elsewhere."""
    presented = [d for pem in [case["peer_certificate"], *case["untrusted_intermediates"]] for d in ders(pem)]
    if "critical_name_constraints" in lacks and any(CRITICAL_NAME_CONSTRAINTS in d for d in presented):
        return "unsupported_critical_extension"
    # The only anchor is one that not every library reads.
    if case["id"] in ("webpki::explicit-curve", "webpki::aki::root-with-aki-missing-keyidentifier"):
        return "unsupported"
    # wolfSSL 5.7 and later refuse this number, but for a root's.
    if case["id"] == "rfc5280::serial::zero":
        return "bad_certificate"
    if "many_alt_names" in lacks and case["id"] in ("online::google.com", "online::microsoft.com"):
        return "bad_certificate"
    # The same version reads no registeredID of dozens of numbers: a problem beside the one that leads.
    if "many_alt_names" in lacks and case["id"] == "bettertls::nameconstraints::tc9188":
        return "hostname_mismatch"
    return None


class Limbo(unittest.TestCase):
    plugtls = handshakes = None
    natives = {}

    @classmethod
    def setUpClass(cls):
        cls.cases = {c["id"]: c for c in json.loads(lzma.decompress(DATA.read_bytes()))["testcases"]}
        cls.lines = {i: request(c) for i, c in cls.cases.items()}
        backends = json.loads(subprocess.run([cls.plugtls, "backends", "--json"], capture_output=True, check=True).stdout)
        cls.lacks = {b["name"]: {c for c, has in b["capabilities"].items() if not has} for b in backends["backends"]}
        cls.said = {b: cls.answers([cls.plugtls, "verify", "--batch", "--backend", b]) for b in cls.lacks}

    @classmethod
    def answers(cls, command, lines=None):
        text = "".join(json.dumps(line) + "\n" for line in (lines or cls.lines.values())).encode()
        result = subprocess.run(command, input=text, capture_output=True)
        assert result.returncode == 0 and not result.stderr, (command, result.returncode, result.stderr)
        return {a["id"]: a for a in map(json.loads, result.stdout.splitlines())}

    def test_lists_name_cases(self):
        self.assertEqual(len(self.cases), 480)
        self.assertLessEqual({*NOT_ENFORCED, *REFUSED}, set(self.cases))
        self.assertEqual(sum(bool(c["crls"]) for c in self.cases.values()), 5)
        for i in NOT_ENFORCED:
            self.assertEqual(self.cases[i]["expected_result"], "FAILURE")
        for i in REFUSED:
            self.assertEqual(self.cases[i]["expected_result"], "SUCCESS")

    def test_verdicts(self):
        for backend, said in self.said.items():
            table = {"right": 0, "false accepts": 0, "false rejects": 0, "false rejects of a documented row": 0}
            for case in self.cases.values():
                answer, i = said[case["id"]], case["id"]
                good = case["expected_result"] == "SUCCESS"
                in_row = not answer["ok"] and row(case, self.lacks[backend]) == answer["error"]
                table["right" if answer["ok"] == good else "false accepts" if answer["ok"] else
                      "false rejects of a documented row" if in_row else "false rejects"] += 1
                with self.subTest(i, backend=backend, detail=answer["detail"]):
                    self.assertEqual(answer["ok"], answer["error"] is None)
                    if i in REFUSED:
                        self.assertEqual(answer["error"], REFUSED[i][0])
                    elif not in_row:
                        self.assertEqual(answer["ok"], good or i in NOT_ENFORCED)
            print(backend, table, file=sys.stderr)

    def test_agreement(self):
        for case in self.cases.values():
            verdicts = {b: (said[case["id"]]["error"], said[case["id"]]["problems"]) for b, said in self.said.items()}
            same = {v for b, v in ((b, json.dumps(v)) for b, v in verdicts.items())
                    if row(case, self.lacks[b]) != verdicts[b][0] or verdicts[b][0] is None}
            with self.subTest(case["id"]):
                self.assertLessEqual(len(same), 1, verdicts)

    def test_no_false_accept_that_a_library_refuses(self):
        natives = {}
        for program in self.natives:
            for i, answer in self.answers([program]).items():
                for how, accepts in answer["accepts"].items():
                    natives.setdefault(f"{pathlib.Path(program).name} {how}", {})[i] = accepts
        bad = [c["id"] for c in self.cases.values() if c["expected_result"] == "FAILURE"]
        good = [c["id"] for c in self.cases.values() if c["expected_result"] == "SUCCESS"]
        for how, verdicts in natives.items():
            print(how, "false accepts", sum(verdicts[i] for i in bad), "false rejects",
                  sum(not verdicts[i] for i in good), file=sys.stderr)
        strictest = min(sum(verdicts[i] for i in bad) for how, verdicts in natives.items() if "strict" in how)
        for backend, said in self.said.items():
            accepted = [i for i in bad if said[i]["ok"]]
            self.assertLessEqual(len(accepted), strictest, backend)
            for i in accepted:
                # mbedTLS before 3 and wolfSSL refuse addresses of whatever certificate, for they cannot compare them;
                # wolfSSL since 5.7 refuses serial number 0 (through plugtls, too).
                if not i.startswith("webpki::cn::ip") and i != "rfc5280::serial::zero":
                    self.assertEqual([how for how, verdicts in natives.items() if not verdicts[i]], [], i)

    def test_handshakes_say_the_same(self):
        keys = {i: c["peer_certificate_key"] for i, c in self.cases.items() if c["peer_certificate_key"]}
        said = self.answers([self.handshakes], [{**self.lines[i], "key": key} for i, key in keys.items()])
        presented = 0
        for i, answer in said.items():
            for backend, versions in answer["verdicts"].items():
                for version, verdict in versions.items():
                    if verdict is None:
                        continue
                    presented += 1
                    with self.subTest(i, backend=backend, version=version):
                        self.assertEqual(verdict, self.said[backend][i]["error"] or "success")
        print("handshakes", presented, file=sys.stderr)
        self.assertGreater(presented, 450 * len(self.lacks))  # some messages are longer than the presenter can send


if __name__ == "__main__":
    Limbo.plugtls, Limbo.handshakes = sys.argv[1:3]
    rest = sys.argv[3:]
    Limbo.natives = [a for a in rest if pathlib.Path(a).is_file()]
    unittest.main(argv=sys.argv[:1] + [a for a in rest if a not in Limbo.natives])
