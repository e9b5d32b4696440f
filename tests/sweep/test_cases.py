"""Cases: parameter sets along one axis, selected and added by value, with coordinates of their own."""

import json
from typing import NamedTuple

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.sweep.preset import parse_settings

SHAPES = [
    {"across": 4, "along": 6, "strength": 1.0, "word": "wire"},
    {"across": 5, "along": 5, "strength": 2.0, "word": "square"},
    {"across": 6, "along": 3, "strength": 0.5, "word": "film"},
]


def solve(point, realizations):
    rows = [np.random.default_rng([point.seed, n, point.shape]).random() for n in realizations]
    return {"x": point.across * point.along * point.strength + np.array(rows)}


def measure(at):
    assert (at.across, at.word) == (at.point().across, at.point().word)
    return {"area": estimate.mean(at.x)}


def expect(at):
    return {"area": qt.Expected(at.across * at.along * at.strength + 0.5, 0.5)}


WORKFLOW = qt.Workflow(
    "shapes", "Shapes", "Areas of shapes.",
    {"quick": qt.Preset(shape=qt.Cases(SHAPES), flux=(0.0, 1.0), realizations=10, note="now")},
    solve=solve, variables=[qt.Variable("x", long_name="area")],
    quantities=[qt.Quantity("area", source="a product", long_name="mean area")],
    measure=measure, expect=expect,
)  # fmt: skip


def run(tmp_path, **options):
    options = {"store": tmp_path / "s.zarr", "cluster": "threads", "progress": False, **options}
    return qt.run(WORKFLOW, **options)


def test_functions_datasets_and_stages_have_the_parameters_by_name(tmp_path):
    ds = run(tmp_path).load()
    assert ds["across"].dims == ("shape",)
    assert ds["across"].values.tolist() == [4, 5, 6]
    assert ds["word"].values.tolist() == ["wire", "square", "film"]
    exact = ds["across"] * ds["along"] * ds["strength"]
    assert (abs(ds["x"] - exact - 0.5) <= 0.5).all()
    rows = WORKFLOW.checks(WORKFLOW.results(ds))
    assert [row.key for row in rows][:2] == ["area[shape=0,flux=0]", "area[shape=0,flux=1]"]
    assert all(row.passed for row in rows)
    figure = WORKFLOW.figure(ds, WORKFLOW.results(ds))
    assert figure.axes


def test_cases_are_selected_by_number_and_added_by_value(tmp_path):
    first = run(tmp_path, settings={"shape": [0, 2]}).load()
    assert first["across"].values.tolist() == [4, 6]
    new = {"like": 2, "along": 4}
    more = run(tmp_path, settings={"shape": [0, 2, 1, new]}).load()
    assert more["shape"].values.tolist() == [0, 1, 2, 3]
    assert more["along"].values.tolist() == [6, 5, 3, 4]
    assert more["word"].values.tolist() == ["wire", "square", "film", "film"]
    # What was there has its bits.
    np.testing.assert_array_equal(more["x"].sel(shape=[0, 2]), first["x"])
    # The same command, with the new case written out, goes on with the same store.
    out = {"across": 6, "along": 4, "strength": 0.5, "word": "film", "number": 3}
    again = run(tmp_path, settings={"shape": [0, 1, 2, out]}, realizations=12).load()
    assert again.sizes["realization"] == 12


def test_another_case_under_a_stored_number_is_refused_with_the_way_on(tmp_path):
    run(tmp_path, settings={"shape": [0, {"like": 0, "across": 8}]})
    with pytest.raises(
        qt.InputError,
        match=r"case 3 of shape: the store has .*'across': 8.*asked for is .*'across': 9",
    ):
        run(tmp_path, settings={"shape": [0, {"like": 0, "across": 9}]})
    run(tmp_path, settings={"shape": [0, {"like": 0, "across": 8}, {"like": 0, "across": 9}]})
    with pytest.raises(qt.InputError, match=r"shape has a case 1 with other parameters"):
        run(tmp_path, settings={"shape": [{"like": 0, "across": 9, "number": 1}]})


