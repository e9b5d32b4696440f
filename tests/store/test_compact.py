"""Compaction: fewer objects, the same bits, readable whenever it is cut off."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer
import xarray as xr
import zarr

import qtcore as qt
from qtcore.cli.upkeep import compact_store
from qtcore.errors import DamagedStoreError
from qtcore.store.arrays import block_arrays
from qtcore.store.compact import compact, expand
from qtcore.store.create import update_attributes
from qtcore.store.finished import finished_blocks
from qtcore.store.folder import Folder
from qtcore.store.header import read_header
from qtcore.store.layout import LEASE
from qtcore.store.lease import Lease
from qtcore.store.locate import place_of
from qtcore.store.verify import verify

GRID = (2, 3, 1, 2)
Same = Callable[[xr.Dataset], None]


class Killed(BaseException):
    """What no code catches: the process is gone."""


def contents(location: str) -> dict[str, bytes | None]:
    """All chunks and metadata of arrays, by key."""
    place = place_of(location)
    return {
        key: place.get(key)
        for key in place.keys("")
        if not key.startswith("run/") and key != "zarr.json"
    }


def test_compacted_store_holds_the_same_bits_in_fewer_objects(
    complete: str, assert_same_bits: Same
) -> None:
    done = compact(complete)
    assert (done.objects_before, done.objects_after) == (5 * 36, 5)
    assert_same_bits(qt.open(complete))
    assert finished_blocks(read_header(complete), GRID).all()
    place = place_of(complete)
    (shard,) = [key for key in place.keys("ln_g") if not key.endswith("zarr.json")]
    assert shard == "ln_g/c/0/0/0/0/0/0"
    # And plain Zarr reads the shards, by the consolidated metadata too.
    dataset = xr.open_zarr(place.zarr_store(), consolidated=True)
    assert_same_bits(
        dataset.drop_vars("block_realizations").assign_coords(finished=qt.open(complete).finished)
    )


def test_shards_of_a_few_chunks_cover_every_edge(complete: str, assert_same_bits: Same) -> None:
    """Five chunks of about 200 bytes: two dimensions of the grid are cut, with rests."""
    before = contents(complete)
    done = compact(complete, shard_bytes=1000)
    assert 5 < done.objects_after < done.objects_before
    assert_same_bits(qt.open(complete))
    assert expand(complete) == 5 * 36
    after = contents(complete)
    assert set(after) == set(before)
    changed = [key for key in before if before[key] != after[key]]
    assert all(key.endswith("zarr.json") for key in changed)
    assert_same_bits(qt.open(complete))


def test_shards_are_those_that_zarr_writes(complete: str, tmp_path: Path) -> None:
    compact(complete)
    place = place_of(complete)
    ours = zarr.open_array(place.zarr_store(), path="ln_g", mode="r")
    theirs = zarr.create_array(
        tmp_path / "theirs.zarr",
        shape=ours.shape,
        chunks=ours.chunks,
        shards=ours.shards,
        dtype=ours.dtype,
        fill_value=ours.fill_value,
        compressors=list(ours.compressors),
        chunk_key_encoding={"name": "default", "separator": "/"},
    )
    theirs[...] = ours[...]
    (key,) = [key for key in place.keys("ln_g") if not key.endswith("zarr.json")]
    content = place.get(key)
    assert content is not None
    written = (tmp_path / "theirs.zarr" / key.removeprefix("ln_g/")).read_bytes()
    assert len(content) == len(written)


def test_compacting_twice_is_once(complete: str, assert_same_bits: Same) -> None:
    first = compact(complete)
    again = compact(complete)
    assert again.objects_after == first.objects_after
    assert_same_bits(qt.open(complete))


def test_extension_is_refused_with_the_way_back(grow: Callable[..., None], complete: str) -> None:
    compact(complete)
    grow(complete, 20)  # nothing to add, nothing to refuse
    with pytest.raises(qt.InputError, match=r"is compacted.*qtcore compact --undo"):
        grow(complete, 30)
    expand(complete)
    grow(complete, 30)
    assert qt.open(complete).sizes["realization"] == 30


def test_running_and_incomplete_stores_are_refused(complete: str) -> None:
    with Lease(complete), pytest.raises(qt.InputError, match="is in use"):
        compact(complete)
    update_attributes(complete, {"completed": ""})
    with pytest.raises(qt.InputError, match=r"is not complete, .*run it again first"):
        compact(complete)


def test_damaged_chunk_is_not_packed(complete: str, assert_same_bits: Same) -> None:
    place = place_of(complete)
    key = "ln_g/c.1.2.0.1.0.0"
    content = place.get(key)
    assert content is not None
    place.put(key, content[:-1])
    with pytest.raises(DamagedStoreError, match=f"{key} does not match .*verify-store"):
        compact(complete)
    place.put(key, content)
    assert_same_bits(qt.open(complete))
    compact(complete)
    assert_same_bits(qt.open(complete))


class Killer:
    """Ends the process, as far as code can tell, before the n-th change of a file."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int) -> None:
        self.left = at
        for name in ("put", "delete", "delete_all"):
            patch.setattr(Folder, name, self.counted(getattr(Folder, name)))

    def counted(self, plain: Any) -> Any:
        def change(*arguments: Any) -> Any:
            if self.left == 0:
                raise Killed
            self.left -= 1
            return plain(*arguments)

        return change


compact_small = partial(compact, shard_bytes=5000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "cuts"),
    # Compaction at every change of its first part; later it removes one chunk after the other.
    [(compact_small, [*range(30), *range(30, 1000, 40)]), (expand, range(0, 1000, 11))],
)
def test_cut_off_anywhere_it_is_readable_and_goes_on_or_back(
    tmp_path: Path,
    make_complete: Callable[..., None],
    assert_same_bits: Same,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Any], Any],
    cuts: Sequence[int],
) -> None:
    original = tmp_path / "run.zarr"
    make_complete(original)
    if work is expand:
        compact_small(original)
    for number, cut in enumerate(cuts):
        store = tmp_path / f"{number}.zarr"
        shutil.copytree(original, store)
        with monkeypatch.context() as patch:
            Killer(patch, cut)
            try:
                work(store)
                break
            except Killed:
                pass
        (store / LEASE).unlink(missing_ok=True)  # its process is dead
        assert_same_bits(qt.open(store))
        assert finished_blocks(read_header(store), GRID).all()
        (expand, compact_small)[number % 2](store)  # back, or on
        assert_same_bits(qt.open(store))
        assert read_header(store).compacted == (number % 2 == 1)
        assert verify(store).findings == []
        shutil.rmtree(store)
    assert number >= 15


def test_undo_says_which_data_are_not_back(
    complete: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shard that is gone takes its blocks along: they are no chunks that are back."""
    compact(complete, shard_bytes=1000)
    place = place_of(complete)
    array = block_arrays(read_header(place))["ln_g"]
    shard = next(array.shards.key(shard) for shard, _ in array.shards_with_chunks())
    lost = sum(part is not None for part in array.shard_at(place, shard) or ())
    assert 0 < lost < 36
    place.delete(shard)
    with pytest.raises(typer.Exit) as ended:
        compact_store(complete, undo=True)
    assert ended.value.exit_code == 3
    said = " ".join(capsys.readouterr().out.split())
    assert f"Brought back: {5 * 36 - lost} chunks. Not complete: {lost} blocks, because" in said
