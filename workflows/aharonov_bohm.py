"""Aharonov-Bohm rings: h/e of one sample, h/2e of the mean, and its sign with spin-orbit coupling.

Question. A flux through the hole of a ring touches no electron. What does it do to the conductance of one ring, and
what is left in the mean over many?

Model. Rings with box disorder, cut out of a square lattice between two narrow leads; a tube of flux through
the hole. Rings without spin, and with Rashba coupling, whose g counts both spins.

Theory. g of one ring has the period h/e (Aharonov and Bohm). The phase of its first harmonic is 0 or pi, since g(Phi)
= g(-Phi), as chance has it: its mean over R rings falls as R^(-1/2). Paths once around the ring and their reverses
differ by twice the flux, and by nothing else: the second harmonic has the same sign in all rings and survives
(Altshuler, Aronov and Spivak, JETP Lett. 33, 94 (1981)). g is least without flux, and largest with spin-orbit coupling
that turns spins in every direction on the way (Hikami, Larkin and Nagaoka, PTP 63, 707 (1980)): a half of it per spin, so
that g of both spins has it with the same size and the other sign.

Tolerances. The law of R^(-1/2) is exact for independent rings whose <h/e> is 0. What electrons do that are never
scattered is left out of <h/e>: exp(-C / 2l) of its size, C the circumference. Signs are told by how many errors the second harmonic
is away from 0: at least 3.5 on the side that theory says. Harmonics 6 and more, which eight fluxes in a period leave in the second,
are too small to be seen. How large h/2e is with spin-orbit coupling is shown and not compared: arms of few
channels are not far from localization, which changes it by more. Nothing dephases here.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory.diffusion import diffusion_constant, mean_square_velocity

ORDERS = np.arange(4)
PERIOD = (0.0, 0.125, 0.25, 0.375, 0.5)  # fluxes of half a period, h/e
CERTAIN = 4.0  # errors by which a sign is told
UNIT = "e²/h"
AAS, ONSAGER = "Altshuler, Aronov, Spivak 1981", "Onsager"
RINGS = qt.Axis((1, 2, 4, 8, 16, 32), whole=True, long_name="rings that are averaged")
HARMONICS = qt.Axis(ORDERS.tolist(), whole=True, long_name="harmonic in the flux, in e/h")

NUMBERS = qt.Axis(range(3), whole=True, long_name="number of a ring")

QUANTITIES = (
    qt.Quantity("g", ("flux",), UNIT, "mean conductance", "⟨g⟩"),
    qt.Quantity("change", ("flux",), UNIT, "its change with the flux", "⟨g(Φ) − g(0)⟩"),
    qt.Quantity("single", ("flux", "number"), UNIT, "the same of single rings", "g(Φ) − g(0)"),
    qt.Quantity("odd", (), UNIT, "largest difference in the reversed flux", "|g(Φ) − g(−Φ)|", ONSAGER, "worst"),
    qt.Quantity("shifted", (), UNIT, "largest difference one period on", "|g(Φ) − g(Φ + h/e)|",
                "Aharonov and Bohm 1959", "worst"),
    qt.Quantity("harmonic", ("order",), UNIT, "mean of a harmonic", "⟨A_n⟩"),
    qt.Quantity("size", ("order",), UNIT, "root of its mean square", "rms A_n"),
    qt.Quantity("first", (), "", "mean of h/e over its size", "⟨A_1⟩ / rms A_1", "chance"),
    qt.Quantity("averaged", ("rings",), UNIT, "root of the mean square of h/e, mean of some rings", "rms ⟨A_1⟩_R",
                "independent rings", "none"),
    qt.Quantity("exponent", (), "", "power of the number of rings", "d ln rms / d ln R", "independent rings"),
    qt.Quantity("doubt", (), "", "errors by which h/2e falls short of its sign for certain", "doubt", AAS),
    qt.Quantity("ratio", (), "", "h/2e with spin–orbit coupling over that without", "ratio of ⟨A_2⟩"),
)  # fmt: skip


def shape(inner, outer, lead):
    """Return the function that says where no ring is, the middle of the square, and where a lead begins."""
    middle = (round(2 * outer) - 1) / 2

    def outside(x, y):
        r = np.hypot(x - middle, y - middle)
        return (r < inner) | ((r > outer) & (np.abs(y - middle) > lead / 2))

    return outside, middle, round(middle - (lead - 1) / 2)


def wire(point):
    """Return a ring with a flux through its hole."""
    outside, middle, first = shape(point.inner, point.outer, point.lead)
    place = int(middle) + 0.5
    return qt.Wire(
        qt.Square(round(2 * point.outer)), qt.Box(point.disorder),
        terms=[qt.Rashba(point.coupling)] if point.coupling else [],
        lead_lattice=qt.Square(point.lead), lead_offset=-first,
        structure=[qt.MissingSites(outside), qt.FluxTube(place, place, point.flux)],
    )  # fmt: skip


def lengths(points):
    """Give each ring its own length."""
    own = [round(2 * point.outer) for point in points]
    grid = sorted(set(own))
    return grid, [(grid.index(length), grid.index(length) + 1) for length in own]


def realizations(point, count):
    """Return `count`, a few where only symmetry is looked at, and a part with spin, which costs more."""
    if point.flux not in PERIOD:
        return min(count, 16) if not point.coupling else 0
    return count // 4 if point.coupling else count


def of_rings(at):
    """Return g, (realization, flux), in the ring's only length."""
    return np.exp(np.fmax.reduce(at.ln_g, axis=-1))


