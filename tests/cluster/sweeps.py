"""Sweeps of the shipped workflow: arguments of `qt.run`."""

import sys
from pathlib import Path
from typing import Any

import qtcore as qt
from qtcore.workflow import load

SMALL: dict[str, Any] = {
    "settings": {"disorder": (1.0,), "width": (1, 2), "flux": (0.0,), "lengths": (10, 100)},
    "realizations": 2000,
    "seed": 7,
}
"""Tenths of a second."""

SEVERAL: dict[str, Any] = {
    "settings": {"disorder": (1.0,), "width": (8,), "flux": (0.0,), "lengths": (100, 500)},
    "realizations": 40_000,
    "seed": 7,
}
"""Seconds: several tasks for each worker."""

LARGE: dict[str, Any] = {
    "settings": {"disorder": (1.0,), "width": (8,), "flux": (0.0,), "lengths": (100, 3000)},
    "realizations": 60_000,
    "seed": 7,
}
"""Long enough for something to happen meanwhile."""


def sweep_of(given: dict[str, Any]) -> qt.Sweep:
    """Return the sweep that `qt.run` makes of such arguments."""
    workflow = load("localization")
    preset = workflow.preset(None).changed(given["settings"], given["realizations"])
    return workflow.sweep(preset, given["seed"])


def options(sweep: dict[str, Any]) -> list[str]:
    """Return the options by which the command line is asked for a sweep."""
    values = {name: ",".join(map(str, value)) for name, value in sweep["settings"].items()}
    numbers = ["--realizations", str(sweep["realizations"]), "--seed", str(sweep["seed"])]
    return [*(f"--set={name}={text}" for name, text in values.items()), *numbers]


def command_line(sweep: dict[str, Any], store: Path, cluster: str | Path) -> list[str]:
    """Return the command that runs a sweep in a process of its own."""
    return [
        *(sys.executable, "-c", "from qtcore.cli import main; main()", "run", "localization"),
        *("--cluster", str(cluster), "--store", str(store), *options(sweep)),
    ]
