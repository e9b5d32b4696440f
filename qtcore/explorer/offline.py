"""The explorer as one file, to send to somebody: the same views, without a network or qtcore."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from qtcore.errors import InputError, counted
from qtcore.explorer.explored import Explored
from qtcore.explorer.packed import packed
from qtcore.explorer.page import page
from qtcore.store.layout import LENGTH

MOST = 5_000_000
"""Bytes of a file, at most: what mail takes."""


def offline(
    runs: Sequence[tuple[str, Explored]],
    *,
    most: int = MOST,
    unread: Sequence[dict[str, Any]] = (),
) -> str:
    """Return a page that holds the numbers of some runs.

    Parameters
    ----------
    runs : sequence of (str, Explored)
        Names and runs.
    most : int
        Bytes, at most. Numbers have room first; histograms and traces of points take the rest, those of the
        longest wires first.
    unread : sequence of dict
        Runs that cannot be read, which the page lists with the reason.

    Raises
    ------
    InputError
        If the numbers alone need more.
    """
    held: dict[str, Any] = {
        "mode": "file",
        "runs": [],
        "summaries": {},
        "numbers": {},
        "points": {},
        "traces": {},
    }
    for number, (name, run) in enumerate(runs):
        key = str(number)
        summary = run.summary(whole=True)
        held["summaries"][key] = summary | {"running": False}
        held["runs"].append(_listed(key, name, summary))
        held["numbers"][key] = {
            f"{q['name']}/{q['statistic']}": _packed(run, q) for q in summary["quantities"]
        }
        held["points"][key], held["traces"][key] = {}, {}
    held["runs"] += unread
    size = len(page(held).encode())
    if size > most:
        raise InputError(
            f"the numbers of {counted(len(runs), 'runs')} take {size / 1e6:.1f} MB in one file, which may have "
            f"{most / 1e6:.1f} MB. Choose fewer runs, or a part of them with --select, such as --select width=16"
        )
    _add_points(held, runs, most - size)
    return page(held)


def _listed(key: str, name: str, summary: dict[str, Any]) -> dict[str, Any]:
    done = summary["done"] / summary["blocks"] if summary["blocks"] else 0.0
    return {
        "id": key,
        "name": name,
        "store": summary["store"],
        "workflow": summary["workflow"],
        "preset": summary["preset"],
        "seeds": summary["seeds"],
        "finished": done,
        "problem": "",
    }


def _packed(run: Explored, quantity: dict[str, Any]) -> dict[str, str | None]:
    found = run.numbers(quantity["name"], quantity["statistic"])
    return {
        "values": packed(found.values, short=True),
        "errors": packed(found.errors, short=True),
        "theory": None if found.theory is None else packed(found.theory, short=True),
    }


def _add_points(held: dict[str, Any], runs: Sequence[tuple[str, Explored]], room: int) -> None:
    """Add samples of points, as many as there is room for; say in the summary if it is not all."""
    for number, (_, run) in enumerate(runs):
        key = str(number)
        for at, name in _points(held["summaries"][key]):
            swept = {d: at[d] for d in held["summaries"][key]["swept"]}
            # Traces are those of all lengths: once is enough.
            first = _key(swept, name) not in held["traces"][key]
            found = run.point(at, name, one_by_one=first)
            traces = {_key(swept, name): found.pop("traces")} if first else {}
            new = {_key(at, name): found}
            room -= len(json.dumps(new)) + len(json.dumps(traces))
            if room < 0:
                held["summaries"][key]["note"] += (
                    " This file holds the samples of some points only; all of them would not fit."
                )
                return
            held["points"][key].update(new)
            held["traces"][key].update(traces)


def _points(summary: dict[str, Any]) -> Iterator[tuple[dict[str, int], str]]:
    """Yield points with the quantity whose samples are asked there, those of the longest wires first."""
    axes = summary["axes"]
    for quantity in summary["quantities"]:
        if quantity["statistic"] != "mean":
            continue
        dims = list(dict.fromkeys([*summary["swept"], *quantity["dims"]]))
        # The last index runs slowest: all points at their longest length come first.
        own = [d for d in dims if d == LENGTH] + [d for d in dims if d != LENGTH]
        sizes = [len(axes[d]["values"]) for d in own]
        ranges = [
            range(n - 1, -1, -1) if d == LENGTH else range(n)
            for d, n in zip(own, sizes, strict=True)
        ]
        for index in itertools.product(*ranges):
            yield dict(zip(own, index, strict=True)), quantity["name"]


def _key(at: dict[str, int], name: str) -> str:
    """Return the name under which the page looks for a point."""
    return f"{name}/" + "/".join(f"{dim}={at[dim]}" for dim in sorted(at))
