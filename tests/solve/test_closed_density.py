"""Densities of states of ensembles against exact levels, infinite lattices and plane waves."""

import math

import numpy as np
import pytest
from scipy.special import ellipkm1

import qtcore as qt
from qtcore import observe, room
from qtcore.errors import QtcoreError
from qtcore.solve.chebyshev import Interval, safe_bounds
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.expansion import LORENTZ, Damping, jackson, lorentz

BOX = qt.Box(1.5)
ENERGIES = np.linspace(-2.5, 2.5, 6)
WIRES = {
    "strip": qt.Wire(qt.Square(17, periodic=True), BOX),
    "chain": qt.Wire(qt.Chain(), BOX),
    "bar": qt.Wire(qt.Cubic(3, 4, True), BOX),
    "honeycomb": qt.Wire(qt.Honeycomb(4, periodic=True), BOX),
    "field": qt.Wire(qt.Square(16, periodic=True), BOX, flux=1 / 16),
    "spin": qt.Wire(qt.Square(4), (BOX, qt.RandomSU2()), terms=(qt.Rashba(0.3),)),
    "gates": qt.Wire(qt.Square(16), BOX, gates=(lambda x, y: 0.1 * x + 0.0 * y,)),
}


def blurred(wire, realization, kernel, moments, bounds=None):
    """Return delta(E - e) of every level e, (energy, level), and the eigenvectors."""
    sample = next(iter(ClosedEnsemble(wire, 12, [realization], 3, True)))
    levels, vectors = np.linalg.eigh(qt.closed_sample(wire, 12, realization, 3, True).H.toarray())
    bounds = bounds or safe_bounds(sample.frame, sample.onsite)
    interval = Interval.around(*bounds)
    n, y = np.arange(moments), (levels - interval.center) / interval.half
    damping = Damping(kernel, moments)
    return damping.delta(interval, ENERGIES).T @ np.cos(n[:, None] * np.arccos(y)), vectors


@pytest.mark.parametrize("name", WIRES)
def test_local_density_is_the_sum_over_levels(name):
    wire = WIRES[name]
    components = wire.width * wire.orbitals
    places = [(k % 12, 7 * k % components) for k in range(10)]
    found = observe.bulk_local_density(wire, ENERGIES, 12, [2, 9], 3, places, moments=50)
    rows = [n * components + c for n, c in places]
    for row, realization in enumerate([2, 9]):
        delta, vectors = blurred(wire, realization, "jackson", 50)
        expected = np.abs(vectors[rows]) ** 2 @ delta.T
        assert np.abs(found.values[row] - expected).max() < 1e-13
    assert not found.errors.any()


@pytest.mark.parametrize("name", WIRES)
def test_density_of_an_ensemble_is_that_of_its_levels(name):
    wire = WIRES[name]
    found = observe.bulk_density_ensemble(wire, ENERGIES, 12, range(4), 3, 20, 64)
    expected = np.array([blurred(wire, r, "jackson", 20)[0].mean(axis=1) for r in range(4)])
    assert (found.errors < 0.2 * expected.max()).all()
    assert (np.abs(found.values - expected) < 4.5 * found.errors).all()
    mean = found.mean
    scatter = np.hypot(mean.errors, 0.02 * expected.mean(axis=0))
    assert (np.abs(mean.values - expected.mean(axis=0)) < 4.5 * scatter).all()


@pytest.mark.parametrize("kernel", ["jackson", "lorentz"])
def test_kernels_and_bounds_of_ones_own(kernel):
    wire, place = WIRES["chain"], [(4, 0)]
    bounds = (-2.8, 2.8)
    found = observe.bulk_local_density(
        wire, ENERGIES, 12, [1], 3, place, 60, kernel=kernel, bounds=bounds
    )
    delta, vectors = blurred(wire, 1, kernel, 60, bounds)
    assert found.values[0, 0] == pytest.approx(np.abs(vectors[4]) ** 2 @ delta.T, abs=1e-13)
    factor = math.pi if kernel == "jackson" else LORENTZ
    assert found.width == pytest.approx(factor / 60 * 2.8 * 1.01)


