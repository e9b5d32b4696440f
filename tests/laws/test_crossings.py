"""Beside crossings of bands of ribbons and tubes g and R are right within their certificates.

Waves that cross were mixed by the rounding error of exp(iq) - 1, and by as much as their wave number q,
which no certificate contained. The references come from dense matrices in 900 bits; see `crossing_reference`.
"""

import json
import math

import pytest

import qtcore as qt

from .crossing_reference import STORED, SYSTEMS

REFERENCE = json.loads(STORED.read_text(encoding="utf-8"))


def test_the_references_are_those_of_these_systems():
    assert list(REFERENCE) == list(SYSTEMS)


@pytest.mark.parametrize("method", ["auto", "transfer"])
@pytest.mark.parametrize("name", SYSTEMS)
def test_g_and_R_are_right_within_the_certificate(name, method):
    wire, energy, absorption, length, seed, realization, known = SYSTEMS[name]
    found = qt.scattering(
        wire, energy, [length], [realization], seed, method=method, absorption=absorption
    )
    g, R = (float(number) for number in REFERENCE[name])
    certificate = found.certificate[0, 0]
    of_ln_g, of_R = abs(found.ln_g[0, 0] - math.log(g)), abs(found.reflection[0, 0] - R)
    assert not found.suspect.any()
    assert of_ln_g < min(known, certificate)
    assert of_R < found.channels * min(known, certificate)
