"""A Dask scheduler that runs already, with workers of its own: real processes on loopback."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from dask_server import CHECKOUT, ENVIRONMENT, all_there, scheduler, worker
from servers import free_port, wait_until
from sweeps import SEVERAL, SMALL

import qtcore as qt
from qtcore.cluster import admission
from qtcore.cluster.connect import ClusterError, connect
from qtcore.cluster.profile import Scheduler
from qtcore.request import request
from qtcore.store.journal import event_log
from qtcore.store.locate import place_of
from qtcore.sweep.drive import drive
from qtcore.sweep.events import Event, Started, read_log

pytestmark = pytest.mark.cluster

Same = Callable[[Path, dict[str, Any]], None]


@pytest.fixture
def elsewhere(tmp_path: Path) -> tuple[str, ...]:
    """A prefix that hides the test's folder from a command, as on another machine."""
    hidden = f'mount -t tmpfs none {tmp_path} && exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", hidden, "sh")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mount namespaces (needs root)")
    return prefix


def fake_zarr(folder: Path) -> tuple[str, ...]:
    """Return a prefix by which a command finds zarr's metadata of another version."""
    fake = folder / "other" / "zarr-2.0.0.dist-info"
    fake.mkdir(parents=True)
    (fake / "METADATA").write_text("Metadata-Version: 2.1\nName: zarr\nVersion: 2.0.0\n")
    return ("env", f"PYTHONPATH={fake.parent}:{CHECKOUT}")


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
    settings = [f"--set={k}={','.join(map(str, v))}" for k, v in SMALL["settings"].items()]
    with scheduler(workers=1) as address:
        profile.write_text(f"kind: scheduler\naddress: {address}\n")
        said = subprocess.run(
            [
                *(sys.executable, "-c", "from qtcore.cli import main; main()"),
                *("run", "localization", "--cluster", str(profile), "--store", str(store)),
                *(*settings, "--realizations", str(SMALL["realizations"]), "--seed", "7"),
            ],
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
@pytest.mark.parametrize("kind", ["without the store", "with another version"])
def test_a_worker_that_comes_late_and_cannot_work_is_sent_away(
    kind: str,
    tmp_path: Path,
    elsewhere: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
    assert_same: Same,
) -> None:
    """The sweep goes on with those that can, and no task meets the other."""
    store = tmp_path / "a.zarr"
    prefix = elsewhere if kind == "without the store" else fake_zarr(tmp_path)
    late: list[subprocess.Popen[bytes]] = []
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(workers=1))

        def join(event: Event) -> None:
            if isinstance(event, Started):
                late.append(stack.enter_context(worker(address, prefix)))
            elif late[0].poll() is None:  # there are tasks left for it when it comes
                time.sleep(0.5)

        outcome = drive(
            request("localization", **SEVERAL).sweep,
            store,
            lambda: connect(Scheduler(kind="scheduler", address=address), store),
            listeners=(join,),
        )
        assert (outcome.blocks_left, outcome.stopped, outcome.failures) == (0, "", [])
        wait_until(lambda: late[0].poll() is not None, "the late worker's end", 60)
    said = {"without the store": "does not see run/proof", "with another version": "zarr 2.0.0"}
    assert "was sent away: " in caplog.text
    assert said[kind] in caplog.text
    assert len({line["worker"] for line in read_log(event_log(store)) if "worker" in line}) == 1
    assert_same(store, SEVERAL)
    assert not list(store.rglob("proof-*"))


@pytest.mark.slow
def test_a_worker_with_another_version(tmp_path: Path) -> None:
    """A Python that has Dask but a zarr of another version: metadata first on its path."""
    with scheduler(workers=1, prefix=fake_zarr(tmp_path)) as address:
        words = "workers run other versions than this process:\n  tcp://.*: zarr 2.0.0 instead of"
        with pytest.raises(ClusterError, match=words), qt.client(address):
            pass


def test_long_lists_of_workers_are_shortened() -> None:
    assert admission._shortened([str(n) for n in range(7)])[-1] == "and 2 more"
    assert len(admission._shortened([str(n) for n in range(5)])) == 5
