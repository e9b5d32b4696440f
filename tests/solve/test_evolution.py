"""Time evolution against matrix exponentials, and spreading against theory."""

import math

import numpy as np
import pytest
import scipy.linalg
from scipy.sparse.linalg import expm_multiply
from scipy.special import ellipk, jv

import qtcore as qt
from qtcore import observe, room
from qtcore.errors import QtcoreError

BOX = qt.Box(1.5)
WIRES = {
    "strip": qt.Wire(qt.Square(17), BOX),
    "cylinder": qt.Wire(qt.Square(16, periodic=True), BOX),
    "chain": qt.Wire(qt.Chain(), BOX),
    "bar": qt.Wire(qt.Cubic(3, 4, True), BOX),
    "honeycomb": qt.Wire(qt.Honeycomb(4, periodic=True), BOX),
    "field": qt.Wire(qt.Square(16, periodic=True), BOX, flux=1 / 16),
    "spin": qt.Wire(qt.Square(4), (BOX, qt.RandomSU2()), terms=(qt.Rashba(0.3),)),
}
TIMES = [0.0, 0.3, 4.0, 11.0]


def states(size, count):
    rng = np.random.default_rng(1)
    psi = rng.standard_normal((size, count)) + 1j * rng.standard_normal((size, count))
    return psi / np.linalg.norm(psi, axis=0)


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("count", [1, 9])
def test_states_are_those_of_the_matrix_exponential(name, count):
    H = qt.closed_sample(WIRES[name], 12, 1, 3).H
    start = states(H.shape[0], count)
    found = observe.time_evolution(H, start, TIMES)
    for psi, time in zip(found, TIMES, strict=True):
        expected = scipy.linalg.expm(-1j * time * H.toarray()) @ start
        assert np.abs(psi - expected).max() < 1e-12
    assert np.abs(found[-1] - expm_multiply(-11j * H, start)).max() < 1e-11
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-12


def test_long_times_keep_norm_and_energy():
    H = qt.closed_sample(WIRES["cylinder"], 30, 1, 3, periodic=True).H
    start = states(H.shape[0], 2)
    (psi,) = observe.time_evolution(H, start, [2000.0])
    levels, vectors = np.linalg.eigh(H.toarray())
    expected = vectors @ (np.exp(-2000j * levels)[:, None] * (vectors.T @ start))
    assert np.abs(psi - expected).max() < 1e-11
    assert np.abs(np.linalg.norm(psi, axis=0) - 1).max() < 1e-12


def on_site(length, width, n, y=0):
    psi = np.zeros((length, width))
    psi[n, y] = 1.0
    return psi.ravel()


@pytest.mark.physics
def test_a_site_of_a_clean_chain_spreads_ballistically():
    times = [1.0, 10.0, 50.0]
    wire = qt.Wire(qt.Chain())
    found = observe.packet_spread(wire, on_site(301, 1, 150), times, 301, [0], 1)
    assert found.variance[0, 0] == pytest.approx(2 * np.square(times), rel=1e-12)
    assert found.mean[0, 0] == pytest.approx([150.0] * 3, abs=1e-11)
    assert found.returned[0, 0] == pytest.approx(jv(0, 2 * np.array(times)) ** 2, abs=1e-14)
    assert found.norm_error < 1e-12


