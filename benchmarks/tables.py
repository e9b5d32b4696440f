"""The figures of `bench_solver.py` as tables, their summary, and where they come from."""

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numba
import numpy as np
from comparison import VARIANTS
from rich.table import Table

import qtcore as qt

AGREEMENT = 1e-8
"""Relative difference of conductances that is allowed."""

QUIET = 0.95
"""Share of the core, in processor time over time, below which figures are disturbed."""


def provenance(
    core: int | None, kwant: dict[str, str] | None, settings: dict[str, Any]
) -> dict[str, Any]:
    """Return what a reader of the figures wants to know about the run."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "core": core,
        "python": platform.python_version(),
        "qtcore": qt.__version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
        "kwant": kwant,
        "settings": {name: str(value) for name, value in settings.items()},
    }


def processor() -> str:
    """Return the name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def ratio(part: dict[str, Any], variant: str) -> float:
    """Return how many times longer Kwant takes."""
    return float(part[variant]["seconds"] / part["qtcore"]["seconds"])


def parts(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the single length and, if it was asked for, the curve."""
    return [record[name] for name in ("single", "curve") if name in record]


def summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return geometric means over the strips without a field, and whether conductances agree."""
    plain = [record for record in records if record["flux"] == 0]
    means = {
        f"{name} over {variant}": float(np.exp(np.mean(np.log(ratios))))
        for name in ("single", "curve")
        for variant in VARIANTS
        if (ratios := [ratio(r[name], variant) for r in plain if variant in r.get(name, {})])
    }
    differences = [d for r in records for p in parts(r) for d in p.get("difference", {}).values()]
    # `not (d > ...)` would let a NaN pass.
    agree = all(d <= AGREEMENT for d in differences)
    share = min(part["core_share"] for record in records for part in parts(record))
    return {"geometric_means": means, "conductances_agree": agree, "least_core_share": share}


def disturbance(report: dict[str, Any]) -> str | None:
    """Return a warning if other programs took part of the core meanwhile."""
    share = report["summary"]["least_core_share"]
    if share > QUIET:
        return None
    return f"other programs took up to {1 - share:.0%} of the core meanwhile: times are too long"


def duration(seconds: float) -> str:
    """Return a time with three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def times(value: float) -> str:
    """Return a ratio, such as 235×."""
    return f"{value:.0f}×" if value >= 10 else f"{value:.1f}×"


def speed_table(report: dict[str, Any], name: str, title: str) -> Table:
    """Return the table of one part of every strip, single length or curve."""
    with_kwant = report["provenance"]["kwant"] is not None
    table = Table(title=title, title_justify="left")
    heads = ["width×length", "flux", "channels", "qtcore"]
    if with_kwant:
        heads += ["Kwant tuned", "expert", "over tuned", "over expert", "Δg/g"]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for record in report["cases"]:
        part = record[name]
        row = [
            f"{record['width']}×{record['length']}",
            f"{record['flux']:g}",
            str(record["channels"]),
            duration(part["qtcore"]["seconds"]),
        ]
        if with_kwant:
            row += [duration(part[variant]["seconds"]) for variant in VARIANTS]
            row += [times(ratio(part, variant)) for variant in VARIANTS]
            row.append(f"{max(part['difference'].values()):.0e}")
        table.add_row(*row)
    means = report["summary"]["geometric_means"]
    if with_kwant and f"{name} over tuned" in means:
        row = ["geom. mean", "0"] + [""] * 4
        row += [times(means[f"{name} over {variant}"]) for variant in VARIANTS]
        table.add_section()
        table.add_row(*row, "")
    return table


def rate_table(report: dict[str, Any]) -> Table:
    """Return arithmetic rates: the stencil alone, the solver for one length, and its parts."""
    dgemm = report["dgemm_flops_per_second"]
    table = Table(
        title=f"Gflop/s of one core, its dgemm {dgemm / 1e9:.1f}; shares of the solver's flops",
        title_justify="left",
    )
    parts_of_work = list(report["cases"][0]["flops"])
    heads = ["width×length", "flux", "stencil", "/dgemm", "solver", "/dgemm"]
    for head in heads + parts_of_work:
        table.add_column(head, justify="right", no_wrap=True)
    for record in report["cases"]:
        row = [f"{record['width']}×{record['length']}", f"{record['flux']:g}"]
        stencil = record.get("stencil_flops_per_second")
        row += ["", ""] if stencil is None else [f"{stencil / 1e9:.1f}", f"{stencil / dgemm:.2f}"]
        flops = sum(record["flops"].values())
        rate = flops / record["single"]["qtcore"]["seconds"]
        row += [f"{rate / 1e9:.1f}", f"{rate / dgemm:.2f}"]
        row += [f"{record['flops'][part] / flops:.0%}" for part in parts_of_work]
        table.add_row(*row)
    return table


def as_tables(report: dict[str, Any]) -> list[Table]:
    """Return all tables of a report."""
    tables = [speed_table(report, "single", "seconds per realization, one length")]
    if all("curve" in record for record in report["cases"]):
        title = "seconds per realization, 20 equally spaced lengths (Kwant: one solution each)"
        tables.append(speed_table(report, "curve", title))
    tables.append(rate_table(report))
    return tables
