"""Made-up sweeps of the workflow `localization`, and its table of checks."""

from pathlib import Path

import numpy as np
import xarray as xr

from qtcore.sweep.spec import Sweep
from qtcore.theory.boltzmann import mean_conductance
from qtcore.theory.born import Rates
from qtcore.theory.weak_strip import weak_strip

DEFINITION = Path(__file__).parents[2] / "workflows" / "localization.py"

DIMENSIONS = ("disorder", "width", "flux", "energy", "rashba", "realization", "length")


def labelled(sweep: Sweep, fill) -> xr.Dataset:
    """A dataset as a store of this sweep opens, ln g of each point from `fill(point)`."""
    ln_g = np.full((*sweep.grid, sweep.largest_count, len(sweep.lengths)), np.nan)
    certificate, finished = np.full_like(ln_g, np.nan), np.zeros(sweep.grid, dtype=int)
    for point in sweep.all_points():
        finished[point.index] = point.realizations
        window = slice(*point.span)
        ln_g[point.index][:, window], certificate[point.index][:, window] = fill(point)
    return xr.Dataset(
        {
            "ln_g": (DIMENSIONS, ln_g),
            "certificate": (DIMENSIONS, certificate),
            "suspect": (DIMENSIONS, np.where(np.isnan(ln_g), -1, 0)),
        },
        coords={
            **{axis.name: list(axis.values) for axis in sweep.axes},
            "length": list(sweep.lengths),
            "finished": (DIMENSIONS[:5], finished),
        },
        attrs={"spec": sweep.json_text},
    )


def checks(workflow, ds):
    """The table of checks by key."""
    return {row.key: row for row in workflow.checks(workflow.results(ds))}


def failed(rows, start):
    """Keys of rows that fail, of those whose key starts so; and of those that pass."""
    mine = [row for key, row in rows.items() if key.startswith(start)]
    return [row.key for row in mine if not row.passed], [row.key for row in mine if row.passed]


def rates_of(sweep: Sweep, point) -> Rates:
    return weak_strip(sweep.wire(point), point.energy, point.disorder).rates


def ideal(sweep: Sweep, longer: float = 1.0, field: bool = True) -> xr.Dataset:
    """What the theory says, with noise: short wires conduct classically, long ones are a walk.

    `longer` multiplies every localization length; `field` lets the field break time reversal.
    """

    def fill(point):
        rates = rates_of(sweep, point)
        beta = 2 if field and point.flux and point.width > 1 else 1
        truth = (beta * rates.channels + 2 - beta) * rates.mean_free_path
        xi = longer * truth
        lengths = np.array(point.lengths, dtype=float)
        # One seed for both fluxes: the same disorder.
        rng = np.random.default_rng([point.index[0], point.width])
        steps = np.diff(lengths, prepend=0.0)
        noise = rng.normal(size=(sweep.largest_count, len(lengths))) * np.sqrt(4 * steps / xi)
        walk = noise.cumsum(axis=1)
        g = mean_conductance(rates, rates.mean_free_path, lengths, float(beta))
        # Beyond xi the formula of short wires may turn negative; there the walk takes over.
        short = np.log(np.maximum(g, 1e-3))
        far = 2 / beta * (1 - 1 / rates.channels) - 2 * lengths / xi
        # A quarter of the fluctuations where the mean of g counts, all of them where ln g does.
        near = lengths <= truth / 2
        ln_g = np.where(near, short + walk / 4 - walk.var(axis=0) / 32, walk + far)
        return ln_g, np.full_like(ln_g, 1e-10)

    return labelled(sweep, fill)
