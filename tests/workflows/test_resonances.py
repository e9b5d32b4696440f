"""Exact transmissions, and checks that notice a wrong one."""

import numpy as np
import pytest

ENERGIES = (-1.3, -0.35, 0.0, 0.4, 0.5, 1.05)


@pytest.fixture(scope="module")
def tiny(run_tiny):
    return run_tiny("resonances", {"energy": ENERGIES})


def failed(workflow, ds):
    return [row.name for row in workflow.check(workflow.analyse(ds)) if not row.passed]


def test_every_device_comes_out_exact(tiny):
    workflow, ds = tiny
    rows = workflow.check(workflow.analyse(ds))
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
        ("height", 1.21, {"barrier", "two impurities", "strip"}),
        ("distance", 6, {"barrier", "two impurities"}),
        ("site", 1, {"strip", "strip vacancy"}),
        ("level", 0.51, {"side site"}),
    ],
)
def test_the_wrong_formula_fails(tiny, constant, wrong, fails):
    workflow, ds = tiny
    found = failed(workflow, ds.assign_coords({constant: wrong}))
    assert {name.split(":")[0] for name in found if "largest" in name} == fails


def test_an_energy_that_was_not_computed_fails(tiny):
    workflow, ds = tiny
    assert failed(workflow, ds.where(ds.energy != 0.4))


def test_figure_shows_every_device(tiny):
    workflow, ds = tiny
    figure = workflow.draw(ds, workflow.analyse(ds))
    labels = [text.get_text() for axes in figure.axes for text in axes.get_legend().get_texts()]
    assert len(labels) == 9
