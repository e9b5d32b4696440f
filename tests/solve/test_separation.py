"""Wires solved as independent parts: what the whole wire does, in plain NumPy and unseparated."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.solve.portions import channels_of, portions
from qtcore.solve.separation import separated

from ..laws import truth
from ..laws.systems import System
from .separable_wires import KINDS, drawn

LENGTHS, REALIZATIONS, SEED = (1, 4), (0, 3), 5
ROUNDING = 1e-9
"""What the inversions of a dense matrix leave of sixteen digits."""


def solved(wire, energy, **change):
    asked = {"lengths": LENGTHS, "realizations": REALIZATIONS, "seed": SEED} | change
    return qt.scattering(wire, energy, **asked)


def dense(wire, energy, number, length, absorption, incidence):
    """Return T_n and the reflection of waves from one side, from the inverse of a dense matrix."""
    slices = wire.slices()
    sigmas = truth.self_energies(slices, energy)
    parts = System(wire, energy, None, REALIZATIONS, LENGTHS, SEED).truth(number, length)
    if absorption and not slices.uniform:
        # A slice of each lead is part of the dense matrix, and does not absorb.
        for n in range(1, len(parts.inside) - 1):
            parts.inside[n] = parts.inside[n] - 1j * absorption * np.eye(len(parts.inside[n]))
        absorption = 0.0
    G = truth.green_function(parts, energy, sigmas, absorption)
    M = len(sigmas[0])
    widths = [np.linalg.eigvalsh(1j * (sigma - sigma.conj().T)) for sigma in sigmas]
    roots = [
        truth.root(sigma, int((size > 1e-7 * size[-1]).sum()))
        for sigma, size in zip(sigmas, widths, strict=True)
    ]
    first, last = slice(0, M), slice(len(G) - M, None)
    near, far, (here, P), (there, _) = first, last, roots[0], roots[1]
    if incidence == "right":
        near, far, (here, P), (there, _) = last, first, roots[1], roots[0]
    t = there @ G[far, near] @ here
    r = 1j * here @ G[near, near] @ here - P
    return np.linalg.svd(t, compute_uv=False) ** 2, (np.abs(r) ** 2).sum()


def close(here, there, one, other, channels):
    tolerance = one + other + ROUNDING
    g, g_other = np.exp(here[0]), np.exp(there[0])
    assert (np.abs(g - g_other) < tolerance * (g + g_other) + 1e-12).all()
    assert (np.abs(here[1] - there[1]) < tolerance * channels).all()


@pytest.mark.parametrize("kind", KINDS)
def test_parts_together_are_the_whole(kind):
    for draw in range(4):
        wire, rng = drawn(kind, draw)
        energy = truth.conducting_energy(wire.slices(), round(rng.uniform(-1.5, 1.5), 3))
        if energy is None:
            continue
        may_absorb = not wire.random_hopping or qt.choose(wire).method == "transfer"
        absorption = 0.03 if draw % 2 and may_absorb else 0.0
        incidence = "right" if draw > 1 else "left"
        how = {"absorption": absorption, "incidence": incidence}
        found = solved(wire, energy, **how)
        whole = solved(wire, energy, **how, method="recursive")
        assert found.channels == whole.channels == qt.open_channels(wire, energy)
        close(
            (found.ln_g, found.reflection),
            (whole.ln_g, whole.reflection),
            found.certificate,
            whole.certificate,
            found.channels,
        )
        ln_T = qt.ln_transmission_eigenvalues(wire, energy, LENGTHS, REALIZATIONS, SEED, **how)
        for n, length in enumerate(LENGTHS):
            T, R = dense(wire, energy, 1, length, absorption, incidence)
            expected = np.zeros(found.channels)
            expected[: len(T[: found.channels])] = T[: found.channels]
            error = found.certificate[1, n] + ROUNDING
            assert np.abs(np.exp(found.ln_g[1, n]) - T.sum()) < error * T.sum() + 1e-11
            assert abs(found.reflection[1, n] - R) < error * found.channels
            values = np.nan_to_num(np.exp(ln_T[1, n]), nan=0.0)
            assert np.abs(values - expected).max() < 1e-8


def shape(wire, energy=0.47, absorption=0.0):
    """Return the orbitals of a slice and the copies of each portion, and whether it is a strip."""
    return [
        (len(one.wire.slices().h), one.copies, one.wire.strip is not None)
        for one in portions(wire, energy, absorption)
    ]


def test_which_wires_are_separated():
    box, strip = qt.Box(1.0), qt.Square(4)

    def of(lattice, *terms, **more):
        return shape(qt.Wire(lattice, box, terms=terms, **more))

    # Two equal strips; two strips at other energies, along any axis.
    assert of(strip, qt.Zeeman()) == [(4, 2, True)]
    assert of(strip, qt.Zeeman(bz=0.1)) == [(4, 1, True), (4, 1, True)]
    assert of(strip, qt.Zeeman(0.1, 0.2, 0.15), flux=0.02) == [(4, 1, True), (4, 1, True)]
    # Each other's reverse in time, unless a field or absorption tells them apart.
    km = qt.KaneMele(0.1, 0.15)
    assert of(qt.Honeycomb(3), km) == [(6, 2, False)]
    assert of(qt.Honeycomb(3), km, flux=0.02) == [(6, 1, False), (6, 1, False)]
    absorbing = shape(qt.Wire(qt.Honeycomb(3), box, terms=(km,)), absorption=0.02)
    assert absorbing == [(6, 1, False), (6, 1, False)]
    assert of(strip, qt.BHZ(A=0.7, B=-0.6, D=-0.2, M=-0.8)) == [(8, 2, False)]
    # Nothing is conserved.
    assert of(qt.Honeycomb(3), km, qt.Rashba(0.1)) == [(12, 1, False)]
    assert of(strip, qt.Rashba(0.3)) == [(8, 1, False)]
    assert of(qt.Honeycomb(3), km, qt.Zeeman(bx=0.1)) == [(12, 1, False)]
    # Random matrices on the spin conserve nothing; the clean wire has nothing that acts on it.
    assert separated(qt.Wire(qt.Chain(), (box, qt.RandomSU2()))) is None
    # No spin at all.
    assert separated(qt.Wire(strip, box)) is None
    assert separated(qt.Wire(qt.Honeycomb(3), box)) is None


def test_a_conserved_spin_gives_the_bits_of_the_strip():
    box, at = qt.Box(1.0), ([5, 40], range(4), 3)
    strip = qt.Wire(qt.Square(5), box)
    up, down = (qt.scattering(strip, energy, *at) for energy in (0.375, 0.625))
    found = qt.scattering(qt.Wire(qt.Square(5), box, terms=(qt.Zeeman(bz=0.125),)), 0.5, *at)
    assert np.array_equal(found.ln_g, np.logaddexp(up.ln_g, down.ln_g))
    assert np.array_equal(found.reflection, up.reflection + down.reflection)
    assert found.channels == up.channels + down.channels


def test_equal_parts_count_twice():
    wire = qt.Wire(qt.Honeycomb(3), qt.Box(1.0), terms=(qt.KaneMele(0.1, 0.15),))
    spin = qt.Wire(qt.Honeycomb(3), qt.Box(1.0), terms=(qt.Haldane(0.1, mass=0.15),))
    at = (0.47, [20], range(8), 1)
    found, one = qt.scattering(wire, *at), qt.scattering(spin, *at)
    assert found.ln_g == pytest.approx(one.ln_g + np.log(2), abs=1e-9)
    assert found.reflection == pytest.approx(2 * one.reflection, abs=1e-9)
    ln_T = qt.ln_transmission_eigenvalues(wire, *at)
    assert np.array_equal(ln_T[..., ::2], ln_T[..., 1::2])


def test_a_spin_without_a_channel_takes_no_part():
    box, at = qt.Box(0.5), ([3, 7], [0, 1], 2)
    wire = qt.Wire(qt.Chain(), box, terms=(qt.Zeeman(bz=3.0),))
    found, one = qt.scattering(wire, 2.5, *at), qt.scattering(qt.Wire(qt.Chain(), box), -0.5, *at)
    assert found.channels == qt.open_channels(wire, 2.5) == 1
    assert np.array_equal(found.ln_g, one.ln_g)
    assert np.array_equal(found.certificate, one.certificate)
    with pytest.raises(InputError, match="no open channel at energy 0"):
        qt.scattering(wire, 0.0, *at)


def test_members_of_a_family_have_the_bits_that_they_have_alone():
    box = qt.Box(1.0)
    members = [
        (qt.Wire(qt.Honeycomb(3), box, terms=terms, flux=flux), 0.47)
        for terms, flux in (((), 0.0), ((qt.KaneMele(0.1),), 0.0), ((qt.Zeeman(0.1, 0.2),), 0.02))
    ]
    at = ([2, 9], [0, 5, 11], 4)
    for (wire, energy), found in zip(members, qt.scattering_family(members, *at), strict=True):
        alone = qt.scattering(wire, energy, *at)
        assert np.array_equal(found.ln_g, alone.ln_g)
        assert np.array_equal(found.certificate, alone.certificate)


def test_scattering_matrices_have_all_spins():
    wire = qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.Zeeman(0.1, 0.2),))
    (S,) = qt.scattering_matrices(wire, 0.47, [5], range(3), 1)
    found = qt.scattering(wire, 0.47, [5], range(3), 1)
    assert S.t_prime.shape == (3, found.channels, found.channels)
    assert S.ln_g == pytest.approx(found.ln_g[:, 0], abs=1e-11)


class Unhashable(qt.Box):
    """A disorder of a user's own."""

    __hash__ = None


