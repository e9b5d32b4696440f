"""Runs on a client inside this process: resume, extension, refusal, failures, fatal errors."""

import errno
import pickle
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Lock, local
from typing import Any

import numpy as np
import pytest
import xarray as xr
from distributed import Client

import qtcore as qt
from qtcore.store.header import read_header
from qtcore.store.journal import event_log
from qtcore.store.layout import LEASE, MARKER
from qtcore.store.write import BlockWriter
from qtcore.sweep import run as run_module
from qtcore.sweep import task as task_module
from qtcore.sweep.events import (
    BlockFailed,
    Ended,
    Event,
    Retried,
    Started,
    TaskDone,
    read_log,
    worker_seconds,
)
from qtcore.sweep.fill_store import fill_store as filled
from qtcore.sweep.fill_store import plan_sweep as planned
from qtcore.sweep.observables import USUAL
from qtcore.sweep.plan import Cutting
from qtcore.sweep.reproduction import reproduction
from qtcore.sweep.run import ATTEMPTS, WIDEST_WINDOW
from qtcore.sweep.run_provenance import RunProvenance
from qtcore.sweep.task import Record

Connect = Callable[[], AbstractContextManager[Client]]
Make = Callable[..., qt.Sweep]
Same = Callable[[Path, Path], None]
Values = dict[str, Any]


SMALL = Cutting(block=8, shortest_task=0.0)
"""Cuts these tiny sweeps into several blocks and tasks, as a real one is."""

fill_store, plan_sweep = (partial(f, cutting=SMALL) for f in (filled, planned))


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, range]]:
    """Which points and realizations the workers have solved."""
    calls: list[tuple[int, range]] = []
    plain = task_module.solve

    def noted(sweep: qt.Sweep, point: qt.Point, realizations: range) -> Values:
        calls.append((point.number, realizations))
        return plain(sweep, point, realizations)

    monkeypatch.setattr(task_module, "solve", noted)
    return calls


