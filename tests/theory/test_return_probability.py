"""Diffusion at home, and what it takes, against quadrature and exact solutions."""

import math

import numpy as np
import pytest
from scipy import integrate

from qtcore.errors import InputError
from qtcore.theory.return_probability import (
    Packet,
    cubic_green,
    diffusive_return,
    golden_rule,
    site_memory,
    square_green,
)


def test_diffusion_in_a_closed_box_is_its_sum_over_modes():
    D, t, extent = 1.7, np.array([3.0, 40.0]), 20
    n = np.arange(-200, 201)
    modes = np.exp(-D * (2 * np.pi * n / extent) ** 2 * t[:, None]).sum(axis=1) / extent
    assert diffusive_return(D, t, (extent,)) == pytest.approx(modes)
    assert diffusive_return(D, t, (extent, math.inf)) == pytest.approx(
        modes / np.sqrt(4 * np.pi * D * t)
    )


def band(dimension, energy, count):
    """Return density, <v_x²> and Re G of a fine grid of momenta, all levels blurred by 0.05."""
    k = (np.arange(count) + 0.5) * np.pi / count
    grid = np.meshgrid(*[k] * dimension, indexing="ij")
    E, eta = 2 * sum(np.cos(one) for one in grid), 0.05
    G = 1 / (energy + 1j * eta - E)
    rho = -G.imag / np.pi
    return rho.mean(), (rho * 4 * np.sin(grid[0]) ** 2).mean() / rho.mean(), G.real.mean()


@pytest.mark.parametrize(("dimension", "energy", "count"), [(2, 1.5, 600), (3, 0.5, 120)])
def test_the_golden_rule_is_that_of_a_grid_of_momenta(dimension, energy, count):
    rho, squared, real = band(dimension, energy, count)
    found = golden_rule(dimension, energy, 2.0)
    assert found.density == pytest.approx(rho, rel=0.03)
    assert found.D / found.tau == pytest.approx(squared, rel=0.03)
    assert found.tau == pytest.approx(6 / (np.pi * rho * 4), rel=0.03)
    green = square_green(energy) if dimension == 2 else cubic_green(energy)
    assert green == pytest.approx(real, abs=0.01)


def test_memory_of_a_site_is_an_average_over_the_box():
    def power(n):
        def changed(e):
            return abs(1 - e * (0.26 - 0.38j)) ** (-2 * n) / 1.5

        return integrate.quad(changed, -0.75, 0.75)[0]

    assert site_memory(0.38 / np.pi, 0.26, 1.5) == pytest.approx(power(2) / power(1) ** 2)
    assert site_memory(0.1, 0.25, 0.1) - 1 == pytest.approx(4 * 0.25**2 * 0.01 / 12, rel=0.05)


@pytest.mark.parametrize(("kind", "energy"), [("strip", 1.5), ("square", 1.5), ("cube", 0.5)])
def test_early_times_are_those_of_the_boltzmann_equation(kind, energy):
    """A random flight with the velocities of the contour, in d directions: P is the integral of poles over q."""
    d, of = {"strip": 1, "square": 2, "cube": 3}[kind], 3 if kind == "cube" else 2
    k = (np.arange(60 if of == 3 else 400) + 0.5) * np.pi / (60 if of == 3 else 400)
    grid = [one.ravel() for one in np.meshgrid(*[k] * of, indexing="ij")]
    near = np.exp(-(((energy - 2 * sum(np.cos(one) for one in grid)) / 0.1) ** 2) / 2)
    v = np.array([2 * np.sin(one) for one in grid])
    average = near / near.sum()
    squared = (average * v[0] ** 2).sum()
    fourth, mixed = (average * v[0] ** 4).sum(), (average * v[0] ** 2 * v[1] ** 2).sum()
    expected = d / 2 - d * (d + 2) / 2 + 3 * d * (fourth + (d - 1) * mixed) / (4 * squared**2)
    assert golden_rule(of, energy, 1.5).early[d - 1] == pytest.approx(expected, abs=0.05)


def test_early_times_of_round_contours_are_exact():
    """Isotropic scattering on a circle and on a sphere, integrated over all q: the formula of `Band.early`."""
    T = 60.0  # t / tau
    for d, fourth, mixed in ((1, 1.5, 0.5), (2, 1.5, 0.5), (3, 1.8, 0.6)):

        def weight(x, d=d):  # x = q v tau
            if d == 3:
                return 4 * np.pi * x**2 * np.exp(T * (x / np.tan(x) - 1)) * (x / np.sin(x)) ** 2
            root = np.sqrt(1 - x**2)
            return (2, 2 * np.pi * x)[d - 1] * np.exp(T * (root - 1)) / root

        P = integrate.quad(weight, 1e-9, 0.999)[0] / (2 * np.pi) ** d
        D = 1 / 3 if d == 3 else 1 / 2
        early = d / 2 - d * (d + 2) / 2 + 3 * d * (fourth + (d - 1) * mixed) / 4
        assert P * (4 * np.pi * D * T) ** (d / 2) == pytest.approx(1 + early / T, abs=0.001)


def test_the_cone_is_the_phase_between_first_and_last_scatterer():
    """Random flights on a nearly round contour, 40,000 of six lifetimes; to 0.01 and the noise, 0.004."""
    packet, rng = Packet("square", 96, 96, 0.5, 3.9), np.random.default_rng(1)
    T, speed = 6.0, np.sqrt(2 * packet.band.D / packet.band.tau)
    flights = rng.exponential(size=(40_000, 40))
    ends = flights.cumsum(axis=1)
    angle = rng.uniform(0, 2 * np.pi, flights.shape)
    count = (ends < T).sum(axis=1)[:, None]
    between = (np.arange(40) >= 1) & (np.arange(40) < count)  # from the first to the last scatterer
    x = (np.cos(angle) * flights * between).sum(axis=1)
    scattered, twice = count[:, 0] >= 1, count[:, 0] >= 2
    for q in (0.0, 0.3, 1.0):
        found = packet.cone(
            np.array([T]) * packet.band.tau, np.array([[q, 0]]) / (speed * packet.band.tau)
        )
        phase = (np.cos(q * x) * twice)[scattered].mean()
        assert found[0][0] == pytest.approx(1 + phase, abs=0.015)


def test_without_field_it_is_twice_that_in_a_field():
    t = np.array([30.0, 60.0])
    one, other = (Packet("strip", 300, 30, 1.5, 1.5, 0.25, flux).home(t)[0] for flux in (0, 0.003))
    assert one == pytest.approx(2 * other)


@pytest.mark.parametrize(
    ("packet", "times", "words"),
    [
        (("strip", 300, 4, 3.0, 1.5), (8.0, 20.0), "has no window of times: .* less disorder"),
        (("square", 200, 200, 1.5, 1.5), (2.0, 50.0), r"must lie between 27.* \(4 tau\)"),
        (("square", 40, 40, 1.5, 1.5), (30.0, 50.0), r"gone around the sample of 40 sites at"),
        (("square", 40, 40, 1.5, 4.5), (30.0, 50.0), "the band reaches from -4 to 4 t, got"),
        (("square", 40, 40, 0.0, 1.5), (30.0, 50.0), "disorder must be > 0"),
    ],
)
def test_times_outside_the_window_are_refused(packet, times, words):
    with pytest.raises(InputError, match=words):
        Packet(*packet).refuse_outside_window(np.array(times), "it")
