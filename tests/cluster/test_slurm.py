"""dask-jobqueue against a SLURM of one node that the fixture starts."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import ANOTHER_ZARR, wait_until, write_new
from sweeps import LARGE, SMALL, options, sweep_of

import qtcore as qt
from qtcore.cluster import batch, lost_jobs
from qtcore.cluster.batch_kinds import Slurm
from qtcore.cluster.connect import ClusterError, connect
from qtcore.cluster.profile import load_profile
from qtcore.store.journal import event_log
from qtcore.sweep.events import Event, TaskDone, read_log
from qtcore.sweep.fill_store import fill_store

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("slurm")]

Same = Callable[[Path, dict[str, Any]], None]

CHECKOUT = Path(__file__).resolve().parents[2]


def write_profile(folder: Path, **keys: Any) -> Path:
    fields: dict[str, Any] = {
        "kind": "slurm",
        "partition": "debug",
        "interface": "lo",
        "memory": "1GiB",
        "log_directory": str(folder / "logs"),
        "prologue": f'["export PYTHONPATH={CHECKOUT}"]',
        "watch_every": 0.5,
        "start_timeout": 60,
        **keys,
    }
    path = folder / "mine.yaml"
    path.write_text("".join(f"{name}: {value}\n" for name, value in fields.items()))
    return path


def jobs() -> set[str]:
    said = subprocess.run(
        ["squeue", "--noheader", "--me", "--states=RUNNING", "--format=%A"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(said.stdout.split())


@pytest.mark.parametrize("shape", [{"jobs": 2}, {"workers_per_job": 2}])
def test_a_sweep_in_slurm_jobs(tmp_path: Path, assert_same: Same, shape: dict[str, int]) -> None:
    store, profile = tmp_path / "a.zarr", write_profile(tmp_path, **shape)
    qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
    assert_same(store, SMALL)
    assert len(list((tmp_path / "logs").glob("qtcore-*.out"))) == shape.get("jobs", 1)


@pytest.mark.parametrize("shape", [{"jobs": 2}, {"workers_per_job": 2}])
def test_jobs_that_are_cancelled_are_replaced(
    tmp_path: Path, assert_same: Same, shape: dict[str, int]
) -> None:
    store, profile = tmp_path / "a.zarr", write_profile(tmp_path, **shape)
    seen: list[set[str]] = []

    def cancel() -> None:
        wait_until(lambda: bool(_tasks(store)), "a first task", 100)
        seen.append(jobs())
        subprocess.run(["scancel", *seen[0]], check=True)
        wait_until(lambda: bool(jobs() - seen[0]), "another job", 100)
        seen.append(jobs())

    culprit = threading.Thread(target=cancel, daemon=True)
    culprit.start()
    qt.run("localization", **LARGE, store=store, cluster=profile, progress=False)
    culprit.join(10)
    assert_same(store, LARGE)
    before, after = seen
    assert after.isdisjoint(before)


def _tasks(store: Path) -> list[dict[str, Any]]:
    return [line for line in read_log(event_log(store)) if line["event"] == "TaskDone"]


def test_jobs_that_come_late_and_cannot_work_are_submitted_no_more(
    tmp_path: Path,
    assert_same: Same,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After an upgrade in mid-run; the job that began before it does the rest."""
    monkeypatch.setattr(lost_jobs, "FRUITLESS", 1)
    folder = tmp_path / "other"
    keys = {"jobs": 2, "prologue": f'["export PYTHONPATH={folder}:{CHECKOUT}"]'}
    store, profile = tmp_path / "a.zarr", load_profile(write_profile(tmp_path, **keys))

    def upgrade(event: Event) -> None:
        if isinstance(event, TaskDone) and not folder.exists():
            wait_until(lambda: len(jobs()) == 2, "both jobs", 60)
            write_new(folder / "zarr-2.0.0.dist-info" / "METADATA", ANOTHER_ZARR)
            working = int(event.worker.rpartition(":")[2])
            ours = {job for job in jobs() if str(working) in _processes(job)}
            subprocess.run(["scancel", *(jobs() - ours)], check=True)
            wait_until(lambda: "no more are submitted" in caplog.text, "an end of it", 150)

    sweep = sweep_of(LARGE)
    outcome = fill_store(sweep, store, lambda: connect(profile, store), listeners=(upgrade,))
    assert (outcome.blocks_left, outcome.stopped, outcome.failures) == (0, "", [])
    assert caplog.text.count("was sent away: zarr 2.0.0 instead of") > 1
    assert "SLURM jobs ended without a worker that can work" in caplog.text
    assert_same(store, LARGE)


