"""What all benchmarks share: one core, where the figures come from, and a file to keep them in."""

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numba
import numpy as np

import qtcore as qt


def common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every benchmark of a core has."""
    parser.add_argument("--quick", action="store_true", help="tiny cases: does it still run?")
    parser.add_argument("--core", type=int, help="processor to run on (default: any allowed one)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")


def pin(core: int | None) -> int | None:
    """Keep this process and those that it starts on one processor; return its number.

    Where the system cannot do that (macOS), nothing is pinned.
    """
    can_pin = hasattr(os, "sched_setaffinity")
    if core is None and not can_pin:
        return None
    allowed = os.sched_getaffinity(0) if can_pin else set()
    chosen = max(allowed) if core is None else core
    if chosen not in allowed:
        raise SystemExit(f"--core must be one of {sorted(allowed)} on this machine, got {chosen}")
    os.sched_setaffinity(0, {chosen})
    return chosen


def provenance(core: int | None, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what a reader of the figures wants to know about the run."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "core": core,
        "python": platform.python_version(),
        "qtcore": qt.__version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
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


def keep(report: dict[str, Any], target: Path | None) -> None:
    """Write a report as JSON, if a file was asked for."""
    if target is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n")
    print(f"all figures: {target}")


def duration(seconds: float) -> str:
    """Return a time with three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def times(value: float) -> str:
    """Return a ratio, such as 235×."""
    return f"{value:.0f}×" if value >= 10 else f"{value:.1f}×"


def slope(sizes: list[int], values: list[float]) -> float:
    """Return the slope of values over sizes on doubly logarithmic paper."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])
