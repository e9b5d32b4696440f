"""The commands that repeat, extend and check a run, as they can be pasted into a shell."""

from typing import Any

from qtcore.errors import PASTED, command
from qtcore.reports.gathered import Gathered
from qtcore.reports.tables import Definition


def commands_of(found: Gathered, definition: Definition) -> list[tuple[str, str]]:
    """Return commands with what each of them does, quoted for a shell."""
    place = found.place
    copy = f"{place.name.removesuffix('.zarr')}-again.zarr"
    told: list[tuple[str, str]] = []
    if run := _run(found, definition, copy):
        told.append(("Run it from the beginning, into another store.", run))
    if len(found.status.seeds) > 1:
        told += _merge(found, copy)
    else:
        told += _on(found, copy)
    return [
        *told,
        ("Compare its numbers with theory.", command("check", place)),
        ("Draw its figure.", command("figure", place)),
        (
            "Write all results of its analysis to a file.",
            command("export", place, "--analysis", "--to", "results.xlsx"),
        ),
        ("Read the definition of its last run.", command("source", place)),
        ("Compare every chunk with its checksum.", command("verify-store", place)),
    ]


def _merge(found: Gathered, copy: str) -> list[tuple[str, str]]:
    """Return the command that puts a store of several seeds together; no run continues or repeats one."""
    given = found.header.attributes.get("sources")
    sources = given if isinstance(given, list) else []
    stores = [str(one["store"]) for one in sources if isinstance(one, dict) and "store" in one]
    if not stores:
        return []
    return [
        (
            "Put its runs together again, into another store. For more realizations, extend these runs first.",
            command("merge", *stores, "--to", copy),
        )
    ]


def _on(found: Gathered, copy: str) -> list[tuple[str, str]]:
    """Return the commands that repeat and extend a run."""
    return [
        (
            "Repeat it from the store alone, into another store: the same samples, bit for bit.",
            command("rerun", found.place, "--store", copy),
        ),
        (
            "Extend it to twice the realizations.",
            command("extend", found.place, "--realizations", 2 * found.sweep.largest_count),
        ),
    ]


def _run(found: Gathered, definition: Definition, copy: str) -> str:
    """Return the command that runs a shipped definition with the values of the store; "" if there is none.

    Another definition is a file that only its author has, and axes of cases or of many values, and constants that
    are no numbers, are not written out: `qtcore rerun` needs none of them.
    """
    sweep = found.sweep
    if not definition.shipped or len(found.status.seeds) > 1:
        return ""
    if any(axis.cases or axis.labels or len(axis.values) > PASTED for axis in sweep.axes):
        return ""
    constants = sweep.constants.items()
    if isinstance(sweep.realizations, tuple) or not all(_is_number(v) for _, v in constants):
        return ""
    words: list[object] = ["run", definition.shipped]
    if found.status.preset:
        words += ["--preset", found.status.preset]
    for axis in sweep.axes:
        words += ["--set", f"{axis.name}={','.join(f'{float(v):.12g}' for v in axis.values)}"]
    for name, value in constants:
        words += ["--set", f"{name}={value}"]
    words += ["--realizations", sweep.largest_count, "--seed", sweep.seed, "--store", copy]
    return command(*words)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
