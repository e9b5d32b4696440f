"""Stores that are extended inside a block: no realization is computed twice, old rows stay."""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local
from qtcore.store.folder import Folder
from qtcore.store.journal import event_log
from qtcore.store.layout import GROWING
from qtcore.store.verify import verify
from qtcore.sweep import task as task_module
from qtcore.sweep.events import Event, TaskDone, read_log
from qtcore.sweep.extension import _axis_differences
from qtcore.sweep.fill_store import fill_store as filled
from qtcore.sweep.fill_store import plan_sweep
from qtcore.sweep.plan import Cutting

Connect = Callable[[], AbstractContextManager[Client]]
Make = Callable[..., qt.Sweep]
Same = Callable[[Any, Any], None]
Solved = list[tuple[int, int]]

POINTS = 8


fill_store = partial(filled, cutting=Cutting(block=16, shortest_task=0.0))


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> Solved:
    """Point and number of every realization that the workers have solved, in order."""
    calls: Solved = []
    plain, together = task_module.solve, task_module.solve_wires

    def one(sweep: qt.Sweep, point: qt.Point, rows: range) -> Any:
        calls.extend((point.number, n) for n in rows)
        return plain(sweep, point, rows)

    def several(members: Any, lengths: Any, rows: range, *others: Any) -> Any:
        calls.extend((-1, n) for n in rows for _ in members)
        return together(members, lengths, rows, *others)

    monkeypatch.setattr(task_module, "solve", one)
    monkeypatch.setattr(task_module, "solve_wires", several)
    return calls


@pytest.mark.parametrize("place", ["folder", pytest.param("s3", marks=pytest.mark.slow)])
def test_several_extensions_compute_each_realization_once(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    threads: Connect,
    make_sweep: Make,
    same_bits: Same,
    solved: Solved,
    place: str,
) -> None:
    folder = str(tmp_path) if place == "folder" else request.getfixturevalue("s3")
    store = f"{folder}/a.zarr"
    counts = [3, 5, 13, 16, 30, 50] if place == "folder" else [3, 13, 50]
    for before, count in zip([0, *counts], counts, strict=False):
        solved.clear()
        expected = plan_sweep(make_sweep(realizations=count), store, 1).realizations_left
        fill_store(make_sweep(realizations=count), store, threads)
        assert len(solved) == expected == POINTS * (count - before)
        assert {n for _, n in solved} == set(range(before, count))
    done = [line for line in read_log(event_log(store)) if line["event"] == "TaskDone"]
    assert sum(line["realizations"] for line in done) == POINTS * counts[-1]
    fill_store(make_sweep(realizations=counts[-1]), tmp_path / "b.zarr", threads)
    same_bits(store, tmp_path / "b.zarr")


