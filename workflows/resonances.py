"""Exact transmission of chains and strips with a few scatterers, and of one removed atom.

Question. What does one scatterer do to a wire, and what does it do when an atom is missing?

Model. A chain with a vacancy, with a barrier, with two impurities, with a site at its side; a strip
with an impurity and with a vacancy. Nothing is random: one wire for each device and energy.

Theory. Each T(E) is known exactly (`qtcore.theory.elastic`). A removed atom cuts a chain: T = 0
at every energy. In a strip at E = 0 it costs exactly one channel: g = N - 1. A site at the side
makes T = 0 at its level (Fano); two impurities let everything through where they resonate.
"""

import numpy as np

import qtcore as qt
from qtcore.model.removed import REMOVED
from qtcore.theory import elastic

DEVICES = ("vacancy", "barrier", "two_impurities", "side_site", "strip", "strip_vacancy")
WORDS = (
    "removed atom",
    "barrier",
    "two impurities",
    "site at the side",
    "impurity",
    "removed atom",
)

PRECISE = 1e-8  # a vacancy is a site of energy U = 2^20 t, which costs six of fifteen digits

UNIT = "e²/h per spin"
QUANTITIES = (
    *(
        qt.Quantity(name, (), UNIT, f"g of {name.replace('_', ' ')}", words, source, "worst")
        for name, words, source in zip(
            DEVICES, WORDS, ("matching",) * 4 + ("Bagwell",) * 2, strict=True
        )
    ),
    qt.Quantity("clean", (), UNIT, "open channels of the clean strip", "clean"),
    qt.Quantity("lost", (), UNIT, "what an impurity takes from the strip", "impurity", "Bagwell",
                "none"),
    qt.Quantity("removed", (), UNIT, "what a removed atom takes from the strip", "removed atom",
                "Bagwell", "none"),
    qt.Quantity("lost_at_centre", (), UNIT, "channels lost at E = 0", "N − g, E = 0", "R = 0"),
    qt.Quantity("zero", (), UNIT, "T at the level of the side site", "T, E = ε", "Fano"),
)  # fmt: skip


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
    """Refuse devices and sites that are not there."""
    unknown = sorted({*preset.device} - {*range(len(DEVICES))})
    if unknown:
        known = ", ".join(f"{number} ({name})" for number, name in enumerate(DEVICES))
        raise qt.InputError(f"there is no device {unknown[0]}; choose among {known}")
    if not 0 <= preset.site < preset.width:
        allowed = f"allowed are sites 0 to {preset.width - 1} of a strip of width {preset.width}"
        raise qt.InputError(f"site = {preset.site} lies beside the strip; {allowed}")


def channels(at):
    """Return the open channels of the clean strip."""
    return elastic.strip_impurity(np.array([at.energy]), at.width, at.site, at.height)[1][0]


@qt.together("device")
def measure(at):
    """Take the conductance of each device at the length that it has."""
    # A device has one of the lengths; at the other one there is no number.
    g = np.exp(np.fmax.reduce(at.ln_g[0], axis=-1))
    found = {DEVICES[number]: one for number, one in zip(at.device, g, strict=True)}
    if {"strip", "strip_vacancy"} & set(found):
        found["clean"] = channels(at)
    for name, device in (("lost", "strip"), ("removed", "strip_vacancy")):
        if device in found:
            found[name] = found["clean"] - found[device]
    if at.energy == 0 and "removed" in found:
        found["lost_at_centre"] = found["removed"]
    if at.energy == at.level and "side_site" in found:
        found["zero"] = found["side_site"]
    return found


def exact(E, at):
    """Return g of each device at energies, as in `DEVICES`."""
    V, width, site = at.height, at.width, at.site
    return (
        np.zeros_like(E),
        elastic.barrier(E, V, at.distance),
        elastic.two_impurities(E, V, at.distance),
        elastic.side_site(E, at.level),
        elastic.strip_impurity(E, width, site, V)[0],
        elastic.strip_impurity(E, width, site, REMOVED)[0],
    )


@qt.together("device")
def expect(at):
    """Give the exact results."""
    known = exact(np.array([at.energy]), at)
    found = {DEVICES[number]: qt.Expected(known[number][0], PRECISE) for number in at.device}
    found |= {
        name: channels(at) - known[number][0]
        for name, number in (("lost", 4), ("removed", 5))
        if number in at.device
    }
    if at.energy == 0 and 5 in at.device:
        found["lost_at_centre"] = qt.Expected(1.0, 1e-6)
    if at.energy == at.level and 3 in at.device:
        found["zero"] = qt.Expected(0.0, 1e-12)
    return found


def curve(at, energies):
    """Return the exact result of a device between the energies of the sweep."""
    E, V, width, site = energies, at.height, at.width, at.site
    if at.quantity in DEVICES:
        return exact(E, at)[DEVICES.index(at.quantity)]
    g, N = elastic.strip_impurity(E, width, site, V if at.quantity == "lost" else REMOVED)
    return N if at.quantity == "clean" else N - g


PANELS = (
    qt.Line(("barrier", "two_impurities"), "energy", ylim=(0, 1.35), labels={"y": f"T  ({UNIT})"}, law=curve, fine=761),
    qt.Line(("side_site", "vacancy"), "energy", ylim=(0, 1.35), labels={"y": f"T  ({UNIT})"}, law=curve, fine=761),
    qt.Line(("strip", "strip_vacancy", "clean"), "energy", labels={"y": f"g  ({UNIT})"}, law=curve, fine=761),
    qt.Line(("lost", "removed"), "energy", ylim=(0, 1.4), guides={"one channel": 1.0},
            labels={"y": f"N − g  ({UNIT})"}, law=curve, fine=761),
)  # fmt: skip


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
    fixed_lengths=True,
    validate=validate,
    requires={"energy": (0.0, "level")},
    fewest=1,
    quantities=QUANTITIES,
    measure=measure,
    expect=expect,
    panels=PANELS,
    planned_error=lambda sweep: f"none: {sweep.points} deterministic wires, exact to rounding",
)
