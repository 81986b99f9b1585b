# SPDX-License-Identifier: BSL-1.0
"""What the tests of this folder share: commands that are timed, and projects that use plugtls."""
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PKI = ROOT / "tests" / "data" / "pki"
VERSION = re.search(r'VERSION_STRING "(.*)"', (ROOT / "include/plugtls/version.hpp").read_text())[1]


def fail(text):
    sys.exit(f"failed: {text}")


def attempt(*command, **more):
    """Returns the exit status and all that was said."""
    environment = {**os.environ, "CMAKE_GENERATOR": "Ninja", **more.pop("env", {})}
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env=environment, **more)
    return result.returncode, result.stdout


def run(*command, **more):
    status, said = attempt(*command, **more)
    if status:
        fail(f"{' '.join(str(part) for part in command)}\n{said}")
    return said


def contains(said, *parts):
    """The message has all parts, however its lines are broken."""
    flat = " ".join(said.split()).replace(" :", ":")
    for part in parts:
        if part not in flat:
            fail(f"the message lacks: {part}\n{said}")


def refused(what, result, *parts):
    status, said = result
    if status == 0:
        fail(f"{what} is not refused:\n{said}")
    contains(said, *parts)
    print(f"{what}: refused")


class stopwatch:
    """Prints what each step of one way took."""

    def __init__(self, way):
        self.way, self.steps = way, []

    def run(self, step, *command, **more):
        begin = time.monotonic()
        said = run(*command, **more)
        self.steps.append(f"{step} {time.monotonic() - begin:.1f} s")
        return said

    def program(self, path, backend):
        """The program makes a handshake and tells its backend."""
        said = self.run("run", path, PKI)
        if not said.startswith(f"{backend} {VERSION}: "):
            fail(f"{path} says {said}, not {backend} {VERSION}")
        print(f"{self.way}, {backend}: {', '.join(self.steps)}")
        self.steps = []


def install(work, default, backends):
    """Installs into WORK with the README's line, and moves the installed tree to another place."""
    first, prefix = work / "first", work / "prefix"
    options = f"--prefix={first} -Dtls_backend={default} -Dtest_backends={','.join(backends)} -Dpkgconfig.relocatable=true"
    line = next(line for line in readme("sh") if line.startswith("meson setup"))
    line = replaced(replaced(line, "setup build", f"setup {work}/build {ROOT} {options}"), "-C build", f"-C {work}/build")
    run("sh", "-ec", line)
    first.rename(prefix)
    return prefix


def readme(language):
    """The lines of one language in the README's section on use."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Use it in your project")[1].split("\n## ")[0]
    blocks = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    if not blocks:
        fail(f"the README shows no {language}")
    return "".join(blocks).splitlines()


def replaced(text, old, new):
    if old not in text:
        fail(f"the README no longer says {old}")
    return text.replace(old, new)


def cmake_project(folder, source, lines):
    folder.mkdir(parents=True)
    (folder / "program.cpp").symlink_to(HERE / source)
    (folder / "CMakeLists.txt").write_text("\n".join(
        ["cmake_minimum_required(VERSION 3.16...3.25)", "project(program LANGUAGES CXX)", *lines, ""]))
    return folder


def meson_project(folder, source, lines):
    (folder / "subprojects").mkdir(parents=True)
    (folder / "subprojects" / "plugtls").symlink_to(ROOT)
    (folder / "program.cpp").symlink_to(HERE / source)
    (folder / "meson.build").write_text("\n".join(["project('program', 'cpp', default_options: ['cpp_std=c++20'])", *lines, ""]))
    return folder
