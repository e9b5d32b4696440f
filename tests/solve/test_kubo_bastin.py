"""The conductivity tensor against exact sums over levels, Chern numbers and Drude."""

import math

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.solve import kubo_bastin as module
from qtcore.solve.chebyshev import Interval, Recursion, safe_bounds
from qtcore.solve.closed_frame import SparseFrame
from qtcore.solve.expansion import Damping
from qtcore.solve.velocity import velocity

CHERN = {
    "QWZ": (qt.Wire(qt.Square(10, periodic=True), terms=(qt.QWZ(1.0, -1.0),)), 10),
    "QWZ of the other sign": (qt.Wire(qt.Square(10, periodic=True), terms=(qt.QWZ(1.0, 1.0),)), 10),
    "trivial": (qt.Wire(qt.Square(10, periodic=True), terms=(qt.QWZ(1.0, -3.0),)), 10),
    "Haldane": (qt.Wire(qt.Honeycomb(8, periodic=True), terms=(qt.Haldane(0.2),)), 8),
    "Landau levels": (qt.Wire(qt.Square(12, periodic=True), flux=1 / 4), 12),
}
METAL = qt.Wire(qt.Square(6, periodic=True), qt.Box(2.0), flux=1 / 6)


def matrices(wire, length, realization=0):
    """H, v_x, v_y as dense arrays."""
    H = qt.closed_sample(wire, length, realization, 1, periodic=True).H
    along, across = (velocity(wire, H, length, True, axis).toarray() for axis in (0, 1))
    return H.toarray(), along, across


def filled(wire, length, gap):
    """sigma_xy of filled levels from perturbation theory, e²/h; and the width of the gap."""
    H, along, across = matrices(wire, length)
    levels, psi = np.linalg.eigh(H)
    v, w = (psi.conj().T @ one @ psi for one in (along, across))
    below = levels < gap
    up, down = levels[~below], levels[below]
    pairs = v[np.ix_(below, ~below)] * w[np.ix_(~below, below)].T
    # 2 pi i sum (v_ij w_ji - c.c.) / (E_i - E_j)² over filled i and empty j.
    total = (-4 * np.pi * pairs.imag / (down[:, None] - up) ** 2).sum()
    area = module.area_of(wire, length)
    return total / area, float(up.min() - down.max())


@pytest.mark.physics
@pytest.mark.parametrize(("name", "chern"), [*zip(CHERN, (1, -1, 0, -1, None), strict=True)])
def test_hall_conductivity_of_insulators_is_an_integer(name, chern):
    wire, length = CHERN[name]
    gap = -2.0 if chern is None else 0.0
    moments = 256 if chern is None else 96
    exact, width = filled(wire, length, gap)
    found = observe.kubo_bastin(wire, [gap], length, [0], 1, moments=moments, vectors=24)
    value, error = found.values[0, 0], found.errors[0, 0]
    # Both factors blur 1 / gap² by a Gaussian each: at most 6 (resolution / gap)² of it.
    bias = 6 * (found.width[0] / width) ** 2
    assert bias < 0.15
    assert abs(value - exact) < bias * max(1, abs(exact)) + 4 * error
    assert error < 0.06
    # A sum over few momenta is an integer to about exp(-gap * length / velocity).
    if chern is None:
        assert exact == pytest.approx(round(exact), abs=0.02)
        assert round(exact) in (-1, 1)
    else:
        assert exact == pytest.approx(chern, abs=0.05)


def test_double_moments_are_those_of_the_levels(monkeypatch):
    H, along, across = matrices(METAL, 8)
    levels, psi = np.linalg.eigh(H)
    frame = SparseFrame(H)
    interval = Interval.around(*safe_bounds(frame, frame.diagonal))
    rng = np.random.default_rng(2)
    r = rng.standard_normal((48, 3)) + 1j * rng.standard_normal((48, 3))
    n = np.arange(50)[:, None]
    T = np.cos(n * np.arccos((levels - interval.center) / interval.half))
    left, right = psi.conj().T @ (along @ r), psi.conj().T @ r
    between = psi.conj().T @ across @ psi
    expected = np.einsum("mi,il,ij,nj,jl->lmn", T, left.conj(), between, T, right)
    for bytes_of_a_block in (2**30, 48 * 16 * 8 * 7):
        monkeypatch.setattr(module, "_BLOCK_BYTES", bytes_of_a_block)
        found = module.double_moments(
            Recursion(frame, frame.diagonal, interval), along @ r, r, across, 50
        )
        assert np.abs(found - expected).max() < 1e-10


