"""What a store states is what is read, and what foreign or missing parts of it become again."""

import itertools
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr

import qtcore as qt
from qtcore.errors import DamagedStoreError
from qtcore.store import create as create_module
from qtcore.store.catalog import query
from qtcore.store.compact import compact, expand
from qtcore.store.create import create, extend, update_attributes
from qtcore.store.duplicate import contradiction
from qtcore.store.header import digest_of, read_header
from qtcore.store.layout import COPY, ArraySpec, Coordinate, Layout
from qtcore.store.locate import place_of
from qtcore.store.mend import FROM_ROOT
from qtcore.store.verify import verify
from qtcore.store.write import BlockWriter

BLOCK = 8
VARIABLES = (ArraySpec("x", "float64", float("nan"), {"units": "", "long_name": "x"}, ("length",)),)
LENGTHS = (3, 6)
WIDTHS = (2, 0)
"""An axis of whole numbers that ends in 0."""


def layout(fields: tuple[float, ...], realizations: int) -> Layout:
    axes = (
        Coordinate("field", fields, "t", "a field"),
        Coordinate("width", WIDTHS, "sites", "sites across", "int64"),
    )
    lengths = Coordinate("length", LENGTHS, "sites", "length", "int64")
    return Layout(axes, (lengths,), VARIABLES, realizations, BLOCK)


def spec_of(fields: tuple[float, ...], realizations: int, seed: int) -> dict[str, Any]:
    axes = [
        {"name": "field", "values": list(fields), "whole": False},
        {"name": "width", "values": list(WIDTHS), "whole": True},
    ]
    spec = {"axes": axes, "lengths": list(LENGTHS), "realizations": realizations, "seed": seed}
    return {"spec": json.dumps(spec), "spec_hash": f"{fields}", "seed": seed}


def channels_of(fields: tuple[float, ...]) -> Any:
    """Open modes: none at field 0, as at points without realizations."""
    return np.array([[int(8 * abs(f)) + (w if f else 0) for w in WIDTHS] for f in fields], "int32")


def fill(store: Any, fields: tuple[float, ...], realizations: int, first: int = 0) -> None:
    writer = BlockWriter(read_header(store), VARIABLES)
    for point in itertools.product(range(len(fields)), range(len(WIDTHS))):
        values = np.arange(realizations)[:, None] + 1000.0 * fields[point[0]] + [[0.0, 0.5]]
        if point[0] >= first:
            writer.write(point, 0, {"x": values})


def make(
    store: Any, fields: tuple[float, ...] = (1.0,), realizations: int = 12, seed: int = 1
) -> None:
    attributes = spec_of(fields, realizations, seed)
    create(store, layout(fields, realizations), channels_of(fields), attributes)
    fill(store, fields, realizations)
    update_attributes(store, {"completed": "2026-01-01T00:00:00+00:00"})


def widen(store: Any, fields: tuple[float, ...], realizations: int = 12, seed: int = 1) -> None:
    """Extend a store by values of the field."""
    before = len(qt.open(store).field)
    wanted = layout(fields, realizations)
    extend(store, wanted, channels_of(fields), [], spec_of(fields, realizations, seed))
    fill(store, fields, realizations, before)
    update_attributes(store, {"completed": "2026-01-01T00:00:00+00:00"})


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fields 1, then 8, then 2, then 0: each a chunk of the coordinate."""
    made = tmp_path_factory.mktemp("made") / "a.zarr"
    make(made)
    widen(made, (1.0, 8.0))
    widen(made, (1.0, 8.0, 2.0))
    widen(made, (1.0, 8.0, 2.0, 0.0))
    return made


@pytest.fixture
def store(tmp_path: Path, made_once: Path) -> Path:
    return Path(shutil.copytree(made_once, tmp_path / "runs" / "a.zarr"))


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The same sweep in one piece, with another seed."""
    made = tmp_path / "other" / "a.zarr"
    make(made, (1.0, 8.0, 2.0, 0.0), seed=2)
    return made


def assert_right(dataset: xr.Dataset) -> None:
    """Each sample tells its field."""
    assert dataset.field.to_numpy().tolist() == [0.0, 1.0, 2.0, 8.0]
    assert dataset.width.to_numpy().tolist() == [0, 2]
    assert dataset.length.to_numpy().tolist() == list(LENGTHS)
    assert dataset.realization.to_numpy().tolist() == list(range(12))
    for field in (0.0, 1.0, 2.0, 8.0):
        expected = np.arange(12)[:, None] + 1000.0 * field + [[0.0, 0.5]]
        for number, width in enumerate(WIDTHS):
            point = dataset.sel(field=field, width=width)
            np.testing.assert_array_equal(point.x, expected)
            assert int(point.channels) == channels_of((field,))[0, number]


