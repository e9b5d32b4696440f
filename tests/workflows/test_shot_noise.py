"""Bad input of `shot_noise` says what to do; the times of the cavity are those of its samples."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "shot_noise.py"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bias": 0.0}, r"needs a bias > 0 \(eV in units of t\), got 0; without bias only thermal"),
        ({"kT": 0.0}, r"kT must be > 0 \(t\), got 0: there is no thermal noise"),
        ({"kT": -0.002}, r"temperature must be >= 0 \(kT in units of t\), got -0.002"),
        ({"kT": 0.003}, r"eV = 0.03, kT = 0.003 .*missing: 0.561 … 0.572 and 0.628 … 0.639"),
        ({"bias": 0.08}, r"eV = 0.08, kT = 0 .*missing: 0.56 … 0.572"),
        ({"fermi": 0.601}, "needs energy = 0.601 for its analysis"),
    ],
)
def test_refused_before_the_run(settings, message):
    definition = load(DEFINITION)
    with pytest.raises(qt.InputError, match=message):
        definition.sweep(definition.presets["quick"].changed(settings), 1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"width": 40, "slices": 40},
            r"stay \d+ ħ/t in the cavity of 40 sites and cross it in 19: it is not chaotic .* wider",
        ),
        ({"opening": 1, "fermi": 2.5}, "openings of 1 sites are closed at the energy 2.5 t"),
    ],
)
def test_a_cavity_that_is_closed_or_not_chaotic_is_refused(changed, message):
    definition = load(DEFINITION)
    names = definition.validate.__globals__
    case = {**names["CASES"][-1], "opening": 9, **changed}
    fermi = case.pop("fermi", 0.6)
    energy = (fermi + 0.002 * np.linspace(-14, 14, 15)).round(9).tolist()
    preset = definition.presets["quick"].changed(
        {"conductor": [case], "energy": energy, "fermi": fermi}
    )
    with pytest.raises(qt.InputError, match=message):
        definition.sweep(preset, 1)


@pytest.mark.physics
@pytest.mark.slow
def test_the_time_in_the_cavity_is_that_of_wigner_and_smith():
    """(1/2N) tr Q of a smaller cavity: 8 samples at 4 energies spread by 8 %, 1.5 % each mean."""
    names = load(DEFINITION).validate.__globals__
    point = SimpleNamespace(**{**names["CASES"][-1], "width": 24, "slices": 24}, energy=0.6)
    _, dwell, N = names["times"](point)
    found = []
    for energy in np.linspace(0.5, 0.7, 5):
        sample = qt.sample_with_leads(names["wire"](point), energy, 24, range(6), seed=1)
        delays = np.linalg.eigvalsh(observe.wigner_smith(sample))
        found.append(delays.sum(axis=1) / (2 * N))
    found = np.array(found).mean(axis=0)
    error = found.std(ddof=1) / len(found) ** 0.5
    # The boundary takes a layer of about half a wavelength from the area: 10 % here.
    assert abs(found.mean() - dwell) < 3 * error + 0.15 * dwell
