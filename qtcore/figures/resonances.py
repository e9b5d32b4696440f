"""The panels of the figure of exact transmissions."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from qtcore.figures.style import FAINT, ordered_colours

_MARKERS = ("o", "^")


def draw_devices(
    axes: Axes, result: xr.Dataset, devices: Mapping[int, str], steps: bool = False
) -> None:
    """Draw the conductance of some devices against energy: points computed, lines exact.

    `steps` adds the open channels of the clean strip.
    """
    if steps:
        axes.plot(result["energy"], result["channels"], color=FAINT, linewidth=0.7, label="clean")
    _draw(axes, result["energy"], result["g"], result["exact"], devices)
    axes.set(xlabel="E  (t)", ylabel="g  (e²/h)" if steps else "T")
    axes.set_ylim(0 if not steps else None, 1.35 if not steps else float(result.channels.max()) + 2)


def draw_lost(axes: Axes, result: xr.Dataset, devices: Mapping[int, str]) -> None:
    """Draw what is lost of the clean strip's conductance: never more than one channel."""
    lost, exact = (result["channels"] - result[name] for name in ("g", "exact"))
    _draw(axes, result["energy"], lost, exact, devices)
    axes.axhline(1, color=FAINT, linewidth=0.7)
    axes.set(xlabel="E  (t)", ylabel="N − g  (e²/h)", ylim=(0, 1.4))


def _draw(
    axes: Axes,
    energy: xr.DataArray,
    points: xr.DataArray,
    lines: xr.DataArray,
    devices: Mapping[int, str],
) -> None:
    colours = ordered_colours(list(devices))
    every = max(1, len(energy) // 77)
    for marker, (device, label) in zip(_MARKERS, devices.items(), strict=False):
        if device not in points["device"]:
            continue
        axes.plot(energy, lines.sel(device=device), color=colours[device], linewidth=0.9)
        axes.plot(
            energy[::every],
            points.sel(device=device)[::every],
            marker,
            color=colours[device],
            markersize=2.6,
            label=label,
        )
    axes.legend(loc="upper center", ncols=3)
    axes.set_xlim(float(np.min(energy)), float(np.max(energy)))
