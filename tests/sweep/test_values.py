"""Values are stored as they come, or refused: axes, constants, and what `solve` returns."""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import qtcore as qt
from qtcore.errors import brief
from qtcore.sweep.point import Point
from qtcore.sweep.preset import unmarked_lists
from qtcore.sweep.user_outputs import checked_arrays

MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])


def named(value: Any) -> str:
    """Return a test's name for a value, the same in every process."""
    return re.sub(r" at 0x\w+", "", repr(value))


NO_NUMBERS = (
    *(None, True, np.True_, "3", b"3", bytearray(b"3"), 1j, np.complex128(1), np.ma.masked),
    *(float("nan"), float("inf"), np.float32("-inf"), Decimal("nan"), Decimal("sNaN")),
    *(
        object(),
        {1, 2},
        {1: 2},
        [1],
        np.zeros(2),
        np.datetime64("2020", "ns"),
        np.timedelta64(1, "s"),
    ),
)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=named)
def test_what_is_no_number_is_no_value_of_an_axis(value: Any) -> None:
    for whole in (False, True):
        with pytest.raises(qt.InputError, match=r"an axis takes (finite|whole) numbers, got "):
            qt.Axis((value,), whole=whole)


@pytest.mark.parametrize(
    "values",
    [
        MASKED,
        np.ma.masked_all(2),
        [1.0, np.ma.masked],
        np.array(["2020"], dtype="M8[ns]"),
        np.array([True, False]),
        np.array([1, None]),
        np.array([[1.0, 2.0]]),
        b"ab",
        (x for x in (1, 2)),
        xr.DataArray(np.array(["a"])),
    ],
    ids=named,
)
def test_arrays_that_hold_no_values(values: Any) -> None:
    with pytest.raises(qt.InputError, match=r"takes finite numbers.*, got "):
        qt.Preset(energy=values if hasattr(values, "__len__") else qt.Axis(values))


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Decimal("0.1"), 0.1),
        (Fraction(1, 4), 0.25),
        (2**53, 2.0**53),
        (2**60, 2.0**60),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.array(3.0), 3.0),
        (np.uint64(7), 7.0),
        (-0.0, 0.0),
    ],
)
def test_numbers_of_every_kind(value: Any, stored: float) -> None:
    (found,) = qt.Axis((value,)).values
    assert (type(found), repr(found)) == (float, repr(stored))
    assert qt.Axis(value).values == (stored,)


@given(st.integers(-(2**63) - 5, 2**63 + 5) | st.integers(-(2**60), 2**60).map(lambda n: 2 * n + 1))
def test_whole_numbers_are_exact_or_refused(value: int) -> None:
    if -(2**63) <= value < 2**63:
        assert qt.Axis((value,), whole=True).values == (value,)
        assert qt.Preset(n=value).constants == {"n": value}
    else:
        with pytest.raises(qt.InputError, match="does not fit into 64 bits"):
            qt.Axis((value,), whole=True)
        with pytest.raises(qt.InputError, match="does not fit into 64 bits"):
            qt.Preset(n=value)
    if int(np.float64(value)) == value:
        assert qt.Axis((value,)).values == (value,)
    else:
        with pytest.raises(qt.InputError, match="which a float64 cannot hold exactly"):
            qt.Axis((value,))


def test_whole_numbers_beyond_every_float() -> None:
    for whole, words in ((False, "too large for a float64"), (True, "does not fit into 64 bits")):
        for value in (10**400, Fraction(10**400)):
            with pytest.raises(qt.InputError, match=words):
                qt.Axis((value,), whole=whole)
    assert qt.Axis((1e18, Decimal(3)), whole=True).values == (10**18, 3)


@pytest.mark.parametrize(
    "value",
    [
        *(float("inf"), float("nan"), [1, float("nan")], {"a": {"b": float("inf")}}, 2**63),
        *(np.ma.masked, MASKED, 1j, b"x", {1, 2}, {1: 2}, object(), "a\udcff", {"\udcff": 1}),
        *((x for x in (1,)), np.datetime64("2020"), np.array(["2020"], dtype="M8[ns]")),
    ],
    ids=named,
)
def test_a_constant_that_is_no_json_value(value: Any) -> None:
    with pytest.raises(qt.InputError, match=r"takes a JSON value: .* got "):
        qt.Preset(strength=value)


