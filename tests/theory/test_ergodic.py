"""Which cavities random matrices describe, and what is said of the others."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory import ergodic


@pytest.mark.parametrize(("width", "energy"), [(3, -2.45), (5, -2.45), (10, 0.5), (7, -2.5)])
def test_channels_are_those_of_the_solver(width, energy):
    assert ergodic.strip_channels(width, energy) == qt.open_channels(
        qt.Wire(qt.Square(width)), energy
    )


def test_dwell_time_is_that_of_levels():
    """A closed square: its levels in a window, within the share of its walls."""
    M, window = 40, np.array([-2.65, -2.25])
    levels = 2 * np.cos(np.pi * np.arange(1, M + 1) / (M + 1))
    inside = np.logical_and(
        *(s * (np.add.outer(levels, levels) - e) > 0 for s, e in zip((1, -1), window, strict=True))
    )
    density = inside.sum() / np.ptp(window)
    assert ergodic.dwell_time(M**2, 2, -2.45) == pytest.approx(np.pi * density, rel=0.06)


def test_crossing_time():
    k = 0.3  # close to the band edge, where the velocity is 2 k
    assert ergodic.crossing_time(10, -4 + k**2) == pytest.approx(10 / (2 * k), rel=0.02)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"energies": (-3.9, -3.8)},
            "first threshold of leads of 3 sites is at -3.414 t .* no channel is open there",
        ),
        ({"energies": (-2.2, -1.8)}, "leads of 3 sites have 1 channels at -2.2 t and 2 at -1.8 t"),
        (
            {"edge": 15},
            "electrons stay 9.* ergodic times .* need 10; take a larger cavity",
        ),
        (
            {"energies": (-2.45, -2.449)},
            "independent energies need a window of .* got 0.001 t; take a wider one",
        ),
    ],
)
def test_cavities_that_random_matrices_do_not_describe_are_refused(change, words):
    known = {"edge": 44, "disc": 0.12, "mouth": 3, "energies": (-2.65, -2.25), "count": 12}
    ergodic.refuse_unless_ergodic(**known)
    with pytest.raises(qt.InputError, match=words):
        ergodic.refuse_unless_ergodic(**known | change)


@pytest.mark.parametrize(
    ("radius", "words"), [(1.5, "one lead sees the other"), (19.0, "closes a lead at a distance")]
)
def test_discs_of_the_wrong_size_are_refused(radius, words):
    mouths = [(14.5, 17.5), (25.5, 28.5)]
    ergodic.refuse_disc((20.0, 23.0, 5.3), mouths, 43)
    with pytest.raises(qt.InputError, match=words):
        ergodic.refuse_disc((20.0, 23.0, radius), mouths, 43)
