"""A disk that really is full, then has room again."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local
from qtcore.store.layout import LEASE
from qtcore.sweep.fill_store import fill_store

pytestmark = pytest.mark.cluster


def mount(*words: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", *words], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mount("-o", "size=300k", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_full_disk_stops_the_sweep_which_goes_on_when_there_is_room(
    small_disk: Path, sweep: qt.Sweep, assert_same: Callable[[Path], None]
) -> None:
    def one_worker() -> object:
        return connect(Local(kind="local", workers=1, dashboard=False))

    store = small_disk / "a.zarr"
    outcome = fill_store(sweep, store, one_worker)
    assert outcome.stopped.startswith("the disk is full")
    assert outcome.blocks_left > 0
    assert not (store / LEASE).exists()
    assert qt.status(store).blocks_done == outcome.blocks_done
    mount("-o", "remount,size=50m", str(small_disk))
    again = fill_store(sweep, store, one_worker)
    assert (again.blocks_left, again.stopped) == (0, "")
    assert not list(store.rglob("*.partial"))
    assert_same(store)


def test_disk_that_is_full_from_the_start_is_refused(small_disk: Path, sweep: qt.Sweep) -> None:
    (small_disk / "ballast").write_bytes(bytes(290_000))
    with pytest.raises(Exception, match=r"No space left"):
        fill_store(sweep, small_disk / "a.zarr", lambda: connect(Local(kind="local", workers=1)))
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