def test_an_axis_extended_by_zero_stays_readable(location: str) -> None:
    """Zarr leaves a chunk of zeros out, which is that of a field of 0."""
    make(location)
    widen(location, (1.0, 0.0))
    place = place_of(location)
    assert {"field/c/0", "field/c/1", "channels/c/1/0"} <= {*place.keys("")}
    assert qt.open(location).field.to_numpy().tolist() == [0.0, 1.0]
    assert verify(location).findings == []
    compact(location)
    assert qt.open(location).x.sel(field=0.0, width=2, length=3).to_numpy()[0] == 0.0
    expand(location)
    assert qt.open(location).x.sel(field=1.0, width=2, length=3).to_numpy()[0] == 1000.0
    group = zarr.open_group(place.zarr_store(), mode="r", use_consolidated=False)
    assert np.asarray(group["field"][...]).tolist() == [1.0, 0.0], "Zarr reads the same"  # type: ignore[index]


@pytest.mark.parametrize("values", [(0.0,), (1e-320, -0.0, 0.1 + 0.2), (-1 / 3, 5e7, 0.0)])
def test_chunks_of_coordinates_are_those_that_zarr_writes(
    tmp_path: Path, values: tuple[float, ...]
) -> None:
    make(tmp_path / "a.zarr", values)
    chunk = tmp_path / "a.zarr" / "field" / "c" / "0"
    before = chunk.read_bytes()
    chunk.unlink()
    extend(tmp_path / "a.zarr", layout(values, 12), channels_of(values), [], {})
    assert chunk.read_bytes() == before
    assert qt.open(tmp_path / "a.zarr").field.dtype == np.float64
    found = np.sort(qt.open(tmp_path / "a.zarr").field.to_numpy())
    assert found.tobytes() == np.sort(values).tobytes()


def test_samples_that_are_all_zero_or_all_nan_are_there(tmp_path: Path) -> None:
    make(tmp_path / "a.zarr")
    writer = BlockWriter(read_header(tmp_path / "a.zarr"), VARIABLES)
    writer.write((0, 0), 0, {"x": np.zeros((12, 2))})
    writer.write((0, 1), 0, {"x": np.full((12, 2), np.nan)})
    for again in (verify, compact, expand):
        again(tmp_path / "a.zarr")
        dataset = qt.open(tmp_path / "a.zarr").load()
        assert (dataset.x.sel(width=2) == 0).all()
        assert np.isnan(dataset.x.sel(width=0)).all()
        assert (dataset.finished == 12).all()
        assert verify(tmp_path / "a.zarr").findings == []


COORDINATES = ["field/c/0", "field/c/2", "field/c/3", "width/c/0", "length/c/0", "realization/c/0"]


@pytest.mark.parametrize("key", [*COORDINATES, "channels/c/3/0"])
def test_a_coordinate_that_is_missing_is_not_needed_and_comes_back(store: Path, key: str) -> None:
    """So did stores become that were extended by a field of 0."""
    original = (store / key).read_bytes()
    (store / key).unlink()
    assert_right(qt.open(store))
    assert [run.problem for run in query(store.parent)] == [""]
    assert [(f.key, f.problem) for f in verify(store, repair=False).findings] == [
        (key, "is missing")
    ]
    shutil.copytree(store, store.parent / "run.zarr")
    verify(store)
    assert (store / key).read_bytes() == original
    assert verify(store).findings == []
    fields = (1.0, 8.0, 2.0, 0.0)
    extend(store.parent / "run.zarr", layout(fields, 12), channels_of(fields), [], {})
    assert (store.parent / "run.zarr" / key).read_bytes() == original, "a run does the same"


@pytest.mark.parametrize("key", ["field/c/3", "width/c/0"])
def test_a_store_whose_copy_lacks_the_coordinate_too_becomes_readable(
    store: Path, key: str
) -> None:
    """As an earlier version left it, which had written neither."""
    original = (store / key).read_bytes()
    (store / key).unlink()
    (store / COPY).unlink()
    verify(store)
    assert_right(qt.open(store))
    assert (store / key).read_bytes() == original
    assert verify(store).findings == []


