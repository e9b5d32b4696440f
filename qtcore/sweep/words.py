"""What sweeps, presets, plans and runs show of themselves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qtcore.errors import brief, counted
from qtcore.shown import Card, Shown
from qtcore.sweep.axes import Axis
from qtcore.sweep.durations import duration, size_in_words
from qtcore.sweep.own_preset import own_preset

_SHOWN = 6
"""Values of an axis, and axes, that are written out."""


def axes_in_words(axes: Sequence[Axis]) -> list[tuple[str, str]]:
    """Return name, values and unit of axes; of many the first few."""
    rows = []
    for axis in axes[:_SHOWN]:
        values = [f"{value:.6g}" for value in axis.values]
        if len(values) > _SHOWN:
            values = [*values[:3], "…", values[-1], f"({len(axis.values)} values)"]
        unit = f" {axis.units}" if axis.units and axis.units != "1" else ""
        rows.append((axis.name, ", ".join(values).replace(", (", " (") + unit))
    if len(axes) > _SHOWN:
        rows.append(("other axes", ", ".join(axis.name for axis in axes[_SHOWN:])))
    return rows


def lengths_in_words(lengths: Sequence[int]) -> str:
    """Return how many lengths there are, and from where to where."""
    if not lengths:
        return ""
    if len(lengths) == 1:
        return counted(lengths[0], "slices")
    return f"{len(lengths)}, from {lengths[0]:,} to {lengths[-1]:,} slices"


def counts_in_words(counts: Iterable[int]) -> str:
    """Return how many realizations points have, which may differ."""
    found = sorted(set(counts))
    return f"{found[0]:,} to {found[-1]:,}" if len(found) > 1 else f"{found[0]:,}"


def constants_in_words(constants: Mapping[str, Any]) -> str:
    """Return constants in a row."""
    return ", ".join(f"{name} = {brief(value)}" for name, value in constants.items())


def preset_card(preset: Any) -> Card:
    """Return what a `Preset` shows of itself."""
    counts = preset.realizations
    rows = [
        *axes_in_words(list(preset.axes.values())),
        ("constants", constants_in_words(preset.constants)),
        ("lengths", lengths_in_words(preset.lengths) or "none, or chosen by the workflow"),
        (
            "realizations",
            f"{counts_in_words(counts if isinstance(counts, tuple) else [counts])} per point",
        ),
        ("note", preset.note),
    ]
    points = 1
    for axis in preset.axes.values():
        points *= len(axis.values)
    return Card(f"Preset of {counted(points, 'points')}", rows)


class ShownSweep(Shown):
    """What a `Sweep` shows of itself: not its program."""

    def _card(self) -> Card:
        """Return what is shown of it."""
        return _sweep_card(self)


def _sweep_card(sweep: Any) -> Card:
    rows = [
        *axes_in_words(sweep.axes),
        ("constants", constants_in_words(sweep.constants)),
        ("lengths", lengths_in_words(sweep.lengths)),
        ("realizations", f"{counts_in_words(sweep.counts.tolist())} per point, seed {sweep.seed}"),
        ("stored", ", ".join(variable.name for variable in sweep.outputs)),
    ]
    return Card(f"Sweep of {sweep.workflow}, {counted(sweep.points, 'points')}", rows)


def plan_card(plan: Any) -> Card:
    """Return what a `Plan` shows of itself."""
    sweep, tasks = plan.sweep, plan.tasks
    each = ""
    if tasks:
        each = f", {duration(tasks[-1].seconds)} to {duration(tasks[0].seconds)} each"
    grid = zip(sweep.grid, sweep.names, strict=True)
    sizes = " × ".join(f"{size} {name}" for size, name in grid)
    rows = [
        ("points", f"{sweep.points:,} = {sizes}" if sizes else "1"),
        (
            "realizations",
            f"{counts_in_words(sweep.counts.tolist())} per point, {plan.realizations_left:,} left",
        ),
        (
            "blocks",
            f"{plan.blocks_left:,} to compute, {plan.blocks - plan.blocks_left:,} in the store",
        ),
        ("tasks", f"{len(tasks):,}{each}"),
        ("work", f"{duration(plan.core_seconds)} of one core"),
        ("store", f"at most {size_in_words(plan.bytes_left)} more"),
        ("memory", f"about {size_in_words(plan.worker_bytes)} per worker"),
    ]
    return Card(f"Plan of {sweep.workflow}", rows)


def status_card(status: Any) -> Card:
    """Return what the `Status` of a run shows of itself."""
    if status.complete:
        state = "complete"
    else:
        state = f"{status.blocks_done / max(status.blocks, 1):.0%} done"
        state += ", running" if status.running else ", not running"
    state += ", but damaged" if status.damaged else ""
    preset = ", preset of its own"
    if status.preset:
        name = own_preset(status.workflow, status.preset)
        preset = f", preset {name}" if name else ""
    short = sum(point.finished < point.wanted for point in status.points)
    count = len(status.points)
    rows = [
        (
            "workflow",
            f"{status.workflow}{preset}, seed {status.seed}",
        ),
        ("blocks", f"{status.blocks_done:,} of {status.blocks:,}"),
        ("points", f"{count - short:,} of {count:,} finished"),
        ("realizations", f"{status.realizations:,} per point at most"),
        ("work", f"{duration(status.core_seconds)} of worker time"),
        (
            "created",
            f"{status.created}" + (f", completed {status.completed}" * bool(status.completed)),
        ),
        ("precision", status.precision),
        (
            "failures",
            f"{counted(len(status.failures), 'blocks')} failed" if status.failures else "",
        ),
        ("problems", "; ".join(status.problems)),
        ("parts needed", ", ".join(status.parts_needed)),
    ]
    return Card(f"{status.store}: {state}", rows)
