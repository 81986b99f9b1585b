#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What goes wrong between plugtls, a library and a project, and the message that must be seen: mistakes.py WHAT WORK DEFAULT
BACKENDS -- COMPILER...

    missing   a backend that is unknown, not installed, or whose library is not on the machine; a wrong version
    copies    a second copy of each library on the machine, which pkg-config or the compiler finds first
    single    single headers of two versions in one unit
    version   a program, in the place of the compiler, whose library says that it is older or newer"""
import pathlib
import re
import shutil
import sys

from common import ROOT, attempt, cmake_project, contains, fail, install, meson_project, refused, replaced, run

PACKAGES = {path.parent.name: re.search(r"^backend_package = '(.*)'", path.read_text(), re.MULTILINE)[1]
            for path in sorted((ROOT / "backends").glob("*/meson.build"))}


def configure_cmake(work, lines, *options):
    folder = work / "cmake"
    shutil.rmtree(folder, ignore_errors=True)
    cmake_project(folder, "refused.cpp", lines)
    return attempt("cmake", "-S", folder, "-B", folder / "build", *options)


def configure_meson(work, lines, *options, **environment):
    folder = work / "meson"
    shutil.rmtree(folder, ignore_errors=True)
    meson_project(folder, "refused.cpp", lines)
    return attempt("meson", "setup", folder / "build", folder, *options, env=environment)


def missing_cmake(work, default, backends):
    prefix = install(work, default, [default])
    others = [name for name in PACKAGES if name != default]
    found = f"-DCMAKE_PREFIX_PATH={prefix}"
    status = 'message(STATUS "found: ${plugtls_FOUND}; %s")' % " ".join("${plugtls_%s_FOUND}" % n for n in [default, *others])
    nothing_else = " ".join(["FALSE"] * len(others))
    cmake = lambda line, *options: configure_cmake(work, [line, status], found, *options)

    refused("CMake: an unknown backend", cmake("find_package(plugtls REQUIRED COMPONENTS nosuch)"),
            'no TLS backend "nosuch"', f"has: {default}")
    refused("CMake: an unknown default", cmake("find_package(plugtls REQUIRED)", "-DPLUGTLS_BACKEND=nosuch"), '"nosuch"')
    for name in others:
        refused(f"CMake: {name} is not installed", cmake(f"find_package(plugtls REQUIRED COMPONENTS {default} {name})"),
                f'"{name}" is not in this copy of plugtls, which has: {default}', f"apt-get install {PACKAGES[name]}")
    every = " ".join(others)
    contains(cmake(f"find_package(plugtls REQUIRED COMPONENTS {default} OPTIONAL_COMPONENTS {every})")[1],
             f"found: 1; TRUE {nothing_else}", "Configuring done")
    contains(cmake(f"find_package(plugtls COMPONENTS {every})")[1], f'"{others[0]}" is not in this copy', "found: 0;")
    contains(cmake("find_package(plugtls QUIET COMPONENTS nosuch)")[1], "found: 0;", "Configuring done")
    for version in ("0.0", "0.2", "1.0", "0.1.99", "0.2...1.0"):
        refused(f"CMake: version {version}", cmake(f"find_package(plugtls {version} REQUIRED)"), "0.1.0")
    for version in ("0.1", "0.1.0", "0.1.0 EXACT", "0.1...0.9"):
        if cmake(f"find_package(plugtls {version} REQUIRED)")[0]:
            fail(f"CMake: version {version} is refused")
    library_path = run("c++", "-print-multiarch").strip()
    hidden = "-DCMAKE_IGNORE_PATH=" + ";".join(
        f"{top}/{folder}" for top in ("", "/usr", "/usr/local")
        for folder in ("include", "lib", "lib64", f"lib/{library_path}", f"include/{library_path}"))
    refused("CMake: a library that is not there", cmake("find_package(plugtls REQUIRED)", hidden),
            f'the library of the TLS backend "{default}" is not found', f"apt-get install {PACKAGES[default]}")

    sources = f"add_subdirectory({ROOT} plugtls)"
    for name in PACKAGES:
        refused(f"CMake, sources: the library of {name} is not there",
                configure_cmake(work, [sources], hidden, f"-DPLUGTLS_BACKEND={name}"),
                f'the library of the TLS backend "{name}" is not found', f"apt-get install {PACKAGES[name]}")
    refused("CMake, sources: an unknown backend", configure_cmake(work, [sources], "-DPLUGTLS_BACKEND=nosuch"),
            'no TLS backend "nosuch"', "has: " + ", ".join(PACKAGES))


def missing_meson(work, default):
    use = "subproject('plugtls', default_options: ['tls_backend={}'])"
    refused("Meson: an unknown backend", configure_meson(work, [use.format("nosuch")]), 'no TLS backend "nosuch"',
            ", ".join(PACKAGES))
    # Without the programs that find libraries, only those are left that the compiler finds by itself.
    no_finders = work / "no-finders.ini"
    no_finders.write_text("[binaries]\npkg-config = '/nonexistent'\npkgconfig = '/nonexistent'\ncmake = '/nonexistent'\n")
    configure = lambda *lines: configure_meson(work, lines, "--native-file", no_finders)
    said = configure(use.format(default))[1]
    hidden = [name for name in PACKAGES if f'TLS backend "{name}" left out' in said]
    there = [name for name in PACKAGES if name not in hidden]
    if not hidden or not there:
        fail(f"no backend is left out, or none is there:\n{said}")
    for name in hidden:
        refused(f"Meson: the library of {name} is not there", configure(use.format(name)),
                f'the library of TLS backend "{name}" (package {PACKAGES[name]}) is not found', f"found here: {', '.join(there)}")
        refused(f"Meson: dependency('plugtls-{name}') is not there",
                configure(use.format(there[0]), f"dependency('plugtls-{name}')"),
                f"plugtls-{name}", f'TLS backend "{name}" left out', f"apt-get install {PACKAGES[name]}")


def missing(work, default, backends, _):
    missing_cmake(work, default, backends)
    missing_meson(work, default)


def copies(work, _, backends, compiler):
    for name in backends:
        other = ROOT / "backends" / name / "tests" / "other_prefix"
        pc = next(iter((other / "lib" / "pkgconfig").glob("*.pc")))
        version = re.search(r"^Version: (.*)", pc.read_text(), re.MULTILINE)[1]
        use = [f"subproject('plugtls', default_options: ['tls_backend={name}'])",
               "executable('program', 'program.cpp', dependencies: dependency('plugtls'))"]

        # pkg-config finds the other copy, whose library is not what the program runs with.
        status, said = configure_meson(work, use, PKG_CONFIG_PATH=str(pc.parent))
        contains(said, f"{name}: {version} in ", "other_prefix")
        run("meson", "compile", "-C", work / "meson" / "build")
        refused(f"{name}: another library at run time", attempt(work / "meson" / "build" / "program"),
                f"{name}: unsupported: this program was compiled against", ", and runs with",
                "install the former, or rebuild it")

        # The compiler finds the other copy's headers, pkg-config the first one.
        has_module = "found: NO (tried pkgconfig" not in configure_meson(work, use[:1], PKG_CONFIG_PATH="")[1].split(pc.stem)[1][:80]
        status, said = configure_meson(work, use[:1], CPATH=str(other / "include"))
        if has_module:
            contains(said, f'TLS backend "{name}": the headers are of version {version}, while pkg-config tells', "CPATH")
        else:
            contains(said, f"{name}: {version} in the compiler's paths")

        # CMake tells which headers and which library it takes.
        status, said = configure_cmake(work, [f"add_subdirectory({ROOT} plugtls)"], f"-DCMAKE_PREFIX_PATH={other}",
                                       f"-DPLUGTLS_BACKEND={name}")
        contains(said, f"plugtls: {name} {version} ({other}/include, /")
        print(f"{name}: the copy that is used is told")


def single(work, default, _, compiler):
    source = work / "unit.cpp"
    for number, name in enumerate(["one", "two"]):
        header = work / f"{name}.hpp"
        run(sys.executable, "-B", ROOT / "tools" / "single" / "amalgamate.py", ROOT, default, header)
        if number:
            text = replaced(header.read_text(), "#pragma once\n", "")
            if text != replaced((work / "one.hpp").read_text(), "#pragma once\n", ""):
                fail("two runs of amalgamate.py differ")
            header.write_text(re.sub(r"(PLUGTLS_SINGLE(?: !=)?) \d+$", r"\1 99999", text, flags=re.MULTILINE))
    source.write_text('#include "one.hpp"\n#include "two.hpp"\n')
    refused("two versions of the single header", attempt(*compiler, "-std=c++20", "-fsyntax-only", source),
            "two single headers of different versions")


def version(_, name, __, program):
    for environment, running in [({}, "1.1.1"), ({"PLUGTLS_TEST_NEWER": "1"}, "9.0.0")]:
        refused(f"{name} {running} at run time", attempt(*program, env=environment),
                f"{name}: unsupported: this program was compiled against", f", and runs with", f" {running}; install the former")


def main(what, work, default, backends, *rest):
    work = pathlib.Path(work).resolve() / f"{what}-{default}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    {"missing": missing, "copies": copies, "single": single, "version": version}[what](work, default, backends.split(","), rest[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
