"""Cases: parameter sets along one axis, selected and added by value, with coordinates of their own."""

import json
import shlex
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import qtcore as qt
from qtcore import estimate
from qtcore.cli.app import app
from qtcore.errors import InputError
from qtcore.reports.conclusion import conclude
from qtcore.store.catalog import query
from qtcore.store.compact import compact
from qtcore.store.verify import verify
from qtcore.sweep import prepare_store
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
    with pytest.raises(InputError, match=r"shape has a case 3 with other parameters.*'across': 8"):
        run(tmp_path, settings={"shape": [0, {"like": 0, "across": 9, "number": 3}]})
    run(tmp_path, settings={"shape": [0, {"like": 0, "across": 8}, {"like": 0, "across": 9}]})
    with pytest.raises(qt.InputError, match=r"shape has a case 1 with other parameters"):
        run(tmp_path, settings={"shape": [{"like": 0, "across": 9, "number": 1}]})


def printed_options(tmp_path, **options):
    """Return the options that a refusal prints, as a shell reads them."""
    with pytest.raises(InputError, match="Add these options") as refused:
        run(tmp_path, **options)
    words = shlex.split(str(refused.value).rpartition("\n")[2])
    assert words[::2] == ["--set"] * (len(words) // 2)
    return words[1::2]


@pytest.mark.parametrize(
    ("first", "then", "numbers"),
    [
        # The definition's own cases alone: the new one is missing.
        ([0, 1, 2, {"like": 0, "across": 20}], None, [0, 1, 2, 3]),
        # Another new case on the second command: one number each.
        ([0, {"like": 0, "across": 20}], [0, {"like": 0, "across": 24}], [0, 3, 4]),
        # A number of its own, which only the first command states.
        ([2, {"like": 0, "across": 20, "number": 7}], [2, {"like": 1, "word": "a 'b'"}], [2, 7, 8]),
    ],
)
def test_the_options_that_a_refusal_prints_continue_the_store(tmp_path, first, then, numbers):
    flux = {"flux": (0.0,)}
    before = run(tmp_path, settings={"shape": first, **flux}).load()
    asked = {} if then is None else {"shape": then}
    words = printed_options(tmp_path, settings={**asked, **flux})
    settings = parse_settings(words, WORKFLOW.presets["quick"])
    after = run(tmp_path, settings={**settings, **flux}).load()
    assert after["shape"].values.tolist() == numbers
    np.testing.assert_array_equal(after["x"].sel(shape=before["shape"]), before["x"])
    assert set(after["across"].values) >= set(before["across"].values)


def test_a_stored_case_is_asked_for_by_number_and_others_may_be_like_it(tmp_path):
    flux = {"flux": (0.0,)}
    run(tmp_path, settings={"shape": [0, {"like": 0, "across": 20}], **flux})
    ds = run(tmp_path, settings={"shape": [0, 3, {"like": 3, "along": 2}], **flux}).load()
    assert ds["across"].values.tolist() == [4, 20, 20]
    assert ds["along"].values.tolist() == [6, 6, 2]
    again = run(tmp_path, settings={"shape": (0, 3, 4), **flux}, realizations=11)
    assert again.sizes["realization"] == 11
    with pytest.raises(InputError, match="shape has no case 5; its cases are 0, 1, 2, 3, 4"):
        run(tmp_path, settings={"shape": [0, 5], **flux})


def test_a_case_with_the_parameters_of_a_known_one_is_that_one():
    axis = WORKFLOW.presets["quick"].axes["shape"]
    assert axis.with_values([dict(SHAPES[1])]).values == (1,)
    assert axis.with_values({"like": 1, "along": 5}).values == (1,)
    assert axis.with_values(2).cases == (SHAPES[2],)


def plain(path):
    """Open a group as whoever does not know qtcore does."""
    return xr.open_zarr(path, consolidated=False).load()


def test_other_readers_find_the_parameters_as_coordinates(tmp_path):
    """Of the store, also after it was extended by a case, and of its analysis."""
    store, flux = tmp_path / "s.zarr", {"flux": (0.0, 1.0)}
    for asked, across in (([0, 2], [4, 6]), ([0, 2, {"like": 2, "across": 7.5}], [4, 6, 7.5])):
        own = run(tmp_path, settings={"shape": asked, **flux}).load()
        found = plain(store)
        assert found["across"].dims == ("shape",)
        assert found["across"].values.tolist() == across
        assert {"across", "along", "strength"} <= {*found.coords}
        assert "word" not in found  # Zarr has no lasting form for texts
        assert own["across"].values.tolist() == across
        assert own["word"].values.tolist() == ["wire", "film", "film"][: len(asked)]
        assert verify(store).findings == []
    conclude(store, workflow=WORKFLOW)
    analysis = plain(tmp_path / "s.analysis.zarr")
    assert analysis["area"].coords["across"].values.tolist() == [4, 6, 7.5]
    compact(store)
    assert plain(store)["across"].values.tolist() == [4, 6, 7.5]


def test_a_damaged_parameter_is_written_anew(tmp_path):
    run(tmp_path, settings={"shape": [0, 2]})
    (chunk,) = (p for p in (tmp_path / "s.zarr" / "across" / "c").iterdir())
    before = chunk.read_bytes()
    chunk.write_bytes(b"no chunk")
    assert verify(tmp_path / "s.zarr").findings
    assert chunk.read_bytes() == before
    assert verify(tmp_path / "s.zarr").findings == []


def without_parameters(layout):
    return lambda sweep, block: replace(layout(sweep, block), parameters=())


def test_a_store_without_the_parameters_opens_and_is_extended(tmp_path, monkeypatch):
    """As it was made before they were coordinates of the store."""
    with monkeypatch.context() as before:
        before.setattr(prepare_store, "layout", without_parameters(prepare_store.layout))
        run(tmp_path, settings={"shape": [0, 2]})
    store = tmp_path / "s.zarr"
    assert not (store / "across").exists()
    assert qt.open(store)["across"].values.tolist() == [4, 6]
    more = run(tmp_path, settings={"shape": [0, 2, {"like": 2, "across": 9}]})
    assert more["across"].values.tolist() == [4, 6, 9]
    assert not (store / "across").exists()
    assert verify(store).findings == []


def test_a_killed_extension_by_a_case_contradicts_nothing(tmp_path):
    """The root is written first; the copy of it, which comes last, has fewer cases then."""
    run(tmp_path, settings={"shape": [0, 2]})
    store = tmp_path / "s.zarr"
    kept = (store / "run" / "copy.zip").read_bytes()
    run(tmp_path, settings={"shape": [0, 2, {"like": 2, "across": 9}]})
    (store / "run" / "copy.zip").write_bytes(kept)
    assert run(tmp_path, settings={"shape": [0, 2, 3]})["across"].values.tolist() == [4, 6, 9]


def test_a_parameter_keeps_its_kind(tmp_path):
    run(tmp_path, settings={"shape": [0]})
    with pytest.raises(InputError, match="strength of case 3 is a text"):
        run(tmp_path, settings={"shape": [0, {"like": 0, "strength": "strong"}]})


def test_runs_are_found_by_what_their_cases_stand_for(tmp_path):
    run(tmp_path, settings={"shape": [0, {"like": 0, "across": 20}]})
    assert query(tmp_path, where={"across": 20})[0].cases["across"] == [4, 20]
    assert query(tmp_path, where={"word": "wire"})
    assert not query(tmp_path, where={"across": "5:19"})
    assert not query(tmp_path, where={"word": "film"})
    shown = CliRunner().invoke(app, ["query", str(tmp_path), "--where", "across=20"])
    assert "across 4…20" in shown.stdout
    none = CliRunner().invoke(app, ["query", str(tmp_path), "--where", "across=7"])
    assert "Values of across: 4, 20." in none.stderr


def drawn(*panels):
    """Return the figure of the workflow with other panels."""
    import matplotlib.pyplot as plt

    workflow = replace(WORKFLOW, panels=panels)
    preset = workflow.presets["quick"]
    sweep = workflow.sweep(preset, 1)
    coords = {axis.name: list(axis.values) for axis in sweep.axes} | {"realization": range(10)}
    x = np.random.default_rng(1).random((3, 2, 10))
    ds = xr.Dataset({"x": (("shape", "flux", "realization"), x)}, coords)
    ds = ds.assign_coords({n: ("shape", [case[n] for case in SHAPES]) for n in SHAPES[0]})
    figure = workflow.figure(ds, workflow.results(ds.assign_attrs(spec=sweep.json_text)))
    plt.close(figure)
    return figure


def legend_of(figure):
    legends = [*figure.legends, *(a.get_legend() for a in figure.axes)]
    return [text.get_text() for one in legends if one for text in one.get_texts()]


def test_panels_take_parameters_of_cases():
    figure = drawn(
        qt.Line("area", "strength", colour="across"), qt.Line("area", "along", colour="word")
    )
    assert figure.axes[0].get_xlabel() == "strength"
    shown = legend_of(figure)
    assert {"4", "5", "6"} <= {*shown}
    assert {"wire", "square", "film"} <= {*shown}
    with pytest.raises(InputError, match=r"'acros'.*did you mean 'across'"):
        drawn(qt.Line("area", "strength", colour="acros"))


def test_a_legend_says_what_cases_stand_for():
    shown = legend_of(drawn(qt.Line("area", "flux", colour="shape")))
    assert {"wire", "square", "film"} <= {*shown}, "their texts tell them apart"


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


def test_a_case_of_another_preset_is_selected_by_its_number(tmp_path):
    presets = {
        "quick": WORKFLOW.presets["quick"],
        "large": qt.Preset(
            shape=qt.Cases([*SHAPES, {**SHAPES[0], "across": 9}]), flux=(0.0,), realizations=4
        ),
    }
    both = replace(WORKFLOW, presets=presets)
    options = {"store": tmp_path / "s.zarr", "cluster": "threads", "progress": False}
    ds = qt.run(both, settings={"shape": [0, 3, {"like": 3, "along": 1}]}, **options)
    assert ds["across"].values.tolist() == [4, 9, 9]
    assert ds["shape"].values.tolist() == [0, 3, 4]
    with pytest.raises(InputError, match=r"shape has no case 7; its cases are 0, 1, 2, 3"):
        qt.plan(both, settings={"shape": [7]})


@pytest.mark.parametrize("pair", [(1, 1), (1, 1.0), (2.5, 2.5)])
def test_equal_cases_are_refused(pair: tuple[object, object]) -> None:
    first, second = pair
    with pytest.raises(qt.InputError, match="case 2 has the parameters of case 0"):
        qt.Cases([{"a": first, "b": 0}, {"a": 2, "b": 0}, {"b": 0, "a": second}])


@pytest.mark.parametrize("name", ["like", "number"])
def test_a_parameter_has_no_name_that_a_request_needs(name: str) -> None:
    with pytest.raises(qt.InputError, match=f"'{name}' cannot be a parameter of cases"):
        qt.Cases([{name: 0, "a": 1.0}, {name: 1, "a": 2.0}])
