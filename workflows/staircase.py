"""Conductance quantization in a quantum point contact, and what rounds it.

Question. Why does the conductance of a narrow constriction rise in steps of 2e²/h, how sharp can they
be, and what do disorder, temperature, voltage and a resistance in series make of them?

Model. A strip with a saddle-point potential that fades into clean leads, near the band edge
(m = 1/2); the height V0 of the saddle is the gate. Barrier and confinement both end smoothly, so
that the leads reflect nothing. Without disorder every point is one deterministic wire; with
short-range disorder (box of full width W) an ensemble at the Fermi energy.

Theory. g = sum_n 1/(1 + exp(-2 pi (E - V0 - E_n)/wx)) with the transverse levels E_n of the saddle
on the lattice (Büttiker 1990), and wx² + 2 E_n/opening² in place of wx²: levels fall as the contact
opens. 2e²/h = 7.748091730 × 10⁻⁵ S for two spins. Temperature and bias: convolutions of the stored
g(E). A resistance in series: R = R_s + (h/2e²)/N. Disorder: second order in it (first Born) on
plateaus; samples differ most where a channel opens.

Tolerances. What opens over d = 30 sites mixes channels of wave number k with a probability of
(k d)⁻², 0.01 at k = 1/3: so much of a channel, and of a level spacing in place. It acts like a
resistance, and is the error of the one that is found. Beyond second order the loss per channel
enters once more. The spread must be largest within one gate value of a step.
"""

from functools import partial

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.estimate.series_resistance import refuse_gates
from qtcore.estimate.thermal import refuse_short_tails
from qtcore.theory import saddle as theory
from qtcore.theory.weak_disorder import weak_disorder
from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

STEPS = 4  # steps that are compared with theory
SERIES = 500.0  # ohms put in series with the computed contact, to be found again
LEFT_OUT = 0.01  # what the openings mix, in channels and in level spacings
on = partial(np.interp, left=np.nan, right=np.nan)  # a curve between its values

NUMBERS = qt.Axis(range(1, STEPS + 1), whole=True, long_name="number of the channel")
KT = qt.Axis((0.0, 0.02, 0.05, 0.1), long_name="kT / level spacing")
BIAS = qt.Axis((0.0, 0.5, 1.0), long_name="eV / level spacing")

UNIT, SPACINGS = "2e²/h", "level spacings"
QUANTITIES = (
    qt.Quantity("g", ("gate", "energy"), UNIT, "clean conductance", "g", "Büttiker", "none"),
    qt.Quantity("level", ("n", "gate"), "t", "energy at which channel n opens", "E_n"),
    qt.Quantity("step", ("n",), SPACINGS, "step n less its level", "step − level", "Büttiker"),
    qt.Quantity("plateau", ("n",), UNIT, "g halfway to the next step", "plateau", "Büttiker"),
    qt.Quantity("warm_g", ("kT", "gate"), UNIT, "g by temperature", "g", "Büttiker", "none"),
    qt.Quantity("rise", ("kT", "n"), "t", "width of step n", "step width", "Büttiker", "mean", ("n",)),
    qt.Quantity("dI_dV", ("bias", "gate"), UNIT, "g by bias", "dI/dV", "Büttiker", "none"),
    qt.Quantity("half_plateau", ("n",), UNIT, "dI/dV, eV = wy", "half plateau", "Glazman, Khaetskii"),
    qt.Quantity("measured_g", ("gate",), UNIT, "g behind a resistance", f"behind {SERIES:g} Ω"),
    qt.Quantity("corrected_g", ("gate",), UNIT, "g less the resistance found", "corrected"),
    qt.Quantity("series", (), "Ω", "resistance in series, from R against 1/N", "R_s", "put in"),
    qt.Quantity("quantum", (), "Ω", "slope of R against 1/N", "dR/d(1/N)", "h/2e²"),
    qt.Quantity("mean_g", (), UNIT, "mean g at the Fermi energy", "⟨g⟩", "second order", "none"),
    qt.Quantity("spread", (), UNIT, "standard deviation between samples", "spread"),
    qt.Quantity("widest", ("n",), SPACINGS, "largest spread less level n", "spread peak", "g(1 − g)"),
    qt.Quantity("loss", (), UNIT, "change by the weakest disorder", "loss on plateaus", "second order"),
)  # fmt: skip


def wire(point):
    """Return a strip with a saddle of height `gate` in its middle, which fades to nothing."""
    middle = ((point.lengths[0] - 1) / 2, (point.width - 1) / 2)
    saddle = qt.Saddle(point.gate, point.wx, point.wy, *middle, point.gate, point.opening)
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), gates=(saddle,))


