"""Spin-resolved transmission beside what can be said by hand."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.observe import resolved_currents, scattering_states
from tests.laws import truth
from tests.pages import HOW_TO, blocks

SX, SY, SZ = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
ONE = np.eye(2)
UP, DOWN = 0, 1


def between_plain_leads(width, spin_orbit, disorder=0.0, angle=None, **leads):
    """A strip whose bonds along it turn the spin by cos + i sin sigma_y, between leads that do not.

    `angle` in place of `spin_orbit` keeps the bonds unitary; then nothing is reflected.
    """
    along = (
        ONE + 1j * spin_orbit * SY
        if angle is None
        else np.cos(angle) * ONE + 1j * np.sin(angle) * SY
    )
    across = qt.Square(width).transverse().real
    plain = qt.Custom(np.kron(across, ONE), np.kron(np.eye(width), ONE), orbitals=2)
    turning = np.kron(np.triu(across), ONE - 1j * spin_orbit * SX)
    sample = qt.Custom(turning + turning.conj().T, np.kron(np.eye(width), along), orbitals=2)
    return qt.Wire(sample, qt.Box(disorder), lead_lattice=plain, **leads)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_zeeman_field_makes_two_strips(axis):
    field = {f"b{axis}": 0.25}
    wire = qt.Wire(qt.Square(5), qt.Box(2.0), flux=0.01, terms=(qt.Zeeman(**field),))
    lengths = [3, 40, 3000]
    found = qt.resolved_scattering(wire, 0.5, lengths, range(5), 2, f"spin_{axis}")
    assert found.any_depth
    assert not found.suspect.any()
    strip = qt.Wire(qt.Square(5), qt.Box(2.0), flux=0.01)
    for sector, energy in ((UP, 0.25), (DOWN, 0.75)):
        alone = qt.scattering(strip, energy, lengths, range(5), 2)
        assert np.allclose(found.ln_T[:, :, sector, sector], alone.ln_g, rtol=0, atol=1e-8)
        assert np.allclose(
            found.reflection[:, :, sector, sector], alone.reflection, rtol=0, atol=1e-9
        )
        assert found.channels[sector] == alone.channels
    assert (found.ln_T[:, -1, UP, UP] < -100).all(), "deep, and known"
    assert np.isneginf(found.ln_T[:, :, UP, DOWN]).all()
    assert (found.flip_probability == 0).all()


def test_polarization_is_that_of_the_two_strips():
    wire = qt.Wire(qt.Square(4), qt.Box(2.0), terms=(qt.Zeeman(bz=0.6),))
    found = qt.resolved_scattering(wire, 0.5, [10, 2000], range(4), 1, "spin_z")
    ln_up, ln_down = found.ln_T[:, :, UP, UP], found.ln_T[:, :, DOWN, DOWN]
    assert found.polarization == pytest.approx(np.tanh((ln_up - ln_down) / 2), abs=1e-9)


@pytest.mark.parametrize("length", [1, 2, 7, 30])
def test_spin_precesses_by_the_angle_of_rashba_coupling(length):
    # Each of the L - 1 bonds turns the spin by 2 theta around y, and reflects nothing.
    theta = 0.21
    wire = between_plain_leads(1, 0.0, angle=theta)
    found = qt.resolved_scattering(wire, 0.7, [length], [0], 1, qt.Conserved(SZ, ("up", "down")))
    kept = np.cos(theta * (length - 1)) ** 2
    assert found.T[0, 0] == pytest.approx(np.array([[kept, 1 - kept], [1 - kept, kept]]), abs=1e-12)
    assert found.flip_probability[0, 0] == pytest.approx(1 - kept, abs=1e-12)
    assert found.reflection.max() < 1e-20
    along_y = qt.resolved_scattering(wire, 0.7, [length], [0], 1, SY)
    assert along_y.any_depth
    assert along_y.T[0, 0] == pytest.approx(np.eye(2), abs=1e-12)


def test_phases_of_the_blocks_are_those_of_a_rashba_chain():
    # 2 cos(k - s theta) sqrt(1 + alpha²) = E for the spin s along y: the two differ by exp(2 i theta L).
    alpha, length = 0.4, 11
    wire = qt.Wire(qt.Square(1), terms=(qt.Rashba(alpha),))
    S = qt.resolved_matrices(wire, 0.3, [length], [0], 1, "spin_y")[0]
    scale = np.exp(S.S.log_scale_prime[0])
    up, down = (scale * S.block("t_prime", one, one)[0, 0, 0] for one in ("up", "down"))
    assert abs(up) == pytest.approx(1, abs=1e-12)
    turned = np.exp(-2j * np.arctan(alpha) * length)
    assert up / down == pytest.approx(turned, abs=1e-11)
    assert S.block("t_prime", "up", "down").shape == (1, 1, 1)
    assert np.abs(S.block("t_prime", "up", "down")).max() < 1e-13


def test_random_su2_bonds_of_a_chain_multiply():
    wire = qt.Wire(qt.Chain(), qt.RandomSU2())
    lengths, numbers = [2, 9], np.arange(3, dtype=np.uint64)
    found = qt.resolved_scattering(wire, 0.5, lengths, range(3), 4, "spin_z")
    bonds = wire.hopping_of(numbers, 0, 9, 4).ahead.dense(2)
    for n, length in enumerate(lengths):
        for r in range(3):
            product = np.linalg.multi_dot([ONE, ONE, *bonds[: length - 1, r]])
            # <n|H|n+1> takes the spin back by one slice.
            expected = np.abs(product.conj().T) ** 2
            assert found.T[r, n] == pytest.approx(expected, abs=1e-12)


def test_axis_of_the_spin_may_be_turned_with_the_wire():
    angle, n = 0.9, np.array([0.3, -0.5, 0.8])
    n /= np.linalg.norm(n)
    U = np.cos(angle) * ONE - 1j * np.sin(angle) * (n[0] * SX + n[1] * SY + n[2] * SZ)
    wire = between_plain_leads(3, 0.3, 1.5)
    one = np.kron(np.eye(3), U)
    h, v = (one @ part @ one.conj().T for part in (wire.lattice.h, wire.lattice.v))
    turned = qt.Wire(
        qt.Custom((h + h.conj().T) / 2, v, orbitals=2),
        qt.Fixed(lambda x, y: 0.3 * np.cos(2 * x + y)),
        lead_lattice=wire.lead_lattice,
    )
    plain = qt.Wire(wire.lattice, turned.disorder, lead_lattice=wire.lead_lattice)
    before = qt.resolved_scattering(plain, 0.4, [4, 12], [0], 1, SZ)
    after = qt.resolved_scattering(turned, 0.4, [4, 12], [0], 1, U @ SZ @ U.conj().T)
    assert np.abs(after.T - before.T).max() < 1e-11
    assert after.reflection == pytest.approx(before.reflection, abs=1e-11)
    assert not np.allclose(before.T, qt.resolved_scattering(plain, 0.4, [4, 12], [0], 1, SX).T)


def test_leads_of_another_width_are_those_of_the_dense_matrix():
    sample = between_plain_leads(2, 0.35).lattice
    wide = between_plain_leads(4, 0.0).lattice
    wire = qt.Wire(sample, qt.Box(1.0), lead_lattice=wide, lead_offset=1)
    slices, energy, length = wire.slices(), 0.45, 6
    found = qt.resolved_scattering(wire, energy, [length], [3], 7, SX)
    potential = wire.potential_of(np.array([3], dtype=np.uint64), 0, length, 7)[:, :, 0]
    S = truth.site_matrix(
        truth.sample(slices, potential),
        truth.self_energies(slices, energy),
        energy,
        truth.open_channels(slices, energy),
    )
    along = np.linalg.eigh(np.kron(np.eye(4), SX))
    for a, value_a in enumerate((1, -1)):
        for b, value_b in enumerate((1, -1)):
            out, into = (along[1][:, np.isclose(along[0], value)] for value in (value_a, value_b))
            expected = np.linalg.norm(out.conj().T @ S[1, :, 0] @ into) ** 2
            assert found.T[0, 0, a, b] == pytest.approx(expected, abs=1e-10)


def test_absorption_and_the_other_side():
    wire = between_plain_leads(3, 0.3, 1.0)
    kept = {}
    for side in ("left", "right"):
        found = qt.resolved_scattering(wire, 0.4, [8], range(2), 1, SZ, 0.05, side)
        whole = qt.scattering(wire, 0.4, [8], range(2), 1, absorption=0.05, incidence=side)
        assert found.ln_g == pytest.approx(whole.ln_g, abs=1e-9)
        assert found.reflection.sum(axis=(2, 3)) == pytest.approx(whole.reflection, abs=1e-9)
        assert ((found.T + found.reflection).sum(axis=2) < found.channels).all()
        kept[side] = found.T
    assert not np.allclose(kept["left"], kept["right"])


@pytest.mark.parametrize("coupling", [1e-3, 1e-8, 1e-10, 1e-20])
def test_small_flips_are_known_to_what_the_certificate_says(coupling):
    # First order: the amplitude of a flip is the coupling times that of one bond.
    wire = between_plain_leads(1, coupling)
    found = qt.resolved_scattering(wire, 0.7, [2], [0], 1, SZ)
    expected = 2 * np.log(coupling)
    ln_flip, error = found.ln_T[0, 0, UP, DOWN], found.certificate[0, 0, UP, DOWN]
    assert found.certificate[0, 0, UP, UP] < 1e-10
    if coupling < 1e-15:
        assert np.isnan(ln_flip)
        assert error > 1e-3
        assert found.T[0, 0, UP, DOWN] == 0
    else:
        assert abs(ln_flip - expected) <= error + 2 * coupling**2
        assert error < 1e-10 / coupling


def test_blocks_of_a_localized_wire_are_known_wherever_they_count():
    wire = between_plain_leads(3, 0.3, 8.0)
    found = qt.resolved_scattering(wire, 0.4, [400], range(4), 1, SZ)
    whole = qt.ln_conductance(wire, 0.4, [400], range(4), 1)
    assert (whole < -150).all()
    assert np.isfinite(found.ln_T).all()
    assert found.ln_g == pytest.approx(whole, abs=1e-8)
    assert (found.certificate < 1e-6).all()


def test_same_samples_have_the_same_bits():
    wire = between_plain_leads(2, 0.3, 1.0)
    every = qt.resolved_scattering(wire, 0.4, [5], range(12), 1, SZ)
    some = qt.resolved_scattering(wire, 0.4, [3, 5], [10, 1], 1, SZ)
    for name in ("ln_T", "reflection", "certificate"):
        assert np.array_equal(getattr(some, name)[:, 1], getattr(every, name)[[10, 1], 0])


def test_spin_current_is_what_the_leads_take_up():
    # Behind the last slice nothing turns the spin: what arrives there is what leaves, spin by spin.
    wire = between_plain_leads(2, 0.4)
    sample = qt.sample_with_leads(wire, 0.4, 6, [0], 1)
    states = scattering_states(sample)[..., : sample.leads.left.channels]
    for Q in (SX, SY, SZ):
        found = resolved_currents(wire, sample, states, Q)
        solved = qt.resolved_scattering(wire, 0.4, [6], [0], 1, Q)
        leaves = np.array(solved.values) @ solved.T[0, 0].sum(axis=1)
        # The contact has the bonds of the lead, which conserve the spin.
        assert found.through[-1, 0] + found.torque[-1, 0].sum() == pytest.approx(leaves, abs=1e-11)


def test_clean_leads_with_all_spins_alike_polarise_nothing():
    wire = qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.Zeeman(),))
    found = qt.resolved_scattering(wire, 0.5, [5], range(3), 1, qt.SpinAlong((1, 1, 0)))
    assert np.abs(found.polarization).max() < 1e-12
    assert np.abs(found.reflected_polarization).max() < 1e-12


def test_sectors_without_channels_carry_nothing():
    wire = qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.Zeeman(bz=3.0),))
    found = qt.resolved_scattering(wire, 3.2, [5], range(3), 1, "spin_z")
    assert found.channels.tolist() == [3, 0]
    assert np.isneginf(found.ln_T[:, :, DOWN, DOWN]).all()
    assert found.polarization == pytest.approx(np.ones((3, 1)))


def test_orbitals_and_sites_of_their_own():
    # Two layers that do not couple, one of them 0.3 t higher, written as two orbitals.
    h = np.kron(qt.Square(3).transverse(), ONE) + np.kron(np.eye(3), np.diag([0.0, 0.3]))
    wire = qt.Wire(qt.Custom(h, np.eye(6), orbitals=2), qt.Box(1.0))
    found = qt.resolved_scattering(wire, 0.5, [20], range(2), 1, "orbital")
    assert found.names == ("orbital 0", "orbital 1")
    per_site = np.repeat(np.diag([0.0, 1.0])[None], 3, axis=0)
    given = qt.resolved_scattering(wire, 0.5, [20], range(2), 1, per_site)
    assert given.ln_T[:, :, ::-1, ::-1] == pytest.approx(found.ln_T, abs=1e-10)
    # Upper and lower half of two strips side by side, as a matrix of each site.
    apart = np.kron(ONE, qt.Square(2).transverse())
    halves = np.kron(np.diag([1.0, -1.0]), ONE)
    strips = qt.Wire(qt.Custom(apart, np.eye(4)), qt.Box(1.0))
    own = qt.resolved_scattering(strips, 0.5, [20], range(2), 1, halves)
    assert own.any_depth
    assert own.channels.tolist() == [2, 2]
    S = qt.resolved_matrices(strips, 0.5, [20], range(2), 1, halves)[0]
    assert np.diagonal(S.ln_T, axis1=1, axis2=2) == pytest.approx(
        np.diagonal(own.ln_T[:, 0], axis1=1, axis2=2), abs=1e-9
    )


def test_a_mirror_of_the_whole_slice_sorts_the_modes_of_the_leads():
    # The leads are even or odd across; the sample, which is not, mixes them.
    mirror = np.eye(4)[::-1]
    wire = qt.Wire(qt.Square(4), qt.Box(1.0))
    found = qt.resolved_scattering(
        wire, 0.1, [6], range(2), 1, qt.Conserved(mirror, ("even", "odd"))
    )
    assert not found.any_depth
    assert found.channels.tolist() == [2, 2]
    clean = qt.resolved_scattering(qt.Wire(qt.Square(4)), 0.1, [6], [0], 1, mirror)
    assert clean.T[0, 0] == pytest.approx(2 * np.eye(2), abs=1e-12)
    assert found.T[0, 0, 0, 1] > 1e-3


def test_the_page_runs_and_says_what_is_true():
    page = HOW_TO / "resolve-by-spin.md"
    namespace = {}
    for line, source in blocks(page, "python"):
        exec(compile("\n" * line + source, str(page), "exec"), namespace)
    assert namespace["deep"].certificate.max() < 1e-6
    assert not namespace["turned"].any_depth


def test_a_field_on_the_sites_turns_the_spin_of_the_end_slices_too():
    # Bonds know no spin here, so that a site's torque is Im psi^+ [Q, H_site] psi of its own matrix.
    b = np.array([0.1, 0.2, 0.15])
    wire = qt.Wire(qt.Square(2), qt.Box(1.0), terms=(qt.Zeeman(*b),))
    sample = qt.sample_with_leads(wire, 0.5, 4, [0], seed=1)
    # Each wave has its spin along the field, which does not turn; their sum does.
    states = scattering_states(sample).sum(axis=3, keepdims=True)
    found = resolved_currents(wire, sample, states, "spin_z")
    own = np.kron(np.eye(2), b[0] * SX + b[1] * SY + b[2] * SZ)
    assert np.allclose(wire.slices().h - own, np.kron(qt.Square(2).transverse(), ONE), atol=1e-15)
    Q = np.kron(np.eye(2), SZ)
    turned = (states.conj() * ((Q @ own - own @ Q) @ states)).imag.sum(axis=3)
    expected = turned.reshape(4, 1, 2, 2).sum(axis=3)
    assert np.abs(expected[[0, -1]]).max() > 0.01, "the ends must feel the field"
    assert np.abs(found.torque - expected).max() < 1e-12
