"""Waves that carry their current one by one."""

import numpy as np
import pytest

from qtcore.solve.bulk import Bulk
from qtcore.solve.flux import currents, leaving
from qtcore.solve.pencil import factors, interface_waves


def random_lead(seed):
    """Return a lead of six sites and an energy at which some waves are closed."""
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((4, 6, 6))
    h, v = normal[0] + 1j * normal[1], normal[2] + 1j * normal[3]
    return Bulk((h + h.conj().T) / 2, v / 2, 0.3)


def waves_of(seed):
    bulk = random_lead(seed)
    right, left, *_ = interface_waves(bulk, *factors(bulk.v))
    return (right, right.before, 1), (left, left.after, -1)


def misfit(waves, channels, direction):
    """Return how far open waves are from unit flux, each alone, and closed ones from none."""
    expected = np.eye(channels, waves.shape[1])
    return np.abs(direction * currents(waves)[:channels] - expected).max()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_mixed_waves_are_taken_apart(seed):
    rng = np.random.default_rng(seed)
    for waves, here, direction in waves_of(seed):
        N, r = waves.channels, here.shape[1]
        assert 0 < N < r
        mixed = np.eye(r) + 1e-6 * rng.standard_normal((r, r))
        # Open waves have nothing of closed ones, and those are as they were.
        mixed[N:, :N] = mixed[:, N:] = 0
        mixed[N:, N:] = np.eye(r - N)
        pair = waves.before @ mixed, waves.after @ mixed
        assert misfit(here @ mixed, N, direction) > 1e-7
        before, after = leaving([pair], N, direction)
        interface = before if direction > 0 else after
        assert misfit(interface, N, direction) < 1e-12
        # They are still the same waves on both sides.
        assert np.abs(before - waves.before).max() < 2e-5
        mixture = np.linalg.lstsq(waves.before, before, rcond=None)[0]
        assert waves.after @ mixture == pytest.approx(after, abs=1e-12)


def test_waves_that_are_not_mixed_keep_their_bits():
    for waves, _, direction in waves_of(1):
        before, after = leaving([(waves.before, waves.after)], waves.channels, direction)
        assert np.array_equal(before, waves.before)
        assert np.array_equal(after, waves.after)


def test_the_slower_one_of_two_waves_gives_way():
    # Of unit flux, with norms of 100 and 1: velocities of 1e-4 and 1.
    a = np.array([[50.0, 0], [0, 0.5]])
    b = np.array([[1e-2, 0], [0, 1.0]])
    waves = np.vstack([a, -1j * b])
    assert misfit(waves, 2, 1) < 1e-15
    small = 1e-6
    mixed = waves @ np.array([[1, small], [small, 1]])
    found, _ = leaving([(mixed, mixed)], 2, 1)
    assert misfit(found, 2, 1) < 1e-11
    slow, fast = (np.linalg.norm(found[:, k] - mixed[:, k]) for k in (0, 1))
    assert fast < 0.1 * slow
