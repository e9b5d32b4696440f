"""How far a run is, read from its store alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qtcore.store.finished import finished_blocks
from qtcore.store.header import read_header
from qtcore.store.layout import block_size, event_log
from qtcore.store.lease import is_held
from qtcore.sweep.events import read_log
from qtcore.sweep.spec import Sweep


@dataclass(frozen=True)
class PointStatus:
    """One point of the swept grid and how many of its realizations are finished."""

    disorder: float
    width: int
    flux: float
    energy: float
    finished: int


@dataclass(frozen=True)
class Status:
    """How far a run is.

    Attributes
    ----------
    store, workflow, preset : str
        Which run.
    seed, realizations : int
        Seed, and realizations per point when it is complete.
    blocks, blocks_done : int
        Blocks that tasks write, and those that are written.
    running : bool
        Whether a driver holds the store's lease.
    core_seconds : float
        What workers have spent on it, from the event log.
    created, completed : str
        Times (ISO 8601, UTC); `completed` is empty while blocks are missing.
    points : tuple of PointStatus
        Finished realizations of each point.
    failures : tuple of dict
        Blocks that failed in the last session and are still missing, from the event log.
    """

    store: str
    workflow: str
    preset: str
    seed: int
    realizations: int
    blocks: int
    blocks_done: int
    running: bool
    core_seconds: float
    created: str
    completed: str
    points: tuple[PointStatus, ...]
    failures: tuple[dict[str, Any], ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.blocks_done == self.blocks


def read_status(store: Path) -> Status:
    """Read how far a run is; needs no cluster and opens no array.

    Raises
    ------
    InputError
        If there is no qtcore store.
    """
    header = read_header(store)
    sweep = Sweep.from_fields({**header.spec, "realizations": header.realizations})
    finished = finished_blocks(header, sweep.grid)
    sizes = np.array(
        [block_size(n, header.realizations, header.block) for n in range(finished.shape[-1])]
    )
    counts = (finished * sizes).sum(axis=-1)
    log = read_log(event_log(store))
    return Status(
        store=str(store),
        workflow=sweep.workflow,
        preset=str(header.attributes.get("preset", "")),
        seed=sweep.seed,
        realizations=header.realizations,
        blocks=finished.size,
        blocks_done=int(finished.sum()),
        running=is_held(store),
        core_seconds=round(
            sum(line.get("seconds", 0.0) for line in log if line.get("event") == "TaskDone"), 3
        ),
        created=str(header.attributes.get("created", "")),
        completed=str(header.attributes.get("completed", "")),
        points=tuple(
            PointStatus(p.disorder, p.width, sweep.flux[p.index[2]], p.energy, int(counts[p.index]))
            for p in sweep.all_points()
        ),
        failures=tuple(_open_failures(log, finished.reshape(sweep.points, -1))),
    )


def _open_failures(log: list[dict[str, Any]], finished: Any) -> list[dict[str, Any]]:
    """Return the failures of the last session whose blocks are still missing."""
    starts = [n for n, line in enumerate(log) if line.get("event") == "Started"]
    last = log[starts[-1] :] if starts else []
    return [
        line
        for line in last
        if line.get("event") == "BlockFailed"
        and not finished[line["point"], line["first"] : line["stop"]].all()
    ]
