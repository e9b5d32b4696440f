"""A store: made whole or not at all, read without qtcore, extended, repaired by listing."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pytest
import xarray as xr
import zarr

import qtcore as qt
from qtcore.errors import DamagedStoreError
from qtcore.store.arrays import block_array
from qtcore.store.create import consolidate, create, extend, update_attributes
from qtcore.store.finished import clean_partial, finished_blocks
from qtcore.store.folder import Folder
from qtcore.store.header import read_header
from qtcore.store.layout import EVENTS, MARKER, Coordinate, Layout
from qtcore.store.lazy import CheckedArray
from qtcore.store.marks import Marks
from qtcore.store.write import BlockWriter
from qtcore.sweep.observables import OBSERVABLES, USUAL

AXES = ("disorder", "width", "flux", "energy")
DIMENSIONS = (*AXES, "realization", "length")
VARIABLES = tuple(OBSERVABLES[name] for name in USUAL)
GRID = (2, 3, 1, 1)
BLOCK = 8
SPEC = {"spec": json.dumps({"seed": 7}), "spec_hash": "abc"}


def layout(realizations: int = 20) -> Layout:
    axes = (
        Coordinate("disorder", (1.0, 2.0), "t", "full width W"),
        Coordinate("width", (1, 2, 4), "sites", "sites across", "int64"),
        Coordinate("flux", (0.0,), "h/e per plaquette", "magnetic flux"),
        Coordinate("energy", (0.5,), "t", "Fermi energy"),
    )
    lengths = Coordinate("length", (3, 6, 9), "sites", "length", "int64")
    return Layout(axes, (lengths,), VARIABLES, realizations, BLOCK)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "run.zarr"
    create(path, layout(), np.ones(GRID, dtype=np.int32), SPEC)
    return path


def values(rows: range, lengths: int = 3) -> dict[str, Any]:
    """Numbers that tell their realization and length, so that a shift would show."""
    numbers = np.array(rows)[:, None] + 0.1 * np.arange(lengths)
    return {
        "ln_g": -numbers,
        "reflection": numbers,
        "certificate": 1e-12 * numbers,
        "suspect": numbers < 0,
    }


def fill(
    store: Path, point: tuple[int, ...], first: int, stop: int, realizations: int = 20
) -> None:
    rows = range(first * BLOCK, min(stop * BLOCK, realizations))
    BlockWriter(read_header(store), VARIABLES).write(point, first, values(rows))


def test_new_store_opens_with_plain_xarray_and_labels(store: Path) -> None:
    dataset = xr.open_zarr(store, consolidated=False)
    assert set(DIMENSIONS) <= set(dataset.sizes)
    assert dataset.ln_g.dims == DIMENSIONS
    assert dataset.ln_g.shape == (*GRID, 20, 3)
    assert np.isnan(dataset.ln_g).all()
    assert (dataset.suspect == -1).all()
    assert "channels" in dataset.coords
    for name in (*dataset.coords, *(v.name for v in VARIABLES)):
        assert "long_name" in dataset[name].attrs, name
        assert "units" in dataset[name].attrs, name
    assert dataset.width.dtype == np.int64


def test_written_blocks_read_back_where_they_belong(store: Path) -> None:
    fill(store, (1, 2, 0, 0), 1, 3)
    dataset = qt.open(store)
    written = dataset.ln_g.isel(disorder=1, width=2, flux=0, energy=0).to_numpy()
    np.testing.assert_array_equal(written[8:], values(range(8, 20))["ln_g"])
    assert np.isnan(written[:8]).all()
    assert dataset.finished.sum() == 12
    assert dataset.finished.dims == AXES
    assert dataset.suspect.dtype == np.int8
    assert int((dataset.suspect == 0).sum()) == 12 * 3


def test_open_is_lazy_with_many_points_in_a_chunk(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ln_g = qt.open(store).ln_g
    assert ln_g.chunks is not None
    assert ln_g.data.chunksize == (*GRID, 20, 3)
    point = 8 * 20 * 3
    for room, size in {
        point * 2: (1, 2, 1, 1, 20, 3),  # the last axes, and as many of the next as fit
        point * 5: (1, 3, 1, 1, 20, 3),
        point: (1, 1, 1, 1, 20, 3),
        point - 1: (1, 1, 1, 1, 16, 3),  # whole blocks of 8
        1: (1, 1, 1, 1, 8, 3),
    }.items():
        monkeypatch.setattr("qtcore.store.lazy.CHUNK_BYTES", room)
        dataset = qt.open(store)
        assert dataset.ln_g.data.chunksize == size
        assert dict(dataset.chunks)["realization"][0] == size[4]  # the same for all variables


def test_a_point_alone_reads_its_own_blocks(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for point in np.ndindex(GRID):
        fill(store, point, 0, 3)
    read: list[Any] = []
    whole = CheckedArray._blocks
    monkeypatch.setattr(
        CheckedArray, "_blocks", lambda *given: (read.extend(given[1].tolist()), whole(*given))[1]
    )
    dataset = qt.open(store)
    values = dataset.ln_g.isel(disorder=1, width=2, flux=0, energy=0).to_numpy()
    assert {tuple(address[:4]) for address in read} == {(1, 2, 0, 0)}
    loaded = dataset.ln_g.load()
    np.testing.assert_array_equal(values, loaded[1, 2, 0, 0])
    picked = {"disorder": [1, 0], "width": [2, 0], "realization": [9, 3, 17], "length": [2, 0]}
    some = qt.open(store).ln_g.isel(picked)
    np.testing.assert_array_equal(some.to_numpy(), loaded.isel(picked))
    array = CheckedArray(block_array(read_header(store), "ln_g"), Marks(read_header(store), GRID))
    np.testing.assert_array_equal(
        array[1, [2, 0], 0, :, [9, 3, 17], [2, 0]],
        loaded.to_numpy()[1][[2, 0]][:, 0][:, :, [9, 3, 17]][..., [2, 0]],
    )


def test_done_is_what_is_listed(store: Path) -> None:
    header = read_header(store)
    assert not finished_blocks(header, GRID).any()
    fill(store, (0, 1, 0, 0), 0, 2)
    finished = finished_blocks(header, GRID)
    assert finished.sum() == 2
    assert finished[0, 1, 0, 0, :2].all()


def test_chunks_are_written_even_when_all_fill(store: Path) -> None:
    rows = values(range(8))
    rows["ln_g"] = np.full((8, 3), np.nan)
    BlockWriter(read_header(store), VARIABLES).write((0, 0, 0, 0), 0, rows)
    assert (store / "ln_g" / "c.0.0.0.0.0.0").exists()


def test_chunks_are_the_bytes_that_zarr_writes(store: Path, tmp_path: Path) -> None:
    fill(store, (1, 0, 0, 0), 1, 3)
    other = tmp_path / "zarr.zarr"
    create(other, layout(), np.ones(GRID, dtype=np.int32), SPEC)
    group = zarr.open_group(other, mode="r+", use_consolidated=False)
    rows = values(range(8, 20))
    for variable in VARIABLES:
        array = group[variable.name]
        assert isinstance(array, zarr.Array)
        array.with_config({"write_empty_chunks": True})[1, 0, 0, 0, 8:20] = rows[variable.name]
    marker = group[MARKER]
    assert isinstance(marker, zarr.Array)
    for block, rows_held in ((1, 8), (2, 4)):
        key = f"1.0.0.0.{block}.0"
        chunks = [(other / v.name / f"c.{key}").read_bytes() for v in VARIABLES]
        checksums = [int(google_crc32c.value(chunk[:-4])) for chunk in chunks]
        where = f"{marker.attrs['identity']} {(1, 0, 0, 0, block)}"
        address = int(google_crc32c.value(where.encode()))
        marker[1, 0, 0, 0, block] = [rows_held, address, *checksums]
    for path in sorted(store.rglob("c.1.*")):
        assert path.read_bytes() == (other / path.relative_to(store)).read_bytes(), path
    assert len(list(other.rglob("c.1.*"))) == 10


def test_marker_is_written_last(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    plain = Folder.put

    def noted(self: Folder, key: str, content: bytes) -> None:
        order.append(key.partition("/")[0])
        plain(self, key, content)

    monkeypatch.setattr(Folder, "put", noted)
    fill(store, (0, 0, 0, 0), 0, 2)
    assert order == 2 * [*(v.name for v in VARIABLES), MARKER]


def test_a_block_whose_data_failed_is_not_marked(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = os.replace

    def full_disk(aside: str, target: str) -> None:
        if "certificate" in target:
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(aside, target)

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        fill(store, (0, 0, 0, 0), 0, 1)
    monkeypatch.undo()
    assert not finished_blocks(read_header(store), GRID).any()
    assert not list(store.rglob("*.partial"))


def test_damaged_chunk_is_noticed(store: Path) -> None:
    fill(store, (0, 0, 0, 0), 0, 1)
    chunk = store / "reflection" / "c.0.0.0.0.0.0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(DamagedStoreError, match=r"chunk of reflection cannot be read .*checksum"):
        qt.open(store).reflection.load()


def test_extension_keeps_what_is_there_and_reopens_the_last_block(store: Path) -> None:
    for point in np.ndindex(GRID):
        fill(store, point, 0, 3)
    assert finished_blocks(read_header(store), GRID).all()
    extend(store, layout(30), np.ones(GRID, dtype=np.int32), [20], {})
    header = read_header(store)
    assert (header.realizations, header.earlier_realizations) == (30, (20,))
    finished = finished_blocks(header, GRID)
    assert finished.shape == (*GRID, 4)
    assert finished[..., :2].all()
    assert not finished[..., 2:].any(), "block 2 held 4 of now 8 realizations"
    dataset = qt.open(store)
    assert dataset.sizes["realization"] == 30
    np.testing.assert_array_equal(dataset.realization, np.arange(30))
    np.testing.assert_array_equal(dataset.ln_g[0, 0, 0, 0, :20], values(range(20))["ln_g"])
    assert np.isnan(dataset.ln_g[..., 20:, :]).all()
    fill(store, (0, 0, 0, 0), 2, 4, realizations=30)
    assert finished_blocks(header, GRID)[0, 0, 0, 0].all()


def test_extension_that_was_killed_half_way_is_completed(store: Path) -> None:
    update_attributes(store, {"realizations": 30, "earlier_realizations": [20]})
    ln_g = zarr.open_array(store / "ln_g", mode="r+")
    ln_g.resize((*GRID, 30, 3))
    with pytest.raises(qt.InputError, match="running it again completes the extension"):
        qt.open(store)
    extend(store, layout(30), np.ones(GRID, dtype=np.int32), [20], {})
    assert qt.open(store).sizes["realization"] == 30
    assert read_header(store).earlier_realizations == (20,)


def test_consolidated_copy_never_goes_stale(store: Path) -> None:
    consolidate(store)
    xr.open_zarr(store)  # would warn without the copy
    extend(store, layout(30), np.ones(GRID, dtype=np.int32), [20], {})
    assert xr.open_zarr(store, consolidated=False).sizes["realization"] == 30
    assert "consolidated_metadata" not in json.loads((store / "zarr.json").read_text())


def test_half_written_chunks_are_ignored_and_cleaned(store: Path) -> None:
    fill(store, (0, 0, 0, 0), 0, 1)
    stray = store / MARKER / "c.0.0.0.0.1.0af3.partial"
    stray.write_bytes(b"half")
    assert finished_blocks(read_header(store), GRID).sum() == 1
    assert clean_partial(store) == 1
    assert not stray.exists()


def test_run_folder_does_not_disturb_readers(store: Path) -> None:
    (store / EVENTS).write_text("{}\n")
    assert set(xr.open_zarr(store, consolidated=False).data_vars) == {
        MARKER,
        *(v.name for v in VARIABLES),
    }


def test_creation_leaves_nothing_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_disk(*_: Any, **__: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(zarr.Group, "create_array", broken_disk)
    with pytest.raises(qt.InputError, match=r"cannot make a store at .*Input/output error"):
        create(tmp_path / "run.zarr", layout(), np.ones(GRID, dtype=np.int32), SPEC)
    assert list(tmp_path.iterdir()) == []


def test_unwritable_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(qt.InputError, match="file is a file, not a folder"):
        create(tmp_path / "file" / "run.zarr", layout(), np.ones(GRID, dtype=np.int32), SPEC)


def test_what_is_no_store_says_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(qt.InputError, match="nothing is there"):
        read_header(tmp_path / "absent")
    (tmp_path / "file").write_text("hello")
    with pytest.raises(qt.InputError, match="is no qtcore store: it is a file"):
        read_header(tmp_path / "file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(qt.InputError, match=r"it is a folder without zarr\.json"):
        read_header(tmp_path / "folder")
    zarr.open_group(tmp_path / "other.zarr", mode="w")
    with pytest.raises(qt.InputError, match="qtcore did not make it"):
        read_header(tmp_path / "other.zarr")
    (tmp_path / "folder" / "zarr.json").write_text("{ half")
    with pytest.raises(qt.InputError, match=r"its zarr\.json is damaged .*another --store"):
        read_header(tmp_path / "folder")


def test_newer_format_is_refused(store: Path) -> None:
    update_attributes(store, {"qtcore_format": 99})
    with pytest.raises(qt.InputError, match="store format 99"):
        read_header(store)


def test_no_store_is_made_inside_another(store: Path) -> None:
    channels = np.ones(GRID, dtype=np.int32)
    for inside in (store / "sub.zarr", store / "run" / "sub.zarr"):
        with pytest.raises(qt.InputError, match="is a Zarr store itself"):
            create(inside, layout(), channels, SPEC)
        assert not inside.exists()


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("a.zarr", "a", "its figures would be those of"),
        ("a", "a.zarr", "its figures would be those of"),
        ("a.zarr", "a.analysis.zarr", "names that end in .analysis or .timeline"),
        ("a.zarr", "a.timeline", "names that end in .analysis or .timeline"),
    ],
)
def test_names_of_stores_and_of_what_lies_beside_them_do_not_meet(
    tmp_path: Path, first: str, second: str, why: str
) -> None:
    channels = np.ones(GRID, dtype=np.int32)
    create(tmp_path / first, layout(), channels, SPEC)
    with pytest.raises(qt.InputError, match=why):
        create(tmp_path / second, layout(), channels, SPEC)
    assert not (tmp_path / second).exists()
