"""Shot noise: what the noise of a current tells of the way that electrons take.

Question. How noisy is the current through a wire, a tunnel contact, two barriers, a disordered wire and a chaotic cavity, and
how does it come out of thermal noise as the voltage grows?

Model. Strips of square lattice, all T_n at energies around the Fermi energy: clean; cut; behind a contact, a column of
changed bonds that are alike, so that t†t is diagonal in the modes; behind a weak one (tunnel); with one at each end, at a random
distance, so that phases are lost; with box disorder and flux, L = 6 l. A cavity of M × M sites with two small openings, a
stopper in its middle against straight paths, weak box disorder that tells samples apart, and flux.

Theory. F = sum T (1 - T)/sum T: 0 ballistic, 1 tunnel, 2R/(1 + R)² → 1/2 for two equal barriers, 1/3 diffusive, 1/4 for a
chaotic cavity, N²/(4 N² - 1) with N channels in each opening (beta = 2). S/4kTg = 1 + F (x/2 coth(x/2) - 1), x = eV/kT (Khlus).
Current and noise are integrals over the stored energies: this must come out of T_n that change within the window.

Tolerances. Clean, cut, diagonal: rounding. Tunnel: F = 1 - sum T²/sum T. Diffusive: next order in 1/g and the ends of the
density, as in `channels`. Cavity: what leaves before it has been everywhere, t_erg/t_dwell. Crossover: as much, and 0.1 % for T_n.
"""

from types import SimpleNamespace

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.estimate.noise import fano_of_window, noise, refuse_no_bias, refuse_short_window
from qtcore.theory import eigenvalues, elastic
from qtcore.theory.diffusion import density_of_states, mean_square_velocity
from qtcore.theory.fano import chaotic_cavity, thermal_to_shot, two_barriers
from qtcore.theory.noise import partition

MODES, SHOWN = 40, 6  # most T_n that are stored; width of the strips whose t†t is shown
NEAREST, FARTHEST = 20, 4020  # sites between two barriers: many turns of the phase
STOPPER, DWELL = 0.12, 10.0  # its radius over M; least dwell time over the time to cross the cavity
EXACT, CHANGES, TITLE = 1e-8, 1e-3, "|t†t|, white 0, dark 1"
RANDOM = ("two barriers", "diffusive", "cavity")
NONE = {"contact": 1.0, "disorder": 0.0, "flux": 0.0, "slices": 4, "opening": 0}
CASES = [
    {"kind": "ballistic", "width": SHOWN, **NONE},
    {"kind": "closed", "width": SHOWN, **NONE, "contact": 0.0},
    {"kind": "diagonal", "width": SHOWN, **NONE, "contact": 0.6},
    {"kind": "tunnel", "width": SHOWN, **NONE, "contact": 0.05},
    {"kind": "two barriers", "width": 8, **NONE, "contact": 0.2},
    {"kind": "diffusive", "width": 40, **NONE, "disorder": 1.0, "flux": 0.003, "slices": 178},
    {"kind": "cavity", "width": 80, **NONE, "disorder": 0.5, "flux": 0.001, "slices": 80, "opening": 5},
]  # fmt: skip
X = qt.Axis((0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0), long_name="bias over kT, eV / kT")
QUANTITIES = (
    qt.Quantity("g", (), "e²/h per spin", "mean g at the Fermi energy", "⟨g⟩", "open channels"),
    qt.Quantity("fano", (), "", "noise over 2eI at zero temperature", "F", "closed forms"),
    qt.Quantity("crossover", ("x",), "", "noise over thermal noise", "S / S(V = 0)", "Khlus", "mean", ("x",)),
    qt.Quantity("product", ("row", "column"), "", "|t†t| in the modes of the lead", "|t†t|"),
)  # fmt: skip


def wire(point):
    """Return the conductor."""
    lattice, box = qt.Square(point.width), qt.Box(point.disorder)
    if point.kind == "cavity":
        middle, place = (point.width - 1) / 2, (point.width - point.opening) // 4
        ends = -place, place + point.opening - point.width

        def stopper(x, y):
            return np.hypot(x - middle, y - middle) < STOPPER * point.width

        return qt.Wire(
            lattice, box, point.flux, field_in_leads=False, lead_lattice=qt.Square(point.opening),
            lead_offset=ends[0], right_lead_offset=ends[1], structure=[qt.MissingSites(stopper)],
        )  # fmt: skip
    sides = ("left", "right")[: 1 + (point.kind == "two barriers")]
    contacts = [qt.TunnelContact(point.contact, side) for side in sides if point.contact != 1]
    return qt.Wire(lattice, box, point.flux, structure=contacts)


