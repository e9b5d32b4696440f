"""Exact transmissions, and checks that notice a wrong one."""

import json
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "resonances.py"

ENERGIES = (-1.3, -0.35, 0.0, 0.4, 0.5, 1.05)


@pytest.fixture(scope="module")
def tiny(run_tiny):
    return run_tiny("resonances", {"energy": ENERGIES})


def failed(workflow, ds):
    return [row.key for row in workflow.checks(workflow.results(ds)) if not row.passed]


def test_every_device_comes_out_exact(tiny):
    workflow, ds = tiny
    rows = workflow.checks(workflow.results(ds))
    assert len(rows) == 8
    assert [row.name for row in rows if not row.passed] == []
    assert all(row.source for row in rows)


@pytest.mark.parametrize("device", range(6))
def test_a_change_of_one_in_a_million_fails(tiny, device):
    workflow, ds = tiny
    wrong = ds.copy(deep=True)
    # One energy alone; ln T of the removed atom is lifted to ln 1e-6.
    there = {"device": device, "energy": 3, "realization": 0}
    values = wrong["ln_g"][there].values
    wrong["ln_g"][there] = np.log(np.exp(values) + 1e-6)
    assert len(failed(workflow, wrong)) == 1


@pytest.mark.parametrize(
    ("constant", "wrong", "fails"),
    [
        ("height", 1.21, {"barrier", "two_impurities", "strip"}),
        ("distance", 6, {"barrier", "two_impurities"}),
        ("site", 1, {"strip", "strip_vacancy"}),
        ("level", 0.51, {"side_site"}),
    ],
)
def test_the_wrong_formula_fails(tiny, constant, wrong, fails):
    workflow, ds = tiny
    spec = json.loads(ds.attrs["spec"])
    spec["constants"][constant] = wrong
    found = failed(workflow, ds.assign_attrs(spec=json.dumps(spec)))
    assert {key for key in found if "[" not in key} == fails


def test_an_energy_that_was_not_computed_fails(tiny):
    workflow, ds = tiny
    assert failed(workflow, ds.where(ds.energy != 0.4))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"site": 7}, r"site = 7 lies beside the strip; allowed are sites 0 to 6 .* width 7"),
        ({"site": -1}, r"site = -1 lies beside the strip"),
        ({"device": (0, 6)}, r"no device 6; choose among 0 \(vacancy\), 1 \(barrier\)"),
        (
            {"energy": (0.0, 0.4)},
            r"resonances needs energy = 0.5 for its analysis.*--set energy=0.5,0,0.4",
        ),
        ({"energy": (0.5, 0.4)}, r"needs energy = 0 for its analysis.*--set energy=0,"),
    ],
)
def test_refused_before_the_run(settings, message):
    definition = load(DEFINITION)
    with pytest.raises(qt.InputError, match=message):
        definition.sweep(definition.presets["quick"].changed(settings), 1)


def test_another_site_and_fewer_devices_come_out_exact(run_tiny):
    settings = {"site": (3,), "device": (3, 4), "energy": (0.0, 0.5)}
    workflow, ds = run_tiny("resonances", settings)
    rows = workflow.checks(workflow.results(ds))
    assert [(len(rows), row.passed) for row in rows] == 3 * [(3, True)]


def test_figure_shows_every_device(tiny):
    workflow, ds = tiny
    figure = workflow.figure(ds, workflow.results(ds))
    labels = [text.get_text() for axes in figure.axes for text in axes.get_legend().get_texts()]
    assert len(labels) == 9
