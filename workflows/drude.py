"""The conductivity of a wide diffusive sample by three ways that must agree: Landauer, Kubo, Einstein.

Question. Do leads, currents in a closed sample and spreading packets give one conductivity? Is it Drude's, and
does interference explain the rest?

Model. Square lattice with box disorder of full width W, closed around (M sites), without and in a field that takes
interference away (beta = 2); flux in h/e per plaquette. sigma in e²/h per spin.
- Landauer: cylinders between leads; the slope of 1/g from the first length on, in which contacts drop out.
- Kubo: closed samples, 2 pi² Tr[v delta(E - H) v delta(E - H)] / area; kernel polynomials make each level a Gaussian.
- Einstein: sigma = 2 pi rho D. States begin on a site, with energies within `FILTER` of E; D is the slope of half their
  squared spread along the sample from the first time on.

Theory, without a fit. Boltzmann and Drude with the golden rule are stated; compared is the coherent potential, which
has all orders in W but crossed diagrams (`coherent_potential`). Field: 1 / (1 + (omega_c tau)²), omega_c = flux / rho,
as nothing bounds a cylinder across. Interference: (1/2 pi) ln(t/tau) from loops up to a time t, which each way ends in its
own: L²/D between leads, the blur, the time of watching; a field ends all (`ways`).

Tolerances. Crossed diagrams that are no loops leave 1/2 pi e²/h open, the beginning of loops a factor of two in time,
the blur of Kubo a fifth of what it takes off. Ways agree but for the last two.
"""

from typing import Any, NamedTuple

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.room import refuse_more_than_memory
from qtcore.theory import ways
from qtcore.theory.coherent_potential import coherent_potential

LANDAUER, KUBO, EINSTEIN = NAMES = ("Landauer", "Kubo", "Einstein")
READ, STATES, VECTORS = 7, 8, 8  # readings of each way; states and random vectors of a sample
FILTER, STEP = 0.2, 0.8  # t, width in energy of a state; ħ/t, so that no other energy passes
DIFFUSIVE, ARRIVAL = (
    5.0,
    5.3,
)  # L/l of the longest cylinder; spreads from the end at which a packet is seen
LEVELS = 20  # that a blurred level reaches over, at least
CROSSED = 1 / (2 * np.pi)  # e²/h per spin
SOURCE = "coherent potential; Gor'kov, Larkin, Khmel'nitskii 1979"
QUANTITIES = (
    qt.Quantity("sigma", ("cut",), "e²/h per spin", "conductivity", "σ", SOURCE, "worst"),
    qt.Quantity("cutoff", ("cut",), "sites", "length at which loops or readings end", "L_c"),
    qt.Quantity("classical", (), "e²/h per spin", "conductivity without field, blur and loops", "σ₀", SOURCE),
    qt.Quantity("drude", (), "e²/h per spin", "Boltzmann and Drude, golden rule", "σ(Drude)"),
    qt.Quantity("agreement", ("method",), "", "σ₀ over that of Landauer", "σ₀ / σ₀(Landauer)", "one σ"),
)  # fmt: skip


class Way(NamedTuple):
    """A case of the axis `method`."""

    way: str
    along: int  # slices of a closed sample; 0 between leads
    first: float  # length (sites), number of moments, or time (ħ/t)
    last: float
    part: float  # of the realizations


def cylinder(point):
    """Return the wire; leads have no field, in which a cylinder has Landau levels alone."""
    lattice = qt.Square(point.around, periodic=True)
    return qt.Wire(lattice, qt.Box(point.disorder), flux=point.flux, field_in_leads=False)


def readings(point):
    """Return lengths (sites), moments, or times (ħ/t) of a way."""
    if point.way == EINSTEIN:
        return np.linspace(point.first, point.last, READ).tolist()
    spaced = np.linspace if point.way == LANDAUER else np.geomspace
    return np.rint(spaced(point.first, point.last, READ)).astype(int).tolist()