@pytest.mark.parametrize(("kernel", "factors"), [("jackson", jackson), ("lorentz", lorentz)])
def test_a_level_becomes_as_wide_as_stated(kernel, factors):
    interval, moments = Interval(0.3, 2.0), 400
    damping = Damping(kernel, moments)
    width = damping.width(interval)
    energies = 0.3 + np.linspace(-100, 100, 10001) * width
    energies = energies[np.abs(energies - 0.3) < 1.99]
    at_center = np.cos(np.arange(moments) * math.pi / 2)
    line = damping.delta(interval, energies).T @ at_center
    assert np.trapezoid(line, energies) == pytest.approx(1, abs=2e-3)
    assert line.min() > -1e-3 * line.max()
    half = energies[line > line.max() / 2]
    expected = width * (math.sqrt(2 * math.log(2)) if kernel == "jackson" else 1.0)
    assert (half[-1] - half[0]) / 2 == pytest.approx(
        expected, rel=0.02 if kernel == "jackson" else 0.06
    )
    assert factors(moments)[0] == pytest.approx(1)


def lattice_moments(density, interval, count, edge):
    """Chebyshev moments of a density of states given on (0, edge), even in E."""
    # Squared steps towards both ends, where densities have logarithms and steps.
    u = (np.arange(40000) + 0.5) / 40000
    energy, step = edge * np.sin(math.pi * u / 2) ** 2, edge * math.pi / 2 * np.sin(math.pi * u)
    weight = density(energy) * step / len(u)
    n = np.arange(count)[:, None]
    moments = 2 * (np.cos(n * np.arccos((energy - interval.center) / interval.half)) @ weight)
    moments[1::2] = 0.0
    return moments


@pytest.mark.physics
def test_van_hove_singularity_of_the_infinite_square_lattice():
    # rho(E) = K(1 - E²/16) / (2 pi²); up to 2 * 60 moments no wave has gone around 128 sites.
    bounds, moments = (-4.0, 4.0), 120
    energies = np.array([0.0, 0.1, 1.0, 2.0, 3.9])
    found = observe.bulk_local_density(
        qt.Wire(qt.Square(128, periodic=True)), energies, 128, [0], 1, [(5, 7)], moments,
        bounds=bounds,
    )  # fmt: skip
    interval = Interval.around(*bounds)
    exact = lattice_moments(lambda E: ellipkm1(E**2 / 16) / (2 * math.pi**2), interval, moments, 4)
    expected = exact @ Damping("jackson", moments).delta(interval, energies)
    assert found.values[0, 0] == pytest.approx(expected, rel=1e-6)
    assert found.values[0, 0, 2] == pytest.approx(0.14191, abs=2e-3)
    assert found.values[0, 0, 0] > 1.9 * found.values[0, 0, 2]


@pytest.mark.physics
def test_dirac_cone_and_van_hove_singularity_of_graphene():
    # E² = 3 + f is the square of two bands; an exact sum over a grid of momenta, per site.
    moments, bounds, size = 100, (-3.0, 3.0), 60
    found = observe.bulk_local_density(
        qt.Wire(qt.Honeycomb(size, periodic=True)), [0.0, 0.3, 1.0], size, [0], 1,
        [(3, 10), (3, 11)], moments, bounds=bounds,
    )  # fmt: skip
    k1, k2 = np.meshgrid(*2 * (2 * np.pi * np.arange(600) / 600,))
    levels = np.abs(1 + np.exp(1j * k1) + np.exp(1j * k2)).ravel()
    interval = Interval.around(*bounds)
    n, y = np.arange(0, moments, 2), levels / interval.half
    exact = np.zeros(moments)
    exact[::2] = np.array([np.cos(m * np.arccos(y)).mean() for m in n])
    expected = exact @ Damping("jackson", moments).delta(interval, np.array([0.0, 0.3, 1.0]))
    assert found.values[0] == pytest.approx(np.stack([expected, expected]), rel=1e-9)
    # Near E = 0 it is |E| / (sqrt(3) pi), blurred by a Gaussian: width sqrt(2 / pi) at E = 0.
    cone = found.width[0] * math.sqrt(2 / math.pi) / (math.sqrt(3) * math.pi)
    assert found.values[0, 0, 0] == pytest.approx(cone, rel=0.05)


