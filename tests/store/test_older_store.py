"""A store of format 2, whose chunks lie in a folder each, lives on with all that can be done to it."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
import zarr

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Threads
from qtcore.store import create as create_module
from qtcore.store.arrays import block_arrays
from qtcore.store.compact import compact, expand
from qtcore.store.finished import finished_blocks
from qtcore.store.header import read_header
from qtcore.store.locate import place_of
from qtcore.store.verify import verify
from qtcore.sweep.build import make_sweep
from qtcore.sweep.fill_store import fill_store

GRID = (2, 3, 1, 2)
CHUNK, MARKER = "ln_g/c/1/2/0/1/0/0", "block_realizations/c/1/2/0/1/0"

Same = Callable[[xr.Dataset], None]


def as_before(patch: pytest.MonkeyPatch) -> None:
    """Make stores as versions before format 3 did."""
    patch.setattr(create_module, "CHUNK_SEPARATOR", "/")
    patch.setattr(create_module, "FORMAT", 2)


@pytest.fixture
def older(location: str, make_anew: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patch:
        as_before(patch)
        make_anew(location)
    return location


def keys(location: str) -> set[str]:
    """What tasks and compaction wrote."""
    place = place_of(location)
    names = block_arrays(read_header(place))
    return {key for n in names for key in place.keys(n) if not key.endswith("zarr.json")}


def test_it_is_as_versions_before_left_it(older: str, assert_same_bits: Same) -> None:
    assert read_header(older).attributes["qtcore_format"] == 2
    assert {CHUNK, MARKER} <= keys(older)
    ln_g = zarr.open_array(place_of(older).zarr_store(), path="ln_g", mode="r")
    assert ln_g.metadata.to_dict()["chunk_key_encoding"] == {
        "name": "default",
        "configuration": {"separator": "/"},
    }
    assert finished_blocks(read_header(older), GRID).all()
    assert_same_bits(qt.open(older))


def test_new_chunks_lie_where_the_old_ones_do(
    older: str, write_block: Callable[..., None], grow: Callable[..., None]
) -> None:
    before = keys(older)
    place_of(older).delete(MARKER)
    grow(older, 30)
    # Block 2 held 4 of now 8 realizations.
    assert finished_blocks(read_header(older), GRID)[1, 2, 0, 1].tolist() == [0, 1, 0, 0]
    write_block(older, (1, 2, 0, 1), 0)
    assert keys(older) == before
    assert finished_blocks(read_header(older), GRID)[1, 2, 0, 1].tolist() == [1, 1, 0, 0]


def test_damage_is_found_and_its_block_counts_as_unfinished(
    older: str, write_block: Callable[..., None], assert_same_bits: Same
) -> None:
    place_of(older).put(CHUNK, b"")
    report = verify(older)
    assert [finding.key for finding in report.findings] == [CHUNK]
    assert MARKER not in keys(older)
    assert not finished_blocks(read_header(older), GRID)[1, 2, 0, 1, 0]
    write_block(older, (1, 2, 0, 1), 0)
    assert verify(older).findings == []
    assert_same_bits(qt.open(older))


def test_compacted_and_back_it_is_the_same(older: str, assert_same_bits: Same) -> None:
    """Shards have the keys that versions before gave them, so theirs are read and undone too."""
    place = place_of(older)
    before = {key: place.get(key) for key in keys(older)}
    done = compact(older)
    assert (done.objects_before, done.objects_after) == (5 * 36, 5)
    assert {key for key in keys(older) if key.startswith("ln_g")} == {"ln_g/c.0.0.0.0.0.0"}
    assert place.children("ln_g") == ["c.0.0.0.0.0.0", "zarr.json"], "no empty folders"
    assert verify(older).findings == []
    assert_same_bits(qt.open(older))
    assert expand(older) == 5 * 36
    assert {key: place.get(key) for key in keys(older)} == before
    assert_same_bits(qt.open(older))


@pytest.fixture
def sweep() -> qt.Sweep:
    preset = qt.Preset(disorder=(1.0, 2.0), width=(2,), energy=0.5, lengths=(4, 8), realizations=20)
    return make_sweep("older", preset, 1, wire=strip)


def strip(point: qt.Point) -> qt.Wire:
    """Return the wire that is swept."""
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


def test_a_run_on_it_is_continued_and_extended(
    tmp_path: Path, sweep: qt.Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a new store of the larger sweep: other keys, the same numbers."""
    older, new = tmp_path / "older.zarr", tmp_path / "new.zarr"
    larger = sweep.changed(realizations=50)
    with connect(Threads(kind="threads", workers=1)) as client:

        def run(wanted: qt.Sweep, store: Path) -> Any:
            return fill_store(wanted, store, lambda: nullcontext(client))

        with monkeypatch.context() as patch:
            as_before(patch)
            assert run(sweep, older).blocks_left == 0
        markers = (older / "block_realizations" / "c").rglob("*")
        next(path for path in markers if path.is_file()).unlink()
        status = qt.status(older)
        assert (status.blocks_done, status.blocks) == (status.blocks - 1, status.blocks)
        assert run(sweep, older).blocks_done == 1
        outcome = run(larger, older)
        assert (outcome.blocks_left, outcome.failures) == (0, [])
        run(larger, new)
    assert not list(older.rglob("c.*"))
    assert not (new / "ln_g" / "c").exists()
    found, expected = qt.open(older).load(), qt.open(new).load()
    assert set(found.data_vars) == set(expected.data_vars)
    for name, values in expected.data_vars.items():
        assert found[name].to_numpy().tobytes() == values.to_numpy().tobytes(), name