def test_a_constant_that_contains_itself() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(qt.InputError, match=r"within each other .* at most"):
        qt.Preset(strength=endless)


def test_constants_of_every_kind() -> None:
    given = {"n": np.int64(3), "x": np.float32(0.5), "yes": np.True_, "none": None, "word": "ξ",
             "table": qt.Constant(np.arange(3)), "nested": {"a": ({"b": Decimal(1)},)}}  # fmt: skip
    assert qt.Preset(**given).constants == {
        "n": 3, "x": 0.5, "yes": True, "none": None, "word": "ξ",
        "table": [0, 1, 2], "nested": {"a": [{"b": 1.0}]},
    }  # fmt: skip


@pytest.mark.parametrize("several", [[1, 2, 3], (0.5,), range(3), np.linspace(0, 1, 3)], ids=named)
def test_a_list_of_numbers_is_an_axis_or_a_constant_by_its_mark(several: Any) -> None:
    with pytest.raises(
        qt.InputError, match=r"(?s)temperatures is no standard axis.*got.*qt\.Axis"
    ) as seen:
        qt.Preset(temperatures=several)
    shown = brief(tuple(np.asarray(several).tolist()))
    assert f"temperatures=qt.Axis({shown}) to sweep" in str(seen.value)
    assert f"temperatures=qt.Constant({shown})" in str(seen.value)
    swept, kept = (
        qt.Preset(temperatures=qt.Axis(several)),
        qt.Preset(temperatures=qt.Constant(several)),
    )
    assert swept.axes["temperatures"].values == tuple(np.asarray(several, float).tolist())
    assert kept.axes == {}
    assert kept.constants == {"temperatures": np.asarray(several).tolist()}
    assert kept.changed({}, realizations=2).constants == kept.constants
    with pytest.raises(qt.InputError, match="a constant that is no number: change it"):
        kept.changed({"temperatures": (1,)})


def test_lists_that_can_be_no_axis_are_constants() -> None:
    given: dict[str, Any] = {"none": [], "matrix": [[1, 2], [3, 4]], "table": [{"a": 1}]}
    assert qt.Preset(**given).constants == given


@pytest.mark.parametrize("several", [("a", "b"), [True, False], ["a", 1], np.array(["a", "b"])])
def test_a_list_of_texts_is_no_constant_without_a_mark(several: Any) -> None:
    plain = [one.item() if isinstance(one, np.generic) else one for one in several]
    with pytest.raises(qt.InputError, match="kind is a sequence of what is no number") as seen:
        qt.Preset(kind=several)
    cases = ", ".join(f"{{'kind': {one!r}}}" for one in plain)
    assert f"sample=qt.Cases([{cases}])" in str(seen.value)
    assert f"kind=qt.Constant({tuple(plain)!r})" in str(seen.value)
    assert qt.Preset(kind=qt.Constant(several)).constants == {"kind": plain}
    with unmarked_lists():
        assert qt.Preset(kind=several).constants == {"kind": plain}, "as older stores have it"


@pytest.mark.parametrize("given", [{4, 8}, frozenset({4, 8}), {4: 0, 8: 0}.keys()], ids=named)
def test_a_set_has_no_order(given: Any) -> None:
    fields: list[dict[str, Any]] = [{"width": given}, {"m": given}, {"lengths": given}]
    fields += [{"m": [given, given]}, {"m": qt.Constant(given)}]
    for one in fields:
        with pytest.raises(qt.InputError, match=r"a set has no order: give a list or a tuple"):
            qt.Preset(**one)
    with pytest.raises(qt.InputError, match="a set has no order"):
        qt.Axis(given)
    with pytest.raises(qt.InputError, match="a set has no order"):
        qt.Cases({(1,)})


def test_a_wire_that_nobody_can_compute() -> None:
    assert qt.Preset(lengths=(10**12,)).lengths == (10**12,)
    with pytest.raises(qt.InputError, match=r"lengths takes .*at most 1,000,000,000,000 slices"):
        qt.Preset(lengths=(8, 10**18))


@pytest.mark.parametrize("values", [MASKED, np.ma.masked, [1, np.ma.masked], True, "3", b"4", None])
def test_lengths_realizations_and_seed_take_numbers(values: Any) -> None:
    for field in ("lengths", "realizations"):
        with pytest.raises(qt.InputError, match=f"{field} takes"):
            qt.Preset(**{field: values})


