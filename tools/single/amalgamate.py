#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""One header with all of plugtls over one backend: amalgamate.py ROOT BACKEND OUTPUT [DEPFILE].

Each of our headers stands where it is first included, under a guard of its own, so that one unit can include several of
these files. Includes of the standard library and of the TLS library stay where they are: their order matters to
wolfSSL's. What needs Asio is left out."""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"')
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|endif)\b")
NO_CODE = re.compile(r"^[ \t]*($|//|#[ \t]*include\b)")
SPDX = "// SPDX-License-Identifier: BSL-1.0"
TOP = """\
// plugtls {version} over {backend}: write TLS code once, pick the library with a build option.
// One file made of the headers of plugtls by tools/single/amalgamate.py; edit those, not this.
#pragma once

#if defined(PLUGTLS_SINGLE) && PLUGTLS_SINGLE != {number}
#error "plugtls: two single headers of different versions in one unit"
#endif
#define PLUGTLS_SINGLE {number}
"""


class amalgamation:
    def __init__(self, root, backend):
        self.roots = [root / "include", root / "backends" / backend]
        self.seen = set()
        self.files = []
        self.text = []

    def find(self, name):
        for folder in self.roots:
            if (folder / name).is_file():
                return folder / name
        sys.exit(f"{name}: no such header in {', '.join(map(str, self.roots))}")

    def add(self, name, out):
        """Puts a header at the end of `out`, behind those that it begins with; what it includes later stays inside."""
        if name in self.seen:
            return
        self.seen.add(name)
        path = self.find(name)
        self.files.append(path)
        body, depth, code = [], 0, False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            condition, include = CONDITION.match(line), INCLUDE.match(line)
            if condition:
                depth += -1 if condition[1] == "endif" else 1
            if include:
                if depth or not include[1].startswith("plugtls/"):
                    sys.exit(f"{path}:{number}: an include that cannot be put in place: {line}")
                self.add(include[1], body if code else out)
            elif line not in (SPDX, "#pragma once"):
                code = code or not NO_CODE.match(line)
                body.append(line)
        guard = "PLUGTLS_SINGLE_" + re.sub(r"\W", "_", name).upper()
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(body)).strip("\n")
        out.append(f"\n// {name}\n#ifndef {guard}\n#define {guard}\n{text}\n#endif  // {guard}")


def main(root, backend, output, depfile=None):
    root = pathlib.Path(root)
    single = amalgamation(root, backend)
    for folder in single.roots:
        names = sorted(path.relative_to(folder).as_posix() for path in (folder / "plugtls").rglob("*.hpp"))
        # backend.hpp last: its guard is that of every backend's, so nothing else may stand within.
        for name in sorted(names, key=lambda name: name == "plugtls/backend.hpp"):
            if "/asio_net/" not in name and "/boost_net/" not in name:
                single.add(name, single.text)
    version = dict(re.findall(r"#define PLUGTLS_VERSION_(\w+) \"?([\d.]+)", (root / "include/plugtls/version.hpp").read_text()))
    number = int(version["MAJOR"]) * 10000 + int(version["MINOR"]) * 100 + int(version["PATCH"])
    licence = "".join(f"// {line}".rstrip() + "\n" for line in (root / "LICENSE").read_text(encoding="utf-8").splitlines())
    top = TOP.format(version=version["STRING"], backend=backend, number=number)
    pathlib.Path(output).write_text("\n".join([f"{SPDX}\n{top}", licence.rstrip(), *single.text, ""]), encoding="utf-8")
    if depfile:
        files = " ".join(str(path).replace(" ", "\\ ") for path in single.files)
        pathlib.Path(depfile).write_text(f"{output}: {files}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