@pytest.mark.parametrize("axes", ["xx", "xy"])
def test_integral_is_the_one_of_kubo_and_bastin(axes):
    """The same damped series in the eigenbasis, integrated over energy by brute force."""
    H, along, across = matrices(METAL, 8)
    levels, psi = np.linalg.eigh(H)
    interval = Interval.around(levels[0] - 1, levels[-1] + 1)
    damping, E = Damping("jackson", 40), np.linspace(levels[0] - 1, 0.4, 20001)
    n = np.arange(40)
    a, b = along, along if axes == "xx" else across
    a, b = (psi.conj().T @ one @ psi for one in (a, b))
    T = np.cos(n[:, None] * np.arccos((levels - interval.center) / interval.half))
    delta = damping.delta(interval, E).T @ T
    theta = np.arccos((E - interval.center) / interval.half)
    factors = damping.factors * np.where(n == 0, 1, 2)
    G = -1j * (factors * np.exp(-1j * theta[:, None] * n)) @ T
    G /= interval.half * np.sin(theta)[:, None]
    slope = np.gradient(G, E, axis=0, edge_order=2)
    pairs = a * b.T
    trace = np.einsum("ij,ei,ej->e", pairs, delta, slope) - np.einsum(
        "ij,ei,ej->e", pairs, slope.conj(), delta
    )
    expected = np.trapezoid((2j * np.pi * trace).real, E)
    moments = np.einsum("mi,ij,nj->mn", T, pairs, T)[None]
    found = module.conductivities(moments, damping, interval, np.array([0.4]), axes == "xy")
    assert found[0, 0] == pytest.approx(expected, rel=2e-3, abs=0.02)


def test_along_the_wire_it_is_kubo_and_greenwood():
    H, speed = qt.closed_sample(METAL, 8, 0, 1, periodic=True)
    bounds, energies = (-5.5, 5.5), [-1.0, 0.3, 2.0]
    bastin = observe.kubo_bastin(
        METAL, energies, 8, [0], 1, "xx", moments=24, vectors=128, bounds=bounds
    )
    greenwood = observe.kubo_conductivity(H, speed, 48, energies, 24, 128, bounds=bounds)
    errors = np.hypot(bastin.errors[0], greenwood.errors)
    assert (errors < 0.1 * greenwood.values).all()
    assert (np.abs(bastin.values[0] - greenwood.values) < 4 * errors).all()


CLEAN = {
    "square": (qt.Wire(qt.Square(20, periodic=True)), 20),
    "Landau levels": (qt.Wire(qt.Square(20, periodic=True), flux=1 / 10), 20),
    "QWZ": (qt.Wire(qt.Square(12, periodic=True), terms=(qt.QWZ(1.0, -1.0),)), 12),
    "honeycomb": (qt.Wire(qt.Honeycomb(8, periodic=True)), 8),
    "armchair": (qt.Wire(qt.Honeycomb(8, "armchair", periodic=True), qt.Box(1.0)), 5),
    "Haldane": (qt.Wire(qt.Honeycomb(6, periodic=True), terms=(qt.Haldane(0.1),)), 6),
}


