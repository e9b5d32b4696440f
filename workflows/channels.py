"""Transmission eigenvalues of a disordered wire, from ballistic to localized.

Question. Do all N channels of a disordered wire conduct a little, or a few of them fully, and what
does the answer do to the noise of the current?

Model. Square-lattice strip of width M, hard walls, box disorder, clean leads of the same width, with
and without a perpendicular field in wire and leads. All T_n of every sample are stored.

Theory. Diffusive: T = 1/cosh² x with x uniform up to 1 + L/l (Dorokhov), so T is near 1 or near 0
and the Fano factor is F = 1/3; interference (beta = 1) takes 1/45 of noise and 1/3 of conductance.
Localized: the eigenvalues crystallize, <ln T_n> = -2 L (1 + beta (n - 1))/xi. Excess noise at zero
temperature ends at ħω = eV.

Wide wires are diffusive for 1 << L/l << N, narrow ones localize within reach. E = 0.6 keeps away from
thresholds and the band centre. The flux through a slice is the same at every width, and so is the
cyclotron radius, two widths: no edge states, and tens of flux quanta through xi M.
Noise at other voltages: `qtcore.theory.noise.noise_power(np.exp(ds.ln_T), bias, kT, frequency)`.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory import eigenvalues as theory
from qtcore.theory.noise import excess_noise, partition

WIDE = 20  # widths from here on are for the diffusive regime, narrower ones for the localized one
LADDER = 4.5402397062042885  # a rung of the lengths, where those of quick and standard begin
CRYSTAL = 0.04  # part of the distances that unequal channels and finite length leave out
CRYSTAL_FROM = 2.0  # shortest wire, over xi, in which the eigenvalues have crystallized
RESOLVED = 30.0  # mean ln T_1 - ln T_n up to which stores of before hold no rounding error as T_n
DRAWN = 6.0  # length over l at which density and noise are drawn

NUMBERS = qt.Axis((1, 2, 3), whole=True, long_name="number of the eigenvalue")
T_BINS = qt.Bins(np.linspace(0, 1, 41), long_name="transmission eigenvalue", symbol="T")
X_BINS = qt.Bins(np.linspace(0, 1.5, 31), long_name="x, T = 1/cosh² x", symbol="x ⟨g⟩ / N")
KT = qt.Axis((0.0, 0.05, 0.15, 0.4), units="eV", long_name="temperature")
FREQUENCY = qt.Axis(np.linspace(0, 2, 81), units="eV", long_name="frequency ħω")

QUANTITIES = (
    qt.Quantity("mismatch", (), "", "largest difference of a sample", "|Σ T_n/g − 1|",
                "two solutions", check="worst"),
    qt.Quantity("length_over_l", ("length",), "", "length over mean free path", "L / l"),
    qt.Quantity("length_over_xi", ("length",), "", "length over localization length", "L / ξ"),
    qt.Quantity("g", ("length",), "e²/h per spin", "mean conductance", "⟨g⟩"),
    qt.Quantity("fano", ("length",), "", "Fano factor ⟨Σ T(1−T)⟩ / ⟨Σ T⟩", "F",
                "de Jong & Beenakker"),
    qt.Quantity("open_over_g", ("length",), "", "number of T > 1/2 over ⟨Σ T⟩", "N(T>½)/g",
                "Dorokhov; Beenakker"),
    qt.Quantity("second_moment", ("length",), "", "⟨Σ T²⟩ / ⟨Σ T⟩", "⟨T²⟩/⟨T⟩", "Dorokhov"),
    qt.Quantity("third_moment", ("length",), "", "⟨Σ T³⟩ / ⟨Σ T⟩", "⟨T³⟩/⟨T⟩", "Dorokhov"),
    qt.Quantity("fall", ("length", "n"), "", "mean of −ln T_n", "−⟨ln T_n⟩", "DMPK", "none"),
    qt.Quantity("gamma", ("n",), "1/sites", "Lyapunov exponent −d⟨ln T_n⟩/2dL", "γ_n"),
    qt.Quantity("spacing", ("n",), "", "γ_n over γ_1", "γ_n/γ_1", "DMPK"),
    qt.Quantity("density", ("T",), "", "density per channel", "P(T)", "Dorokhov", "none"),
    qt.Quantity("uniform", ("x",), "", "density of x per channel", "P(x)", "Dorokhov", "none"),
    qt.Quantity("noise", ("kT", "frequency"), "2e³V/h ⟨ΣT(1−T)⟩", "excess noise"),
)  # fmt: skip


def wire(point):
    """Return a strip with box disorder, the field in its leads too."""
    flux = point.flux / point.width
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=flux)


def born(point):
    """Return l, N and xi of the golden rule without field, and the symmetry index."""
    rates = qt.scattering_rates(qt.Square(point.width), point.energy, point.disorder)
    path, channels, beta = rates.mean_free_path, rates.channels, 2.0 if point.flux else 1.0
    return path, channels, qt.localization_length(float(channels), path, beta), beta


def lengths(points):
    """Give every point its window of one geometric grid: to 10 l, or to 6 xi."""
    bounds = []
    for point in points:
        path, _, xi, _ = born(point)
        bounds.append((max(1.0, path / 8), 10 * path if point.width >= WIDE else 6 * xi))
    return qt.windows(bounds, 2, through=LADDER)


def measure(at):
    """Find moments of the eigenvalues against length, and how they fall in long wires."""
    path, N, xi, _ = born(at)
    ln_T = theory.of_channels(at.ln_T, N)
    T = np.exp(ln_T)
    first, second, third = (estimate.mean((T**k).sum(-1)) for k in (1, 2, 3))
    above_half = np.where(np.isnan(T[..., 0]), np.nan, (T > 0.5).sum(-1))
    # A mean of the logarithms needs those of all samples.
    known = ~(ln_T[..., :3] == -np.inf).any(axis=0)
    falls = estimate.mean(np.where(known, ln_T[..., :3], np.nan))
    seen = falls.values[:, :1] - falls.values < RESOLVED
    gamma = estimate.stack([exponent(at.length, falls[:, n], seen[:, n], xi) for n in range(3)])
    return {
        "mismatch": np.nanmax(np.abs(T.sum(-1) / np.exp(at.ln_g) - 1)),
        "length_over_l": at.length / path,
        "length_over_xi": at.length / xi,
        "g": first,
        "fano": 1 - second / first,
        "second_moment": second / first,
        "third_moment": third / first,
        "open_over_g": estimate.mean(above_half) / first,
        "fall": -falls.where(seen),
        "gamma": gamma,
        "spacing": gamma / gamma[0],
    }


def exponent(length, fall, seen, xi):
    """Return -d<ln T>/2dL where the eigenvalues have crystallized and are seen."""
    window = seen & (length >= CRYSTAL_FROM * xi)
    if window.sum() < 3:
        return np.nan
    try:
        return estimate.fit_line(length[window], fall[window]).coefficients[1] / -2
    except estimate.Missing:
        return np.nan


def distribution(at):
    """Find the densities of T and of x, and the noise, at the length closest to 6 l."""
    path, N, _, _ = born(at)
    drawn = np.abs(at.length / path - DRAWN).argmin()
    ln_T = theory.of_channels(at.ln_T[:, drawn], N)
    T = np.exp(ln_T)
    scale = 2 * np.nanmean(partition(T))
    noise = [
        [np.nanmean(excess_noise(T, 1.0, kT, f)) / scale for f in FREQUENCY.values]
        for kT in KT.values
    ]
    # x is uniform up to N/g, which is 1 + L/l where the golden rule holds.
    x = theory.x_of(ln_T) * at["g"].values[drawn] / N
    return {
        "density": estimate.histogram(T, T_BINS.edges),
        "uniform": estimate.histogram(x, X_BINS.edges),
        "noise": np.array(noise),
    }


def expect(at):
    """Say Dorokhov's moments for 5 <= L/l <= 8, and DMPK's distances of crystallized eigenvalues."""
    path, N, xi, beta = born(at)
    s, n = at.length / path, np.arange(1, 4)
    # Of the next order in 1/g, and the ends of the density.
    rest = 0.1 / at["g"].values ** 2 + 0.01
    window = (s > 5) & (s < 8) & (at.width >= WIDE)
    why = "shorter than 5 l the density, longer than 8 l the classical g does not hold"

    def moment(value, where=True):
        return qt.Expected(np.broadcast_to(value, s.shape), rest, window & where, why)

    found = {
        "mismatch": qt.Expected(0.0, 1e-8),
        "fano": moment(theory.diffusive_fano(s, N, beta)),
        "open_over_g": moment(theory.open_over_g(s, N, beta)),
        "fall": 2 * (1 + beta * (n - 1)) * (at.length / xi)[:, None],
        "spacing": qt.Expected(
            np.where(n > 1, 1 + beta * (n - 1.0), np.nan),
            CRYSTAL * beta * (n - 1),
            (at.width < WIDE) & np.isfinite(at["spacing"].values) & (n > 1),
            "channels of wide wires have not crystallized",
        ),
    }
    if beta == 2:
        found["second_moment"] = moment(theory.DIFFUSIVE_SECOND_MOMENT)
        found["third_moment"] = moment(theory.DIFFUSIVE_THIRD_MOMENT)
    return found


def expect_distribution(at):
    """Say Dorokhov's density of T: x is uniform up to N/g."""
    path, N, _, _ = born(at)
    g = at["g"].values[np.abs(at.length / path - DRAWN).argmin()]
    uniform = np.where(X_BINS.centres < 1, 1.0, 0.0)
    return {"density": theory.dorokhov_density(T_BINS.centres, N / g), "uniform": uniform}