def spread(point, number):
    """Return the mean squared distance of states of the energy E from where they began, (time,)."""
    wire, middle, edge = cylinder(point), point.along // 2, 4 + point.disorder / 2
    H = qt.closed_sample(wire, point.along, number, point.seed).H
    states, each = np.zeros((point.along * point.around, STATES), dtype=complex), np.arange(STATES)
    states[middle * point.around + each * point.around // STATES, each] = 1
    times = STEP * np.arange(1, int(3.2 / FILTER / STEP) + 1)
    weights = np.exp(-((FILTER * times) ** 2) / 2 + 1j * point.energy * times)
    passed = states.copy()
    for sign, turned in ((1, weights), (-1, weights.conj())):
        psi = qt.observe.time_evolution(sign * H, states, times.tolist(), (-edge, edge))
        passed += np.tensordot(turned, psi, 1)
    given = (wire, passed, readings(point), point.along, [number], point.seed)
    found = qt.observe.packet_spread(*given, end_weight=1e-5, bounds=(-edge, edge))
    return (found.variance + (found.mean - middle) ** 2)[0].mean(axis=0)


def kubo(point, number):
    """Return sigma_xx at all numbers of moments, (moments,)."""
    wire, edge = cylinder(point), 4 + point.disorder / 2
    ring = qt.closed_sample(wire, point.along, number, point.seed, periodic=True)
    given = (ring.H, ring.velocity, qt.observe.area_of(wire, point.along), [point.energy])
    more = {"vectors": VECTORS, "seed": number, "bounds": (-edge, edge)}
    return [qt.observe.kubo_conductivity(*given, N, **more).values[0] for N in readings(point)]


def solve(point, realizations):
    """Return g at lengths, sigma at moments or squared spreads at times, (realization, reading)."""
    if point.way == LANDAUER:
        where = (cylinder(point), point.energy, readings(point))
        return {"reading": np.exp(qt.ln_conductance(*where, realizations, point.seed))}
    one = kubo if point.way == KUBO else spread
    return {"reading": np.array([one(point, number) for number in realizations])}


def realizations(point, count):
    """Return the part of a way, eight at least."""
    return max(8, round(count * point.part))


def cost(point):
    """Return what a realization costs, in milliseconds of a core, to a factor of two."""
    sites = point.around * (point.along or point.last)
    each = {LANDAUER: 1e-4 * point.around, KUBO: 2e-4 * point.last, EINSTEIN: 2e-3 * point.last}
    return sites * each[point.way] * (2 if point.flux else 1)


def validate(preset):
    """Refuse cylinders that are not diffusive, times after arrival, moments that are too many, fields that do not close."""
    M = preset.around
    for flux in preset.flux:
        near = max(1, round(abs(flux) * M)) / M
        if abs(flux * M - round(flux * M)) > 1e-9:
            raise qt.InputError(
                f"{M} sites around close for a flux of n/{M} h/e, got {flux:g}: take {near:g}"
            )
    for one in (Way(**case) for case in preset.axes["method"].cases):
        for W, E in [(W, E) for W in preset.disorder for E in preset.energy]:
            refuse(one, coherent_potential(E, W), M, 4 + W / 2)


def refuse(one, whole, around, edge):
    """Raise InputError unless a way has what it measures: diffusion, no ends, many levels, memory."""
    if one.way not in NAMES or not 0 < one.first < one.last:
        raise qt.InputError(f"a method is one of {NAMES} with 0 < first < last, got {one}")
    path = np.sqrt(2 * whole.diffusion * whole.lifetime)
    if one.way == LANDAUER and one.last <= DIFFUSIVE * path:
        raise qt.InputError(
            f"no diffusive window: l = {path:.1f} sites is not below a fifth of the longest cylinder, {one.last:g} "
            "sites; take longer ones (last of the method) or stronger disorder"
        )
    end = max((7 / 16 * one.along / ARRIVAL) ** 2 / (2 * whole.diffusion) - 1 / FILTER, 0)
    if one.way == EINSTEIN and one.last > end:
        raise qt.InputError(
            f"packets come to the ends of {one.along} slices at about t = {end:.0f} ħ/t and are watched until "
            f"{one.last:g}: take earlier times (last of the method) or a longer sample (along)"
        )
    if one.way == KUBO:
        room = 8 * int(one.last) * (4 + 5 * VECTORS) + 64 * VECTORS * one.along * around
        refuse_more_than_memory(room, f"{one.last:g} moments", "take fewer of them")
        if np.pi * edge / one.last * whole.density * one.along * around < LEVELS:
            raise qt.InputError(
                f"{one.last:g} moments tell single levels of {one.along} × {around} sites apart, which conduct "
                "nothing: take fewer moments (last of the method) or a larger sample"
            )


def theory(at):
    """Return the coherent potential, and what a way sees of its conductivity."""
    whole, places = coherent_potential(at.energy, at.disorder), readings(at)
    if at.way == LANDAUER:
        return whole, ways.between_leads(whole, at.flux, at.around, places)
    if at.way == EINSTEIN:
        return whole, ways.while_spreading(whole, at.flux, places)
    half = 1.01 * (4 + at.disorder / 2)
    blur = np.pi * half / np.array(places[1:]) * np.sqrt(1 - (at.energy / half) ** 2)
    return whole, ways.through_blur(whole, at.flux, blur)


def measure(at):
    """Find sigma up to each cut-off, and what it is without field, blur and loops."""
    (whole, seen), places = theory(at), np.asarray(readings(at))
    mean, steps = estimate.mean(at.reading), places[1:] - places[0]
    if at.way == LANDAUER:
        found = steps / at.around / (1 / mean[1:] - 1 / mean[0])
    else:
        found = mean[1:] if at.way == KUBO else np.pi * whole.density * (mean[1:] - mean[0]) / steps
    bare = (found + seen.lost) / seen.part * (whole.conductivity / seen.classical)
    golden = ways.drude(at.energy, at.disorder)
    return {"sigma": found, "cutoff": seen.cutoff, "classical": bare[-1], "drude": golden}


@qt.together("method")
def compare(at):
    """Divide each way by that of leads."""
    names = [at.point(method=number).way for number in at.method]
    if LANDAUER not in names:
        return {}
    ratio = at["classical"] / at["classical"][names.index(LANDAUER)]
    return {"agreement": ratio.where(np.array(names) != LANDAUER)}


def expect(at):
    """Say the coherent potential with what blur, field and loops take off."""
    whole, seen = theory(at)
    rest = np.hypot(seen.left_out, CROSSED)
    scale = whole.conductivity / seen.classical
    classical = qt.Expected(whole.conductivity, (rest / seen.part)[-1] * scale)
    return {"sigma": qt.Expected(seen.sigma, rest), "classical": classical}


@qt.together("method")
def expect_agreement(at):
    """Say that all ways have one conductivity."""
    points = [at.point(method=number) for number in at.method]
    if LANDAUER not in [point.way for point in points]:
        return {}
    rest = [one.left_out[-1] / one.classical for _, one in map(theory, points)]
    others = np.array([point.way != LANDAUER for point in points])
    return {"agreement": qt.Expected(1.0, np.array(rest), others, "the others are over it")}


def preset(disorder, around, ways, realizations, note):
    """Return a preset with and without a field."""
    size: dict[str, Any] = {"around": qt.Constant(around, least=3), "note": note}
    axes: dict[str, Any] = {"disorder": (disorder,), "flux": (0.0, 1 / around), "energy": (1.5,)}
    return qt.Preset(method=qt.Cases(ways, long_name="number of the method"), **axes, **size,
                     realizations=realizations)  # fmt: skip


QUICK = (Way(LANDAUER, 0, 8, 32, 1.0), Way(KUBO, 64, 64, 384, 0.125),
         Way(EINSTEIN, 192, 7.0, 20.0, 0.0625))  # fmt: skip
LARGE = (Way(LANDAUER, 0, 18, 72, 1.0), Way(KUBO, 128, 128, 768, 0.125),
         Way(EINSTEIN, 448, 16.0, 46.0, 0.0625))  # fmt: skip
LABELS = {"flux": "flux  (h/e per plaquette)", "method": "method  (1 Kubo, 2 Einstein)"}
workflow = qt.Workflow(
    name="drude",
    title="One conductivity by three ways",
    summary="σ from leads, from currents of closed samples and from spreading packets, beside Drude.",
    presets={
        "quick": preset(3.0, 64, QUICK, 128, "σ to 1 % (Kubo 3 %); half a minute"),
        "standard": preset(2.0, 128, LARGE, 256, "σ to 1 %; half an hour"),
        "paper": preset(2.0, 128, LARGE, 4096, "σ to 0.3 %; a cluster"),
    },
    solve=solve,
    variables=(qt.Variable("reading", dims=("place",), long_name="g, σ or squared spread (sites²)"),),
    dimensions={"place": READ, "cut": READ - 1},
    realizations=realizations, cost=cost, validate=validate, fewest=8,
    quantities=QUANTITIES, measure=(measure, compare), expect=(expect, expect_agreement),
    panels=(
        qt.Line("sigma", "cutoff", colour="way", fill="flux", xscale="log", labels=LABELS),
        qt.Line("agreement", "method", at={"method": (1, 2)}, fill="flux", labels=LABELS),
    ),
)  # fmt: skip
