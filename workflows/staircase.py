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

Other temperatures and voltages of a stored run, at any gate:
`qtcore.analysis.thermal.thermal_conductance` and `differential_conductance` take g(E) from it.
"""

import numpy as np

import qtcore as qt
from qtcore.analysis.check import compared
from qtcore.analysis.contact import analyse_contact, refuse_contact
from qtcore.figures import staircase as panels
from qtcore.figures.style import lettered_panels

KT, BIAS = (0.0, 0.02, 0.05, 0.1), (0.0, 0.5, 1.0)  # kT and eV in level spacings wy

SERIES = 500.0  # ohms put in series with the computed contact, to be found again

LEFT_OUT = 0.01  # what the openings mix, in channels and in level spacings


def wire(point):
    """Return a strip with a saddle of height `gate` in its middle, which fades to nothing."""
    middle = ((point.lengths[0] - 1) / 2, (point.width - 1) / 2)
    saddle = qt.Saddle(point.gate, point.wx, point.wy, *middle, point.gate, point.opening)
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), gates=(saddle,))


def realizations(point, count):
    """Return `count` for ensembles, which are for the Fermi energy only."""
    return count if point.disorder == 0 or abs(point.energy - point.fermi) < 1e-9 else 0


def validate(preset):
    """Refuse axes without the clean contact, the Fermi energy, its tails, or three plateaus."""
    refuse_contact(preset, KT, BIAS)
    if min(preset.gate) <= 0:
        raise qt.InputError(
            f"the gate is the height of a barrier and must be > 0 (t), got {min(preset.gate):g}"
        )


def analyse(ds):
    """Find the clean staircase, and what temperature, bias, disorder and a resistance make of it."""
    return analyse_contact(ds, wire, KT, BIAS, SERIES, LEFT_OUT)


def draw(ds, result):
    """Draw steps with theory, the map, disorder, temperature, bias and the series resistance."""
    del ds
    with lettered_panels(2, 3, width=8.5, height=5.4) as (figure, axes):
        panels.draw_steps(axes[0], result)
        panels.draw_map(figure, axes[1], result)
        panels.draw_disorder(axes[2], result)
        panels.draw_temperature(axes[3], result)
        panels.draw_bias(axes[4], result)
        panels.draw_series(axes[5], result, SERIES)
    return figure


def check(result):
    """Hold steps, plateaus and their rounding against theory, and the resistance against itself."""
    rows, unit = [], "2e²/h"
    for n in result.n.values:
        at = result.sel(n=n)
        rows.append(compared(at, "step", f"step {n}: offset/wy", 0, LEFT_OUT, "Büttiker"))
        name, near = f"step {n}: spread peak/wy", result.peak_left_out
        rows.append(compared(at, "widest", name, 0, near, "g(1 − g)"))
    for n in result.n.values[:-1]:
        at = result.sel(n=n)
        rows.append(compared(at, "plateau", f"plateau {n}", n, LEFT_OUT, "Büttiker", unit))
        name, half = f"plateau {n}½, eV = wy", at.half_plateau_theory
        rows.append(compared(at, "half_plateau", name, half, LEFT_OUT, "Glazman, Khaetskii", unit))
    for kT in result.kT.values[[0, -1]]:
        at, name = result.sel(kT=kT), f"step width/theory, kT = {kT:g} wy"
        rows.append(compared(at, "width", name, 1, at.width_left_out, "Büttiker"))
    if np.isfinite(loss := result.total_loss_theory):
        name, rest = "loss, sum over plateaus", result.total_loss_left_out
        rows.append(compared(result, "total_loss", name, loss, rest, "second order", unit))
    return [
        *rows,
        compared(result, "series", "series resistance", SERIES, 0, "put in", "Ω"),
        compared(result, "quantum", "slope of R in 1/N", 12906.40373, 0, "h/2e²", "Ω"),
    ]


def planned_error(sweep):
    """Bound the error of a mean by that of one channel that is open or shut."""
    return f"⟨g⟩ to better than {0.5 / np.sqrt(sweep.largest_count):.2g}; clean points are exact"


def preset(gates, energies, disorder, realizations, note):
    """Return a preset with evenly spaced gates and energies, (first, last, count)."""
    gate, energy = (np.round(np.linspace(*span), 6).tolist() for span in (gates, energies))
    return qt.Preset(
        gate=gate,
        energy=energy,
        disorder=disorder,
        width=50,
        lengths=(140,),
        wx=0.05,
        wy=0.14,
        opening=30.0,
        fermi=-3.3,
        realizations=realizations,
        note=note,
    )


workflow = qt.Workflow(
    name="staircase",
    title="Conductance quantization in a quantum point contact",
    summary=(
        "Steps of 2e²/h against gate and energy beside Büttiker's formula; disorder, temperature, "
        "voltage and a resistance in series."
    ),
    presets={
        "quick": preset(
            (0.1, 0.7, 49), (-3.42, -3.18, 25), (0.0, 0.2, 0.6), 96, "seconds to a minute"
        ),
        "standard": preset(
            (0.1, 0.7, 97), (-3.5, -3.1, 41), (0.0, 0.2, 0.6), 1000, "minutes on two cores"
        ),
        "paper": preset(
            (0.1, 0.7, 193), (-3.5, -3.1, 161), (0.0, 0.1, 0.2, 0.4, 0.8), 20_000, "for a cluster"
        ),
    },
    wire=wire,
    observables=("ln_g", "suspect"),
    realizations=realizations,
    validate=validate,
    analyse=analyse,
    draw=draw,
    check=check,
    planned_error=planned_error,
)