@pytest.mark.parametrize("key", COORDINATES)
def test_foreign_values_of_a_coordinate_are_not_believed(
    store: Path, tmp_path: Path, key: str
) -> None:
    """A chunk with a sound checksum, out of another store or from another place in this one."""
    original, strange = (store / key).read_bytes(), tmp_path / "strange.zarr"
    name = key.partition("/")[0]
    values = np.arange(100, 100 + (len(original) - 4) // 8)
    kind = "float64" if name == "field" else "int64"
    given = Coordinate("width", tuple(values.tolist()), "", "", kind)
    create(strange, Layout((given,), (), (), 12, BLOCK), None, {"spec": "{}"})
    (store / key).write_bytes((strange / "width/c/0").read_bytes())
    assert_right(qt.open(store))
    (finding,) = verify(store).findings
    assert (finding.key, finding.problem) == (key, "holds other values than the store states")
    assert finding.remedy == FROM_ROOT
    assert (store / key).read_bytes() == original
    assert verify(store).findings == []


def test_coordinates_that_change_places_are_put_right_by_a_run(store: Path) -> None:
    folder = store / "field" / "c"
    contents = [(folder / name).read_bytes() for name in "12"]
    for name, content in zip("21", contents, strict=True):
        (folder / name).write_bytes(content)
    assert_right(qt.open(store))
    fields = (1.0, 8.0, 2.0, 0.0)
    extend(store, layout(fields, 12), channels_of(fields), [], {})
    assert [(folder / name).read_bytes() for name in "12"] == contents


def test_foreign_open_modes_are_refused_and_put_back(store: Path) -> None:
    """The sweep does not state them, so the root holds their digest."""
    folder = store / "channels" / "c"
    one, two = folder / "2" / "0", folder / "3" / "0"
    contents = [one.read_bytes(), two.read_bytes()]
    one.write_bytes(contents[1])
    with pytest.raises(qt.InputError, match="channels does not agree with its digest"):
        qt.open(store)
    assert [finding.key for finding in verify(store).findings] == ["channels/c/2/0"]
    assert [one.read_bytes(), two.read_bytes()] == contents
    assert_right(qt.open(store))


def test_metadata_of_before_an_extension_are_put_right(store: Path) -> None:
    for name in ("x", "block_realizations", "field", "channels"):
        path = store / name / "zarr.json"
        original = path.read_bytes()
        document = json.loads(original)
        path.write_text(json.dumps({**document, "shape": [2, *document["shape"][1:]]}))
        keys = {finding.key for finding in verify(store).findings}
        assert f"{name}/zarr.json" in keys
        assert json.loads(path.read_bytes()) == json.loads(original)
        assert verify(store).findings == []
        assert_right(qt.open(store))


def test_a_root_of_before_an_extension_gives_way_to_the_copy(store: Path) -> None:
    """As an old file that a synchronisation brings back."""
    path = store / "zarr.json"
    document = json.loads(path.read_bytes())
    attributes = {**document["attributes"], **spec_of((1.0, 8.0), 12, 1)}
    document["attributes"] = {**attributes, "digest": digest_of(attributes)}
    path.write_text(json.dumps(document))
    assert "axes of the sweep" in contradiction(place_of(store))
    assert [finding.key for finding in verify(store).findings] == ["zarr.json"]
    assert_right(qt.open(store))
    assert verify(store).findings == []


def test_a_foreign_copy_gives_way_to_what_the_blocks_prove(store: Path, other: Path) -> None:
    before = {p: p.read_bytes() for p in store.rglob("*") if p.is_file() and p.name != "copy.zip"}
    shutil.copy(other / COPY, store / COPY)
    assert "seed in zarr.json" in contradiction(place_of(store))
    (finding,) = verify(store).findings
    assert finding.key == COPY
    assert "the blocks prove the store" in finding.remedy
    assert {path: path.read_bytes() for path in before} == before
    assert (store / "run" / "damaged" / "run.copy.zip").read_bytes() == (other / COPY).read_bytes()
    assert contradiction(place_of(store)) == ""
    assert verify(store).findings == []
    assert_right(qt.open(store))


def test_foreign_metadata_give_way_to_the_copy_all_of_them(store: Path, other: Path) -> None:
    for path in other.rglob("zarr.json"):
        shutil.copy(path, store / path.relative_to(other))
    verify(store)
    assert read_header(store).attributes["seed"] == 1
    assert_right(qt.open(store))
    assert verify(store).findings == []


def test_a_foreign_copy_beside_a_damaged_root_is_not_put_back(store: Path, other: Path) -> None:
    shutil.copy(other / COPY, store / COPY)
    (store / "zarr.json").write_bytes(b"{")
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    with pytest.raises(qt.InputError, match="is that of another store"):
        verify(store)
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before


def test_metadata_of_another_store_without_a_copy_reopen_no_block(store: Path, other: Path) -> None:
    for path in other.rglob("zarr.json"):
        shutil.copy(path, store / path.relative_to(other))
    (store / COPY).write_bytes(b"")
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    with pytest.raises(qt.InputError, match=r"zarr\.json is that of another store; nothing was"):
        verify(store)
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before


def test_no_command_copies_foreign_metadata_over_a_good_copy(store: Path, other: Path) -> None:
    kept = (store / COPY).read_bytes()
    for path in other.rglob("zarr.json"):
        shutil.copy(path, store / path.relative_to(other))
    fields = (1.0, 8.0, 2.0, 0.0)
    for work in (compact, expand, lambda s: extend(s, layout(fields, 12), None, [], {})):
        with pytest.raises(qt.InputError, match="contradicts the copy"):
            work(store)
        assert (store / COPY).read_bytes() == kept


def test_damaged_metadata_of_a_compacted_store_are_one_sentence(store: Path) -> None:
    compact(store)
    (store / "field" / "zarr.json").unlink()
    fields = (1.0, 8.0, 2.0, 0.0)
    with pytest.raises(qt.InputError, match=r"is damaged: field/zarr\.json"):
        extend(store, layout(fields, 12), channels_of(fields), [], {})


@pytest.mark.parametrize("key", ["field/zarr.json", "run/zarr.json"])
def test_nothing_is_compacted_or_expanded_while_metadata_are_damaged(store: Path, key: str) -> None:
    """Zarr's own traceback was what came of it."""
    original = (store / key).read_bytes()
    for work, is_compacted in ((compact, False), (expand, True)):
        (store / key).write_bytes(original[: len(original) // 2])
        with pytest.raises(qt.InputError, match=f"is damaged: {key}"):
            work(store)
        assert read_header(store).compacted == is_compacted
        (store / key).write_bytes(original)
        work(store)
        original = (store / key).read_bytes()


def test_what_no_block_proves_is_left_alone(tmp_path: Path) -> None:
    for number in (1, 2):
        attributes = spec_of((1.0,), 12, number)
        create(tmp_path / f"{number}.zarr", layout((1.0,), 12), channels_of((1.0,)), attributes)
    shutil.copy(tmp_path / "2.zarr" / COPY, tmp_path / "1.zarr" / COPY)
    files = [path for path in (tmp_path / "1.zarr").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    with pytest.raises(qt.InputError, match="do not prove which of the two is right"):
        verify(tmp_path / "1.zarr")
    assert {path: path.read_bytes() for path in files} == before


def test_a_root_that_claims_more_than_the_marks_say_is_found(tmp_path: Path) -> None:
    """Of the same sweep and seed, made at once with more realizations in the last block."""
    make(tmp_path / "a.zarr")
    make(tmp_path / "b.zarr", realizations=15)
    for name in ("zarr.json", "x/zarr.json", "realization/zarr.json", "realization/c/0", COPY):
        shutil.copy(tmp_path / "b.zarr" / name, tmp_path / "a.zarr" / name)
    with pytest.raises(DamagedStoreError, match="its mark speaks of 4 realizations"):
        qt.open(tmp_path / "a.zarr").load()
    assert verify(tmp_path / "a.zarr").reopened == 2
    assert (qt.open(tmp_path / "a.zarr").load().finished == 8).all()


def test_an_extension_that_was_stopped_is_ended_without_the_run(store: Path) -> None:
    """The root was written and nothing else; the open modes alone are nowhere yet."""
    fields = (1.0, 8.0, 2.0, 0.0, 3.0)
    update_attributes(store, spec_of(fields, 12, 1))
    assert_right(qt.open(store))
    report = verify(store)
    assert report.findings
    assert all("running again ends it" in finding.remedy for finding in report.findings)
    assert_right(qt.open(store))
    extend(store, layout(fields, 12), channels_of(fields), [], spec_of(fields, 12, 1))
    assert qt.open(store).field.to_numpy().tolist() == [0.0, 1.0, 2.0, 3.0, 8.0]
    assert verify(store).findings == []


@pytest.mark.parametrize("version", [2, 3])
def test_stores_of_before_take_their_labels_from_the_sweep_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(create_module, "FORMAT", version)
        make(tmp_path / "a.zarr")
    widen(tmp_path / "a.zarr", (1.0, 8.0))
    widen(tmp_path / "a.zarr", (1.0, 8.0, 2.0))
    widen(tmp_path / "a.zarr", (1.0, 8.0, 2.0, 0.0))
    assert verify(tmp_path / "a.zarr").findings == []
    (tmp_path / "a.zarr" / "field" / "c" / "2").unlink()
    shutil.copy(tmp_path / "a.zarr/field/c/1", tmp_path / "a.zarr/field/c/0")
    assert_right(qt.open(tmp_path / "a.zarr"))
    verify(tmp_path / "a.zarr")
    assert_right(qt.open(tmp_path / "a.zarr"))


@pytest.mark.parametrize("axes", [[3], [{"name": "field", "values": 3}],
                                  [{"name": "field", "values": [1, "a", 2, 0]}]])  # fmt: skip
def test_a_sweep_that_states_no_labels_is_one_sentence(store: Path, axes: Any) -> None:
    spec = {**json.loads(spec_of((1.0,), 12, 1)["spec"]), "axes": axes}
    update_attributes(store, {"spec": json.dumps(spec)})
    with pytest.raises(qt.InputError, match=re.escape(str(store))):
        qt.open(store)
    with pytest.raises(qt.InputError, match=re.escape(str(store))):
        verify(store, repair=False)