@pytest.mark.parametrize(
    ("wire", "momentum", "bands"),
    [
        (WIRES["strip"], (2 * math.pi / 12, 2 * math.pi / 17), None),
        (
            qt.Wire(qt.Square(17, periodic=True)),
            (2 * math.pi / 12, 2 * math.pi / 17),
            [2 * math.cos(2 * math.pi / 12) + 2 * math.cos(2 * math.pi / 17)],
        ),
        (
            qt.Wire(qt.Honeycomb(4, periodic=True)),
            (2 * math.pi / 12, 0.0),
            [sign * (1 + 2 * math.cos(math.pi / 12)) for sign in (-1, 1)],
        ),
        (
            qt.Wire(qt.Square(5, periodic=True), terms=(qt.QWZ(0.7, -0.9),)),
            (2 * math.pi / 12, 0.0),
            [
                sign * math.hypot(0.7 * 0.5, -0.9 + math.cos(math.pi / 6) + 1)
                for sign in (-1, 1)
            ],
        ),
        (qt.Wire(qt.Cubic(3, 4, True), BOX), (0.0, 0.0, math.pi / 2), None),
    ],
)  # fmt: skip
def test_spectral_function_has_its_weight_at_the_bands(wire, momentum, bands):
    energies = np.linspace(-8, 8, 4001)
    found = observe.spectral_function(wire, [momentum], energies, 12, [2], 3, moments=150)
    line = found.values[0, 0]
    kinds = len(bands) if bands else 1
    # The integral is the number of states that a momentum has.
    assert np.trapezoid(line, energies) == pytest.approx(kinds, rel=1e-3)
    if bands is None:
        H = qt.closed_sample(wire, 12, 2, 3, periodic=True).H
        psi = observe.plane_wave(wire, 12, momentum)
        mean = (psi.conj() @ (H @ psi)).real
        assert np.trapezoid(line * energies, energies) == pytest.approx(mean, abs=2e-3)
        return
    damping, frame = Damping("jackson", 150), ClosedEnsemble(wire, 12, [2], 3, True).frame_of(None)
    interval = Interval.around(*safe_bounds(frame, frame.diagonal))
    n = np.arange(150)
    expected = sum(
        damping.delta(interval, energies).T
        @ np.cos(n * np.arccos((band - interval.center) / interval.half))
        for band in bands
    )
    assert line == pytest.approx(expected, abs=1e-10)


def test_a_realization_has_the_same_bits_whatever_else_is_asked_for():
    for wire in (WIRES["strip"], WIRES["spin"]):
        many = observe.bulk_density_ensemble(wire, [0.5], 12, range(10), 3, 32, 8)
        few = observe.bulk_density_ensemble(wire, [0.5], 12, [9, 4], 3, 32, 8)
        assert np.array_equal(many.values[[9, 4]], few.values)
        assert np.array_equal(many.errors[[9, 4]], few.errors)


def test_no_density_outside_the_spectrum():
    found = observe.bulk_density_ensemble(WIRES["strip"], [-50.0, 0.0, 50.0], 12, [0], 1, 32)
    assert (found.values[0] > 0).tolist() == [False, True, False]


