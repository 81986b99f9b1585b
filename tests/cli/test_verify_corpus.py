# SPDX-License-Identifier: BSL-1.0
"""The corpus through verify --batch, on every backend: verdict and reason of the manifest, and the same on all."""
import json
import unittest

from program import PKI
from test_cli import CliTest

CORPUS = PKI.parent / "corpus"
REASONS = {
    "name_mismatch": "hostname_mismatch", "untrusted": "unknown_issuer", "expired": "certificate_expired",
    "not_yet_valid": "certificate_not_yet_valid", "bad_purpose": "invalid_purpose", "not_a_leaf": "invalid_purpose",
    "name_constraints": "name_constraint_violated", "path_length": "path_length_exceeded",
    "unknown_critical": "unsupported_critical_extension", "weak_signature": "weak_algorithm", "weak_key": "weak_algorithm",
    "malformed": "malformed_certificate", "crl_stale": "revocation_unknown", "crl_bad": "revocation_unknown",
}
# What is not as the manifest says, where it is, what is said instead, and why. A row that is no longer true fails.
OPEN = {  # id: (the capability without which it is so, None: everywhere; the error)
    "ok-nc-permitted": ("critical_name_constraints", "unsupported_critical_extension"),
    "ok-ed25519": ("ed25519", "bad_certificate"),
    "ok-200-sans": ("many_alt_names", "bad_certificate"),
}


def request(case):
    def read(name):
        path = CORPUS / case["id"] / name
        return [path.read_text()] if path.exists() and path.read_text().strip() else []

    return {"id": case["id"], "leaf": "".join(read("leaf.pem")), "intermediates": read("chain.pem"),
            "trust": read("roots.pem"), "crls": read("crl.pem"), "time": None, "purpose": case["role"],
            "name": case["check_name"]["value"] if case["check_name"] else None}


def reason(case):
    if case["expected"] == "accept":
        return None
    return "self_signed" if case["id"] == "self-signed" else REASONS.get(case["reason"], case["reason"])


class Corpus(CliTest):
    def test_verdicts_and_agreement(self):
        cases = json.loads((CORPUS / "manifest.json").read_text())["cases"]
        self.assertEqual(len(cases), 97)
        self.assertLessEqual(set(OPEN), {c["id"] for c in cases})
        text = "".join(json.dumps(request(c)) + "\n" for c in cases).encode()
        said = {}
        for backend, capabilities in self.backends.items():
            result = self.program.run("verify", "--batch", "--backend", backend, stdin=text)
            self.assertEqual((result.status, result.err), (0, b""))
            answers = [json.loads(line) for line in result.out.splitlines()]
            self.assertEqual([a["id"] for a in answers], [c["id"] for c in cases])
            for case, answer in zip(cases, answers):
                with self.subTest(case["id"], backend=backend):
                    missing, error = OPEN.get(case["id"], ("", None))
                    is_open = case["id"] in OPEN and (missing is None or not capabilities[missing])
                    self.assertEqual(answer["error"], error if is_open else reason(case), answer["detail"])
                    self.assertEqual(answer["ok"], answer["error"] is None)
                    if not is_open:
                        verdict = (answer["error"], answer["problems"])
                        self.assertEqual(said.setdefault(case["id"], verdict), verdict)
        self.assertGreaterEqual(len(said), 95)

    def test_where_libraries_disagree(self):
        cases = json.loads((PKI.parent / "edge" / "cases.json").read_text())
        text = "".join(json.dumps(c["request"]) + "\n" for c in cases).encode()
        said = {}
        for backend in self.backends:
            result = self.program.run("verify", "--batch", "--backend", backend, stdin=text)
            self.assertEqual((result.status, result.err), (0, b""))
            for case, answer in zip(cases, map(json.loads, result.out.splitlines()), strict=True):
                with self.subTest(case["id"], backend=backend):
                    self.assertIn(answer["error"], (case["error"], case["unread"].get(backend, case["error"])),
                                  answer["detail"])
                    if answer["error"] == case["error"]:
                        self.assertEqual(answer["problems"], said.setdefault(case["id"], answer["problems"]))


if __name__ == "__main__":
    unittest.main()