def ends(H, bounds):
    """Bounds of the spectrum: tight ones, wide ones, or those of Gershgorin's circles."""
    levels = np.linalg.eigvalsh(H)
    if bounds == "tight":
        return float(levels[0]) - 1e-4, float(levels[-1]) + 1e-4
    return (float(levels[0]) - 2, float(levels[-1]) + 3) if bounds == "wide" else None


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("kernel", ["jackson", "lorentz"])
@pytest.mark.parametrize("bounds", ["safe", "tight", "wide"])
def test_along_an_axis_it_is_the_double_sum_over_levels(name, kernel, bounds):
    wire, length = CLEAN[name]
    H, along, across = matrices(wire, length)
    own, energies = ends(H, bounds), np.array([-1.5, 0.2, 0.9])
    frame = SparseFrame(H)
    interval = Interval.around(*(own or safe_bounds(frame, frame.diagonal)))
    levels, psi = np.linalg.eigh(H)
    N = 24
    T = np.cos(np.arange(N)[:, None] * np.arccos((levels - interval.center) / interval.half))
    delta = Damping(kernel, N).delta(interval, energies).T @ T
    for axes, v in (("xx", along), ("yy", across)):
        pairs = np.abs(psi.conj().T @ v @ psi) ** 2
        expected = 2 * np.pi**2 / module.area_of(wire, length) * ((delta @ pairs) * delta).sum(1)
        found = observe.kubo_bastin(wire, energies, length, [0], 1, axes, N, 24, kernel, own)
        assert (found.errors < 0.2 * expected.max()).all()
        assert (np.abs(found.values - expected) < 5 * found.errors).all()
        assert found.width[0] == pytest.approx(Damping(kernel, N).width(interval))


@pytest.mark.parametrize("edge", ["zigzag", "armchair"])
def test_both_functions_have_the_same_conductivity_of_ribbons(edge):
    wire, length = qt.Wire(qt.Honeycomb(8, edge, periodic=True), qt.Box(2.0)), 6
    H, speed = qt.closed_sample(wire, length, 0, 1, periodic=True)
    energies, area = [-1.5, 0.0, 1.5], observe.area_of(wire, length)
    bastin = observe.kubo_bastin(wire, energies, length, [0], 1, "xx", 24, 512)
    greenwood = observe.kubo_conductivity(H, speed, area, energies, 24, 512)
    errors = np.hypot(bastin.errors[0], greenwood.errors)
    assert (errors < 0.1 * greenwood.values).all()
    assert (np.abs(bastin.values[0] - greenwood.values) < 4.5 * errors).all()


@pytest.mark.parametrize(
    ("name", "gap", "moments", "bounds"),
    [
        ("QWZ", 0.0, 32, "tight"),
        ("QWZ", 0.0, 48, "safe"),
        ("Landau levels", -3.0, 64, "tight"),
        ("Landau levels", 3.0, 128, "safe"),
        ("Haldane", 0.0, 64, "tight"),
    ],
)
def test_a_hall_conductivity_knows_no_end_of_the_interval(name, gap, moments, bounds):
    """Clean samples with levels at the ends of the bounds, against perturbation theory."""
    wire, length = CLEAN[name]
    own = ends(matrices(wire, length)[0], bounds)
    exact, width = filled(wire, length, gap)
    found = observe.kubo_bastin(wire, [gap, 9.0], length, [0], 1, "xy", moments, 16, bounds=own)
    bias = 6 * (found.width[0] / width) ** 2
    assert bias < 0.2
    assert found.errors[0, 0] < 0.1
    assert abs(found.values[0, 0] - exact) < bias * abs(exact) + 4 * found.errors[0, 0]
    # All bands are filled at 9 t.
    assert abs(found.values[0, 1]) < 0.01


@pytest.mark.parametrize("name", ["Landau levels", "QWZ"])
def test_what_leaks_is_the_conductivity_of_filled_bands(name):
    wire, length = CLEAN[name]
    H, along, across = matrices(wire, length)
    levels, psi = np.linalg.eigh(H)
    pairs = (psi.conj().T @ along @ psi).T * (psi.conj().T @ across @ psi)
    # One end close to the levels, the other far away.
    for low, high in ((0.01, 4.0), (4.0, 0.01)):
        interval = Interval.around(levels[0] - low, levels[-1] + high)
        T = np.cos(np.arange(48)[:, None] * np.arccos((levels - interval.center) / interval.half))
        moments, damping = (T @ pairs @ T.T)[None], Damping("jackson", 48)
        everything = module.conductivities(moments, damping, interval, np.array([99.0]), True)
        lower, upper = module.leaks(moments, damping, interval)[:, 0]
        assert lower + upper == pytest.approx(everything[0, 0], rel=1e-6, abs=1e-8)
        assert abs(lower if low > high else upper) < 1e-3 * abs(lower + upper)