def test_an_axis_may_have_many_values() -> None:
    """Comparing each value with all before would take ten minutes here."""
    axis = qt.Axis(np.linspace(0, 1, 300_000)).named("gate")
    assert len(axis.values) == 300_000
    with pytest.raises(qt.InputError, match="the same value came twice"):
        qt.Axis((*axis.values, 0.5, 0.5))


SIZES = {"realization": 2, "site": 3, "length": 3}
POINT = Point(0, (0,), ("gate",), {"gate": 2, "kind": "ring"}, "gate 2", (0, 3), (1, 2, 3), 2, 1)


def stored(given: Any, dtype: Any = "float64", dims: tuple[str, ...] = ()) -> np.ndarray:
    variables = (qt.Variable("x", dtype=dtype, dims=dims),)
    return checked_arrays({"x": given}, variables, SIZES, POINT)["x"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.ma.array([1.0, 2.0], mask=[0, 1]), [1.0, np.nan]),
        (np.ma.masked_all(2), [np.nan, np.nan]),
        (np.ma.array([7, 8], mask=[1, 0]), [np.nan, 8.0]),
        (np.ma.array([7, 8]), [7.0, 8.0]),
        ([1.0, np.ma.masked], [1.0, np.nan]),
        ((np.float32(0.5), True), [0.5, 1.0]),
        (range(2), [0.0, 1.0]),
        (np.array([2**53, 2**63], dtype=np.uint64), [2.0**53, 2.0**63]),
        ([1e200, -np.inf], [1e200, -np.inf]),
        (xr.DataArray([1.0, 2.0], dims="realization"), [1.0, 2.0]),
    ],
    ids=named,
)
def test_what_solve_may_return(given: Any, expected: list[float]) -> None:
    np.testing.assert_array_equal(stored(given), expected)


def test_masked_rows_within_lists_and_named_dimensions() -> None:
    rows = [np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), [4.0, np.ma.masked, 6.0]]
    np.testing.assert_array_equal(stored(rows, dims=("site",)), [[1, np.nan, 3], [4, np.nan, 6]])
    square = {"realization": 3, "site": 3}
    turned = xr.DataArray(np.arange(9.0).reshape(3, 3), dims=("site", "realization"))
    variables = (qt.Variable("x", dims=("site",)),)
    found = checked_arrays({"x": turned}, variables, square, POINT)["x"]
    np.testing.assert_array_equal(found, turned.transpose("realization", "site"))
    complex_ = stored(np.ma.array([1j, 2j], mask=[1, 0]), "complex64")
    assert (complex_.dtype, np.isnan(complex_).tolist()) == (np.complex64, [True, False])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([[1], [2, 3]], "got a list that is no array"),
        ({1, 2}, "must be numbers of float64, got a set of type object"),
        ((x for x in (1, 2)), "got a generator of type object"),
        ("ab", "got a str of type"),
        (["a", "b"], "got a list of type"),
        (None, "got a NoneType of type object"),
        (object(), "got an object of type object"),
        (np.array(["2020", "2021"], dtype="M8[s]"), "got a ndarray of type datetime64"),
        (np.ma.array(["a", "b"], mask=[0, 1]), "got a MaskedArray of type"),
        ([1j, 2], "got a list of type complex128"),
        (1.0, r"must have the shape \(2,\) \(realization\), got \(\)"),
        ([1.0, 2.0, 3.0], r"got \(3,\)"),
        (xr.DataArray([1.0, 2.0], dims="time"), r"must have the dimensions \('realization',\)"),
        ([2**53 + 1, 0], "float64, which cannot hold .*9007199254740993"),
        (np.array([2**64 - 1, 0], dtype=np.uint64), "which cannot hold .*18446744073709551615"),
        ([10**30, 0], "got a list of type object"),
        (np.ma.array([2**53 + 1, 2], mask=[0, 1]), "whole numbers that no float64 holds"),
    ],
    ids=named,
)
def test_what_solve_returns_and_cannot_be_stored(given: Any, words: str) -> None:
    with pytest.raises(qt.QtcoreError, match=rf"^solve\(\) at gate 2: x .*{words}") as caught:
        stored(given)
    assert str(caught.value).count("\n") < 4, "one sentence"


