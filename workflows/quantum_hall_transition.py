"""The transition between quantum Hall plateaus, in the network model of Chalker and Coddington.

Question. With which exponent does the localization length diverge where the Hall conductance jumps?

Model. Electrons drift along the lines of equal potential, and tunnel at saddle points: N saddle
points across, periodic, 2N links with independent uniform phases. Each slice has two columns of
saddle points; in the first a wave goes straight on with the probability 1 / (1 + exp(2x)), in the second
with 1 / (1 + exp(-2x)), so that x = 0 is the transition, and x and -x are alike. The smallest positive
Lyapunov exponent gamma of a slice gives Lambda = 1 / (gamma N). Pieces begin anew, and leave out 32 N
slices, 24 localization lengths or more, in which they forget their start (decision 37).

Theory. ln Lambda = F(x N^(1/nu), N^y) is even in x. nu = 2.593 (Slevin and Ohtsuki, Phys. Rev. B 80,
041304 (2009)); Lambda_c = 1 / (pi (alpha_0 - 2)) = 1.226 by conformal invariance, with alpha_0 = 2.2596
(Evers, Mildenberger and Mirlin 2008). Far out gamma goes as |x|^nu, so that the series converges up to about 1.2 of the
scaled distance |x| N^(1/nu): points within 0.8 are fitted. nu and Lambda_c are averages over expansions (decision 46). One saddle point across is a chain of scatterers with uniform
phases: gamma = ln cosh theta_1 + ln cosh theta_2 = ln(2 cosh x), exactly.

Tolerances. Corrections fall very slowly (y of about -0.2 to -0.4), so that published exponents went from
2.3 to 2.6 as systems grew. nu may be off by as much, 0.3, and by 0.15 where widths up to N = 64 are there. Lambda_c
may be off by 10 % for that reason. The exact chain, and the symmetry, have no tolerance.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate

NU, CURVATURE = 2.593, 2.2596 - 2  # published; the latter of the most frequent amplitudes
NARROWEST, WIDE = 4, 64  # saddle points: of what is fitted, and from where on nu is compared
SIZES = 5  # so many may show an irrelevant variable
NEAR = 0.8  # scaled distances |x| N^(1/nu) that are fitted
FORGET = 32  # slices for each saddle point across
RENEWED = 6  # slices between two orthonormalisations
FARTHEST = 20.0  # |x|: amplitudes grow by exp(2 |x|) a slice, and stay finite from one to the next
FEWEST = 64  # pieces, for errors that are those of normal numbers
TOGETHER = 32  # pieces that are computed together
SOURCE = "Slevin and Ohtsuki 2009; conformal invariance"
ORDERS = tuple(estimate.ScalingOrders(n_R, n_I, 1, 0) for n_I in (0, 1) for n_R in (2, 4, 6))

QUANTITIES = (
    qt.Quantity("gamma", (), "1/slice", "smallest Lyapunov exponent", "γ", "ln(2 cosh x)", "mean"),
    qt.Quantity("ratio", (), "", "localization length over N", "Λ"),
    *qt.transition_quantities("x", "width", SOURCE, symbol="x", units="", critical=False),
    qt.Quantity("uneven", ("x", "width"), "", "ln Λ(x) − ln Λ(−x)", "ln Λ(x)/Λ(−x)", "symmetry", "worst"),
)  # fmt: skip


def tunnel(up, down, x, phases):
    """Carry waves (piece, saddle point, column) through a column of saddle points and their links."""
    straight, aside = np.sqrt(1 + np.exp(2 * x)), np.exp(x)
    first, second = straight * up + aside * down, aside * up + straight * down
    half = phases.shape[1] // 2
    return phases[:, :half, None] * first, phases[:, half:, None] * second


def smallest_exponents(point, realizations):
    """Return the N-th Lyapunov exponent of each piece, per slice."""
    N, width = point.width, 2 * point.width
    address = [point.seed, width, int(np.float64(abs(point.x)).view(np.uint64)), int(point.x < 0)]
    draws = [np.random.default_rng([*address, number]) for number in realizations]
    waves = np.tile(np.eye(width, N, dtype=complex), (len(draws), 1, 1))
    skipped, total = RENEWED * (FORGET * N // RENEWED + 1), np.zeros(len(draws))
    slices = RENEWED * (point.slices // RENEWED)
    for n in range(0, skipped + slices, RENEWED):
        angles = np.stack([rng.random((RENEWED, 2, width)) for rng in draws], axis=1)
        phases = np.exp(2j * np.pi * angles)
        up, down = waves[:, :N], waves[:, N:]
        for one in phases:
            up, down = tunnel(up, down, point.x, one[:, 0])
            down, up = tunnel(down, np.roll(up, -1, axis=1), -point.x, one[:, 1])
            up = np.roll(up, 1, axis=1)
        waves, grown = np.linalg.qr(np.concatenate([up, down], axis=1))
        if n >= skipped:
            total += np.log(np.abs(grown[:, -1, -1]))
    return total / slices


def solve(point, realizations):
    """Return the smallest Lyapunov exponent of each piece of a network."""
    starts = range(0, len(realizations), TOGETHER)
    parts = [smallest_exponents(point, realizations[n : n + TOGETHER]) for n in starts]
    return {"exponent": np.concatenate(parts)}


def cost(point):
    """Return what a piece costs, in microseconds of a core, as measured from N = 4 to 32."""
    N = point.width
    return (point.slices + FORGET * N) * (1.7 + 0.1 * N + 0.029 * N**2)


def realizations(point, count):
    """Return the pieces of a network: `count` for the widest of a preset, and enough for their spread."""
    return max(FEWEST, round(count * point.width / point.widest))


def measure(at):
    """Average over pieces."""
    return estimate.localization_ratio(at.exponent, at.width)


def is_fitted(x, N):
    """Return which points are fitted."""
    return (N >= NARROWEST) & (np.abs(x) * N ** (1 / NU) < NEAR)


@qt.together("x", "width")
def scaling(at):
    """Fit all points at once; the transition is at 0 by symmetry."""
    x, N = at.grid("x", "width")
    near = is_fitted(x, N)
    return estimate.transition_numbers(
        x, N, at["ratio"], ORDERS, near, irrelevant_from=SIZES, critical=0.0, unit=1.0, even=True
    )


@qt.together("x", "width")
def symmetry(at):
    """Compare both sides of the transition where both are swept."""
    ln_ratio, x = np.log(at["ratio"]), np.asarray(at.x)
    other = np.abs(x[:, None] + x).argmin(axis=1)
    paired = (x > 0) & np.isclose(x[other], -x)
    return {
        "uneven": (ln_ratio - ln_ratio[other]).where(
            paired[:, None] & np.full(ln_ratio.shape, True)
        )
    }


def expect(at):
    """Say what one saddle point across gives exactly."""
    exact = np.log(2 * np.cosh(at.x))
    return {"gamma": qt.Expected(exact, 0.0, at.width == 1, "known for one saddle point only")}


@qt.together("x", "width")
def expect_scaling(at):
    """State what wide networks give, and that both sides are alike."""
    suffices = at.width.max() >= WIDE and len(at.width) >= SIZES
    ratio = 1 / (np.pi * CURVATURE)
    both_sides = np.isfinite(at["uneven"].values)
    return {
        "nu": qt.Expected(NU, 0.15 if suffices else 0.3),
        "ratio_c": qt.Expected(ratio, 0.1 * ratio),
        "excess": qt.Expected(0.0),
        "uneven": qt.Expected(np.zeros(both_sides.shape), 0.0, both_sides, "one of each pair"),
    }


def preset(width, x, slices, pieces, note):
    """Return a preset around the transition; `pieces` are those of the widest networks."""
    return qt.Preset(
        x=qt.Axis(x, long_name="distance x from the transition"),
        width=qt.Axis(width, units="saddle points", long_name="width N", whole=True, least=1),
        slices=qt.Constant(slices, least=RENEWED),
        widest=qt.Constant(max(width), least=1),
        realizations=pieces,
        note=note,
    )


def validate(preset):
    """Refuse a sweep of which too few points are fitted, and waves that grow beyond all numbers."""
    x, N = np.array(preset.x)[:, None], np.array(preset.width, dtype=float)
    if np.abs(x).max() > FARTHEST:
        raise qt.InputError(
            f"x takes numbers from {-FARTHEST:g} to {FARTHEST:g}, got {x[np.abs(x).argmax(), 0]:g}"
        )
    where = f"{NARROWEST} saddle points or more, with |x| below {NEAR:g} / N^(1/{NU:g})"
    estimate.refuse_few_fitted(is_fitted(x, N), where)


def planned_error(sweep):
    """State the error of Lambda: ln of a network's wave scatters by sqrt(L / xi) of itself."""
    return qt.planned_ratio(sweep, 1.0)


