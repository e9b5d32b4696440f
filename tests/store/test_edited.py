"""A store that somebody edited or added to: clear errors, no traceback, and nothing good is lost."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.store.catalog import query
from qtcore.store.compact import compact
from qtcore.store.create import update_attributes
from qtcore.store.header import read_header
from qtcore.store.layout import COPY
from qtcore.store.locate import place_of
from qtcore.store.verify import verify

Make = Callable[..., None]
Same = Callable[[xr.Dataset], None]

NASTY: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 10**40, 0.5, 1e308, "", "3", "\x00", "…" * 50),
    *([], [1], [[]], {}, {"a": 1}, [None] * 3, [-1, 2, 3], [10**18] * 6),
)
RAW = (
    b"",
    b"{}",
    b"[]",
    b"5",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a": NaN}',
    b"9" * 5000,
    b"null",
)


@pytest.fixture
def store(tmp_path: Path, make_complete: Make) -> Path:
    make_complete(tmp_path / "runs" / "run.zarr")
    return tmp_path / "runs" / "run.zarr"


def paths(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value of a document is, containers included."""
    if way:
        yield way
    inner: Any = ()
    if isinstance(document, dict | list):
        inner = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inner:
        yield from paths(value, (*way, key))


def changed(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    document = copy.deepcopy(document)
    inner = document
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return document


def look_at(store: Path) -> None:
    """All that reads; each may refuse, in words."""
    for work in (
        lambda: qt.open(store).isel(disorder=0, width=0).load(),
        lambda: qt.status(store),
        lambda: verify(store, repair=False),
    ):
        with suppress(qt.QtcoreError):
            work()
    (run,) = query(store.parent)
    assert run.store == str(store)


@pytest.mark.parametrize("name", ["zarr.json", "ln_g/zarr.json", "block_realizations/zarr.json"])
def test_no_edited_value_ends_in_a_traceback(store: Path, name: str) -> None:
    """A part of all combinations, another one for each document; in process, so that it is fast."""
    path = store / name
    original = json.loads(path.read_bytes())
    every = [(way, value) for way in paths(original) for value in NASTY]
    drawn = np.random.default_rng(len(name)).choice(len(every), 60, replace=False)
    for number in drawn:
        way, value = every[number]
        path.write_text(json.dumps(changed(original, way, value)))
        look_at(store)
    for raw in RAW:
        path.write_bytes(raw)
        look_at(store)


@pytest.mark.parametrize("key", ["width/zarr.json", "width/c/0", "run/zarr.json", "run/copy.zip",
                                 "run/lease.json", "run/events.jsonl", "run/precision.json"])  # fmt: skip
@pytest.mark.first_cases(3)
def test_no_garbage_ends_in_a_traceback(store: Path, key: str) -> None:
    for raw in RAW:
        (store / key).write_bytes(raw)
        look_at(store)
    (store / key).unlink()
    (store / key).mkdir()
    look_at(store)


@pytest.mark.parametrize(
    ("name", "value"),
    [("block_length", 4), ("block_length", 0), ("seed", 8), ("realizations", 16), ("spec", "[]"),
     ("qtcore_format", "3"), ("sizes", '{"length": 4}'), ("workflow", "other")],
)  # fmt: skip
def test_an_edited_attribute_is_refused_and_the_copy_comes_back(
    store: Path, grow: Make, assert_same_bits: Same, name: str, value: Any
) -> None:
    path = store / "zarr.json"
    original, kept = path.read_bytes(), (store / COPY).read_bytes()
    path.write_text(json.dumps(changed(json.loads(original), ("attributes", name), value)))
    for work in (lambda: grow(store, 30), lambda: compact(store), lambda: qt.open(store)):
        with pytest.raises(qt.InputError, match=r"`qtcore verify-store .*` puts back the copy"):
            work()
    assert (store / COPY).read_bytes() == kept, "the good copy is not lost"
    (finding,) = verify(store).findings
    assert (finding.key, finding.remedy) == ("zarr.json", "put back from its copy")
    assert json.loads(path.read_bytes()) == json.loads(original)
    assert (store / "run" / "damaged" / "zarr.json").exists()
    assert_same_bits(qt.open(store))


def test_a_damaged_root_without_a_copy_is_not_sent_in_a_circle(store: Path) -> None:
    path = store / "zarr.json"
    original = path.read_bytes()
    path.write_text(json.dumps(changed(json.loads(original), ("attributes", "block_length"), 0)))
    (store / COPY).unlink()
    for work in (
        lambda: qt.open(store),
        lambda: verify(store),
        lambda: verify(store, repair=False),
    ):
        with pytest.raises(
            qt.InputError, match=r"cannot be repaired\. Run .* another --store"
        ) as told:
            work()
        assert "verify-store" not in str(told.value)


@pytest.mark.parametrize("way", [("fill_value",), ("chunk_grid", "configuration", "chunk_shape", 4),
                                 ("attributes", "units"), ("codecs", 1, "configuration", "level")])  # fmt: skip
def test_an_edited_array_is_refused_and_the_copy_comes_back(
    store: Path, grow: Make, assert_same_bits: Same, way: tuple[Any, ...]
) -> None:
    path = store / "ln_g" / "zarr.json"
    original = path.read_bytes()
    path.write_text(json.dumps(changed(json.loads(original), way, 4)))
    with pytest.raises(qt.InputError, match=r"is damaged: ln_g/zarr\.json"):
        grow(store, 30)
    assert [finding.key for finding in verify(store).findings] == ["ln_g/zarr.json"]
    assert path.read_bytes() == original
    assert_same_bits(qt.open(store))


def test_metadata_of_another_store_are_a_contradiction(
    store: Path, tmp_path: Path, grow: Make, make_complete: Make
) -> None:
    """Each proves itself, so that only the copy tells that they do not belong together."""
    other = tmp_path / "other.zarr"
    make_complete(other, seed=8)
    (store / "zarr.json").write_bytes((other / "zarr.json").read_bytes())
    with pytest.raises(
        qt.InputError, match=r"contradicts the copy .* they differ in .*seed in zarr"
    ):
        grow(store, 30)
    (finding, *_) = verify(store).findings
    assert (finding.key, finding.remedy) == ("zarr.json", "put back from its copy")
    assert read_header(store).attributes["seed"] == 7


def test_what_others_put_into_a_store_is_left_alone_and_in_nobodys_way(
    store: Path, assert_same_bits: Same
) -> None:
    added = xr.Dataset(
        {"mine": (("disorder", "realization"), np.ones((2, 3))), "note": ("x", [1.0])}
    )
    added.to_zarr(store, mode="a", zarr_format=3, consolidated=False)
    for key in (
        *(
            "zarr (conflicted copy).json",
            "ln_g/c.0.0.0.0.0.0~",
            "ln_g/c.0.0.0.0.0.0 2",
            ".DS_Store",
        ),
        *("block_realizations/c.0.0.0.0.0.0~", "block_realizations/c.9.9.9.9.9.0", "ln_g/c.x"),
        *("run/lease (1).json", "run/events-conflict.jsonl", "broken/zarr.json"),
    ):
        (store / key).parent.mkdir(exist_ok=True)
        (store / key).write_bytes(b"{}")
    assert_same_bits(qt.open(store))
    assert query(store.parent)[0].finished == 1.0
    with pytest.raises(qt.InputError, match=r"contradicts the copy .*`qtcore verify-store"):
        compact(store)  # xarray has removed all attributes, of which the copy has them
    assert [f.key for f in verify(store).findings] == ["zarr.json"]
    compact(store)
    assert_same_bits(qt.open(store))
    assert (store / "mine" / "zarr.json").exists()
    assert (store / "ln_g" / "c.0.0.0.0.0.0~").exists()


def test_a_folder_lists_a_damaged_store_beside_the_others(store: Path, make_complete: Make) -> None:
    make_complete(store.parent / "good.zarr")
    document = json.loads((store / "zarr.json").read_bytes())
    document["attributes"]["qtcore_format"] = "3"
    (store / "zarr.json").write_text(json.dumps(document))
    good, bad = query(store.parent)
    assert (good.problem, good.finished) == ("", 1.0)
    assert "qtcore_format is '3'" in bad.problem


def test_reading_is_bounded(store: Path) -> None:
    place = place_of(store)
    with (store / "run" / "lease.json").open("wb") as file:
        file.truncate(2**40)  # a hole, which takes no room
    assert len(place.get("run/lease.json", 100) or b"") == 100
    look_at(store)


def test_attributes_that_are_damaged_meanwhile_are_told_and_not_written(store: Path) -> None:
    """A run that ends writes its attributes; a root that was emptied ended it with a traceback."""
    (store / "zarr.json").write_bytes(b"")
    with pytest.raises(qt.InputError, match=r"its zarr\.json is damaged .*qtcore verify-store"):
        update_attributes(store, {"updated": "now"})
    assert (store / "zarr.json").read_bytes() == b""
