#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks who includes whom (the table of the design), and the other rules that a machine can check.

    layering.py ROOT          prints each violation as FILE:LINE: RULE; exit status 1 when there is one
    layering.py --self-test   plants violations in a tree of its own and checks that each is found"""
import pathlib
import re
import sys
import tempfile

SPDX = "SPDX-License-Identifier: BSL-1.0"
STD = re.compile(r"^[a-z_0-9]+$")
POSIX = re.compile(r"^(sys|netinet|arpa|net)/\w+\.h$|^(unistd|fcntl|poll|netdb|errno|signal|time|limits|ifaddrs|pthread)\.h$")
TOKEN = re.compile(r'R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\''
                   r"|//[^\n]*|/\*.*?\*/", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
CONDITION = re.compile(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b", re.MULTILINE)
MACRO = re.compile(r"^[ \t]*#[ \t]*define\b", re.MULTILINE)
THROW = re.compile(r"\b(?:try|throw|catch)\b")
FREE = re.compile(r"\b(?:\w+_)?free[ \t]*\(|\bgoto\b")
# What detail/ may not know: the parts that are built upon it.
UPPER = re.compile(r"^plugtls/((basic_|any_|duplex_|null_)?(stream|engine|context)|(client_|server_)?settings|plugtls)\.hpp$"
                   r"|^plugtls/(net|asio_net|boost_net)/")
MAX_LINES = 600


class checker:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.problems = []
        folders = self.root / "backends"
        self.backends = sorted(f.parent.name for f in folders.glob("*/meson.build")) if folders.is_dir() else []
        self.library_users = {}  # first word of a third-party include: the backends that use it
        for name in self.backends:
            for path in (folders / name).rglob("*.[ch]pp"):
                for match in INCLUDE.finditer(path.read_text(encoding="utf-8")):
                    library = (match[1] or "").split("/")[0]
                    if "/" in (match[1] or "") and library != "plugtls" and not POSIX.match(match[1]):
                        self.library_users.setdefault(library, set()).add(name)

    def report(self, file, line, rule):
        self.problems.append(f"{file}:{line}: {rule}")

    def backend_of(self, included):
        """The backend that an include names, or None."""
        match = re.match(r"^plugtls/(\w+)(?:\.hpp$|/)", included)
        return match[1] if match and match[1] in self.backends else None

    def files(self):
        for top in sorted(self.root.iterdir()):
            if top.name in (".git", "build", "subprojects") or top.name.startswith("build-"):
                continue
            for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
                if path.is_file():
                    yield path.relative_to(self.root).as_posix(), path

    def run(self):
        for name, path in self.files():
            if name.endswith((".hpp", ".cpp")):
                self.source(name, path.read_text(encoding="utf-8"))
            elif re.search(r"(^|/)(meson\.build|meson_options\.txt|CMakeLists\.txt|dev|\.ci/run)$|\.(sh|py|md|cmake|cmake\.in)$",
                           name):
                self.other(name, path.read_text(encoding="utf-8"))
        return self.problems

    def other(self, name, text):
        lines = text.splitlines()
        if SPDX not in "\n".join(lines[:2]):
            self.report(name, 1, "no SPDX line on top")
        limit = 60 if name.endswith("meson.build") else MAX_LINES
        if len(lines) > limit:
            self.report(name, limit + 1, f"longer than {limit} lines")
        if re.search(r"(meson\.build|CMakeLists\.txt|\.cmake|\.cmake\.in)$", name) and \
                not re.match(r"^backends/\w+/|^tests/native/", name):
            for number, line in enumerate(lines, 1):
                for backend in self.backends:  # A program of that name is no backend.
                    if re.search(rf"(?<!find_program\(')\b{backend}\b", line.split("#")[0]):
                        self.report(name, number, f"names the backend {backend}")

    def source(self, name, text):
        # Comments go, literals stay as empty ones, line numbers stay.
        def blank(match):
            keep = '""' if match[0][0] in "R\"'" else ""
            return keep + "\n" * match[0].count("\n")

        literals = [(match[0], text.count("\n", 0, match.start()) + 1) for match in TOKEN.finditer(text)
                    if match[0].startswith('"')]
        code = TOKEN.sub(blank, text)
        no_comments = TOKEN.sub(lambda m: m[0] if m[0][0] in "R\"'" else "\n" * m[0].count("\n"), text)
        line_of = lambda match, where: where.count("\n", 0, match.start()) + 1
        each = lambda pattern, rule: [self.report(name, line_of(m, code), rule) for m in pattern.finditer(code)]

        lines = text.splitlines()
        if not lines or SPDX not in lines[0]:
            self.report(name, 1, "no SPDX line on top")
        if name.endswith(".hpp") and "#pragma once" not in lines:
            self.report(name, 1, "no #pragma once")
        limit = 80 if re.match(r"^examples/[^/]+$", name) else MAX_LINES
        if len(lines) > limit:
            self.report(name, limit + 1, f"longer than {limit} lines")

        header = re.match(r"^(include/plugtls|backends/(?P<backend>\w+)/plugtls)/(?P<rest>.*)$", name)
        if header:
            base = header["rest"].split("/")[-1]
            own = header["backend"]
            conditional = base == "compat.hpp" if own or "asio_net/" in name or "boost_net/" in name else \
                header["rest"] in ("detail/platform.hpp", "detail/exceptions.hpp")
            if not conditional:
                each(CONDITION, "#if outside of the files that may have it")
            if not conditional and name != "include/plugtls/version.hpp":
                each(MACRO, "a macro that is not the version's")
            if name != "include/plugtls/detail/exceptions.hpp":
                each(THROW, "try, catch or throw outside of detail/exceptions.hpp")
            if own and base != "handle.hpp":
                each(FREE, "free or goto outside of handle.hpp")
        for match in INCLUDE.finditer(no_comments):
            rule = self.forbidden(name, match[1] or match[2])
            if rule:
                self.report(name, line_of(match, no_comments), f"includes {match[1] or match[2]}: {rule}")
        if self.neutral_program(name):
            for backend in self.backends:
                for match in re.finditer(rf"\bplugtls\s*::\s*{backend}\b|\btls\s*::\s*{backend}\b", code):
                    self.report(name, line_of(match, code), f"names the backend {backend}")
                for literal, line in literals:
                    if literal == f'"{backend}"':
                        self.report(name, line, f"names the backend {backend}")

    @staticmethod
    def neutral_program(name):
        return re.match(r"^(tests/(conformance|interop|corpus|unit|support)|examples|bench/(?!raw/|peers/))", name)

    def forbidden(self, name, included):
        """The rule that an include breaks, or None."""
        ours = included.startswith("plugtls/")
        backend = self.backend_of(included)
        own = re.match(r"^backends/(\w+)/", name)
        if own:
            if backend and backend != own[1]:
                return "another backend"
            users = self.library_users.get(included.split("/")[0], set()) if "/" in included else set()
            return "the library of another backend" if users - {own[1]} else None
        if backend:
            return "a backend" if name.startswith(("include/", "tests/", "examples/", "bench/")) and \
                not re.match(r"^bench/(raw|peers)/|^tests/(packaging|style)/", name) else None
        library = included.split("/")[0] if "/" in included else ""
        if library in self.backends or library in self.library_users:
            return None if re.match(r"^bench/(raw|peers)/|^tests/native/", name) else "a TLS library"
        if name.startswith("include/plugtls/"):
            rest = name[len("include/plugtls/"):]
            if included == "plugtls/backend.hpp":
                return "a backend"
            if rest.startswith(("asio_net/", "boost_net/")):
                return None
            if not ours:
                posix = rest.startswith("net/") or rest == "detail/platform.hpp"
                return None if STD.match(included) or (posix and POSIX.match(included)) else \
                    "neither the standard library nor ours"
            if rest.startswith("detail/") and UPPER.match(included):
                return "detail/ lies below it"
            if included.startswith("plugtls/net/") and not (rest.startswith("net/") or rest == "plugtls.hpp"):
                return "net/ lies above it"
            return None
        if self.neutral_program(name) and included.startswith("plugtls/detail/") and \
                not name.startswith(("tests/unit/", "tests/support/")):
            return "detail/ is not public"
        if name.startswith("tests/unit/") and included == "plugtls/backend.hpp":
            return "a backend"
        return None


def source(text="", header=True):
    return f"// {SPDX}\n" + ("#pragma once\n" if header else "") + text


# A small good tree, and what each planted file must be reported for.
GOOD = {
    "include/plugtls/plugtls.hpp": source('#include "plugtls/net/tcp.hpp"\n#include <vector>\n'),
    "include/plugtls/net/tcp.hpp": source("#include <sys/socket.h>\n#include <unistd.h>\n"),
    "include/plugtls/detail/platform.hpp": source("#if defined(__linux__)\n#endif\n"),
    "include/plugtls/fine.hpp": source("// #if goto free( throw in a comment\ninline const char* s = \"throw 'x\";\n"
                                       "inline int big = 1'000;\ninline auto r = R\"x(\n#if try\n)x\";\n"),
    "backends/one/meson.build": f"# {SPDX}\n",
    "backends/two/meson.build": f"# {SPDX}\n",
    "backends/one/plugtls/one.hpp": source('#include <one/ssl.h>\n#include "plugtls/detail/platform.hpp"\n'),
    "backends/one/plugtls/one/handle.hpp": source("inline void f(void* p) { ONE_free(p); }\n"),
    "backends/one/plugtls/one/compat.hpp": source("#if ONE > 1\n#define X\n#endif\n"),
    "backends/two/plugtls/two.hpp": source("#include <two/ssl.h>\n#include <extra/x.h>\n"),
    "backends/one/tests/t.cpp": source('#include <one/ssl.h>\n#include "plugtls/one.hpp"\n', False),
    "tests/conformance/t.cpp": source("#include <plugtls/backend.hpp>\n", False),
    "tests/unit/t.cpp": source('#include "plugtls/detail/platform.hpp"\n', False),
    "meson.build": f"# {SPDX}\n# one\np = find_program('one')\n",
}
PLANTED = [
    ("include/plugtls/a.hpp", source("#include <one/ssl.h>\n"), "a TLS library"),
    ("include/plugtls/a.hpp", source("#include <gnutls/gnutls.h>\n"), "neither the standard library nor ours"),
    ("include/plugtls/a.hpp", source("#include <unistd.h>\n"), "neither the standard library nor ours"),
    ("include/plugtls/a.hpp", source('#include "plugtls/one.hpp"\n'), "a backend"),
    ("include/plugtls/a.hpp", source("#include <plugtls/backend.hpp>\n"), "a backend"),
    ("include/plugtls/a.hpp", source('#include "plugtls/net/tcp.hpp"\n'), "net/ lies above it"),
    ("include/plugtls/a.hpp", source("  # if X\n#endif\n"), "#if outside"),
    ("include/plugtls/a.hpp", source("#ifndef X\n#endif\n"), "#if outside"),
    ("include/plugtls/a.hpp", source("#define X\n"), "a macro"),
    ("include/plugtls/a.hpp", source("inline void f() { throw 1; }\n"), "try, catch or throw"),
    ("include/plugtls/a.hpp", source("inline void f() { try { } catch (...) { } }\n"), "try, catch or throw"),
    ("include/plugtls/a.hpp", f"// {SPDX}\n", "no #pragma once"),
    ("include/plugtls/a.hpp", "#pragma once\n", "no SPDX"),
    ("include/plugtls/a.hpp", source("\n" * 600), "longer than 600"),
    ("include/plugtls/net/a.hpp", source("#if X\n#endif\n"), "#if outside"),
    ("include/plugtls/net/a.hpp", source("#include <one/ssl.h>\n"), "a TLS library"),
    ("include/plugtls/detail/a.hpp", source("#include <poll.h>\n"), "neither the standard library nor ours"),
    ("include/plugtls/detail/a.hpp", source('#include "plugtls/stream.hpp"\n'), "detail/ lies below it"),
    ("include/plugtls/detail/a.hpp", source('#include "plugtls/settings.hpp"\n'), "detail/ lies below it"),
    ("include/plugtls/detail/a.hpp", source('#include "plugtls/engine.hpp"\n'), "detail/ lies below it"),
    ("include/plugtls/detail/compat.hpp", source("#if X\n#endif\n"), "#if outside"),
    ("backends/one/plugtls/one/a.hpp", source('#include "plugtls/two.hpp"\n'), "another backend"),
    ("backends/one/plugtls/one/a.hpp", source('#include "plugtls/two/a.hpp"\n'), "another backend"),
    ("backends/one/plugtls/one/a.hpp", source("#include <two/ssl.h>\n"), "the library of another backend"),
    ("backends/one/plugtls/one/a.hpp", source("#if X\n#endif\n"), "#if outside"),
    ("backends/one/plugtls/one/a.hpp", source("inline void f(void* p) { ONE_free(p); }\n"), "free or goto"),
    ("backends/one/plugtls/one/a.hpp", source("inline void f() { goto end; end:; }\n"), "free or goto"),
    ("backends/one/tests/a.cpp", source('#include "plugtls/two.hpp"\n', False), "another backend"),
    ("tests/conformance/a.cpp", source("#include <plugtls/one.hpp>\n", False), "a backend"),
    ("tests/conformance/a.cpp", source("#include <one/ssl.h>\n", False), "a TLS library"),
    ("tests/conformance/a.cpp", source("#include <extra/x.h>\n", False), "a TLS library"),
    ("tests/conformance/a.cpp", source('#include "plugtls/detail/x.hpp"\n', False), "detail/ is not public"),
    ("tests/conformance/a.cpp", source("using x = plugtls::one::engine;\n", False), "names the backend one"),
    ("tests/interop/a.cpp", source('const char* x = "two";\n', False), "names the backend two"),
    ("tests/unit/a.cpp", source("#include <plugtls/backend.hpp>\n", False), "a backend"),
    ("examples/a.cpp", source("#include <plugtls/one.hpp>\n", False), "a backend"),
    ("examples/a.cpp", source("\n" * 80, False), "longer than 80"),
    ("examples/plugtls/a.cpp", source('#include "plugtls/detail/x.hpp"\n', False), "detail/ is not public"),
    ("bench/a.cpp", source("#include <one/ssl.h>\n", False), "a TLS library"),
    ("examples/meson.build", f"# {SPDX}\nx = 'one'\n", "names the backend one"),
    ("examples/meson.build", f"# {SPDX}\n" + "\n" * 60, "longer than 60"),
    ("CMakeLists.txt", f"# {SPDX}\nset(x one)\n", "names the backend one"),
    ("packaging/a.cmake.in", f"# {SPDX}\nset(x two)\n", "names the backend two"),
    ("backends/one/library.cmake", "set(x one)\n", "no SPDX"),
    ("tests/a.sh", "#!/bin/sh\n", "no SPDX"),
    ("tests/a.py", "\n", "no SPDX"),
    ("README.md", "# x\n", "no SPDX"),
]


def check_tree(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return checker(folder).run()


def self_test():
    failures = [f"the good tree is reported: {problem}" for problem in check_tree(GOOD)]
    for name, text, rule in PLANTED:
        found = check_tree({**GOOD, name: text})
        if not any(problem.startswith(name + ":") and rule in problem for problem in found):
            failures.append(f"not found: {rule} in {name}: {text!r}; reported: {found}")
    return failures


if __name__ == "__main__":
    problems = self_test() if sys.argv[1:] == ["--self-test"] else checker(sys.argv[1]).run()
    print("\n".join(problems) if problems else "no violation")
    sys.exit(1 if problems else 0)
