"""What is measured of a sweep whose definition declares no quantities: means with errors."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from qtcore.estimate.missing import attempt
from qtcore.estimate.moments import FEWEST_REALIZATIONS, mean, variance
from qtcore.results.at import At
from qtcore.results.declare import Found, Quantity, Stage
from qtcore.units import unit_of_g

AVERAGED = {
    "ln_g": ("g", "conductance", "g"),
    **{
        f"ln_T_spin_{axis}": (
            f"T_spin_{axis}",
            f"transmission from spin to spin along {axis}",
            f"T({axis})",
        )
        for axis in "xyz"
    },
    "ln_T_ij": ("T_ij", "transmission between leads", "T_ij"),
}
"""Observables of wires that are logarithms: a name for what they are the log of, its meaning and
symbol. The unit follows from the meaning that is stored, which says which spins count."""

SYMBOLS = {
    "ln_g": "ln g",
    "ln_T": "ln T",
    "ln_T_ij": "ln T_ij",
    **{f"ln_T_spin_{n}": f"ln T({n})" for n in "xyz"},
}
"""How observables are written where that is not their name."""

SKIPPED = (
    *("certificate", "certificate_ij", "suspect"),
    *(f"certificate_spin_{axis}" for axis in "xyz"),
)
"""Observables that say how good others are; their mean says nothing."""


class Stored(Protocol):
    """What a store holds of one variable."""

    @property
    def name(self) -> str:
        """Name in the dataset."""

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions behind `realization`."""

    @property
    def dtype(self) -> str:
        """NumPy type."""

    @property
    def attributes(self) -> dict[str, Any]:
        """Units and meaning."""


def default_quantities(outputs: Sequence[Stored]) -> tuple[Quantity, ...]:
    """Return means (and the variance of ln g) of what a sweep stores."""
    found = []
    for stored in outputs:
        name, dims = stored.name, stored.dims
        if name in SKIPPED:
            continue
        symbol = SYMBOLS.get(name, name)
        units = str(stored.attributes.get("units", ""))
        words = str(stored.attributes.get("long_name") or name)
        if name in AVERAGED:
            averaged, meaning, sign = AVERAGED[name]
            unit = unit_of_g(words)
            found.append(Quantity(averaged, dims, unit, f"mean {meaning}", f"⟨{sign}⟩"))
            found.append(
                Quantity(f"var_{name}", dims, "", f"variance of {words}", f"var({symbol})")
            )
        if stored.dtype.startswith("complex"):
            found.append(Quantity(f"mean_re_{name}", dims, units, f"mean real part: {words}"))
            found.append(Quantity(f"mean_im_{name}", dims, units, f"mean imaginary part: {words}"))
        else:
            found.append(Quantity(f"mean_{name}", dims, units, f"mean: {words}", f"⟨{symbol}⟩"))
    return tuple(found)


def default_measure(outputs: Sequence[Stored]) -> Stage:
    """Return the stage that measures the default quantities of one point."""

    def averages(at: At) -> Found:
        """Average over the realizations; without errors where there are too few of them."""
        found: dict[str, Any] = {}
        enough = at.realizations >= FEWEST_REALIZATIONS
        average = mean if enough else _plain_mean
        for stored in outputs:
            name = stored.name
            if name in SKIPPED:
                continue
            samples = getattr(at, name)
            if name in AVERAGED:
                found[AVERAGED[name][0]] = average(_no_longer_log(name, samples))
                if enough:
                    found[f"var_{name}"] = attempt(variance, samples)
            if stored.dtype.startswith("complex"):
                found[f"mean_re_{name}"] = average(samples.real)
                found[f"mean_im_{name}"] = average(samples.imag)
            else:
                # A logarithm may lack samples in which nothing passes, where the mean itself is known.
                found[f"mean_{name}"] = (
                    attempt(average, samples) if name in AVERAGED else average(samples)
                )
        return found

    return Stage(averages)


def _no_longer_log(name: str, samples: Any) -> Any:
    """Return what observables are the logarithm of; T between spins is 0 where it is too small.

    Of a sample that was computed, NaN is a T that is too small beside others to be known; see
    `ResolvedScattering`.
    """
    values = np.exp(samples)
    if not name.startswith("ln_T_spin_"):
        return values
    computed = ~np.isnan(samples).all(axis=(-2, -1), keepdims=True)
    return np.where(np.isnan(values) & computed, 0.0, values)


def _plain_mean(samples: Any) -> Any:
    """Return the mean of few realizations, which has no error."""
    array = np.asarray(samples, dtype=np.float64)
    there = np.isfinite(array)
    count = there.sum(axis=0)
    total = np.where(there, array, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
