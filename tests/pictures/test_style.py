"""Colours, fonts and start-up of pictures."""

import subprocess
import sys

import numpy as np

from qtcore.pictures.artists import BOND, LEAD, RING, SITE, light_to_dark


def lightness(colours):
    """Return the luminance of colours as they print in grey."""
    from matplotlib.colors import to_rgba_array

    rgb = to_rgba_array(colours)[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def test_sizes_are_told_apart_in_grey():
    found = lightness(light_to_dark()(np.linspace(0, 1, 32)))
    assert (np.diff(found) < 0).all()
    assert found[0] > 0.7 > 0.1 > found[-1]


def test_sites_bonds_and_leads_are_told_apart_in_grey():
    dark, medium, light = lightness([SITE, BOND, LEAD])
    assert dark < medium / 2 < light / 2
    assert lightness([RING])[0] > 1.5 * dark


def test_matplotlib_is_imported_by_who_draws_alone():
    code = "import sys, qtcore as qt; qt.plot, qt.show; repr(qt.Wire(qt.Square(3))); print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
