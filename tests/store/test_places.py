"""A folder and an object store are one and the same to whoever reads and writes."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr

import qtcore as qt
from qtcore.store.finished import finished_blocks
from qtcore.store.header import is_vacant, read_header
from qtcore.store.journal import event_log
from qtcore.store.lease import Lease, is_held
from qtcore.store.locate import place_of
from qtcore.store.place import Place

GRID = (2, 3, 1, 2)


@pytest.fixture
def place(location: str) -> Place:
    if "://" not in location:
        Path(location).mkdir()
    return place_of(location)


def test_what_is_put_is_there_whole(place: Place) -> None:
    assert place.get("a/b") is None
    assert place.stat("a/b") is None
    place.put("a/b", b"one")
    place.put("a/b", b"second")
    place.put_all({f"a/c/{n}": bytes([n]) for n in range(20)})
    assert place.get("a/b") == b"second"
    assert place.get("a/c/7") == b"\x07"
    assert sorted(place.keys("a/c")) == sorted(f"a/c/{n}" for n in range(20))
    assert dict(place.sizes("a"))["a/b"] == 6
    assert place.children("a") == ["b", "c"]
    assert list(place.keys("absent")) == place.children("absent") == []
    place.delete("a/b")
    place.delete("a/b")
    assert place.get("a/b") is None
    place.delete_all("a/c")
    assert list(place.keys("a")) == []


def test_many_objects_and_parts_come_in_the_order_asked(place: Place) -> None:
    place.put_all({f"x/c.{n}": bytes(range(n, n + 9)) for n in range(20)})
    keys = ["x/c.3", "x/c.99", "x/c.0", "nothing/c.1"]
    assert place.get_each(keys, 4) == [bytes(range(3, 7)), None, bytes(range(4)), None]
    parts = [("x/c.7", 2, 3), ("x/c.99", 0, 1), ("x/c.7", -2, 2), ("x/c.1", 0, 1)]
    assert place.get_parts(parts) == [bytes([9, 10, 11]), None, bytes([14, 15]), bytes([1])]


def test_prefix_is_a_folder_and_no_beginning_of_a_name(place: Place) -> None:
    place.put_all({"ln_g/c/0": b"shard", "ln_g/c.0": b"chunk"})
    assert list(place.keys("ln_g/c")) == list(place.keys("ln_g/c/")) == ["ln_g/c/0"]
    place.delete_all("ln_g/c")
    assert list(place.keys("")) == ["ln_g/c.0"]


def test_of_two_that_make_a_store_at_once_one_is_told(place: Place) -> None:
    place.make({"zarr.json": b"first", "run/a": b"1"})
    with pytest.raises(FileExistsError, match="another process has just made a store there"):
        place.make({"zarr.json": b"second", "run/a": b"1"})
    assert place.get("zarr.json") == b"first"
    assert list(place.keys("run")) == ["run/a"]


def test_put_if_absent_and_swap_are_granted_once(place: Place) -> None:
    assert place.put_if_absent("run/x", b"first")
    assert not place.put_if_absent("run/x", b"second")
    assert not place.swap("run/x", b"other", b"third")
    assert place.swap("run/x", b"first", b"third")
    assert not place.swap("run/x", b"first", b"fourth")
    assert place.get("run/x") == b"third"
    assert not place.swap("run/absent", b"", b"fifth")
    assert list(place.keys("")) == ["run/x"]


def test_touch_changes_nothing_but_the_version(place: Place) -> None:
    place.put("run/x", b"content")
    place.touch("run/x")
    assert place.get("run/x") == b"content"
    found = place.stat("run/x")
    assert found is not None
    assert found.size == 7


def test_dataset_has_the_same_bits_in_both(
    complete: str, assert_same_bits: Callable[[xr.Dataset], None]
) -> None:
    assert finished_blocks(read_header(complete), GRID).all()
    assert_same_bits(qt.open(complete))
    plain = xr.open_zarr(place_of(complete).zarr_store())  # consolidated, without qtcore
    np.testing.assert_array_equal(plain.ln_g, qt.open(complete).ln_g)


def test_dataset_travels_to_other_processes(
    complete: str, assert_same_bits: Callable[[xr.Dataset], None]
) -> None:
    assert_same_bits(pickle.loads(pickle.dumps(qt.open(complete))))


def test_store_is_extended_wherever_it_lies(grow: Callable[..., None], complete: str) -> None:
    grow(complete, 30)
    dataset = qt.open(complete)
    assert dataset.sizes["realization"] == 30
    np.testing.assert_array_equal(dataset.realization, np.arange(30))
    assert (dataset.finished == 20).all()
    finished = finished_blocks(read_header(complete), GRID)
    assert finished[..., :2].all()
    assert not finished[..., 2:].any()


def test_second_maker_is_refused(complete: str, make_anew: Callable[..., None]) -> None:
    assert not is_vacant(complete)
    with pytest.raises(qt.InputError, match="cannot make a store at"):
        make_anew(complete)


def test_lease_is_exclusive_and_given_back(complete: str) -> None:
    with Lease(complete):
        assert is_held(complete)
        with pytest.raises(qt.InputError, match="is in use: process"), Lease(complete):
            pass
    assert not is_held(complete)


def test_log_is_read_in_the_order_it_was_written(
    complete: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qtcore.store.journal.PART_LINES", 3)
    for session in range(3):
        with event_log(complete) as log:
            for number in range(7):
                log.write(json.dumps([session, number]))
    lines = [json.loads(line) for line in event_log(complete).lines()]
    assert lines == [[session, number] for session in range(3) for number in range(7)]
    assert set(xr.open_zarr(place_of(complete).zarr_store(), consolidated=False).coords) >= {
        "disorder"
    }


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://bucket", r"named like s3://bucket/name\.zarr .* got 's3://bucket'"),
        ("s4://bucket/run.zarr", r"s3://, gs://, az:// are allowed"),
        ("s3:///run.zarr", "named like"),
        ("s3://bucket//run.zarr", "each part of a store's URL is a name, .* got '' as a part"),
        ("s3://bucket/../run.zarr", r"got '\.\.' as a part of 's3://bucket/\.\./run\.zarr'"),
        ("s3://bucket/a/./run.zarr", r"got '\.' as a part"),
        ("s3://../run.zarr", r"got '\.\.' as a part"),
    ],
)
def test_url_that_names_no_store_is_refused(url: str, said: str) -> None:
    with pytest.raises(qt.InputError, match=said):
        place_of(url)


def test_url_made_into_a_path_is_noticed() -> None:
    with pytest.raises(qt.InputError, match="URL was given as a path"):
        place_of(Path("s3://bucket/run.zarr"))


def test_missing_credentials_are_said_before_anything_is_computed(
    s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    # Nothing answers there: on a machine of Amazon's this would be the instance's own credentials.
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(qt.InputError) as refused:
        is_vacant(f"{s3}/run.zarr")
    said = str(refused.value)
    assert "cannot be reached" in said
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in said
    assert "(AWS_ACCESS_KEY_ID is not set)" in said
    assert "\n" not in said


def test_bucket_that_does_not_exist_is_said(s3: str) -> None:
    elsewhere = s3.replace("bucket", "nobody")
    for ask in (is_vacant, read_header, lambda url: event_log(url).__enter__()):
        with pytest.raises(
            (qt.InputError, OSError), match="no bucket named nobody at http"
        ) as said:
            ask(elsewhere)
        assert "redentials" not in str(said.value)


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:TOPSECRET@bucket/run.zarr",
        "s3://TOPSECRET@bucket/run.zarr",
        "s3://bucket/run.zarr?X-Amz-Signature=TOPSECRET",
        "az://container/run.zarr?sv=2024&sig=TOPSECRET",
        "https://key:TOPSECRET@host/bucket/run.zarr",
        "s3://bucket/run.zarr#TOPSECRET",
    ],
)
def test_secret_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    for location in (url, Path(url)):
        with pytest.raises(qt.InputError, match="AWS_SECRET_ACCESS_KEY") as refused:
            place_of(location)
        assert "TOPSECRET" not in str(refused.value)


def test_secret_in_the_endpoint_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://key:TOPSECRET@127.0.0.1:9")
    with pytest.raises(qt.InputError, match="AWS_ENDPOINT_URL holds a user name") as refused:
        place_of("s3://bucket/run.zarr")
    assert "TOPSECRET" not in str(refused.value)


def test_service_that_is_down_is_said(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(qt.InputError, match="cannot be reached"):
        is_vacant(f"{s3}/run.zarr")


def test_killed_maker_leaves_a_place_where_a_store_can_be_made(
    location: str, make_anew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of(location)

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(place), "put_if_absent", killed)
        patch.setattr(Path, "rename", killed)
        with pytest.raises(Killed):
            make_anew(location)
    assert is_vacant(location)
    make_anew(location)
    assert isinstance(zarr.open_group(place.zarr_store(), mode="r")["ln_g"], zarr.Array)


def test_no_store_at_a_url_is_said(s3: str) -> None:
    with pytest.raises(qt.InputError, match=f"no store at {s3}/absent: nothing is there"):
        read_header(f"{s3}/absent")


def test_relative_path_in_folders_that_do_not_exist(
    tmp_path: Path, make_anew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_anew("new/folder/a.zarr")
    assert (tmp_path / "new" / "folder" / "a.zarr" / "zarr.json").exists()
    make_anew("b.zarr")
    assert finished_blocks(read_header("b.zarr"), GRID).all()
