"""Certificates of wires of a hundred localization lengths, against arithmetic of 400 bits."""

import json

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.certified import ROUNDING, wire_modes
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.tightness import USUAL
from qtcore.solve.transfer import Member, transfer_family
from tests.laws.long_reference import ENERGY, SAMPLES, SEED, STORED, WIRE

STORED_VALUES = json.loads(STORED.read_text(encoding="utf-8"))


def expected(number):
    """ln g at every length."""
    return np.array([*STORED_VALUES[str(number)].values()], dtype=np.float64)


@pytest.mark.parametrize("number", SAMPLES)
def test_certificate_counts_errors_of_long_before(number):
    found = qt.scattering(WIRE, ENERGY, SAMPLES[number], [number], SEED)
    error = np.abs(found.ln_g[0] - expected(number))
    assert (error <= found.certificate[0]).all()
    assert not found.suspect.any()


def test_errors_that_have_grown_are_seen_before_anything_is_solved_again():
    # In its first pass this wire is off by 3e-7, where errors of each look alone make 8e-8.
    ensemble = Ensemble(SAMPLES[60], [60], SEED)
    member = Member(WIRE, wire_modes(WIRE, ENERGY), ENERGY)
    (first,) = transfer_family([member], ensemble, ensemble.groups, USUAL)
    lane = 60 % 8
    error = np.abs(first.ln_g[lane] - expected(60))
    assert error[-1] > 1e-7
    assert (error <= ROUNDING * first.amplification[lane]).all()


def test_certificates_of_wires_that_are_not_long_stay_small():
    # Columns of metallic and of weakly localized wires shrink by little and never for long.
    found = qt.scattering(qt.Wire(qt.Square(16), qt.Box(1.0)), 0.5, [100, 400], range(16), SEED)
    assert found.certificate.max() < 2e-9