def harmonics(at):
    """Return A_n of g = sum_n A_n cos(2 pi n Phi), (realization, order); half a period is enough, as g is even."""
    flux, g = np.array(PERIOD), of_rings(at)[:, [at.where("flux", one) for one in PERIOD]]
    weight = np.array([1, 2, 2, 2, 1]) / 8
    waves = np.cos(2 * np.pi * np.outer(flux, ORDERS)) * np.where(ORDERS > 0, 2, 1)
    return (g * weight) @ waves


@qt.together("flux")
def measure(at):
    """Find the mean against the flux, its harmonics, and what is left of h/e in a mean of some rings."""
    g, A = of_rings(at), harmonics(at)
    each = [estimate.mean(one) for one in g.T]  # some fluxes have fewer rings
    found = {"g": estimate.stack(each), "harmonic": estimate.mean(A)}
    change = g - g[:, [at.where("flux", 0.0)]]
    found["change"] = estimate.stack([estimate.mean(one) for one in change.T])
    size = estimate.mean(A**2) ** 0.5
    found |= {"size": size, "first": found["harmonic"][1] / size[1]}
    second = found["harmonic"][2]
    single = change[:3].T if len(change) >= 3 else np.full((len(at.flux), 3), np.nan)
    sign = 1 if at.coupling else -1
    signs = {"doubt": max(0.0, CERTAIN - sign * float(second.values / second.error))}
    if not at.coupling:
        signs["odd"] = np.nanmax(
            np.abs(g[:, at.where("flux", -0.125)] - g[:, at.where("flux", 0.125)])
        )
        signs["shifted"] = np.nanmax(
            np.abs(g[:, at.where("flux", 1.125)] - g[:, at.where("flux", 0.125)])
        )
    squares = [squares_of_means(A[:, 1], R) for R in RINGS.values]
    found["averaged"] = estimate.stack([estimate.mean(one) for one in squares]) ** 0.5
    found["exponent"] = estimate.fit_power(
        np.array(RINGS.values, float), found["averaged"]
    ).exponent
    return found | signs | {"single": single}


def squares_of_means(A, R):
    """Return the squares of means over R rings in the row of the first one, (realization,), NaN in others."""
    whole, found = len(A) - len(A) % R, np.full(len(A), np.nan)
    found[:whole:R] = A[:whole].reshape(-1, R).mean(axis=1) ** 2
    return found


@qt.together("flux", "ring")
def compare(at):
    """Compare h/2e with spin-orbit coupling and without."""
    second = at["harmonic"][:, 2]
    return {"ratio": second[at.where("ring", 1)] / second[at.where("ring", 0)]}


