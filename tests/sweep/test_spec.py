"""A sweep's specification: what is allowed, what it is identified by, what it expands to."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtcore.errors import InputError
from qtcore.sweep.spec import Sweep, differences

FIELDS: dict[str, Any] = {
    "workflow": "trial",
    "disorder": (1.0, 2.0),
    "width": (2, 3),
    "flux": (0.0, 0.01),
    "energy": (0.5,),
    "lengths": (5, 10, 20),
    "realizations": 16,
    "seed": 7,
}


def sweep(**changes: Any) -> Sweep:
    return Sweep(**{**FIELDS, **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": (0,)}, r"width takes whole numbers >= 1 \(sites across\), got 0"),
        ({"width": (2.5,)}, r"width takes whole numbers >= 1 .*got 2\.5"),
        ({"width": ()}, r"width takes whole numbers >= 1 .*got \(\)"),
        ({"width": (4, 4)}, "width takes .*the same value came twice"),
        ({"disorder": (-1.0,)}, r"disorder takes numbers >= 0 .*got -1\.0"),
        ({"disorder": (float("nan"),)}, r"disorder takes numbers >= 0 .*got nan"),
        ({"lengths": (0, 5)}, r"lengths takes strictly increasing whole numbers >= 1 .*got 0"),
        ({"lengths": (5, 3)}, "lengths takes .*3 after 5 is not sorted"),
        ({"lengths": (5, 5)}, "lengths takes .*5 after 5 is repeated"),
        ({"lengths": ()}, r"lengths takes .*got \(\)"),
        ({"flux": ("many",)}, r"flux takes finite numbers .*got 'many'"),
        ({"flux": (float("inf"),)}, "flux takes finite numbers .*got inf"),
        ({"energy": (None,)}, "energy takes finite numbers .*got None"),
        ({"realizations": 0}, "realizations takes a whole number >= 1, got 0"),
        ({"seed": -1}, "seed takes a whole number from 0 .*got -1"),
        ({"flux_unit": "tesla"}, "flux_unit: .*'plaquette' or 'strip', got 'tesla'"),
        ({"strength": 1.0}, "unknown field 'strength'; allowed are workflow, .*disorder"),
        ({"spans": ((0, 3),)}, "spans: allowed is one window for each of the 8 points, got 1"),
        ({"spans": ((2, 2),) * 8}, r"windows 0 <= lo < hi <= 3, got \(2, 2\) for point 0"),
    ],
)
def test_bad_fields_say_what_came_and_what_is_allowed(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        sweep(**changes)


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        sweep(width=(0,), realizations=0)
    assert len(str(caught.value).splitlines()) == 2


def test_missing_field_is_named() -> None:
    with pytest.raises(InputError, match="width is missing"):
        Sweep(**{name: value for name, value in FIELDS.items() if name != "width"})


def test_a_sweep_cannot_be_changed() -> None:
    with pytest.raises(Exception, match="frozen"):
        sweep().seed = 8  # type: ignore[misc] # that is the point


def test_points_in_c_order() -> None:
    points = list(sweep().all_points())
    assert len(points) == sweep().points == 8
    assert [p.index for p in points[:4]] == [(0, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 1, 1, 0)]
    assert (points[7].disorder, points[7].width, points[7].flux) == (2.0, 3, 0.01)
    assert all(p.number == n for n, p in enumerate(points))


def test_spans_select_lengths_of_each_point() -> None:
    spans = ((0, 1), (1, 3)) * 4
    points = list(sweep(spans=spans).all_points())
    assert points[0].lengths == (5,)
    assert points[1].lengths == (10, 20)


def test_flux_through_a_square_is_per_plaquette_in_the_wire() -> None:
    asked = sweep(flux=(0.0, 9.0), flux_unit="strip", width=(3,))
    wires = [asked.wire(point) for point in asked.all_points()]
    assert [wire.flux for wire in wires[:2]] == [0.0, 1.0]


def test_hash_ignores_realizations_and_nothing_else() -> None:
    base = sweep().hash
    assert sweep(realizations=1000).hash == base
    for changes in (
        {"seed": 8},
        {"width": (2, 4)},
        {"lengths": (5, 10)},
        {"flux_unit": "strip"},
        {"spans": ((0, 3),) * 8},
    ):
        assert sweep(**changes).hash != base, changes


def test_hash_does_not_depend_on_how_a_number_was_written() -> None:
    assert sweep(disorder=(1, 2), flux=(-0.0, 0.01), energy=0.5).hash == sweep().hash


def test_hash_is_the_same_in_every_release() -> None:
    """A stored run must be recognised: this value changes only when a field is added or renamed."""
    assert sweep().hash == "501d8bae69cb6768862467db603511a0abbe050943336b0f3a81ed792b053fa8"


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(1, 64), min_size=1, max_size=4, unique=True),
    st.integers(0, 2**63 - 1),
)
def test_json_form_is_lossless(disorder: list[float], width: list[int], seed: int) -> None:
    made = sweep(disorder=disorder, width=width, seed=seed)
    again = Sweep.from_fields(json.loads(made.model_dump_json()))
    assert again == made
    assert again.hash == made.hash


def test_differences_name_each_field_and_leave_realizations_out() -> None:
    stored = sweep().model_dump(mode="json")
    assert differences(stored, sweep(realizations=99)) == []
    lines = differences(stored, sweep(seed=8, width=(2, 3, 4)))
    assert lines == [
        "seed: the store has 7, asked for is 8",
        "width: the store has 2, 3, asked for is 2, 3, 4",
    ]
