"""Killed workers, killed drivers, Ctrl-C: the dataset is bit for bit the undisturbed one."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cloudpickle
import psutil
import pytest
from distributed import Client, Worker, WorkerPlugin

import qtcore as qt
from qtcore.cluster import connect as connect_module
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local
from qtcore.store.finished import clean_partial
from qtcore.store.folder import PARTIAL
from qtcore.store.journal import event_log
from qtcore.store.verify import verify
from qtcore.sweep import run as run_module
from qtcore.sweep import task as task_module
from qtcore.sweep.events import read_log
from qtcore.sweep.fill_store import fill_store

Launch = Callable[..., Any]
Wait = Callable[[Path, int], int]
Same = Callable[[Path], None]

pytestmark = pytest.mark.cluster


def local(workers: int) -> Local:
    return Local(kind="local", workers=workers, dashboard=False)


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_number_of_workers_does_not_change_a_bit(
    tmp_path: Path, sweep: qt.Sweep, assert_same: Same, workers: int
) -> None:
    outcome = fill_store(sweep, tmp_path / "a.zarr", lambda: connect(local(workers)))
    assert outcome.blocks_left == 0
    assert_same(tmp_path / "a.zarr")
    log = read_log(event_log(tmp_path / "a.zarr"))
    assert len({line["worker"] for line in log if line["event"] == "TaskDone"}) == workers


def test_worker_killed_in_mid_task_and_with_a_result(
    tmp_path: Path, sweep: qt.Sweep, assert_same: Same, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that was announced, and died before the driver fetched it, is computed again."""
    clients: list[Client] = []
    killed: list[str] = []

    @contextmanager
    def noted() -> Iterator[Client]:
        with connect(local(2)) as client:
            clients.append(client)
            yield client

    def kill_who_holds_a_result(seconds: float) -> None:
        time.sleep(seconds)
        client = clients[0]
        finished = [key for key, state in client.futures.items() if state.status == "finished"]
        if killed or not finished:
            return
        key = finished[0]
        held_by = client.who_has()[key]
        killed.append(key)
        os.kill(client.run(os.getpid, workers=list(held_by))[held_by[0]], signal.SIGKILL)
        while client.futures[key].status == "finished":
            time.sleep(0.01)

    monkeypatch.setattr(run_module, "sleep", kill_who_holds_a_result)
    outcome = fill_store(sweep, tmp_path / "a.zarr", noted)
    assert killed
    assert (outcome.blocks_left, outcome.failures, outcome.stopped) == (0, [], "")
    assert_same(tmp_path / "a.zarr")