def test_a_case_with_the_parameters_of_a_known_one_is_that_one():
    axis = WORKFLOW.presets["quick"].axes["shape"]
    assert axis.with_values([dict(SHAPES[1])]).values == (1,)
    assert axis.with_values({"like": 1, "along": 5}).values == (1,)
    assert axis.with_values(2).cases == (SHAPES[2],)


def test_cases_may_be_named_tuples():
    class Shape(NamedTuple):
        across: int
        word: str = "wire"

    assert qt.Cases([Shape(4), Shape(5, "film")]) == qt.Cases(
        [{"across": 4, "word": "wire"}, {"across": 5, "word": "film"}]
    )


def test_cases_on_the_command_line():
    preset = WORKFLOW.presets["quick"]
    typed = parse_settings(['shape={"like": 0, "across": 7}', "flux=0:1:3"], preset)
    changed = preset.changed(typed)
    assert changed.shape == (3,)
    assert changed.across == (7,)
    assert changed.flux == (0.0, 0.5, 1.0)
    typed = parse_settings(['shape=[0, {"like": 1, "along": 9}]'], preset)
    assert preset.changed(typed).along == (6, 9)
    assert preset.changed(parse_settings(["shape=0,2"], preset)).word == ("wire", "film")
    with pytest.raises(qt.InputError, match="a case is typed as JSON"):
        parse_settings(["shape={like: 0}"], preset)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            7,
            r"shape has no case 7; its cases are 0, 1, 2, and a new one is given by its parameters",
        ),
        (
            {"across": 3},
            r"a case of shape has the parameters across, along, strength, word, got across",
        ),
        ({"like": 9, "across": 3}, "shape has no case 9"),
        ({"like": 0, "across": [1, 2]}, "across of case 3 is a number, a text, true or false"),
        ({"like": 0, "wide": 3}, "has the parameters across"),
        ({"like": 0, "across": 3, "number": -1}, "the number of a case is a whole number >= 0"),
        (True, "has no case True"),
    ],
)
def test_what_is_no_case_is_refused(asked, says):
    with pytest.raises(qt.InputError, match=says):
        WORKFLOW.presets["quick"].changed({"shape": [asked]})


@pytest.mark.parametrize(
    ("cases", "says"),
    [
        ([], "cases are a list of dicts of parameters, got none"),
        ([3], "case 0 is a dict of parameters, got 3"),
        ([{"a": 1}, {"b": 1}], "all cases have the same parameters: case 0 has a, case 1 has b"),
        ([{"length": 1}], "'length' cannot be a parameter of cases"),
        ([{"a": float("nan")}], "case 0"),
    ],
)
def test_what_are_no_cases_is_refused(cases, says):
    with pytest.raises(qt.InputError, match=says):
        qt.Cases(cases)


def test_a_parameter_may_not_have_the_name_of_an_axis():
    workflow = qt.Workflow(
        "twice", "t", "s",
        {"quick": qt.Preset(shape=qt.Cases([{"flux": 1.0}]), flux=(0.0,), realizations=8)},
        solve=solve, variables=[qt.Variable("x")],
    )  # fmt: skip
    with pytest.raises(qt.InputError, match=r"flux: used twice; axes, parameters of cases"):
        workflow.sweep(workflow.presets["quick"], 1)


def test_a_store_of_before_has_the_parameters_of_the_definition(tmp_path):
    ds = run(tmp_path).load().drop_vars(["across", "along", "strength", "word"])
    spec = json.loads(ds.attrs["spec"])
    del spec["axes"][0]["cases"]
    old = ds.assign_attrs(spec=json.dumps(spec))
    assert all(row.passed for row in WORKFLOW.checks(WORKFLOW.results(old)))
    unknown = old.assign_coords(shape=[0, 1, 9])
    with pytest.raises(
        qt.InputError, match="has the case 9 of shape, which this definition does not"
    ):
        WORKFLOW.results(unknown)


def test_axes_without_cases_keep_the_identity_of_their_sweeps():
    axis = qt.Axis((1, 2), whole=True)
    assert "cases" not in axis.model_dump()
    assert "cases" in qt.Cases(SHAPES).model_dump()
