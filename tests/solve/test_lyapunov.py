"""Lyapunov exponents against exact and published values, within their own errors."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.solve.lyapunov import Spectrum, exponents, lyapunov


def strip(width, flux=0.0, periodic=False):
    h = qt.Square(width, periodic).transverse()
    v = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    return Slices(h, v, h, v, 1)


def bar(size):
    line = qt.Square(size, periodic=True).transverse()
    h, v = np.kron(line, np.eye(size)) + np.kron(np.eye(size), line), np.eye(size**2) + 0j
    return Slices(h, v, h, v, 1)


def box(strength, sites, bars, seed=1):
    rng = np.random.default_rng(seed)
    return lambda _, count: rng.uniform(-strength / 2, strength / 2, (count, sites, bars))


@pytest.mark.physics
@pytest.mark.parametrize(("half_width", "energy"), [(1.0, 0.0), (1.0, 1.0), (5.0, 2.5)])
def test_lloyd_exponent(half_width, energy):
    # Cauchy disorder is exact at any strength: physics.md section 4.
    D, E = half_width, energy
    gamma = np.arccosh((np.hypot(2 + E, D) + np.hypot(2 - E, D)) / 4)
    rng = np.random.default_rng(1)
    found = exponents(
        strip(1), lambda _, count: D * rng.standard_cauchy((count, 1, 64)), energy, 20_000
    )
    assert found.errors[0] < 2e-3
    assert found.exponents[0] == pytest.approx(gamma, abs=3 * found.errors[0])


@pytest.mark.physics
@pytest.mark.parametrize(
    ("slices", "strength", "expected", "its_error"),
    # Lambda = 1 / (gamma_min M) at E = 0: physics.md section 6.
    [
        (bar(4), 16.5, 0.5864, 0.0006),
        (strip(8, periodic=True), 6.0, 0.9623, 0.0023),
        (strip(8), 4.0, 1.992, 0.008),
    ],
    ids=["bar", "cylinder", "strip"],
)
def test_localization_lengths_of_long_bars(slices, strength, expected, its_error):
    width = 4 if slices.sites == 16 else 8
    found = exponents(slices, box(strength, slices.sites, 16), 0.0, 10_000)
    xi, error = found.localization_length
    assert error / width < 0.012 * expected
    assert xi / width == pytest.approx(expected, abs=3 * np.hypot(error / width, its_error))


def test_a_clean_strip_has_the_exponents_of_its_modes():
    # Off the band every mode decays by arccosh((E - e_n) / 2).
    energy = 4.7
    transverse = 2 * np.cos(np.pi * np.arange(1, 5) / 5)
    expected = np.sort(np.arccosh((energy - transverse) / 2))[::-1]
    found = exponents(strip(4), lambda _, count: np.zeros((count, 4, 8)), energy, 3200, skip=400)
    assert found.exponents == pytest.approx(expected, abs=1e-8)


def test_a_unitary_coupling_does_not_change_the_spectrum():
    # Each slice in another basis, psi_n -> U^n psi_n, of an isotropic clean slice: v becomes U, a
    # dense matrix that takes the path of general couplings.
    rng = np.random.default_rng(2)
    U = np.linalg.qr(rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3)))[0]
    plain, turned = np.zeros((3, 3), complex), U
    potential = rng.uniform(-3, 3, (3300, 1, 8)).repeat(3, axis=1)
    results = [
        exponents(Slices(plain, v, plain, v, 1), lambda n, c: potential[n : n + c], 0.3, 3000)
        for v in (np.eye(3) + 0j, turned)
    ]
    assert results[0].exponents == pytest.approx(results[1].exponents, abs=2e-3)
    chain = exponents(strip(1), lambda n, c: potential[n : n + c, :1], 0.3, 3000)
    assert results[1].exponents.mean() == pytest.approx(chain.exponents[0], abs=1e-3)


def test_a_field_lowers_the_smallest_exponent():
    # xi grows from (N + 1) l to 2 N l when time reversal is broken.
    still = exponents(strip(6), box(2.0, 6, 16), 0.5, 8000)
    field = exponents(strip(6, 0.05), box(2.0, 6, 16), 0.5, 8000)
    difference = still.exponents[-1] - field.exponents[-1]
    assert difference > 3 * np.hypot(still.errors[-1], field.errors[-1])


def test_bars_continue_from_their_address():
    wire = qt.Wire(qt.Square(4), qt.Box(3.0), flux=0.02)
    found = lyapunov(wire, 0.3, 3200, range(8), seed=5)
    again = lyapunov(wire, 0.3, 3200, range(8), seed=5)
    assert np.array_equal(found.exponents, again.exponents)
    assert found.blocks.shape == (8, 16, 4)
    # <ln g> = -2 gamma L: the transfer solver on wires much longer than xi.
    lengths = [300, 900]
    ln_g = qt.ln_conductance(wire, 0.3, lengths, range(400), 6)
    rise = (ln_g[:, 1] - ln_g[:, 0]) / 600
    error = np.hypot(rise.std(ddof=1) / 20, 2 * found.errors[-1])
    assert -2 * found.exponents[-1] == pytest.approx(rise.mean(), abs=3 * error)


def test_what_has_no_transfer_matrix_is_refused():
    h, v = np.zeros((2, 2), complex), np.array([[0, 1], [0, 0]], complex)
    with pytest.raises(qt.InputError, match=r"singular.*docs/how-to/localization-length\.md"):
        exponents(Slices(h, v, h, v, 1), box(1.0, 2, 8), 0.3, 100)
    with pytest.raises(qt.InputError, match=r"length .* must be >= 16, got 10"):
        exponents(strip(2), box(1.0, 2, 8), 0.3, 10)


def plain_loop(slices, potential, energy, skip):
    """Exponents of one bar by transfer matrices and NumPy's QR after every slice."""
    M = len(slices.h)
    v_inverse = np.linalg.inv(slices.v)
    T = np.zeros((2 * M, 2 * M), complex)
    T[:M, M:], T[M:, :M] = -v_inverse @ slices.v.conj().T, np.eye(M)
    Q = np.linalg.qr(np.random.default_rng(4).standard_normal((2 * M, M)))[0].astype(complex)
    total = np.zeros(M)
    for n, eps in enumerate(potential):
        diagonal = np.diag(np.repeat(energy - eps, slices.orbitals))
        T[:M, :M] = v_inverse @ (diagonal - slices.h)
        Q, R = np.linalg.qr(T @ Q)
        total += np.log(np.abs(np.diag(R))) if n >= skip else 0.0
    return total / (len(potential) - skip)


