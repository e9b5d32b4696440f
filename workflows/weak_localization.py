"""Weak localization of wires and squares, and what ends it: flux, spin–orbit coupling, dephasing.

Model. Rectangles of square lattice with box disorder between leads of their own width, in a field.
Ando's spin–orbit coupling: spins forget themselves within l; Rashba's turns them by 1 in ten sites.
Voltage probes on all sites take the phase (Büttiker). Fields share their disorder.

Theory. The cooperon of the rectangle, with the l of g in the strongest field: -1/3 (per spin) in
long wires, +1/6 with spin–orbit coupling; sigma of squares falls by 1/pi per ln L, or rises by half
of that. Probes set L_phi = sqrt(D/2 eta), as a fit of the cooperon must find. The golden rule, not
what was measured, says where theory holds, and holds l; the universal var g holds the scale of g.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.figures.draw import draw as draw_panels
from qtcore.theory.rectangle import slope_of_squares


class Rectangle(NamedTuple):
    """Sites, W of the box, energy, Rashba's strength and eta of the probes (t); Ando's angle."""

    width: int
    length: int
    disorder: float
    energy: float
    ando: float = 0.0
    rashba: float = 0.0
    probes: float = 0.0


ANDO = np.pi / 6
RECTANGLES = (  # counted by the axis `sample`: new ones go to the end; E midway between thresholds
    Rectangle(30, 90, disorder=2.0, energy=0.6),
    Rectangle(30, 90, disorder=2.0, energy=0.59, ando=ANDO),
    *(Rectangle(M, M, disorder=3.0, energy=1.0) for M in (12, 24, 48)),
    *(Rectangle(M, M, disorder=3.0, energy=1.22, ando=ANDO) for M in (12, 24, 48)),
    Rectangle(16, 16, disorder=3.0, energy=1.0, probes=0.05),
    Rectangle(40, 96, disorder=2.0, energy=0.98, rashba=0.05),
    Rectangle(96, 96, disorder=3.0, energy=1.0),
    Rectangle(32, 32, disorder=4.0, energy=1.0, probes=0.05),
    Rectangle(60, 180, disorder=1.5, energy=0.76),
    Rectangle(60, 180, disorder=1.5, energy=0.66, ando=ANDO),
    Rectangle(96, 96, disorder=3.0, energy=1.22, ando=ANDO),
    Rectangle(80, 640, disorder=1.2, energy=1.0),
)
FINER = {0: 6, 1: 4, 3: 1.5, 4: 3, 8: 2.5, 9: 2.5}  # by how much errors are smaller than asked
FEWEST, CERTAIN = 64, 200  # realizations for a covariance of fields, and for an error of var g
SQUARES = ((4, 10), (7, 14))  # one twice as large, without and with spin–orbit coupling
OUTSIDE = "no theory holds there, or a stronger field of a square is compared"
UNIT, FLUX = "e²/h per spin", (0.0, 2e-4, 5e-4, 9e-4, 2.2e-3, 5.5e-3)
QUANTITIES = (
    qt.Quantity("g", ("flux",), UNIT, "mean conductance", "⟨g⟩"),
    qt.Quantity("path", (), "sites", "mean free path, of g in strong fields", "l", "golden rule"),
    qt.Quantity("var_g", (), "", "variance of g without field", "var g", "Lee, Stone 1985; DMPK"),
    qt.Quantity("change", ("flux",), UNIT, "⟨g(B) − g(0)⟩", "Δg", "cooperon of the rectangle"),
    qt.Quantity("cooperon", ("flux",), UNIT, "theory of the change with this l"),
    qt.Quantity("rest", ("flux",), UNIT, "what it leaves out"),
    qt.Quantity("held", ("flux",), "", "1 where it holds by the golden rule"),
    qt.Quantity("coherent", ("flux",), UNIT, "cooperon without probes", "no dephasing"),
    qt.Quantity("sigma", ("flux",), UNIT, "conductivity without contact resistance", "σ"),
    qt.Quantity("correction", (), UNIT, "δg of a long wire, by Δg", "δg", "Mello and Stone 1991"),
    qt.Quantity("phase_length", (), "sites", "by the cooperon", "L_φ", "√(D/2η), Büttiker 1986"),
    qt.Quantity("slope", ("spins", "flux"), UNIT, "between squares", "dσ/d ln L", "both cooperons"),
)


def wire_of(made, flux):
    """Return a rectangle as a wire in a field (h/e per plaquette)."""
    ando = (qt.Ando(made.ando),) if made.ando else ()
    rashba = (qt.Rashba(made.rashba),) if made.rashba else ()
    terms = (*ando, *rashba)
    return qt.Wire(qt.Square(made.width), qt.Box(made.disorder), flux=flux, terms=terms)


def spins_of(made):
    """Return how often g counts an orbital channel."""
    return 2 if made.ando or made.rashba else 1


def solve(point, realizations):
    """Return g (e²/h, all spins) of a point's samples."""
    made = RECTANGLES[point.sample]
    where = (wire_of(made, point.flux), made.energy)
    if made.probes:
        (length,) = point.lengths
        g = qt.observe.dephased_ensemble(*where, length, realizations, point.seed, made.probes)
        return {"g": g[:, None]}
    return {"g": np.exp(qt.ln_conductance(*where, point.lengths, realizations, point.seed))}


