"""Leads with nearly degenerate transverse levels, against closed forms and many digits."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve import slice_levels
from qtcore.solve.bulk import LONG
from qtcore.solve.lead_modes import _kept_modes
from qtcore.solve.slice_levels import slice_levels as levels_of


def chain(width):
    return np.eye(width, k=1) + np.eye(width, k=-1)


def bilayer(width, tperp, bias=0.0):
    """Return a slice of two strips, as in docs/how-to/lattice-of-your-own.md."""
    between = np.array([[bias / 2, tperp], [tperp, -bias / 2]])
    return np.kron(np.eye(2), chain(width)) + np.kron(between, np.eye(width))


def two_strips(tperp):
    return np.kron(np.eye(2), 1.3 * chain(2)) + np.kron(tperp * chain(2), np.eye(2))


def clean_strip(width):
    wave = np.pi * np.arange(1, width + 1) / (width + 1)
    functions = np.sqrt(2 / (width + 1)) * np.sin(np.outer(np.arange(1, width + 1), wave))
    return 2 * np.cos(wave), functions


def two_levels(tperp, bias):
    """Return the levels of [[b/2, t], [t, -b/2]] and its functions."""
    size, angle = np.hypot(bias / 2, tperp), np.arctan2(tperp, bias / 2) / 2
    turn = np.array([[-np.sin(angle), np.cos(angle)], [np.cos(angle), np.sin(angle)]])
    return np.array([-size, size]), turn


def misfit(functions, expected):
    """Return how far functions are from the expected ones, whatever their sign and order."""
    overlap = functions.T @ expected
    chosen = np.abs(overlap).argmax(axis=0)
    signs = np.sign(overlap[chosen, np.arange(len(expected))])
    return np.abs(functions[:, chosen] * signs - expected).max()


@pytest.mark.parametrize("width", [1, 2, 5, 12])
def test_functions_of_nearly_degenerate_levels(width):
    rng = np.random.default_rng(width)
    for _ in range(20):
        tperp, bias = 10.0 ** rng.uniform(-16, -3, 2)
        levels, across = clean_strip(width)
        apart, between = two_levels(tperp, bias)
        energies, found = levels_of(bilayer(width, tperp, bias))
        assert misfit(found, np.kron(between, across)) < 1e-11
        expected = np.sort(np.add.outer(apart, levels).ravel())
        assert energies == pytest.approx(expected, abs=1e-14)


def test_levels_that_are_closer_still():
    # Sums of these numbers are exact.
    pairs = [(1.25, 0.5), (37 * 2.0**-30, 21 * 2.0**-31), (5 * 2.0**-50, 3 * 2.0**-49)]
    h, expected = np.zeros((8, 8)), np.eye(1)
    for k, (tperp, bias) in enumerate(pairs):
        inside = np.array([[bias / 2, tperp], [tperp, -bias / 2]])
        h += np.kron(np.kron(np.eye(2**k), inside), np.eye(2 ** (2 - k)))
        expected = np.kron(expected, two_levels(tperp, bias)[1])
    _, found = levels_of(h)
    # The closest levels are 1e-14 apart, 1e-6 of the distance of the next ones.
    assert misfit(found, expected) < 1e-11


def test_other_leads_keep_their_bits():
    one = np.eye(6)
    # Many levels of a square bar are equal, which are not nearly degenerate.
    for h in (np.kron(chain(6), one) + np.kron(one, chain(6)), chain(40)):
        for found, expected in zip(levels_of(h), np.linalg.eigh(h), strict=True):
            assert np.array_equal(found, expected)


# ln g by decimation of the leads and recursive Green's functions, with 1500 bits and E + 1e-90 i.
LN_G = {
    "width 3, 2^-30": (bilayer(3, 2.0**-30), 3.4142135615349045, -6.42958482589029334407229690180),
    "width 3, bias": (
        bilayer(3, 2.699e-8, 1.94e-8),
        3.414213535943917,
        -3.96475714170758608411914726797,
    ),
    "width 2, 1e-9": (
        bilayer(2, 1e-9),
        3.0 + 1e-9 - 1e-10,
        -9.87455325423467664434022922570,
    ),
    "width 2, 6e-8": (
        bilayer(2, 6e-8),
        3.0 + 6e-8 - 6e-9,
        -5.38764237793732528982422738577,
    ),
}


def solved(name, method):
    h, energy, exact = LN_G[name]
    wire = qt.Wire(qt.Custom(h, np.eye(len(h))), qt.Box(0.01))
    found = qt.scattering(wire, energy, [20], [0], seed=1, method=method)
    return abs(found.ln_g[0, 0] - exact), found.certificate[0, 0]


@pytest.mark.parametrize("method", ["auto", "recursive"])
@pytest.mark.parametrize("name", LN_G)
def test_conductance_beside_the_edge_of_nearly_degenerate_bands(name, method):
    error, certificate = solved(name, method)
    assert error < 3e-10
    assert error < certificate < 1e-6


@pytest.fixture
def told_apart_in_double_precision(monkeypatch):
    kept = _kept_modes, slice_levels._of_part
    monkeypatch.setattr(slice_levels, "_CLOSE", 0.0)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


@pytest.mark.usefixtures("told_apart_in_double_precision")
@pytest.mark.parametrize("method", ["auto", "recursive"])
def test_the_certificate_sees_an_error_of_the_leads_functions(method):
    errors, certificates = np.transpose([solved(name, method) for name in LN_G])
    assert errors.max() > 1e-7
    assert (errors < certificates).all()


# Three eigenvalues each, in the same way.
LN_T = {
    2.4e-13: (-0.00529850003181521914589, -0.0284417618979878518836, -28.3519514769658197086991),
    1e-12: (-0.00529846391174147605003, -0.0284418086289910315963, -26.9250174367403464523400),
    3e-12: (-0.00529837252030226783148, -0.0284420212983818002140, -25.8266595583830909410530),
}


@pytest.mark.parametrize("distance", LN_T)
def test_small_transmission_eigenvalues_of_strips_that_hardly_couple(distance):
    wire = qt.Wire(qt.Custom(two_strips(2.2e-12), np.eye(4)), qt.Box(0.38))
    energy = 0.7 + 2.2e-12 - distance
    found = qt.ln_transmission_eigenvalues(wire, energy, [3], [0], seed=12)[0, 0]
    # The distance from the edge is known to about LONG.
    assert found == pytest.approx(np.array(LN_T[distance]), abs=3 * LONG / distance)
