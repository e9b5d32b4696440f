"""A block that is written anew with more realizations, as others meet it after each of the objects."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import DamagedStoreError
from qtcore.store.finished import clean_partial, held_realizations
from qtcore.store.header import read_header
from qtcore.store.layout import GROWING
from qtcore.store.locate import place_of
from qtcore.store.place import Place
from qtcore.store.rows import PartialBlocks
from qtcore.store.verify import verify
from qtcore.store.write import BlockWriter
from qtcore.sweep.observables import OBSERVABLES, USUAL

Fill = Callable[..., None]

GRID = (2, 3, 1, 2)
BLOCK = 8
REALIZATIONS = 20
VARIABLES = tuple(OBSERVABLES[name] for name in USUAL)

POINT, NUMBER = (1, 2, 0, 1), 2
HELD = REALIZATIONS - NUMBER * BLOCK


class Stopped(BaseException):
    pass


def rows_of(store: str) -> dict[str, Any]:
    return dict(PartialBlocks(read_header(store)).rows(POINT, NUMBER, BLOCK))


def write_anew(store: str, old: dict[str, Any], size: int) -> None:
    new = {name: np.resize(rows, (size, *rows.shape[1:])) for name, rows in old.items()}
    for name, rows in old.items():
        new[name][: len(rows)] = rows
    BlockWriter(read_header(store), VARIABLES).write(POINT, NUMBER, new, grows=True)


@pytest.fixture
def stopped_after(
    monkeypatch: pytest.MonkeyPatch, grow: Fill, complete: str
) -> Callable[[int], dict[str, Any]]:
    """Let the writer of a block die after so many objects; return the rows that it had before."""

    def stop(objects: int) -> dict[str, Any]:
        grow(complete, 24)
        old = rows_of(complete)
        kind = type(place_of(complete))
        put, left = kind.put, [objects]

        def dies(place: Place, key: str, content: bytes) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Stopped
            put(place, key, content)

        def one_by_one(place: Place, objects: dict[str, bytes]) -> None:
            for key, content in objects.items():
                place.put(key, content)

        with monkeypatch.context() as patch:
            patch.setattr(kind, "put", dies)
            patch.setattr(kind, "put_all", one_by_one)
            with pytest.raises(Stopped):
                write_anew(complete, old, BLOCK)
        return old

    return stop


OBJECTS = range(1, len(VARIABLES) + 2)


@pytest.mark.parametrize("objects", OBJECTS)
def test_between_two_objects_nothing_looks_damaged(
    complete: str, stopped_after: Callable[[int], dict[str, Any]], objects: int
) -> None:
    old = stopped_after(objects)
    assert {name: len(rows) for name, rows in old.items()} == dict.fromkeys(old, HELD)
    point = qt.open(complete).isel(disorder=1, width=2, flux=0, energy=1).load()
    for name, rows in old.items():
        read = point[name].to_numpy()
        assert read[NUMBER * BLOCK : REALIZATIONS].tobytes() == rows.tobytes(), name
    assert np.isnan(point.ln_g[REALIZATIONS:]).all(), "as finished says"
    assert verify(complete, repair=False).findings == []
    again = rows_of(complete)  # as another worker reads it, to which the task has come
    assert all(again[name].tobytes() == rows.tobytes() for name, rows in old.items())


@pytest.mark.parametrize("objects", OBJECTS)
def test_the_next_driver_writes_it_to_its_end(
    complete: str, stopped_after: Callable[[int], dict[str, Any]], objects: int
) -> None:
    stopped_after(objects)
    assert clean_partial(complete) == 1
    assert held_realizations(read_header(complete), GRID)[(*POINT, NUMBER)] == BLOCK
    assert verify(complete).findings == []
    assert place_of(complete).children(GROWING) == []


def test_an_open_dataset_stays_as_it_was_opened(complete: str, grow: Fill) -> None:
    opened = qt.open(complete)
    before = opened.ln_g.load()
    opened = qt.open(complete)
    grow(complete, 24)
    write_anew(complete, rows_of(complete), BLOCK)
    assert opened.ln_g.load().identical(before)
    later = qt.open(complete).ln_g[1, 2, 0, 1].load()
    assert not np.isnan(later).any()


def test_what_comes_too_late_does_not_shrink_a_block(complete: str, grow: Fill) -> None:
    """A worker that had slept since an earlier extension announces fewer realizations."""
    grow(complete, 24)
    place, old = place_of(complete), rows_of(complete)
    kept: dict[str, bytes] = {}
    delete = type(place).delete
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(place), "delete", lambda *_: None)
        write_anew(complete, old, HELD + 1)
    (name,) = place.children(GROWING)
    kept[name] = place.get(f"{GROWING}/{name}") or b""
    delete(place, f"{GROWING}/{name}")
    write_anew(complete, rows_of(complete), BLOCK)
    place.put(f"{GROWING}/{name}", kept[name])
    clean_partial(complete)
    assert held_realizations(read_header(complete), GRID)[(*POINT, NUMBER)] == BLOCK
    assert verify(complete).findings == []


def test_what_is_cut_off_or_of_another_block_is_not_written(
    complete: str, stopped_after: Callable[[int], dict[str, Any]]
) -> None:
    stopped_after(1)
    place = place_of(complete)
    key = f"{GROWING}/{'.'.join(map(str, (*POINT, NUMBER)))}"
    content = place.get(key) or b""
    place.delete(key)
    place.put(f"{GROWING}/0.0.0.0.2", content)  # whose mark says that it is of another block
    place.put(key, content[:-20])
    for strange in ("9.9.9.9.9", "0.0.0.0.02", "x", "1.2"):
        place.put(f"{GROWING}/{strange}", content)
    clean_partial(complete)
    held = held_realizations(read_header(complete), GRID)
    assert held[(*POINT, NUMBER)] == held[0, 0, 0, 0, 2] == HELD
    assert verify(complete).findings == []


def test_a_damaged_chunk_is_damaged_also_while_its_block_grows(
    complete: str, stopped_after: Callable[[int], dict[str, Any]]
) -> None:
    stopped_after(2)
    place = place_of(complete)
    key = f"{GROWING}/{'.'.join(map(str, (*POINT, NUMBER)))}"
    place.put(key, b"\0" * 100)
    with pytest.raises(DamagedStoreError):
        qt.open(complete).load()
    assert verify(complete, repair=False).findings != []
