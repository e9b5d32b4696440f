"""Everything that a finite-size scaling fit of Λ says, as numbers for tables and figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate, Mask, as_estimate, stack
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import mean
from qtcore.estimate.scaling import Scaling, fit_scaling, scan_smallest_size
from qtcore.estimate.scaling_average import average_expansions, average_interval
from qtcore.estimate.scaling_function import Expansion, Form, ScalingOrders
from qtcore.estimate.scaling_table import TriedOrders

FITTED_SIZES, FITTED_VALUES = 2, 4  # what a fit takes: so many sizes, with so many values each


def refuse_few_fitted(near: ArrayLike, where: str) -> None:
    """Raise InputError unless enough of the points of a sweep lie where they are fitted; for `validate`.

    A fit takes two sizes, each with four values of what is tuned.

    Parameters
    ----------
    near : (tuning, size) bool array
        Which points are fitted.
    where : str
        Where that is, for the message: "strengths from 14.5 to 18.6 t".
    """
    values = np.atleast_2d(np.asarray(near, dtype=bool)).sum(axis=0)
    sizes = int((values >= FITTED_VALUES).sum())
    if sizes < FITTED_SIZES:
        raise InputError(
            f"the fit takes {where}: {FITTED_SIZES} sizes or more with {FITTED_VALUES} values there or more, got "
            f"{sizes} of {values.size} sizes with so many; choose values nearer to the transition, or more of them"
        )


def localization_ratio(exponent: Array, size: float) -> dict[str, Estimate]:
    """Return the mean Lyapunov exponent `gamma` of pieces of a bar, and `ratio`, Λ = 1/(γ M).

    Parameters
    ----------
    exponent : (piece,) float array
        Smallest Lyapunov exponent of each piece, per slice.
    size : float
        M, the sites across.
    """
    gamma = mean(exponent)
    return {"gamma": gamma, "ratio": as_estimate(1 / (gamma * size))}


def transition_numbers(
    tuning: Array,
    sizes: Array,
    ratio: Estimate,
    orders: Sequence[ScalingOrders],
    near: ArrayLike = True,
    *,
    irrelevant_from: int = 3,
    critical: float | None = None,
    unit: float | None = None,
    even: bool = False,
) -> dict[str, Any]:
    """Fit ln Λ of all strengths and sizes at once, and return what the fit says.

    `qt.transition_quantities` declares these numbers for a definition.

    Parameters
    ----------
    tuning, sizes : (tuning, size) float arrays
        What is tuned through the transition, and the sizes M.
    ratio : Estimate (tuning, size)
        Λ = ξ/M, or another positive number that does not depend on the size at the transition.
    orders : sequence of ScalingOrders
        Expansions that are tried; the rule of `choose_orders` takes one.
    near : bool array, optional
        Which points are fitted; broadcasts to the shape of `ratio`.
    irrelevant_from : int
        Expansions with an irrelevant variable are tried from so many fitted sizes on. Few sizes fit
        any correction, and what is left of large ones is then a guess.
    critical, unit, even
        As in `fit_scaling`.

    Returns
    -------
    dict of str
        `critical`, unless it is given, with its 95 % interval `critical_ends` (2,); `nu` and
        `nu_ends`; `ratio_c`, Λ of large sizes at the transition, and `ratio_c_ends`: all of them averages over the
        expansions (`average_expansions`). `excess` of χ² of the chosen one in σ; `nu_from`
        (size,), its ν of all sizes from each one on, NaN where it is not fitted; `tried_nu`, `tried_y`, `tried_reduced`,
        `tried_probability` and `chosen` (order,), a number for each of `orders`, NaN where one is not tried; `fitted`, `shift` and `corrected`
        (tuning, size), the fit, the relevant variable, and Λ without what the irrelevant one adds;
        the first and the last are NaN where nothing is fitted.

    Raises
    ------
    InputError
        If the shapes do not belong together; see `fit_scaling`.
    Missing
        If points do not suffice, or do not bracket the transition.
    """
    x, M, near = (np.broadcast_to(np.asarray(one), ratio.shape) for one in (tuning, sizes, near))
    ln_ratio = as_estimate(np.log(ratio)).where(near)
    few = len(np.unique(M[near])) < irrelevant_from
    offered = [one for one in orders if not (few and one.n_I)]
    form: dict[str, Any] = {"critical": critical, "unit": unit, "even": even}
    _refuse_far(M, near, offered, Form(critical, unit, even))
    found = fit_scaling(x, M, ln_ratio, offered, **form)
    of_fitted = ln_ratio.reshape(near.size)[near.ravel()]
    scan = scan_smallest_size(x[near], M[near], of_fitted, found.orders, **form)
    return {
        **_averages(found, critical is None),
        "excess": found.fit.excess,
        "nu_from": stack([_nu(scan.get(size)) for size in M[0].tolist()]),
        **_tried(found, orders),
        **_curves(found, x, M, ratio, near),
    }


def _averages(found: Scaling, is_critical_fitted: bool) -> dict[str, Any]:
    """Return averages over expansions, and their 95 % intervals."""
    names = ("nu", "critical") if is_critical_fitted else ("nu",)
    numbers: dict[str, Any] = {"ratio_c": np.exp(average_expansions(found, "a00"))}
    numbers["ratio_c_ends"] = np.exp(np.array(average_interval(found, "a00")))
    for name in names:
        numbers[name] = average_expansions(found, name)
        numbers[f"{name}_ends"] = np.array(average_interval(found, name))
    return numbers


def _tried(found: Scaling, orders: Sequence[ScalingOrders]) -> dict[str, Array]:
    """Return the table of expansions, (order,) each; NaN where one is not tried."""
    tried = {row.orders: row for row in found.tried}
    rows = [tried.get(one, _NOT_TRIED) for one in orders]
    return {
        "tried_nu": np.array([row.nu for row in rows]),
        "tried_y": np.array([row.irrelevant for row in rows]),
        "tried_reduced": np.array([row.reduced for row in rows]),
        "tried_probability": np.array([row.probability for row in rows]),
        "chosen": np.array([_NAN if row is _NOT_TRIED else row.why == "chosen" for row in rows]),
    }


def _curves(found: Scaling, x: Array, M: Array, ratio: Estimate, near: Mask) -> dict[str, Any]:
    """Return the fit, the relevant variable, and Λ without the irrelevant one, (tuning, size) each."""
    alone, whole = found.without_irrelevant(x, M), found.value(x, M)
    return {
        "fitted": np.where(near, np.exp(whole), np.nan),
        "shift": found.relevant_variable(x, M),
        "corrected": as_estimate(ratio * np.exp(alone - whole)).where(near),
    }


def _refuse_far(sizes: Array, near: Mask, orders: Sequence[ScalingOrders], form: Form) -> None:
    """Raise Missing if too few of the sizes or of the points are fitted."""
    there, fitted = len(np.unique(sizes)), len(np.unique(sizes[near]))
    if fitted < 2 <= there and near.any():
        raise Missing(
            f"{fitted} of the {there} sizes is large enough for this fit, and two or more are needed; "
            "add larger sizes"
        )
    none = np.zeros(0)
    needed = min((len(Expansion(one, form, none, none).names) for one in orders), default=0) + 1
    if near.sum() < needed <= near.size:
        raise Missing(
            f"{near.sum()} of the {near.size} points lie where the definition fits them, and "
            f"{needed} or more are needed; compute points nearer to the transition, or larger sizes"
        )


_NAN = float("nan")
_NOT_TRIED = TriedOrders(ScalingOrders(), 0, 0, _NAN, _NAN, _NAN, _NAN, _NAN, "not tried")


def _nu(found: Any) -> Any:
    """Return ν of a fit; NaN where there is none."""
    return found.nu if isinstance(found, Scaling) else np.nan