def solve(point, realizations):
    """Return all T_n of each realization, largest first, and |t†t| of wires without randomness."""
    device, E, rows, seed = wire(point), point.energy, np.arange(len(realizations)), point.seed
    T, product = np.zeros((len(rows), MODES)), np.full((len(rows), SHOWN, SHOWN), np.nan)
    if point.kind not in RANDOM:
        S = qt.scattering_matrices(device, E, [point.slices], [0], seed)[0]
        t = S.t_prime[0] * np.exp(S.log_scale_prime[0])
        N, together = t.shape[1], t.conj().T @ t
        product[:, :N, :N], T[:, :N] = np.abs(together), np.linalg.eigvalsh(together)[::-1]
        return {"T": T, "product": product}
    if point.kind == "two barriers":
        drawn = [np.random.default_rng([seed, n]).integers(NEAREST, FARTHEST) for n in realizations]
        lengths, place = np.unique(drawn, return_inverse=True)
        found = qt.ln_transmission_eigenvalues(device, E, lengths.tolist(), [0], seed)[0, place]
    else:
        found = qt.ln_transmission_eigenvalues(device, E, [point.slices], realizations, seed)[:, 0]
    T[:, : found.shape[1]] = np.nan_to_num(np.exp(found))
    return {"T": T, "product": product}


def realizations(point, count):
    """Return `count` where something is random."""
    return count if point.kind in RANDOM else 1


def times(point):
    """Return the time to cross a cavity, the mean one in it, ħ/t, and the channels of its openings."""
    across = 2 * np.cos(np.pi * np.arange(1, point.opening + 1) / (point.opening + 1))
    N = int((np.abs(point.energy - across) < 2).sum())
    if N == 0:
        raise qt.InputError(
            f"openings of {point.opening} sites are closed at the energy {point.energy:g} t: nothing comes into the "
            "cavity; widen them, or move the energy above their first threshold"
        )
    states = density_of_states(point.energy) * point.width**2 * (1 - np.pi * STOPPER**2)
    return point.width / np.sqrt(2 * mean_square_velocity(point.energy)), np.pi * states / N, N


def validate(preset):
    """Refuse energies that do not hold the bias window, and cavities that are closed or not chaotic."""
    refuse_no_bias(preset.bias)
    energies, kT = np.sort(preset.energy), preset.kT
    refuse_short_window(energies, preset.fermi, max(X.values) * kT, kT)
    refuse_short_window(energies, preset.fermi, preset.bias, 0.0)
    if kT == 0:
        raise qt.InputError("kT must be > 0 (t), got 0: there is no thermal noise to begin with")
    for case in preset.axes["conductor"].cases:
        point = SimpleNamespace(**case, energy=preset.fermi)
        if point.kind == "cavity" and times(point)[1] < DWELL * times(point)[0]:
            cross, dwell, _ = times(point)
            raise qt.InputError(
                f"electrons stay {dwell:.0f} ħ/t in the cavity of {point.width} sites and cross it in {cross:.0f}: it is not "
                f"chaotic unless they stay {DWELL:g} times as long; make it wider or its openings narrower"
            )


@qt.together("energy")
def measure(at):
    """Integrate current and noise over the bias window."""
    E, here = at.energy, at.where("energy", at.fermi)
    sums = (at.T.sum(-1), (at.T**2).sum(-1), partition(at.T))
    is_random = at.kind in RANDOM
    g, squares, parts = (estimate.mean(x) if is_random else estimate.exact(x[0]) for x in sums)
    found = {"g": g[here]} if is_random else {"g": g[here], "product": at.product[0, here]}
    if at.contact == 0:
        return found  # no current, no noise
    warm = [noise(squares, parts, E, at.fermi, x * at.kT, at.kT) for x in X.values]
    return found | {
        "fano": fano_of_window(g, parts, E, at.fermi, at.bias),
        "crossover": estimate.stack([one / warm[0] for one in warm]),
    }


def modes(at):
    """Return T (energy, mode) of a contact in a strip, 0 where a mode is closed."""
    own = at.energy[:, None] - 2 * np.cos(np.pi * np.arange(1, at.width + 1) / (at.width + 1))
    return np.where(np.abs(own) < 2, elastic.contact(np.clip(own, -1.999, 1.999), at.contact), 0.0)


def known(at):
    """Return F, and what its theory leaves out."""
    if at.kind == "diffusive":
        rates = qt.scattering_rates(qt.Square(at.width), at.fermi, at.disorder, at.flux)
        s, N = at.slices / rates.mean_free_path, rates.channels
        return float(eigenvalues.diffusive_fano(np.array(s), N, 2.0)), 0.1 * (
            (1 + s) / N
        ) ** 2 + 0.01
    if at.kind == "cavity":
        cross, dwell, N = times(at.point(energy=at.fermi))
        one = chaotic_cavity(N, N, 2)[1]
        return one, one * cross / dwell
    T = modes(at)
    twice, fano = two_barriers(*2 * (np.maximum(T, 1e-100),))
    T, parts = (twice, twice * fano) if at.kind == "two barriers" else (T, T * (1 - T))
    return fano_of_window(T.sum(-1), parts.sum(-1), at.energy, at.fermi, at.bias), EXACT


