"""Weak localization of wires and squares, and what ends it: flux, spin–orbit coupling, dephasing.

Model. Rectangles of square lattice with box disorder between leads of their own width, in a field.
Ando's spin–orbit coupling: spins forget themselves within l; Rashba's turns them by 1 in ten sites.
Voltage probes on all sites take the phase (Büttiker). Fields share their disorder.

Theory. The cooperon of the rectangle, with the l of g in the strongest field: -1/3 (per spin) in
long wires, +1/6 with spin–orbit coupling; sigma of squares falls by 1/pi per ln L, or rises by half
of that. Probes set L_phi = sqrt(D/2 eta), as a fit of the cooperon must find. The golden rule, not
what was measured, says where theory holds, and holds l; the universal var g holds the scale of g.
"""

from typing import Any, NamedTuple

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.figures.draw import draw as draw_panels
from qtcore.theory.rectangle import slope_of_squares


class Rectangle(NamedTuple):
    """A case of the axis `sample`."""

    across: int  # sites
    along: int
    disorder: float  # full width W of the box, t
    energy: float  # t, midway between thresholds
    ando: float = 0.0  # angle of Ando's coupling
    rashba: float = 0.0  # strength of Rashba's, t
    probes: float = 0.0  # eta of a voltage probe on each site, t
    finer: float = 1.0  # by how much errors are smaller than asked


ANDO = np.pi / 6
SAMPLES = (
    Rectangle(30, 90, disorder=2.0, energy=0.6, finer=6.0),
    Rectangle(30, 90, disorder=2.0, energy=0.59, ando=ANDO, finer=4.0),
    *(Rectangle(M, M, 3.0, energy=1.0, finer=f) for M, f in ((12, 1.0), (24, 1.5), (48, 3.0))),
    *(Rectangle(M, M, 3.0, energy=1.22, ando=ANDO) for M in (12, 24, 48)),
    Rectangle(16, 16, disorder=3.0, energy=1.0, probes=0.05, finer=2.5),
    Rectangle(40, 96, disorder=2.0, energy=0.98, rashba=0.05, finer=2.5),
    Rectangle(96, 96, disorder=3.0, energy=1.0),
    Rectangle(32, 32, disorder=4.0, energy=1.0, probes=0.05),
    Rectangle(60, 180, disorder=1.5, energy=0.76),
    Rectangle(60, 180, disorder=1.5, energy=0.66, ando=ANDO),
    Rectangle(96, 96, disorder=3.0, energy=1.22, ando=ANDO),
    Rectangle(80, 640, disorder=1.2, energy=1.0),
)
FEWEST, CERTAIN = 64, 200  # realizations for a covariance of fields, and for an error of var g
SMALLEST = 48  # side of squares, sites, from which d sigma / d ln L has a theory
OUTSIDE = "no theory holds there, or a stronger field of a square is compared"
SPINS, UNIT, FLUX = (1, 2), "e²/h per spin", (0.0, 2e-4, 5e-4, 9e-4, 2.2e-3, 5.5e-3)
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


def wire_of(point, flux):
    """Return a rectangle as a wire in a field (h/e per plaquette)."""
    ando = (qt.Ando(point.ando),) if point.ando else ()
    rashba = (qt.Rashba(point.rashba),) if point.rashba else ()
    terms = (*ando, *rashba)
    return qt.Wire(qt.Square(point.across), qt.Box(point.disorder), flux=flux, terms=terms)


def solve(point, realizations):
    """Return g (e²/h, all spins) of a point's samples."""
    where = (wire_of(point, point.flux), point.energy)
    if point.probes:
        (length,) = point.lengths
        g = qt.observe.dephased_ensemble(*where, length, realizations, point.seed, point.probes)
        return {"g": g[:, None]}
    return {"g": np.exp(qt.ln_conductance(*where, point.lengths, realizations, point.seed))}


def lengths(points):
    """Give every point the length of its sample."""
    found = sorted({point.along for point in points})
    return found, [(found.index(p.along), found.index(p.along) + 1) for p in points]


def cost(point):
    """Return what a realization costs, in milliseconds of a core, to a factor of two."""
    M, L = point.across, point.along
    if point.probes:
        return 5e-7 * (L * M) ** 3
    return (25e-6 if point.ando or point.rashba else 1.4e-6) * L * M**2 * (1 + M / 40)


def theory(case):
    """Return what is known of a rectangle before anything is measured."""
    wire = wire_of(case, 0.0)
    return qt.DiffusiveRectangle(wire, case.energy, case.along, case.probes)


def realizations(point, count):
    """Return what the asked error needs, none in a field that is of no use to the sample."""
    needed = theory(point).realizations(point.flux, point.error / point.finer)
    return min(count, max(FEWEST, needed)) if needed else 0


