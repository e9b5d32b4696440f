"""Names of the user's: each means what the user says everywhere, or is refused with the list."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

import qtcore as qt
from qtcore.store.create import create
from qtcore.store.layout import ArraySpec
from qtcore.sweep.build import make_sweep
from qtcore.sweep.fill_store import fill_store, plan_sweep
from qtcore.sweep.names import OF_DATASETS, OF_POINTS, OF_PRESETS, TAKEN
from qtcore.sweep.prepare_store import layout
from qtcore.sweep.preset import parse_settings

Connect = Callable[[], AbstractContextManager[Client]]

FREE = ("self", "cls", "lambda", "keys", "items", "get", "T", "dims", "data", "size", "mean", "sel",
        "attrs", "name", "spec", "store", "block_length", "c", "zarr", "of", "value", "error", "ξ")  # fmt: skip
"""Names that mean something somewhere in Python, xarray or Zarr, and are the user's all the same."""


def solve(point: Any, realizations: range) -> dict[str, Any]:
    (name,) = point.axes
    return {"x": np.full(len(realizations), 10 * getattr(point, name) + point.other)}


def sweep_over(name: str, **constants: Any) -> qt.Sweep:
    preset = qt.Preset(**{name: qt.Axis((3.0, 5.0, 7.0)), "realizations": 2, **constants})
    return make_sweep("named", preset, 1, solve=solve, variables=(qt.Variable("x"),))


def test_the_lists_are_complete() -> None:
    """What a point or a preset gains is taken from then on, and must not be forgotten here."""
    preset = qt.Preset(energy=(0.1,))
    assert {name for name in dir(preset) if name[0] != "_"} == set(OF_PRESETS)
    point = sweep_over("gate", other=0).point(0)
    assert {name for name in dir(point) if name[0] != "_"} == set(OF_POINTS)
    assert set(TAKEN) == {*OF_POINTS, *OF_PRESETS, *OF_DATASETS}


@pytest.mark.parametrize("name", sorted({*TAKEN} - {"lengths", "realizations", "note"}))
@pytest.mark.parametrize("given", [qt.Axis((3.0, 5.0, 7.0)), 3.0])
def test_a_taken_name_is_refused_with_the_list(name: str, given: Any) -> None:
    with pytest.raises(qt.InputError, match=rf"'{name}' cannot be .*: as_json, axes, .*values$"):
        qt.Preset(**{name: given})


@pytest.mark.parametrize("name", ["", "two words", "1st", "a-b", "_x", "__class__", "a\0b", "\udcff", "µ"])  # fmt: skip
def test_what_is_no_name_is_refused(name: str) -> None:
    for given in (qt.Axis((1.0, 2.0)), 1.0):
        with pytest.raises(qt.InputError, match="allowed is a Python identifier"):
            qt.Preset(**{name: given})


@pytest.mark.parametrize("name", OF_DATASETS)
def test_variables_and_dimensions_cannot_have_names_of_the_dataset(name: str) -> None:
    preset = qt.Preset(gate=(1.0,))
    with pytest.raises(qt.InputError, match=f"'{name}' cannot be a variable"):
        make_sweep("x", preset, 1, solve=solve, variables=(qt.Variable(name),))
    if name != "length":
        variables = (qt.Variable("x", dims=(name,)),)
        with pytest.raises(qt.InputError, match=f"'{name}' cannot be a dimension"):
            make_sweep("x", preset, 1, solve=solve, variables=variables, dimensions={name: 3})


@pytest.mark.parametrize("size", [0, -1, 2.5, "3", None, True, np.nan])
def test_a_size_of_a_dimension_that_is_none(size: Any) -> None:
    variables = (qt.Variable("x", dims=("site",)),)
    with pytest.raises(qt.InputError, match=r"site takes|an axis takes whole numbers"):
        make_sweep(
            "x", qt.Preset(gate=(1.0,)), 1, solve=solve, variables=variables,
            dimensions={"site": size},
        )  # fmt: skip


