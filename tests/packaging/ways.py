#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Uses plugtls as a user does, with the lines that the README shows: ways.py WAY WORK DEFAULT BACKENDS -- COMPILER...

    pkg-config   an installed copy, by default and by each backend's name
    cmake        an installed copy, the backend switched by one option, and all by name
    cmake-source the sources, by add_subdirectory and by FetchContent, the backend switched by one option
    meson        the sources as a subproject, the backend switched by one option; with a wrap; one by name
    compiler     the include path alone; the single header
    program      the plugtls program is installed with them

Each program makes a handshake and prints the name of the backend that was asked for. The time of each step is printed."""
import json
import pathlib
import re
import shutil
import sys

from common import HERE, ROOT, VERSION, cmake_project, contains, fail, install, meson_project, readme, replaced, run, stopwatch


def shell(command, compiler):
    """A line of the README, with the compiler that is in use."""
    return ["sh", "-ec", replaced(command, "g++ ", " ".join(compiler) + " ")]


def pkg_config(work, default, backends, compiler):
    prefix = install(work, default, backends)
    if [path for path in prefix.rglob("backend.hpp") if "plugtls-backends" not in str(path)]:
        fail("include/plugtls has a backend.hpp of one backend")
    environment = {"PKG_CONFIG_PATH": ":".join({str(path.parent) for path in prefix.rglob("*.pc")})}
    if run("pkg-config", "--modversion", "plugtls", env=environment).strip() != VERSION:
        fail("plugtls.pc and version.hpp disagree")
    line = next(line for line in readme("sh") if "pkg-config" in line)
    (work / "program.cpp").symlink_to(HERE / "consumer.cpp")
    for module, backend in [("plugtls", default)] + [(f"plugtls-{name}", name) for name in backends if name != default]:
        watch = stopwatch("pkg-config")
        watch.run("compile", *shell(replaced(line, "plugtls)", module + ")"), compiler), cwd=work, env=environment)
        watch.program(work / "program", backend)
    flags = [run("pkg-config", "--cflags", "--libs", module, env=environment) for module in ("plugtls", f"plugtls-{default}")]
    if flags[0] != flags[1]:
        fail(f"plugtls.pc is not that of {default}: {flags}")


def build_cmake(way, project, backend, *options):
    watch = stopwatch(way)
    said = watch.run("configure", "cmake", "-S", project, "-B", project / "build", *options)
    watch.run("compile", "cmake", "--build", project / "build")
    watch.program(project / "build" / "program", backend)
    return said


def cmake(work, default, backends, _):
    prefix = install(work, default, backends)
    lines = readme("cmake")
    project = cmake_project(work / "project", "consumer.cpp", lines)
    found = f"-DCMAKE_PREFIX_PATH={prefix}"
    contains(build_cmake("CMake, installed", project, default, found), f"plugtls: {default} ")
    for backend in backends:
        if backend != default:
            build_cmake("CMake, installed", project, backend, found, f"-DPLUGTLS_BACKEND={backend}")
    # All by name: configured only, since the flags are what could differ.
    all_names = [f"add_executable(program-{name} program.cpp)\ntarget_link_libraries(program-{name} plugtls::{name})"
                 for name in backends]
    versions = 'if(NOT plugtls_VERSION STREQUAL "%s")\nmessage(FATAL_ERROR "${plugtls_VERSION}")\nendif()' % VERSION
    project = cmake_project(work / "by-name", "consumer.cpp", [
        replaced(lines[0], "REQUIRED", f"{VERSION} EXACT REQUIRED COMPONENTS core {' '.join(backends)}"), versions, *all_names])
    run("cmake", "-S", project, "-B", project / "build", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", found)
    commands = (project / "build" / "compile_commands.json").read_text()
    for backend in backends:
        contains(commands, f"plugtls-backends/{backend}")
    if str(work / "first") in commands:
        fail("the CMake package tells where the tree was installed first")


def cmake_source(work, default, backends, _):
    lines = readme("cmake")
    ways = [("add_subdirectory", f"add_subdirectory({ROOT} plugtls)", []),
            ("FetchContent", "include(FetchContent)\nFetchContent_Declare(plugtls URL http://nowhere.invalid/)\n"
             "FetchContent_MakeAvailable(plugtls)", [f"-DFETCHCONTENT_SOURCE_DIR_PLUGTLS={ROOT}"])]
    for number, backend in enumerate([default] + [name for name in backends if name != default]):
        way, line, options = ways[number % 2]
        # A subdirectory of its own: the targets must be seen from outside of it.
        project = cmake_project(work / backend, "consumer.cpp", ["add_subdirectory(third_party)", *lines[1:]])
        (project / "third_party").mkdir()
        (project / "third_party" / "CMakeLists.txt").write_text(line + "\n")
        build_cmake(f"CMake, {way}", project, backend, *options, *([f"-DPLUGTLS_BACKEND={backend}"] if number else []))


def meson(work, default, backends, _):
    lines = readme("meson")
    option = re.search(r"tls_backend=\w+", lines[0])[0]
    for number, backend in enumerate(backends):
        project = work / backend
        if number == 0:  # With a wrap the dependency alone brings the subproject, and the option belongs to it.
            use = [replaced(lines[1], "dependency('plugtls')",
                            f"dependency('plugtls', default_options: ['tls_backend={backend}'])")]
        elif number == 1:  # By name, whatever the default is.
            use = [replaced(lines[0], option, f"tls_backend={default}"), replaced(lines[1], "'plugtls')", f"'plugtls-{backend}')")]
        else:
            use = [replaced(lines[0], option, f"tls_backend={backend}"), lines[1]]
        meson_project(project, "consumer.cpp", use)
        if number == 0:
            (project / "subprojects" / "plugtls.wrap").write_text(
                "[wrap-file]\ndirectory = plugtls\n\n[provide]\ndependency_names = plugtls, " +
                ", ".join(f"plugtls-{name}" for name in backends) + "\n")
        watch = stopwatch("Meson, " + ("wrap", "by name", "option")[min(number, 2)])
        watch.run("configure", "meson", "setup", project / "build", project)
        watch.run("compile", "meson", "compile", "-C", project / "build")
        watch.program(project / "build" / "program", backend)


def compiler(work, _, backends, command):
    for name in ("include", "backends"):
        (work / name).symlink_to(ROOT / name)
    source = (HERE / "consumer.cpp").read_text()
    (work / "program.cpp").write_text(source)
    tried = set()
    for line in readme("sh"):
        named, single = re.search(r"-Ibackends/(\w+)", line), re.search(r'"plugtls-(\w+)\.hpp"', line)
        if single and single[1] in backends:
            output = work / "build" / "tools" / "single" / f"plugtls-{single[1]}.hpp"
            output.parent.mkdir(parents=True)
            run(sys.executable, "-B", ROOT / "tools" / "single" / "amalgamate.py", ROOT, single[1], output)
            (work / "program_single.cpp").write_text(f'#include "{output.name}"\n' + re.sub(r"#include <plugtls/.*\n", "", source))
            (work / "include").unlink()
        if (named or single) and (named or single)[1] in backends:
            watch = stopwatch("single header" if single else "include path")
            watch.run("compile", *shell(line, command), cwd=work)
            watch.program(work / "program", (named or single)[1])
            tried.add((named or single)[1])
    if tried != set(backends):
        fail(f"the README shows the compiler's line of {tried}, not of {backends}")


def program(work, *_):
    build = next(folder for folder in work.parents if (folder / "build.ninja").is_file())
    places = json.loads(run("meson", "introspect", "--installed", build)).values()
    if not any(pathlib.Path(place).parts[-2:] == ("bin", "plugtls") for place in places):
        fail("the plugtls program is not installed")


def main(way, work, default, backends, *rest):
    work = pathlib.Path(work).resolve() / way
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    {"pkg-config": pkg_config, "cmake": cmake, "cmake-source": cmake_source, "meson": meson, "compiler": compiler, "program": program}[way](
        work, default, backends.split(","), rest[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
