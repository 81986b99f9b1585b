# SPDX-License-Identifier: BSL-1.0
"""The rows in which plugtls is put against what else there is, out of the tables of the results. A ratio is a quotient of CPU
times within one round: above 1 plugtls needs less."""
import findings

RAW = ("raw naive", "raw expert")
# What it is, kind of table, row, and the beginnings of the columns that plugtls is put against.
COMPARED = (
    ("full handshake, memory", "raw", "hs_full", RAW),
    ("full handshake, TCP", "raw", "hs_full_tcp", RAW),
    ("reconnect and GET of 1 KiB, full handshake", "raw", "reconnect_get", RAW),
    ("reconnect and GET of 1 KiB, resumed", "raw", "reconnect_get_resumed", RAW),
    ("64 B both ways, TCP", "raw", "pingpong_64", RAW),
    ("16 KiB one way, TCP", "raw", "bulk_16k", RAW),
    ("256 KiB writes, TCP", "raw", "bulk_256k", RAW),
    ("64 B both ways, TCP", "streams", "pingpong_64", ("asio::ssl::stream",)),
    ("16 KiB one way, TCP", "streams", "bulk_16k", ("asio::ssl::stream",)),
    ("256 KiB writes, TCP", "streams", "bulk_256k", ("asio::ssl::stream",)),
    ("GET of 64 B, connection kept", "https", "get_kept", ("cpp-httplib", "libcurl")),
    ("GET of 64 B, connection new", "https", "get_new", ("cpp-httplib", "libcurl")),
)


def ratios(results):
    """One line for each row and side: how many times plugtls's time it takes, and what the same side twice makes of it."""
    names = {m["id"]: findings.name(m) for m in results["modules"]}
    for what, kind, row_id, sides in COMPARED:
        for t in (t for t in results["tables"] if t["kind"] == kind):
            for row in (r for r in t["rows"] if r["id"] == row_id):
                again = row["cells"].get("again", {})
                for c in t["columns"]:
                    cell = row["cells"].get(c["id"], {})
                    is_there = c["id"].startswith(sides) and cell.get("state") != "not offered"
                    if is_there and again.get("again") == "plugtls":
                        yield {"what": what, "against": c["title"], "library": names.get(c["module"], c["module"]),
                               "table": t["id"], "row": row_id, "ratio": cell.get("ratio"), "again": again.get("ratio"),
                               "rounds": cell.get("rounds", 0), "why": cell.get("why", "")}


def contexts(results):
    """The first context on the system's trust store, and each further one, in microseconds of CPU time."""
    rows = {r["id"]: r["cells"] for r in findings.rows_of(results, "contexts")}
    for m in findings.libraries(results):
        first, second = (rows.get(k, {}).get(m["id"], {}) for k in ("first", "second"))
        if "median" in second:
            spread = {k: second[k] for k in ("median", "q1", "q3")}
            yield {"what": "second context on the system's trust store", "against": "the first", "library": findings.name(m),
                   "table": "contexts", "row": "second", "us": spread, "us_of_first": first.get("median")}


def lines(results):
    return [*ratios(results), *contexts(results)]
