"""Leads of another cross-section: the same Hamiltonian as from the places of the sites."""

import dataclasses
import itertools
import math
import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.lattice import Chain, Cubic, Custom, Honeycomb, Square
from qtcore.model.terms import QWZ, Rashba
from qtcore.model.wire import Wire

LEAD, SAMPLE = 3, 4
SX, SY = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])


def chained(wire):
    """H of some slices of lead, the clean sample and lead again, from the wire's matrices."""
    s = wire.slices()
    diagonal = [s.lead_h] * LEAD + [s.h] * SAMPLE + [s.lead_h] * LEAD
    ahead = [s.lead_v] * (LEAD - 1) + [s.left_contact] + [s.v] * (SAMPLE - 1)
    ahead += [s.right_contact] + [s.lead_v] * (LEAD - 1)
    ends = np.cumsum([0, *(len(h) for h in diagonal)])
    H = np.zeros((ends[-1], ends[-1]), dtype=complex)
    for n, h in enumerate(diagonal):
        H[ends[n] : ends[n + 1], ends[n] : ends[n + 1]] = h
    for n, v in enumerate(ahead):
        H[ends[n] : ends[n + 1], ends[n + 1] : ends[n + 2]] = v
        H[ends[n + 1] : ends[n + 2], ends[n] : ends[n + 1]] = v.conj().T
    return H


