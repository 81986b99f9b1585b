#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Uses plugtls as a user does: run.py WAY ROOT WORK DEFAULT BACKEND... -- COMPILER...

    installed   `meson install` into a prefix, then the compiler with pkg-config, by each backend's name and by default
    subproject  a Meson project with plugtls in subprojects/, the backend switched by one option

Each consumer makes a handshake and prints the name of the backend that was asked for."""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def run(*command, **more):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if result.returncode:
        sys.exit(f"failed: {' '.join(str(part) for part in command)}\n{result.stdout}{result.stderr}")
    return result.stdout


def expect(program, root, backend):
    said = run(program, root / "tests" / "data" / "pki")
    if not said.startswith(backend + ":"):
        sys.exit(f"{program} says {said}, not {backend}")
    print(program, said)


def installed(root, work, default, backends, compiler):
    prefix = work / "prefix"
    run("meson", "setup", work / "build", root, f"--prefix={prefix}", "-Dtests=false", "-Dexamples=false", "-Dbench=false",
        f"-Dtls_backend={default}")
    run("meson", "install", "-C", work / "build", "--quiet")
    hidden = [path for path in prefix.rglob("*.hpp") if path.name == "backend.hpp" and "plugtls-backends" not in str(path)]
    if hidden:
        sys.exit(f"include/plugtls has a backend.hpp of one backend: {hidden}")
    folders = {str(path.parent) for path in prefix.rglob("*.pc")}
    environment = {**os.environ, "PKG_CONFIG_PATH": ":".join(folders)}
    for module, backend in [("plugtls", default)] + [(f"plugtls-{name}", name) for name in backends]:
        flags = shlex.split(run("pkg-config", "--cflags", "--libs", module, env=environment))
        program = work / f"installed-{module}"
        run(*compiler, "-std=c++20", HERE / "consumer.cpp", "-o", program, *flags)
        expect(program, root, backend)


def subproject(root, work, default, backends, compiler):
    for backend in backends:
        project = work / backend
        (project / "subprojects").mkdir(parents=True)
        (project / "subprojects" / "plugtls").symlink_to(root)
        shutil.copy(HERE / "consumer.cpp", project)
        (project / "meson.build").write_text((HERE / "subproject.meson").read_text().replace("@BACKEND@", backend))
        run("meson", "setup", project / "build", project)
        run("meson", "compile", "-C", project / "build")
        expect(project / "build" / "consumer", root, backend)


def main(way, root, work, default, *rest):
    split = rest.index("--")
    work = pathlib.Path(work) / way
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    {"installed": installed, "subproject": subproject}[way](pathlib.Path(root), work, default, rest[:split], rest[split + 1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