def test_store_holds_what_the_solver_returns(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    sweep = make_sweep()
    store = tmp_path / "a.zarr"
    outcome = fill_store(sweep, store, threads)
    assert (outcome.blocks_done, outcome.blocks_left, outcome.failures) == (24, 0, [])
    dataset = qt.open(store)
    assert (dataset.finished == 20).all()
    for point in sweep.all_points():
        expected = qt.scattering(sweep.wire(point), 0.5, point.lengths, range(20), 7)
        here = dataset.isel(dict(zip(sweep_axes, point.index, strict=True)))
        np.testing.assert_array_equal(here.ln_g, expected.ln_g)
        np.testing.assert_array_equal(here.reflection, expected.reflection.astype(np.float32))
        np.testing.assert_array_equal(here.suspect, expected.suspect)
        assert here.channels == expected.channels


sweep_axes = ("disorder", "width", "flux", "energy")


def test_finished_store_opens_without_qtcore_and_without_warnings(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    fill_store(make_sweep(), tmp_path / "a.zarr", threads)
    dataset = xr.open_zarr(tmp_path / "a.zarr")
    assert set(dataset.data_vars) == {MARKER, *USUAL}
    assert dataset.attrs["seed"] == 7


def test_provenance(tmp_path: Path, threads: Connect, make_sweep: Make) -> None:
    sweep = make_sweep()
    fill_store(
        sweep,
        tmp_path / "a.zarr",
        threads,
        provenance=RunProvenance(cluster='{"kind":"threads"}', preset="quick"),
    )
    header = read_header(tmp_path / "a.zarr")
    assert qt.Sweep.from_fields(header.spec) == sweep
    assert header.spec_hash == sweep.hash
    for name in ("versions", "git_revision", "created", "updated", "completed"):
        assert isinstance(header.attributes[name], str)
    assert '"numpy"' in header.attributes["versions"]
    assert header.attributes["completed"]
    assert header.attributes["core_seconds"] > 0
    assert header.attributes["preset"] == "quick"


def test_second_run_computes_nothing_and_needs_no_cluster(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    store = tmp_path / "a.zarr"
    fill_store(make_sweep(), store, threads)
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}

    def no_cluster() -> AbstractContextManager[Client]:
        raise AssertionError("a complete store needs no cluster")

    assert fill_store(make_sweep(), store, no_cluster).blocks_done == 0
    after = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}
    assert after == before


def test_chunking_does_not_change_a_bit(
    tmp_path: Path,
    threads: Connect,
    make_sweep: Make,
    same_bits: Same,
) -> None:
    fill_store(make_sweep(), tmp_path / "a.zarr", threads)
    fill_store(make_sweep(), tmp_path / "b.zarr", threads, cutting=Cutting(block=24))
    assert read_header(tmp_path / "a.zarr").block != read_header(tmp_path / "b.zarr").block
    same_bits(tmp_path / "a.zarr", tmp_path / "b.zarr")


@pytest.mark.parametrize("first", [3, 8, 12, 16])
@pytest.mark.first_cases(2)
def test_extension_equals_a_direct_run_and_computes_only_what_is_missing(
    tmp_path: Path,
    threads: Connect,
    make_sweep: Make,
    same_bits: Same,
    solved: list[tuple[int, range]],
    first: int,
) -> None:
    fill_store(make_sweep(realizations=first), tmp_path / "a.zarr", threads)
    solved.clear()
    fill_store(make_sweep(realizations=20), tmp_path / "a.zarr", threads)
    points = {point for point, _ in solved}
    for point in points:
        rows = [n for number, rows in solved if number == point for n in rows]
        assert sorted(rows) == list(range(first, 20)), "each missing one, once"
    fill_store(make_sweep(realizations=20), tmp_path / "b.zarr", threads)
    same_bits(tmp_path / "a.zarr", tmp_path / "b.zarr")


def test_fewer_realizations_than_stored_keeps_all(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    fill_store(make_sweep(realizations=20), tmp_path / "a.zarr", threads)
    fill_store(make_sweep(realizations=4), tmp_path / "a.zarr", threads)
    assert qt.open(tmp_path / "a.zarr").sizes["realization"] == 20


def test_lost_block_is_computed_again_to_the_same_bits(
    tmp_path: Path,
    threads: Connect,
    make_sweep: Make,
    same_bits: Same,
    solved: list[tuple[int, range]],
) -> None:
    for name in ("a.zarr", "b.zarr"):
        fill_store(make_sweep(), tmp_path / name, threads)
    store = tmp_path / "a.zarr"
    (store / MARKER / "c.1.0.0.0.1.0").unlink()
    (store / "ln_g" / "c.1.0.0.0.1.0").unlink()
    solved.clear()
    assert fill_store(make_sweep(), store, threads).blocks_done == 1
    assert solved == [(4, range(8, 16))]
    same_bits(store, tmp_path / "b.zarr")


def test_another_spec_is_refused_field_by_field(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    store = tmp_path / "a.zarr"
    fill_store(make_sweep(), store, threads)
    before = (store / "zarr.json").read_bytes()
    with pytest.raises(qt.InputError) as caught:
        fill_store(make_sweep(seed=8, width=(1, 4)), store, threads)
    message = str(caught.value)
    assert "seed: the store has 7, asked for is 8" in message
    assert "width: the store has 1, 3, asked for is 1, 4" in message
    assert (store / "zarr.json").read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"energy": (0.5, 9.0)}, r"at disorder 1, width 1, flux 0, energy 9: .*open"),
        ({"periodic": True, "width": (4,)}, r"at .*flux 0\.01.*: a periodic strip"),
    ],
)
def test_physics_that_is_not_allowed_is_refused_before_anything_is_written(
    tmp_path: Path, threads: Connect, make_sweep: Make, changes: Values, words: str
) -> None:
    with pytest.raises(qt.InputError, match=words):
        fill_store(make_sweep(**changes), tmp_path / "a.zarr", threads)
    assert list(tmp_path.iterdir()) == []


def test_cluster_that_does_not_start_leaves_no_store(tmp_path: Path, make_sweep: Make) -> None:
    def broken() -> AbstractContextManager[Client]:
        raise TimeoutError("no workers")

    with pytest.raises(TimeoutError):
        fill_store(make_sweep(), tmp_path / "a.zarr", broken)
    assert list(tmp_path.iterdir()) == []