WIDEST, NARROWEST = {"width": "last"}, {"width": "first"}
SIGNS = {"width": "M  (sites)", "flux": "Φ  (h/e)", "n": "n"}
SIGNS |= {"kT": "kT  (bias eV)", "frequency": "frequency ħω  (bias eV)"}
PANELS = (
    qt.Steps("density", at=WIDEST | {"flux": "last"}, ylim=(0, 1.4), labels=SIGNS,
             inset=qt.Steps("uniform", at=WIDEST | {"flux": "last"}), inset_at=(0.3, 0.5, 0.42, 0.4)),
    qt.Line("fano", "length_over_l", at=WIDEST, colour="flux", marker="flux", xscale="log",
            ylim=(0, None), guides={"1/3": 1 / 3}, labels=SIGNS),
    qt.Line("fall", "length_over_xi", at=NARROWEST, colour="n", marker="flux", fill="flux",
            ylim=(0, 110), labels=SIGNS),
    qt.Line("noise", "frequency", at=WIDEST | {"flux": "last"}, colour="kT", join=True, labels=SIGNS),
)  # fmt: skip


def planned_error(sweep):
    """State the error of F at L = 5 l in the widest wire, from the universal fluctuations."""
    widest = max(sweep.all_points(), key=lambda point: point.width)
    error = theory.fano_spread(born(widest)[1] / 6, 1.0) / np.sqrt(sweep.largest_count)
    return f"F to {error:.2g} at L = 5 l, width {widest.width}, β = 1; less by √2 in the field"