def _processes(job: str) -> list[str]:
    said = subprocess.run(["scontrol", "listpids", job], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in said.stdout.splitlines()[1:]]


def test_jobs_that_come_to_their_time_limit_are_replaced(
    tmp_path: Path, assert_same: Same, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SLURM counts time limits in minutes; the worker's own comes first anyway. On a busy machine a
    # worker that lives for 8 s has not even imported what it needs.
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", "import distributed, xarray, qtcore.solve.ensemble"], check=True
    )
    lifetime = max(8, round(5 * (time.monotonic() - begun)))
    monkeypatch.setattr(batch, "lifetimes", lambda _: (lifetime, 1))
    store, profile = tmp_path / "a.zarr", write_profile(tmp_path, walltime="00:01:00", jobs=2)
    longer = {**LARGE, "realizations": 4 * LARGE["realizations"]}
    qt.run("localization", **longer, store=store, cluster=profile, progress=False)
    assert_same(store, longer)
    assert len({line["worker"] for line in _tasks(store)}) > 2


def test_a_job_array_of_parts(tmp_path: Path, assert_same: Same) -> None:
    store, commands = tmp_path / "a.zarr", tmp_path / "bin"
    commands.mkdir()
    program = commands / "qtcore"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(CHECKOUT)!r})\n"
        "from qtcore.cli import main\n\nif __name__ == '__main__':\n    main()\n"
    )
    program.chmod(0o755)
    said = subprocess.run(
        [
            *("sbatch", "--wait", "--array=1-3", "--cpus-per-task=1", "--mem-per-cpu=1G"),
            *(f"--output={tmp_path}/part-%a.out", str(CHECKOUT / "cluster" / "slurm-array.sh")),
            *("localization", *options(SMALL), "--store", str(store)),
        ],
        env={**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    output = {path.name: path.read_text() for path in tmp_path.glob("part-*.out")}
    assert sorted(output) == ["part-1.out", "part-2.out", "part-3.out"], said
    assert said.returncode == 0, output
    assert_same(store, SMALL)


def test_an_adaptive_cluster_grows_and_ends(tmp_path: Path, assert_same: Same) -> None:
    store, profile = tmp_path / "a.zarr", write_profile(tmp_path, jobs=2, adaptive="true")
    qt.run("localization", **LARGE, store=store, cluster=profile, progress=False)
    assert_same(store, LARGE)
    assert len({line["worker"] for line in _tasks(store)}) == 2
    with pytest.raises(qt.InputError, match="adaptive: true needs workers_per_job: 1, got 2"):
        batch.start(Slurm(kind="slurm", adaptive=True, workers_per_job=2)).__enter__()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"partition": "moon"}, "SLURM refuses the jobs: .*[Ii]nvalid partition.*see `sinfo`"),
        ({"workers_per_job": 64}, "SLURM refuses the jobs: .*not available"),
        (
            {"prologue": '["sleep 60"]', "start_timeout": 1},
            "the slurm cluster has no workers after 1 s .*squeue --me",
        ),
    ],
)
def test_jobs_that_cannot_start(tmp_path: Path, keys: dict[str, Any], words: str) -> None:
    store, profile = tmp_path / "a.zarr", write_profile(tmp_path, **keys)
    with pytest.raises(ClusterError, match=words):
        qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
    assert not store.exists()


def test_jobs_that_fail_at_once_are_not_submitted_without_end(tmp_path: Path) -> None:
    path = write_profile(tmp_path, python="/bin/false")
    start = time.monotonic()
    words = "SLURM jobs ended without a worker that can work, no more are submitted; see their output in"
    with pytest.raises(ClusterError, match=words), qt.client(path):
        pass
    assert time.monotonic() - start < 30
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "Ctrl-C is ours"