def realizations(point, count):
    """Return `count` for ensembles, which are for the Fermi energy only."""
    return count if point.disorder == 0 or abs(point.energy - point.fermi) < 1e-9 else 0


def thresholds(at):
    """Return the gates below which channels 1, 2, ... are open at the Fermi energy."""
    return at.fermi + 4 - theory.harmonic_levels(int(at.width), at.wy)


def validate(preset):
    """Refuse energies without tails, and gates without three plateaus."""
    kT, eV = (np.multiply(axis.values, preset.wy) for axis in (KT, BIAS))
    refuse_short_tails(preset.energy, preset.fermi, kT, eV)
    if min(preset.gate) <= 0:
        raise qt.InputError(f"the gate, a barrier, must be > 0 (t), got {min(preset.gate):g}")
    refuse_gates(preset.gate, thresholds(preset))


def smeared(at, g):
    """Return what temperature and bias make of g (gate, energy), and of its steps."""
    E, mu, wy, opens = at.energy, at.fermi, at.wy, thresholds(at)
    warm = [estimate.thermal_conductance(g, E, mu, kT * wy)[:, 0] for kT in KT.values]
    biased = [estimate.differential_conductance(g, E, mu, eV * wy)[:, 0] for eV in BIAS.values]
    widths = [estimate.step_widths(at.gate, one, opens[:STEPS], wy / 2) for one in warm]
    # At eV = wy, mu + eV/2 lies on one plateau there, mu - eV/2 on the next.
    half = on(opens[1 : STEPS + 1] - wy / 4, at.gate, biased[-1])
    found = {"warm_g": warm, "dI_dV": biased, "rise": widths, "half_plateau": half}
    return {name: np.array(one) for name, one in found.items()}


@qt.together("gate", "energy", disorder=0.0)
def clean(at):
    """Find steps and plateaus without disorder, and what rounds them."""
    g = np.exp(at.ln_g[0, ..., 0])
    if not np.isfinite(g).all():
        raise estimate.Missing("the clean contact is not finished")
    opens, alone = thresholds(at)[: STEPS + 1], g[:, at.where("energy", at.fermi)]
    # One deterministic wire at each gate: no noise, and so no error.
    found = estimate.steps(at.gate[::-1], estimate.exact(alone[::-1]), STEPS).values
    return {
        **smeared(at, g),
        "g": g,
        "measured_g": theory.with_series_resistance(alone, SERIES),
        "level": at.fermi + at.gate - opens[:STEPS, None],
        "step": (found - opens[:STEPS]) / at.wy,
        "plateau": on((opens[:STEPS] + opens[1:]) / 2, at.gate, alone),
    }


@qt.together(energy="fermi")
def average(at):
    """Average over samples; the clean contact is one."""
    if at.disorder == 0:
        return {"mean_g": at["g"], "spread": np.nan}
    g = np.exp(at.ln_g[:, 0])
    return {"mean_g": estimate.mean(g), "spread": np.sqrt(estimate.variance(g))}


def middles(at):
    """Return the gates in the middle of the plateaus between steps, and the weakest disorder."""
    away = np.abs(at.gate - (thresholds(at)[: STEPS - 1, None] - at.wy / 2))
    return away.argmin(axis=1), int(at.disorder.nonzero()[0][0])


@qt.together("disorder", "gate", energy="fermi")
def disordered(at):
    """Find what the weakest disorder takes from the plateaus, and where samples differ most."""
    if not at.disorder.any():
        return {}
    places, weakest = middles(at)
    opens, spread = thresholds(at)[:STEPS], at["spread"].values[weakest]
    near = np.abs(at.gate - opens[:, None]) < at.wy / 2
    peak = at.gate[np.where(near, spread, -1.0).argmax(axis=1)]
    widest = np.where(near.any(axis=1), (peak - opens) / at.wy, np.nan)
    return {"loss": (at["mean_g"][weakest, places] - at["g"][places]).sum(), "widest": widest}


@qt.together("gate", disorder=0.0, energy="fermi")
def resistance(at):
    """Find the resistance that lies in series with the contact."""
    measured = at["measured_g"].values
    # What the openings take from a plateau lies anywhere between nothing and LEFT_OUT: plateaus
    # differ by its standard deviation.
    known = estimate.independent(measured[::-1], LEFT_OUT / np.sqrt(12))
    found = estimate.series_resistance(estimate.plateaus(known))
    g = theory.without_series_resistance(measured, float(found.ohms))
    return {"series": found.ohms, "quantum": found.quantum, "corrected_g": g}


