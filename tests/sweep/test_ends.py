"""A worker that will soon be gone begins no task that it cannot finish.

The workers are threads of this process, with ends that the tests make up.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster, get_worker

import qtcore as qt
from qtcore.sweep import fill_store as fill_store_module
from qtcore.sweep import run as run_module
from qtcore.sweep import task as task_module
from qtcore.sweep import worker_time
from qtcore.sweep.ends import SPARE, Ends, Submission
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.plan import Cutting
from qtcore.sweep.tasks import Piece, Task, Tasks
from qtcore.sweep.worker_time import End

Make = Callable[..., qt.Sweep]

SECONDS = {1: 0.02, 3: 0.4}
"""What a task of each width is expected to take, and takes."""


@dataclass
class Staged:
    """Workers with ends, by their names, from the plan on, and what they began.

    That is the worker, the width, the point, the realizations and when.
    """

    left: dict[str, float] = field(default_factory=dict)
    ends: dict[str, float] = field(default_factory=dict)
    is_replaced: bool = False
    whole: float = 3600.0
    began: list[tuple[str, int, int, range, float]] = field(default_factory=list)

    def end(self) -> End | None:
        worker = get_worker()
        at = self.ends.get(str(worker.name))
        if at is None:
            return None
        return End(worker.address, at - time.monotonic(), self.whole, self.is_replaced)


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> Staged:
    stage = Staged()
    plain, planned = task_module.solve, fill_store_module._planned_with

    def solve(sweep: qt.Sweep, point: qt.Point, rows: range) -> Any:
        width = point.width
        stage.began.append((str(get_worker().name), width, point.number, rows, time.monotonic()))
        time.sleep(SECONDS[width])
        return plain(sweep, point, rows)

    def with_seconds(*arguments: Any) -> Any:
        plan = planned(*arguments)
        tasks = [
            Task((piece,), SECONDS[plan.sweep.point(piece.point).width])
            for task in plan.tasks
            for piece in task.pieces
        ]
        now = time.monotonic()
        stage.ends = {name: now + seconds for name, seconds in stage.left.items()}
        tasks.sort(key=lambda task: -task.seconds)
        return replace(plan, tasks=Tasks.of(tasks))

    monkeypatch.setattr(task_module, "solve", solve)
    monkeypatch.setattr(task_module, "end_of_worker", stage.end)
    monkeypatch.setattr(fill_store_module, "_planned_with", with_seconds)
    monkeypatch.setattr(run_module, "COUNT_WORKERS_EVERY", 0.2)
    task_module._opened.cache_clear()
    return stage


@contextmanager
def workers(count: int) -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def run(sweep: qt.Sweep, store: Path, client: Client) -> Any:
    cutting = Cutting(block=8, shortest_task=0.0)
    return fill_store(sweep, store, lambda: nullcontext(client), cutting=cutting)


@pytest.mark.parametrize("is_replaced", [False, True])
def test_no_block_begins_where_it_cannot_end(
    tmp_path: Path, make_sweep: Make, staged: Staged, is_replaced: bool
) -> None:
    with workers(2) as client:
        staged.is_replaced = is_replaced
        staged.left = {"0": 1.2}
        outcome = run(make_sweep(), tmp_path / "a.zarr", client)
        left = {str(worker["name"]) for worker in client.scheduler_info()["workers"].values()}
    assert (outcome.blocks_left, outcome.failures, outcome.stopped) == (0, [], "")
    late = [
        (width, began - staged.ends[name])
        for name, width, _, _, began in staged.began
        if name in staged.ends and began + SECONDS[width] > staged.ends[name]
    ]
    assert late == []
    begun = [(point, rows.start) for _, _, point, rows, _ in staged.began]
    assert len(begun) == len(set(begun)) == 24, "each block once"
    assert {name for name, *_ in staged.began} == {"0", "1"}
    assert left == ({"1"} if is_replaced else {"0", "1"})
    assert bool((qt.open(tmp_path / "a.zarr").finished == 20).all())


def test_where_no_worker_has_time_the_run_says_so_and_goes_on(
    tmp_path: Path, make_sweep: Make, staged: Staged, caplog: pytest.LogCaptureFixture
) -> None:
    with workers(1) as client:
        staged.left = {"0": -1.0}
        outcome = run(make_sweep(width=(1,)), tmp_path / "a.zarr", client)
    assert (outcome.blocks_left, outcome.failures, outcome.stopped) == (0, [], "")
    assert len(staged.began) == 12
    (said,) = (record.getMessage() for record in caplog.records if record.name == "qtcore")
    assert said.startswith("no worker is there long enough for ")
    assert "A longer walltime of the profile helps" in said


class Nobody:
    """A client whose workers do nothing, and which notes whom it retires."""

    def __init__(self) -> None:
        self.retired: list[str] = []
        self.busy: dict[str, tuple[str, ...]] = {}

    def processing(self, workers: list[str]) -> dict[str, tuple[str, ...]]:
        return {worker: self.busy.get(worker, ()) for worker in workers}

    def retire_workers(self, workers: list[str], **_: Any) -> None:
        self.retired += workers


def submission(seconds: float) -> Submission:
    return Submission(0, Task((Piece(0, 0, 1),), seconds), 1)


def test_tasks_go_to_workers_with_time_or_wait() -> None:
    client = Nobody()
    ends = Ends(client)  # type: ignore[arg-type]
    here = ["a", "b"]
    assert ends.place(submission(1e9), here) is not None, "nobody said that it ends"
    ends.note(End("a", 100, 1000, True))
    given = ends.place(submission(90), here)
    assert given is not None
    assert given.workers == ("b",)
    assert given.needs == SPARE * 90
    ends.note(End("b", 50, 1000, True))
    assert ends.place(submission(90), here) is None
    assert len(ends.held) == 1, "a new worker would have time"
    assert ends.place(submission(900), here) is None
    assert [waiting.task.seconds for waiting in ends.too_long] == [900]
    assert ends.place(submission(900), ["c"]) is not None, "of whom nothing is known"


def test_workers_without_time_are_retired_when_they_are_idle() -> None:
    client = Nobody()
    client.busy = {"a": ("task",)}
    ends = Ends(client)  # type: ignore[arg-type]
    for name, seconds, is_replaced in (
        ("a", 5, True),
        ("b", 5, True),
        ("c", 5, False),
        ("d", 50, True),
    ):
        ends.note(End(name, seconds, 1000, is_replaced))
    ends.retire("abcd", 0.0)
    ends.retire("abcd", 990.0)  # another worker would have no time either
    assert client.retired == []
    ends.retire("abcd", 10.0)
    assert client.retired == ["b"]


def test_forecasts_are_corrected_by_what_tasks_took() -> None:
    ends = Ends(Nobody())  # type: ignore[arg-type]
    task = Task((Piece(0, 0, 1),), 10.0)
    assert ends.needs(task) == SPARE * 10
    for _ in range(20):
        ends.measured(20.0, 10.0)
        ends.measured(0.5, 0.001)  # short ones say little
    assert ends.needs(task) == pytest.approx(SPARE * 20, rel=0.1)


def test_the_end_of_a_worker_is_read_from_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_time.end_of_worker() is None, "called by hand"
    monkeypatch.delenv(worker_time.SLURM_ENDS, raising=False)
    with workers(1) as client:

        def asked(**variables: object) -> End | None:
            for name in (worker_time.JOB_ENDS, worker_time.SLURM_ENDS, worker_time.PBS_LIMIT):
                monkeypatch.delenv(name, raising=False)
            for name, value in variables.items():
                monkeypatch.setenv(name, str(value))
            return client.submit(worker_time.end_of_worker, pure=False).result()  # type: ignore[no-any-return]

        assert asked() is None
        assert asked(SLURM_JOB_END_TIME="soon", QTCORE_JOB_ENDS="inf") is None
        found = asked(SLURM_JOB_END_TIME=time.time() - 100, QTCORE_JOB_ENDS="nonsense")
        assert found is not None
        assert (found.seconds < 0, found.is_replaced) == (True, False)
        found = asked(SLURM_JOB_END_TIME=time.time() + 100, QTCORE_JOB_ENDS=time.time() + 50)
        assert found is not None
        assert found.seconds == pytest.approx(50, abs=10)
        assert found.is_replaced
        found = asked(SLURM_JOB_END_TIME=time.time() + 100, PBS_WALLTIME=10**6)
        assert found is not None
        assert (found.seconds > 85, found.is_replaced) == (True, False)
        assert found.whole >= found.seconds
