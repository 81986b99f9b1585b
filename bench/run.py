#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Builds and runs the benchmarks, and writes the report: what ./dev bench does once the packages are there."""
import argparse
import hashlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
QUICK_SECONDS = 180
BEGUN = time.monotonic()


def say(text):
    print(f"dev: {text}", file=sys.stderr)


def fail(status, text):
    say(text)
    sys.exit(status)


def arguments():
    p = argparse.ArgumentParser(prog="./dev bench",
                                description="Compares TLS libraries, and plugtls with other ways to use them.")
    p.add_argument("--quick", action="store_true", help="few and short rounds: 3 minutes in all")
    p.add_argument("--filter", default="", metavar="RE",
                   help="only rows that this finds in TABLE/ROW TITLE, as handshakes/.*resumed")
    p.add_argument("--with", dest="others", action="append", default=[], metavar="BACKEND=/PREFIX",
                   help="also another installation of a library; may be given several times")
    p.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench-report", metavar="FOLDER",
                   help="where the report goes (default: build/bench-report)")
    return p.parse_args()


def check_folder(folder):
    """Said before anything is built or measured, not after."""
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as e:
        fail(1, f"the report cannot be written to {folder}: {e.strerror}")


def other(text):
    """BACKEND=/PREFIX as (backend, prefix), when the library is there."""
    backend, _, given = text.partition("=")
    recipe = ROOT / "backends" / backend / "meson.build"
    known = sorted(f.parent.name for f in (ROOT / "backends").glob("*/any.cpp"))
    if backend not in known or not given:
        fail(2, f'--with {text}: it takes BACKEND=/PREFIX, where BACKEND is one of {", ".join(known)}')
    prefix = pathlib.Path(given).resolve()
    header = re.search(r"^backend_version = \['([^']+)'", recipe.read_text(encoding="utf-8"), re.MULTILINE)[1]
    if not (prefix / "include" / header).is_file():
        fail(1, f"--with {text}: there is no {backend} in {prefix} (no include/{header})")
    if not library_folders(prefix):
        fail(1, f"--with {text}: there is no library in {prefix} (no lib, no lib64)")
    return backend, prefix


def library_folders(prefix):
    return [f for f in (prefix / "lib64", prefix / "lib", *prefix.glob("lib/*-linux-gnu")) if f.is_dir()]


def run_quietly(command, log, env=None):
    """What a command says goes to a log, and is shown when it fails."""
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(list(map(str, command)), stdout=out, stderr=subprocess.STDOUT, env=env, check=False)
    if done.returncode != 0:
        sys.stderr.write("".join(pathlib.Path(log).read_text(encoding="utf-8").splitlines(True)[-30:]))
        fail(1, "failed: " + " ".join(map(str, command)))


def configure(folder, options, env=None):
    """Anew where the tools or the environment changed, else not at all: ninja sees what changed in the build files."""
    stamp = f"{ROOT} {options} {subprocess.run(['c++', '--version'], capture_output=True, text=True, check=False).stdout}"
    known = folder / ".stamp"  # ./dev removes it when it has installed something
    if (folder / "build.ninja").is_file() and known.is_file() and known.read_text(encoding="utf-8") == stamp:
        return
    folder.mkdir(parents=True, exist_ok=True)
    again = ["--wipe"] if (folder / "build.ninja").is_file() else []
    run_quietly(["meson", "setup", folder, ROOT, *again, "-Dbuildtype=release", "-Dtests=false", "-Dexamples=false", *options],
                folder.parent / f"{folder.name}.log", env)
    known.write_text(stamp, encoding="utf-8")


def ninja(folder, targets):
    """On a terminal ninja's own line tells how far it is."""
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    if subprocess.run(["ninja", "-C", str(folder), *quiet, *targets], stdout=sys.stderr, check=False).returncode != 0:
        fail(1, f"the benchmarks do not build (in {folder})")


