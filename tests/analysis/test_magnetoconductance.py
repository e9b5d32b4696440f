"""Changes in a field: what is planned, and what comes back from samples with a known truth."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.analysis.crossover import crossover as theory
from qtcore.analysis.magnetoconductance import analyse, compared_fields, compared_slopes
from qtcore.analysis.rectangles import Sample, diffusion_constant, refuse_rectangles

WIRE = Sample(30, 90, disorder=2.0, energy=0.6)
PROBED = Sample(16, 16, disorder=4.0, energy=1.0, probes=0.02)
FLUX = np.array([0.0, 5e-4, 1e-3, 2.5e-3, 5.5e-3])


def made(sample: Sample, change: np.ndarray, noise: float, realizations: int = 400) -> xr.Dataset:
    """Samples of g = 1.5 + change × spins, all fields with most of their noise in common."""
    rng = np.random.default_rng(11)
    common = rng.normal(0, 0.3, (realizations, 1))
    own = rng.normal(0, noise, (realizations, len(FLUX))) * np.sqrt(FLUX / FLUX[-1])
    g = (1.5 + change + common + own) * sample.spins
    return xr.Dataset(
        {"g": (("sample", "flux", "realization", "length"), g.T[None, :, :, None])},
        coords={"sample": [0], "flux": FLUX, "length": [sample.length]},
    )


def analysed(sample: Sample, change: np.ndarray, noise: float) -> xr.Dataset:
    ds = made(sample, change, noise)
    return analyse(ds, [sample]).isel(sample=0)


def crossover(sample: Sample, phase_length: float = np.inf) -> np.ndarray:
    # l as the analysis finds it, from N / g - 1 at the strongest field, here of about 1.5.
    path = sample.length / (
        (qt.open_channels(sample.wire(5.5e-3), sample.energy) / sample.spins) / 1.55 - 1
    )
    return theory(sample, FLUX, path, phase_length, 1.55)


def test_diffusion_is_that_of_the_golden_rule():
    # physics: tau = 13.46 and D = 34.5 at E = 1, W = 1.
    assert diffusion_constant(1.0, 1.0) == pytest.approx(34.5, abs=0.05)
    assert diffusion_constant(1.0, 4.0) == pytest.approx(34.5 / 16, rel=2e-3)


def test_the_correction_of_a_wire_comes_back():
    result = analysed(WIRE, crossover(WIRE), 0.3)
    # Four fields with errors of 0.005 to 0.015; l moves the truth by one per cent.
    assert 0.005 < float(result.correction_error) < 0.03
    deviation = float(result.correction) + 1 / 3
    assert abs(deviation) < 3 * float(result.correction_error) + 0.005
    assert float(result.correction_theory) == pytest.approx(-1 / 3)


def test_with_spin_orbit_coupling_half_of_g_counts_and_the_sign_is_reversed():
    sample = Sample(30, 90, disorder=2.0, energy=0.6, ando=0.5)
    result = analysed(sample, crossover(sample), 0.3)
    assert float(result.correction_theory) == pytest.approx(1 / 6)
    assert float(result.change[-1]) == pytest.approx(crossover(sample)[-1], abs=0.05)


def test_a_phase_length_comes_back():
    result = analysed(PROBED, crossover(PROBED, 6.0), 0.05)
    error = float(result.phase_length_error)
    assert 0.1 < error < 1.0
    assert abs(float(result.phase_length) - 6.0) < 3 * error
    # The film knows no leads, of which this sample has two within 1.3 L_phi of its centre.
    assert float(result.film_amplitude_error) > 0
    deviation = abs(float(result.film_amplitude) - 1)
    assert deviation < float(result.film_amplitude_left_out) + 3 * float(
        result.film_amplitude_error
    )


def test_only_diffusive_samples_and_fields_are_compared():
    # g = 1.5 makes l = 7 in the wire, and 2.3 in a square of 16 sites, 7 l.
    result = analysed(WIRE, crossover(WIRE), 0.05)
    compared = [float(here.flux) for here in compared_fields(result, WIRE)]
    assert compared == [5e-4, 1e-3], "above them l_B is shorter than l"
    assert np.isfinite(result.change[-1]), "measured and drawn all the same"
    square = Sample(16, 16, disorder=4.0, energy=1.0)
    short = analysed(square, crossover(square), 0.05)
    assert 8 * float(short.mean_free_path) > 16
    assert compared_fields(short, square) == []
    assert np.isnan(short.correction)


def test_squares_of_less_than_eight_paths_have_no_slope():
    pair = [Sample(M, M, disorder=4.0, energy=1.0) for M in (16, 32)]
    g = xr.concat([made(s, crossover(s), 0.05) for s in pair], "length")["g"]
    both = xr.concat([g.sel(sample=0), g.sel(sample=0)], "sample").assign_coords(sample=[0, 1])
    assert compared_slopes(analyse(both.to_dataset(), pair)) == []


def asked(flux=(0.0, 1e-3), realizations=10_000, sample=(0,), error=0.01):
    return SimpleNamespace(sample=sample, flux=flux, realizations=realizations, error=error)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (asked(realizations=100), "100 realizations are too few .* 2053 are needed"),
        (asked(flux=(1e-3, 2e-3)), "flux must hold 0"),
        (asked(sample=(2,)), "sample takes 0 to 1, got 2"),
        (asked(sample=(1,)), r"eta of the probes must be >= 0 .*probes=-0.1"),
        (asked(error=0.0), "error must be > 0"),
    ],
)
def test_what_cannot_be_computed_is_refused(given, words):
    samples = [WIRE, Sample(16, 16, disorder=4.0, energy=1.0, probes=-0.1)]
    with pytest.raises(qt.InputError, match=words):
        refuse_rectangles(given, samples, lambda *_: 2053)


def test_edge_states_are_announced():
    with pytest.warns(UserWarning, match="cyclotron radius, 6 sites, is below the width"):
        refuse_rectangles(asked(flux=(0.0, 0.05)), [WIRE], lambda *_: 1)