def test_a_strip_needs_no_hash():
    at = (0.5, [5], range(3), 1)
    own = qt.ln_conductance(qt.Wire(qt.Square(4), Unhashable(1.0)), *at)
    assert np.array_equal(own, qt.ln_conductance(qt.Wire(qt.Square(4), qt.Box(1.0)), *at))


THRESHOLDS = {
    "exact": (qt.Wire(qt.Square(5), qt.Box(1.0), terms=(qt.Zeeman(bz=0.25),)), 0.75),
    "rounded": (qt.Wire(qt.Square(5), qt.Box(1.0), terms=(qt.Zeeman(bz=0.1),)), 1.1),
    "tilted": (qt.Wire(qt.Square(5), qt.Box(1.0), terms=(qt.Zeeman(0.15, 0.2),)), 0.75),
    "first of a spin": (qt.Wire(qt.Chain(), qt.Box(1.0), terms=(qt.Zeeman(bz=0.5),)), 1.5),
    "last of all": (qt.Wire(qt.Chain(), qt.Box(1.0), terms=(qt.Zeeman(bz=0.3),)), 1.7),
    "ribbon": (qt.Wire(qt.Honeycomb(4), qt.Box(1.0), terms=(qt.Zeeman(bz=0.125),)), 1.125),
    "tilted ribbon": (qt.Wire(qt.Honeycomb(4), qt.Box(1.0), terms=(qt.Zeeman(0.3, 0.4),)), 1.5),
}


