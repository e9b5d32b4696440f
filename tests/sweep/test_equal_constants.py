"""Constants that Python calls equal, which functions can tell apart, are constants of two sweeps."""

import itertools
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import qtcore as qt
from qtcore.sweep.extension import differences
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.preset import parse_settings
from qtcore.workflow import from_source

Connect = Callable[[], AbstractContextManager[Client]]

TEXT = """
import zlib
import numpy as np
import qtcore as qt

def solve(point, realizations):
    return {"x": np.full(len(realizations), float(zlib.crc32(repr(point.c).encode())))}

workflow = qt.Workflow(
    "mine", "Mine", "For tests.", {"quick": qt.Preset(gate=(1.0, 2.0), c=1, realizations=2)},
    solve=solve, variables=(qt.Variable("x"),),
    analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

EQUAL = [(True, 1, 1.0), (False, 0, 0.0, -0.0), ([1], [True], [1.0]), ({"a": 0.0}, {"a": -0.0})]
"""Python calls those of each row equal."""

PAIRS = [pair for row in EQUAL for pair in itertools.permutations(row, 2)]


def preset_of(c: Any, realizations: int = 2) -> qt.Preset:
    return qt.Preset(gate=(1.0, 2.0), c=qt.Constant(c), realizations=realizations)


def sweep_of(c: Any, realizations: int = 2) -> qt.Sweep:
    return from_source(TEXT, "mine.py").sweep(preset_of(c, realizations), 1)


@pytest.mark.parametrize(("stored", "asked"), PAIRS, ids=str)
def test_they_make_two_sweeps(stored: Any, asked: Any) -> None:
    assert stored == asked
    before, after = sweep_of(stored), sweep_of(asked)
    assert preset_of(stored) != preset_of(asked)
    assert len({before.hash, after.hash, qt.Sweep.from_fields(before.model_dump()).hash}) == 2
    assert len(differences(before, after)) == 1
    assert not differences(before, sweep_of(stored, 5))


@pytest.mark.parametrize(("stored", "asked"), [(True, 1), (1, 1.0), (-0.0, 0.0)], ids=str)
def test_a_store_of_one_is_not_continued_with_the_other(
    tmp_path: Path, threads: Connect, stored: Any, asked: Any
) -> None:
    store = tmp_path / "s.zarr"
    fill_store(sweep_of(stored), store, threads)
    before = (store / "zarr.json").read_bytes()
    with pytest.raises(qt.InputError, match="made for another sweep:\n  constants: the store has"):
        fill_store(sweep_of(asked, 9), store, threads)
    assert (store / "zarr.json").read_bytes() == before
    fill_store(sweep_of(stored, 3), store, threads)
    assert qt.open(store).x.values.ravel().tolist() == [_number(stored)] * 6


def test_a_dict_in_another_order_continues_with_the_stored_order(
    tmp_path: Path, threads: Connect
) -> None:
    store = tmp_path / "s.zarr"
    fill_store(sweep_of({"a": 1, "b": 2}), store, threads)
    fill_store(sweep_of({"b": 2, "a": 1}, 3), store, threads)
    assert qt.open(store).x.values.ravel().tolist() == [_number({"a": 1, "b": 2})] * 6


def _number(c: Any) -> float:
    point = sweep_of(c).point(0)
    return float(sweep_of(c).solve(point, range(1))["x"][0])


def test_the_way_on_names_an_option_that_leads_there(tmp_path: Path, threads: Connect) -> None:
    store = tmp_path / "s.zarr"
    fill_store(sweep_of(-0.0), store, threads)
    with pytest.raises(qt.InputError, match=r"\n  --set c=-0\.0$"):
        fill_store(sweep_of(0.0), store, threads)
    settings = parse_settings(["c=-0.0"], preset_of(0.0))
    assert math.copysign(1.0, preset_of(0.0).changed(settings).c) == -1
    # Without an option that makes a float of a whole number there is no way to name.
    fill_store(sweep_of(1), tmp_path / "whole.zarr", threads)
    with pytest.raises(
        qt.InputError,
        match=r"Choose another store, --store NEW\.zarr, or ask for what this one holds",
    ):
        fill_store(sweep_of(1.0), tmp_path / "whole.zarr", threads)


def test_axes_are_of_one_type() -> None:
    axis = qt.Axis((-0.0, 1))
    assert [repr(value) for value in axis.values] == ["0.0", "1.0"]
    with pytest.raises(qt.InputError, match="the same value came twice"):
        qt.Axis((0.0, -0.0))
