"""How long an electron stays in a disordered wire.

Question. How long does an electron stay that enters a wire, how long one that gets through, and how are these
times distributed?

Model. Strips of square lattice with hard walls and box disorder between clean leads of their own width, in a
field that breaks time reversal: the Wigner-Smith matrix Q = -i S^+ dS/dE. Beside them more samples of the same
strips, for their mean free path, and long chains: the delay of a wave that is sent back.

Theory, without a fit.
- Tr Q / 2 pi is what a sample adds to the density of states (Friedel), sample by sample.
- The mean over all waves that come in, Tr Q / 2 N = pi rho M L / N, grows as L and not as L², because most of
  them turn round soon.
- Waves that get through stay (L'^2 - z²/2) / 6 D, L' = L + z with what the leads add. At any length the
  Boltzmann equation of the modes says it, with the l of the conductance.
- 1 / tau of a long chain is distributed as exp(-u / gamma v): C. Texier and A. Comtet, PRL 82, 4220 (1999).

Tolerances. The density of states follows from the self-consistent Born approximation up to (k l)^-2. Transit: what
disorder smears of the density of clean modes, ballistic ends (l/L)², the next order in 1/g. A chain: 2 gamma,
because waves are read at sites and gamma is that of weak disorder.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.estimate.diffusion import diffusive_mean_free_path
from qtcore.theory import strip_delays
from qtcore.theory.diffusion import golden_rule_diffusion
from qtcore.theory.self_consistent import strip_density_of_states

LADDER = (26, 36, 52, 74, 104, 147, 190, 1000)  # sites
STRIP = {"width": 40, "disorder": 2.5, "flux": 0.004, "shortest": 26}
LONGEST = 104  # slices of a strip whose delays are computed
CONDUCTANCE, DELAYS, CHAIN = 0, 1, 2  # places of the axis `system`
TOGETHER = 32  # samples whose waves are in memory at a time
ROUNDING = 1e-10  # of Friedel's rule; differs from call to call
SOLVED = {"kind": ("delays", "chain")}  # what has a Wigner-Smith matrix
BOLTZMANN, TEXIER = "Boltzmann equation of modes", "Texier and Comtet 1999"
RATES = qt.Bins(np.linspace(0, 5, 26), symbol="τ̄/τ", long_name="rate 1/τ over its mean")
TIMES = qt.Bins(
    np.linspace(-3.5, 0.5, 25), symbol="log₁₀ τD/L²", long_name="proper delay time over L²/D"
)
QUANTITIES = (
    qt.Quantity("g", ("length",), "e²/h per spin", "mean conductance", "⟨g⟩"),
    qt.Quantity("path", (), "sites", "mean free path, of g", "l"),
    qt.Quantity("diffusion", (), "sites² t/ħ", "diffusion constant, of g", "D"),
    qt.Quantity("missed", (), "", "Tr Q / 2π against −Im Tr G(1 − Σ′)/π", "ΔN", "Friedel"),
    qt.Quantity("states", (), "1/t", "states per site, of Tr Q", "ρ", "self-consistent Born"),
    qt.Quantity("dwell", ("length",), "ħ/t", "mean dwell time", "Tr Q / 2N", "clean modes", "none"),
    qt.Quantity("transit", ("length",), "ħ/t", "mean transit time", "τ_T", BOLTZMANN, "average", ("length",)),
    qt.Quantity("power", (), "", "power of L + z in the transit time", "power", "L²/6D"),
    qt.Quantity("times", ("time_bin",), "", "density of log τ, longest strips", "P"),
    qt.Quantity("rate", (), "t/ħ", "mean 1/τ of a long chain", "⟨1/τ⟩", TEXIER),
    qt.Quantity("spread", (), "", "var(1/τ) over its mean squared", "var(1/τ)/⟨1/τ⟩²", TEXIER),
    qt.Quantity("rates", ("rate_bin",), "", "density of 1/τ over its mean", "P", TEXIER, "none"),
)  # fmt: skip


def wire(point):
    """Return the wire of a system."""
    lattice = qt.Chain() if point.width == 1 else qt.Square(point.width)
    return qt.Wire(lattice, qt.Box(point.disorder), flux=point.flux)


def solve(point, realizations):
    """Return conductances of a point's samples, or all that their Wigner-Smith matrices say."""
    given = wire(point), point.energy
    if point.kind == "conductance":
        return {"g": np.exp(qt.ln_conductance(*given, point.lengths, realizations, point.seed))}
    parts = [
        realizations[first : first + TOGETHER] for first in range(0, len(realizations), TOGETHER)
    ]
    found = [[delays_of(*given, length, part, point) for part in parts] for length in point.lengths]
    return {
        name: np.stack([np.concatenate([part[name] for part in one]) for one in found], axis=1)
        for name in found[0][0]
    }