@pytest.mark.parametrize(
    "wire",
    [
        qt.Wire(qt.Square(5)),
        qt.Wire(qt.Square(6, periodic=True)),
        qt.Wire(qt.Square(5), flux=0.07),
        qt.Wire(qt.Square(6, periodic=True), flux=1 / 6),
        qt.Wire(qt.Cubic(2, 2)),
        qt.Wire(qt.Cubic(2, 3), field=(0.1, 0.0, 0.05)),
        qt.Wire(qt.Square(3), terms=(qt.Rashba(0.4),)),
    ],
    ids=["strip", "cylinder", "field", "field on a cylinder", "bar", "bar in a field", "spin"],
)
def test_every_stencil_agrees_with_a_plain_transfer_matrix_loop(wire):
    # The same disorder in both; the starts differ, which leaves about ln(10) / length.
    length, skip = 2400, 300
    rng = np.random.default_rng(9)
    potential = rng.uniform(-2.5, 2.5, (length + skip, wire.lattice.sites, 3))
    found = exponents(
        wire.slices(), lambda n, count: potential[n : n + count], 0.4, length, skip
    ).blocks.mean(axis=1)
    for bar in (0, 2):
        expected = plain_loop(wire.slices(), potential[:, :, bar], 0.4, skip)
        assert found[bar] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("height", [2.0**10, 2.0**20])
def test_high_sites_cost_no_exponent_its_digits(height):
    # Each stretches one solution by its height in a slice: two between orthonormalisations leave
    # nothing of the others.
    length, skip = 1200, 300
    rng = np.random.default_rng(9)
    potential = rng.uniform(-1, 1, (length + skip, 4, 3))
    potential[rng.random(potential.shape) < 0.03] = height
    potential[500:506, 1] = height
    slices = qt.Wire(qt.Square(4)).slices()
    found = exponents(slices, lambda n, count: potential[n : n + count], 0.4, length, skip)
    for bar in range(3):
        expected = plain_loop(slices, potential[:, :, bar], 0.4, skip)
        assert found.blocks[bar].mean(axis=0) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "wire",
    [
        qt.Wire(qt.Cubic(3, 3, periodic=True), qt.Box(14.0)),
        qt.Wire(qt.Square(5), qt.Box(3.0), flux=0.02),
    ],
    ids=["bar", "strip in a field"],
)
def test_a_bar_has_its_bits_whatever_others_are_asked_for(wire):
    whole = lyapunov(wire, 0.1, 400, range(19), 3).blocks
    assert len(np.unique(whole[:, 0, -1])) == 19
    for numbers in (range(19), range(2), [7], [3, 18, 11], range(6, 10)):
        np.testing.assert_array_equal(
            lyapunov(wire, 0.1, 400, numbers, 3).blocks, whole[list(numbers)]
        )


def test_bars_that_show_no_localization_have_no_length():
    # xi is about 1e8 here, far above the length of the bars.
    found = lyapunov(qt.Wire(qt.Chain(), qt.Box(1e-3)), 1.9, 4000, range(1), seed=1)
    with pytest.raises(qt.QtcoreError, match=r"show no localization.*longer or more bars"):
        _ = found.localization_length


@pytest.mark.parametrize(("exponent", "error", "shown"), [(0.01, 0.004, 1), (0.01, 0.006, 0)])
def test_a_localization_length_needs_an_exponent_above_its_error(exponent, error, shown):
    found = Spectrum(np.array([0.1, exponent]), np.array([0.01, error]), np.zeros((1, 16, 2)))
    if shown:
        assert found.localization_length == pytest.approx((100, 40))
    else:
        with pytest.raises(qt.QtcoreError, match=r"is 0\.01 ± 0\.006 per slice"):
            _ = found.localization_length
