"""The workflow weak_localization: a tiny preset through the engine, and checks that can fail."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.analysis.magnetoconductance import analyse
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "weak_localization.py"


@pytest.fixture(scope="module")
def workflow():
    return load(DEFINITION)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> xr.Dataset:
    """Wires without and with Ando's and Rashba's coupling, a square with probes; errors of 0.02."""
    return qt.run(
        DEFINITION,
        settings={"sample": (0, 1, 8, 9), "error": 0.05},
        store=tmp_path_factory.mktemp("wl") / "tiny.zarr",
        cluster="threads",
        workers=1,
        progress=False,
    ).load()


def rows(workflow, ds: xr.Dataset) -> dict:
    return {row.name: row for row in workflow.check(workflow.analyse(ds))}


def named(found: dict, start: str) -> list:
    return [row for name, row in found.items() if name.startswith(start)]


@pytest.mark.physics
def test_a_tiny_preset_passes_its_checks(workflow, tiny):
    found = rows(workflow, tiny)
    wire, ando, rashba = named(found, "δg")
    assert wire.value < -0.2
    assert ando.value > 0.08
    assert rashba.value > 0.05
    assert all(row.error < 0.05 for row in named(found, "Δg"))
    assert [name for name, row in found.items() if not row.passed] == []
    (phase,) = named(found, "L_φ")
    assert 0.2 < phase.error < 2.0


def test_without_an_effect_of_the_flux_checks_fail(workflow, tiny):
    # The numbers of other samples without field stand in for those in the field.
    g = tiny["g"].copy()
    for field in range(1, tiny.sizes["flux"]):
        g[:, field] = np.where(np.isnan(g[:, field]), np.nan, np.roll(g[:, 0], 7 * field, axis=1))
    found = rows(workflow, tiny.assign(g=g).sel(sample=[0, 1]))
    wire, _ = named(found, "δg")
    assert not wire.passed
    assert not found["Δg, 30 × 90, 2.4 h/e"].passed


def test_antilocalization_of_the_wrong_sign_fails(workflow, tiny):
    at_zero = tiny["g"].isel(flux=0)
    mirrored = tiny.assign(g=2 * at_zero - tiny["g"]).sel(sample=[0, 1]).transpose(*tiny.dims)
    wire, spin_orbit = named(rows(workflow, mirrored), "δg")
    assert not wire.passed
    assert not spin_orbit.passed


def with_samples(workflow, ds: xr.Dataset, number: int, **changed) -> dict:
    """Check one sample's numbers against the theory of another Hamiltonian."""
    samples = list(workflow.solve.__globals__["SAMPLES"])
    samples[number] = replace(samples[number], **changed)
    result = analyse(ds.sel(sample=[number]), samples)
    return {row.name: row for row in workflow.check(result)}


def test_rashba_coupling_of_half_the_strength_fails(workflow, tiny):
    right = with_samples(workflow, tiny, 9)
    assert all(row.passed for row in right.values())
    wrong = with_samples(workflow, tiny, 9, rashba=0.025)
    assert not any(row.passed for row in named(wrong, "Δg"))


def test_without_its_spin_a_wire_of_ando_fails(workflow, tiny):
    wrong = with_samples(workflow, tiny, 1, ando=0.0)
    assert not any(row.passed for row in wrong.values())


def test_probes_that_take_in_ten_times_as_much_fail(workflow, tiny):
    (wrong,) = with_samples(workflow, tiny, 8, probes=0.5).values()
    assert not wrong.passed


def test_the_figure_is_drawn(workflow, tiny):
    result = workflow.analyse(tiny)
    figure = workflow.draw(tiny, result)
    assert len(figure.axes) == 4


def test_presets_reach_the_error_that_they_state(workflow):
    for name, error in (("quick", "0.02"), ("standard", "0.01"), ("paper", "0.002")):
        sweep = workflow.sweep(workflow.presets[name], 1)
        assert workflow.planned_error(sweep).startswith(f"⟨g(B) − g(0)⟩ to {error} ")


def test_too_few_realizations_say_how_many_are_needed(workflow):
    few = workflow.presets["quick"].changed(realizations=100)
    with pytest.raises(qt.InputError, match=r"100 realizations are too few .* [0-9]+ are needed"):
        workflow.sweep(few, 1)


def test_useless_fields_are_left_out(workflow):
    needed = workflow.realizations.__globals__["needed"]
    change_error = workflow.realizations.__globals__["change_error"]
    assert needed(0, 0.0, 0.01) > 0
    assert needed(0, 1e-5, 0.01) == 0, "0.03 h/e"
    assert needed(0, 0.02, 0.01) == 0, "cyclotron radius of 15 sites"
    # Sample 0 is computed six times finer than asked.
    count = needed(0, 1e-3, 0.06)
    assert count == 2053
    assert change_error(0, count) == pytest.approx(0.01, rel=1e-3)


def test_what_makes_numbers_and_theory_mean_the_same_samples(workflow):
    names = workflow.solve.__globals__
    for made, sample in zip(names["RECTANGLES"], names["SAMPLES"], strict=True):
        assert names["wire_of"](made, 1e-3) == sample.wire(1e-3)
        assert names["spins_of"](made) == sample.spins
