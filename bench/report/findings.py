# SPDX-License-Identifier: BSL-1.0
"""What the results say in plain words: nothing here but what the figures of this run show."""
from text import figure

LOWER_IS_BETTER = {"us", "us of wall time", "ms of wall time", "bytes", "count"}


def name(module):
    return module["library"] + (f" ({module['prefix']})" if module["prefix"] else "")


def rows_of(results, kind, *beginnings):
    """The rows of the tables of a kind whose names begin so."""
    return [row for t in results["tables"] if t["kind"] == kind for row in t["rows"] if row["id"].startswith(beginnings or "")]


def best_column(t, row):
    """The column that is best in a row of libraries, where there is more than one."""
    found = {c["id"]: row["cells"][c["id"]]["median"] for c in t["columns"]
             if c["id"] != "again" and "median" in row["cells"].get(c["id"], {})}
    if len(found) < 2:
        return None
    return min(found, key=found.get) if row["unit"] in LOWER_IS_BETTER else max(found, key=found.get)


def best_of_each(rows, modules, lower=False):
    """For each library its best cell among some rows: [(library, cell, title of the row)], the best first."""
    found = []
    for m in modules:
        cells = [(row["cells"][m["id"]], row["title"]) for row in rows if "median" in row["cells"].get(m["id"], {})]
        if cells:
            found.append((m, *(min if lower else max)(cells, key=lambda c: c[0]["median"])))
    return sorted(found, key=lambda f: f[1]["median"], reverse=not lower)


def is_level(a, b):
    """Whether the quartiles of two cells overlap: then this run does not tell which one is better."""
    return a["q1"] <= b["q3"] and b["q1"] <= a["q3"]


def card(question, found, unit, lower=False):
    """A question, who is first, what was counted, how the others fare, and each one's figure."""
    if not found:
        return []
    cell, title = found[0][1:]
    level = [found[0]]
    while cell["rounds"] > 1 and len(level) < len(found) and is_level(cell, found[len(level)][1]):
        level.append(found[len(level)])
    said = f"This run does not tell the first {len(level)} apart. " if len(level) > 1 else ""
    for m, other, _ in found[len(level):len(level) + 1]:
        said += f"The next, {name(m)}, {'takes' if lower else 'does'} {times(cell, other, lower)}. "
    titles = {t: " and ".join(name(m) for m, _, other in found if other == t) for _, _, t in found}
    said += "Rows: " + "; ".join(f"{names}: {t}" for t, names in titles.items()) if len(titles) > 1 else f"Row: {title}"
    return [{"question": question, "answer": " and ".join(name(m) for m, _, _ in level), "unit": unit, "said": said + ".",
             "figures": [(m["id"], name(m), c["median"]) for m, c, _ in found]}]


def times(first, other, lower):
    ratio = other["median"] / first["median"]
    return f"{ratio:.1f} times as much" if lower else f"{100 * ratio:.0f} % of that"


def libraries(results):
    """The modules that are compared with each other."""
    compared = {c["id"] for t in results["tables"] for c in t["columns"] if c["id"] == c["module"]}
    seen = {}
    for m in results["modules"]:
        if m["id"] in compared:
            seen.setdefault(m["id"], m)
    return list(seen.values())


def cards(results):
    mine = libraries(results)
    full = best_of_each(rows_of(results, "handshakes", "hs_full_12_p256", "hs_full_13_p256"), mine)
    again = best_of_each(rows_of(results, "handshakes", "hs_resumed"), mine)
    bulk = best_of_each(rows_of(results, "bulk", "bulk_12_16k", "bulk_13_16k", "bulk_12_256k", "bulk_13_256k"), mine)
    small = best_of_each(rows_of(results, "exchanges", "pingpong"), mine, lower=True)
    heap = best_of_each(rows_of(results, "memory", "idle"), mine, lower=True)
    return (card("Many short connections", full, "full handshakes per CPU second") +
            card("Clients that come back", again, "resumed handshakes per CPU second") +
            card("Bulk data", bulk, "MB per CPU second") +
            card("Small messages", small, "µs per round trip", lower=True) +
            card("Small memory for idle connections", heap, "bytes of heap, both ends", lower=True))


def bound(results, module):
    """Full handshakes per second if there were nothing but cryptography: both ends, two keys made and two secrets derived
    (X25519), one signature made and one checked (ECDSA P-256); and what was reached: [(bound, reached, title of the row)]."""
    cost = 0
    for primitive, times in (("keygen_x25519", 2), ("derive_x25519", 2), ("sign_p256", 1), ("verify_p256", 1)):
        rows = [r["cells"].get(module["id"], {}) for r in rows_of(results, "primitives") if r["id"] == primitive]
        if not rows or "median" not in rows[0]:
            return []
        cost += times / rows[0]["median"]
    reached = [(r["cells"].get(module["id"], {}), r["title"]) for v in ("12", "13")
               for r in rows_of(results, "handshakes", f"hs_full_{v}_p256_x25519") if not r["id"].endswith("mlkem768")]
    return [(1 / cost, cell["median"], title) for cell, title in reached if "median" in cell]


def seal_speed(results, module, suite):
    for row in rows_of(results, "primitives", f"seal_{suite}_16k"):
        return row["cells"].get(module["id"], {}).get("median")
    return None


def facts(results, module):
    """How a module's library was built; of one that does not tell, what another one over the same library does."""
    same = (m["facts"] for m in results["modules"] if (m["backend"], m["prefix"]) == (module["backend"], module["prefix"]))
    return module["facts"] or next(filter(None, same), {})


def slowness(results, module):
    """What is slow about a build, or "": the processor could do more than this library makes of it."""
    if not results["machine"]["aes_instructions"]:
        return ""
    aes, chacha = seal_speed(results, module, "aes128gcm"), seal_speed(results, module, "chacha20")
    speed = f" ({figure(aes)} MB/s of AES-128-GCM)" if aes else ""
    if facts(results, module).get("AES instructions") == "no":
        return f"slow build: it does not use this processor's AES instructions{speed}"
    if aes and chacha and aes < chacha:
        return f"slow AES: AES-128-GCM ({figure(aes)} MB/s) is slower than ChaCha20-Poly1305 ({figure(chacha)} MB/s), on a " \
               "processor with AES instructions"
    return ""


def warnings(results):
    """Builds that are slow, with what to do about it."""
    out = []
    for m in libraries(results):
        flag = slowness(results, m)
        if flag:
            fastest = max((seal_speed(results, o, "aes128gcm") or 0, name(o)) for o in libraries(results))
            out.append(f"{name(m)}: {flag}." + (f" {fastest[1]} reaches {figure(fastest[0])} MB/s here." if fastest[0] else ""))
    return out