workflow = qt.Workflow(
    name="quantum_hall_transition",
    title="The quantum Hall transition",
    summary="Lyapunov exponents of Chalker–Coddington networks: ν between two plateaus.",
    presets={
        "quick": preset((1, 4, 8, 16), "-0.3:0.3:7", 3000, 144, "Λ to 0.6 %; half a minute"),
        "standard": preset((1, 4, 8, 12, 16, 24, 32), "-0.3:0.3:9", 6000, 320, "Λ to 0.4 %; ten minutes"),
        "paper": preset((1, 8, 16, 32, 48, 64, 96), "-0.24:0.24:13", 20000, 1024, "for a cluster"),
    },
    solve=solve,
    variables=(qt.Variable("exponent", units="1/slice", long_name="Lyapunov exponent of a piece"),),
    dimensions=qt.transition_dimensions(ORDERS),
    cost=cost,
    realizations=realizations,
    requires={"width": 2, "x": 5},
    quantities=QUANTITIES,
    measure=(measure, scaling, symmetry),
    expect=(expect, expect_scaling),
    panels=(
        qt.Line("ratio", "x", colour="width", marker="width", line="fitted", note="ν = {nu}"),
        qt.Line("corrected", "shift", colour="width", marker="width", yscale="log"),
    ),
    planned_error=planned_error,
    validate=validate,
)  # fmt: skip