def from_places(wire, bond, alpha=0.0):
    """The same from the places alone, in the symmetric gauge: neighbours are a bond apart."""
    sample, lead = wire.lattice.positions(), wire.lead_lattice.positions()
    offsets = wire.lead_offset, wire.right_lead_offset or wire.lead_offset
    left, right = (lead - [0, *offset] for offset in offsets)
    step = np.array([wire.lattice.period, 0, 0])
    places, shift = [], []
    for n in range(2 * LEAD + SAMPLE):
        inside = LEAD <= n < LEAD + SAMPLE
        places += list((sample if inside else left if n < LEAD else right) + n * step)
        shift += [0.0 if inside else wire.lead_shift] * len(sample if inside else lead)
    bx, by, bz = wire.field
    B = np.array([bx, by, bz + wire.flux / wire.lattice.plaquette])
    H = np.kron(np.diag(shift), np.eye(2)).astype(complex)
    for (i, one), (j, other) in itertools.permutations(enumerate(places), 2):
        d = other - one
        if abs(np.linalg.norm(d) - bond) < 1e-6:
            A = np.cross(B, (one + other) / 2) / 2
            spin = np.eye(2) + 1j * alpha * (d[0] * SY - d[1] * SX) / bond
            H[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = spin * np.exp(2j * np.pi * A @ d)
    return H


WIRES = [
    (Wire(Square(3), lead_lattice=Square(7), lead_offset=2, flux=0.11), 1.0),
    (Wire(Square(3), lead_lattice=Square(7), lead_offset=4, lead_shift=0.7), 1.0),
    (Wire(Square(5), lead_lattice=Square(2), lead_offset=-1, flux=0.07), 1.0),
    (Wire(Square(4), lead_lattice=Square(4), lead_offset=2, flux=0.07), 1.0),
    (Wire(Square(5), lead_lattice=Square(2), right_lead_offset=-3), 1.0),
    (Wire(Cubic(3, 2), lead_lattice=Cubic(2, 1), right_lead_offset=(-1, -1)), 1.0),
    (Wire(Chain(), lead_lattice=Square(4), lead_offset=3, flux=0.2), 1.0),
    (Wire(Cubic(2, 2), lead_lattice=Cubic(3, 4), lead_offset=(1, 2), field=(0.1, 0.2, 0.3)), 1.0),
    (Wire(Chain(), lead_lattice=Cubic(2, 2), lead_offset=(1, 1)), 1.0),
    (
        Wire(Honeycomb(2), lead_lattice=Honeycomb(6), lead_offset=math.sqrt(3), flux=0.05),
        1 / math.sqrt(3),
    ),
    (
        Wire(Honeycomb(3, "armchair"), lead_lattice=Honeycomb(6, "armchair"), lead_offset=1.0),
        1 / math.sqrt(3),
    ),
]


@pytest.mark.parametrize(("wire", "bond"), WIRES)
def test_lead_and_sample_have_the_levels_of_their_places(wire, bond):
    found = np.repeat(np.linalg.eigvalsh(chained(wire)), 2)
    assert np.allclose(found, np.linalg.eigvalsh(from_places(wire, bond)), rtol=0, atol=1e-12)
    assert not wire.slices().uniform
    assert wire.plain_strip is None


def test_equal_offsets_are_one():
    wire = Wire(Square(4), lead_lattice=Chain(), lead_offset=-1, right_lead_offset=-1)
    assert wire == Wire(Square(4), lead_lattice=Chain(), lead_offset=-1)
    shifted = Wire(Square(4), lead_lattice=Square(4), right_lead_offset=-2)
    assert not shifted.slices().uniform
    assert qt.Bar(wire, left=qt.EndLead(offset=0)).left.on(wire).right_lead_offset is None


def test_terms_and_field_go_into_the_lead():
    wire = Wire(Square(2), lead_lattice=Square(5), lead_offset=1, terms=[Rashba(0.4)], flux=0.13)
    found = np.linalg.eigvalsh(chained(wire))
    assert np.allclose(found, np.linalg.eigvalsh(from_places(wire, 1.0, 0.4)), rtol=0, atol=1e-12)


def test_a_lead_without_field_has_none():
    wire = Wire(Square(3), lead_lattice=Square(6), lead_offset=2, flux=0.2, field_in_leads=False)
    slices = wire.slices()
    assert np.array_equal(slices.lead_v, np.eye(6))
    assert np.array_equal(slices.right_contact, np.eye(6)[2:5])
    assert np.array_equal(slices.left_contact, np.eye(6)[:, 2:5])


def test_the_same_lead_is_no_other_lead():
    wire = Wire(Square(4), qt.Box(1.0), flux=0.1, lead_lattice=Square(4))
    assert wire == Wire(Square(4), qt.Box(1.0), flux=0.1)
    assert wire.plain_strip is not None
    slices = wire.slices()
    assert slices.uniform
    assert slices.left_contact is slices.right_contact is slices.lead_v
    weaker = dataclasses.replace(slices, lead_v=slices.lead_v / 2)
    assert weaker.left_contact is weaker.right_contact is weaker.lead_v


def test_disorder_does_not_depend_on_the_lead():
    narrow, wide = (
        Wire(Square(3), qt.RandomHopping(0.5), **lead)
        for lead in ({}, {"lead_lattice": Square(5), "lead_offset": 1})
    )
    R = np.arange(2, dtype=np.uint64)
    one, other = (wire.hopping_of(R, 0, 4, 7).ahead.values for wire in (narrow, wide))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Wire(Square(4), lead_offset=2),
            "lead_offset = (2.0, 0.0) needs leads of their own: give lead_lattice",
        ),
        (
            lambda: Wire(Square(4), right_lead_offset=2),
            "right_lead_offset = (2.0, 0.0) needs leads of their own: give lead_lattice",
        ),
        (
            lambda: Wire(Square(4), lead_lattice=Chain(), right_lead_offset="2"),
            "right_lead_offset must be a number (lattice constants), got '2'",
        ),
        (
            lambda: Wire(Square(4), lead_lattice=Chain(), right_lead_offset=-4),
            "with right_lead_offset = (-4.0, 0.0)",
        ),
        (
            lambda: Wire(Square(4), lead_lattice=Chain(), right_lead_offset=-3, flux=0.1),
            "with right_lead_offset take field_in_leads=False",
        ),
        (lambda: Wire(Square(4), lead_lattice=16), "lead_lattice must be a lattice such as"),
        (
            lambda: Wire(Square(4), lead_lattice=Square(8), lead_offset="2"),
            "lead_offset must be a number (lattice constants), got '2'",
        ),
        (
            lambda: Wire(Square(4), lead_lattice=Square(8), lead_offset=(1, 2, 3)),
            "lead_offset must be a number (y) or a pair (y, z) in lattice constants, got (1, 2, 3)",
        ),
        (
            lambda: Wire(Square(4), lead_lattice=Square(8), lead_offset=9),
            "no site of Square(width=4, periodic=False) lies on a site of the leads",
        ),
        (
            lambda: Wire(Square(4), lead_lattice=Square(8), lead_offset=0.5),
            "with lead_offset = (0.5, 0.0)",
        ),
        (
            lambda: Wire(Square(4), lead_lattice=Honeycomb(8, "armchair")),
            "are 1.73205 lattice constants long, those of the sample 1; they must be equal",
        ),
        (
            lambda: Wire(Square(4), lead_lattice=Custom(np.eye(8), np.eye(8), orbitals=2)),
            "have 2 orbitals per site, the sample 1; they must be equal",
        ),
        (
            lambda: Wire(Square(3), lead_lattice=Square(4, periodic=True), flux=0.1),
            "Square(width=4, periodic=True) closes onto itself after 4 lattice constants",
        ),
        (
            lambda: Wire(Square(3), lead_lattice=Cubic(3, 3), terms=[QWZ()]),
            "QWZ(A=1.0, m=-1.0) needs unit steps along x and y",
        ),
    ],
)
def test_bad_leads_are_named(make, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()
