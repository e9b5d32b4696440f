"""A sweep's specification: what is allowed, what it is identified by, what it expands to."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

import qtcore as qt
from qtcore.sweep.build import make_sweep
from qtcore.sweep.program import ProgramError
from qtcore.sweep.trusted import vouch

FIELDS: dict[str, Any] = {
    "disorder": (1.0, 2.0),
    "width": (2, 3),
    "flux": (0.0, 0.01),
    "energy": (0.5,),
    "lengths": (5, 10, 20),
    "realizations": 16,
}


def wire(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux)


def sweep(seed: int = 7, **changes: Any) -> qt.Sweep:
    return make_sweep("trial", qt.Preset(**{**FIELDS, **changes}), seed, wire=wire)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": (0,)}, r"width takes whole numbers >= 1 \(sites across, sites\), got 0"),
        ({"width": (2.5,)}, r"width takes whole numbers >= 1 .*got 2\.5"),
        ({"width": ()}, r"width takes whole numbers >= 1 .*got no value"),
        ({"width": (4, 4)}, "width takes .*the same value came twice"),
        ({"disorder": (-1.0,)}, r"disorder takes numbers >= 0 .*got -1\.0"),
        ({"disorder": (float("nan"),)}, r"disorder takes numbers >= 0 .*got nan"),
        ({"lengths": (0, 5)}, r"lengths takes strictly increasing whole numbers >= 1 .*got 0"),
        ({"lengths": (5, 3)}, "lengths takes .*3 after 5 is not sorted"),
        ({"lengths": (5, 5)}, "lengths takes .*5 after 5 is repeated"),
        ({"lengths": ()}, r"lengths is missing"),
        ({"flux": ("many",)}, r"flux takes finite numbers .*got 'many'"),
        ({"flux": (float("inf"),)}, "flux takes finite numbers .*got inf"),
        ({"energy": (None,)}, "energy takes finite numbers .*got None"),
        ({"realizations": 0}, "realizations takes a whole number >= 1, got 0"),
        ({"realizations": (1, 2)}, "one for each of the 8 points, got 2"),
        ({"seed": -1}, "seed takes a whole number from 0 .*got -1"),
        ({"ln_g": 1.0}, "ln_g: used twice"),
        ({"channel": qt.Axis((1, 2))}, "'channel' cannot be an axis"),
        ({"two words": qt.Axis((1, 2))}, "'two words' cannot be an axis"),
    ],
)
def test_bad_fields_say_what_came_and_what_is_allowed(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(qt.InputError, match=words):
        sweep(**changes)


def test_spans_must_fit() -> None:
    with pytest.raises(qt.InputError, match="one window for each of the 8 points, got 1"):
        sweep().changed(spans=((0, 3),))
    with pytest.raises(qt.InputError, match=r"windows 0 <= lo < hi <= 3, got \(2, 2\) for point 0"):
        sweep().changed(spans=((2, 2),) * 8)


def test_a_sweep_cannot_be_changed() -> None:
    with pytest.raises(Exception, match="frozen"):
        sweep().seed = 8  # type: ignore[misc] # that is the point


def test_points_in_c_order_of_the_preset() -> None:
    points = list(sweep().all_points())
    assert len(points) == sweep().points == 8
    assert [p.index for p in points[:4]] == [(0, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 1, 1, 0)]
    assert (points[7].disorder, points[7].width, points[7].flux) == (2.0, 3, 0.01)
    assert all(p.number == n for n, p in enumerate(points))
    assert isinstance(points[7].width, int)
    other = make_sweep("trial", qt.Preset(**dict(reversed(FIELDS.items()))), 7, wire=wire)
    assert other.names == ("energy", "flux", "width", "disorder")


def test_points_have_axes_and_constants_by_name() -> None:
    made = sweep(energy=0.5, shape="saddle", table=qt.Constant([1, 2]))
    point = made.point(0)
    assert made.names == ("disorder", "width", "flux")
    assert (point.energy, point.shape, point.table) == (0.5, "saddle", [1, 2])
    assert point.label == "disorder 1, width 2, flux 0"
    with pytest.raises(AttributeError, match="has no gate; it has energy, shape, table, disorder"):
        _ = point.gate
    assert made.point_at({"disorder": 2.0, "width": 3, "flux": 0.0}).number == 6
    with pytest.raises(qt.InputError, match=r"width takes one of 2, 3, got 4"):
        made.point_at({"disorder": 2.0, "width": 4, "flux": 0.0})


def test_spans_select_lengths_of_each_point() -> None:
    points = list(sweep().changed(spans=((0, 1), (1, 3)) * 4).all_points())
    assert points[0].lengths == (5,)
    assert points[1].lengths == (10, 20)


def test_points_without_randomness_have_one_realization() -> None:
    made = sweep(disorder=(0.0, 1.0))
    assert made.counts.reshape(made.grid)[:, 0, 0, 0].tolist() == [1, 16]
    assert sweep(disorder=(0.0,)).realizations == 1
    assert sweep().realizations == 16


def test_functions_that_fail_say_at_which_point() -> None:
    made = sweep(disorder=(1.0,)).changed(program="def wire(point):\n    return 1 / point.flux\n")
    vouch(made.program)
    with pytest.raises(ProgramError, match=r"wire\(\) fails at disorder 1, width 2, flux 0") as got:
        made.wire(made.point(0))
    assert "return 1 / point.flux" in str(got.value), "the user's own line"
    with pytest.raises(
        qt.InputError, match=r"must return a qtcore.Wire or a qtcore.Bar, at .* it gave 100"
    ):
        made.wire(made.point(1))


def test_solving_takes_one_thread_as_workers_do(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[set[int]] = []

    def solve_wire(*_: object) -> dict[str, object]:
        found.append({library["num_threads"] for library in threadpool_info()})
        return {}

    monkeypatch.setattr("qtcore.sweep.spec.solve_wire", solve_wire)
    given = sweep()
    vouch(given.program)
    with threadpool_limits(2):
        given.solve(given.point(0), range(1))
        given.solve_on_worker(given.point(0), range(1))  # which has set its limit already
    assert found == [{1}, {2}]


def test_energy_is_needed() -> None:
    fields = {name: value for name, value in FIELDS.items() if name != "energy"}
    made = make_sweep("trial", qt.Preset(**fields), 7, wire=wire)
    with pytest.raises(qt.InputError, match="give `energy` in the preset"):
        made.solve(made.point(0), range(1))


def test_hash_ignores_realizations_and_nothing_else() -> None:
    base = sweep().hash
    assert sweep(realizations=1000).hash == base
    for changes in ({"seed": 8}, {"width": (2, 4)}, {"lengths": (5, 10)}, {"constant": 1}):
        assert sweep(**changes).hash != base, changes
    for more in ({"spans": ((0, 3),) * 8}, {"program": "wire = 1"}, {"observables": ("ln_g",)}):
        assert sweep().changed(**more).hash != base, more


def test_hash_does_not_depend_on_how_a_number_was_written() -> None:
    others = {"disorder": np.array([1.0, 2.0]), "flux": [-0.0, 0.01], "width": (np.int64(2), 3.0)}
    assert sweep(**others).hash == sweep().hash


def test_hash_is_the_same_in_every_release() -> None:
    """A stored run must be recognised: this value changes only when a field is added or renamed."""
    assert sweep().hash == "7f1878fba6d4a92a263ddef0833759392dea0119306fae5343eb73ff6edd14bc"


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(1, 64), min_size=1, max_size=4, unique=True),
    st.integers(0, 2**63 - 1),
)
def test_json_form_is_lossless(disorder: list[float], width: list[int], seed: int) -> None:
    made = sweep(seed, disorder=disorder, width=width)
    again = qt.Sweep.from_fields(json.loads(made.json_text))
    assert again == made
    assert (again.hash, again.json_text) == (made.hash, made.json_text)
    assert [type(v) for v in again.axes[1].values] == [int] * len(width)
