"""Disorder of zero strength or concentration is no disorder, but keeps its place in the list."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.gauged_bonds import COMPLEX, REAL, parts_of
from qtcore.sweep.build import is_random

ABSENT = [qt.Binary(0.0, 0.3), qt.Binary(0.8, 0.0), qt.Box(0.0), qt.Vacancies(0.0)]


@pytest.mark.parametrize("sizes", ABSENT, ids=repr)
def test_magnetic_impurities_that_are_none_flip_no_spin(sizes):
    contacts = [qt.TunnelContact(0.5, "left"), qt.TunnelContact(0.5, "right")]
    impurities = qt.Profile(sizes, lambda x, _: (x > 3) & (x < 16))
    wire = qt.Wire(
        qt.Square(6), (qt.Box(0.5), qt.WithMatrix(impurities, "random spin")), structure=contacts
    )
    found = qt.resolved_scattering(wire, 0.3, [10, 400], range(2), 1, "spin_z")
    assert np.isneginf(found.ln_T[:, :, 0, 1]).all()
    assert found.certificate.max() < 1e-6
    assert (found.flip_probability == 0).all()
    alone = qt.scattering(
        qt.Wire(qt.Square(6), qt.Box(0.5), structure=contacts), 0.3, [10, 400], range(2), 1
    )
    for spin in (0, 1):
        assert found.ln_T[:, :, spin, spin] == pytest.approx(alone.ln_g, abs=1e-9)


def test_spin_that_other_disorder_conserves_is_conserved_beside_impurities_that_are_none():
    kinds = (qt.WithMatrix(qt.Box(1.0), "sigma_z"), qt.MagneticImpurities(0.0, 0.2))
    found = qt.resolved_scattering(qt.Wire(qt.Square(4), kinds), 0.3, [30], range(3), 1, "spin_z")
    alone = qt.resolved_scattering(
        qt.Wire(qt.Square(4), kinds[:1]), 0.3, [30], range(3), 1, "spin_z"
    )
    assert np.array_equal(found.ln_T, alone.ln_T)
    assert np.isneginf(found.ln_T[:, :, 0, 1]).all()


@pytest.mark.parametrize("sizes", ABSENT, ids=repr)
def test_directions_alone_are_not_random(sizes):
    assert not qt.WithMatrix(sizes, "random spin").random
    assert not is_random(qt.Wire(qt.Square(3), qt.WithMatrix(sizes, "random spin")))


def test_impurities_everywhere_act_and_point_anywhere():
    everywhere = qt.MagneticImpurities(0.5, 1.0)
    assert everywhere.acts
    assert everywhere.random


@pytest.mark.parametrize(
    "bonds", [qt.RandomHopping(0.0), qt.RandomPhase(0.0), qt.RandomFlux(0.0)], ids=repr
)
def test_bonds_without_disorder_are_those_of_a_plain_strip(bonds):
    wire = qt.Wire(qt.Square(5), (qt.Box(1.0), bonds))
    plain = qt.Wire(qt.Square(5), qt.Box(1.0))
    assert wire.strip == plain.strip
    ours, theirs = (qt.scattering(w, 0.3, [40], range(8), 1) for w in (wire, plain))
    assert ours.ln_g == pytest.approx(theirs.ln_g, abs=1e-12)


def test_time_reversal_is_kept_by_phases_that_are_none():
    hopping = qt.RandomHopping(0.4)
    assert parts_of(qt.Wire(qt.Square(5), (hopping, qt.RandomPhase(0.0)))) == REAL
    assert parts_of(qt.Wire(qt.Square(5), (hopping, qt.RandomPhase(0.1)))) == COMPLEX


@pytest.mark.parametrize("strength", [0.0, 0.7])
def test_the_spin_stays_doubled_and_other_numbers_keep_their_bits(strength):
    kinds = (
        qt.MagneticImpurities(strength, 0.5),
        qt.Box(1.0),
        qt.WithMatrix(qt.Box(0.0), "sigma_x"),
        qt.WithMatrix(qt.Box(2.0), "sigma_z"),
    )
    wire = qt.Wire(qt.Square(3), kinds)
    assert wire.orbitals == 2
    on_sites = wire.onsite_matrices(2, range(6), 1)
    z = (on_sites[:, :, 0, 0] - on_sites[:, :, 1, 1]).real / 2
    # The box without a matrix, and another one of sigma_x, come before that of sigma_z.
    apart = qt.Wire(
        qt.Square(3), (qt.WithMatrix(qt.Box(0.0), "sigma_z"), qt.WithMatrix(qt.Box(2.0), "sigma_z"))
    )
    assert wire.key(1, 3).tolist() == qt.Wire(qt.Square(3), kinds[3]).key(1).tolist()
    assert apart.key(1, 1).tolist() != apart.key(1, 0).tolist(), "a repeat counts, whatever it is"
    if strength == 0:
        alone = qt.Wire(qt.Square(3), kinds[3]).onsite_matrices(2, range(6), 1)
        assert z == pytest.approx(alone[:, :, 0, 0].real, abs=1e-15)


def test_phases_that_are_none_go_with_pairing():
    wire = qt.Wire(qt.Square(2), (qt.Box(1.0), qt.RandomPhase(0.0)), terms=(qt.SWavePairing(0.2),))
    assert not wire.random_hopping
    with pytest.raises(qt.InputError, match="does not go with pairing"):
        qt.Wire(qt.Square(2), qt.RandomPhase(0.1), terms=(qt.SWavePairing(0.2),))


def test_a_matrix_that_does_not_fit_is_refused_at_any_strength():
    with pytest.raises(qt.InputError, match="3 x 3"):
        qt.Wire(qt.Square(2), qt.WithMatrix(qt.Box(0.0), np.eye(3)))


@pytest.mark.parametrize("more", [(), (qt.RandomHopping(0.3),)], ids=["sites", "bonds"])
@pytest.mark.parametrize("width", [1, 3])
def test_g_counts_both_spins_also_where_impurities_are_none(width, more):
    plain, none = (
        qt.Wire(qt.Square(width), (qt.Box(1.0), *more, *spin))
        for spin in ((), (qt.MagneticImpurities(0.8, 0.0),))
    )
    assert none.strip is None
    one, both = (qt.scattering(w, 0.3, [5, 20], range(3), 1) for w in (plain, none))
    assert both.channels == 2 * one.channels == qt.open_channels(none, 0.3)
    assert both.ln_g == pytest.approx(one.ln_g + np.log(2), abs=1e-9)
    assert both.reflection == pytest.approx(2 * one.reflection, abs=1e-9)
    ln_T, of_both = (
        qt.ln_transmission_eigenvalues(w, 0.3, [20], range(3), 1) for w in (plain, none)
    )
    assert of_both == pytest.approx(np.repeat(ln_T, 2, axis=2), abs=1e-6)


def test_bars_count_both_spins_also_where_impurities_are_none():
    plain, none = (
        qt.HallBar(5, (2, 6), 2, (qt.Box(1.0), *spin), flux=0.02)
        for spin in ((), (qt.MagneticImpurities(0.0, 0.2),))
    )
    one = qt.terminal_scattering(plain, 0.3, [9], range(2), 1, method="recursive")[0]
    both = qt.terminal_scattering(none, 0.3, [9], range(2), 1)[0]
    assert np.allclose(both.T, 2 * one.T, atol=1e-9)
