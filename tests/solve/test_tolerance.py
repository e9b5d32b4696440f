"""An error of ln g that is asked for: fewer looks, certificates that cover it, or suspect samples."""

from itertools import pairwise

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve import certified
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.problem import wire_modes
from qtcore.solve.tightness import USUAL, Tightness, tightness_for
from qtcore.solve.transfer import Member, transfer_family

SEED = 5
LENGTHS = [20, 150]
CLOSE = Tightness(2.0**5, 2.0)
"""Columns so close that what is found is exact beside any tolerance."""

WIRES = {
    "strip": (qt.Wire(qt.Square(12), qt.Box(2.0)), 0.5),
    # A mode opens 1e-4 below: its amplitudes are large, and rounding errors count more.
    "strip beside a threshold": (
        qt.Wire(qt.Square(9), qt.Box(2.0)),
        float(2 - 2 * np.cos(np.pi / 10)) + 1e-4,
    ),
    "strongly scattering": (qt.Wire(qt.Square(8), qt.Box(8.0)), 0.5),
    "field": (qt.Wire(qt.Square(8), qt.Box(2.0), flux=0.01), 0.5),
    "spin": (qt.Wire(qt.Square(5), qt.Box(2.0), terms=(qt.Rashba(0.3),)), 0.5),
    "bar": (qt.Wire(qt.Cubic(3, 3), qt.Box(3.0)), 0.5),
}


def passed(wire, energy, tightness):
    """What a pass of the transfer solver finds, before anything is mended."""
    ensemble = Ensemble(LENGTHS, range(32), SEED)
    member = Member(wire, wire_modes(wire, energy), energy)
    return transfer_family([member], ensemble, ensemble.groups, tightness)[0]


@pytest.mark.parametrize("name", WIRES)
def test_certificates_cover_the_error_and_say_what_misses_the_tolerance(name):
    wire, energy = WIRES[name]
    exact = passed(wire, energy, CLOSE)
    own = certified.ROUNDING * exact.amplification
    for tolerance in (1e-9, 1e-7, 1e-5, 1e-3):
        found = qt.scattering(wire, energy, LENGTHS, range(32), SEED, tolerance=tolerance)
        error = np.abs(found.ln_g - exact.ln_g)
        assert (error <= found.certificate + own).all()
        assert np.array_equal(found.suspect, found.certificate > tolerance)
        assert error.max() < max(tolerance, 1e-8)


@pytest.mark.parametrize("name", ["strip", "field", "bar"])
def test_left_out_nothing_changes(name):
    wire, energy = WIRES[name]
    found = qt.scattering(wire, energy, LENGTHS, range(32), SEED)
    assert np.array_equal(found.ln_g, passed(wire, energy, Tightness(2.0**16, 2.0**6)).ln_g)
    assert np.array_equal(found.suspect, found.certificate > 1e-6)


def test_a_larger_tolerance_takes_fewer_looks():
    wire, energy = qt.Wire(qt.Square(16), qt.Box(1.0)), 0.5
    tightnesses = [CLOSE, tightness_for(1e-9), USUAL, tightness_for(1e-6), tightness_for(1e-5)]
    growths = [one.growth for one in tightnesses]
    assert growths == sorted(growths)
    looks = [passed(wire, energy, one).renewals[:, 0].sum() for one in tightnesses]
    assert all(more > fewer for more, fewer in pairwise(looks))
    assert looks[-1] < 0.75 * looks[2]


def test_what_misses_the_tolerance_is_solved_again(monkeypatch):
    wire = qt.Wire(qt.Square(24), qt.Box(2.0))
    arguments = (wire, 0.5, [30, 200], range(16), SEED)
    good = qt.scattering(*arguments)
    reckless = Tightness(growth=2.0**45, slow_growth=2.0**20)
    monkeypatch.setattr(certified, "tightness_for", lambda _: reckless)
    mended = qt.scattering(*arguments, tolerance=1e-7)
    assert np.abs(mended.ln_g - good.ln_g).max() < 1e-7
    assert not mended.suspect.any()
    # And what no pass of this solver certifies says so.
    for name in ("TIGHT", "TIGHTEST"):
        monkeypatch.setattr(certified, name, reckless)
    hopeless = qt.scattering(*arguments, tolerance=1e-7, method="transfer")
    wrong = np.abs(hopeless.ln_g - good.ln_g) > 1e-7
    assert wrong.any()
    assert hopeless.suspect[wrong].all()


def test_transmission_eigenvalues_keep_the_tolerance():
    wire, energy = WIRES["strip"]
    asked = wire, energy, LENGTHS, range(8), SEED
    close = qt.ln_transmission_eigenvalues(*asked)
    found = qt.ln_transmission_eigenvalues(*asked, tolerance=1e-5)
    assert not np.array_equal(found, close)
    assert np.abs(found - close).max() < 1e-5


def test_the_recursive_solver_judges_by_it_too():
    wire = qt.Wire(qt.Honeycomb(3), qt.Box(2.0))
    for tolerance in (1e-10, 1e-6):
        found = qt.scattering(wire, 0.3, [60], range(8), SEED, tolerance=tolerance)
        assert np.array_equal(found.suspect, found.certificate > tolerance)
