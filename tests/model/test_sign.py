"""The sign of the Peierls phase, as the conventions state it."""

import numpy as np

import qtcore as qt

FLUX = 0.1


def test_the_phase_is_the_line_integral_from_the_first_site_to_the_second():
    # Bars and honeycombs have fields in their bonds along the wire too: one where A_x = -B y.
    along = qt.Wire(qt.Square(3), flux=FLUX, terms=[qt.Zeeman(0.0)]).slices().v
    assert np.allclose(along[::2, ::2].diagonal(), np.exp(-2j * np.pi * FLUX * np.arange(3)))
    across = qt.Wire(qt.Cubic(2, 2), field=(FLUX, 0.0, 0.0)).slices().h
    # A_z = B_x y: from (y, z) = (1, 0) to (1, 1), where sites count z first.
    assert np.isclose(across[2, 3], np.exp(2j * np.pi * FLUX))
    assert np.isclose(across[3, 2], np.exp(-2j * np.pi * FLUX))