@qt.together("flux")
def expect(at):
    """Say what is even and periodic, how h/e averages out, and the sign of h/2e."""
    path = (
        2
        * diffusion_constant(at.energy, at.disorder)
        / np.sqrt(2 * mean_square_velocity(at.energy))
    )
    straight = np.exp(-np.pi * (at.inner + at.outer) / 2 / path)
    law = at["averaged"].values[0] * np.array(RINGS.values) ** -0.5
    found = {
        "first": qt.Expected(0.0, straight),
        "exponent": qt.Expected(-0.5),
        "averaged": qt.Expected(law),
    }
    found |= {"doubt": qt.Expected(0.0, 0.5)}
    return (
        found if at.coupling else found | dict.fromkeys(("odd", "shifted"), qt.Expected(0.0, 1e-8))
    )


def validate(preset):
    """Refuse rings without a hole or without arms, and leads without a channel."""
    for inner, outer, lead in zip(preset.inner, preset.outer, preset.lead, strict=True):
        if inner < 1.5:
            raise qt.InputError(
                f"a ring needs a hole for the flux: its inner radius must be at least 1.5 sites, got {inner:g}"
            )
        if outer < inner + 2:
            raise qt.InputError(
                f"the arms of a ring from {inner:g} to {outer:g} sites are cut apart somewhere; take an outer "
                f"radius of {inner + 2:g} or more"
            )
        thresholds = 2 + 2 * np.cos(np.pi / (lead + 1)), 0.0
        if not abs(preset.energy) < thresholds[0]:
            raise qt.InputError(
                f"leads of {lead} sites have no open channel at {preset.energy:g} t, beyond their first threshold at "
                f"{-thresholds[0]:.3f} t and the last at {thresholds[0]:.3f} t; take an energy in between"
            )


def preset(sizes, realizations, note):
    """Return a preset of rings (inner radius, outer radius), each with spin-orbit coupling and without."""
    cases = [
        {"inner": inner, "outer": outer, "lead": 5, "coupling": coupling}
        for inner, outer in sizes
        for coupling in (0.0, 0.3)
    ]
    return qt.Preset(
        ring=qt.Cases(cases, long_name="number of the ring"),
        flux=qt.Axis((-0.125, *PERIOD, 1.125), units="h/e", long_name="flux through the hole"),
        disorder=2.0, energy=1.5, realizations=realizations, note=note,
    )  # fmt: skip


LABELS = {"coupling": "spin–orbit coupling  (t)", "order": "harmonic n"}
SMALL, HALF = {"ring": (0, 1)}, {"flux": slice(0.0, 0.5)}
PANELS = (
    qt.Line("single", "flux", at={"ring": 0} | HALF, colour="number", marker="number", join=True, legend=False,
            note="three rings"),
    qt.Line("change", "flux", at=SMALL | HALF, colour="coupling", marker="coupling", join=True, labels=LABELS),
    qt.Line("harmonic", "order", at=SMALL | {"order": slice(1, 3)}, colour="coupling", marker="coupling", guides={"": 0.0},
            labels=LABELS),
    qt.Line("averaged", "rings", at=SMALL, colour="coupling", marker="coupling", xscale="log", yscale="log", labels=LABELS),
)  # fmt: skip

workflow = qt.Workflow(
    name="aharonov_bohm",
    title="Aharonov–Bohm rings",
    summary="h/e of single rings, h/2e of the mean and its sign, and how h/e averages out.",
    presets={
        "quick": preset(
            [(7.5, 12.5)], 6400, "h/2e to 5 %, the exponent to 0.02; a minute on two cores"
        ),
        "standard": preset(
            [(7.5, 12.5), (12.5, 18.5)],
            60_000,
            "h/2e to 2 %, the exponent to 0.007; twenty minutes",
        ),
        "paper": preset(
            [(7.5, 12.5), (12.5, 18.5), (18.5, 26.5)], 400_000, "h/2e to 1 %; a cluster"
        ),
    },
    wire=wire,
    lengths=lengths,
    fixed_lengths=True,
    observables=("ln_g",),
    realizations=realizations,
    dimensions={"order": HARMONICS, "rings": RINGS, "number": NUMBERS},
    quantities=QUANTITIES,
    measure=(measure, compare),
    expect=expect,
    panels=PANELS,
    fewest=256,
    requires={"flux": (-0.125, *PERIOD, 1.125), "ring": (0, 1)},
    validate=validate,
    planned_error=lambda sweep: (
        f"h/2e to {0.035 / sweep.largest_count**0.5:.2g} e²/h, the exponent to {1.6 / sweep.largest_count**0.5:.2g}"
    ),
)