def planned_error(sweep):
    """Say the largest error of a change in the field that points reach."""
    unbent = [point for point in sweep.all_points() if not point.flux]
    worst = max(theory(point).change_error(point.realizations) for point in unbent)
    return f"⟨g(B) − g(0)⟩ to {worst:.2g} e²/h per spin or better (conductance fluctuations)"


@qt.together("flux")
def in_field(at):
    """Find g, l in the strongest field, changes from zero field, and their theory with this l."""
    return vars(estimate.field_change(theory(at), at.flux, at.g[..., 0]))


def beside(at):
    """Return what follows from the change in the field: the number, its theory, and the band."""
    rectangle, change = theory(at), at["change"]
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


def squares(at):
    """Return places and theory of two squares, one twice as large: by spins, the last such pair."""
    made = [theory(at.point(sample=number, flux=0.0)) for number in at.sample]
    of = [(one.kind, one.disorder, one.energy, one.precession) for one in made]
    return {
        made[n].spins: ([n, m], [made[n], made[m]])
        for m, n in np.ndindex(len(made), len(made))
        if made[m].side == 2 * made[n].side >= 2 * SMALLEST and of[m] == of[n]
        if made[n].kind == "square"
    }


@qt.together(...)
def slopes(at):
    """Find d sigma / d ln L between squares."""
    changes = [np.nan * at.flux for _ in SPINS]
    for spins, ((n, m), _) in squares(at).items():
        changes[spins - 1] = at["sigma"][m] - at["sigma"][n]
    return {"slope": estimate.stack(changes) / np.log(2)}


@qt.together("flux")
def expect(at):
    """Say the cooperon where it holds and what follows from it, var g, and l by the golden rule."""
    rectangle, law, rest = theory(at), at["cooperon"].values, at["rest"].values
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
    law, rest, where = np.full((3, len(SPINS), len(at.flux)), np.nan)
    for spins, (places, both) in squares(at).items():
        given = (at[name].values[places] for name in ("path", "g", "sigma", "cooperon", "held"))
        law[spins - 1], rest[spins - 1], where[spins - 1] = slope_of_squares(both, *given)
    return {"slope": qt.Expected(law, rest, where > 0, OUTSIDE)}


LINES = {"−1/π per ln L": (3.93, -1 / np.pi), "1/2π per ln L": (2.73, 0.5 / np.pi)}
ON: Any = {"xscale": "log", "labels": {"flux": "Φ  (h/e)"}}
PANELS = (
    qt.Line("change", "quanta", at={"kind": "wire"}, colour="coupling", marker="size",
            guides={"1/3": 1 / 3, "−1/6": -1 / 6}, ylim=(-0.2, 0.8), **ON),
    qt.Line("change", "quanta", at={"kind": "square"}, colour="side", fill="coupling", **ON),
    qt.Line("sigma", "side", at={"kind": "square", "flux": ("first", "last")}, colour="coupling",
            fill="flux", join=True, slopes=LINES, ylim=(2.0, None), **ON),
    qt.Line(("change", "coherent"), "quanta", at={"kind": "probed"}, colour="size", xscale="log",
            labels={**ON["labels"], "y": f"Δg  ({UNIT})"}, note="dephasing by voltage probes"),
)  # fmt: skip


def draw(ds, result):
    """Draw the panels of what the sweep has, with words for its samples."""
    columns = [ds[name].values.tolist() for name in Rectangle._fields]
    made = [theory(Rectangle(*one)) for one in zip(*columns, strict=True)]
    for name in ("kind", "size", "coupling", "side", "area"):
        units = {"units": "sites"} if name in ("size", "side") else {}
        values = [getattr(one, name) for one in made]
        result = result.assign_coords({name: ("sample", values, units)})
    about = {"units": "h/e", "long_name": "flux through the sample"}
    result = result.assign_coords(quanta=(result["area"] * result["flux"]).assign_attrs(about))
    return draw_panels([one for one in PANELS if one.at["kind"] in result["kind"]], result)


def _preset(samples, error, flux, note):
    cases = qt.Cases(SAMPLES[:samples], long_name="number of the sample")
    return qt.Preset(sample=cases, flux=flux, error=error, realizations=2_000_000, note=note)


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
    lengths=lengths, fixed_lengths=True, realizations=realizations, cost=cost,
    dimensions={"spins": qt.Axis(SPINS, whole=True, long_name="spins that g counts")},
    quantities=QUANTITIES,
    measure=(in_field, conclude, slopes), expect=(expect, expect_slopes),
    draw=draw,
    requires={"flux": (0.0,)},
    fewest=FEWEST,
    planned_error=planned_error,
)  # fmt: skip
