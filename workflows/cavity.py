"""Transport through a chaotic cavity beside random matrices, and through a regular one.

Question. What is left of the shape of a billiard in its conductance, and what does a weak field do to it?

Model. A square of `edge` sites between two leads of `mouth` sites on opposite sides, with a disc in the line of sight.
Each realization has walls of its own: random energies of the sites along them. Twelve energies of a window add to the
ensemble. The regular cavity is an empty rectangle: its realizations differ in length and in the places of the leads.

Theory. Electrons stay ten ergodic times and more, no path leads straight from lead to lead, and a mouth reflects 1 %
of a wave. Then S is distributed evenly over unitary matrices, symmetric ones without field. That fixes <g>, var g,
<sum T(1 - T)>, the law of T of one channel, and the inverse delay times in units of the density of levels, which is
counted in the closed cavity. <Tr Q> is 2 pi times it; its variance is infinite for one channel with time
reversal, where it is not compared. A field takes the loss of <g> away as a Lorentzian (many channels), whose width is fitted.

Tolerances. Paths that leave before the cavity is filled are a part of ergodic over dwell time; so far every number may
be off, and twice as far those of Q, whose density the mouths change as well. Nothing is compared for the regular
cavity, nor in fields between none and the strong one, where less than 1 % of the loss is left.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory import ergodic
from qtcore.theory import random_matrix as law

ENERGIES, DELAYED, SHAPES = 12, 2, 16  # of the window, every second with delays; regular lengths
MELLO, SAVIN = "Baranger and Mello 1994", "Savin and Sommers 2006"
JALABERT, BROUWER = "Baranger, Jalabert, Stone 1993", "Brouwer, Frahm, Beenakker 1997"
T_BINS = qt.Bins(np.linspace(0, 1, 6), symbol="T", long_name="transmission of one channel")
RATES = qt.Bins(np.linspace(0, 24, 13), symbol="2πρ Tr Q⁻¹", long_name="inverse delay times")
DEVICES = ("chaotic", 3, 44), ("chaotic", 5, 56), ("regular", 3, 44), ("chaotic", 7, 64)
UNIT = "e²/h per spin"
QUANTITIES = (
    qt.Quantity("channels", (), "", "channels of each lead", "N"),
    qt.Quantity("g", (), UNIT, "mean conductance", "⟨g⟩", MELLO),
    qt.Quantity("var_g", (), f"({UNIT})²", "variance of g", "var g", SAVIN),
    qt.Quantity("noise", (), UNIT, "mean of Σ T(1−T)", "⟨Σ T(1−T)⟩", SAVIN),
    qt.Quantity("density", ("T",), "", "density of T of one channel", "P(T)", MELLO, "worst"),
    qt.Quantity("rate", (), "", "mean inverse delay times", "2πρ ⟨Tr Q⁻¹⟩", BROUWER),
    qt.Quantity("rate_density", ("rates",), "", "density of 2πρ Tr Q⁻¹", "P", BROUWER, "none"),
    qt.Quantity("stay", (), "", "mean delay times over 2πρ", "⟨Tr Q⟩ / 2πρ", "Friedel"),
    qt.Quantity("dip", ("flux",), UNIT, "⟨g⟩ less that in the strong field", "δ⟨g⟩", JALABERT, "none"),
    qt.Quantity("depth", (), UNIT, "loss of ⟨g⟩ without field", "−δ⟨g⟩(0)", MELLO),
    qt.Quantity("width", (), "h/e", "half width of the loss", "Φ_c"),
    qt.Quantity("odd", (), UNIT, "largest |g(Φ) − g(−Φ)|", "odd", "Onsager", "worst"),
)  # fmt: skip


def geometry(edge, mouth, disc):
    """Return the first sites of both mouths, and the disc in the line of sight (x, y, radius), in sites."""
    low = round(0.34 * edge)
    return (low, edge - low - mouth), (0.46 * edge, 0.53 * edge, disc * edge)


def cavity(point, gaps, **parts):
    """Return a cavity whose mouths begin at the sites `gaps`, with disorder and structure."""
    return qt.Wire(
        qt.Square(point.edge), lead_lattice=qt.Square(point.mouth), lead_offset=-gaps[0],
        right_lead_offset=-gaps[1], flux=point.flux / point.edge**2, field_in_leads=False, **parts,
    )  # fmt: skip


def chaotic(point):
    """Return the cavity with random walls and a disc; the mouths and the sites beside them are clean."""
    edge = point.edge
    gaps, (x0, y0, radius) = geometry(edge, point.mouth, point.disc)

    def walls(x, y):
        to_x, to_y = np.minimum(x, edge - 1 - x), np.minimum(y, edge - 1 - y)
        gap = np.where(x < edge / 2, gaps[0], gaps[1])
        is_mouth = (to_x < 3) & (y > gap - 2) & (y < gap + point.mouth + 1)
        return np.where((np.minimum(to_x, to_y) < 1.5) & ~is_mouth, 1.0, 0.0)

    disorder = qt.Profile(qt.Box(point.roughness), walls)
    disc = qt.MissingSites(lambda x, y: np.hypot(x - x0, y - y0) < radius)
    return cavity(point, gaps, disorder=disorder, structure=[disc])


def eigenvalues(point, wire, energies, lengths, realizations):
    """Return T_n, (realization, length, energy, channel), of up to three channels."""
    members = [(wire, energy) for energy in energies]
    family = qt.scattering_family(members, lengths, realizations, point.seed, eigenvalues=True)
    T = np.exp(np.stack([np.asarray(one.ln_T) for one in family], axis=2))
    return np.pad(T, [*3 * [(0, 0)], (0, 3 - T.shape[-1])], constant_values=np.nan)


def solve(point, realizations):
    """Return T_n at each energy, and of some realizations total delay times, inverse ones, and levels."""
    numbers, M = np.asarray(realizations), point.edge
    energies = (point.energy + point.window * np.linspace(-0.5, 0.5, ENERGIES)).tolist()
    T = np.empty((len(numbers), ENERGIES, 3))
    delay, inverse = np.full((2, len(numbers), ENERGIES), np.nan)
    levels = np.full(len(numbers), np.nan)
    if point.kind == "regular":
        for place in {int(number) for number in numbers // SHAPES}:
            here, spare = numbers // SHAPES == place, M - point.mouth - 1
            wire = cavity(point, (1 + 7 * place % spare, 1 + (11 * place + 5) % spare))
            lengths, back = np.unique(M + numbers[here] % SHAPES, return_inverse=True)
            T[here] = eigenvalues(point, wire, energies, lengths.tolist(), [0])[0, back]
        return {"T_n": T, "delay": delay, "inverse": inverse, "levels": levels}
    wire = chaotic(point)
    T[:] = eigenvalues(point, wire, energies, [M], realizations)[:, 0]
    some = numbers[numbers < point.delays * has_delays(point)].tolist()
    for n in range(0, ENERGIES if some else 0, DELAYED):
        Q = qt.observe.wigner_smith(qt.sample_with_leads(wire, energies[n], M, some, point.seed))
        delay[: len(some), n] = np.trace(Q, axis1=1, axis2=2).real
        inverse[: len(some), n] = np.trace(np.linalg.inv(Q), axis1=1, axis2=2).real
    for row, number in enumerate(number for number in some if number < point.counted):
        H = qt.closed_sample(wire, M, number, point.seed).H
        low, high = (qt.observe.levels_below(H, energies[end], M) for end in (0, -1))
        levels[row] = (high - low) / point.window
    return {"T_n": T, "delay": delay, "inverse": inverse, "levels": levels}


def has_delays(point):
    """Whether a point has delay times: one channel in each lead, without field and in the strong one."""
    return point.mouth == 3 and point.flux in (0.0, point.strong)


def realizations(point, count):
    """Return `count` without field and in the strong one, and fewer elsewhere, for one channel alone."""
    if point.kind == "chaotic" and point.flux in (0.0, point.strong):
        return count
    return count // (2 if point.kind == "chaotic" else 4) if point.mouth == 3 else 0


def cost(point):
    """Return what a sample costs, in seconds of a core."""
    return 0.01 * (point.edge / 44) ** 3


def measure(at):
    """Find moments, the law of one channel, and delay times; a sample is a mean over its energies."""
    N = ergodic.strip_channels(at.mouth, at.energy)
    T, g = at.T_n[..., :N], at.T_n[..., :N].sum(axis=-1)
    mean, square = (estimate.mean((g**k).mean(axis=1)) for k in (1, 2))
    found = {"channels": N, "g": mean, "var_g": square - mean**2}
    found["noise"] = estimate.mean((T * (1 - T)).sum(axis=-1).mean(axis=1))
    if N == 1:
        found["density"] = estimate.histogram(g, T_BINS.edges)
    if at.kind == "chaotic" and has_delays(at):
        unit = 2 * np.pi * estimate.mean(at.levels)
        inverse, delay = at.inverse[:, ::DELAYED], at.delay[:, ::DELAYED]
        found["rate"] = unit * estimate.mean(inverse.mean(axis=1))
        found["stay"] = estimate.mean(delay.mean(axis=1)) / unit
        found["rate_density"] = estimate.histogram(unit.values * inverse, RATES.edges)
    return found


def expect(at):
    """Say what random matrices give, without field and in the strong one."""
    N, dwell = ergodic.filling(at.edge, at.disc, at.mouth, at.energy)
    if at.kind == "regular" or at.flux not in (0.0, at.strong):
        return {}
    beta = 2 if at.flux else 1
    laws = (law.mean_conductance, law.conductance_variance, law.mean_partition)
    exact = zip(("g", "var_g", "noise"), (one(N, N, beta) for one in laws), strict=True)
    found = {name: qt.Expected(value, value / dwell) for name, value in exact}
    if N == 1:
        density = np.diff(law.one_channel_distribution(T_BINS.edges, beta)) / 0.2
        found["density"] = qt.Expected(density, density / dwell)
    if has_delays(at):
        rate = law.mean_rate(2 * N, beta)
        found["rate"] = qt.Expected(rate, 2 * rate / dwell)
        found["rate_density"] = qt.Expected(law.rate_density(RATES.centres, 2 * N, beta))
        found["stay"] = qt.Expected(1.0, 2 / dwell, beta == 2, "its variance is infinite")
    return found


@qt.together("flux")
def dips(at):
    """Find the loss of <g> against the field between leads of one channel, and fit a Lorentzian."""
    if at.mouth != 3:
        return {}
    zero, strong, ahead, back = (at.where("flux", x) for x in (0.0, at.strong, at.forward, at.reversed))  # fmt: skip
    odd = np.nanmax(np.abs(at.T_n[:, ahead] - at.T_n[:, back]))
    found = {"dip": at["g"] - at["g"][strong], "odd": odd}
    if at.kind == "chaotic":
        some = np.flatnonzero((at.flux >= 0) & (at.flux < at.strong))
        model = lambda p: law.lorentzian_dip(at.flux[some], *p)  # noqa: E731
        width = estimate.fit(model, found["dip"][some], (0.15, 0.5)).coefficients[1]
        found |= {"depth": -found["dip"][zero], "width": width}
    return found


@qt.together("flux")
def expect_dips(at):
    """Say what interference takes without field, and how the field ends it."""
    found = {"odd": qt.Expected(0.0, 1e-7)} if at.mouth == 3 else {}
    if at.kind == "chaotic" and found:
        N, dwell = ergodic.filling(at.edge, at.disc, at.mouth, at.energy)
        depth = law.mean_conductance(N, N, 2) - law.mean_conductance(N, N, 1)
        found["depth"] = qt.Expected(depth, depth / dwell)
        found["dip"] = qt.Expected(law.lorentzian_dip(at.flux, depth, at["width"].values))
    return found


def validate(preset):
    """Refuse what random matrices do not describe, and leads that nothing enters."""
    energies = preset.energy - preset.window / 2, preset.energy + preset.window / 2
    for kind, mouth, edge in zip(preset.kind, preset.mouth, preset.edge, strict=True):
        gaps, disc = geometry(edge, mouth, preset.disc)
        if kind == "chaotic":
            ergodic.refuse_disc(disc, [(gap - 0.5, gap + mouth - 0.5) for gap in gaps], edge - 1)
        ergodic.refuse_unless_ergodic(edge, preset.disc, mouth, energies, ENERGIES)


def preset(count, flux, realizations, delays, note):
    """Return a preset of the first `count` devices; the last flux is the strong one."""
    cases = [dict(zip(("kind", "mouth", "edge"), one, strict=True)) for one in DEVICES[:count]]
    return qt.Preset(
        device=qt.Cases(cases, long_name="number of the cavity"),
        flux=qt.Axis(flux, units="h/e", long_name="flux through the cavity"), strong=flux[-1],
        forward=0.3, reversed=-0.3, energy=-2.45, window=0.4, roughness=4.0, disc=0.12,
        delays=delays, counted=16, realizations=realizations, note=note,
    )  # fmt: skip


FLUX = (-0.3, 0.0, 0.15, 0.3, 0.6, 1.2, 4.0)
DENSE = (-0.3, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 2.0, 4.0)
ENDS, LABELS = {"flux": (0.0, "last")}, {"flux": "Φ  (h/e)", "kind": "cavity"}
PANELS = (
    qt.Steps("density", at={"device": 0} | ENDS, colour="flux", labels=LABELS, note="chaotic"),
    qt.Steps("density", at={"device": 2} | ENDS, colour="flux", labels=LABELS, note="regular"),
    qt.Line("dip", "flux", at={"mouth": 3, "flux": slice(-0.4, 2.1)}, colour="kind", marker="kind", labels=LABELS),
    qt.Steps("rate_density", at={"device": 0} | ENDS, colour="flux", labels=LABELS),
)  # fmt: skip
workflow = qt.Workflow(
    name="cavity",
    title="A chaotic cavity between two leads",
    summary="g, noise, one channel and delay times beside random matrices, and the loss in a field.",
    presets={
        "quick": preset(3, FLUX, 256, 96, "⟨g⟩ to 2 %, its loss to 5 %, var g to 2 %; a minute on two cores"),
        "standard": preset(4, DENSE, 1000, 300, "⟨g⟩ to 0.9 %, its loss to 2.4 %; half an hour at most"),
        "paper": preset(4, DENSE, 40_000, 4000, "⟨g⟩ to 0.1 %, delay times to 0.3 %; a cluster"),
    },
    solve=solve,
    variables=(
        qt.Variable("T_n", dims=("energies", "mode"), long_name="transmission eigenvalues"),
        qt.Variable("inverse", dims=("energies",), units="t", long_name="Tr Q⁻¹"),
        qt.Variable("delay", dims=("energies",), units="1/t", long_name="Tr Q"),
        qt.Variable("levels", units="1/t", long_name="density of levels of the closed cavity"),
    ),
    dimensions={"energies": ENERGIES, "mode": 3, "T": T_BINS, "rates": RATES},
    cost=cost, realizations=realizations, validate=validate, planned_error=lambda sweep: f"⟨g⟩ of one channel to {0.3 / (ENERGIES * sweep.largest_count) ** 0.5:.2g}",
    requires={"flux": (0.0, "strong", "forward", "reversed")}, quantities=QUANTITIES, panels=PANELS,
    measure=(measure, dips), expect=(expect, expect_dips),
)  # fmt: skip