def delays_of(wire, energy, length, realizations, point):
    """Return what the Wigner-Smith matrices of some samples say, each (realization, ...)."""
    system = qt.sample_with_leads(wire, energy, length, realizations, point.seed)
    found = qt.observe.delays(system)
    proper, (g, passing) = found.proper, found.passing()
    states = proper.sum(axis=1) / (2 * np.pi)
    missed = np.abs(qt.observe.density_of_states(system) / states - 1)
    if point.kind == "chain":  # both ends send waves back, each with a delay of its own
        proper = np.einsum("rii->ri", found.Q).real
    missed[missed < ROUNDING] = 0.0
    return {"g": g, "passing": passing, "states": states, "missed": missed, "delay": proper}


def lengths(points):
    """Give every system its part of the ladder."""
    ends = [(LADDER.index(p.shortest), LADDER.index(p.longest) + 1) for p in points]
    return list(LADDER), ends


def realizations(point, count):
    """Return `count` for conductances, and their part for delays."""
    return round(count * point.share)


def cost(point):
    """Return what a realization costs, in milliseconds of a core."""
    if point.kind == "conductance":
        return 1.2e-4 * point.width * max(point.lengths)
    return sum(point.lengths) * (0.015 if point.kind == "chain" else 5e-4 * point.width**2)


def golden(at):
    """Return classical transport of the strips by the golden rule."""
    return golden_rule_diffusion(at.width, at.energy, at.disorder, at.flux)


def measured(at):
    """Return classical transport of the strips with the l of their conductance, as numbers."""
    path = float(at["path"])
    if np.isnan(path):
        raise qt.Missing("no mean free path was found")
    return golden(at).with_path(path)


@qt.together(system=CONDUCTANCE)
def transport(at):
    """Find l and D of the conductance."""
    flow = golden(at)
    path = diffusive_mean_free_path(at.g, at.length, flow.rates, flow.beta)
    return {"path": path, "diffusion": path * (flow.constant / flow.mean_free_path)}


@qt.together(system=DELAYS)
def times(at):
    """Find dwell and transit times, the density of states, and how proper delays are distributed."""
    wide, flow = at.length * at.width, measured(at)
    states, g = estimate.mean(at.states), estimate.mean(at.g)
    transit, felt = estimate.mean(at.passing) / g, np.log(at.length + flow.outside)
    scaled = at.delay[:, -1, : 2 * flow.channels] * flow.constant / at.length[-1] ** 2
    scaled[scaled <= 0] = np.nan  # a few of the shortest
    return {
        "g": g,
        "missed": np.nanmax(at.missed),
        "states": (states[-1] - states[0]) / (wide[-1] - wide[0]),
        "dwell": states * (np.pi / flow.channels),
        "transit": transit,
        "power": estimate.fit_line(felt, np.log(transit), np.eye(len(felt))).coefficients[1],
        "times": estimate.histogram(np.log10(scaled), TIMES.edges),
    }


@qt.together(system=DELAYS)
def expect_delays(at):
    """Say what Friedel, the self-consistent Born approximation and the Boltzmann equation give."""
    flow = measured(at)
    on_sites = strip_density_of_states(at.width, at.energy, at.disorder, at.flux)
    density, smear = on_sites.mean(), strip_delays.smear(on_sites, at.energy)
    rest = strip_delays.density_left_out(at.energy, flow.mean_free_path)
    stay = strip_delays.transit_time(at.length, flow, golden(at), smear)
    return {
        "missed": qt.Expected(0.0, 1e-8),
        "states": qt.Expected(density, density * rest),
        "dwell": strip_delays.dwell_time(at.length, flow),
        "transit": qt.Expected(*stay),
        "power": qt.Expected(*strip_delays.power(stay, at.length + flow.outside)),
    }


