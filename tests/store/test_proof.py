"""Chunk and mark prove each other: what is marked as finished is there, or reading says it is not."""

import os
import pickle
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.errors import DamagedStoreError
from qtcore.store.compact import compact, expand
from qtcore.store.finished import finished_blocks, proven_realizations
from qtcore.store.header import read_header
from qtcore.store.lazy import checked_array
from qtcore.store.locate import place_of
from qtcore.store.verify import verify

GRID = (2, 3, 1, 2)
ONE, OTHER = "1.2.0.1.0.0", "0.0.0.0.0.0"
ARRAYS = ("ln_g", "reflection", "certificate", "suspect", "block_realizations")

Make = Callable[..., None]
Same = Callable[[xr.Dataset], None]


@pytest.fixture
def store(tmp_path: Path, make_complete: Make) -> Path:
    make_complete(tmp_path / "run.zarr")
    return tmp_path / "run.zarr"


def test_a_missing_chunk_of_a_finished_block_is_no_nan(store: Path) -> None:
    (store / "ln_g" / f"c.{ONE}").unlink()
    dataset = qt.open(store)
    assert not np.isnan(dataset.ln_g.isel(disorder=0)).any()
    with pytest.raises(DamagedStoreError, match=f"ln_g/c.{ONE}: it is missing"):
        dataset.ln_g.load()


def test_a_block_that_is_not_finished_is_nan_whatever_lies_there(store: Path) -> None:
    (store / "block_realizations" / f"c.{ONE}").unlink()
    point = qt.open(store).ln_g.isel(disorder=1, width=2, flux=0, energy=1)
    assert np.isnan(point[:8]).all()
    assert not np.isnan(point[8:]).any()


def test_a_copy_whose_marks_are_newer_than_its_chunks_is_not_complete(store: Path) -> None:
    """A running store was copied: the array was read before its block was written, the mark after."""
    (store / "ln_g" / f"c.{ONE}").unlink()
    header = read_header(store)
    proven = proven_realizations(header, GRID) > 0
    assert finished_blocks(header, GRID).all()
    assert (proven.size - proven.sum(), proven[1, 2, 0, 1, 0]) == (1, False)


def test_a_chunk_in_the_place_of_another_is_found(
    store: Path, write_block: Make, assert_same_bits: Same
) -> None:
    """It is sound by its own checksum, which is all that Zarr looks at."""
    shutil.copy(store / "ln_g" / f"c.{OTHER}", store / "ln_g" / f"c.{ONE}")
    with pytest.raises(DamagedStoreError, match=f"ln_g/c.{ONE}: it does not match"):
        qt.open(store).load()
    (finding,) = verify(store).findings
    assert str(finding).startswith(
        f"ln_g/c.{ONE} is not the chunk that its block's mark stands for"
    )
    write_block(store, (1, 2, 0, 1), 0)
    assert_same_bits(qt.open(store))


def test_a_whole_block_in_the_place_of_another_is_found(store: Path) -> None:
    for name in ARRAYS:
        shutil.copy(store / name / f"c.{OTHER}", store / name / f"c.{ONE}")
    with pytest.raises(DamagedStoreError, match="the mark of its block is gone or damaged"):
        qt.open(store).load()
    (finding,) = verify(store).findings
    assert str(finding).startswith(f"block_realizations/c.{ONE} is the mark of another block")


def test_a_chunk_in_the_place_of_another_is_found_in_shards(store: Path) -> None:
    shutil.copy(store / "ln_g" / f"c.{OTHER}", store / "ln_g" / f"c.{ONE}")
    compact(store)
    with pytest.raises(DamagedStoreError, match="it does not match"):
        qt.open(store).load()
    assert verify(store).reopened == 1


@pytest.mark.parametrize("how", ["compact", "expand", "both"])
def test_a_dataset_that_is_open_meanwhile_stays_readable(
    store: Path, how: str, assert_same_bits: Same
) -> None:
    if how == "expand":
        compact(store)
    dataset = qt.open(store)
    dataset.ln_g.isel(disorder=0).load()
    (expand if how == "expand" else compact)(store)
    if how == "both":
        expand(store)
    assert_same_bits(dataset)


def test_points_that_are_read_together_cost_two_files_each_and_no_metadata(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a mean over very many points takes is what its files take."""
    dataset = qt.open(store)
    opened: list[str] = []
    system = os.open
    monkeypatch.setattr(os, "open", lambda path, *a: (opened.append(path), system(path, *a))[1])
    dataset.ln_g.load()
    folders = Counter(Path(path).parent.name for path in opened)
    blocks = len(list((store / "ln_g").glob("c.*")))
    assert folders == {"block_realizations": blocks, "ln_g": blocks}
    opened.clear()
    dataset.reflection.load()  # marks are known by now
    assert Counter(Path(path).parent.name for path in opened) == {"reflection": blocks}


@pytest.mark.parametrize("compacted", [False, True])
def test_marks_that_travel_to_another_process_are_read_there(
    store: Path, compacted: bool, assert_same_bits: Same
) -> None:
    if compacted:
        compact(store)
    dataset = qt.open(store)
    dataset.ln_g.load()
    assert_same_bits(pickle.loads(pickle.dumps(dataset)))


def test_batches_of_any_size_hold_the_same(
    store: Path, monkeypatch: pytest.MonkeyPatch, assert_same_bits: Same
) -> None:
    monkeypatch.setattr("qtcore.store.lazy.TOGETHER_BYTES", 5 * 8 * 3 * 8)
    assert_same_bits(qt.open(store))
    compact(store, shard_bytes=1000)
    assert_same_bits(qt.open(store))


def test_a_dataset_whose_blocks_were_reopened_meanwhile_raises(store: Path) -> None:
    dataset = qt.open(store)
    (store / "ln_g" / f"c.{ONE}").write_bytes(b"")
    verify(store)
    with pytest.raises(DamagedStoreError):
        dataset.ln_g.load()


def test_any_index_reads_what_numpy_would(store: Path) -> None:
    array = checked_array(place_of(store), "ln_g")
    whole = array[:]
    assert whole.shape == (2, 3, 1, 2, 20, 3)
    for index in (
        (1, 2),
        (slice(None), 1, 0, slice(1, 2), slice(5, 19)),
        (slice(None, None, -1), 0, 0, 0, slice(1, 20, 7), 2),
        (-1, -1, 0, 0, -1, slice(None, 2)),
        (0, 0, 0, 0, slice(20, 20)),
    ):
        np.testing.assert_array_equal(array[index], whole[index])