@pytest.mark.parametrize(
    ("given", "dtype"),
    [([1e200, 0], "float32"), ([2**24 + 1, 0], "float32"), ([1e200j, 0], "complex64")],
)
def test_what_the_declared_type_cannot_hold(given: Any, dtype: str) -> None:
    with pytest.raises(qt.QtcoreError, match=f"x is stored as {dtype}, which cannot hold"):
        stored(given, dtype)


@given(
    arrays.arrays(np.int64, 2, elements=st.integers(-(2**63), 2**63 - 1)),
    st.sampled_from(["float64", "float32", "complex128"]),
)
def test_whole_numbers_of_solve_are_exact_or_refused(given: np.ndarray, dtype: str) -> None:
    exact = [int(np.dtype(dtype).type(n).real) == int(n) for n in given]
    if all(exact):
        assert [int(x.real) for x in stored(given, dtype)] == given.tolist()
    else:
        with pytest.raises(qt.QtcoreError, match="cannot hold"):
            stored(given, dtype)


@pytest.mark.parametrize(
    ("found", "gave"),
    [
        (None, "a NoneType"),
        ([1], "a list"),
        (set(), "a set"),
        ({}, "an empty dict"),
        ({"y": [1, 2]}, "y"),
    ],
)
def test_what_is_no_dict_of_the_variables(found: Any, gave: str) -> None:
    with pytest.raises(qt.QtcoreError, match=f"must return a dict of x, it gave {gave}$"):
        checked_arrays(found, (qt.Variable("x"),), SIZES, POINT)


def test_variables_that_are_declared_for_some_points_only() -> None:
    ring, strip = (qt.Variable(kind, only={"kind": (kind,)}) for kind in ("ring", "strip"))
    found = checked_arrays({"ring": [1, 2]}, (ring, strip), SIZES, POINT)
    assert (found["ring"] == [1, 2]).all()
    assert np.isnan(found["strip"]).all()
    assert found["strip"].shape == (2,)
    for wrong in ({"ring": [1, 2], "strip": [3, 4]}, {"strip": [3, 4]}):
        with pytest.raises(qt.QtcoreError, match="gate 2: it must return a dict of ring, it gave"):
            checked_arrays(wrong, (ring, strip), SIZES, POINT)
    # A sweep of before keeps its identity.
    assert "only" not in qt.Variable("x").model_dump_json()
    assert qt.Variable(**ring.model_dump(mode="json")) == ring


def whole_numbers(point: Any, realizations: range) -> dict[str, Any]:
    return {"x": [point.gate * number for number in realizations]}


def test_a_variable_of_an_axis_that_there_is_not() -> None:
    with pytest.raises(
        qt.InputError, match="variable x is declared for some 'shape' only, which is no axis"
    ):
        qt.Workflow(
            name="w",
            title="t",
            summary="s",
            presets={"quick": qt.Preset(gate=(1.0,), realizations=2)},
            solve=whole_numbers,
            variables=(qt.Variable("x", only={"shape": (1,)}),),
        ).sweep(qt.Preset(gate=(1.0,), realizations=2), seed=1)


def test_sweeps_larger_than_a_driver_can_hold_are_refused(
    make_sweep: Callable[..., qt.Sweep],
) -> None:
    for realizations in (10**12, 3 * 10**8):
        with pytest.raises(qt.InputError, match="at most 100,000,000 for a point"):
            make_sweep(realizations=realizations)
    many = qt.Axis(range(4000))
    with pytest.raises(qt.InputError, match=r"at most 10,000,000 points, .* make 128,000,000"):
        make_sweep(gate=many, mass=many)


def test_a_constant_has_the_least_value_that_its_mark_states() -> None:
    """`slices=0` was taken, and the first function that divided by it failed."""
    preset = qt.Preset(width=(4,), slices=qt.Constant(2000, least=1))
    assert preset.constants == {"slices": 2000}
    assert preset.changed({"slices": 1}).slices == 1
    again = preset.changed({"width": (8,)})
    for one in (preset, again, again.changed({"slices": 3})):
        with pytest.raises(qt.InputError, match="slices takes whole numbers >= 1, got 0"):
            one.changed({"slices": 0})
    assert (preset.limits_of("slices"), preset.limits_of("width")) == (">= 1", "")
