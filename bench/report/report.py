#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes a page and a table of figures out of the results of plugtls-bench: report.py RESULTS.json FOLDER

Writes FOLDER/report.html, which loads nothing from anywhere, FOLDER/results.csv, and FOLDER/targets.json: plugtls against the rest.
All figures come from the results."""
import csv
import html
import json
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import findings  # noqa: E402
import targets  # noqa: E402
from text import figure, ratio_text, unit_text  # noqa: E402

# The rows of a chart, by the beginnings of their names; of other tables there is none.
CHARTS = {"handshakes": ("hs_full_13_p256_", "hs_full_12_p256_x", "hs_full_13_rsa2048_x", "hs_resumed_"),
          "bulk": ("bulk_12_16k", "bulk_13_16k", "bulk_13_256_aes"), "exchanges": ("",), "memory": ("idle_",),
          "streams": ("",), "https": ("",), "raw": ("pingpong", "bulk_16k", "bulk_256k", "hs_full_tcp", "reconnect")}
# The page's order; they are measured in another one.
ORDER = ("handshakes", "bulk", "exchanges", "memory", "primitives", "contexts", "raw", "streams", "https", "threads")
NO_PART = "not measured with this side"  # which its heading says already
escape = html.escape


class page:
    def __init__(self, results):
        self.results = results
        self.modules = {m["id"]: m for m in results["modules"]}
        self.tables = sorted(results["tables"], key=lambda t: ORDER.index(t["kind"]) if t["kind"] in ORDER else len(ORDER))
        self.parts = []

    def add(self, *texts):
        self.parts.extend(texts)

    def name(self, module):
        return findings.name(self.modules[module]) if module in self.modules else module

    def title(self, column):
        """A column's heading: the library's name and version where the column is a library."""
        return self.name(column["id"]) if column["id"] == column["module"] else column["title"]

    def whole(self):
        self.head()
        self.first_page()
        self.libraries()
        has_compared = False
        for table in self.tables:
            if not has_compared and is_versus(table):  # right before the tables that it sums up
                self.compared()
                has_compared = True
            self.table(table)
            if table["kind"] == "primitives":
                self.bounds()
        self.sizes()
        self.method()
        style = (HERE / "page.css").read_text(encoding="utf-8")
        return ('<!doctype html>\n<html lang="en"><meta charset="utf-8">'
                '<meta name="viewport" content="width=device-width, initial-scale=1"><title>TLS libraries on this machine</title>\n'
                f"<style>\n{style}</style>\n<body>\n" + "\n".join(self.parts) + "\n</body></html>\n")

    def head(self):
        r, m = self.results, self.results["machine"]
        self.add("<h1>TLS libraries on this machine</h1>",
                 f'<p class="soft">{escape(m["processor"])} ({escape(m["architecture"])}), {m["cores"]} cores, '
                 f'{escape(m["system"])}, kernel {escape(m["kernel"])}; plugtls compiled '
                 f'by {escape(m["compiler"])}.</p>')
        if r["partial"]:
            self.add('<p class="warn"><b>Partial.</b> The run was ended before all was measured; what is here was.</p>')
        if r["quick"]:
            self.add('<p class="warn">A quick run: few and short rounds. Look at the quartiles and at A/A before you trust a '
                     "small difference.</p>")
        if r["filter"]:
            self.add(f'<p class="warn">Only rows that match “{escape(r["filter"])}” were measured.</p>')
        if m.get("share_of_a_core", 1) < 0.85:
            self.add(f'<p class="warn">Others used the processor too: this run had it for {100 * m["share_of_a_core"]:.0f} % of its time. '
                     "Caches were shared; expect wide quartiles, and measure again on an idle machine.</p>")
        if m["cores"] == 1:
            self.add('<p class="warn">One core only: where a server has a thread of its own, it takes turns with the client, and '
                     "two threads at once have no figures.</p>")

    def first_page(self):
        cards = findings.cards(self.results)
        if cards:
            self.add('<div class="cards">')
            for card in cards:
                self.card(card)
            self.add("</div>")
        for line in findings.warnings(self.results):
            self.add(f'<p class="warn">{escape(line)}</p>')
        places = [("targets", "plugtls against the rest, in short")] if targets.lines(self.results) else []
        places += [(t["id"], t["title"]) for t in self.tables]
        links = " ".join(f'<a href="#{place}">{escape(title)}</a>' for place, title in places)
        self.add(f"<nav>{links}</nav>")

    def card(self, card):
        top = max(value for _, _, value in card["figures"]) or 1
        self.add(f'<div class="card"><h3>{escape(card["question"])}</h3><b>{escape(card["answer"])}</b>',
                 f'<span class="soft">{escape(card["unit"])}</span>')
        for module, name, value in card["figures"]:
            place = list(self.modules).index(module) % 8
            self.add(f'<div class="bar"><span>{escape(name)}</span><span>{figure(value)}</span>'
                     f'<svg height="8"><rect width="{100 * value / top:.1f}%" height="8" class="c{place}"/></svg></div>')
        self.add(f'<span class="soft">{escape(card["said"])}</span></div>')

    def libraries(self):
        self.add("<h2>The libraries, and how they were built</h2>")
        for m in findings.libraries(self.results):
            flag = findings.slowness(self.results, m)
            self.add(f"<h3>{escape(findings.name(m))}</h3>", '<ul class="facts">')
            if flag:
                self.add(f'<li class="flag">{escape(flag)}</li>')
            for name, value in m["facts"].items():
                self.add(f"<li>{escape(name)}: <code>{escape(value)}</code></li>")
            folders = dict.fromkeys(str(pathlib.PurePath(f).parent) for f in m["files"])
            for folder in folders:
                names = (pathlib.PurePath(f).name for f in m["files"] if str(pathlib.PurePath(f).parent) == folder)
                self.add(f"<li>{escape(', '.join(names))} in <code>{escape(folder)}</code></li>")
            self.add("</ul>")

    def table(self, t):
        self.add(f'<h2 id="{escape(t["id"])}">{escape(t["title"])}</h2>', f'<p>{escape(t["note"])}</p>', self.build_line(t))
        self.chart(t)
        heads = "".join(f"<th>{escape(self.title(c))}</th>" for c in t["columns"])
        self.add(f'<div class="wide"><table><tr><th>{escape(unit_text(t["unit"]))}</th>{heads}</tr>')
        for row in t["rows"]:
            self.add(self.row(t, row))
        self.add("</table></div>", f'<p class="soft">{self.legend(t)}</p>')

    def build_line(self, t):
        """Whose figures these are, with what is slow about them."""
        seen = dict.fromkeys(c["module"] for c in t["columns"])
        texts = []
        for module in (self.modules[i] for i in seen if i in self.modules):
            flag = findings.slowness(self.results, module)
            known = findings.facts(self.results, module)
            facts = ", ".join(f"{k} {known[k]}" for k in ("assembly", "AES instructions") if k in known)
            mark = f' <span class="flag">{escape(flag)}</span>' if flag else ""
            texts.append(f"{escape(findings.name(module))}: {escape(facts) or 'build unknown'}{mark}")
        return f'<p class="soft">{escape(self.results["machine"]["processor"])}. {"; ".join(texts)}.</p>'

    def row(self, t, row):
        best = findings.best_column(t, row)
        again = row["cells"].get("again", {}).get("again", "plugtls")
        versus = is_versus(t) and again == "plugtls"
        cells = "".join(self.cell(c, row["cells"].get(c["id"]), row["unit"], c["id"] == best, versus) for c in t["columns"])
        unit = "" if row["unit"] == t["unit"] else f" <small>{escape(unit_text(row['unit']))}</small>"
        return f"<tr><td>{escape(row['title'])}{unit}</td>{cells}</tr>"

    def cell(self, column, cell, unit, is_best, versus):
        if cell is None:
            return '<td class="none">-</td>'
        if "median" not in cell:
            if cell["why"] == NO_PART:
                return '<td class="none">-</td>'
            return f'<td class="none">{"" if cell["state"] == "not offered" else "failed: "}{escape(cell["why"])}</td>'
        if column["id"] == "again":
            who = f"<small>{escape(self.name(cell['again']))}</small>" if "again" in cell else ""
            return f"<td>{ratio_text(cell.get('ratio'))}{who}</td>"
        small = f"<small>{figure(cell['q1'])} to {figure(cell['q3'])}</small>" if cell["rounds"] > 1 else ""
        if versus and "ratio" in cell:
            small += f"<small>{ratio_text(cell['ratio'])}</small>"
        return f'<td{" class=best" if is_best else ""}>{figure(cell["median"])}{small}</td>'

    def legend(self, t):
        rounds = sorted({c["rounds"] for r in t["rows"] for c in r["cells"].values() if "rounds" in c})
        if not rounds:
            return "Nothing of this table could be measured here."
        counted = f"Medians of {rounds[0]}{f' to {rounds[-1]}' if rounds[-1] != rounds[0] else ''} rounds; below, the quartiles."
        if not any(c["id"] == "again" for c in t["columns"]):
            return counted if rounds[-1] > 1 else "Counted, once."
        times = " ×: how many times plugtls's time it takes, round by round; above 1 plugtls is faster." if is_versus(t) else ""
        return counted + times + (" A/A: the side that is named once more, as if it were another one; how far it is from ×1 is "
                                  "what this run cannot tell apart.")

    def chart(self, t):
        wanted = CHARTS.get(t["kind"], None)
        rows = [r for r in t["rows"] if wanted and r["id"].startswith(wanted)]
        groups = [(r["title"], r["unit"], [(i, c, r["cells"][c["id"]]) for i, c in enumerate(t["columns"])
                   if c["id"] != "again" and "median" in r["cells"].get(c["id"], {})]) for r in rows]
        groups = [g for g in groups if g[2]]
        if not groups:
            return
        columns = {i: self.title(c) for g in groups for i, c, _ in g[2]}
        keys = " ".join(f'<svg viewBox="0 0 10 10" style="width:.8em;display:inline"><rect width="10" height="10" class="c{i % 8}"/>'
                        f"</svg> {escape(n)}&ensp;" for i, n in sorted(columns.items()))
        self.add(f"<figure><figcaption>{keys}</figcaption>", bars(groups), "</figure>")

    def bounds(self):
        found = [(m, b) for m in findings.libraries(self.results) for b in findings.bound(self.results, m)]
        if not found:
            return
        self.add('<h2 id="bounds">What the protocol costs, and what the cryptography</h2>',
                 "<p>Full handshakes, ECDSA P-256 and X25519. The bound is what the library's own cryptography would allow: at both "
                 "ends together two keys made, two secrets derived, one signature made and one checked. Where a library checks the "
                 "chain's signatures again in each handshake (see above), two more are checked.</p>",
                 '<div class="wide"><table><tr><th>per CPU second</th><th>bound</th><th>reached</th><th>share</th></tr>')
        for m, (most, reached, title) in found:
            self.add(f"<tr><td>{escape(findings.name(m))}, {escape(title)}</td><td>{figure(most)}</td><td>{figure(reached)}</td>"
                     f"<td>{100 * reached / most:.0f} %</td></tr>")
        self.add("</table></div>")

    def compared(self):
        """What plugtls costs or saves, on one screen."""
        found = targets.lines(self.results)
        if not found:
            return
        names = dict.fromkeys(line["library"] for line in found)
        heads = "".join(f"<th>{escape(name)}</th>" for name in names)
        self.add('<h2 id="targets">plugtls against the rest, in short</h2>',
                 "<p>How many times plugtls's CPU time the other one takes: above 1 plugtls is faster. A/A is plugtls against itself in "
                 "the same rounds. The tables below have the rest.</p>",
                 f'<div class="wide"><table><tr><th>times</th>{heads}</tr>')
        for what, against in dict.fromkeys((line["what"], line["against"]) for line in found):
            cells = {line["library"]: line for line in found if (line["what"], line["against"]) == (what, against)}
            row = "".join(f"<td>{compared_text(cells[name])}</td>" if name in cells else '<td class="none">-</td>' for name in names)
            self.add(f"<tr><td>{escape(what)}<small>against {escape(against)}</small></td>{row}</tr>")
        self.add("</table></div>")

    def sizes(self):
        sizes = self.results.get("sizes", {})
        if not any(s["program"] for s in sizes.values()):
            return
        self.add('<h2 id="sizes">Size</h2>', "<p>Bytes that are loaded: a small HTTPS client through plugtls, and the library's "
                 "shared objects.</p>", '<div class="wide"><table><tr><th>bytes</th><th>client</th><th>library</th></tr>')
        for module, s in sizes.items():
            self.add(f"<tr><td>{escape(self.name(module))}</td><td>{figure(s['program'])}</td><td>{figure(s['libraries'])}</td></tr>")
        self.add("</table></div>")

    def method(self):
        r = self.results
        self.add("<h2>How this was measured</h2>",
                 f"<p>All sides of a row ran in one process and one thread, each TLS library in a namespace of its own, in up to "
                 f'{r["rounds"]} rounds of {figure(r["round_seconds"] * 1000)} ms. Each round makes new connections, and the order '
                 "rotates. Figures are CPU time of the process, both ends included; HTTPS GET counts the client's thread alone. "
                 "Clients verify the chain and the name. Memory is counted by an allocator that counts, in a process of its "
                 "own. Two threads are measured by the clock, for information. Time on the wire and other machines are not "
                 "measured.</p>")


def compared_text(line):
    if "us" in line:
        first = f"<small>the first: {figure(line['us_of_first'])} µs</small>" if line["us_of_first"] else ""
        return f"{figure(line['us']['median'])} µs{first}"
    if not line["ratio"]:
        return escape(line["why"])
    return f"{ratio_text(line['ratio'])}<small>A/A {ratio_text(line['again'])}</small>"


def is_versus(t):
    return any(c["id"] == "plugtls" for c in t["columns"])


def bars(groups):
    """Bars whose length is a share of the width, so that text keeps its size on a telephone."""
    out, y = [], 0
    for title, unit, cells in groups:
        y += 18
        out.append(f'<text x="0" y="{y}">{escape(title)} <tspan class="soft">({escape(unit_text(unit))})</tspan></text>')
        top = max(c["q3"] for _, _, c in cells) or 1
        for index, _, cell in cells:
            width, low, high = (cell[k] / top * 76 for k in ("median", "q1", "q3"))
            out.append(f'<rect x="0" y="{y + 6}" width="{width:.2f}%" height="13" class="c{index % 8}"/>'
                       f'<line x1="{low:.2f}%" x2="{high:.2f}%" y1="{y + 12.5}" y2="{y + 12.5}" class="whisker"/>'
                       f'<text x="{max(width, high):.2f}%" dx="5" y="{y + 17}">{figure(cell["median"])}</text>')
            y += 16
        y += 12
    return f'<svg height="{y}" role="img" style="height:{y}px">' + "".join(out) + "</svg>"


def write_csv(results, path):
    names = {m["id"]: m["library"] for m in results["modules"]}
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["table", "row", "title", "column", "library", "unit", "state", "median", "q1", "q3", "rounds", "ratio",
                      "ratio_q1", "ratio_q3", "why"])
        for t in results["tables"]:
            modules = {c["id"]: c["module"] for c in t["columns"]}
            for row in t["rows"]:
                for c in t["columns"]:
                    cell = row["cells"].get(c["id"], {"state": "missing", "why": ""})
                    ratio = cell.get("ratio", {})
                    module = modules.get(cell.get("again", c["id"]), c["module"])
                    out.writerow([t["id"], row["id"], row["title"], c["id"], names.get(module, module), row["unit"],
                                  cell.get("state", "measured"), *(cell.get(k, "") for k in ("median", "q1", "q3", "rounds")),
                                  *(ratio.get(k, "") for k in ("median", "q1", "q3")), cell.get("why", "")])


def read(path):
    try:
        results = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        sys.exit(f"report: cannot read {path}: {e}")
    if not isinstance(results, dict) or results.get("plugtls_bench") != 1:
        sys.exit(f"report: {path} does not hold results of plugtls-bench")
    return results


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    results, folder = read(sys.argv[1]), pathlib.Path(sys.argv[2])
    try:
        (folder / "report.html").write_text(page(results).whole(), encoding="utf-8")
        write_csv(results, folder / "results.csv")
        (folder / "targets.json").write_text(json.dumps(targets.lines(results), indent=1) + "\n", encoding="utf-8")
    except OSError as e:
        sys.exit(f"report: cannot write the report: {e}")


if __name__ == "__main__":
    main()
