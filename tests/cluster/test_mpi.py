"""Commands that a real mpirun starts, all ranks on this machine."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
from servers import wait_until
from sweeps import LARGE, SMALL, command_line

import qtcore as qt
from qtcore.cli.codes import BAD_INPUT, CHECKS_FAILED
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import load_profile, with_workers
from qtcore.store.journal import event_log
from qtcore.sweep.events import read_log

pytestmark = pytest.mark.cluster

Same = Callable[[Path, dict[str, Any]], None]

CHECKOUT = Path(__file__).resolve().parents[2]


def test_without_mpirun_it_says_how_it_is_started() -> None:
    profile = load_profile("mpi")
    with pytest.raises(qt.InputError, match="the number of ranks decides"):
        with_workers(profile, 3)
    if find_spec("dask_mpi") and shutil.which("mpirun"):
        with pytest.raises(qt.InputError, match=r"mpirun -n 8 qtcore run … --cluster mpi"):
            connect(profile).__enter__()


@pytest.fixture(scope="module")
def mpirun() -> list[str]:
    pytest.importorskip("dask_mpi", reason="needs the extra mpi")
    if shutil.which("mpirun") is None:
        pytest.skip("needs mpirun (Debian: apt-get install openmpi-bin)")
    said = subprocess.run(["mpirun", "--version"], capture_output=True, text=True, check=True)
    if "Open MPI" not in said.stdout:
        return ["mpirun"]
    root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    return ["mpirun", *root, "--oversubscribe", "--bind-to", "none"]


def started(mpirun: list[str], ranks: int, command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*mpirun, "-n", str(ranks), *command],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def has_ended(rank: psutil.Process) -> bool:
    try:
        return rank.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def profile_in(folder: Path) -> Path:
    path = folder / "mine.yaml"
    path.write_text("kind: mpi\ninterface: lo\n")
    return path


@pytest.mark.slow
def test_a_sweep_in_ranks(mpirun: list[str], tmp_path: Path, assert_same: Same) -> None:
    store, profile = tmp_path / "a.zarr", profile_in(tmp_path)
    command = command_line(SMALL, store, profile)
    out, err = (run := started(mpirun, 4, command)).communicate(timeout=300)
    assert run.returncode == CHECKS_FAILED, err  # so small a sweep shows nothing
    assert_same(store, SMALL)
    assert "Traceback" not in err
    assert (out + err).count("7 of 10 checks could not be made") == 1
    again = started(mpirun, 4, command)  # nothing is left: no client ever connects
    out, err = again.communicate(timeout=200)
    assert (again.returncode, "Traceback" in err) == (CHECKS_FAILED, False), err


@pytest.mark.slow
def test_messages_come_once_and_with_their_exit_code(mpirun: list[str], tmp_path: Path) -> None:
    store, profile = tmp_path / "a.zarr", profile_in(tmp_path)
    command = command_line(SMALL, store, profile)
    for ranks, extra, words in (
        (4, ["--set=moon=3"], "unknown parameter"),
        (2, [], "needs at least 3 ranks"),
        (3, ["--cluster=moon"], "unknown cluster 'moon'"),
    ):
        run = started(mpirun, ranks, [*command, *extra])
        out, err = run.communicate(timeout=200)
        assert run.returncode == BAD_INPUT, err
        assert (out + err).count(words) == 1, out + err
        assert not store.exists()


@pytest.mark.slow
def test_ranks_end_when_the_driver_dies(mpirun: list[str], tmp_path: Path) -> None:
    store, profile = tmp_path / "a.zarr", profile_in(tmp_path)
    longer = {**LARGE, "realizations": 10 * LARGE["realizations"]}
    run = started(mpirun, 3, command_line(longer, store, profile))
    try:
        wait_until(
            lambda: any(line["event"] == "TaskDone" for line in read_log(event_log(store))),
            "a first task",
            200,
        )
        ranks = psutil.Process(run.pid).children()
        (driver,) = (rank for rank in ranks if rank.environ()["OMPI_COMM_WORLD_RANK"] == "1")
        driver.send_signal(signal.SIGKILL)
        run.communicate(timeout=60)
        assert run.returncode != 0
        wait_until(lambda: all(has_ended(rank) for rank in ranks), "the end of all ranks")
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
