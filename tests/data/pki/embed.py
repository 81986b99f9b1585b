#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Turns the test PKI into a header: embed.py FOLDER HEADER DEPFILE. Each file is a constant named after it: what.pem is
plugtls::test_pki::what, what.der is what_der, what.p12 is what_p12."""
import pathlib
import sys


def constant(file):
    if file.suffix == ".pem":
        return f'inline constexpr std::string_view {file.stem} = R"pem({file.read_text()})pem";'
    data = file.read_bytes()
    escaped = "".join(f"\\{byte:03o}" for byte in data)
    rows = "\n".join(f'    "{escaped[i:i + 112]}"' for i in range(0, len(escaped), 112))
    return f"inline constexpr std::string_view {file.stem}_{file.suffix[1:]}{{\n{rows},\n    {len(data)}}};"


def main(folder, header, depfile):
    files = sorted(file for file in pathlib.Path(folder).iterdir() if file.suffix in (".pem", ".der", ".p12"))
    text = ["// SPDX-License-Identifier: BSL-1.0", "#pragma once", "", "#include <string_view>", "",
            "namespace plugtls::test_pki {", "", "/// The password of every encrypted key.",
            'inline constexpr std::string_view password = "secret";', ""]
    text += [constant(file) for file in files]
    text += ["", "}  // namespace plugtls::test_pki", ""]
    pathlib.Path(header).write_text("\n".join(text))
    escape = lambda path: str(path).replace(" ", "\\ ")
    # The folder changes when a file comes or goes.
    pathlib.Path(depfile).write_text(f"{escape(header)}: " + " ".join(escape(file) for file in [folder, *files]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