def preset(width, disorder, realizations, note):
    """Return a preset with and without field."""
    flux = qt.Axis((0.0, 0.12), units="h/e through a slice", long_name="magnetic flux")
    size = {"realizations": realizations, "note": note}
    return qt.Preset(width=width, flux=flux, disorder=disorder, energy=0.6, **size)


workflow = qt.Workflow(
    name="channels",
    title="Transmission eigenvalues and shot noise of a disordered wire",
    summary="From ballistic to localized: bimodal density, Fano factor, crystallization, noise.",
    presets={
        "quick": preset((8, 40), 1.0, 500, "F to 0.5 %, γ2/γ1 to 2 %; seconds on two cores"),
        "standard": preset((8, 40), 1.0, 10_000, "F to 0.1 %, γ2/γ1 to 0.5 %; minutes"),
        "paper": preset((8, 16, 40, 80), 0.7, 40_000, "F to 0.05 % in wider windows; a cluster"),
    },
    wire=wire,
    observables=("ln_g", "ln_T"),
    lengths=lengths,
    dimensions={"n": NUMBERS, "T": T_BINS, "x": X_BINS, "kT": KT, "frequency": FREQUENCY},
    quantities=QUANTITIES,
    measure=(measure, distribution),
    expect=(expect, expect_distribution),
    panels=PANELS,
    planned_error=planned_error,
)
