"""Workers that join a sweep when it is under way: they prove that they can work, or leave."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from dask_server import CHECKOUT, scheduler, with_path, worker
from servers import ANOTHER_ZARR, free_port, serving, wait_until, write_new
from ssh_server import Sshd
from sweeps import SEVERAL, sweep_of

from qtcore.cluster import admission
from qtcore.cluster.connect import connect
from qtcore.cluster.kinds import Profile
from qtcore.cluster.profile import Scheduler, load_profile
from qtcore.store.journal import event_log
from qtcore.sweep.events import Event, Started, TaskDone, read_log
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.outcome import Outcome

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

Same = Callable[[Path, dict[str, Any]], None]


def sweep_on(profile: Profile, store: Path, *listeners: Callable[[Event], None]) -> Outcome:
    sweep = sweep_of(SEVERAL)
    return fill_store(sweep, store, lambda: connect(profile, store), listeners=listeners)


def workers_in(store: Path) -> set[str]:
    return {line["worker"] for line in read_log(event_log(store)) if "worker" in line}


HANGS = """
import sys, time
sys.addaudithook(lambda event, told: event == "open" and "proof-" in str(told[0]) and time.sleep(999))
"""

LACKS = "raise ModuleNotFoundError('no qtcore here')"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (None, "", "does not see run/proof"),
        ("zarr-2.0.0.dist-info/METADATA", ANOTHER_ZARR, "zarr 2.0.0 instead of"),
        ("qtcore/__init__.py", LACKS, "ModuleNotFoundError: no qtcore here"),
        ("sitecustomize.py", HANGS, "its store does not answer within 3 s"),
    ],
    ids=["without the store", "another version", "without qtcore", "a store that hangs"],
)
def test_a_worker_that_comes_late_and_cannot_work_is_sent_away(
    file: str | None,
    text: str,
    said: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    assert_same: Same,
) -> None:
    """The sweep goes on with those that can, and no task meets the other."""
    monkeypatch.setattr(admission, "PATIENCE", 3.0)
    store = tmp_path / "a.zarr"
    if file is None:
        prefix = request.getfixturevalue("elsewhere")
    else:
        prefix = with_path(tmp_path / "other")
        write_new(tmp_path / "other" / file, text)
    late: list[subprocess.Popen[bytes]] = []
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(workers=1))

        def join(event: Event) -> None:
            if isinstance(event, Started):
                late.append(stack.enter_context(worker(address, prefix)))
            else:  # there are tasks left for it when it comes
                wait_until(lambda: said in caplog.text, "what is said of the late worker", 60)

        outcome = sweep_on(Scheduler(kind="scheduler", address=address), store, join)
        assert (outcome.blocks_left, outcome.stopped, outcome.failures) == (0, "", [])
        wait_until(lambda: late[0].poll() is not None, "the late worker's end", 60)
    assert "was sent away: " in caplog.text
    assert said in caplog.text
    assert len(workers_in(store)) == 1
    assert_same(store, SEVERAL)
    assert not list(store.rglob("proof-*"))


def kill(worker: str) -> None:
    """Kill a worker by the name that it has in records: its host and its process."""
    os.kill(int(worker.rpartition(":")[2]), signal.SIGKILL)


class Upgrade:
    """Installs another zarr when a sweep is under way, then ends a worker; waits for what is said.

    Tasks that the worker had are computed by others.
    """

    def __init__(self, folder: Path, end: Callable[[str], None], told: Callable[[], bool]) -> None:
        self.folder = folder
        self.end = end
        self.told = told
        self.ended = ""

    def __call__(self, event: Event) -> None:
        if isinstance(event, TaskDone) and not self.ended:
            self.ended = event.worker
            write_new(self.folder / "zarr-2.0.0.dist-info" / "METADATA", ANOTHER_ZARR)
            self.end(event.worker)
            wait_until(self.told, "what is said of the worker in its place", 120)


def test_the_only_worker_is_started_anew_at_its_old_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, assert_same: Same
) -> None:
    """Its nanny starts it, after an upgrade in mid-run; that address had proved itself before."""
    store, folder, port = tmp_path / "a.zarr", tmp_path / "other", free_port()
    at = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(workers=0))
        options = ("--worker-port", str(port))
        nanny = stack.enter_context(worker(address, with_path(folder), options))

        def join(event: Event) -> None:
            first = not upgrade.ended
            upgrade(event)
            if first and upgrade.ended:
                stack.enter_context(worker(address))

        told = "no other worker is left, the sweep waits for one"
        upgrade = Upgrade(folder, lambda _: serving(at).kill(), lambda: told in caplog.text)
        outcome = sweep_on(Scheduler(kind="scheduler", address=address), store, join)
        assert (outcome.blocks_left, outcome.stopped, outcome.failures) == (0, "", [])
        wait_until(lambda: nanny.poll() is not None, "the nanny's end", 60)
    assert f"worker {at} was sent away: zarr 2.0.0 instead of" in caplog.text
    assert len(workers_in(store)) == 2
    assert_same(store, SEVERAL)


def test_a_worker_over_ssh_that_is_started_anew(
    sshd: Sshd, tmp_path: Path, caplog: pytest.LogCaptureFixture, assert_same: Same
) -> None:
    store, folder, python = tmp_path / "a.zarr", tmp_path / "other", tmp_path / "python"
    path = f"{folder}:{CHECKOUT}"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    profile = tmp_path / "mine.yaml"
    profile.write_text(f"{sshd.profile}hosts: [127.0.0.1, 127.0.0.1]\npython: {python}\n")
    upgrade = Upgrade(folder, kill, lambda: "zarr 2.0.0" in caplog.text)
    outcome = sweep_on(load_profile(profile), store, upgrade)
    assert (outcome.blocks_left, outcome.stopped, outcome.failures) == (0, "", [])
    assert "was sent away: zarr 2.0.0 instead of" in caplog.text
    assert len(workers_in(store)) == 2
    assert_same(store, SEVERAL)
