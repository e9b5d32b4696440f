"""The clock of every process jumps while a sweep runs."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore.store.verify import verify

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

DAY = 86_400

PATCH = """
import os, time
_plain = time.time
def _jumping():
    try:
        with open(os.environ["CLOCK_JUMPS_BY"]) as file:
            return _plain() + float(file.read() or 0)
    except FileNotFoundError:
        return _plain()
time.time = _jumping
"""
"""What every Python of the sweep runs first. Files keep the times of the machine's own clock, as
those of a file server do."""


@pytest.mark.parametrize("days", [-1, 1])
def test_clock_that_jumps_in_mid_run(
    days: int,
    tmp_path: Path,
    launch: Callable[..., Any],
    wait_for_blocks: Callable[[Path, int], int],
    assert_same: Callable[[Path], None],
) -> None:
    store, jump = tmp_path / "a.zarr", tmp_path / "jump"
    first = tmp_path / "first"
    first.mkdir()
    (first / "sitecustomize.py").write_text(PATCH)
    environment = {
        "PYTHONPATH": f"{first}:{os.environ.get('PYTHONPATH', '')}",
        "CLOCK_JUMPS_BY": str(jump),
        # By the scheduler's clock its workers have been silent for a day: let it look for that.
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "1s",
    }
    with launch(store, **environment) as driver:
        wait_for_blocks(store, 2)
        jump.write_text(str(days * DAY))
        wait_for_blocks(store, 6)
        assert qt.status(store).running or qt.status(store).complete
        with launch(store, **environment) as other:
            _, said = other.communicate(timeout=100)
        # Refused, unless the first one has ended by now.
        assert other.returncode == 2 or driver.poll() == 0, said
        _, said = driver.communicate(timeout=100)
    assert driver.returncode == 0, said
    assert qt.status(store).complete
    assert verify(store).findings == []
    assert_same(store)