class DiesWriting(WorkerPlugin):
    """Make a worker kill itself when a chunk is half-written, once in the sweep."""

    def __init__(self, died: str) -> None:
        self.died = Path(died)

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - the plugin's protocol
        plain = os.replace

        def half(source: str, target: str) -> None:
            if "/ln_g/c.0.1." in target and not self.died.exists():
                self.died.write_text(source)
                os.truncate(source, Path(source).stat().st_size // 2)
                os.kill(os.getpid(), signal.SIGKILL)
            plain(source, target)

        os.replace = half


@pytest.mark.slow
def test_worker_killed_in_mid_write(tmp_path: Path, sweep: qt.Sweep, assert_same: Same) -> None:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    died = tmp_path / "died"

    @contextmanager
    def prepared() -> Iterator[Client]:
        with connect(local(2)) as client:
            client.register_plugin(DiesWriting(str(died)))
            yield client

    store = tmp_path / "a.zarr"
    outcome = fill_store(sweep, store, prepared)
    half = Path(died.read_text())
    assert half.name.endswith(PARTIAL)
    assert half.stat().st_size > 0, "what the killed worker left"
    assert (outcome.blocks_left, outcome.failures) == (0, [])
    assert_same(store)
    assert verify(store, repair=False).findings == []
    # As the next driver does when it begins.
    assert clean_partial(store) == 1
    assert not half.exists()


class DiesMeasuring(WorkerPlugin):
    """Make a worker kill itself when it is asked for its speed, once in the sweep."""

    def __init__(self, died: str) -> None:
        self.died = Path(died)

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - the plugin's protocol
        plain = task_module.measure

        def deadly(sweep: Any) -> Any:
            if not self.died.exists():
                self.died.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return plain(sweep)

        task_module.measure = deadly


@pytest.mark.slow
def test_only_worker_killed_before_its_first_task(
    tmp_path: Path, sweep: qt.Sweep, assert_same: Same
) -> None:
    """It was measuring its speed; the one in its place does that anew."""
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    died = tmp_path / "died"

    @contextmanager
    def prepared() -> Iterator[Client]:
        with connect(local(1)) as client:
            client.register_plugin(DiesMeasuring(str(died)))
            yield client

    outcome = fill_store(sweep, tmp_path / "a.zarr", prepared)
    assert died.exists()
    assert (outcome.blocks_left, outcome.failures) == (0, [])
    assert_same(tmp_path / "a.zarr")


class Deadly(WorkerPlugin):
    """Make the solver of a worker end the whole process at some realization of point 1."""

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - the plugin's protocol
        plain = task_module.solve

        def deadly(sweep: Any, point: Any, realizations: range) -> Any:
            if point.number == 1 and 3333 in realizations:
                os._exit(11)
            return plain(sweep, point, realizations)

        task_module.solve = deadly


@pytest.mark.slow
def test_block_that_kills_its_workers_is_given_up_alone(
    tmp_path: Path, sweep: qt.Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connect_module.SETTINGS, "distributed.scheduler.allowed-failures", 0)
    cloudpickle.register_pickle_by_value(sys.modules[__name__])

    class Plugged:
        def __enter__(self) -> Client:
            self.context = connect(local(1))
            client = self.context.__enter__()
            client.register_plugin(Deadly())
            return client

        def __exit__(self, *error: Any) -> bool | None:
            return self.context.__exit__(*error)

    outcome = fill_store(sweep, tmp_path / "a.zarr", Plugged)
    (failure,) = outcome.failures
    assert "KilledWorker" in failure.error
    assert failure.point == 1
    assert failure.stop - failure.first == 1, "innocent blocks were taken along"
    assert outcome.blocks_left == 1
    assert qt.status(tmp_path / "a.zarr").blocks_done == outcome.blocks_done


@pytest.mark.slow
def test_driver_killed_then_run_again(
    tmp_path: Path, launch: Launch, wait_for_blocks: Wait, assert_same: Same
) -> None:
    store = tmp_path / "a.zarr"
    with launch(store) as first:
        done = wait_for_blocks(store, 3)
        first.send_signal(signal.SIGSTOP)  # or it might be done before the second has started
        assert qt.status(store).running
        with launch(store) as second:
            _, said = second.communicate(timeout=60)
            assert second.returncode == 2
            assert f"is in use: process {first.pid} on" in said
        workers = psutil.Process(first.pid).children(recursive=True)
        first.kill()
        first.wait()
        _, alive = psutil.wait_procs(workers, timeout=30)
        assert alive == [], "workers outlive their driver"
    status = qt.status(store)
    assert not status.running
    assert not status.complete
    assert status.blocks_done >= done
    with launch(store) as again:
        _, said = again.communicate(timeout=120)
        assert again.returncode == 0, said
    assert not list(store.rglob("*.partial"))
    starts = [line for line in read_log(event_log(store)) if line["event"] == "Started"]
    assert starts[1]["blocks_left"] < starts[0]["blocks_left"]
    assert_same(store)


@pytest.mark.slow
def test_driver_and_workers_killed_at_once(
    tmp_path: Path, launch: Launch, wait_for_blocks: Wait, assert_same: Same
) -> None:
    store = tmp_path / "a.zarr"
    with launch(store) as first:
        done = wait_for_blocks(store, 3)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    status = qt.status(store)
    assert not status.running
    assert done <= status.blocks_done < status.blocks
    with launch(store) as again:
        _, said = again.communicate(timeout=120)
        assert again.returncode == 0, said
    assert not list(store.rglob("*.partial"))
    assert_same(store)


@pytest.mark.slow
def test_two_launchers_at_the_same_moment(
    tmp_path: Path, launch: Launch, assert_same: Same
) -> None:
    store = tmp_path / "a.zarr"
    with launch(store) as one, launch(store) as other:
        said = {process.pid: process.communicate(timeout=120)[1] for process in (one, other)}
        codes = sorted([one.returncode, other.returncode])
    # The slower is refused, or has come when all was done.
    assert codes in ([0, 2], [0, 0]), said
    if codes == [0, 2]:
        refused = said[one.pid if one.returncode else other.pid]
        assert "is in use" in refused or "another process" in refused
    starts = [line for line in read_log(event_log(store)) if line["event"] == "Started"]
    assert len(starts) == 1
    assert_same(store)


def stops_in_order(process: Any, store: Path, because: str) -> None:
    """A driver that was told to stop ends soon, with its reason and without a traceback."""
    start = time.monotonic()
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - start < 20
    assert process.returncode == 3, said
    assert because in said
    assert "The same command goes on from there" in said
    assert "Traceback" not in said
    status = qt.status(store)
    assert not status.running
    assert 0 < status.blocks_done < status.blocks


def goes_on(launch: Launch, store: Path) -> None:
    """The same command computes the rest."""
    with launch(store) as again:
        _, said = again.communicate(timeout=120)
        assert again.returncode == 0, said


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("to_all", [False, True])
def test_sigterm_then_run_again(
    tmp_path: Path,
    launch: Launch,
    wait_for_blocks: Wait,
    assert_same: Same,
    number: signal.Signals,
    to_all: bool,
) -> None:
    """As SLURM sends it to every process of a job step, or `kill` to the driver alone."""
    store = tmp_path / "a.zarr"
    with launch(store) as process:
        wait_for_blocks(store, 2)
        if to_all:
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)
        stops_in_order(process, store, number.name)
    goes_on(launch, store)
    assert_same(store)


@pytest.mark.slow
def test_ctrl_c_then_run_again(
    tmp_path: Path, launch: Launch, wait_for_blocks: Wait, assert_same: Same
) -> None:
    store = tmp_path / "a.zarr"
    with launch(store) as process:
        wait_for_blocks(store, 2)
        # As a terminal does it: to the driver and its workers at once.
        os.killpg(process.pid, signal.SIGINT)
        stops_in_order(process, store, "The sweep stopped: interrupted")
    goes_on(launch, store)
    assert_same(store)