def lengths(points):
    """Give every point the length of its sample."""
    of_points = [theory(point.sample).length for point in points]
    found = sorted({*of_points})
    return found, [(found.index(length), found.index(length) + 1) for length in of_points]


def cost(point):
    """Return what a realization costs, in milliseconds of a core, to a factor of two."""
    made = RECTANGLES[point.sample]
    M, L = made.width, made.length
    if made.probes:
        return 5e-7 * (L * M) ** 3
    return (1.4e-6 if spins_of(made) == 1 else 25e-6) * L * M**2 * (1 + M / 40)


@cache
def theory(sample):
    """Return what is known of a rectangle before anything is measured."""
    if not 0 <= sample < len(RECTANGLES):
        raise qt.InputError(f"sample takes 0 to {len(RECTANGLES) - 1}, got {sample}")
    made = RECTANGLES[sample]
    return qt.DiffusiveRectangle(wire_of(made, 0.0), made.energy, made.length, made.probes)


def realizations(point, count):
    """Return what the asked error needs, none in a field that is of no use to the sample."""
    error = point.error / FINER.get(point.sample, 1)
    needed = theory(point.sample).realizations(point.flux, error)
    return min(count, max(FEWEST, needed)) if needed else 0


def planned_error(sweep):
    """Say the largest error of a change in the field that points reach."""
    counts = {point.sample: point.realizations for point in sweep.all_points() if not point.flux}
    worst = max(theory(sample).change_error(count) for sample, count in counts.items())
    return f"⟨g(B) − g(0)⟩ to {worst:.2g} e²/h per spin or better (conductance fluctuations)"


@qt.together("flux")
def in_field(at):
    """Find g, l in the strongest field, changes from zero field, and their theory with this l."""
    return vars(estimate.field_change(theory(at.sample), at.flux, at.g[..., 0]))


def beside(at):
    """Return what follows from the change in the field: the number, its theory, and the band."""
    rectangle, change = theory(at.sample), at["change"]
    law, rest, held, g = (at[name].values for name in ("cooperon", "rest", "held", "g"))
    if rectangle.kind == "probed":
        given = (rectangle, at.flux, change, rest, float(at["path"]), g)
        fit = estimate.attempt(estimate.fit_phase_length, *given)
        length, band = fit if isinstance(fit, tuple) else (fit, 0.0)
        return {"phase_length": (length, rectangle.phase_length, band)}
    if rectangle.kind == "square" or not (held > 0).any():
        return {}
    size, band = estimate.fit_size(change, law, rest, held > 0)
    long = -rectangle.strength / 3
    return {"correction": (long * size, long, abs(long) * band)}


@qt.together("flux")
def conclude(at):
    """Find what a long wire loses, and L_phi of a sample with probes."""
    return {name: found for name, (found, _, _) in beside(at).items()}


@qt.together(...)
def slopes(at):
    """Find d sigma / d ln L between squares."""
    sigma, none = dict(zip(at.sample.tolist(), at["sigma"], strict=True)), np.nan * at.flux
    rows = [(sigma.get(b, none) - sigma.get(a, none)) / np.log(2) for a, b in SQUARES]
    return {"slope": estimate.stack(rows)}


