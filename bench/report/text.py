# SPDX-License-Identifier: BSL-1.0
"""Figures as a person reads them."""


def figure(x):
    """Three digits or more, in groups of three: 1 629, 94.1, 0.98."""
    digits = 0 if abs(x) >= 100 or x == int(x) else 1 if abs(x) >= 10 else 2
    return f"{x:,.{digits}f}".replace(",", "\u202f")


def ratio_text(ratio):
    if not ratio:
        return "-"
    return f"×{ratio['median']:.2f} [{ratio['q1']:.2f} to {ratio['q3']:.2f}]"


def unit_text(unit):
    return {"per second": "per CPU second", "MB/s": "MB per CPU second", "us": "µs of CPU time", "us of wall time": "µs by the clock",
            "ms of wall time": "ms by the clock"}.get(unit, unit)
