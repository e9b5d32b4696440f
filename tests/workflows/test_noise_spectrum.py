"""Bad input of `noise_spectrum` says what to do; the fitted end moves with the charge."""

from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "noise_spectrum.py"


@pytest.fixture(scope="module")
def definition():
    return load(DEFINITION)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"energy": "0.3:0.9:121"}, r"eV = .* kT = 0 at mu = 0.6 needs .*missing: .* … 0.3 and 0.9 … "),
        ({"energy": "-0.04:1.24:129"}, r"ħω must lie at whole steps of the stored energies \(0.01 t\)"),
        ({"fermi": 0.6025}, r"needs energy = 0.6025 for its analysis"),
    ],
)  # fmt: skip
def test_refused_before_the_run(definition, settings, message):
    with pytest.raises(qt.InputError, match=message):
        definition.sweep(definition.presets["quick"].changed(settings), 1)


@pytest.mark.parametrize("kT", [-0.1, np.nan])
def test_another_temperature_is_refused_before_the_run(kT):
    definition = load(DEFINITION)
    definition.validate.__globals__["KT"] = type("Axis", (), {"values": (kT,)})
    with pytest.raises(qt.InputError, match="temperature must be >= 0"):
        definition.sweep(definition.presets["quick"], 1)


def test_the_end_of_a_made_curve_is_found(definition):
    names = definition.validate.__globals__
    f = np.array(names["FREQUENCY"].values)
    bent = np.where(f < 1, 1.1 * (1 - f), 0.05 * (1 - f))
    assert float(names["kink"](estimate.exact(bent))) == pytest.approx(1.0, abs=1e-12)
    # Of a charge that is 1.2 times as large the end lies beyond the band of the row, 3 %.
    assert float(names["kink"](estimate.exact(np.maximum(1.2 - f, 0.0)))) > 1.06


def test_matrices_that_are_not_unitary_have_another_size(definition):
    """t scaled by 0.8: the rows would fail; with the right one constant matrices have all by the formula."""
    names = definition.validate.__globals__
    at = type("At", (), {})()
    energy = np.round(0.6 + 0.005 * np.arange(-128, 129), 6)
    r, t = np.full((16, 257, 2), 0.0), np.full((16, 257, 2), 0.0)
    r[..., 0], t[..., 1] = 0.6, 0.8
    at.r, at.t, at.energy, at.fermi = r, t * 0.8, energy, 0.6
    at.where = lambda *_: 128
    stage = names["measure"]
    wrong = getattr(stage, "function", stage)(at)
    assert abs(wrong["size"].values[0] - 1) > 0.2
    at.t = t
    right = getattr(stage, "function", stage)(at)
    np.testing.assert_allclose(right["size"].values, 1.0, atol=1e-9)
    np.testing.assert_allclose(right["end"].values, 1.0, atol=1e-9)
    np.testing.assert_allclose(right["whole"].values, 1.0, atol=1e-3)
