"""The transfer solver: exact at any length, the same bits however it is asked, certified."""

import math

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve import certified
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.problem import wire_modes
from qtcore.solve.tightness import TIGHT, USUAL, Tightness
from qtcore.solve.transfer import Member, transfer_family

SEED = 7


def transferred(wire, energy, lengths, realizations, tightness):
    """What a pass of the transfer solver finds, before anything is mended."""
    ensemble = Ensemble(lengths, realizations, SEED)
    member = Member(wire, wire_modes(wire, energy), energy)
    return transfer_family([member], ensemble, ensemble.groups, tightness)[0]


def chain_ln_g(wire, energy, length, realization):
    """ln g of a chain by the plain two-step recursion in extended precision, rescaled as it goes."""
    onsite = wire.onsite(realization, range(length), SEED)[:, 0].astype(np.longdouble)
    k = np.arccos(np.longdouble(energy) / 2)
    # Outgoing to the left is exp(+ikn) for hopping +1; both parts obey the same real recursion.
    before, now = np.exp(-1j * k).astype(np.clongdouble), np.clongdouble(1)
    log_scale = np.longdouble(0)
    for eps in onsite:
        before, now = now, (np.longdouble(energy) - eps) * now - before
        size = max(abs(before), abs(now))
        before, now, log_scale = before / size, now / size, log_scale + np.log(size)
    # psi_{L-1} = before, psi_L = now; incoming waves are exp(ikn), outgoing ones exp(-ikn).
    incoming = (now - np.exp(-1j * k) * before) / (2j * np.sin(k))
    return float(-2 * (np.log(abs(incoming)) + log_scale))


def test_ln_g_far_below_underflow_is_exact():
    # Independent truth: 64-bit-mantissa arithmetic, no orthogonalisation, no lead algebra.
    wire = qt.Wire(qt.Chain(), qt.Box(4.0))
    found = qt.scattering(wire, 0.5, [12_000], range(4), SEED)
    for realization in range(4):
        expected = chain_ln_g(wire, 0.5, 12_000, realization)
        assert expected < -3500
        assert found.ln_g[realization, 0] == pytest.approx(expected, abs=1e-7)
    assert not found.suspect.any()


@pytest.mark.parametrize("flux", [0.0, 0.02])
def test_ln_g_of_a_strip_at_minus_five_thousand(flux):
    wire = qt.Wire(qt.Square(5), qt.Box(20.0), flux)
    found = qt.scattering(wire, 0.5, [3000], [3], SEED)
    expected = qt.scattering_matrices(wire, 0.5, [3000], [3], SEED)[0].ln_g[0]
    assert expected < -5000
    assert found.ln_g[0, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("width", [1, 4, 9])
def test_bits_do_not_depend_on_what_else_is_asked(width):
    wire = qt.Wire(qt.Square(width), qt.Box(1.5), 0.01 if width == 9 else 0.0)
    lengths = [3, 10, 64, 65, 150]
    whole = qt.scattering(wire, 0.5, lengths, range(20), SEED)
    one = qt.scattering(wire, 0.5, lengths, [13], SEED)
    assert np.array_equal(one.ln_g[0], whole.ln_g[13])
    backwards = qt.scattering(wire, 0.5, lengths, [17, 2], SEED)
    assert np.array_equal(backwards.ln_g, whole.ln_g[[17, 2]])
    single = qt.scattering(wire, 0.5, [65], range(20), SEED)
    assert np.array_equal(single.ln_g[:, 0], whole.ln_g[:, 3])
    assert np.array_equal(single.certificate[:, 0], whole.certificate[:, 3])


@pytest.mark.parametrize(("width", "strength"), [(4, 1.0), (16, 1.0), (12, 4.0), (6, 12.0)])
def test_certificate_covers_the_error(width, strength):
    wire = qt.Wire(qt.Square(width), qt.Box(strength))
    lengths, realizations = [20, 100, 400], range(160)
    found = qt.scattering(wire, 0.5, lengths, realizations, SEED)
    exact = transferred(wire, 0.5, lengths, realizations, Tightness(2.0**5, 2.0))
    error = np.abs(found.ln_g - exact.ln_g)
    # It is an estimate: calibrated to be exceeded by 2 samples in 1,000, and never by much.
    assert (error > found.certificate).mean() < 0.01
    assert error.max() < 1e-6


def test_a_solver_that_lets_go_too_far_is_found_out_and_mended(monkeypatch):
    wire = qt.Wire(qt.Square(24), qt.Box(2.0))
    arguments = (wire, 0.5, [30, 200], range(16), SEED)
    good = qt.scattering(*arguments)
    reckless = Tightness(growth=2.0**45, slow_growth=2.0**20)
    monkeypatch.setattr(certified, "USUAL", reckless)
    mended = qt.scattering(*arguments)
    assert np.abs(mended.ln_g - good.ln_g).max() < 1e-8
    assert not mended.suspect.any()
    for name in ("TIGHT", "TIGHTEST"):
        monkeypatch.setattr(certified, name, reckless)
    # Samples that this solver cannot answer go to the recursive one, unless it alone is asked.
    assert np.abs(qt.scattering(*arguments).ln_g - good.ln_g).max() < 1e-8
    hopeless = qt.scattering(*arguments, method="transfer")
    wrong = np.abs(hopeless.ln_g - good.ln_g) > 1e-6
    assert wrong.any()
    assert hopeless.suspect[wrong].all()


def test_tight_and_usual_agree():
    wire = qt.Wire(qt.Square(20), qt.Box(1.0), 0.01)
    usual = transferred(wire, 0.7, [50, 500], range(8), USUAL)
    tight = transferred(wire, 0.7, [50, 500], range(8), TIGHT)
    assert np.abs(usual.ln_g - tight.ln_g).max() < 1e-8
    assert tight.amplification.max() < usual.amplification.min()
    assert tight.renewals.sum() > usual.renewals.sum()


def test_wide_wires_are_solved():
    wire = qt.Wire(qt.Square(512), qt.Box(1.0))
    found = qt.scattering(wire, 0.5, [8], range(1), SEED)
    assert found.channels == qt.open_channels(wire, 0.5) > 380
    assert found.certificate.max() < 1e-9
    # l = 35 sites (Born): most of the current still gets through eight slices.
    assert 0.7 < math.exp(found.ln_g[0, 0]) / found.channels < 0.95