def test_levels_that_leak_are_refused(monkeypatch):
    wire, length = CLEAN["Landau levels"]
    monkeypatch.setattr(module, "_widened", lambda interval, _: interval)
    with pytest.raises(qt.QtcoreError, match=r"errs by .* because of the lowest levels"):
        observe.kubo_bastin(
            wire,
            [0.5],
            length,
            [0],
            1,
            "xy",
            48,
            8,
            bounds=ends(matrices(wire, length)[0], "tight"),
        )


def test_a_real_hamiltonian_has_no_hall_effect():
    wire = qt.Wire(qt.Square(8, periodic=True), qt.Box(2.0))
    along = observe.kubo_bastin(wire, [0.5], 8, [0, 1], 1, "yy", moments=24, vectors=64)
    hall = observe.kubo_bastin(wire, [0.5], 8, [0, 1], 1, "xy", moments=24, vectors=64)
    assert (np.abs(hall.values) < 4.5 * hall.errors).all()
    assert (along.values > 10 * along.errors).all()
    assert (hall.errors < 0.2 * along.values).all()


@pytest.mark.physics
def test_conductivity_of_a_weakly_disordered_metal_is_that_of_boltzmann():
    # Drude's 7.69 e²/h at E = 1, W = 2 (physics.md section 10). The two levels of a pair are omega
    # apart, by a Gaussian of sqrt(2) times the resolution: the mean over it of Drude's
    # 1 / (1 + (omega tau)²) and of weak localization, -ln(1 / omega tau) / 2 pi. What is left out is
    # of the next order in 1 / (k l), a few per cent.
    tau = 1 / (2 * math.pi * 0.14191 * 4 / 12)
    found = [
        observe.kubo_conductivity(
            *qt.closed_sample(WEAK, 96, r, 1, periodic=True), 96**2, [1.0], 200, 8
        )
        for r in range(5)
    ]
    turns = np.random.default_rng(1).standard_normal(10**5) * math.sqrt(2) * found[0].width * tau
    drude = 7.69 * (1 / (1 + turns**2)).mean()
    expected = drude + np.log(np.abs(turns)).mean() / (2 * math.pi)
    values = np.array([one.values[0] for one in found])
    error = values.std(ddof=1) / math.sqrt(5)
    assert error < 0.03 * drude
    assert values.mean() == pytest.approx(expected, abs=0.04 * drude + 3 * error)


WEAK = qt.Wire(qt.Square(96, periodic=True), qt.Box(2.0))
ASKED = {"energies": [0.5], "length": 8, "realizations": [0], "seed": 1}


@pytest.mark.parametrize(
    ("wire", "change", "message"),
    [
        (METAL, {"axes": "xw"}, 'axes must be two of "x", "y", "z"'),
        (METAL, {"axes": "x"}, 'axes must be two of "x", "y", "z"'),
        (METAL, {"axes": "xz"}, "a conductivity along z needs a sample that is closed along z"),
        (qt.Wire(qt.Square(8)), {}, "closed along y; use a lattice with periodic=True"),
        (METAL, {"moments": 0}, "moments must be >= 2"),
        (METAL, {"moments": 10**7}, r"moments of 48 orbitals need [\d,]+ bytes"),
        (METAL, {"area": -1.0}, "area of the sample must be > 0"),
        (METAL, {"bounds": (-1, 1)}, "bounds must enclose the spectrum"),
        (METAL, {"kernel": "lorentz"}, 'axes="xy" needs kernel="jackson"'),
        (
            qt.Wire(qt.Custom(np.zeros((3, 3)), np.eye(3))),
            {"axes": "xx"},
            "area must be given for Custom",
        ),
    ],
)
def test_bad_input_is_refused(wire, change, message):
    with pytest.raises(qt.InputError, match=message):
        observe.kubo_bastin(wire, **{**ASKED, **change})
