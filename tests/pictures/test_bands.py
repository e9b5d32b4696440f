"""Bands of leads."""

import numpy as np
import pytest

import qtcore as qt

from .drawn import lines, parts


def panels(figure):
    return {axes.get_title(loc="left"): axes for axes in figure.axes}


def test_bands_of_a_strip_are_cosines():
    width, energy = 4, 0.3
    figure = qt.plot.bands(qt.Wire(qt.Square(width), qt.Box(1.0)), energy)
    drawn = lines(parts(figure)["bands"])
    k = drawn[0, :, 0]
    across = 2 * np.cos(np.pi * np.arange(1, width + 1) / (width + 1))
    expected = np.sort(2 * np.cos(k)[:, None] + across, axis=1).T
    np.testing.assert_allclose(drawn[:, :, 1], expected, atol=1e-12)
    assert list(panels(figure)) == ["left and right, 4 open modes"]
    marks = figure.axes[0].lines[-1]
    channels = qt.open_channels(qt.Wire(qt.Square(width)), energy)
    assert len(marks.get_xdata()) == 2 * channels
    assert set(marks.get_ydata()) == {energy}


def test_leads_that_differ_have_panels_of_their_own():
    junction = qt.Wire(qt.Chain(), terms=[qt.SWavePairing(0.4, in_leads="right")])
    found = panels(qt.plot.bands(junction, 0.1))
    assert list(found) == ["left, 4 open modes", "right, 0 open modes"]
    bar = qt.Cross(4, 3, 5, flux=0.02)
    assert len(panels(qt.plot.bands(bar))) == 3  # ends, top and bottom


def test_axes_of_ones_own_take_one_kind_of_leads():
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    qt.plot.bands(qt.Square(3), axes=axes)
    assert "bands" in parts(axes.figure)
    with pytest.raises(qt.InputError, match="takes one panel"):
        qt.plot.bands(qt.Cross(4, 3, 5), axes=axes)


def test_wide_leads_have_fewer_wave_numbers():
    figure = qt.plot.bands(qt.Square(300))
    assert lines(parts(figure)["bands"]).shape[:2] == (300, 75)
