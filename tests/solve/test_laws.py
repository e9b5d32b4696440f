"""Laws that every solver obeys, whatever the wire: drawn systems, the referee, and Kwant."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qtcore as qt
from qtcore.solve.recursive import amplitudes

SEED = 11


@st.composite
def systems(draw, strengths=(0.0, 0.3, 1.0, 3.0)):
    """Draw a wire with at least one open channel, and the energy."""
    width = draw(st.integers(1, 12))
    periodic = width >= 3 and draw(st.booleans())
    flux = (
        draw(st.integers(-2, 2)) / width if periodic else draw(st.floats(-0.2, 0.2).map(_rounded))
    )
    strength = draw(st.sampled_from(strengths))
    wire = qt.Wire(qt.Square(width, periodic), qt.Box(strength), flux, draw(st.booleans()))
    energy = draw(st.floats(-3.3, 3.3).map(_rounded))
    try:
        qt.open_channels(wire, energy)
    except qt.QtcoreError:
        energy = 0.47
    return wire, energy


def _rounded(value):
    # Away from subnormal fluxes, and from thresholds only by accident of the third digit.
    return round(value, 3) + 0.00037


def is_unitary(S, tolerance):
    """Whether S^+ S = 1 on its columns."""
    return np.abs(S.conj().T @ S - np.eye(S.shape[1])).max() < tolerance


@given(systems(), st.integers(0, 1000))
def test_transfer_agrees_with_recursive_green_functions(system, realization):
    wire, energy = system
    lengths = [1, 2, 9, 40]
    try:
        found = qt.scattering(wire, energy, lengths, [realization], SEED)
        referee = amplitudes(wire, energy, lengths, realization, SEED)
    except qt.QtcoreError:
        # The fallback energy can lie in a gap of a field, where nothing conducts.
        return
    for j, expected in enumerate(referee):
        if wire.disorder.strength == 0 and expected.ln_g < -60:
            # The symmetry of a clean sample forbids transmission: both found rounding noise.
            assert found.ln_g[0, j] < -60
            continue
        # The certificate is what the solver claims; 1e-9 is what the inversions leave.
        tolerance = found.certificate[0, j] + 1e-9
        assert abs(found.ln_g[0, j] - expected.ln_g) < tolerance
        assert abs(found.reflection[0, j] - expected.reflection) < tolerance * found.channels


@given(systems(), st.integers(0, 1000))
def test_the_referee_is_unitary(system, realization):
    wire, energy = system
    try:
        t, log_scale, r = amplitudes(wire, energy, [25], realization, SEED)[0]
    except qt.QtcoreError:
        return
    assert is_unitary(np.vstack([t * math.exp(log_scale), r]), 1e-7)


# Without disorder the symmetry of a cylinder may forbid transmission, and ln g is rounding noise.
@given(systems(strengths=(0.3, 1.0, 3.0)), st.integers(0, 1000))
def test_conductance_is_even_in_the_field(system, realization):
    wire, energy = system
    turned = qt.Wire(wire.lattice, wire.disorder, -wire.flux, wire.field_in_leads)
    try:
        here = qt.scattering(wire, energy, [5, 40], [realization], SEED)
        there = qt.scattering(turned, energy, [5, 40], [realization], SEED)
    except qt.QtcoreError:
        return
    tolerance = here.certificate + there.certificate + 1e-9
    assert (np.abs(here.ln_g - there.ln_g) < tolerance).all()


def test_amplitudes_are_reciprocal():
    # Without a field S is symmetric in the basis of real transverse functions.
    wire = qt.Wire(qt.Square(6), qt.Box(1.0))
    _, _, r = amplitudes(wire, 0.5, [30], 2, SEED)[0]
    assert np.abs(r - r.T).max() < 1e-12
    # In a field the reflection is not: the law is S(B) = S(-B)^T.
    _, _, turned = amplitudes(
        qt.Wire(qt.Square(6), qt.Box(1.0), 0.02, field_in_leads=False), 0.5, [30], 2, SEED
    )[0]
    _, _, back = amplitudes(
        qt.Wire(qt.Square(6), qt.Box(1.0), -0.02, field_in_leads=False), 0.5, [30], 2, SEED
    )[0]
    assert np.abs(turned - turned.T).max() > 1e-3
    # The gauge of the last slice turns r by the phases of its sites, equal for both directions.
    assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(back), rel=1e-10)


@pytest.mark.parametrize("flux", [0.0, 0.03])
@pytest.mark.parametrize("lattice", [qt.Chain(), qt.Square(10), qt.Square(33)])
def test_a_clean_wire_conducts_one_per_channel(lattice, flux):
    wire = qt.Wire(lattice, flux=flux)
    found = qt.scattering(wire, 0.5, [1, 10, 200], range(8), SEED)
    assert np.abs(np.exp(found.ln_g) - found.channels).max() < 1e-8
    assert np.abs(found.reflection).max() < 1e-8


def test_a_clean_cylinder_in_an_even_field_keeps_its_symmetry():
    # A flux of 1/6 shifts the momentum across by one step per slice: closed incoming waves of one
    # end are open ones of the other, which breaks any scheme that treats them apart.
    wire = qt.Wire(qt.Square(6, periodic=True), flux=1 / 6, field_in_leads=False)
    for energy in (0.5, -1.3, 1.9):
        found = qt.scattering(wire, energy, [1, 2, 3, 20, 77], [0], SEED)
        for j, expected in enumerate(amplitudes(wire, energy, [1, 2, 3, 20, 77], 0, SEED)):
            assert found.ln_g[0, j] == pytest.approx(expected.ln_g, abs=1e-8)


def test_g_agrees_with_kwant():
    reference = json.loads((Path(__file__).parent / "kwant_reference.json").read_text())
    for case in reference["cases"]:
        wire = qt.Wire(
            qt.Square(case["width"], case["periodic"]),
            qt.Box(case["strength"]),
            case["flux"],
            case["field_in_leads"],
        )
        ln_g = qt.ln_conductance(
            wire, case["energy"], [case["length"]], case["realizations"], reference["seed"]
        )
        assert np.exp(ln_g[:, 0]) == pytest.approx(case["g"], rel=1e-8), case