@qt.together("flux")
def expect(at):
    """Say the cooperon where it holds and what follows from it, var g, and l by the golden rule."""
    rectangle, law, rest = theory(at.sample), at["cooperon"].values, at["rest"].values
    held = rectangle.holds(at.flux)
    last = np.arange(len(held)) == max(np.flatnonzero(held), default=-1)
    where = held & {"square": last, "wire": True, "probed": False}[rectangle.kind]
    found = {name: qt.Expected(*theirs) for name, (_, *theirs) in beside(at).items()}
    why = "phases are lost; L_φ is compared" if rectangle.probes else OUTSIDE
    found["change"] = qt.Expected(law, rest, where, why)
    if rectangle.spins == 1 and rectangle.kind != "probed":
        known = rectangle.kind == "wire" and at.realizations >= CERTAIN
        given = {"var_g": rectangle.variance(), "path": rectangle.path_in_field()}
        for name, (value, band) in given.items():
            found[name] = qt.Expected(value, band, known, "squares are too short and too dirty")
    return found


@qt.together(...)
def expect_slopes(at):
    """Say d sigma / d ln L of the cooperon, without field and in the strongest where it holds."""
    law, rest, where = np.full((3, len(SQUARES), len(at.flux)), np.nan)
    for row, numbers in enumerate(SQUARES):
        pair = [n for n, number in enumerate(at.sample) if number in numbers]
        given = [at[name].values[pair] for name in ("path", "g", "sigma", "cooperon", "held")]
        if len(pair) == 2:
            law[row], rest[row], where[row] = slope_of_squares([*map(theory, numbers)], *given)
    return {"slope": qt.Expected(law, rest, where > 0, OUTSIDE)}


LINES = {"−1/π per ln L": (3.93, -1 / np.pi), "1/2π per ln L": (2.73, 0.5 / np.pi)}
ON: Any = {"xscale": "log", "labels": {"quanta": "flux through the sample  (h/e)", "flux": "B"}}
PANELS = (
    qt.Line("change", "quanta", at={"kind": "wire"}, colour="coupling", marker="size",
            guides={"1/3": 1 / 3, "−1/6": -1 / 6}, ylim=(-0.2, 0.8), **ON),
    qt.Line("change", "quanta", at={"kind": "square"}, colour="side", fill="coupling", **ON),
    qt.Line("sigma", "side", at={"kind": "square", "flux": ("first", "last")}, colour="coupling",
            fill="flux", join=True, slopes=LINES, ylim=(2.0, None), **ON),
    qt.Line(("change", "coherent"), "quanta", at={"kind": "probed"}, colour="size", **ON),
)  # fmt: skip


def draw(ds, result):
    """Draw the panels of what the sweep has, with words for its samples."""
    made = [theory(number) for number in ds["sample"].values.tolist()]
    for name in ("kind", "size", "coupling", "side", "area"):
        result = result.assign_coords({name: ("sample", [getattr(one, name) for one in made])})
    result = result.assign_coords(quanta=result["area"] * result["flux"])
    return draw_panels([one for one in PANELS if one.at["kind"] in result["kind"]], result)


def _preset(samples, error, flux, note):
    axis = qt.Axis(range(samples), whole=True, long_name="number in the list of samples")
    return qt.Preset(sample=axis, flux=flux, error=error, realizations=2_000_000, note=note)


workflow = qt.Workflow(
    name="weak_localization",
    title="Weak localization and antilocalization in wires and squares",
    summary="Conductance against flux and size, with spin–orbit coupling and with dephasing.",
    presets={
        "quick": _preset(10, 0.02, FLUX, "Δg of 0.1 to 0.02; a minute on two cores"),
        "standard": _preset(14, 0.01, (0.0, 6e-5, *FLUX[1:]), "Δg to 0.01; ten minutes"),
        "paper": _preset(16, 0.002, (0.0, 2e-5, 6e-5, *FLUX[1:]), "squares to 96; a cluster"),
    },
    solve=solve,
    variables=(qt.Variable("g", dims=("length",), units="e²/h", long_name="conductance"),),
    lengths=lengths,
    realizations=realizations,
    cost=cost,
    dimensions={"spins": qt.Axis((1, 2), whole=True, long_name="spins that g counts")},
    quantities=QUANTITIES,
    measure=(in_field, conclude, slopes),
    expect=(expect, expect_slopes),
    draw=draw,
    requires={"flux": (0.0,)},
    fewest=FEWEST,
    planned_error=planned_error,
)
