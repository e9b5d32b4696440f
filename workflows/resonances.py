"""Exact transmission of chains and strips with a few scatterers, and of one removed atom.

Question. What does one scatterer do to a wire, and what does it do when an atom is missing?

Model. A chain with a vacancy, with a barrier, with two impurities, with a site at its side; a strip
with an impurity and with a vacancy. Nothing is random: one wire for each device and energy.

Theory. Each T(E) is known exactly (`qtcore.theory.elastic`). A removed atom cuts a chain: T = 0
at every energy. In a strip at E = 0 it costs exactly one channel: g = N - 1. A site at the side
makes T = 0 at its level (Fano); two impurities let everything through where they resonate.
"""

import numpy as np
import xarray as xr

import qtcore as qt
from qtcore.analysis.check import compared
from qtcore.figures import resonances as panels
from qtcore.figures.style import lettered_panels
from qtcore.model.removed import REMOVED
from qtcore.theory import elastic

DEVICES = ("vacancy", "barrier", "two impurities", "side site", "strip", "strip vacancy")

PRECISE = 1e-8  # a vacancy is a site of energy U = 2^20 t, which costs six of fifteen digits


def wire(point):
    """Return the device number `device`; impurities sit at slice 0."""
    width, site, height, distance = point.width, point.site, point.height, point.distance
    chain, strip = qt.Chain(), qt.Square(width)
    two, one = np.zeros((distance + 1, 1)), np.zeros((1, width))
    two[[0, -1], 0], one[0, site] = height, height
    return (
        qt.Wire(chain, qt.Vacancies(sites=[(0, 0)])),
        qt.Wire(chain, gates=(qt.RectangularBarrier(height, 0, distance),)),
        qt.Wire(chain, qt.Fixed(two)),
        qt.Wire(qt.Square(2), qt.Fixed([[0.0, point.level]]), lead_lattice=chain),
        qt.Wire(strip, qt.Fixed(one)),
        qt.Wire(strip, qt.Vacancies(sites=[(0, site)])),
    )[point.device]


def lengths(points):
    """Give each device the length that it has: one slice, or the distance and one more."""
    spans = tuple((1, 2) if point.device in (1, 2) else (0, 1) for point in points)
    return (1, points[0].distance + 1), spans


def validate(preset):
    """Refuse devices and sites that are not there, and energies without those of the checks."""
    unknown = sorted({*preset.device} - {*range(len(DEVICES))})
    if unknown:
        known = ", ".join(f"{number} ({name})" for number, name in enumerate(DEVICES))
        raise qt.InputError(f"there is no device {unknown[0]}; choose among {known}")
    if not 0 <= preset.site < preset.width:
        allowed = f"allowed are sites 0 to {preset.width - 1} of a strip of width {preset.width}"
        raise qt.InputError(f"site = {preset.site} lies beside the strip; {allowed}")
    missing = [E for E in (0.0, preset.level) if min(abs(E - np.array(preset.energy))) > 1e-9]
    if missing:
        add = f"add it to the axis: --set energy={missing[0]:g},…"
        raise qt.InputError(f"E = {missing[0]:g} is missing, where a check needs it; {add}")


def analyse(ds):
    """Put the exact results beside the computed ones."""
    g = np.exp(ds["ln_g"]).max("length").isel(realization=0, drop=True).sortby("energy").load()
    E, V, d = g["energy"].to_numpy(), float(ds["height"]), int(ds["distance"])
    width, site = int(ds["width"]), int(ds["site"])
    exact = (
        np.zeros_like(E),
        elastic.barrier(E, V, d),
        elastic.two_impurities(E, V, d),
        elastic.side_site(E, float(ds["level"])),
        elastic.strip_impurity(E, width, site, V)[0],
        elastic.strip_impurity(E, width, site, REMOVED)[0],
    )
    result = xr.Dataset({"g": g.transpose("device", "energy")}, attrs=ds.attrs)
    result["exact"] = ("device", "energy"), np.array(exact)[g["device"].to_numpy()]
    result["channels"] = "energy", elastic.strip_impurity(E, width, site, V)[1]
    result["largest"] = abs(result["g"] - result["exact"]).max("energy", skipna=False)
    for name in ("g", "exact"):
        result[name].attrs.update(units="e²/h per spin", long_name=f"conductance ({name})")
    return result.assign_coords(level=ds["level"])


def draw(ds, result):
    """Draw T(E) of all devices with the exact formulas as lines."""
    del ds
    with lettered_panels(2, 2, height=5.2) as (figure, axes):
        panels.draw_devices(axes[0], result, {1: "barrier", 2: "two impurities"})
        panels.draw_devices(axes[1], result, {3: "site at the side", 0: "removed atom"})
        panels.draw_devices(axes[2], result, {4: "impurity", 5: "removed atom"}, steps=True)
        panels.draw_lost(axes[3], result, {4: "impurity", 5: "removed atom"})
    return figure


def check(result):
    """Hold every energy against the exact result, and the two zeros by themselves."""
    rows = [
        compared(
            result.sel(device=number),
            "largest",
            f"{DEVICES[number]}: largest |g − exact|",
            0,
            PRECISE,
            "matching" if number < 4 else "Bagwell",
        )
        for number in result.device.values
    ]
    if 5 in result.device:
        centre = result.sel(energy=0.0, method="nearest")
        lost = float(centre.channels - centre.g.sel(device=5))
        rows.append(qt.Check("channels lost at E = 0", lost, 0, 1, 1e-6, source="R = 0"))
    if 3 in result.device:
        at = float(result.g.sel(device=3).sel(energy=result.level, method="nearest"))
        rows.append(qt.Check("T at the level of the side site", at, 0, 0, 1e-12, source="Fano"))
    return rows


def preset(count, note):
    """Return a preset with this many energies, which hold 0 and the level of the side site."""
    energy = np.round(np.linspace(-1.9, 1.9, count), 6).tolist()
    device = qt.Axis(range(len(DEVICES)), whole=True, least=0, long_name=", ".join(DEVICES))
    size = {"width": 7, "site": 2, "height": 1.2, "distance": 5, "level": 0.5}
    return qt.Preset(device=device, energy=energy, note=note, **size)


workflow = qt.Workflow(
    name="resonances",
    title="Exact transmission through a few scatterers and past a removed atom",
    summary="T(E) of barrier, resonances, a Fano zero and vacancies beside closed formulas.",
    presets={
        "quick": preset(77, "exact to rounding; seconds"),
        "standard": preset(761, "ten times the energies; a minute"),
        "paper": preset(3801, "smooth enough for print"),
    },
    wire=wire,
    observables=("ln_g",),
    lengths=lengths,
    validate=validate,
    analyse=analyse,
    draw=draw,
    check=check,
    planned_error=lambda sweep: f"none: {sweep.points} deterministic wires, exact to rounding",
)
