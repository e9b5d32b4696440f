"""Parts of a dataset by value, as people type them."""

import re
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.answers.selection import select, selectable

from .made import dataset


@pytest.fixture
def ds() -> xr.Dataset:
    made = dataset(np.zeros((5, 3, 4)))
    return made.assign_coords(region=("energy", ["a", "a", "b", "b", "c"]))


@pytest.mark.parametrize(
    ("wanted", "energies"),
    [
        ({"energy": "0.1:0.3"}, [0.1, 0.2, 0.3]),
        ({"energy": ":0.1"}, [0.0, 0.1]),
        ({"energy": "0.3:"}, [0.3, 0.4]),
        ({"energy": ":"}, [0.0, 0.1, 0.2, 0.3, 0.4]),
        ({"energy": "0.3,0.1"}, [0.1, 0.3]),
        ({"energy": "0:0.4:3"}, [0.0, 0.2, 0.4]),
        ({"energy": "0.1:0.4:x2"}, [0.1, 0.2, 0.4]),
        ({"energy": slice(0.05, None)}, [0.1, 0.2, 0.3, 0.4]),
        ({"energy": [0.2, 0.2]}, [0.2]),
        ({"energy": np.array([0.3])}, [0.3]),
        ({"region": "b"}, [0.2, 0.3]),
        ({"region": "c,a"}, [0.0, 0.1, 0.4]),
        ({"width": "8", "energy": "0.2:"}, [0.2, 0.3, 0.4]),
        ({"width": ":10", "edge": "zigzag", "energy": [0.1 + 0.2]}, [0.3]),
    ],
)
def test_keeps_what_is_asked_for(ds: xr.Dataset, wanted: Any, energies: list[float]) -> None:
    np.testing.assert_allclose(select(ds, wanted).energy.to_numpy(), energies)


def test_a_single_value_leaves_a_scalar(ds: xr.Dataset) -> None:
    for wanted in ("20", 20, 20.0):
        found = select(ds, {"length": wanted})
        assert "length" not in found.dims
        assert found.length.item() == 20


def test_realizations_take_their_count_along(ds: xr.Dataset) -> None:
    found = select(ds, {"realization": ":1"})
    assert found.sizes["realization"] == 2
    assert "finished" not in found.coords


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"length": 25}, "there is no length = 25; the nearest are 10, 20, 30, 40"),
        ({"length": "50:"}, "no length lies from 50 to inf; the nearest are 30, 40"),
        ({"length": "20,25"}, "there is no length = 25"),
        (
            {"lengths": 20},
            r"'lengths' \(did you mean length\?\); there is energy, realization, length",
        ),
        ({"finished": 3}, "there is no axis, dimension or constant 'finished'"),
        ({"energy": "0.3:0.1"}, "goes from low to high, got 0.3 to 0.1"),
        ({"energy": "high"}, "energy takes a value"),
        ({"energy": "0:1:2:3"}, "energy takes a value"),
        ({"energy": "low:"}, "energy takes a value"),
        ({"energy": []}, "energy takes a value"),
        ({"energy": slice(0, 1, 0.1)}, "two ends"),
        ({"energy": slice("a", "b")}, "the ends of a range of energy are numbers"),
        ({"width": 16}, "there is no width = 16; the nearest are 8"),
        ({"width": "inf"}, "there is no width = inf"),
        ({"energy": "-inf"}, "there is no energy = -inf"),
        ({"length": "10,nan"}, "there is no length = nan"),
        ({"edge": "armchair"}, "there is no edge = armchair; there is zigzag"),
        ({"edge": slice("a", "z")}, "texts, which have no range"),
    ],
)
def test_says_what_there_is(ds: xr.Dataset, wanted: Any, words: str) -> None:
    with pytest.raises(qt.InputError, match=words):
        select(ds, wanted)


def test_true_and_false() -> None:
    ds = dataset(np.zeros((2, 3, 1))).assign_coords(field=("energy", [False, True]))
    assert select(ds, {"field": "true"}).energy.item() == pytest.approx(0.1)
    assert select(ds, {"field": True}).energy.item() == pytest.approx(0.1)
    with pytest.raises(
        qt.InputError, match=re.escape("there is no field = maybe; there is false, true")
    ):
        select(ds, {"field": "maybe"})


def test_lists_what_can_be_selected(ds: xr.Dataset) -> None:
    assert {*selectable(ds)} == {"energy", "realization", "length", "width", "edge", "region"}