@qt.together("gate", "energy", disorder=0.0)
def expect(at):
    """Say Büttiker's staircase, and what temperature and bias make of it."""
    levels, n = theory.harmonic_levels(int(at.width), at.wy), np.array(NUMBERS.values)
    along = theory.opened_frequencies(at.wx, levels, at.opening)
    g = theory.saddle_conductance(at.energy + 4 - at.gate[:, None], levels, along)
    found, held = smeared(at, g), thresholds(at)[:STEPS] > at.gate.min()
    # So much of a step may happen half a spacing away from it.
    mixed = LEFT_OUT * (at.wy / 2) ** 2 / (2 * found["rise"])
    return found | {
        "g": g,
        "step": qt.Expected(0.0 * n, LEFT_OUT, held),
        "plateau": qt.Expected(np.where(n < STEPS, n, np.nan), LEFT_OUT, n < STEPS),
        "half_plateau": qt.Expected(found["half_plateau"], LEFT_OUT, n < STEPS),
        "rise": qt.Expected(found["rise"], mixed, held),
        "series": SERIES,
        "quantum": 12906.40373,
    }


@qt.together("disorder", "gate", energy="fermi")
def expect_loss(at):
    """Say the second order in the weakest disorder, and that samples differ most at the steps."""
    if not at.disorder.any():
        return {}
    places, weakest = middles(at)
    points = [at.point(gate=gate, disorder=0.0) for gate in at.gate[places].tolist()]
    shifts = [weak_disorder(wire(one), at.fermi, int(at.length[0])).shift for one in points]
    loss = at.disorder[weakest] ** 2 / 12 * np.array(shifts)
    mean_g = np.full((at.gate.size, at.disorder.size), np.nan)
    mean_g[places, weakest] = at["g"].values[places] + loss
    apart, held = (at.gate[1] - at.gate[0]) / at.wy, thresholds(at)[:STEPS] > at.gate.min()
    return {
        "mean_g": mean_g,
        "loss": qt.Expected(loss.sum(), (loss**2 / np.arange(1, STEPS)).sum()),
        "widest": qt.Expected(np.zeros(STEPS), apart + LEFT_OUT, held),
    }


PANELS = (
    qt.Line("g", "gate", at={"energy": "fermi"}, reverse=True,
            right={"G  (µS)": 1e6 * CONDUCTANCE_QUANTUM_SIEMENS}),
    qt.Map("g", "gate", up="energy", lines=("level",), reverse=True),
    qt.Line("mean_g", "gate", colour="disorder", labels={"disorder": "W  (t)"}, join=True,
            band="spread", reverse=True),
    qt.Line("warm_g", "gate", colour="kT", reverse=True),
    qt.Line("dI_dV", "gate", colour="bias", reverse=True,
            guides={f"{n}½".lstrip("0"): n + 0.5 for n in range(STEPS)}),
    qt.Line(("measured_g", "corrected_g"), "gate", join=True, reverse=True,
            guides={str(n): n for n in NUMBERS.values}, labels={"y": "g  (2e²/h)"},
            note="R_s found: {series}"),
)  # fmt: skip


def planned_error(sweep):
    """Bound the error of a mean by that of one channel that is open or shut."""
    return f"⟨g⟩ to better than {0.5 / np.sqrt(sweep.largest_count):.2g}; clean points are exact"


def preset(gates, energies, disorder, realizations, note):
    """Return a preset with so many gates, and evenly spaced energies (first, last, count)."""
    gate, energy = (np.round(np.linspace(*x), 6).tolist() for x in ((0.1, 0.7, gates), energies))
    shape = {"wx": 0.05, "wy": 0.14, "opening": 30.0, "fermi": -3.3, "note": note}
    size = {"width": 50, "lengths": (140,), **shape, "realizations": realizations}
    return qt.Preset(gate=gate, energy=energy, disorder=disorder, **size)


workflow = qt.Workflow(
    name="staircase",
    title="Conductance quantization in a quantum point contact",
    summary="Steps of 2e²/h beside Büttiker; disorder, temperature, voltage, series resistance.",
    presets={
        "quick": preset(49, (-3.42, -3.18, 25), (0.0, 0.2, 0.6), 96, "seconds to a minute"),
        "standard": preset(97, (-3.5, -3.1, 41), (0.0, 0.2, 0.6), 1000, "minutes on two cores"),
        "paper": preset(193, (-3.5, -3.1, 161), (0.0, 0.1, 0.2, 0.4, 0.8), 20_000, "a cluster"),
    },
    wire=wire,
    observables=("ln_g", "suspect"),
    realizations=realizations,
    validate=validate,
    requires={"disorder": (0.0,), "energy": ("fermi",)},
    dimensions={"n": NUMBERS, "kT": KT, "bias": BIAS},
    quantities=QUANTITIES,
    measure=(clean, average, disordered, resistance),
    expect=(expect, expect_loss),
    panels=PANELS,
    planned_error=planned_error,
)
