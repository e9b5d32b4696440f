"""Universal conductance fluctuations and magnetofingerprints of disordered wires.

Question. The conductance of a small sample fluctuates with field and energy. Is that noise? How
large is it, and how far must one go in energy or field for the sample to forget?

Model. Square-lattice strips with hard walls, box disorder of full width W, clean leads of the same
width and field. The same samples at all energies and fields. For the fingerprints one site has a
strong potential (unitary scatterer), here or there.

Theory. A fingerprint is reproducible, even in the field, and another one when one impurity moves
(Feng, Lee, Stone 1986). var g = 2/(15 beta) in wires, more in shorter samples, for any size and
strength in l << L << xi (Altshuler; Lee & Stone 1985), and by known amounts less (beta = 1) or more
(beta = 2) as L comes near xi (DMPK). Half of the correlation is lost at 7.73 ħD/L² in energy, and
near one flux quantum through the sample in field. D follows from the measured conductance by
Einstein's relation: no parameter is free.

Window. Variances: where ladders and diffusons differ by less than 3 % (L > 13 l or so), L < N l.
Half widths: 20 l to 5/4 N l; their power of the length over a decade, from 10 l to 3/2 N l.
Tolerances are what theory leaves out, computed from theory (`qtcore.analysis.universal`). Lengths
are cut from the same wires, so that each check takes the mean over them: 12 checks of 3 standard
errors raise a false alarm in at most one run of 30.
Energies and fields stand on sparse rulers: few points, but all distances between them.
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.pyplot import close, subplots

import qtcore as qt
from qtcore.analysis.check import Check, compared, some_left_out
from qtcore.analysis.fluctuation_sweep import refuse_fluctuations
from qtcore.analysis.universal import analyse_fluctuations, in_window
from qtcore.figures import fluctuations as panels
from qtcore.figures.style import TWO_COLUMNS, house_style, panel_letters

ENERGY_RULER = (0, 1, 3, 6, 13, 20, 27, 34, 41, 45, 49, 50)
FIELD_RULER = (0, 1, 3, 6, 13, 20, 27, 31, 35, 36)
"""Every whole distance up to the last mark lies between two marks (Wichmann 1963)."""

FERMI, BACKGROUND = 1.16, 0.004
"""Away from thresholds; h/e per plaquette that break time reversal but keep r_c above the width."""

SAMPLES = 8  # single samples whose fingerprints are computed


def impurity_site(length, width, number):
    """Return slice and site of the impurity, half-way along: number 1 is here, 2 is there."""
    return length // 2, width * number // 3


def wire(point):
    """Return a strip with box disorder and perhaps one strong impurity, here or there."""
    gates = []
    if point.impurity:
        x0, y0 = impurity_site(point.fingerprint_length, point.width, point.impurity)

        def impurity(x, y):
            return np.where((x == x0) & (y == y0), point.potential, 0.0)

        gates.append(impurity)
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux, gates=gates)


def realizations(point, count):
    """Return `count` where an ensemble is needed, few for fingerprints, and none elsewhere.

    Every wire at zero field and at the background field; the main wire over energies at the
    background field, and over fields from there on at the Fermi energy; with an impurity, the main
    wire at the background field, and single samples over small fields of both signs.
    """
    is_main = (point.width, point.disorder) == (point.main_width, point.main_disorder)
    is_fermi = point.energy == point.fermi
    if point.impurity:
        single = count if point.flux == point.background else SAMPLES
        return single if is_main and is_fermi and abs(point.flux) <= point.background else 0
    if is_fermi and point.flux in (0, point.background):
        return count
    in_field = point.flux > point.background if is_fermi else point.flux == point.background
    return count if is_main and in_field else 0


def analyse(ds: xr.Dataset) -> xr.Dataset:
    """Variances, correlations and fingerprints; and one sample computed once more."""
    result = analyse_fluctuations(ds)
    sweep = qt.Sweep.model_validate_json(ds.attrs["spec"])
    at = {name: float(ds[f"main_{name}"]) for name in ("width", "disorder")}
    at |= {"impurity": 1, "flux": float(ds["flux"].min()), "energy": float(ds["fermi"])}
    again = sweep.solve(sweep.point_at(at), range(SAMPLES - 1, SAMPLES))["ln_g"][0]
    stored = ds["ln_g"].sel(at).isel(realization=SAMPLES - 1)
    return result.assign(repeated=float(np.abs(again - stored).max()))


def draw(ds: xr.Dataset, result: xr.Dataset) -> Figure:
    """Draw fingerprints, variances, and correlations in energy and field."""
    del ds
    with house_style():
        figure, axes = subplots(2, 3, figsize=(TWO_COLUMNS + 2, 5.6), layout="constrained")
        for panel, place in zip(panels.PANELS, axes.flat, strict=True):
            panel(place, result)
        panel_letters(figure, list(axes.flat))
    close(figure)
    return figure


def check(result: xr.Dataset) -> list[Check]:
    """Fingerprints; variances in the window; half widths, and their power of the length."""
    rows = [
        Check(
            "one sample again, |Δ ln g|",
            float(result["repeated"]),
            *(0, 0),
            source="same seed",
            left_out=_left_out(result),
        ),
        Check("|g(B) − g(−B)|", float(result["asymmetry"]), 0, 0, 1e-8, source="Onsager"),
    ]
    measured = [("⟨δg δg′⟩/⟨δg²⟩, one impurity moved", "moved", "Feng, Lee & Stone 1986", result)]
    for where, at in in_window(result):
        measured.append((f"var g / theory, {where}", "universality", "Lee & Stone 1985; DMPK", at))
    measured += [
        ("ΔE½ / theory", "energy_ratio", "Lee & Stone 1985", result),
        ("ΔΦ½ / theory", "field_ratio", "Lee & Stone 1985", result),
        ("power of L + z in ħD/L² from ΔE½", "energy_power", "Thouless energy ħD/L²", result),
    ]
    for name, variable, source, at in measured:
        theory, left_out = at[f"{variable}_theory"], at[f"{variable}_left_out"]
        rows.append(compared(at, variable, name, float(theory), float(left_out), source))
    return rows


def _left_out(result: xr.Dataset) -> str:
    """Say at how many lengths var g is compared with nothing, and why."""
    why = "outside the lengths at which wires are diffusive enough for universal fluctuations"
    held, measured = result["universal"] == 1, result["var_g"].notnull()
    return some_left_out(held, measured, "var g", why)


def planned_error(sweep):
    """Return the standard errors that the number of realizations gives."""
    error = 100 * (2 / sweep.largest_count) ** 0.5
    return f"{error:.1f} % of var g at each length, about as much of half widths"


def _preset(width, disorder, count, var_error, note):
    fields = [6e-5 * k for k in range(-20, 21)] + [BACKGROUND + 2.6e-5 * k for k in FIELD_RULER]
    return qt.Preset(
        width=width,
        disorder=disorder,
        impurity=qt.Axis((0, 1, 2), long_name="one strong impurity: none, here, there", whole=True),
        flux=tuple(round(flux, 8) for flux in fields),
        energy=tuple(round(FERMI + 2e-4 * k, 8) for k in ENERGY_RULER),
        lengths=(26, 36, 52, 74, 104, 147, 190, 255),
        realizations=count,
        var_error=var_error,
        main_width=40,
        main_disorder=2.5,
        background=BACKGROUND,
        fermi=FERMI,
        fingerprint_length=147,
        potential=3.9,
        note=note,
    )


workflow = qt.Workflow(
    name="fluctuations",
    title="Universal conductance fluctuations and magnetofingerprints",
    summary=(
        "Reproducible fluctuations of single samples against field; their universal variance in "
        "wires of any size, shape and disorder; how far in energy and field they are correlated."
    ),
    presets={
        "quick": _preset((40, 60), (2.0, 2.5), 800, 0.05, "var g to 5 %; a minute"),
        "standard": _preset((40, 60), (2.0, 2.5), 12_000, 0.013, "var g to 1.3 %; minutes"),
        "paper": _preset((30, 40, 60, 80), (2.0, 2.5), 80_000, 0.005, "var g to 0.5 %"),
    },
    wire=wire,
    observables=("ln_g", "suspect"),
    realizations=realizations,
    validate=refuse_fluctuations,
    planned_error=planned_error,
    analyse=analyse,
    draw=draw,
    check=check,
)
