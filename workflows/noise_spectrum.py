"""Noise of a current against frequency: where what the current adds comes to an end.

Question. A photon of frequency omega takes ħω out of the current. Up to which frequency does a voltage V make noise, and what
becomes of the formula for constant T_n where they change with energy?

Model. A short chain of 8 sites with box disorder between clean leads: r and t of each sample, with their phases, at energies in
equal steps around the Fermi energy.

Theory. S = 2 ħω coth(ħω/2kT) T² + T (1 - T) sum_± (ħω ± eV) coth((ħω ± eV)/2kT) if T does not change over eV, ħω and kT
(Khlus, Lesovik, Büttiker). At T = 0 what the current adds is 2 T (1 - T) (eV - ħω), and ends at ħω = eV (241.8 GHz for 1 mV); the
zero-point noise 2 ħω g stays. Here the noise is that of the scattering matrices: pairs of energies E, E + ħω.

The end. Straight lines through the noise that the current adds, from eV/2 to eV and from eV to 3 eV/2, meet there.

Tolerances. T and phases change within v/L, the inverse of the time tau = L/v in the chain. So (eV tau)² is left out, and nothing is
compared where that is more than 0.12; there the two formulas part, as the figure shows.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.estimate.finite_frequency import frequency_steps, noise_spectrum
from qtcore.theory.elastic import velocity
from qtcore.theory.noise import noise_power
from qtcore.units import GIGAHERTZ_PER_MILLIVOLT as GHZ

LARGEST, SLICES = 0.12, 8  # of (eV tau)² where theory is compared; sites of the chain
BIAS = qt.Axis((0.04, 0.08, 0.16, 0.32), units="t", long_name="bias eV")
FREQUENCY = qt.Axis(np.arange(13) / 8, units="eV", long_name="frequency ħω")
KT = qt.Axis((0.0, 0.125, 0.25, 0.5), units="eV", long_name="temperature kT")
WARM = 0.04  # bias at which temperatures are shown, t
UNIT, SOURCE = "(e²/h) t per spin", "Khlus; Lesovik; Büttiker"
QUANTITIES = (
    qt.Quantity("squares", (), "", "mean T² at the Fermi energy", "⟨T²⟩"),
    qt.Quantity("parts", (), "", "mean T (1 − T) at the Fermi energy", "⟨T(1−T)⟩"),
    qt.Quantity("excess", ("bias", "frequency"), "2eV ⟨T(1−T)⟩ e²/h", "S(V) − S(0) at T = 0", "excess noise",
                SOURCE, "none"),
    qt.Quantity("end", ("bias",), "eV", "frequency at which the excess noise ends", "end", "ħω = eV"),
    qt.Quantity("size", ("bias",), "", "excess noise at ħω = eV/2, over constant T", "size at eV/2", SOURCE),
    qt.Quantity("whole", ("bias", "frequency"), "", "noise at T = 0, over constant T", "S / constant T", SOURCE,
                "mean", ("frequency",)),
    qt.Quantity("power", ("kT", "frequency"), UNIT, "noise at eV = 0.04 t", "S", SOURCE, "mean", ("frequency",)),
)  # fmt: skip


def solve(point, realizations):
    """Return real and imaginary part of r and t, back into and out into the left lead."""
    device = qt.Wire(qt.Chain(), qt.Box(point.disorder))
    S = qt.scattering_matrices(device, point.energy, [SLICES], realizations, point.seed)[0]
    t = S.t[:, 0, 0] * np.exp(S.log_scale)
    r = S.r_prime[:, 0, 0]
    return {"r": np.stack([r.real, r.imag], 1), "t": np.stack([t.real, t.imag], 1)}


def validate(preset):
    """Refuse energies that do not hold every bias, frequency and temperature."""
    E = np.sort(preset.energy)
    for eV in BIAS.values:
        frequency_steps(E, preset.fermi, eV, 0.0, np.array(FREQUENCY.values) * eV)
    for kT in KT.values:
        frequency_steps(E, preset.fermi, WARM, kT * WARM, np.array(FREQUENCY.values) * WARM)


def kink(curve):
    """Return where the straight lines below and above 1 meet."""
    f = np.array(FREQUENCY.values)
    lines = []
    for window in (f > 0.49) & (f < 1.01), f > 0.99:
        design = np.stack([np.ones(window.sum()), f[window]], axis=1)
        lines.append(curve[window] @ np.linalg.pinv(design).T)
    (a, b), (c, d) = lines
    return (c - a) / (b - d)


@qt.together("energy")
def measure(at):
    """Sum noise over pairs of energies, realization by realization."""
    r, t = (one[..., 0, None, None] + 1j * one[..., 1, None, None] for one in (at.r, at.t))
    f, T = np.array(FREQUENCY.values), np.abs(t[:, at.where("energy", at.fermi), 0, 0]) ** 2
    squares, parts = estimate.mean(T**2), estimate.mean(T * (1 - T))
    excess, whole = [], []
    for eV in BIAS.values:
        own, rest = (noise_spectrum(r, t, at.energy, at.fermi, V, 0.0, f * eV) for V in (eV, 0.0))
        excess.append(estimate.mean(own - rest) / (2 * eV * parts))
        whole.append(estimate.mean(own) / formula(squares, parts, eV, 0.0))
    warm = [
        noise_spectrum(r, t, at.energy, at.fermi, WARM, kT * WARM, f * WARM) for kT in KT.values
    ]
    return {
        "squares": squares,
        "parts": parts,
        "excess": estimate.stack(excess),
        "end": estimate.stack([kink(one) for one in excess]),
        "size": estimate.stack([2 * one[4] for one in excess]),
        "whole": estimate.stack(whole),
        "power": estimate.stack([estimate.mean(one) for one in warm]),
    }


def formula(squares, parts, eV, kT):
    """Return S of constant T at all frequencies, from T² and T (1 - T); kT in units of eV."""
    f = np.array(FREQUENCY.values)
    open_, half = (
        np.array([float(noise_power(np.array([T]), eV, kT * eV, x * eV)) for x in f])
        for T in (1.0, 0.5)
    )
    return squares * open_ + parts * (4 * half - open_)


@qt.together("energy")
def expect(at):
    """Say the formula for constant T, and what it leaves out: (tau times the larger of eV and ħω)²."""
    f, eV = np.array(FREQUENCY.values), np.array(BIAS.values)
    tau = SLICES / velocity(at.fermi)
    changes = (eV * tau) ** 2
    faster = changes[:, None] * np.maximum(f, 1.0) ** 2
    holds, why = changes < LARGEST, "electrons stay as long as ħ/eV: the two formulas part"
    power = estimate.stack([formula(at["squares"], at["parts"], WARM, kT) for kT in KT.values])
    rest = (WARM * tau * np.maximum(f, 1.0)) ** 2
    return {
        "excess": np.broadcast_to(np.maximum(1 - f, 0.0), faster.shape),
        "end": qt.Expected(np.ones(len(eV)), changes, holds, why),
        "size": qt.Expected(np.ones(len(eV)), changes, holds, why),
        "whole": qt.Expected(
            np.ones(faster.shape), faster, np.broadcast_to(holds[:, None], faster.shape), why
        ),
        "power": qt.Expected(power, rest * power.values),
    }


def with_gigahertz(axes, result):
    """Draw the excess noise, with the frequency for a bias of 1 mV above."""
    EXCESS.draw(axes, result)
    above = axes.secondary_xaxis("top", functions=(lambda f: f * GHZ, lambda x: x / GHZ))
    above.set_xlabel("frequency for V = 1 mV  (GHz)")


EXCESS = qt.Line("excess", "frequency", colour="bias", law=lambda _, f: np.maximum(1 - f, 0.0))
PANELS = (
    with_gigahertz,
    qt.Line(("end", "size"), "bias", xscale="log", labels={"y": "end  (eV), and size"}),
    qt.Line("whole", "frequency", colour="bias"),
    qt.Line("power", "frequency", colour="kT"),
)


def planned_error(sweep):
    """State the error of the end, found in pilots: T (1 - T) changes with energy by a few per cent."""
    return f"the end to {0.06 / np.sqrt(sweep.largest_count):.2g} eV at the smallest bias"


def preset(realizations, note):
    """Return a preset; energies reach half of the largest bias and the largest frequency beyond it."""
    energy = [round(0.6 + 0.005 * n, 6) for n in range(-128, 129)]
    size = {"disorder": 2.0, "fermi": 0.6, "realizations": realizations, "note": note}
    return qt.Preset(energy=energy, **size)


workflow = qt.Workflow(
    name="noise_spectrum",
    title="Noise against frequency, and where the excess noise ends",
    summary="S(ω, V, T) of scattering matrices: the end at ħω = eV, and where constant T fails.",
    presets={
        "quick": preset(400, "the end to 0.3 %, its size to 1 %; half a minute on two cores"),
        "standard": preset(20_000, "the end to 0.04 %; ten minutes"),
        "paper": preset(400_000, "the end to 0.01 %; a cluster"),
    },
    solve=solve,
    variables=(
        qt.Variable(
            "r", dims=("part",), long_name="reflection into the left lead: real, imaginary"
        ),
        qt.Variable(
            "t", dims=("part",), long_name="transmission into the left lead: real, imaginary"
        ),
    ),
    dimensions={"part": 2, "bias": BIAS, "frequency": FREQUENCY, "kT": KT},
    validate=validate,
    requires={"energy": ("fermi",)},
    quantities=QUANTITIES,
    measure=measure,
    expect=expect,
    panels=PANELS,
    planned_error=planned_error,
)
