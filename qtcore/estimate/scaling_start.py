"""Where the search for a scaling function begins, and where it ends.

A scaling function is linear in all but a few of its parameters. Linear least squares for each of many
places of x_c, ν and y show where χ² is small; the search begins at the best of them, and at what a
smaller expansion has found.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qtcore.estimate.estimate import Array
from qtcore.estimate.scaling_function import Expansion

EXPONENTS = (0.7, 1.0, 1.3, 1.6, 2.0, 2.6, 3.5, 5.0)
"""Values of ν that are tried."""

IRRELEVANT = (-0.5, -1.0, -2.0, -4.0)
"""Values of the exponent of the irrelevant variable that are tried."""

LOWEST_EXPONENT = 0.5
"""Transitions in disorder have ν >= 2/d (J. T. Chayes et al., Phys. Rev. Lett. 57, 2999 (1986)), here up to
four dimensions. Fits below it let the irrelevant variable play the part of the relevant one."""

PLACES = 17
"""Values of x_c that are tried, evenly over those that were swept."""

BEST = 3
"""So many of them are searched from."""

RANDOM = 2
"""So many starts are made from the best one by chance, with a fixed seed."""

_STEPS = 200
_HUGE = 1e100


class Found:
    """Where a search ended.

    Attributes
    ----------
    parameters : (p,) float array
    squares : float
        χ².
    """

    def __init__(self, parameters: Array, squares: float) -> None:
        self.parameters, self.squares = parameters, squares


def settle(
    expansion: Expansion, values: Array, errors: Array, start: Array, held: int | None = None
) -> Found | None:
    """Return where weighted least squares settle from a start, or None if they do not.

    Parameters
    ----------
    expansion : Expansion
    values, errors : (n,) float arrays
        Numbers, and errors that set their weights.
    start : (p,) float array
    held : int, optional
        The place of a parameter that keeps its value.
    """
    from scipy.optimize import least_squares

    free = np.arange(len(start)) != held
    whole = start.copy()

    def residuals(parameters: Array) -> Array:
        whole[free] = parameters
        with np.errstate(all="ignore"):
            away = (expansion.value(whole) - values) / errors
        return np.nan_to_num(away, nan=_HUGE, posinf=_HUGE, neginf=-_HUGE)

    def slope(parameters: Array) -> Array:
        whole[free] = parameters
        with np.errstate(all="ignore"):
            found = expansion.slope(whole)[:, free] / errors[:, None]
        return np.nan_to_num(found, nan=0.0, posinf=_HUGE, neginf=-_HUGE)

    try:
        with np.errstate(over="ignore", invalid="ignore"):  # of searches that run away
            found = least_squares(
                residuals, start[free], slope, method="lm", x_scale="jac", max_nfev=_STEPS
            )
    except (ValueError, np.linalg.LinAlgError):
        return None
    if not found.success or not np.isfinite(found.cost) or found.cost > _HUGE:
        return None
    parameters = start.copy()
    parameters[free] = found.x
    return Found(parameters, float(2 * found.cost))


def search(
    expansion: Expansion,
    values: Array,
    errors: Array,
    before: Sequence[Mapping[str, float]] = (),
) -> Found | None:
    """Return the best place of all searches, or None if none settles at a scaling function.

    Parameters
    ----------
    expansion : Expansion
    values, errors : (n,) float arrays
        Numbers, and errors that set their weights.
    before : sequence of mapping
        What smaller expansions have found, by the names of their parameters.
    """
    starts = _of_smaller(expansion, before) or _from_grid(expansion, values, errors)
    found = _best(expansion, values, errors, starts)
    if found is None and before:
        found = _best(expansion, values, errors, _from_grid(expansion, values, errors))
    if found is None:
        return None
    rng = np.random.default_rng(1)
    shaken = [
        found.parameters * (1 + 0.1 * rng.standard_normal(len(found.parameters)))
        for _ in range(RANDOM)
    ]
    return _best(expansion, values, errors, [found.parameters, *shaken])


def is_sound(expansion: Expansion, parameters: Array) -> bool:
    """Whether exponents have the sign, and the size, of those of a transition."""
    known = dict(zip(expansion.names, parameters, strict=True))
    return bool(
        np.isfinite(parameters).all()
        and LOWEST_EXPONENT < known["nu"] < 50
        and -20 < known.get("y", -1.0) < -0.02
    )


def _best(
    expansion: Expansion, values: Array, errors: Array, starts: Sequence[Array]
) -> Found | None:
    ends = [settle(expansion, values, errors, one) for one in starts]
    sound = [end for end in ends if end is not None and is_sound(expansion, end.parameters)]
    return min(sound, key=lambda end: end.squares, default=None)


def _of_smaller(expansion: Expansion, before: Sequence[Mapping[str, float]]) -> list[Array]:
    """Return the parameters of smaller expansions, whose new ones are 0."""
    starts = []
    for known in before:
        new = IRRELEVANT[1:] if "y" in expansion.names and "y" not in known else (None,)
        for y in new:
            given: dict[str, Any] = dict(known) if y is None else {**known, "y": y}
            if y is not None:
                # An irrelevant variable that has no part in the function has no slope.
                given["a01"] = 0.01 * abs(known["a00"]) + 1e-3
            starts.append(expansion.parameters(given))
    return starts


def _from_grid(expansion: Expansion, values: Array, errors: Array) -> list[Array]:
    """Return the best places of a grid over x_c, ν and y, each with its best coefficients."""
    x = expansion.tuning
    form = expansion.form
    places = [0.0] if form.critical is not None else np.linspace(x.min(), x.max(), PLACES).tolist()
    irrelevant = IRRELEVANT if expansion.orders.n_I else (None,)
    tried = []
    for critical in places:
        for nu in EXPONENTS:
            for y in irrelevant:
                known = {"critical": critical, "nu": nu} | ({} if y is None else {"y": y})
                tried.append(expansion.parameters(known))
    with np.errstate(all="ignore"):
        designs = np.stack([expansion.design(one) for one in tried]) / errors[:, None]
    linear = designs.shape[2]
    size = np.linalg.norm(designs, axis=1, keepdims=True)
    scaled = designs / np.where(size > 0, size, 1.0)
    squares = scaled.swapaxes(1, 2) @ scaled + 1e-10 * np.eye(linear)
    right = scaled.swapaxes(1, 2) @ (values / errors)
    usable = np.isfinite(squares).all(axis=(1, 2))
    squares[~usable], right[~usable] = np.eye(linear), 0.0
    coefficients = np.linalg.solve(squares, right[..., None])[..., 0]
    rest = values / errors - np.einsum("gnk,gk->gn", np.nan_to_num(scaled), coefficients)
    misfit = np.where(usable, (rest**2).sum(axis=1), np.inf)
    found = []
    for place in np.argsort(misfit)[:BEST]:
        start = tried[place].copy()
        start[-linear:] = coefficients[place] / np.where(size[place, 0] > 0, size[place, 0], 1.0)
        found.append(start)
    return found
