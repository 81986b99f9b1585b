# SPDX-License-Identifier: BSL-1.0
"""What the tests of the command line share; run.py gives them the program."""
import re

from program import PKI, BackendTest


class CliTest(BackendTest):
    @staticmethod
    def identity(name):
        return ["--cert", PKI / f"{name}_chain.pem", "--key", PKI / f"{name}_key.pem"]

    def check(self, result, status, error=None):
        """Exit status, and exactly one diagnostic line with that errc (any where None is given)."""
        text = result.err.decode(errors="replace")
        self.assertEqual(result.status, status, text)
        self.assertEqual(len(result.lines), 1, text)
        self.assertRegex(result.lines[0], r"^plugtls: [a-z_0-9]+: \S")
        if error:
            self.assertEqual(result.error, error, text)

    def refused(self, status, error, *arguments, says=""):
        """The program ends at once with this status, this errc on one line, and nothing on standard output."""
        with self.subTest(" ".join(map(str, arguments))):
            result = self.program.run(*arguments, timeout=30)
            self.check(result, status, error)
            self.assertEqual(result.out, b"")
            self.assertIn(says, result.lines[0])
            self.assertIsNone(re.search(r"[^\x20-\x7e]", result.lines[0].encode("ascii", "replace").decode()))