ASKED = {"energies": [0.5], "length": 12, "realizations": [0, 1], "seed": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"moments": 1}, "moments must be >= 2, got 1"),
        ({"moments": 2.5}, "moments must be a whole number"),
        ({"vectors": 1}, "number of random vectors must be >= 2, got 1"),
        ({"energies": []}, "energies is empty"),
        ({"energies": [float("nan")]}, "energy must be finite"),
        ({"length": 2}, "a periodic sample needs at least 3 slices, got 2"),
        ({"realizations": [-1]}, "realization must be >= 0"),
        ({"periodic": 1}, "periodic must be True or False"),
        ({"kernel": "fejer"}, "kernel must be 'jackson' or 'lorentz', got 'fejer'"),
        ({"bounds": (1.0, -1.0)}, r"bounds must be \(lowest, highest\)"),
        ({"bounds": 3.0}, "bounds must be two energies"),
        ({"bounds": (-2.0, 5.0)}, r"bounds must enclose the spectrum, got -2 .. 5 t, .* level at"),
        ({"bounds": (-5.0, 3.9)}, r"bounds must enclose the spectrum.*-4.7.* .. 4.7.* t is safe"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(change, message):
    with pytest.raises(qt.InputError, match=message):
        observe.bulk_density_ensemble(WIRES["strip"], **{**ASKED, **change})


@pytest.mark.parametrize("name", ["strip", "field", "chain"])
def test_bounds_that_hold_are_taken_though_safe_ones_are_wider(name):
    H = qt.closed_sample(WIRES[name], 12, 0, 1, periodic=True).H
    low, high = np.linalg.eigvalsh(H.toarray())[[0, -1]]
    bounds = (float(low) - 0.01, float(high) + 0.01)
    for_all = observe.bulk_density_of_states(H, [0.5], 64, 8, bounds=bounds)
    assert for_all.width < observe.bulk_density_of_states(H, [0.5], 64, 8).width
    with pytest.raises(qt.InputError, match="level at"):
        observe.bulk_density_of_states(H, [0.5], 64, 8, bounds=(float(low) + 0.05, float(high)))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: observe.bulk_local_density(WIRES["strip"], **ASKED, places=[(12, 0)]),
            r"slices 0 .. 11 with components 0 .. 16, got place \(12, 0\)",
        ),
        (
            lambda: observe.bulk_local_density(WIRES["strip"], **ASKED, places=[]),
            "places is empty",
        ),
        (
            lambda: observe.bulk_local_density(WIRES["strip"], **ASKED, places=[3]),
            "places must be pairs",
        ),
        (
            lambda: observe.spectral_function(WIRES["strip"], [(0.1, 0.0)], **ASKED),
            "multiples of 2 pi / 12 = 0.523599, got",
        ),
        (
            lambda: observe.spectral_function(WIRES["field"], [(0.0, 0.0)], **ASKED),
            "depend on the gauge",
        ),
        (
            lambda: observe.spectral_function(WIRES["strip"], [0.0, 0.0], **ASKED),
            r"momenta must be \(momentum, 2\)",
        ),
        (
            lambda: observe.bulk_density_of_states(np.array([[0.0, 1.0], [2.0, 0.0]]), [0.0]),
            "H must be Hermitian",
        ),
        (
            lambda: observe.bulk_density_of_states(np.array([[0.0, np.nan], [2.0, 0.0]]), [0.0]),
            "H must be finite",
        ),
        (
            lambda: observe.bulk_density_of_states(np.zeros((2, 3)), [0.0]),
            "H must be a square matrix",
        ),
        (
            lambda: observe.bulk_density_ensemble(WIRES["strip"], **{**ASKED, "realizations": [0]}).mean,
            "at least 2 realizations",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(ask, message):
    with pytest.raises(qt.InputError, match=message):
        ask()


@pytest.mark.parametrize(
    "ask",
    [
        observe.bulk_density_ensemble,
        lambda wire, **asked: observe.bulk_local_density(wire, **asked, places=[(0, 0)]),
        lambda wire, **asked: observe.spectral_function(wire, [(0.0, 0.0)], **asked),
        lambda wire, **asked: observe.kubo_bastin(wire, **asked, axes="xx"),
        lambda wire, energies, **asked: observe.packet_spread(
            wire, observe.wave_packet(wire, 12, (6.0, 4.0), 0.3), energies, **asked
        ),
    ],
    ids=["density", "local density", "spectral function", "conductivity", "packets"],
)
def test_a_realization_that_is_repeated_is_refused(ask):
    with pytest.raises(qt.InputError, match="realizations must differ, and 2 is there 2 times"):
        ask(WIRES["strip"], **{**ASKED, "realizations": [2, 0, 2]})


def test_more_than_the_memory_is_refused_with_the_bytes(monkeypatch):
    H = qt.closed_sample(WIRES["bar"], 50, 0, 1).H

    class Little:
        available = 10**4

    monkeypatch.setattr(room.psutil, "virtual_memory", Little)
    with pytest.raises(qt.InputError, match=r"512 moments of 204 orbitals need [\d,]+ bytes"):
        observe.bulk_density_ensemble(WIRES["strip"], **ASKED)
    with pytest.raises(
        qt.InputError, match=r"10000000000 moments of 204 orbitals need [\d,]+ bytes"
    ):
        observe.bulk_local_density(WIRES["strip"], **ASKED, places=[(0, 0)], moments=10**10)
    with pytest.raises(qt.InputError, match=r"need [\d,]+ bytes .* take a smaller sample"):
        observe.kubo_conductivity(H, H, 1.0, np.linspace(-1, 1, 99))


def test_a_spectrum_that_lanczos_cannot_see_is_seen_by_the_polynomials(monkeypatch):
    monkeypatch.setattr("qtcore.solve.bounds._extremes", lambda _: (0.0, 0.0))
    with pytest.raises(QtcoreError, match="the spectrum reaches beyond the bounds"):
        observe.bulk_density_ensemble(WIRES["strip"], **ASKED, bounds=(-2.0, 2.0))