@qt.together(system=CHAIN)
def reflection(at):
    """Find how the rate 1 / tau of a long chain is distributed."""
    # A chain begins half a lattice constant before its first site, where its waves are read.
    rate = 1 / (at.delay[:, 0, :2] + 1 / np.sqrt(4 - at.energy**2))
    mean = estimate.mean(rate).sum() / 2  # of both ends
    return {
        "rate": mean,
        "spread": estimate.mean(rate**2).sum() / 2 / mean**2 - 1,
        "rates": estimate.histogram(rate / mean.values, RATES.edges),
    }


@qt.together(system=CHAIN)
def expect_reflection(at):
    """Say the distribution of Texier and Comtet."""
    gamma, _ = qt.weak_disorder_exponent(at.energy, at.disorder**2 / 12)
    rate = gamma * np.sqrt(4 - at.energy**2)
    return {
        "rate": qt.Expected(rate, 2 * gamma * rate),
        "spread": qt.Expected(1.0, 2 * gamma),
        "rates": np.exp(-RATES.centres),
    }


def validate(preset):
    """Refuse strips that are not diffusive: the longest shorter than 5 l."""
    for case in preset.axes["system"].by_number.values():
        if case["kind"] != "delays":
            continue
        for energy in preset.energy:
            strip = case["width"], energy, case["disorder"], case["flux"]
            path = golden_rule_diffusion(*strip).mean_free_path
            if 5 * path > case["longest"]:
                raise qt.InputError(
                    f"no strip is diffusive at E = {energy:g} and W = {case['disorder']:g} t: the longest has "
                    f"{case['longest']} slices, and l is {path:.0f} sites; take stronger disorder or longer strips"
                )


PANELS = (
    qt.Line(("dwell", "transit"), "length", xscale="log", yscale="log"),
    qt.Steps("times"),
    qt.Steps("rates"),
)


def preset(realizations, note):
    """Return a preset: conductances and delays of the same strips, and a chain."""
    cases = (
        {"kind": "conductance", **STRIP, "longest": 190, "share": 5.0},
        {"kind": "delays", **STRIP, "longest": LONGEST, "share": 1.0},
        {"kind": "chain", "width": 1, "disorder": 0.7, "flux": 0.0, "shortest": 1000, "longest": 1000, "share": 8.0},
    )  # fmt: skip
    systems = qt.Cases(cases, long_name="number of the system")
    return qt.Preset(system=systems, energy=(1.19,), realizations=realizations, note=note)


workflow = qt.Workflow(
    name="dwell_time",
    title="How long an electron stays in a disordered wire",
    summary="Wigner-Smith delays: dwell and transit times against L²/D, and their distribution.",
    presets={"quick": preset(100, "τ_T to 1 %; half a minute on two cores"),
             "standard": preset(3000, "τ_T to 0.2 %; a quarter of an hour"),
             "paper": preset(30_000, "τ_T to 0.06 %; a cluster")},
    solve=solve,
    variables=(
        qt.Variable("g", dims=("length",), units="e²/h per spin", long_name="conductance"),
        qt.Variable("passing", dims=("length",), only=SOLVED, units="ħ/t", long_name="g times the time of passing"),
        qt.Variable("states", dims=("length",), only=SOLVED, units="1/t", long_name="Tr Q / 2π"),
        qt.Variable("missed", dims=("length",), only=SOLVED, long_name="relative difference of two densities of states"),
        qt.Variable("delay", dims=("length", "mode"), only=SOLVED, units="ħ/t", long_name="proper delay time"),
    ),
    dimensions={"mode": 80, "time_bin": TIMES, "rate_bin": RATES},
    lengths=lengths, fixed_lengths=True, realizations=realizations, cost=cost, validate=validate,
    quantities=QUANTITIES, panels=PANELS, fewest=50,
    measure=(transport, times, reflection), expect=(expect_delays, expect_reflection),
    requires={"system": (CONDUCTANCE, DELAYS, CHAIN)},
)  # fmt: skip
