"""A folder of runs as a table."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import qtcore as qt
from qtcore.cli.app import app
from qtcore.cli.catalog import parse_wanted
from qtcore.store.catalog import query
from qtcore.store.compact import compact
from qtcore.store.create import update_attributes
from qtcore.store.locate import place_of
from qtcore.store.wanted import Wanted, wanted_of


@pytest.fixture
def folder(location: str, make_complete: Callable[..., None]) -> str:
    """Two runs of different versions and workflows, one of them incomplete, and other things."""
    root = location.removesuffix("/run.zarr") + "/results"
    first, second = f"{root}/first.zarr", f"{root}/deeper/second.zarr"
    for store, workflow, version in ((first, "localization", "0.1.0"), (second, "hall", "0.10.2")):
        make_complete(store)
        said = {"workflow": workflow, "versions": json.dumps({"qtcore": version})}
        update_attributes(store, said)
    compact(first)
    place_of(second).delete("block_realizations/c.0.0.0.0.0.0")  # 8 of 240 realizations
    place_of(f"{root}/other.zarr").make({"zarr.json": b'{"attributes": {}}'})
    place_of(f"{root}/first.analysis.zarr").make({"zarr.json": b"{}"})
    place_of(f"{root}/broken.zarr").make({"zarr.json": b"{ half"})
    place_of(root).put("note.txt", b"no store")
    return root


def names(runs: Any) -> list[str]:
    return [run.store.rpartition("/")[2] for run in runs]


def test_runs_are_found_and_described(folder: str) -> None:
    broken, second, first = query(folder)
    assert "zarr.json is damaged" in broken.problem
    assert (first.workflow, first.version, first.seed) == ("localization", "0.1.0", 7)
    assert first.axes == {
        "disorder": (1.0, 2.0),
        "width": (1.0, 4.0),
        "flux": (0.0, 0.0),
        "energy": (0.5, 0.7),
    }
    assert (first.points, first.realizations, first.finished) == (12, 20, 1.0)
    assert second.finished == pytest.approx(1 - 8 / 240)
    assert first.size == sum(size for _, size in place_of(first.store).sizes(""))


def test_runs_are_found_by_what_they_are(folder: str) -> None:
    broken = "broken.zarr"  # of which nobody knows what it is
    assert names(query(folder, workflow="hall")) == [broken, "second.zarr"]
    assert names(query(folder, version="0.1")) == [broken, "first.zarr"], "0.10 is another version"
    assert len(query(folder, where={"energy": "0.6:0.8", "width": 4})) == 3
    assert names(query(folder, where={"energy": "0.55:0.65"})) == [broken]
    assert len(query(folder, seed=7)) == 3
    assert names(query(folder, seed=8)) == [broken]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("4:", True),
        ("4.5:", False),
        (":1", True),
        (":0.5", False),
        (slice(3, None), True),
        (slice(None, 0), False),
        ([3, 4], True),
        ([3, "5:"], False),
        (np.int64(2), True),
    ],
)
def test_ranges_may_be_open(wanted: Any, found: bool) -> None:
    assert wanted_of("width", wanted).met_by(np.array([1, 2, 4])) == found


def test_an_axis_that_no_run_has_is_an_error_that_lists_the_axes(folder: str) -> None:
    with pytest.raises(qt.InputError, match="called 'gate'; there are disorder, width, flux"):
        query(folder, where={"gate": "0:1"})
    asked = CliRunner().invoke(app, ["query", folder, "--where", "gate=0:1"])
    assert asked.exit_code == 2
    assert "there are disorder, width, flux, energy, length" in asked.stderr


def test_stores_that_are_damaged_are_listed_as_such(folder: str) -> None:
    """They were left out where something was asked for, and without zarr.json always."""
    for key in ("block_realizations/c.0", "run/events.jsonl"):
        place_of(folder).put(f"lost.zarr/{key}", b"")
    for words in ((), ("--where", "width=4:"), ("--seed", "8")):
        asked = CliRunner().invoke(app, ["query", folder, *words])
        for name in ("broken", "lost"):
            (line,) = (one for one in asked.stdout.splitlines() if f"/{name}.zarr" in one)
            assert "cannot be read" in line
            assert f"{name}.zarr" in asked.stderr


def test_bad_questions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(qt.InputError, match="no folder at"):
        query(tmp_path / "absent")
    with pytest.raises(qt.InputError, match="from low to high, got '2:1'"):
        query(tmp_path, where={"energy": "2:1"})
    for text in ("energy", "energy=", "=1:2"):
        with pytest.raises(qt.InputError, match="NAME=LOW:HIGH or NAME=VALUE"):
            parse_wanted(text)
    for wrong in ("a:b", "1:2:3", ":", "nan", "-inf", "nan:1", " ", 1j, math.nan, [], slice(None)):
        with pytest.raises(qt.InputError, match=r"energy: allowed is a number, several .*a range"):
            query(tmp_path, where={"energy": wrong})
    assert parse_wanted("energy=-1e-3:.5") == ("energy", "-1e-3:.5")
    assert wanted_of("energy", "-1e-3:.5").ranges == ((-1e-3, 0.5),)
    assert wanted_of("energy", 0.5) == wanted_of("energy", "0.5") == Wanted(((0.5, 0.5),))
    assert wanted_of("edge", "zigzag").texts == ("zigzag",)
    assert wanted_of("width", "4, 8").ranges == ((4.0, 4.0), (8.0, 8.0))
    assert wanted_of("edge", "zigzag,2").texts == ("zigzag,2",)


def test_commands(folder: str) -> None:
    runner = CliRunner()
    asked = runner.invoke(app, ["query", folder, "--where", "width=2:4", "--json"])
    assert asked.exit_code == 0
    assert [run["problem"] == "" for run in json.loads(asked.output)] == [False, True, True]
    table = runner.invoke(app, ["query", folder, "--workflow", "hall"])
    assert "97 %" in table.output
    assert "localization" not in table.output
    store = f"{folder}/deeper/second.zarr"
    place_of(store).put("ln_g/c.0.0.0.0.1.0", b"")
    looked = runner.invoke(app, ["verify-store", store])
    assert looked.exit_code == 3
    assert "ln_g/c.0.0.0.0.1.0 is empty: its block counts as unfinished" in looked.output
    assert "To compute again: 1 block." in looked.output
    back = runner.invoke(app, ["compact", f"{folder}/first.zarr", "--undo"])
    assert "Brought back: 180 chunks" in back.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--where", "width=20:30"), "Values of width lie between 1 and 4."),
        (("--workflow", "ribon"), "of the workflow 'ribon'; there are hall, localization."),
        (("--version", "7"), "Versions that began them: 0.1.0, 0.10.2."),
        (("--seed", "8"), "Seeds: 7."),
    ],
)
def test_a_question_that_finds_nothing_is_told_what_there_is(
    folder: str, words: tuple[str, ...], said: str
) -> None:
    """It gave an empty table."""
    asked = CliRunner().invoke(app, ["query", folder, *words])
    assert asked.exit_code == 0
    assert f"{folder} holds 2 runs, but none that was asked for." in asked.stderr
    assert said in asked.stderr
    (broken,) = json.loads(CliRunner().invoke(app, ["query", folder, *words, "--json"]).stdout)
    assert "zarr.json is damaged" in broken["problem"]


def test_a_folder_without_runs_is_told(tmp_path: Path) -> None:
    assert (
        f"There are no runs in the folder '{tmp_path}'."
        in CliRunner().invoke(app, ["query", str(tmp_path)]).stderr
    )


SWEEP: dict[str, Any] = {
    "axes": [
        {"name": "disorder", "values": [1.0, 2.0]},
        {"name": "width", "values": [1, 2, 4]},
        {"name": "flux", "values": [0.0]},
        {"name": "energy", "values": [0.5, 0.7]},
    ],
    "lengths": [3, 6, 9],
}


@pytest.fixture
def pair(tmp_path: Path, make_complete: Callable[..., None]) -> str:
    """Two runs that differ in their constants alone."""
    for name, constants in (
        ("first", {"notch_slice": 8, "edge": "zigzag", "periodic": True, "taps": [1.5, 4.0]}),
        ("second", {"notch_slice": 12, "edge": "armchair", "periodic": False, "taps": [2.5]}),
    ):
        store = str(tmp_path / f"{name}.zarr")
        make_complete(store)
        update_attributes(store, {"spec": json.dumps(SWEEP | {"constants": constants})})
    return str(tmp_path)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["notch_slice=8"], ["first.zarr"]),
        (["notch_slice=10:20"], ["second.zarr"]),
        (["notch_slice=1:20"], ["first.zarr", "second.zarr"]),
        (["notch_slice=9"], []),
        (["edge=zigzag"], ["first.zarr"]),
        (["edge=8"], []),
        (["periodic=true"], ["first.zarr"]),
        (["periodic=1"], []),
        (["taps=2:3"], ["second.zarr"]),
        (["length=6"], ["first.zarr", "second.zarr"]),
        (["length=7:8"], []),
        (["length=6", "width=2", "edge=armchair"], ["second.zarr"]),
    ],
)
def test_runs_are_found_by_constants_and_lengths(
    pair: str, words: list[str], found: list[str]
) -> None:
    """They could neither be seen nor asked for, so that the two runs looked the same."""
    options = [part for word in words for part in ("--where", word)]
    asked = CliRunner().invoke(app, ["query", pair, *options, "--json"])
    assert asked.exit_code == 0
    assert names(SimpleNamespace(**run) for run in json.loads(asked.stdout)) == found


def test_constants_and_lengths_are_shown(pair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qtcore.cli.show.out.width", 300, raising=False)
    table = CliRunner().invoke(app, ["query", pair]).stdout
    first, second = (
        next(line for line in table.splitlines() if name in line) for name in ("first", "second")
    )
    assert "energy 0.5…0.7, length 3…9, notch_slice = 8, edge = 'zigzag', periodic = True" in first
    assert "notch_slice = 12, edge = 'armchair', periodic = False, taps = [2.5]" in second
    one, _ = query(pair)
    assert one.dimensions == {"length": (3.0, 9.0)}
    assert one.constants["taps"] == [1.5, 4.0]


def test_a_constant_that_no_run_has_is_told_with_those_there_are(pair: str) -> None:
    for word, said in (
        ("notch=8", "'notch'; there are disorder, width, flux, energy, length, notch_slice,"),
        ("notch_slice=9", "Values of notch_slice: 8, 12."),
        ("edge=bearded", "Values of edge: 'zigzag', 'armchair'."),
        ("length=99", "Values of length lie between 3 and 9."),
        ("notch_slice=zigzag", "notch_slice holds numbers: "),
        ("width==2", "width holds numbers: allowed is a number, several (4,8)"),
        ("energy=half", "energy holds numbers: "),
    ):
        assert said in CliRunner().invoke(app, ["query", pair, "--where", word]).stderr


@pytest.mark.parametrize("constants", [5, [1], "a", None])
def test_constants_that_are_none_are_damage_of_their_store_alone(pair: str, constants: Any) -> None:
    spec = SWEEP | {"constants": constants}
    update_attributes(f"{pair}/first.zarr", {"spec": json.dumps(spec)})
    first, second = query(pair)
    assert "its constants are" in first.problem
    assert second.constants["edge"] == "armchair"
