"""How far a run is, read from its store alone."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import command, listed
from qtcore.shown import Shown
from qtcore.store.arrays import block_array
from qtcore.store.duplicate import contradiction, damaged_objects
from qtcore.store.finished import held_realizations, sizes_of_blocks
from qtcore.store.header import read_header
from qtcore.store.journal import log_names
from qtcore.store.lease import is_held
from qtcore.store.locate import Location, place_of
from qtcore.store.place import Place
from qtcore.sweep.events import read_logs, spent_seconds
from qtcore.sweep.part import owners
from qtcore.sweep.precision import PointPrecision
from qtcore.sweep.reproduction import reproduction
from qtcore.sweep.spec import Sweep
from qtcore.sweep.standings import read_standings, stored_precision
from qtcore.sweep.stored_draws import whole_sweep
from qtcore.sweep.words import status_card


@dataclass(frozen=True)
class PointStatus:
    """One point of the swept grid: its axes, and how many of its realizations are finished.

    Attributes
    ----------
    values : dict
        Values of the axes.
    finished, wanted : int
        Realizations.
    standing : PointPrecision or None
        How far it was from the precision goal when the driver last looked.
    """

    values: dict[str, float]
    finished: int
    wanted: int
    standing: PointPrecision | None = None


@dataclass(frozen=True, repr=False)
class Status(Shown):
    """How far a run is.

    Attributes
    ----------
    store, workflow, preset : str
        Which run.
    seed : int or None
        Seed; None where runs of several seeds were put together.
    realizations : int
        Realizations of the point that gets most.
    blocks, blocks_done : int
        Blocks that tasks write, and those that are written.
    running : bool
        Whether a driver holds the store's lease.
    core_seconds : float
        What workers have spent on it, from the event log: seconds of a thread of a worker, waiting for files
        included, waiting for a free core not.
    created, completed : str
        Times (ISO 8601, UTC); `completed` is empty while blocks are missing.
    points : tuple of PointStatus
        Finished realizations of each point.
    precision : str
        The precision goal in words; empty without one.
    failures : tuple of dict
        Blocks that failed in the last session and are still missing, from the event log.
    problems : tuple of str
        What of its metadata and coordinates is damaged or missing, and in what the store contradicts
        the copy that it keeps of itself; nothing if it is as it should be.
    damaged : tuple of str
        The files that are damaged or missing, such as "width/zarr.json", if no driver holds the store.
    parts_needed : tuple of str
        Parts, such as "2/2", that the missing blocks belong to, if the store was made in parts.
    seeds : tuple of int
        All seeds.
    """

    store: str
    workflow: str
    preset: str
    seed: int | None
    realizations: int
    blocks: int
    blocks_done: int
    running: bool
    core_seconds: float
    created: str
    completed: str
    points: tuple[PointStatus, ...]
    precision: str
    failures: tuple[dict[str, Any], ...]
    problems: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    parts_needed: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()

    _card = status_card

    @property
    def complete(self) -> bool:
        """Whether no block is missing."""
        return self.blocks_done == self.blocks


def read_status(store: Location) -> Status:
    """Read how far a run is; needs no cluster and opens no array.

    Raises
    ------
    InputError
        If there is no qtcore store.
    """
    header = read_header(store)
    sweep = whole_sweep(header)
    block_array(header, sweep.outputs[0].name)  # refused unless its chunks are such blocks
    sizes = sizes_of_blocks(header, sweep.grid).reshape(sweep.points, -1)
    there = held_realizations(header, sweep.grid).reshape(sizes.shape)
    finished = (there >= sizes) & (sizes > 0)
    held = there.sum(axis=-1)
    logs = read_logs(store)
    precision = stored_precision(header.attributes)
    running = is_held(store)
    # A driver that extends the store is between two files just now.
    damaged = [] if running else damaged_objects(header.place)
    standings = {} if precision is None else read_standings(store, sweep)
    return Status(
        store=str(store),
        workflow=sweep.workflow,
        preset=str(header.attributes.get("preset", "")),
        seed=None if header.draws else sweep.seed,
        realizations=sweep.largest_count,
        blocks=int((sizes > 0).sum()),
        blocks_done=int(finished.sum()),
        running=running,
        core_seconds=spent_seconds(header.attributes, logs),
        created=str(header.attributes.get("created", "")),
        completed=str(header.attributes.get("completed", "")),
        points=tuple(
            PointStatus(
                {n: p.values[n] for n in p.axes},
                int(held[p.number]),
                p.realizations,
                standings.get(p.number),
            )
            for p in sweep.all_points()
        ),
        precision="" if precision is None else precision.in_words,
        failures=tuple(
            {**failure, "reproduce": _reproduction(store, sweep, header.block, failure)}
            for log in logs
            for failure in _open_failures(log, finished)
        ),
        problems=tuple(filter(None, [_damage(header.place, damaged), contradiction(header.place)])),
        damaged=tuple(damaged),
        parts_needed=_parts_needed(store, (sizes > 0) & ~finished, sizes),
        seeds=tuple(draw.seed for draw in header.draws) or (sweep.seed,),
    )


def _damage(place: Place, damaged: list[str]) -> str:
    if not damaged:
        return ""
    verb = "is" if len(damaged) == 1 else "are"
    return (
        f"{place} is damaged: {listed(damaged)} {verb} missing, or not as it was written; "
        f"`{command('verify-store', place)}` mends what it can"
    )


def _parts_needed(
    store: Location, missing: NDArray[np.bool_], sizes: NDArray[np.int64]
) -> tuple[str, ...]:
    """Return the parts that missing blocks belong to; nothing if no or several divisions were made."""
    matches = [re.fullmatch(r"events-\d+of(\d{1,9})", name) for name in log_names(store)]
    divisions = {int(match[1]) for match in matches if match}
    if len(divisions) != 1:
        return ()
    of = divisions.pop()
    numbers = np.unique(owners((sizes > 0).sum(axis=-1), of)[missing])
    return tuple(f"{number}/{of}" for number in numbers)


def _reproduction(store: Location, sweep: Sweep, block: int, failure: dict[str, Any]) -> str:
    """Return the command that computes a failed piece alone.

    The event log holds such a command too. It is not repeated: people paste it into a shell, and
    whoever wrote the store wrote the log.
    """
    point = sweep.point(failure["point"])
    rows = range(failure["first"] * block, min(failure["stop"] * block, point.realizations))
    return reproduction(place_of(store).address, point, rows)


def _open_failures(log: list[dict[str, Any]], finished: Any) -> list[dict[str, Any]]:
    """Return the failures of the last session whose blocks are still missing."""
    starts = [n for n, line in enumerate(log) if line.get("event") == "Started"]
    last = log[starts[-1] :] if starts else []
    return [
        line
        for line in last
        if line.get("event") == "BlockFailed"
        and _is_whole(line, len(finished))
        and not finished[line["point"], line["first"] : line["stop"]].all()
    ]


def _is_whole(line: dict[str, Any], points: int) -> bool:
    """Whether a failure in the log has all that is shown of one; a damaged log hides no store."""
    numbers = [line.get(name) for name in ("point", "first", "stop", "attempts")]
    texts = [line.get(name) for name in ("parameters", "error", "reproduce")]
    return (
        all(type(number) is int for number in numbers)
        and all(isinstance(text, str) for text in texts)
        and 0 <= line["point"] < points
    )