@qt.together("energy")
def expect(at):
    """Say the Fano factor of each conductor, and Khlus' way from thermal noise to it."""
    if at.kind == "closed":
        return {"g": qt.Expected(0.0, EXACT)}
    x, (fano, rest) = np.array(X.values), known(at)
    left_out = rest * (thermal_to_shot(1.0, x) - 1) + CHANGES
    found = {
        "fano": qt.Expected(1.0, 1 - fano + EXACT)
        if at.kind == "tunnel"
        else qt.Expected(fano, rest),
        "crossover": qt.Expected(thermal_to_shot(fano, x), left_out, x > 0, "1 by definition"),
    }
    N = qt.open_channels(qt.Wire(qt.Square(at.width)), at.fermi)
    return found | ({"g": qt.Expected(N, EXACT)} if at.kind == "ballistic" else {})


def matrices(axes, result):
    """Draw t†t of the clean strip, of the cut one, and of the one behind a contact."""
    kinds = [str(kind) for kind in result["kind"].values]
    look = {"cmap": "Greys", "vmin": 0, "vmax": 1.4, "edgecolors": "0.6", "linewidth": 0.5}
    for place, kind in enumerate(kinds[:3]):  # without randomness
        part, left = result.isel(conductor=place), place * (SHOWN + 1)
        N, F = int(np.isfinite(part["product"].values[0]).sum()), float(part["fano"])
        edges, drawn = np.arange(N + 1), part["product"].values[:N, :N]
        axes.pcolormesh(left + edges, edges, drawn, **look)
        words = f"{kind}\n" + ("no current" if np.isnan(F) else f"F = {max(F, 0.0):.3f}")
        axes.text(left + N / 2, N + 0.4, words, ha="center", va="top")
    axes.set(xlim=(-0.5, 3 * SHOWN + 2), ylim=(SHOWN + 2.4, -0.5), aspect="equal", title=TITLE)
    axes.set_axis_off()


GUIDES, SIGNS = {"1/4": 0.25, "1/3": 1 / 3, "1/2": 0.5, "1": 1.0}, {"kind": "conductor"}
PANELS = (
    matrices,
    qt.Line("fano", "conductor", colour="kind", guides=GUIDES, labels=SIGNS, xlim=(-0.5, 6.5)),
    qt.Line("crossover", "x", colour="kind", labels=SIGNS),
)


def planned_error(sweep):
    """State the error of F of wires and cavities, by the universal spread of sum T (1 - T)."""
    error = eigenvalues.fano_spread(2.0, 2.0) / np.sqrt(3 * sweep.largest_count)
    return f"F of the diffusive wire and the cavity to {error:.2g}"


def preset(realizations, energies, note):
    """Return a preset with so many energies around the Fermi energy."""
    kT, fermi = 0.002, 0.6
    energy = [round(fermi + 14 * kT * (2 * n / (energies - 1) - 1), 9) for n in range(energies)]
    size = {"kT": kT, "bias": 10 * kT, "fermi": fermi, "realizations": realizations, "note": note}
    return qt.Preset(conductor=qt.Cases(CASES, long_name="conductor"), energy=energy, **size)


workflow = qt.Workflow(
    name="shot_noise",
    title="Shot noise of wires, contacts and cavities",
    summary="Fano factors 0, 1, 1/2, 1/3 and 1/4, and the way from thermal to shot noise.",
    presets={
        "quick": preset(200, 15, "F to 1 %, of two barriers to 3 %; half a minute on two cores"),
        "standard": preset(4000, 29, "F to 0.2 %, of two barriers to 0.5 %; ten minutes"),
        "paper": preset(40_000, 57, "F to 0.05 %, of two barriers to 0.1 %; a cluster"),
    },
    solve=solve,
    variables=(
        qt.Variable("T", dims=("mode",), long_name="transmission eigenvalue, or 0"),
        qt.Variable("product", dims=("row", "column"), long_name="|t†t| in the modes of the lead"),
    ),
    dimensions={"mode": MODES, "row": SHOWN, "column": SHOWN, "x": X},
    realizations=realizations,
    distinct=False,  # two samples may have barriers at one distance
    validate=validate,
    requires={"energy": ("fermi",)},
    quantities=QUANTITIES,
    measure=measure,
    expect=expect,
    panels=PANELS,
    planned_error=planned_error,
)