def build_system(quick):
    configure(BUILD, [])
    listed = subprocess.run(["ninja", "-C", str(BUILD), "-t", "targets", "all"], capture_output=True, text=True, check=True)
    wanted = r"^(bench/(?:product|peers/\w+)/(?:(?:bench|peers|lib|client)-\w+(?:\.so)?|plugtls-bench)): "
    programs = re.findall(wanted, listed.stdout, re.MULTILINE)
    if not any(p.endswith("plugtls-bench") for p in programs):
        fail(3, "CLI11 or nlohmann-json is missing; please install: libcli11-dev nlohmann-json3-dev")
    for line in (BUILD.parent / f"{BUILD.name}.log").read_text(encoding="utf-8").splitlines():
        if "does not compare with it" in line:
            say(line.partition("WARNING: ")[2])
    say("building the benchmarks")
    ninja(BUILD, [p for p in programs if not (quick and "/client-" in p)])  # their sizes are not worth half a minute each


def build_other(backend, prefix, quick):
    """A build folder for each installation. What the compiler and pkg-config look at comes first from there."""
    name = f"{backend}-{hashlib.sha256(str(prefix).encode()).hexdigest()[:8]}"
    folder = BUILD.parent / "bench-with" / name
    libraries = library_folders(prefix)
    configs = [str(f / "pkgconfig") for f in libraries if (f / "pkgconfig").is_dir()]
    env = os.environ | {"CPATH": str(prefix / "include"), "LIBRARY_PATH": ":".join(map(str, libraries)),
                        "PKG_CONFIG_PATH": ":".join(configs), "LDFLAGS": " ".join(f"-Wl,-rpath,{f}" for f in libraries)}
    os.environ.update({k: env[k] for k in ("CPATH", "LIBRARY_PATH")})  # the compiler's, when ninja runs
    configure(folder, [f"-Dtls_backend={backend}", f"-Dtest_backends={backend}"], env)
    say(f"building the benchmarks with {prefix}")
    programs = [f"bench-{backend}.so", "lib-counting.so"] + ([] if quick else [f"client-{backend}"])
    ninja(folder, [f"bench/product/{p}" for p in programs])
    for k in ("CPATH", "LIBRARY_PATH"):
        os.environ.pop(k)
    return f"{folder / 'bench' / 'product'}={prefix}"


def measure(options, modules, results):
    command = [BUILD / "bench" / "product" / "plugtls-bench", "--out", results, "--filter", options.filter]
    for place in modules:
        command += ["--modules", place]
    if options.quick:
        left = max(30, QUICK_SECONDS - 3 - (time.monotonic() - BEGUN))
        command += ["--quick", "--rounds", "11", "--round-time", "2", "--seconds", f"{left:.0f}"]
    # An interrupt is for the runner, which ends in order, and once: a second one ends it at once. Here it must not end what
    # writes the report.
    runner = subprocess.Popen(list(map(str, command)), start_new_session=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: runner.send_signal(n))
    return runner.wait()


def main():
    options = arguments()
    check_folder(options.out)
    others = [other(text) for text in options.others]
    results = options.out / "results.json"
    build_system(options.quick)
    modules = [BUILD / "bench" / "product", *sorted({f.parent for f in BUILD.glob("bench/peers/*/peers-*.so")})]
    modules += [build_other(backend, prefix, options.quick) for backend, prefix in others]
    results.unlink(missing_ok=True)
    status = measure(options, modules, results)
    if not results.is_file() or status == 2:
        sys.exit(status or 1)
    if status not in (0, 130):
        say("the runner failed; what it had measured is in the report, marked as partial")
    report = ROOT / "bench" / "report" / "report.py"
    made = subprocess.run([sys.executable, str(report), str(results), str(options.out)], check=False)
    if made.returncode == 0:
        print(*(options.out / name for name in ("report.html", "results.json", "results.csv", "targets.json")), sep="\n")
    sys.exit(status or made.returncode)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail(130, "interrupted before anything was measured")
