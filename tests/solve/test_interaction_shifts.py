"""Hartree and Fock shifts against loops over sites, plane waves, two sites and sum rules."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.room import Limit, limited

STRIP = qt.Wire(qt.Square(4), qt.Box(3.0), flux=0.1)


def by_loops(H, U, filled, spins):
    """Both shifts of every level, from sums over pairs of sites and filled states; U is (D, D)."""
    levels, psi = np.linalg.eigh(H)
    hartree, fock = np.zeros(len(H)), np.zeros(len(H))
    for a in range(len(H)):
        for b in range(filled):
            for i in range(len(H)):
                for j in range(len(H)):
                    direct = abs(psi[i, a]) ** 2 * U[i, j] * abs(psi[j, b]) ** 2
                    swapped = psi[i, a].conj() * psi[j, b].conj() * U[i, j] * psi[i, b] * psi[j, a]
                    hartree[a] += spins * direct
                    fock[a] -= swapped.real
    return levels, hartree, fock


def test_shifts_are_sums_over_pairs_of_states_and_sites():
    interaction = qt.CoulombInteraction(0.7, onsite=1.1, screening=2.0)
    H = qt.closed_sample(STRIP, 4, 2, 1, periodic=True).H.toarray()
    places = np.array([(n, m) for n in range(4) for m in range(4)])
    away = places[:, None] - places
    away[..., 0] = np.minimum(np.abs(away[..., 0]), 4 - np.abs(away[..., 0]))
    r = np.linalg.norm(away, axis=2)
    U = np.where(r == 0, 1.1, 0.7 * np.exp(-r / 2) / np.where(r == 0, 1, r))
    for spins in (1, 2):
        levels, hartree, fock = by_loops(H, U, 7, spins)
        found = observe.interaction_shifts(
            STRIP, interaction, 4, [2], 1, electrons=7, spins=spins, periodic=True
        )
        assert found.levels[0] == pytest.approx(levels, abs=1e-12)
        assert found.hartree[0] == pytest.approx(hartree, abs=1e-12)
        assert found.fock[0] == pytest.approx(fock, abs=1e-12)
        assert found.shifts == pytest.approx(found.hartree + found.fock)
    energy = levels[6:8].mean()
    same = observe.interaction_shifts(
        STRIP, interaction, 4, [2], 1, energy=energy, spins=2, periodic=True
    )
    assert np.array_equal(same.shifts, found.shifts)
    assert same.fermi[0] == pytest.approx(energy)
    assert same.filled.tolist() == [7]


def test_orbitals_of_a_site_interact_alike():
    wire = qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.Rashba(0.3), qt.Zeeman(bz=0.2)))
    H = qt.closed_sample(wire, 3, 0, 1).H.toarray()
    site = np.arange(18) // 2
    U = np.where(site[:, None] == site, 1.5, 0.0)
    _, hartree, fock = by_loops(H, U, 5, 1)
    found = observe.interaction_shifts(wire, qt.ContactInteraction(1.5), 3, [0], 1, electrons=5)
    assert found.hartree[0] == pytest.approx(hartree, abs=1e-12)
    assert found.fock[0] == pytest.approx(fock, abs=1e-12)
    # Electrons of one spin do not meet on a site, those of both spins do.
    assert np.abs(found.shifts).max() > 0.1


@pytest.mark.physics
def test_contact_interaction_of_one_spin_does_nothing():
    found = observe.interaction_shifts(
        STRIP, qt.ContactInteraction(2.0), 8, range(3), 1, electrons=11
    )
    assert np.abs(found.hartree).min() > 1e-3
    assert np.abs(found.shifts).max() < 1e-12
    both = observe.interaction_shifts(
        STRIP, qt.ContactInteraction(2.0), 8, range(3), 1, electrons=11, spins=2
    )
    assert both.shifts == pytest.approx(found.hartree)


@pytest.mark.physics
def test_two_sites_with_two_electrons_are_exact():
    """E(2) - E(1) = e_2 + U: the empty level moves by U, and the filled one not at all."""
    wire = qt.Wire(qt.Chain(), qt.Fixed([[0.0], [0.7]]))
    found = observe.interaction_shifts(wire, qt.NeighbourInteraction(0.4), 2, [0], 1, electrons=1)
    assert found.levels[0] == pytest.approx(0.35 + np.array([-1, 1]) * np.hypot(1, 0.35))
    assert found.shifts[0] == pytest.approx([0.0, 0.4], abs=1e-14)


@pytest.mark.physics
@pytest.mark.parametrize("interaction", ["neighbours", "function"])
def test_plane_waves_of_a_ring_have_their_known_fock_energy(interaction):
    """Fock: -(1/L) sum over filled k' of U(k - k'); Hartree: the density times U(0)."""
    L, filled = 18, 7
    U = {
        "neighbours": qt.NeighbourInteraction(0.9),
        "function": lambda r: np.exp(-r) + 0.1 * np.cos(r),
    }[interaction]
    r = np.minimum(np.arange(L), L - np.arange(L)).astype(float)
    values = (
        np.where(r == 1, 0.9, 0.0) if interaction == "neighbours" else np.exp(-r) + 0.1 * np.cos(r)
    )
    k = 2 * np.pi * np.arange(L) / L
    order = np.argsort(2 * np.cos(k), kind="stable")
    of_q = (values * np.cos(k[:, None] * np.arange(L))).sum(axis=1)
    fock = np.array([-sum(of_q[(a - b) % L] for b in order[:filled]) / L for a in range(L)])[order]
    found = observe.interaction_shifts(
        qt.Wire(qt.Chain()), U, L, [0], 1, electrons=filled, periodic=True
    )
    assert found.fock[0] == pytest.approx(fock, abs=1e-12)
    assert found.hartree[0] == pytest.approx(filled / L * values.sum(), abs=1e-12)
    charged = observe.interaction_shifts(
        qt.Wire(qt.Chain()), U, L, [0], 1, electrons=filled, periodic=True, background=True
    )
    assert np.abs(charged.hartree).max() < 1e-13
    assert charged.fock == pytest.approx(found.fock)


def test_degenerate_levels_are_split_as_perturbation_theory_says():
    """The levels of H and a small part of its mean field, whose states are not those of eigh alone."""
    clean = qt.Wire(qt.Square(3, periodic=True))
    L, filled = 4, 2

    def soft(r):
        return np.exp(-r)

    found = observe.interaction_shifts(clean, soft, L, [0], 1, electrons=filled, periodic=True)
    H = qt.closed_sample(clean, L, 0, 1, periodic=True).H.toarray()
    levels, psi = np.linalg.eigh(H)
    places = np.array([(n, m) for n in range(L) for m in range(3)])
    away = np.abs(places[:, None] - places)
    away = np.minimum(away, np.array([L, 3]) - away)
    U = soft(np.linalg.norm(away, axis=2))
    rho = psi[:, :filled] @ psi[:, :filled].T
    mean_field = np.diag(U @ np.diag(rho)) - U * rho
    small = 1e-6
    shifted = np.linalg.eigvalsh(H + small * mean_field)
    assert (shifted - levels) / small == pytest.approx(found.shifts[0], abs=1e-5)


def metal(count=12, spins=2, **more):
    wire = qt.Wire(qt.Square(10, periodic=True), qt.Box(3.0), flux=0.2)
    return observe.interaction_shifts(
        wire, qt.ContactInteraction(0.5), 10, range(count), 1, electrons=37, spins=spins, periodic=True, **more
    )  # fmt: skip


def test_the_change_of_the_density_is_that_of_levels_that_move():
    found = metal(3)
    energies, width = np.linspace(-2.0, 2.0, 9), 0.4

    def density(levels):
        x = energies[:, None] - levels[:, None]
        return np.exp(-((x / width) ** 2) / 2).sum(axis=2) / np.sqrt(2 * np.pi) / width / 100

    each = np.arange(3)
    fermi = found.levels[each, [36, 36, 36]] / 2 + found.levels[each, 37] / 2
    moved = found.shifts - (found.shifts[:, 36] + found.shifts[:, 37])[:, None] / 2
    before = found.levels - fermi[:, None]
    small = 1e-5
    slope = (density(before + small * moved) - density(before - small * moved)) / (2 * small)
    change = found.density_change(energies, width)
    assert change.values == pytest.approx(slope, abs=1e-8)
    assert found.density(energies, width).values == pytest.approx(density(before))
    assert np.abs(slope).max() > 1e-3
    hartree, fock = (
        found.density_change(energies, width, part).values for part in ("hartree", "fock")
    )
    assert change.values == pytest.approx(hartree + fock)
    # Of a contact interaction the Hartree shifts of two spins are minus twice the Fock shifts.
    assert hartree == pytest.approx(-2 * fock)
    assert change.errors.shape == (3, 9)
    assert change.width.tolist() == [width] * 3


def test_no_level_is_lost():
    energies = np.linspace(-12, 12, 2401)
    change = metal(2).density_change(energies, 0.3)
    assert np.trapezoid(change.values, energies, axis=1) == pytest.approx(0.0, abs=1e-10)
    whole = np.trapezoid(metal(2).density(energies, 0.3).values, energies, axis=1)
    assert whole == pytest.approx(1.0)


@pytest.mark.physics
def test_contact_interaction_of_two_spins_raises_the_density_at_the_fermi_energy():
    """Hartree beats Fock. Filled states overlap more with each other than with empty ones.

    Shifts fall with energy, and levels are drawn together: delta nu = -nu dS/dE with the slope of the
    shifts S (Altshuler and Aronov).
    """
    found, width = metal(40), 0.5
    wire = qt.Wire(qt.Square(10, periodic=True), qt.Box(3.0), flux=0.2)
    shifts = []
    for number in range(40):
        H = qt.closed_sample(wire, 10, number, 1, periodic=True).H.toarray()
        weight = np.abs(np.linalg.eigh(H)[1]) ** 2
        # Levels rise by U times their overlap with all filled ones.
        shifts.append(0.5 * (weight.T @ weight[:, :37]).sum(axis=1))
    assert found.shifts == pytest.approx(np.array(shifts), abs=1e-12)
    change, density = (one([0.0], width).mean for one in (found.density_change, found.density))
    assert change.values[0] > 10 * change.errors[0] > 0
    away = found.levels - found.fermi[:, None]
    near = np.abs(away) < 2 * width
    slope = np.polyfit(away[near], np.array(shifts)[near], 1)[0]
    assert change.values[0] == pytest.approx(-density.values[0] * slope, rel=0.25)


def test_a_realization_has_the_same_bits_whatever_others_are_asked_for():
    several = metal(3)
    alone = observe.interaction_shifts(
        qt.Wire(qt.Square(10, periodic=True), qt.Box(3.0), flux=0.2),
        qt.ContactInteraction(0.5), 10, [2], 1, electrons=37, spins=2, periodic=True,
    )  # fmt: skip
    assert np.array_equal(several.shifts[2], alone.shifts[0])


def test_vacancies_have_no_levels():
    wire = qt.Wire(qt.Square(4), (qt.Box(1.0), qt.Vacancies(sites=[(1, 1), (2, 3)])))
    found = observe.interaction_shifts(wire, qt.NeighbourInteraction(0.5), 4, [0], 1, electrons=5)
    kept = np.array([n for n in range(16) if n not in (5, 11)])
    H = qt.closed_sample(wire, 4, 0, 1).H.toarray()[np.ix_(kept, kept)]
    places = np.array([(n, m) for n in range(4) for m in range(4)])[kept]
    near = np.linalg.norm(places[:, None] - places, axis=2) == 1
    levels, hartree, fock = by_loops(H, 0.5 * near, 5, 1)
    assert np.isnan(found.levels[0, 14:]).all()
    assert found.levels[0, :14] == pytest.approx(levels, abs=1e-9)
    assert found.shifts[0, :14] == pytest.approx(hartree + fock, abs=1e-9)
    assert np.isfinite(found.density_change([0.0], 0.3).values).all()


def test_neighbours_of_a_honeycomb_are_a_bond_apart():
    U = qt.NeighbourInteraction(1.0, distance=1 / np.sqrt(3))
    wire = qt.Wire(qt.Honeycomb(4, periodic=True), qt.Box(1.0))
    found = observe.interaction_shifts(wire, U, 4, [0], 1, electrons=16, periodic=True)
    H = qt.closed_sample(wire, 4, 0, 1, periodic=True).H.toarray()
    bonds = np.abs(H - np.diag(np.diag(H)))
    psi = np.linalg.eigh(H)[1]
    density = (psi[:, :16] ** 2).sum(axis=1)
    assert found.hartree[0] == pytest.approx((bonds @ density) @ psi**2, abs=1e-12)


def test_more_than_the_memory_is_refused():
    with (
        limited(Limit(of_process=1)),
        pytest.raises(qt.InputError, match="all states of 32 orbitals need"),
    ):
        shifts()


def shifts(wire=STRIP, interaction=None, length=8, realizations=(0,), seed=1, **more):
    if not {"electrons", "energy"} & set(more):
        more["electrons"] = 5
    return observe.interaction_shifts(
        wire, interaction or qt.ContactInteraction(1.0), length, realizations, seed, **more
    )


SPIN = qt.Wire(qt.Square(4), terms=(qt.Zeeman(bz=0.1),))
RING = qt.Wire(qt.Chain())

REFUSED = {
    "no filling": (lambda: shifts(electrons=None, energy=None), "electrons=None", "energy=None"),
    "two fillings": (lambda: shifts(electrons=3, energy=0.0), "either electrons", "or energy"),
    "no electrons": (lambda: shifts(electrons=0), "got 0", ">= 1"),
    "too many electrons": (lambda: shifts(electrons=32), "1 .. 31", "got 32"),
    "an energy below all levels": (lambda: shifts(energy=-50.0), "32 levels", "no level lies below", "1 .. 31"),
    "an energy above all levels": (lambda: shifts(energy=50.0), "32 levels", "no level lies above"),
    "a shell that is cut": (
        lambda: shifts(RING, length=6, electrons=2, periodic=True),
        "2 equal levels", "electrons=1 or 3",
    ),
    "three spins": (lambda: shifts(spins=3), "1 or 2", "got 3"),
    "spins counted twice": (lambda: shifts(SPIN, spins=2), "act on the spin", "spins=1"),
    "an interaction that is a number": (lambda: shifts(interaction=2.0), "got 2.0", "U(distance)"),
    "an interaction that fails": (
        lambda: shifts(interaction=lambda r: 1.0 if r > 0 else 0.0), "ValueError", "elementwise",
    ),
    "an interaction without a value on a site": (
        lambda: shifts(interaction=lambda r: np.divide(1.0, r, out=np.full_like(r, np.inf), where=r > 0)),
        "inf at distance 0", "on the same site",
    ),
    "an interaction of another shape": (lambda: shifts(interaction=lambda r: r.ravel()[:1]), "shape of distance"),
    "an interaction with masked entries": (
        lambda: shifts(interaction=lambda r: np.ma.masked_equal(r, 0.0)), "has masked entries",
    ),
    "an interaction that overflows": (lambda: shifts(interaction=lambda r: 1e300 + 0 * r), "1e+30", "1e+300"),
    "a width of nothing": (lambda: shifts().density_change([0.0], 1e-200), "at least 1e-30"),
    "a complex interaction": (lambda: shifts(interaction=lambda r: 1j * r), "real numbers", "complex128"),
    "a strength in words": (lambda: qt.ContactInteraction("U"), "got 'U'", "units of t"),
    "no screening length": (lambda: qt.CoulombInteraction(1.0, 1.0, screening=0.0), "got 0", "> 0"),
    "no distance": (lambda: qt.NeighbourInteraction(1.0, distance=-1.0), "got -1", "> 0"),
    "a background of 1": (lambda: shifts(background=1), "background must be True or False"),
    "no width": (lambda: shifts().density_change([0.0], 0.0), "width must be > 0"),
    "half of the shifts": (lambda: shifts().density_change([0.0], 0.1, "half"), "got 'half'", "fock"),
    "no energies": (lambda: shifts().density_change([], 0.1), "energies is empty"),
    "a sample too large": (lambda: shifts(length=2000), "8,000 orbitals", "6,000"),
    "no wire": (lambda: shifts(3), "a qtcore.Wire"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(name):
    call, *words = REFUSED[name]
    with pytest.raises(qt.InputError) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


def test_allowed_electrons_are_those_of_the_sites_that_are_there():
    holes = qt.MissingSites(lambda x, y: (np.abs(x - 2) < 0.1) & (y < 0.1))
    wire = qt.Wire(qt.Square(4), qt.Box(1.0), structure=(holes,))
    contact = qt.ContactInteraction(0.5)
    with pytest.raises(qt.InputError, match=r"electrons must lie in 1 \.\. 22, .* got 23"):
        observe.interaction_shifts(wire, contact, 6, [0], 1, electrons=23)
    found = observe.interaction_shifts(wire, contact, 6, [0], 1, electrons=22)
    assert np.isfinite(found.levels).sum() == 23
    random = qt.Wire(qt.Square(4), qt.Vacancies(0.2))
    with pytest.raises(
        qt.InputError, match=r"1 \.\. 23 \(fewer in samples with vacancies or walls\)"
    ):
        observe.interaction_shifts(random, contact, 6, [0], 1, electrons=24)
