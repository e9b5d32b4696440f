"""A cluster that is not the driver's own: its scheduler, all of it, or the driver is killed."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dask
import psutil
import pytest
from dask_server import ENVIRONMENT, all_there, scheduler, worker
from servers import serving, wait_until
from sweeps import LARGE, command_line, sweep_of

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Scheduler
from qtcore.store.journal import event_log
from qtcore.sweep.events import Event, TaskDone, read_log
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.outcome import Outcome

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

Same = Callable[[Path, dict[str, Any]], None]


PATIENCE = 20.0
"""Seconds that a driver tries to come back to a scheduler."""


def sweep_on(address: str, store: Path, *listeners: Callable[[Event], None]) -> Outcome:
    profile = Scheduler(kind="scheduler", address=address, start_timeout=PATIENCE)
    return fill_store(sweep_of(LARGE), store, lambda: connect(profile, store), listeners=listeners)


def _starts(store: Path) -> list[dict[str, Any]]:
    return [line for line in read_log(event_log(store)) if line["event"] == "Started"]


@pytest.mark.parametrize("what", ["the scheduler", "everything"])
def test_cluster_that_is_killed(what: str, tmp_path: Path, assert_same: Same) -> None:
    store = tmp_path / "a.zarr"
    killed: list[psutil.Process] = []
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(workers=1))
        second = stack.enter_context(worker(address))
        all_there(address, 2)

        def kill(event: Event) -> None:
            if isinstance(event, TaskDone) and not killed:
                victims = [serving(address)]
                if what == "everything":
                    nannies = [
                        p for p in psutil.Process().children() if "dask_worker" in str(p.cmdline())
                    ]
                    assert second.pid in [nanny.pid for nanny in nannies]
                    for nanny in nannies:
                        victims += [*nanny.children(recursive=True), nanny]
                killed.extend(victims)
                for victim in victims:
                    victim.kill()

        with dask.config.set({"distributed.comm.timeouts.connect": "3s"}):
            outcome = sweep_on(address, store, kill)
    assert len(killed) >= (1 if what == "the scheduler" else 5)
    assert outcome.stopped == "the connection to the Dask scheduler was lost"
    assert outcome.blocks_left > 0
    assert outcome.failures == []
    assert not qt.status(store).running
    with scheduler(workers=2) as address:
        all_there(address, 2)
        again = sweep_on(address, store)
    assert (again.blocks_left, again.stopped) == (0, "")
    assert_same(store, LARGE)


def test_driver_that_is_killed_while_its_cluster_lives_on(
    tmp_path: Path, assert_same: Same
) -> None:
    """The scheduler forgets its tasks; the next driver goes on, on the same workers."""
    store = tmp_path / "a.zarr"
    with scheduler(workers=2) as address:
        all_there(address, 2)
        command = command_line(LARGE, store, address)
        with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT) as first:
            wait_until(lambda: blocks_done(store) > 0, "a block", 100)
            os.kill(first.pid, signal.SIGKILL)
        before = blocks_done(store)
        assert not qt.status(store).complete
        outcome = sweep_on(address, store)
    assert outcome.stopped == ""
    assert qt.status(store).complete
    assert before > 0
    starts = _starts(store)
    assert starts[1]["blocks_left"] < starts[0]["blocks_left"]
    assert_same(store, LARGE)


def blocks_done(store: Path) -> int:
    try:
        return qt.status(store).blocks_done
    except qt.InputError:  # not there yet
        return 0
