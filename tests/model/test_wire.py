"""Bad input to a wire is told before anything is computed."""

import re

import numpy as np
import pytest

import qtcore as qt


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: qt.Square(0), "width (sites across) must be >= 1, got 0"),
        (lambda: qt.Square(-3), "width (sites across) must be >= 1, got -3"),
        (lambda: qt.Square(2.5), "width (sites across) must be a whole number >= 1, got 2.5"),
        (lambda: qt.Square(True), "width (sites across) must be a whole number >= 1, got True"),
        (lambda: qt.Square(2, periodic=True), "needs width >= 3, got 2"),
        (lambda: qt.Square(4, periodic="yes"), "periodic must be True or False, got 'yes'"),
        (lambda: qt.Box(-1.0), "disorder strength W must be >= 0 (units of t), got -1.0"),
        (lambda: qt.Box(float("nan")), "disorder strength W must be >= 0 (units of t), got nan"),
        (lambda: qt.Box("strong"), "disorder strength W must be a number (units of t)"),
        (
            lambda: qt.Wire(qt.Square(4), flux="big"),
            "flux must be a number (h/e per plaquette), got 'big'",
        ),
        (
            lambda: qt.Wire(qt.Square(4), flux=None),
            "flux must be a number (h/e per plaquette), got None",
        ),
        (lambda: qt.Wire(qt.Square(4), flux=float("inf")), "flux must be finite"),
        (lambda: qt.Wire(qt.Square(4, periodic=True), flux=0.1), "in multiples of 1/4 only"),
        (lambda: qt.Wire(4), "lattice must be Square(...) or Chain(), got 4"),
        (lambda: qt.Wire(qt.Chain(), disorder=1.0), "disorder must be Box(strength), got 1.0"),
        (lambda: qt.Wire(qt.Chain(), field_in_leads=None), "field_in_leads must be True or False"),
        (lambda: qt.Wire(qt.Chain()).onsite(-1, [0], 7), "realization must be >= 0, got -1"),
        (lambda: qt.Wire(qt.Chain()).onsite(0, [-1], 7), "slice must be >= 0, got -1"),
        (lambda: qt.Wire(qt.Chain()).onsite(0, [0], -7), "seed must be >= 0, got -7"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()


def test_onsite_is_slice_by_site():
    wire = qt.Wire(qt.Square(3), qt.Box(1.0))
    assert wire.onsite(0, range(5), 1).shape == (5, 3)
    assert wire.onsite(0, [], 1).shape == (0, 3)


def test_width_and_flux_may_be_numpy_numbers():
    wire = qt.Wire(qt.Square(np.int64(3)), qt.Box(np.float64(1.0)), flux=np.float64(0.1))
    assert wire == qt.Wire(qt.Square(3), qt.Box(1.0), flux=0.1)
    assert hash(wire) == hash(qt.Wire(qt.Square(3), qt.Box(1.0), flux=0.1))


@pytest.mark.parametrize("made", [float, np.float64, np.float32])
def test_a_float_that_is_a_whole_number_is_told_how_to_be_one(made):
    """Values of an axis of one's own are floats, unless it says whole=True."""
    with pytest.raises(
        qt.InputError, match=r"got .*8\.0.* a float; write 8, .* whole=True in its qt\.Axis"
    ):
        qt.Square(made(8))
    for other in (made(8.5), made("nan"), made("inf"), "8"):
        with pytest.raises(qt.InputError, match="must be a whole number") as refused:
            qt.Square(other)
        assert "whole=True" not in str(refused.value)


def test_a_wire_knows_how_many_spins_its_orbitals_count():
    strip = qt.Square(3)
    spins = {
        1: [qt.Wire(strip), qt.Wire(strip, terms=(qt.QWZ(1.0, -1.0),))],
        2: [
            qt.Wire(strip, terms=(qt.Zeeman(bz=0.1),)),
            qt.Wire(strip, qt.RandomSU2()),
            qt.Wire(strip, terms=(qt.BHZ(A=1.0, B=0.5, D=0.0, M=1.0),)),
        ],
    }
    for count, wires in spins.items():
        assert [wire.spins for wire in wires] == [count] * len(wires)
    assert qt.Wire(qt.Custom(np.eye(2), np.eye(2), orbitals=2)).spins == 1