@pytest.mark.physics
def test_a_packet_moves_with_its_group_velocity():
    k, width, times = 1.1, 12.0, [0.0, 10.0, 40.0]
    wire = qt.Wire(qt.Chain())
    start = observe.wave_packet(wire, 401, (250.0, 0.0), width, (k, 0.0))
    assert np.linalg.norm(start) == pytest.approx(1)
    found = observe.packet_spread(wire, start, times, 401, [0], 1)
    # E = 2 cos k; averages over the packet's Gaussian in k of standard deviation 1 / (2 width).
    damped = math.exp(-1 / (8 * width**2))
    velocity = -2 * math.sin(k) * damped
    assert found.mean[0, 0] == pytest.approx(250 + velocity * np.array(times), abs=1e-6)
    square = 2 * (1 - math.cos(2 * k) * math.exp(-4 / (8 * width**2)))
    expected = width**2 + (square - velocity**2) * np.square(times)
    assert found.variance[0, 0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.physics
def test_a_dirty_metal_spreads_diffusively():
    # <x²> = mean over all energies of 2 <v_x²> tau (t - tau (1 - exp(-t / tau))), Born's tau:
    # first ballistic, then 2 D t. Interference and the next order in 1 / (k l) leave some per cent.
    length, width, times = 241, 32, np.array([1.0, 10.0, 20.0, 40.0])
    wire = qt.Wire(qt.Square(width, periodic=True), qt.Box(2.0))
    found = observe.packet_spread(wire, on_site(length, width, 120), times, length, range(24), 1)
    spread = found.variance[:, 0] + (found.mean[:, 0] - 120) ** 2
    k = 2 * np.pi * (np.arange(300) + 0.25) / 300
    kx, ky = np.meshgrid(k, k + 0.001)
    tau = 12 / (2 * np.pi * 4) * 2 * np.pi**2 / ellipk(1 - (np.cos(kx) + np.cos(ky)) ** 2 / 4)
    square = 4 * np.sin(kx) ** 2
    expected = [(2 * square * tau * (t - tau * (1 - np.exp(-t / tau)))).mean() for t in times]
    error = spread.std(axis=0, ddof=1) / math.sqrt(24)
    assert (error[1:] < 0.03 * np.array(expected)[1:]).all()
    assert (np.abs(spread.mean(axis=0) - expected) < 3 * error + 0.04 * np.array(expected)).all()
    # Between the last two times it is no longer ballistic.
    assert spread[:, 3].mean() / spread[:, 2].mean() < 2.5


@pytest.mark.parametrize("name", ["cylinder", "field", "spin", "honeycomb"])
def test_realizations_side_by_side_are_those_of_their_matrices(name):
    wire, length, times = WIRES[name], 20, [0.5, 1.0]
    size = length * wire.width * wire.orbitals
    near = np.zeros((size, 1))
    near[9 * size // 20 : 11 * size // 20] = 1.0
    for count in (1, 9):
        start = states(size, count) * near
        start /= np.linalg.norm(start, axis=0)
        many = observe.packet_spread(wire, start, times, length, range(9), 3, end_weight=0.2)
        few = observe.packet_spread(wire, start, times, length, [8, 3], 3, end_weight=0.2)
        assert np.array_equal(many.variance[[8, 3]], few.variance)
        assert few.variance.shape == (2, count, 2)
        x = np.repeat(wire.lattice.positions()[None, :, 0], length, axis=0)
        x = x + wire.lattice.period * np.arange(length)[:, None]
        x = np.repeat(x.ravel(), wire.orbitals)
        for row, realization in enumerate([8, 3]):
            H = qt.closed_sample(wire, length, realization, 3).H
            psi = observe.time_evolution(H, start, times)
            weight = np.abs(psi) ** 2
            first, second = (np.einsum("tds,d->st", weight, power) for power in (x, x**2))
            assert few.mean[row] == pytest.approx(first, abs=1e-11)
            assert few.variance[row] == pytest.approx(second - first**2, abs=1e-9)
            overlap = np.abs(np.einsum("ds,tds->st", start.conj(), psi)) ** 2
            assert few.returned[row] == pytest.approx(overlap, abs=1e-12)


def test_a_packet_that_reaches_the_ends_is_told_with_the_time():
    wire, start = qt.Wire(qt.Chain()), on_site(129, 1, 64)
    # The first wave front, of velocity 2, meets the last 8 slices from t = 28 on.
    observe.packet_spread(wire, start, [20.0], 129, [0], 1)
    with pytest.raises(QtcoreError, match="reaches the ends of the sample between t =") as caught:
        observe.packet_spread(wire, start, [20.0, 90.0], 129, [0], 1)
    before, after = (
        float(word) for word in str(caught.value).split("t = ")[1].split(":")[0].split(" and ")
    )
    assert after > 20
    assert before < 28
    assert after - before <= 4
    # Nor is one missed that would be back in the middle at the only time asked for.
    with pytest.raises(QtcoreError, match="reaches the ends"):
        observe.packet_spread(wire, start, [64.0], 129, [0], 1)
    # A localized one never comes there.
    dirty = qt.Wire(qt.Chain(), qt.Box(6.0))
    found = observe.packet_spread(dirty, start, [500.0], 129, range(8), 1)
    assert (found.variance < 40).all()


def test_a_packet_at_the_ends_is_refused_before_anything_is_computed():
    with pytest.raises(qt.InputError, match="first or last 1 slices at t = 0; take a longer"):
        observe.packet_spread(qt.Wire(qt.Chain()), on_site(20, 1, 19), [1.0], 20, [0], 1)


H = qt.closed_sample(WIRES["chain"], 12, 1, 3).H


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times": []}, "times is empty"),
        ({"times": [-1.0]}, "times must be >= 0 and increase strictly"),
        ({"times": [1.0, 1.0]}, "times must be >= 0 and increase strictly"),
        ({"times": [math.inf]}, "time must be finite"),
        ({"states": np.ones(11)}, r"states must be \(12, state\) for this sample, got shape \(11,\)"),
        ({"states": np.ones((12, 0))}, r"states must be \(12, state\)"),
        ({"states": np.full(12, np.nan)}, "states must be finite"),
        ({"states": np.zeros((12, 2))}, "a state is zero everywhere"),
        ({"states": ["a"] * 12}, "states must be an array of numbers"),
        ({"states": np.ma.array(np.ones(12), mask=[1] + [0] * 11)}, "masked"),
        ({"bounds": (-1.0, 1.0)}, "bounds must enclose the spectrum"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(change, message):
    asked = {"H": H, "states": np.ones(12), "times": [1.0], **change}
    with pytest.raises(qt.InputError, match=message):
        observe.time_evolution(**asked)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda w: observe.wave_packet(w, 9, (4.0, 0.0), 0.0), "width of the packet must be > 0"),
        (lambda w: observe.wave_packet(w, 9, (4.0,), 1.0), "center must be two or three numbers"),
        (lambda w: observe.wave_packet(w, 9, (4e3, 0.0), 1.0), "has no weight on this sample"),
        (lambda w: observe.wave_packet(w, 9, (4.0, 0.0), 1.0, orbital=1), "orbital must be below 1"),
        (lambda w: observe.plane_wave(w, 9, (0.0, 0.3)), "multiples of 2 pi / 16"),
        (
            lambda w: observe.packet_spread(w, np.ones(144), [1.0], 9, [0], 1, end_weight=0.0),
            "end_weight must be > 0",
        ),
    ],
)  # fmt: skip
def test_states_that_make_no_sense_are_refused(ask, message):
    with pytest.raises(qt.InputError, match=message):
        ask(WIRES["cylinder"])