@pytest.mark.parametrize("name", FREE)
@pytest.mark.first_cases(2)
def test_free_names_are_the_user_s_everywhere(tmp_path: Path, threads: Connect, name: str) -> None:
    sweep = sweep_over(name, other=1)
    settings = parse_settings([f"{name}=4,6"], qt.Preset(**{name: qt.Axis((3.0,))}))
    assert settings == {name: (4, 6)}
    assert [getattr(point, name) for point in sweep.all_points()] == [3.0, 5.0, 7.0]
    store = tmp_path / f"{name}.zarr"
    assert fill_store(sweep, store, threads).blocks_left == 0
    found = qt.open(store)
    assert found[name].to_numpy().tolist() == [3.0, 5.0, 7.0]
    assert found["x"][:, 0].to_numpy().tolist() == [31.0, 51.0, 71.0]
    assert [point.values[name] for point in qt.status(store).points] == [3.0, 5.0, 7.0]
    assert qt.reproduce(store, {name: 5.0}, range(1), **_trusted())["x"].tolist() == [51.0]


def _trusted() -> dict[str, bool]:
    """What lets a test reproduce a store that it has made without a definition's file."""
    import inspect

    return {"trust": True} if "trust" in inspect.signature(qt.reproduce).parameters else {}


def test_the_same_sign_in_another_spelling_is_the_same_name() -> None:
    micro, mu = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
    preset = qt.Preset(**{mu: qt.Axis((1.0,))})
    assert parse_settings([f"{micro}=2"], preset) == {mu: (2,)}


@pytest.mark.parametrize("names", [("T", "t"), ("Finished", "x"), ("Run", "x"), ("x", "X")])
def test_names_that_some_disks_cannot_tell_apart(
    tmp_path: Path, threads: Connect, names: tuple[str, str]
) -> None:
    axis, variable = names
    preset = qt.Preset(**{axis: qt.Axis((1.0,)), "other": 0})
    sweep = make_sweep("x", preset, 1, solve=solve, variables=(qt.Variable(variable),))
    for attempt in (lambda: fill_store(sweep, tmp_path / "a.zarr", threads),
                    lambda: plan_sweep(sweep, tmp_path / "a.zarr", 1)):  # fmt: skip
        with pytest.raises(qt.InputError, match="differ in upper and lower case only"):
            attempt()
    assert not list(tmp_path.iterdir())


def test_a_store_of_an_earlier_version_with_such_a_name_opens_and_is_not_continued(
    tmp_path: Path, threads: Connect
) -> None:
    """There `point.number` was 0, 1, 2: to go on would mix two meanings in one store."""
    axis = qt.Axis((3.0, 5.0, 7.0), name="number")
    plain = sweep_over("gate", other=0)
    old = plain.changed(axes=(axis,), constants={"other": 0, "finished": 4})
    store = tmp_path / "old.zarr"
    made = layout(old, 8)
    assert isinstance(made.variables[0], ArraySpec)
    create(store, made, None, {"spec": old.json_text, "spec_hash": old.hash, "seed": 1,
                               "workflow": "named"})  # fmt: skip
    found = qt.open(store)
    assert found.number.to_numpy().tolist() == [3.0, 5.0, 7.0]
    assert found.finished.dims == ("number",), "the count, and not the constant of that name"
    assert len(qt.status(store).points) == 3
    for target in (store, tmp_path / "new.zarr"):
        with pytest.raises(qt.InputError, match="'number' cannot be an axis or a constant"):
            fill_store(old, target, threads)
    assert not (tmp_path / "new.zarr").exists()


def test_a_list_that_a_function_changes_is_whole_at_the_next_point() -> None:
    sweep = sweep_over("gate", other=qt.Constant([3, 1, 2]))
    sweep.point(0).other.sort()
    assert sweep.point(0).other == sweep.point(1).other == [3, 1, 2]


def test_constants_tell_stores_apart(tmp_path: Path, threads: Connect) -> None:
    constants = {"other": 2, "material": "InAs", "is_gated": True, "table": qt.Constant([1, 2])}
    fill_store(sweep_over("gate", **constants), tmp_path / "a.zarr", threads)
    found = qt.open(tmp_path / "a.zarr")
    scalars = {name: found[name].item() for name in ("other", "material", "is_gated")}
    assert scalars == {"other": 2, "material": "InAs", "is_gated": True}
    assert "table" not in found.variables
    assert found.where(found.material == "InAs", drop=True).sizes == found.sizes


def test_whole_numbers_of_a_point_are_shown_whole() -> None:
    preset = qt.Preset(device=qt.Axis((1234567, 1234568), whole=True), other=0)
    sweep = make_sweep("x", preset, 1, solve=solve, variables=(qt.Variable("x"),))
    assert [p.label for p in sweep.all_points()] == ["device 1234567", "device 1234568"]
