"""Solved wires and the tables of before through the definition of `localization`."""

import json
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.estimate import fit_mean_free_path
from qtcore.theory.born import (
    next_order,
    scattering_rates,
)
from qtcore.workflow import load

from .localization_made import DEFINITION, labelled

BEFORE = Path(__file__).parent / "before" / "localization.json"


@pytest.fixture(scope="module")
def workflow():
    return load(DEFINITION)


@pytest.mark.slow
def test_the_table_of_the_quick_preset_is_that_of_before(tmp_path):
    """Frozen before quantities were declared; what changed since is said at each row there."""
    ds = qt.run(DEFINITION, store=tmp_path / "quick.zarr", progress=False, cluster="threads")
    definition = load(DEFINITION)
    rows = {row.key: row for row in definition.checks(definition.results(ds.load()))}
    before = json.loads(BEFORE.read_text(encoding="utf-8"))["rows"]
    assert set(rows) == set(before)
    for key, was in before.items():
        row, scale = rows[key], was.get("scale", 1.0)
        assert row.value == pytest.approx(was["value"] / scale, rel=1e-8), key
        assert row.expected == pytest.approx(was["expected"] / scale, rel=1e-12)
        # Pooled errors contain chance correlations between strengths: 1/√2000 each, three of them.
        assert row.error == pytest.approx(was["error"] / scale, rel=0.07), key
        # The band of a weighted mean is the weighted mean of the bands.
        assert row.tolerance == pytest.approx(was.get("field", was["tolerance"]) / scale, rel=0.04)
        assert row.passed


def test_numbers_are_those_of_the_first_release(workflow):
    """ln g of samples 0 and 7 at the longest length, from the engine before axes were free."""
    changes = {"disorder": (0.7,), "width": (1, 2), "flux": (0.0, 0.45)}
    sweep = workflow.sweep(workflow.presets["quick"].changed(changes, 60), 1)
    assert (sweep.lengths[0], sweep.lengths[-1], len(sweep.lengths)) == (8, 3142, 27)
    assert sweep.spans == ((2, 27), (2, 27), (0, 27), (0, 27))
    found = [sweep.solve(point, range(8))["ln_g"][[0, 7], -1] for point in sweep.all_points()]
    *without, in_field = found
    assert [[value.hex() for value in samples.tolist()] for samples in without] == [
        ["-0x1.296ffdcbbced0p+5", "-0x1.22dcc45e578e3p+5"],
        ["-0x1.296ffdcbbced0p+5", "-0x1.22dcc45e578e3p+5"],
        ["-0x1.a3be9ad5c57a6p+4", "-0x1.52f94afcc94d4p+5"],
    ]
    # In a field the modes of the leads come from LAPACK, whose rounding is the processor's.
    assert in_field.tolist() == pytest.approx([-30.899510250063102, -27.488493652213183], rel=1e-12)


@pytest.mark.physics
@pytest.mark.parametrize("strength", [0.35, 0.7])
def test_short_wires_have_the_mean_free_path_of_the_golden_rule_up_to_the_next_order(strength):
    # Standard error 0.25 %; the next order is 0.8 % and 3.3 %.
    lattice = qt.Square(8)
    rates = scattering_rates(lattice, 0.6, strength)
    steps = np.arange(int(np.ceil(np.log2(6 * 1.7) * 3)) + 1)
    lengths = np.unique(np.round(rates.mean_free_path / 6 * 2 ** (steps / 3))).astype(int).tolist()
    wire = qt.Wire(lattice, disorder=qt.Box(strength))
    g = np.exp(qt.ln_conductance(wire, 0.6, lengths, range(6000), seed=4))
    fit = fit_mean_free_path(g, np.array(lengths, dtype=float), rates, 1.0)
    found = fit.mean_free_path / rates.mean_free_path
    ratio, error = float(found), float(found.error)
    assert error < 0.003
    assert abs(ratio - 1) < 1.5 * next_order(wire, 0.6, strength) + 3 * error
    # A closed channel near its threshold makes sites scatter more, and l shorter.
    if strength == 0.7:
        assert ratio < 1 - 3 * error


@pytest.mark.slow
@pytest.mark.physics
def test_solved_wires_agree_with_theory_and_an_independent_code(workflow):
    # M = 2, E = 0.5, W = 1: xi = 88.31(19) from transfer matrices of long bars, (N + 1) l = 88.95.
    # Standard error of ours: sqrt(xi / (13 xi R)) = 0.4 %.
    changes = {"disorder": (1.0,), "width": (2,), "flux": (0.0,), "energy": (0.5,)}
    sweep = workflow.sweep(workflow.presets["quick"].changed(changes, 5000), 3)

    def solve(point):
        found = qt.scattering(
            sweep.wire(point), point.energy, point.lengths, range(sweep.largest_count), sweep.seed
        )
        return found.ln_g, found.certificate

    result = workflow.results(labelled(sweep, solve))
    xi, error = float(result.localization_length.item()), result.localization_length_error.item()
    assert error < 0.5
    assert abs(xi - 88.31) < 3.5 * np.hypot(error, 0.19)
    assert [row.key for row in workflow.checks(result) if not row.passed] == []