def test_too_many_states_are_refused_with_the_bytes(monkeypatch):
    class Little:
        available = 10**3

    monkeypatch.setattr(room.psutil, "virtual_memory", Little)
    with pytest.raises(
        qt.InputError, match=r"1 states of 12 orbitals at 2 times need [\d,]+ bytes"
    ):
        observe.time_evolution(H, np.ones(12), [1.0, 2.0])


def test_a_norm_that_changes_is_an_error(monkeypatch):
    monkeypatch.setattr("qtcore.solve.bounds._extremes", lambda _: (0.0, 0.0))
    with pytest.raises(QtcoreError, match="spectrum"):
        observe.time_evolution(H, np.ones(12), [30.0], bounds=(-1.0, 1.0))


@pytest.mark.parametrize(
    ("lattice", "axis"),
    [
        (qt.Square(16, periodic=True), 1),
        (qt.Honeycomb(12, periodic=True), 1),
        (qt.Honeycomb(12, "armchair", periodic=True), 1),
        (qt.Cubic(3, 16, periodic=True), 2),
    ],
)
def test_a_packet_has_no_seam_where_the_lattice_closes(lattice, axis):
    """A packet at the seam is the packet in the middle, moved around."""
    wire, extent = qt.Wire(lattice), float(lattice.wraps()[-1][axis])
    k, middle, seam = np.zeros(3), np.array([6.0, 0.0, 0.0]), np.array([6.0, 0.0, 0.0])
    k[axis], middle[axis] = 2 * math.pi * 2 / extent, extent / 2
    at_seam, inside = (observe.wave_packet(wire, 12, one, 1.2, k) for one in (seam, middle))
    ring = qt.closed_sample(wire, 12, 0, 1).H
    for power in range(3):
        moments = [np.vdot(psi, ring @ psi) for psi in (at_seam, inside)]
        assert moments[0] == pytest.approx(moments[1], rel=1e-6), power
        at_seam, inside = ring @ at_seam, ring @ inside
    # As far from the middle of the packet on one side as on the other.
    psi = observe.wave_packet(wire, 12, seam, 1.2, k)
    places = np.tile(lattice.positions(), (12, 1, 1)).reshape(-1, 3)[:, axis]
    below, above = (np.abs(psi[one]).sum() for one in (places > extent / 2, places < extent / 2))
    assert below == pytest.approx(above, rel=0.6)
    assert below > 0.1 * above


def test_plane_waves_of_clean_samples_keep_their_momentum():
    wire = qt.Wire(qt.Square(8, periodic=True))
    k = (2 * math.pi * 3 / 12, 2 * math.pi / 8)
    psi = observe.plane_wave(wire, 12, k)
    ring = qt.closed_sample(wire, 12, 0, 1, periodic=True).H
    (later,) = observe.time_evolution(ring, psi, [5.0])
    phase = np.exp(-5j * (2 * math.cos(k[0]) + 2 * math.cos(k[1])))
    assert np.abs(later[:, 0] - phase * psi).max() < 1e-13
