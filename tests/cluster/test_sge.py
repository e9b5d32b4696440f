"""dask-jobqueue against a Grid Engine of one node that the fixture starts."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sge_server
from servers import wait_until
from sweeps import LARGE, SMALL

import qtcore as qt
from qtcore.cluster.connect import ClusterError
from qtcore.store.journal import event_log
from qtcore.sweep.events import read_log

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("sge")]

Same = Callable[[Path, dict[str, Any]], None]

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    reason = sge_server.why_not()
    if reason:
        pytest.skip(reason)
    pytest.importorskip("dask_jobqueue", reason="needs the extra jobqueue")
    with (
        pytest.MonkeyPatch.context() as patch,
        sge_server.sge(tmp_path_factory.mktemp("sge")) as found,
    ):
        for name, value in found.items():
            patch.setenv(name, value)
        yield


def write_profile(folder: Path, **keys: Any) -> Path:
    fields: dict[str, Any] = {
        "kind": "sge",
        "queue": "all.q",
        "interface": "lo",
        "memory": "1GiB",
        "log_directory": str(folder / "logs"),
        "prologue": f'["export PYTHONPATH={CHECKOUT}", "export TMPDIR=/tmp"]',
        "watch_every": 0.5,
        "start_timeout": 60,
        **keys,
    }
    path = folder / "mine.yaml"
    path.write_text("".join(f"{name}: {value}\n" for name, value in fields.items()))
    return path


def jobs() -> set[str]:
    said = subprocess.run(["qstat", "-s", "r"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in said.splitlines()[2:]}


@pytest.mark.parametrize(
    "shape", [{"jobs": 2}, {"workers_per_job": 2, "parallel_environment": "smp"}]
)
def test_a_sweep_in_jobs(tmp_path: Path, assert_same: Same, shape: dict[str, Any]) -> None:
    store, profile = tmp_path / "a.zarr", write_profile(tmp_path, **shape)
    qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
    assert_same(store, SMALL)
    assert len(list((tmp_path / "logs").glob("qtcore.o*"))) == shape.get("jobs", 1)
    wait_until(lambda: not jobs(), "the end of all jobs")


def test_jobs_that_are_cancelled_are_replaced(tmp_path: Path, assert_same: Same) -> None:
    store, profile = tmp_path / "a.zarr", write_profile(tmp_path, jobs=2)
    seen: list[set[str]] = []

    def cancel() -> None:
        log = event_log(store)
        wait_until(
            lambda: any(line["event"] == "TaskDone" for line in read_log(log)), "a first task", 100
        )
        seen.append(jobs())
        subprocess.run(["qdel", *seen[0]], check=True, capture_output=True)
        wait_until(lambda: bool(jobs() - seen[0]), "another job", 100)
        seen.append(jobs())

    culprit = threading.Thread(target=cancel, daemon=True)
    culprit.start()
    qt.run("localization", **LARGE, store=store, cluster=profile, progress=False)
    culprit.join(10)
    assert_same(store, LARGE)
    before, after = seen
    assert after - before


def test_what_grid_engine_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    words = "Grid Engine refuses the jobs: .*moon.*see `qstat -g c`"
    profile = write_profile(tmp_path, queue="moon")
    with pytest.raises(ClusterError, match=words):
        qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
    assert not store.exists()
    assert not jobs()
