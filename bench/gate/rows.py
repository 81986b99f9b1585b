# SPDX-License-Identifier: BSL-1.0
"""The rows of the gate: each backend's programs are run, and their figures put against each other."""
import re

from callgrind import Failed, Unsupported, per_operation, profile, run
from size import by_owner, costly_headers, functions, lines, of_owners, text, written_in

KINDS = {"engine": "engine", "stream": "stream", "any_engine": "any", "duplex_stream": "duplex"}


class Programs:
    """Runs the programs of one backend, each once and as many at a time as there are cores."""

    def __init__(self, pool, build, backend, has_valgrind):
        self.pool, self.folder, self.backend, self.has_valgrind = pool, build / "bench", backend, has_valgrind
        self.started = {}

    def ask(self, how, program, *words):
        """Starts a program; a second time gives the same answer."""
        key = (how, program, *words)
        if key not in self.started:
            command = [self.folder / f"{program}-{self.backend}", *words]
            self.started[key] = self.pool.submit(how, command)
        return self.started[key]

    def figures(self, program, *words):
        answer = self.ask(run, program, *words)
        return lambda: {line[0]: float(line[1]) for line in answer.result() if line[0] != "workload"}

    def counts(self, program, *words):
        if not self.has_valgrind:
            return lambda: None
        return self.ask(profile, program, *words).result


class Row:
    """One figure; `why` names the functions that make the difference, where callgrind tells."""

    def __init__(self, name, backend, version, measured, why=None):
        self.name, self.backend, self.version, self.measured, self.why = name, backend, version, measured, why or []


def difference(ours, bare):
    """The functions that cost more, or less, the most first."""
    names = {name: ours.get(name, 0) - bare.get(name, 0) for name in {*ours, *bare}}
    return [(round(cost, 1), name) for name, cost in sorted(names.items(), key=lambda item: -abs(item[1])) if abs(cost) >= 1][:16]


def most_common(found):
    return [(count, name) for name, count in found.most_common(24)]


def instruction_rows(p, version):
    """Of single calls in memory, against an expert's use of the library."""
    bare = p.counts("raw", "calls", version)
    ours = {kind: p.counts("plugtls", word, "calls", version) for kind, word in KINDS.items()}
    least = {kind: p.counts("raw", f"least_{kind}", version) for kind in ("engine", "stream")}

    def rows():
        def added(label, kind, workload, ours=ours):
            with_us, shares = per_operation(ours[kind]()[0], workload)
            without, bare_shares = per_operation(bare()[0], workload)
            return label, round(with_us - without, 1), difference(shares, bare_shares)
        for kind in KINDS:
            yield added(f"write, {kind}", kind, "write_64")
            yield added(f"read, {kind}", kind, "read_64")
            if kind in least:
                yield added(f"write, {kind}, least", kind, "write_64", least)
        yield added("write 16 kB, stream", "stream", "write_16000")
        yield added("read 16 kB, stream", "stream", "read_16000")
        total, shares = per_operation(ours["stream"]()[0], "blocked_64")
        yield "would-block read", round(total, 1), difference(shares, {})
        yield "would-block read, bare", round(per_operation(bare()[0], "blocked_64")[0], 1), None
    return rows, ("write,", "write 16", "read,", "read 16", "would-block"), True


def tcp_rows(p, version):
    """Over TCP, against what most programs do."""
    naive, bare = p.counts("raw", "naive_tcp", version), p.counts("raw", "tcp", version)
    ours = p.counts("plugtls", "stream", "tcp", version)

    def rows():
        base, naive_shares = per_operation(naive()[0], "tcp_64")
        total, shares = per_operation(ours()[0], "tcp_64")
        yield "64 B over TCP", round(total / base, 3), difference(shares, naive_shares)
        yield "64 B over TCP, bare", round(per_operation(bare()[0], "tcp_64")[0] / base, 3), None
    return rows, ("64 B",), True


def heap_rows(p, version):
    """Allocations and heap, against an expert's use of the library."""
    ours = {what: p.figures("plugtls", "stream", what, version) for what in ("calls", "handshakes", "new_handshakes", "idle", "idle_released")}
    bare = {what: p.figures("raw", what, version) for what in ("calls", "handshakes", "new_handshakes", "idle", "idle_released")}

    def rows():
        def added(what, figure):
            return ours[what]()[figure] - bare[what]()[figure]
        yield "allocations, write + read", max(added("calls", f"allocations_per_round_{n}") for n in (64, 16000)), None
        yield "allocations, client", round(added("handshakes", "client_allocations"), 1), None
        yield "allocations, server", round(added("handshakes", "server_allocations"), 1), None
        yield "allocations, new chain", round(added("new_handshakes", "client_allocations"), 1), None
        for end in ("client", "server"):
            yield f"idle heap, {end}", added("idle", f"{end}_heap"), None
        yield "idle heap, bare client", bare["idle"]()["client_heap"], None
        try:
            yield "idle heap, bare, released", bare["idle_released"]()["client_heap"], None
            yield "idle heap, released", added("idle_released", "client_heap"), None
        except Unsupported:
            pass  # the library cannot
    return rows, ("allocations", "idle"), False


def transport_rows(p, version):
    """Calls of the transport, counted by the transport."""
    ours = p.figures("plugtls", "stream", "transport_calls", version)

    def rows():
        for name, figure in (("reads per 16 KiB", "reads_per_16k"), ("reads per 1 KiB", "reads_per_1k"),
                             ("calls per ping-pong", "calls_per_ping_pong"), ("server sends", "server_sends")):
            yield name, ours()[figure], None
    return rows, ("reads per", "calls per", "server sends"), False


def parse_rows(p, version):
    """How often the library parses certificates in a client's handshake."""
    bare = p.counts("raw", "parses", version)
    ours = {"parses": p.counts("plugtls", "stream", "parses", version),
            "parses, new chain": p.counts("plugtls", "stream", "new_parses", version)}

    def rows():
        pattern = re.compile(bare()[1]["parser"])

        def parses(workloads):
            count, part = {name: (count, part) for name, count, part in workloads}["handshake"]
            return sum(n for name, n in part.calls.items() if pattern.fullmatch(name.split("'")[0])) / count
        base = parses(bare()[0])
        if base == 0:
            raise Failed(f"no call of {pattern.pattern} is in the profile of the bare library")
        for name, found in ours.items():
            yield name, parses(found()[0]) - base, [(base, "without plugtls")]
    return rows, ("parses",), True


def size_rows(p, build, settings):
    """What a program gains before it runs; the same for all versions."""
    with_us, bare = (build / "bench" / f"{name}-{p.backend}" for name in ("https", "https-raw"))

    def rows():
        included = lines(build, p.backend)
        yield "lines", included.total(), most_common(included)
        found = costly_headers(build, p.backend, settings["costly_headers"])
        yield "costly headers", len(found), [(1, name) for name in found]
        inside = functions(with_us)
        path = of_owners(inside, settings["io_path"])
        yield "text, I/O path", path.total(), most_common(path)
        judging = path + written_in(with_us, settings["reader_and_policy"])
        yield "text, reader and policy", judging.total(), most_common(judging)
        yield "text, all", text(with_us) - text(bare), most_common(by_owner(inside))
    return rows, ("lines", "costly", "text"), False


def measure(p, build, settings):
    """Starts everything of one backend; gives a list of (version, rows, families of names, whether it takes valgrind)."""
    started = []
    for version in ("1.2", "1.3"):
        for of in (instruction_rows, tcp_rows, heap_rows, transport_rows, parse_rows):
            started.append((version, *of(p, version)))
    return started + [("", *size_rows(p, build, settings))]