@pytest.mark.parametrize("name", THRESHOLDS)
@pytest.mark.parametrize("distance", [0.0, 2.3e-16, -2.3e-16, 1e-13, -1e-13, 1e-8, -1e-8, 1e-4])
def test_thresholds_stay_where_they_are(name, distance):
    wire, threshold = THRESHOLDS[name]
    energy = threshold + distance
    found = solved(wire, energy)
    whole = solved(wire, energy, method="recursive")
    assert found.channels == whole.channels == qt.open_channels(wire, energy)
    assert channels_of(portions(wire, energy)) == whole.channels
    close(
        (found.ln_g, found.reflection),
        (whole.ln_g, whole.reflection),
        found.certificate,
        whole.certificate,
        found.channels,
    )


def test_close_to_a_threshold_nothing_is_rounded():
    tilted, threshold = THRESHOLDS["tilted"]
    assert shape(tilted, threshold) == [(10, 1, False)]
    assert len(shape(tilted, threshold + 0.1)) == 2
    # E - 0.1 is a rounded number, E - 0.25 is none.
    assert [strip for _, _, strip in shape(*THRESHOLDS["rounded"])].count(False) > 0
    assert all(strip for _, _, strip in shape(*THRESHOLDS["exact"]))


def test_what_mixes_the_spins_by_little_separates_nothing():
    for rashba in (1e-3, 1e-9, 1e-13):
        wire = qt.Wire(qt.Honeycomb(2), qt.Box(1.0), terms=(qt.KaneMele(0.1), qt.Rashba(rashba)))
        assert separated(wire) is None
    h = qt.Wire(qt.Square(3), terms=(qt.Zeeman(0.1, 0.2),)).slices().h
    for size in (1e-4, 1e-9, 1e-13):
        bent = h.copy()
        bent[0, 1] += size * 1j
        bent[1, 0] -= size * 1j
        assert separated(qt.Wire(qt.Custom(bent, np.eye(6), orbitals=2))) is None
