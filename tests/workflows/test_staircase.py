"""A small contact through the engine; wrong physics fails; bad input says what to do."""

import json
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory import saddle
from qtcore.workflow import load

pytestmark = (
    pytest.mark.slow
)  # `test_every_definition.py` runs the same sweep, with fewer questions

DEFINITION = Path(__file__).parents[2] / "workflows" / "staircase.py"
BEFORE = Path(__file__).parent / "before" / "staircase.json"

GATES = tuple(np.round(np.linspace(0.1, 0.7, 49), 6).tolist())
ENERGIES = tuple(np.round(np.linspace(-3.44, -3.16, 9), 6).tolist())


@pytest.fixture(scope="module")
def tiny(run_tiny):
    return run_tiny("staircase", {"gate": GATES, "energy": ENERGIES, "disorder": (0.0, 0.2)}, 8)


def failed(workflow, ds):
    """Return why rows fail, by key."""
    rows = workflow.checks(workflow.results(ds))
    return {row.key: row.reason for row in rows if not row.passed}


def stated(ds, **constants):
    """Return a store that states other constants; None takes one away."""
    spec = json.loads(ds.attrs["spec"])
    spec["constants"] = {
        name: value for name, value in (spec["constants"] | constants).items() if value is not None
    }
    gone = [name for name, value in constants.items() if value is None]
    return ds.drop_vars(gone).assign_attrs(spec=json.dumps(spec))


def names_of(workflow):
    """Return what the definition's functions see."""
    return workflow.validate.__globals__


@pytest.mark.physics
def test_all_checks_pass_and_name_their_source(tiny):
    workflow, ds = tiny
    assert failed(workflow, ds) == {}
    rows = {row.key: row for row in workflow.checks(workflow.results(ds))}
    assert all(row.source and len(row.name) < 32 for row in rows.values())
    assert rows["series"].error < 15
    assert abs(rows["series"].value - 500) < rows["series"].error
    assert {"step[n=4]", "plateau[n=3]", "half_plateau[n=3]", "widest[n=4]", "loss"} <= {*rows}
    # Between four steps there are three plateaus.
    assert "plateau[n=4]" not in rows


@pytest.mark.parametrize(
    ("constant", "factor", "fails"),
    [
        ("wy", 1.1, "step[n=3]"),
        ("wy", 0.9, "step[n=3]"),
        ("wx", 1.3, "rise[kT=0]"),
        ("wx", 0.75, "rise[kT=0]"),
        ("opening", 0.5, "rise[kT=0]"),
    ],
)
def test_another_saddle_fails(tiny, constant, factor, fails):
    workflow, ds = tiny
    wrong = stated(ds, **{constant: factor * float(ds[constant])})
    if constant == "wy" and factor > 1:
        # Tails of the larger spacing, which this store does not have.
        wrong = wrong.assign_coords(energy=-3.3 + 1.1 * (ds["energy"] + 3.3))
    assert fails in failed(workflow, wrong)


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_another_temperature_fails(tiny, monkeypatch, factor):
    workflow, ds = tiny
    names = names_of(workflow)
    right, kT = names["smeared"], names["KT"]

    def wrong(at, g):
        # Theory keeps the temperatures that are stated.
        measured = at._sees_samples
        names["KT"] = qt.Axis([factor * value for value in kT.values]) if measured else kT
        return right(at, g)

    monkeypatch.setitem(names, "smeared", wrong)
    monkeypatch.setitem(names, "KT", kT)
    assert {*failed(workflow, ds)} == {"rise[kT=0.05]", "rise[kT=0.1]"}


@pytest.mark.parametrize("ohms", [450.0, 550.0])
def test_another_series_resistance_fails(tiny, monkeypatch, ohms):
    workflow, ds = tiny
    right = saddle.with_series_resistance
    monkeypatch.setattr(saddle, "with_series_resistance", lambda g, _: right(g, ohms))
    assert {*failed(workflow, ds)} == {"series"}


def test_steps_of_another_height_fail(tiny):
    workflow, ds = tiny
    wrong = ds.assign(ln_g=ds["ln_g"] + np.log(1.05))
    found = failed(workflow, wrong)
    assert "plateau[n=3]" in found
    # No whole numbers of channels have such heights: there is no resistance, and the rows say why.
    assert "no whole numbers of channels" in found["series"]
    assert "no whole numbers of channels" in found["quantum"]
    figure = workflow.figure(wrong, workflow.results(wrong))
    assert any("R$_{s}$ found: not found" in axes.get_title(loc="left") for axes in figure.axes)


def test_a_wrong_disorder_strength_fails(tiny):
    # Half as strong is a quarter of the loss: 0.07 instead of 0.28, with an error of 0.03.
    workflow, ds = tiny
    assert {*failed(workflow, ds.assign_coords(disorder=[0.0, 0.4]))} == {"loss"}


