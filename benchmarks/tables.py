"""The figures of `bench_solver.py` as tables, and their summary."""

from typing import Any

import numpy as np
from comparison import VARIANTS
from machine import duration, times
from rich.table import Table

AGREEMENT = 1e-8
"""Relative difference of conductances that is allowed beside the largest certificate."""

QUIET = 0.95
"""Share of the core, in processor time over time, below which figures are disturbed."""


def ratio(part: dict[str, Any], variant: str) -> float:
    """Return how many times longer Kwant takes."""
    return float(part[variant]["seconds"] / part["qtcore"]["seconds"])


def parts(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the single length and, if it was asked for, the curve."""
    return [record[name] for name in ("single", "curve") if name in record]


def summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return geometric means over the plain strips, and whether conductances agree."""
    plain = [record for record in records if record["family"] == "strip"]
    means = {
        f"{name} over {variant}": float(np.exp(np.mean(np.log(ratios))))
        for name in ("single", "curve")
        for variant in VARIANTS
        if (ratios := [ratio(r[name], variant) for r in plain if variant in r.get(name, {})])
    }
    smallest = {
        f"{name} over {variant}": min(ratios)
        for name in ("single", "curve")
        for variant in VARIANTS
        if (ratios := [ratio(r[name], variant) for r in plain if variant in r.get(name, {})])
    }
    # `not (d > ...)` would let a NaN pass.
    agree = all(
        d <= AGREEMENT + part["certificate"]
        for record in records
        for part in parts(record)
        for d in part.get("difference", {}).values()
    )
    share = min(part["core_share"] for record in records for part in parts(record))
    return {
        "geometric_means": means,
        "smallest": smallest,
        "conductances_agree": agree,
        "least_core_share": share,
    }


def disturbance(report: dict[str, Any]) -> str | None:
    """Return a warning if other programs took part of the core meanwhile."""
    share = report["summary"]["least_core_share"]
    if share > QUIET:
        return None
    return f"other programs took up to {1 - share:.0%} of the core meanwhile, and part of its caches: times are too long"


def speed_table(report: dict[str, Any], name: str, title: str) -> Table:
    """Return the table of one part of every strip, single length or curve."""
    with_kwant = report["provenance"]["kwant"] is not None
    table = Table(title=title, title_justify="left")
    heads = ["wire", "rows", "channels", "qtcore"]
    if with_kwant:
        heads += ["Kwant tuned", "expert", "over tuned", "over expert", "Δg/g", "bound"]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for record in report["cases"]:
        part = record[name]
        row = [
            record["case"],
            str(record["components"]),
            str(record["channels"]),
            duration(part["qtcore"]["seconds"]),
        ]
        if with_kwant:
            row += [duration(part[variant]["seconds"]) for variant in VARIANTS]
            row += [times(ratio(part, variant)) for variant in VARIANTS]
            row += [f"{max(part['difference'].values()):.0e}", f"{part['certificate']:.0e}"]
        table.add_row(*row)
    means = report["summary"]["geometric_means"]
    if with_kwant and f"{name} over tuned" in means:
        table.add_section()
        smallest = report["summary"]["smallest"]
        for words, of in (("strips: geom. mean", means), ("strips: smallest", smallest)):
            row = [words] + [""] * 5
            row += [times(of[f"{name} over {variant}"]) for variant in VARIANTS]
            table.add_row(*row, "", "")
    return table


def nanoseconds_per_flop(record: dict[str, Any]) -> float:
    """Return the time of the solver for one length over its real operations."""
    return float(1e9 * record["single"]["qtcore"]["seconds"] / sum(record["flops"].values()))


def against_strip(record: dict[str, Any], records: list[dict[str, Any]]) -> float | None:
    """Return time per real operation over that of the plain strip nearest in components."""
    plain = [other for other in records if other["family"] == "strip" and "flops" in other]
    if not plain:
        return None
    size = np.log(record["components"])
    nearest = min(plain, key=lambda other: float(abs(np.log(other["components"]) - size)))
    return nanoseconds_per_flop(record) / nanoseconds_per_flop(nearest)


def rate_table(report: dict[str, Any]) -> Table:
    """Return arithmetic rates: the stencil alone, the solver for one length, and its parts."""
    dgemm = report["dgemm_flops_per_second"]
    table = Table(
        title=f"Gflop/s of one core, its dgemm {dgemm / 1e9:.1f}; shares of the solver's flops",
        title_justify="left",
    )
    records = [record for record in report["cases"] if "flops" in record]
    parts_of_work = list(records[0]["flops"]) if records else []
    heads = ["wire", "stencil", "/dgemm", "solver", "/dgemm", "time per flop / strip's"]
    for head in heads + parts_of_work:
        table.add_column(head, justify="right", no_wrap=True)
    for record in records:
        row = [record["case"]]
        stencil = record.get("stencil_flops_per_second")
        row += ["", ""] if stencil is None else [f"{stencil / 1e9:.1f}", f"{stencil / dgemm:.2f}"]
        rate = 1e9 / nanoseconds_per_flop(record)
        relative = against_strip(record, records)
        row += [f"{rate / 1e9:.1f}", f"{rate / dgemm:.2f}"]
        row.append("" if relative is None else f"{relative:.2f}")
        flops = sum(record["flops"].values())
        row += [f"{record['flops'][part] / flops:.0%}" for part in parts_of_work]
        table.add_row(*row)
    return table


def modes_table(report: dict[str, Any]) -> Table:
    """Return what the lead modes of an energy take, once for all realizations."""
    table = Table(title="lead modes, once for each energy and field", title_justify="left")
    for head in ("wire", "rows", "qtcore", "Kwant, two leads"):
        table.add_column(head, justify="right", no_wrap=True)
    for record in report["cases"]:
        kwant = record["single"].get("modes_seconds")
        row = [record["case"], str(record["components"]), duration(record["modes_seconds"])]
        table.add_row(*row, "" if kwant is None else duration(kwant))
    return table


def as_tables(report: dict[str, Any]) -> list[Table]:
    """Return all tables of a report."""
    tables = [speed_table(report, "single", "seconds per realization, one length")]
    if all("curve" in record for record in report["cases"]):
        title = "seconds per realization, 20 equally spaced lengths (Kwant: one solution each)"
        tables.append(speed_table(report, "curve", title))
    return [*tables, modes_table(report), rate_table(report)]