def test_preview_writes_nothing_and_counts_what_is_missing(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    store = tmp_path / "a.zarr"
    assert plan_sweep(make_sweep(), store, 2).blocks_left == 24
    assert list(tmp_path.iterdir()) == []
    fill_store(make_sweep(), store, threads)
    assert not plan_sweep(make_sweep(), store, 2).tasks
    grown = plan_sweep(make_sweep(realizations=30), store, 2)
    assert grown.blocks_left == 8 * 2
    assert read_header(store).realizations == 20


class _PoisonError(RuntimeError):
    pass


def test_piece_that_always_raises_is_recorded_and_stops_no_other(
    tmp_path: Path,
    threads: Connect,
    make_sweep: Make,
    same_bits: Same,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = task_module.solve
    tried: list[range] = []

    def poisoned(sweep: qt.Sweep, point: qt.Point, realizations: range) -> Values:
        if point.number == 5 and 11 in realizations:
            tried.append(realizations)
            raise _PoisonError("realization 11 is cursed")
        return plain(sweep, point, realizations)

    store = tmp_path / "a.zarr"
    with monkeypatch.context() as patch:
        patch.setattr(task_module, "solve", poisoned)
        events: list[Event] = []
        outcome = fill_store(make_sweep(), store, threads, listeners=(events.append,))
    assert len(tried) == ATTEMPTS
    assert (outcome.blocks_done, outcome.blocks_left) == (23, 1)
    (failure,) = outcome.failures
    assert (failure.point, failure.first, failure.stop) == (5, 1, 2)
    assert failure.error == "_PoisonError: realization 11 is cursed"
    assert "in poisoned" in failure.trace
    assert failure.attempts == ATTEMPTS
    assert [type(e) for e in events if isinstance(e, Retried)] == [Retried] * (ATTEMPTS - 1)
    logged = [line for line in read_log(event_log(store)) if line["event"] == "BlockFailed"]
    assert logged[0]["reproduce"] == failure.reproduce
    found = qt.status(store)
    assert len(found.failures) == 1
    assert found.blocks_done == 23
    assert not (store / LEASE).exists()
    fill_store(make_sweep(), store, threads)
    assert qt.status(store).failures == ()
    fill_store(make_sweep(), tmp_path / "b.zarr", threads)
    same_bits(store, tmp_path / "b.zarr")


def test_reproduction_command_computes_the_same_numbers(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    sweep = make_sweep()
    fill_store(sweep, tmp_path / "a.zarr", threads)
    command = reproduction(str(tmp_path / "a.zarr"), sweep.point(3), range(8, 10))
    words = shlex.split(command)
    words[0] = sys.executable
    words[2] = words[2].removesuffix(")") + "['ln_g'].tolist())"
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    stored = qt.open(tmp_path / "a.zarr").ln_g.isel(disorder=0, width=1, flux=1, energy=0)
    assert printed.strip() == str(stored[8:10].to_numpy().tolist())


def test_passing_trouble_is_retried_and_leaves_no_trace_in_the_numbers(
    tmp_path: Path,
    threads: Connect,
    make_sweep: Make,
    same_bits: Same,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = BlockWriter.write
    troubled: set[Any] = set()

    def now_and_then(self: BlockWriter, *arguments: Any, **named: Any) -> None:
        if arguments[:2] not in troubled:
            troubled.add(arguments[:2])
            raise OSError(errno.EIO, "Input/output error")
        plain(self, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(BlockWriter, "write", now_and_then)
        outcome = fill_store(make_sweep(), tmp_path / "a.zarr", threads)
    assert outcome.blocks_left == 0
    assert troubled
    fill_store(make_sweep(), tmp_path / "b.zarr", threads)
    same_bits(tmp_path / "a.zarr", tmp_path / "b.zarr")


def test_full_disk_stops_the_sweep_and_says_so(
    tmp_path: Path,
    threads: Connect,
    make_sweep: Make,
    same_bits: Same,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = BlockWriter.write
    written: list[Any] = []

    def full(self: BlockWriter, *arguments: Any, **named: Any) -> None:
        if len(written) >= 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(arguments[:2])
        plain(self, *arguments, **named)

    store = tmp_path / "a.zarr"
    with monkeypatch.context() as patch:
        patch.setattr(BlockWriter, "write", full)
        outcome = fill_store(make_sweep(), store, threads)
    assert outcome.stopped.startswith("the disk is full")
    assert outcome.blocks_left > 0
    assert outcome.failures == []
    fill_store(make_sweep(), store, threads)
    fill_store(make_sweep(), tmp_path / "b.zarr", threads)
    same_bits(store, tmp_path / "b.zarr")


def test_interrupt_leaves_a_store_that_resumes(
    tmp_path: Path, threads: Connect, make_sweep: Make, same_bits: Same
) -> None:
    def press_ctrl_c(event: Event) -> None:
        if isinstance(event, TaskDone):
            raise KeyboardInterrupt

    store = tmp_path / "a.zarr"
    events: list[Event] = []
    outcome = fill_store(make_sweep(), store, threads, listeners=(events.append, press_ctrl_c))
    assert outcome.stopped == "interrupted"
    assert 0 < outcome.blocks_done < 24
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended)
    assert not (store / LEASE).exists()
    assert fill_store(make_sweep(), store, threads).blocks_left == 0
    fill_store(make_sweep(), tmp_path / "b.zarr", threads)
    same_bits(store, tmp_path / "b.zarr")


def test_driver_that_lost_its_lease_stops_and_leaves_the_attributes_alone(
    tmp_path: Path, threads: Connect, make_sweep: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "a.zarr"

    def taken_over(event: Event) -> None:
        if isinstance(event, Started):
            (store / LEASE).write_text("{}")
            monkeypatch.setattr("qtcore.store.lease.Lease.lost", True, raising=False)

    monkeypatch.setattr("qtcore.store.lease.HEARTBEAT", 0.0)
    monkeypatch.setattr(task_module, "solve", _slowly(task_module.solve))
    outcome = fill_store(make_sweep(), store, threads, listeners=(taken_over,))
    assert outcome.stopped == "another driver took over the store"
    assert not read_header(store).attributes["completed"]
    assert (store / LEASE).exists()


def _slowly(plain: Callable[..., Values]) -> Callable[..., Values]:
    import time

    def slow(*arguments: Any) -> Values:
        time.sleep(0.02)
        return plain(*arguments)

    return slow


def test_window_of_futures_is_bounded(
    tmp_path: Path, threads: Connect, make_sweep: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    plain = run_module._Session.top_up

    def watched(self: Any) -> Any:
        nonlocal most
        submitted = plain(self)
        most = max(most, len(self.pending))
        return submitted

    monkeypatch.setattr(run_module._Session, "top_up", watched)
    fill_store(make_sweep(realizations=80), tmp_path / "a.zarr", threads)
    assert 0 < most <= WIDEST_WINDOW * 2


def test_tasks_that_are_due_together_travel_together(
    tmp_path: Path, threads: Connect, make_sweep: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each keeps its own future: a point that fails takes no task of its batch along."""
    batches: list[int] = []
    submit, solve = run_module._Session.submit, task_module.solve

    def watched(self: Any, submissions: list[Any]) -> Any:
        batches.append(len(submissions))
        return submit(self, submissions)

    def some_fail(sweep: qt.Sweep, point: qt.Point, realizations: range) -> Values:
        if point.number == 3:
            raise ValueError("not this one")
        return solve(sweep, point, realizations)

    monkeypatch.setattr(run_module._Session, "submit", watched)
    monkeypatch.setattr(task_module, "solve", some_fail)
    sweep = make_sweep()
    outcome = fill_store(sweep, tmp_path / "a.zarr", threads)
    assert {failure.point for failure in outcome.failures} == {3}
    blocks = 24 // sweep.points
    assert (outcome.blocks_done, outcome.blocks_left) == (24 - blocks, blocks)
    assert max(batches) > 1


def test_waiting_for_a_core_is_no_time_of_a_core(
    tmp_path: Path, threads: Connect, make_sweep: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = local()

    def undisturbed() -> float:  # as if each task had run for a thousandth of a second
        readings.number = getattr(readings, "number", 0) + 1
        return 1e-3 * readings.number

    monkeypatch.setattr(task_module, "undisturbed_seconds", undisturbed)
    outcome = fill_store(make_sweep(), tmp_path / "a.zarr", threads)
    lines = [line for line in read_log(event_log(tmp_path / "a.zarr")) if "seconds" in line]
    assert [line["core_seconds"] for line in lines] == pytest.approx([1e-3] * len(lines))
    total = pytest.approx(1e-3 * len(lines))
    assert outcome.core_seconds == total
    assert qt.status(tmp_path / "a.zarr").core_seconds == total
    assert read_header(tmp_path / "a.zarr").attributes["core_seconds"] == total


def test_a_log_of_before_counts_seconds_of_the_clock() -> None:
    done = {"event": "TaskDone", "seconds": 2.0}
    logs = [[done, {**done, "core_seconds": 0.5}], [{"event": "Ended", "core_seconds": 9.0}]]
    assert worker_seconds(logs) == 2.5


def test_records_are_small() -> None:
    estimates = tuple((10**6, 1024, -1.2345678e5, 1.2345678e10) for _ in range(4))
    record = tuple(Record(123.456789, 123.456, "a-compute-node-0123:123456", 12, estimates, ()))
    assert len(pickle.dumps(record)) < 200


def test_workers_that_see_another_store_stop_the_sweep(
    tmp_path: Path, threads: Connect, make_sweep: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*_: Any) -> Any:
        raise qt.InputError("no store at /elsewhere: nothing is there")

    monkeypatch.setattr(task_module, "_opened", elsewhere)
    outcome = fill_store(make_sweep(), tmp_path / "a.zarr", threads)
    assert "no store at /elsewhere" in outcome.stopped
    assert outcome.blocks_left == 24


def test_workers_that_write_elsewhere_are_found_out(
    tmp_path: Path, threads: Connect, make_sweep: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BlockWriter, "write", lambda *_, **__: None)
    outcome = fill_store(make_sweep(), tmp_path / "a.zarr", threads)
    assert "not in the store" in outcome.stopped
    assert (outcome.blocks_done, outcome.blocks_left) == (0, 24)


def test_failure_events_carry_the_point_in_words(make_sweep: Make) -> None:
    assert make_sweep().point(7).label == "disorder 2, width 3, flux 0.01, energy 0.5"
    assert {"parameters", "reproduce"} <= set(BlockFailed.__dataclass_fields__)


@pytest.mark.parametrize("seed", [7, 8])
@pytest.mark.first_cases(1)
def test_another_store_at_the_path_is_not_written_to(
    tmp_path: Path, threads: Connect, make_sweep: Make, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    store, other = tmp_path / "a.zarr", tmp_path / "other.zarr"
    if seed == 7:  # the same numbers, by another way: its marks have another identity
        fill_store(make_sweep(seed=seed, disorder=(1.0,)), other, threads)
    fill_store(make_sweep(seed=seed), other, threads)
    before = _blocks(other)
    task_module._opened.cache_clear()
    plain, write = task_module.solve, BlockWriter.write
    calls = []
    # A store that goes away while a block of several files is on its way takes a part of them. The
    # marks of the other one prove that these are not its own, but here none is to be there at all.
    whole = Lock()

    def in_one_go(*arguments: Any, **options: Any) -> Any:
        with whole:
            return write(*arguments, **options)

    def swapped(*arguments: Any) -> Values:
        calls.append(arguments)
        if len(calls) == 3:
            with whole:
                store.rename(tmp_path / "b.zarr")
                other.rename(store)
        return _slowly(plain)(*arguments)

    monkeypatch.setattr(BlockWriter, "write", in_one_go)
    monkeypatch.setattr(task_module, "solve", swapped)
    outcome = fill_store(make_sweep(), store, threads)
    assert "its new --store goes on" in outcome.stopped
    assert _blocks(store) == before
    monkeypatch.setattr(task_module, "solve", plain)
    (tmp_path / "b.zarr" / LEASE).unlink(missing_ok=True)  # of the run that lost its store
    assert fill_store(make_sweep(), tmp_path / "b.zarr", threads).blocks_left == 0


def _blocks(store: Path) -> dict[str, tuple[bytes, int]]:
    """What each file of a store holds, and when it was written, but for the notes of runs."""
    return {
        str(path.relative_to(store)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in store.rglob("*")
        if path.is_file() and "c" in path.name[:1]
    }
