"""A driver that was frozen while others went on: it deletes, changes and concludes nothing of theirs."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import pytest
import xarray as xr
from distributed import Client

import qtcore as qt
from qtcore.errors import LostLeaseError
from qtcore.session import _why_incomplete
from qtcore.store import lease as lease_module
from qtcore.store.compact import compact
from qtcore.store.create import update_attributes
from qtcore.store.header import read_header
from qtcore.store.layout import LEASE
from qtcore.store.lease import Lease
from qtcore.store.locate import place_of
from qtcore.sweep.fill_store import fill_store as filled
from qtcore.sweep.plan import Cutting
from tests.faults.conftest import make_sweep

Connect = Callable[[], AbstractContextManager[Client]]
HERE = Path(__file__).parent

FEW, BLOCK = 4000, 256
"""Realizations, and those of a block: enough blocks that a run is under way when something happens."""

fill_store = partial(filled, cutting=Cutting(block=BLOCK, shortest_task=0.0))

WAITS_FOR_WORKERS = f"""
import sys
sys.path.insert(0, sys.argv[1])
from contextlib import contextmanager
from conftest import make_sweep
from qtcore.errors import InputError
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.plan import Cutting

@contextmanager
def no_workers():
    print("waiting", flush=True)
    sys.stdin.readline()
    raise InputError("no worker came")
    yield

try:
    cutting = Cutting(block={BLOCK}, shortest_task=0.0)
    fill_store(make_sweep({FEW}), sys.argv[2], no_workers, compile_here=False, cutting=cutting)
except InputError as error:
    print(error, flush=True)
"""


@pytest.fixture
def sweep() -> qt.Sweep:
    return make_sweep(FEW)


@pytest.fixture(scope="module")
def undisturbed_store(tmp_path_factory: pytest.TempPathFactory, session_client: Client) -> Path:
    store = tmp_path_factory.mktemp("undisturbed") / "a.zarr"
    assert fill_store(make_sweep(FEW), store, lambda: nullcontext(session_client)).blocks_left == 0
    return store


@pytest.fixture(scope="module")
def undisturbed(undisturbed_store: Path) -> xr.Dataset:
    return qt.open(undisturbed_store).load()


@pytest.fixture
def frozen(tmp_path: Path) -> subprocess.Popen[str]:
    """A driver that has made a store, waits for workers, and is stopped as Ctrl-Z stops it."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS_FOR_WORKERS, str(HERE), str(tmp_path / "a.zarr")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    os.kill(process.pid, signal.SIGSTOP)
    return process


def wake(process: subprocess.Popen[str]) -> str:
    os.kill(process.pid, signal.SIGCONT)
    said, _ = process.communicate("\n", timeout=60)
    return said


def test_a_driver_that_wakes_leaves_the_store_that_another_has_finished(
    tmp_path: Path,
    frozen: subprocess.Popen[str],
    sweep: qt.Sweep,
    threads: Connect,
    monkeypatch: pytest.MonkeyPatch,
    assert_same: Callable[[Path], None],
) -> None:
    store = tmp_path / "a.zarr"
    monkeypatch.setattr(lease_module, "STALE_AFTER", 0.0)
    monkeypatch.setattr(lease_module, "WATCH", 0.3)
    assert fill_store(sweep, store, threads).blocks_left == 0
    assert "no worker came" in wake(frozen)
    assert qt.status(store).complete
    assert_same(store)
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_a_driver_that_wakes_undisturbed_takes_its_empty_store_back(
    tmp_path: Path, frozen: subprocess.Popen[str]
) -> None:
    assert (tmp_path / "a.zarr").exists()
    assert "no worker came" in wake(frozen)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.further
def test_a_store_with_a_block_is_never_taken_back(
    tmp_path: Path, undisturbed_store: Path, frozen: subprocess.Popen[str]
) -> None:
    """Somebody copied blocks into it, say; its lease is the driver's all the time."""
    block = next((undisturbed_store / "block_realizations").glob("c.*"))
    copied = tmp_path / "a.zarr" / "block_realizations" / block.name
    copied.write_bytes(block.read_bytes())
    assert "no worker came" in wake(frozen)
    assert copied.exists()


def take_over(store: Path) -> None:
    (store / LEASE).write_text('{"token": "other", "host": "elsewhere", "pid": 1, "born": ""}')