def test_old_rows_are_read_and_kept(
    tmp_path: Path, threads: Connect, make_sweep: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "a.zarr"
    fill_store(make_sweep(realizations=11), store, threads)
    before = qt.open(store).ln_g.load()
    plain = task_module.solve

    def shifted(*asked: Any) -> Any:
        values = plain(*asked)
        return {**values, "ln_g": values["ln_g"] + 100}

    monkeypatch.setattr(task_module, "solve", shifted)
    fill_store(make_sweep(realizations=40), store, threads)
    after = qt.open(store).ln_g.transpose("realization", ...).to_numpy()
    old = before.transpose("realization", ...).to_numpy()
    assert np.array_equal(after[:11], old)
    assert (after[11:] > 50).all()


def test_block_whose_old_rows_are_damaged_is_computed_whole(
    tmp_path: Path, threads: Connect, make_sweep: Make, same_bits: Same, solved: Solved
) -> None:
    store = tmp_path / "a.zarr"
    fill_store(make_sweep(realizations=11), store, threads)
    chunk = sorted((store / "ln_g").glob("c.*"))[0]
    chunk.write_bytes(b"\0" + chunk.read_bytes()[1:])
    solved.clear()
    fill_store(make_sweep(realizations=16), store, threads)
    assert len(solved) == POINTS * 5 + 11
    fill_store(make_sweep(realizations=16), tmp_path / "b.zarr", threads)
    same_bits(store, tmp_path / "b.zarr")


@pytest.mark.parametrize("written", [0, 1, 2, 4, 5])
@pytest.mark.first_cases(2)
def test_stopped_while_it_completes_a_block(
    tmp_path: Path,
    threads: Connect,
    make_sweep: Make,
    same_bits: Same,
    solved: Solved,
    monkeypatch: pytest.MonkeyPatch,
    written: int,
) -> None:
    """After each of the objects: the old rows are there, and no row is computed twice."""
    store = tmp_path / "a.zarr"
    fields = {"disorder": (1.0,), "width": (3,), "flux": (0.0,)}
    fill_store(make_sweep(realizations=11, **fields), store, threads)
    before = qt.open(store).load()
    put, count = Folder.put, iter(range(100))

    def dies(self: Folder, key: str, content: bytes) -> None:
        if ("/c." in key or GROWING in key) and next(count) >= written:
            raise OSError(28, "No space left on device")  # what stops a session at once
        put(self, key, content)

    solved.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "put", dies)
        outcome = fill_store(make_sweep(realizations=16, **fields), store, threads)
    assert outcome.blocks_left == 1
    between = qt.open(store).load()
    assert (between.finished == 11).all()
    for name in ("ln_g", "reflection", "certificate"):
        old, now = (ds[name].isel(realization=slice(0, 11)) for ds in (before, between))
        assert np.array_equal(old.to_numpy(), now.to_numpy()), name
    assert verify(store, repair=False).findings == []
    if written == 0:  # nothing of them has reached the disk
        solved.clear()
    fill_store(make_sweep(realizations=16, **fields), store, threads)
    assert sorted(n for _, n in solved) == [11, 12, 13, 14, 15]
    assert list((store / GROWING).iterdir()) == []
    fill_store(make_sweep(realizations=16, **fields), tmp_path / "b.zarr", threads)
    same_bits(store, tmp_path / "b.zarr")


@pytest.mark.slow
@pytest.mark.cluster
def test_workers_killed_during_extensions(
    tmp_path: Path, threads: Connect, make_sweep: Make, same_bits: Same
) -> None:
    store = tmp_path / "a.zarr"
    killed: list[int] = []

    def kill_now_and_then(event: Event) -> None:
        if isinstance(event, TaskDone) and len(killed) < 2 and event.task == 3:
            killed.append(int(event.worker.rpartition(":")[2]))
            os.kill(killed[-1], signal.SIGKILL)

    def two() -> AbstractContextManager[Client]:
        return connect(Local(kind="local", workers=2, dashboard=False))

    for count in (100, 305, 900):
        outcome = fill_store(
            make_sweep(realizations=count), store, two, listeners=(kill_now_and_then,)
        )
        assert (outcome.blocks_left, outcome.failures) == (0, [])
    assert len(killed) == 2
    done = [line for line in read_log(event_log(store)) if line["event"] == "TaskDone"]
    assert sum(line["realizations"] for line in done) == POINTS * 900
    fill_store(make_sweep(realizations=900), tmp_path / "b.zarr", threads)
    same_bits(store, tmp_path / "b.zarr")


def test_an_axis_in_another_unit_is_another_sweep() -> None:
    """Its values were added to those of the old unit; what an axis allows besides is no difference."""
    h, through, limited = (
        qt.Axis((0.0, 1.0), name="flux", long_name="magnetic flux", **more)
        for more in ({"units": "h/e per plaquette"}, {"units": "h/e"}, {"units": "h/e", "least": 0})
    )
    assert _axis_differences((through,), (limited,)) == []
    assert _axis_differences((h,), (through,)) == [
        "flux: the store has numbers in units of h/e per plaquette, asked for is numbers in units of h/e"
    ]
