"""A Dask scheduler that runs already, with workers of its own: real processes on loopback."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dask_server import CHECKOUT, ENVIRONMENT, all_there, scheduler, with_path
from servers import ANOTHER_ZARR, free_port, write_new
from sweeps import SMALL, command_line

import qtcore as qt
from qtcore.cluster.connect import ClusterError, connect
from qtcore.cluster.profile import Scheduler
from qtcore.store.locate import place_of

pytestmark = pytest.mark.cluster

Same = Callable[[Path, dict[str, Any]], None]


@pytest.mark.slow
def test_a_sweep_on_a_running_scheduler(tmp_path: Path, assert_same: Same) -> None:
    store = tmp_path / "a.zarr"
    with scheduler(workers=2) as address:
        all_there(address, 2)
        qt.run("localization", **SMALL, store=store, cluster=address, progress=False)
        # It is not ours to stop.
        all_there(address, 2)
    assert_same(store, SMALL)
    assert not list(store.rglob("proof-*"))


@pytest.mark.slow
def test_the_command_line_on_a_running_scheduler(tmp_path: Path, assert_same: Same) -> None:
    store, profile = tmp_path / "a.zarr", tmp_path / "ours.yaml"
    with scheduler(workers=1) as address:
        profile.write_text(f"kind: scheduler\naddress: {address}\n")
        said = subprocess.run(
            command_line(SMALL, store, profile),
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            check=False,
        )
    # Two lengths are too few to fit xi: the checks against theory may fail (1), the sweep not.
    assert said.returncode in (0, 1), said.stderr
    assert_same(store, SMALL)


def test_no_workers_within_the_time_limit(tmp_path: Path) -> None:
    profile = tmp_path / "empty.yaml"
    store = tmp_path / "a.zarr"
    with scheduler(workers=0) as address:
        profile.write_text(f"kind: scheduler\naddress: {address}\nstart_timeout: 1\n")
        with pytest.raises(ClusterError, match=f"{address} has no workers after 1 s .*dask worker"):
            qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
    assert not store.exists()


def test_no_scheduler() -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    profile = Scheduler(kind="scheduler", address=address, start_timeout=1)
    with (
        pytest.raises(ClusterError, match=f"no Dask scheduler answers at {address} within 1 s"),
        connect(profile),
    ):
        pass


@pytest.mark.slow
def test_a_worker_without_the_store(tmp_path: Path, elsewhere: tuple[str, ...]) -> None:
    store = tmp_path / "a.zarr"
    with scheduler(workers=2, prefix=elsewhere) as address:
        all_there(address, 2)
        with pytest.raises(ClusterError, match="1 of 2 workers cannot use the store") as raised:
            qt.run("localization", **SMALL, store=store, cluster=address, progress=False)
    assert "FileNotFoundError" in str(raised.value)
    assert "choose a --store on a file system that all of them share" in str(raised.value)
    assert not store.exists()


@pytest.mark.slow
def test_a_worker_without_credentials_for_the_object_store(
    s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can read nothing there, and is named before the sweep begins."""
    place = f"{s3}/run.zarr"
    without = ("env", "-u", "AWS_ACCESS_KEY_ID", "AWS_METADATA_ENDPOINT=http://127.0.0.1:9")
    for name in (name for name in os.environ if name.startswith("AWS_")):
        monkeypatch.setitem(ENVIRONMENT, name, os.environ[name])
    with scheduler(workers=2, prefix=without) as address:
        all_there(address, 2)
        with pytest.raises(ClusterError, match="1 of 2 workers cannot use the store s3://"):
            qt.run("localization", **SMALL, store=place, cluster=address, progress=False)
    assert place_of(place).is_vacant()


@pytest.mark.slow
def test_a_worker_with_another_version(tmp_path: Path) -> None:
    """A Python that has Dask but a zarr of another version: metadata first on its path."""
    write_new(tmp_path / "other" / "zarr-2.0.0.dist-info" / "METADATA", ANOTHER_ZARR)
    with scheduler(workers=1, prefix=with_path(tmp_path / "other")) as address:
        words = "workers run other versions than this process:\n  tcp://.*: zarr 2.0.0 instead of"
        with pytest.raises(ClusterError, match=words), qt.client(address):
            pass