def test_a_driver_that_lost_its_lease_in_the_last_moment_concludes_nothing(
    tmp_path: Path, sweep: qt.Sweep, threads: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any heartbeat could notice it."""
    store = tmp_path / "a.zarr"
    monkeypatch.setattr(lease_module, "HEARTBEAT", 3600.0)
    held: list[Lease] = []
    plain = Lease.__enter__

    def noted(self: Lease) -> Lease:
        held.append(self)
        return plain(self)

    monkeypatch.setattr(Lease, "__enter__", noted)
    lost = False

    def listener(event: object) -> None:
        nonlocal lost
        if not lost and type(event).__name__ == "Ended":
            take_over(store)
            lost = True

    outcome = fill_store(sweep, store, threads, listeners=(listener,))
    assert outcome.stopped == "another driver took over the store"
    assert read_header(store).attributes["completed"] == ""
    assert "other" in (store / LEASE).read_text()


def test_compaction_that_lost_its_lease_removes_nothing(
    tmp_path: Path, undisturbed_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "a.zarr"
    shutil.copytree(undisturbed_store, store)
    chunks = sorted(path.name for path in (store / "ln_g").glob("c.*"))
    plain = Lease.confirm
    calls = 0

    def late(self: Lease) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            take_over(store)
        plain(self)

    monkeypatch.setattr(Lease, "confirm", late)
    with pytest.raises(LostLeaseError, match=r"another driver took over the store; .*left alone"):
        compact(store)
    assert sorted(path.name for path in (store / "ln_g").glob("c.*")) == chunks


def test_a_store_that_is_moved_while_it_runs(
    tmp_path: Path, sweep: qt.Sweep, threads: Connect, assert_same: Callable[[Path], None]
) -> None:
    store, moved = tmp_path / "a.zarr", tmp_path / "b.zarr"

    def listener(event: object) -> None:
        if type(event).__name__ == "TaskDone" and store.exists():
            store.rename(moved)

    outcome = fill_store(sweep, store, threads, listeners=(listener,))
    assert "the store is no longer where it was" in outcome.stopped or (
        f"there is no store at {store} any more" in outcome.stopped
    )
    assert not store.exists(), "no skeleton"
    assert f"it no longer lies at {store}" in _why_incomplete(place_of(store), outcome)
    (moved / LEASE).unlink(missing_ok=True)
    assert fill_store(sweep, moved, threads).blocks_left == 0
    assert_same(moved)


@pytest.mark.further
def test_a_store_in_whose_place_another_comes_while_it_runs(
    tmp_path: Path,
    sweep: qt.Sweep,
    threads: Connect,
    assert_same: Callable[[Path], None],
) -> None:
    """Nobody is told that the results are safe where another store lies."""
    store, moved, other = (tmp_path / name for name in ("a.zarr", "b.zarr", "other.zarr"))
    fill_store(sweep.changed(seed=sweep.seed + 1), other, threads)

    def listener(event: object) -> None:
        if type(event).__name__ == "TaskDone" and other.exists():
            store.rename(moved)
            other.rename(store)

    outcome = fill_store(sweep, store, threads, listeners=(listener,))
    assert outcome.blocks_left
    assert f"it no longer lies at {store}" in _why_incomplete(place_of(store), outcome)
    (moved / LEASE).unlink(missing_ok=True)
    assert fill_store(sweep, moved, threads).blocks_left == 0
    assert_same(moved)
    went_on = fill_store(sweep, moved, threads)
    assert "is safe in" in _why_incomplete(place_of(moved), went_on)


HOLDS = """
import sys, os
from qtcore.store.lease import Lease
with Lease(sys.argv[1]):
    print(os.getpid(), flush=True)
    sys.stdin.readline()
"""


def test_a_lease_of_another_container_on_this_host_is_respected(tmp_path: Path) -> None:
    """Its process 1 is not ours, and its numbers mean nothing here."""
    (tmp_path / "run").mkdir()
    inside = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c"]
    try:
        subprocess.run([*inside, ""], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine makes no process namespaces")
    with subprocess.Popen(
        [*inside, HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        number = int(process.stdout.readline())
        assert number < os.getpid()
        with pytest.raises(qt.QtcoreError, match=f"in use: process {number} on"), Lease(tmp_path):
            pass
        process.communicate("\n", timeout=30)


def test_attributes_that_follow_a_change_keep_the_digest(undisturbed_store: Path) -> None:
    before = read_header(undisturbed_store).attributes["digest"]
    update_attributes(undisturbed_store, {"updated": time.strftime("%Y-%m-%d")})
    assert read_header(undisturbed_store).attributes["digest"] == before
