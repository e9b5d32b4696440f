"""Two sweeps at once on one scheduler, each with a driver and a store of its own."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from dask_server import ENVIRONMENT, all_there, scheduler, worker
from servers import wait_until
from sweeps import LARGE, command_line

import qtcore as qt
from qtcore.store.journal import event_log
from qtcore.sweep.events import read_log

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

Same = Callable[[Path, dict[str, Any]], None]

ONE = {**LARGE, "realizations": LARGE["realizations"] // 2}
TWO = {**ONE, "seed": 8}


@contextmanager
def driver(sweep: dict[str, Any], store: Path, address: str) -> Iterator[subprocess.Popen[str]]:
    """Run `qtcore run` in a process of its own."""
    process = subprocess.Popen(
        command_line(sweep, store, address),
        cwd=store.parent,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said_by(process: subprocess.Popen[str]) -> str:
    """Wait for a driver that ends well; return its messages."""
    said = process.communicate(timeout=200)[1]
    # Two lengths are too few to fit xi: the checks against theory may fail (1), the sweep not.
    assert process.returncode in (0, 1), said
    return said


def log_of(store: Path, event: str) -> list[dict[str, Any]]:
    return [line for line in read_log(event_log(store)) if line["event"] == event]


def frozen_under_way(process: subprocess.Popen[str], store: Path) -> subprocess.Popen[str]:
    """Stop a driver when some of its blocks are done, so that the rest waits for the test."""
    wait_until(lambda: _blocks(store) > 0, "a first block", 120)
    process.send_signal(signal.SIGSTOP)
    assert not qt.status(store).complete
    return process


def _blocks(store: Path) -> int:
    try:
        return qt.status(store).blocks_done
    except qt.InputError:  # not there yet
        return 0


def test_both_end_with_the_same_bits(tmp_path: Path, assert_same: Same) -> None:
    """A worker that joins meanwhile proves itself to both and works for both."""
    one, two = tmp_path / "one.zarr", tmp_path / "two.zarr"
    with scheduler(workers=1) as address, ExitStack() as stack:
        all_there(address, 1)
        both = [
            frozen_under_way(stack.enter_context(driver(sweep, store, address)), store)
            for sweep, store in ((ONE, one), (TWO, two))
        ]
        stack.enter_context(worker(address))
        all_there(address, 2)
        for process in both:
            process.send_signal(signal.SIGCONT)
        for process in both:
            assert "sent away" not in said_by(process)
        all_there(address, 2)
    assert_same(one, ONE)
    assert_same(two, TWO)
    found = [{line["worker"] for line in log_of(store, "TaskDone")} for store in (one, two)]
    assert len(found[0] | found[1]) == 2
    for store in (one, two):
        assert log_of(store, "Retried") == []
        assert not list(store.rglob("proof-*"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_one_that_is_killed_or_stopped_does_not_disturb_the_other(
    how: signal.Signals, tmp_path: Path, assert_same: Same
) -> None:
    """Nor does its store keep workers away that come when it is gone."""
    one, two, again = tmp_path / "one.zarr", tmp_path / "two.zarr", tmp_path / "again.zarr"
    with scheduler(workers=1) as address, ExitStack() as stack:
        all_there(address, 1)
        first = frozen_under_way(stack.enter_context(driver(ONE, one, address)), one)
        second = frozen_under_way(stack.enter_context(driver(TWO, two, address)), two)
        first.send_signal(how)
        first.send_signal(signal.SIGCONT)
        said = first.communicate(timeout=30)[1]
        assert first.returncode == (3 if how is signal.SIGINT else -how), said
        assert not qt.status(one).complete
        one.rename(again)
        late = stack.enter_context(worker(address))
        all_there(address, 2)
        second.send_signal(signal.SIGCONT)
        assert "sent away" not in said_by(second)
        assert late.poll() is None
        third = stack.enter_context(driver(ONE, again, address))
        assert "sent away" not in said_by(third)
    assert_same(two, TWO)
    assert log_of(two, "Retried") == []
    assert_same(again, ONE)
    starts = log_of(again, "Started")
    assert starts[1]["blocks_left"] < starts[0]["blocks_left"]


def test_two_on_one_store_are_one_too_many(tmp_path: Path, assert_same: Same) -> None:
    store = tmp_path / "a.zarr"
    with scheduler(workers=1) as address, ExitStack() as stack:
        all_there(address, 1)
        first = frozen_under_way(stack.enter_context(driver(ONE, store, address)), store)
        second = stack.enter_context(driver(ONE, store, address))
        _, said = second.communicate(timeout=60)
        assert second.returncode == 2
        assert f"is in use: process {first.pid} on" in said
        first.send_signal(signal.SIGCONT)
        said_by(first)
    assert_same(store, ONE)
