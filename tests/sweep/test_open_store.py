"""A driver looks at a store once, and again only where it must: counted and provoked on a place."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from distributed import Client

import qtcore as qt
from qtcore.errors import LostLeaseError
from qtcore.store.folder import Folder
from qtcore.store.header import read_header
from qtcore.store.layout import LEASE
from qtcore.store.lease import Lease
from qtcore.store.open_store import open_store
from qtcore.store.place import ROOT_METADATA
from qtcore.sweep.fill_store import fill_store, plan_sweep
from qtcore.sweep.plan import Cutting

Connect = Callable[[], AbstractContextManager[Client]]
Make = Callable[..., qt.Sweep]

SMALL = Cutting(block=8, shortest_task=0.0)


class Counting(Folder):
    """A folder that counts how often the root's metadata are read, and whether it is vacant."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.seen: Counter[str] = Counter()

    def get(self, key: str, most: int | None = None) -> bytes | None:
        if key == ROOT_METADATA and most != 0:
            self.seen["read"] += 1
        return super().get(key, most)

    def is_vacant(self) -> bool:
        self.seen["vacant"] += 1
        return super().is_vacant()


def test_how_often_the_root_is_read(tmp_path: Path, threads: Connect, make_sweep: Make) -> None:
    """It was 34 times for a new store, 25 for a complete one and 39 for an extension."""
    place = Counting(tmp_path / "a.zarr")
    work = {
        "new": lambda: fill_store(make_sweep(), place, threads, cutting=SMALL),
        "complete": lambda: fill_store(make_sweep(), place, threads, cutting=SMALL),
        "extended": lambda: fill_store(make_sweep(realizations=30), place, threads, cutting=SMALL),
        "planned": lambda: plan_sweep(make_sweep(realizations=30), place, 1),
    }
    counts = {}
    for name, step in work.items():
        place.seen.clear()
        step()
        counts[name] = place.seen["read"]
        assert place.seen["vacant"] == 1, name
    # Three or four of them belong to the definition that each run gives the store.
    allowed = {"new": 17, "complete": 12, "extended": 21, "planned": 1}
    assert all(counts[name] <= allowed[name] for name in work), counts


class Overtaken(Folder):
    """A folder where something happens just before its lease is put for the first time."""

    def __init__(self, path: Path, happens: Callable[[], object]) -> None:
        super().__init__(path)
        self.happens = [happens]

    def put_if_absent(self, key: str, content: bytes) -> bool:
        if key == LEASE and self.happens:
            self.happens.pop()()
        return super().put_if_absent(key, content)


def test_what_another_driver_adds_before_the_lease_is_held_stays(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    """The look that counts is the one under the lease: the first one knew of 12 realizations."""
    store = tmp_path / "a.zarr"
    fill_store(make_sweep(realizations=12), store, threads, cutting=SMALL)

    def another() -> None:
        fill_store(make_sweep(realizations=30), store, threads, cutting=SMALL)

    place = Overtaken(store, another)
    outcome = fill_store(make_sweep(realizations=16), place, threads, cutting=SMALL)
    assert (outcome.blocks_done, outcome.blocks_left) == (0, 0)
    assert read_header(store).realizations == 30
    dataset = qt.open(store)
    assert (dataset.finished == 30).all()
    assert dataset.ln_g.notnull().all()


def test_another_store_that_is_there_when_the_lease_is_held_is_left_alone(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    store, other = tmp_path / "a.zarr", tmp_path / "b.zarr"
    fill_store(make_sweep(realizations=12), store, threads, cutting=SMALL)
    fill_store(make_sweep(seed=8, realizations=12), other, threads, cutting=SMALL)
    before = {path: path.read_bytes() for path in other.rglob("*.json") if path.is_file()}

    def exchange() -> None:
        store.rename(tmp_path / "moved.zarr")
        other.rename(store)

    with pytest.raises(qt.InputError, match="made for another sweep"):
        fill_store(make_sweep(realizations=30), Overtaken(store, exchange), threads, cutting=SMALL)
    for path, content in before.items():
        assert (store / path.relative_to(other)).read_bytes() == content


def test_a_store_that_is_open_is_not_looked_at_again(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    place = Counting(tmp_path / "a.zarr")
    vacant = open_store(place)
    assert vacant.is_vacant
    with pytest.raises(qt.InputError, match=r"no store at .*a\.zarr"):
        _ = vacant.header
    fill_store(make_sweep(realizations=3), place, threads)
    assert vacant.is_vacant, "it says what was seen"
    opened = vacant.reread()
    assert open_store(opened) is opened
    assert opened.header.identity == read_header(place).identity
    with pytest.raises(LostLeaseError):
        _ = opened.held
    with Lease(place) as lease:
        assert opened.reread(lease).held is lease
    place.seen.clear()
    plan_sweep(make_sweep(realizations=3), opened, 1)
    assert place.seen["read"] == 0