def test_a_spread_that_peaks_elsewhere_fails(tiny):
    _, ds = tiny
    dirty = ds["ln_g"].sel(disorder=0.2, energy=-3.3, method="nearest")
    # Samples differ most a quarter of a spacing above the second step.
    gate = float(ds["gate"].sel(gate=0.4917 - 0.035, method="nearest"))
    ds = ds.copy(deep=True)
    place = {"gate": gate, "energy": -3.3, "disorder": 0.2}
    ds["ln_g"].loc[place] = dirty.sel(gate=gate) + np.linspace(-1, 1, 8)[:, None]
    assert "widest[n=2]" in failed(load(DEFINITION), ds)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gate": (0.68, 0.7)}, r"0.68 … 0.7 t there are 0, 0, 0 on these: .* to 0.63 or more"),
        ({"gate": (0.1, 0.2, 0.4)}, r"first 3 plateaus.*0.286 or less to 0.63"),
        ({"gate": (0.3, 0.4, 0.7)}, r"first 3 plateaus.*from 0.286 or less"),
        ({"gate": (0.1, 0.4, 0.7)}, r"there are 0, 1, 0 on these: give at least 3 on each"),
        ({"gate": (0.0, *GATES)}, r"a barrier, must be > 0 \(t\), got 0"),
        ({"disorder": (0.2,)}, r"needs disorder = 0 for its analysis.*--set disorder=0"),
        ({"energy": (-3.42, -3.18)}, r"needs energy = -3.3 for its analysis.*--set energy=-3.3"),
        ({"energy": (-3.37, -3.3, -3.23)}, r"missing: -3.412 … -3.37 and -3.23 … -3.188"),
        ({"fermi": -3.315}, r"needs energy = -3.315 for its analysis"),
    ],
)
def test_refused_before_the_run(settings, message):
    definition = load(DEFINITION)
    preset = definition.presets["quick"].changed(settings)
    with pytest.raises(qt.InputError, match=message):
        definition.sweep(preset, 1)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("KT", (-0.1, 0.1), r"temperature must be >= 0 \(kT in units of t\), got -0.014"),
        ("BIAS", (2.0,), r"eV = 0.28, .*missing: -3.44 … -3.42 and -3.18 … -3.16"),
    ],
)
def test_temperature_and_bias_are_refused_before_the_run(name, values, message):
    definition = load(DEFINITION)
    names_of(definition)[name] = qt.Axis(values)
    with pytest.raises(qt.InputError, match=message):
        definition.sweep(definition.presets["quick"], 1)


def test_too_few_realizations_for_an_error_are_refused():
    definition = load(DEFINITION)
    with pytest.raises(qt.InputError, match="needs at least 8 realizations for its errors, got 4"):
        definition.sweep(definition.presets["quick"].changed(realizations=4), 1)


def test_a_store_of_another_phenomenon_is_refused(tiny):
    workflow, ds = tiny
    with pytest.raises(AttributeError, match="this sweep has no wy"):
        workflow.results(stated(ds, wy=None))
    with pytest.raises(qt.InputError, match="lost its axis gate"):
        workflow.results(ds.isel(gate=0, drop=True))


def test_gates_without_plateaus_fail_with_the_reason(tiny):
    workflow, ds = tiny
    found = failed(workflow, ds.sel(gate=slice(0.65, 0.7)))
    assert "no plateau in the staircase" in found["series"]
    few = failed(workflow, ds.sel(gate=slice(0.68, 0.7)))
    assert "at least 5 gate values" in few["plateau[n=1]"]


def test_a_slope_without_plateaus_says_what_to_do(tiny):
    workflow, ds = tiny
    sloped = ds["ln_g"] * 0 + np.log(6 * (0.72 - ds["gate"]) / 0.7)
    found = failed(workflow, ds.assign(ln_g=sloped.transpose(*ds["ln_g"].dims)))
    assert "no plateau" in found["series"]
    assert "finer gate axis" in found["quantum"]


def test_an_unfinished_clean_contact_is_said(tiny):
    workflow, ds = tiny
    ds = ds.copy(deep=True)
    ds["ln_g"].loc[{"gate": GATES[20], "energy": ENERGIES[2]}] = np.nan
    found = failed(workflow, ds)
    for key in ("step[n=1]", "series", "loss"):
        assert "the clean contact is not finished" in found[key]


def test_a_contact_without_disorder_has_its_staircase(tiny):
    workflow, ds = tiny
    clean = ds.sel(disorder=[0.0])
    rows = workflow.checks(workflow.results(clean))
    assert all(row.passed for row in rows)
    assert not {"loss", "widest[n=1]"} & {row.key for row in rows}
    assert workflow.figure(clean, workflow.results(clean)).axes


def test_other_temperatures_and_voltages_of_a_stored_run(tiny):
    _, ds = tiny
    E, g = ds["energy"].values, np.exp(ds["ln_g"].sel(disorder=0.0).isel(realization=0, length=0))
    g = g.transpose("gate", "energy").values
    assert qt.estimate.thermal_conductance(g, E, -3.3, 0.01).shape == (len(GATES), 1)
    with pytest.raises(qt.InputError, match="temperature must be >= 0"):
        qt.estimate.thermal_conductance(g, E, -3.3, -0.01)
    with pytest.raises(qt.InputError, match=r"missing: -3.7 … -3.44 and -3.16 … -2.9"):
        qt.estimate.differential_conductance(g, E, -3.3, 0.8)


def test_figure_has_six_panels_and_siemens(tiny):
    workflow, ds = tiny
    figure = workflow.figure(ds, workflow.results(ds))
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert len([label for label in labels if "2e²/h" in label]) >= 6
    assert [axes.get_ylabel() for axes in figure.axes[0].child_axes] == ["G  (µS)"]
    # The staircase rises to the right, as the contact opens.
    assert all(np.subtract(*figure.axes[n].get_xlim()) > 0 for n in range(6))
    assert workflow.planned_error(workflow.sweep(workflow.presets["quick"], 1)).startswith("⟨g⟩")


@pytest.mark.slow
def test_the_quick_preset_has_the_table_of_before(run_tiny):
    workflow, ds = run_tiny("staircase", {})
    rows = {row.key: row for row in workflow.checks(workflow.results(ds))}
    for key, before in json.loads(BEFORE.read_text(encoding="utf-8")).items():
        row = rows.pop(key)
        for part, value in before.items():
            assert getattr(row, part) == pytest.approx(value, rel=1e-6, abs=1e-9), (key, part)
    # At the temperatures in between nothing was compared.
    assert {*rows} == {"rise[kT=0.02]", "rise[kT=0.05]"}
