"""Electrons and holes: tau_x H^* tau_x = -H of every sample, closed and open, whatever is missing in it."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.model.nambu import exchanged
from qtcore.observe import invariants
from qtcore.solve.closed_ensemble import ClosedEnsemble

SEED = 3
LENGTH = 5

S_WAVE = (qt.SWavePairing(0.3, phase=0.7), qt.ChemicalPotential(0.4))
TERMS = {
    "s-wave": S_WAVE,
    "s-wave with spin": (*S_WAVE, qt.Rashba(0.3), qt.Zeeman(0.1, 0.2, 0.3)),
    "p-wave": (qt.PWavePairing(0.4, chirality=1), qt.ChemicalPotential(0.4)),
}
STRUCTURE = {
    "none": (),
    "missing sites": (qt.MissingSites(lambda x, y: (np.abs(x - 2) < 0.6) & (y < 0.3)),),
    "a missing site at the seam": (qt.MissingSites(lambda x, y: (x < 0.3) & (y < 0.3)),),
    "bonds": (
        qt.ChangedBonds(lambda x1, y1, x2, y2: 0.8 + 0.01 * (x1 + x2) + 0 * (y1 + y2)),
        qt.TunnelContact(0.5, "left"),
    ),
}
DISORDER = {
    "clean": qt.Box(0.0),
    "box": qt.Box(1.0),
    "vacancies": qt.Vacancies(0.15),
    "magnetic": (qt.Box(0.5), qt.MagneticImpurities(0.8, 0.3)),
    "hopping": (qt.RandomHopping(0.5), qt.Box(0.4)),
}


def refuse_asymmetry(H, k):
    """Assert that H is one of electrons and holes, with levels in pairs, to the digits of its largest."""
    largest = np.abs(H).max()
    assert np.abs(exchanged(H, k) + H).max() <= 1e-12 * largest
    levels = np.linalg.eigvalsh(H)
    assert np.abs(levels + levels[::-1]).max() <= 1e-12 * largest


# The electrons of a p-wave superconductor have no spin.
KINDS = [
    (terms, disorder)
    for terms in TERMS
    for disorder in DISORDER
    if (terms, disorder) != ("p-wave", "magnetic")
]


@pytest.mark.parametrize("structure", STRUCTURE)
@pytest.mark.parametrize(("terms", "disorder"), KINDS)
def test_closed_samples_are_symmetric(terms, structure, disorder):
    for lattice, periodic in (
        (qt.Square(3), False),
        (qt.Square(3), True),
        (qt.Honeycomb(2), False),
    ):
        wire = qt.Wire(
            lattice, DISORDER[disorder], terms=TERMS[terms], structure=STRUCTURE[structure]
        )
        H = qt.closed_sample(wire, LENGTH, 1, SEED, periodic=periodic).H.toarray()
        refuse_asymmetry(H, wire.orbitals)
        (sample,) = ClosedEnsemble(wire, LENGTH, [1], SEED, periodic)
        refuse_asymmetry(sample.H().toarray(), wire.orbitals)


@pytest.mark.parametrize("structure", STRUCTURE)
@pytest.mark.parametrize("terms", TERMS)
def test_open_samples_are_symmetric(terms, structure):
    wire = qt.Wire(
        qt.Square(3),
        qt.Box(1.0),
        terms=TERMS[terms],
        structure=STRUCTURE[structure],
        lead_shift=-0.3,
    )
    for energy in (0.0, 0.2):
        (above,) = observe.andreev(wire, energy, [LENGTH], [0, 1], SEED)
        (below,) = observe.andreev(wire, -energy, [LENGTH], [0, 1], SEED)
        # A hole at E is an electron at -E.
        for one, other in (("r_ee", "r_hh"), ("r_he", "r_eh"), ("t_ee", "t_hh"), ("t_he", "t_eh")):
            sums = [
                (np.abs(part) ** 2).sum(axis=(1, 2))
                * np.exp(2 * found.log_scale) ** (one[0] == "t")
                for found, part in ((above, getattr(above, one)), (below, getattr(below, other)))
            ]
            assert sums[0] == pytest.approx(sums[1], rel=1e-9, abs=1e-9)


def test_levels_of_missing_sites_lie_on_both_sides():
    """A hole in the sample has no level among the others, and half filling is where the levels pair."""
    wire = qt.Wire(qt.Square(3), terms=S_WAVE, structure=STRUCTURE["missing sites"])
    levels = np.linalg.eigvalsh(qt.closed_sample(wire, LENGTH, 0, SEED).H.toarray())
    far = np.abs(levels) > 100
    gone = int(wire.missing_sites(0, LENGTH).sum())
    assert gone
    assert far.sum() == gone * wire.orbitals
    assert (levels[far] > 0).sum() == (levels[far] < 0).sum()
    # Without pairing all of them are above.
    normal = qt.Wire(qt.Square(3), structure=STRUCTURE["missing sites"])
    levels = np.linalg.eigvalsh(qt.closed_sample(normal, LENGTH, 0, SEED).H.toarray())
    assert (levels > 100).sum() == gone
    assert not (levels < -100).any()


def test_the_wall_that_invariants_compare_with_is_one_of_electrons_and_holes(monkeypatch):
    walls = []

    def recorded(slices, energy, lengths, wall):
        walls.append(wall[0, :, 0])
        return solve(slices, energy, lengths, wall)

    solve = invariants.scattering_matrices
    monkeypatch.setattr(invariants, "scattering_matrices", recorded)
    doped = (qt.PWavePairing(0.6), qt.ChemicalPotential(1.0))
    chain = qt.Wire(qt.Chain(), qt.Box(0.3), terms=doped, lead_shift=1.0)
    assert (observe.reflection_sign(chain, 40, range(3), SEED).values == -1).all()
    assert (walls[0] == [2.0**20, -(2.0**20)]).all()
