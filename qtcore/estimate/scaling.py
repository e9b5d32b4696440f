"""Finite-size scaling: where a transition is, and with which exponent, from numbers at many sizes.

What is the same for all sizes at a transition, such as ln Λ of bars, ⟨r⟩ of levels or the mean of ln g
of cubes, is fitted by an expansion in a relevant and an irrelevant variable (`scaling_function`).
Orders of the expansion may be given, or are chosen by a rule (`choose_orders`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, brief
from qtcore.estimate.crossings import side_of_crossing
from qtcore.estimate.estimate import Array, Estimate, Mask, exact
from qtcore.estimate.fit import fit
from qtcore.estimate.fit_linear import Fit
from qtcore.estimate.given import estimate_of
from qtcore.estimate.missing import Missing
from qtcore.estimate.scaling_function import Expansion, Form, ScalingOrders
from qtcore.estimate.scaling_start import is_sound, search
from qtcore.estimate.scaling_table import TriedOrders

BOUND = 0.1
"""A fit is good if χ² of a right model would be as large at least this often."""

SIGNIFICANCE = 0.01
"""A larger expansion is better if χ² would fall by as much by chance less often than this."""


def _usual() -> tuple[ScalingOrders, ...]:
    """Return the expansions that are tried unless others are given."""
    corrections = ((0, 0), (1, 0), (1, 1))
    made = (
        ScalingOrders(n_R, n_I, m_R, m_I)
        for n_I, m_I in corrections
        for n_R in (1, 2, 3, 4)
        for m_R in (1, 2, 3)
    )
    return tuple(made)


USUAL_ORDERS = _usual()
"""Expansions that are tried unless others are given."""


@dataclass(frozen=True)
class Scaling:
    """A scaling function that was fitted.

    Attributes
    ----------
    orders : ScalingOrders
        Of the expansion.
    names : tuple of str
        Of the parameters.
    fit : Fit
        Coefficients in the order of the names, χ², degrees of freedom, probability.
    expansion : Expansion
        The function at the points that were fitted.
    y : Estimate (n,)
        What was fitted.
    used : (points,) bool array
        Which of the given points were fitted.
    tried : tuple of TriedOrders
        All expansions that were tried, the chosen one included.
    settled : tuple of Scaling
        Fits of all those whose search settled, of which `average_expansions` takes the mean.
    """

    orders: ScalingOrders
    names: tuple[str, ...]
    fit: Fit
    expansion: Expansion
    y: Estimate
    used: Mask
    tried: tuple[TriedOrders, ...] = field(default=())
    settled: tuple["Scaling", ...] = field(default=(), repr=False, compare=False)

    def parameter(self, name: str) -> Estimate:
        """Return a parameter by its name; NaN if the expansion has no such parameter."""
        if name not in self.names:
            return exact(np.nan)
        return self.fit.coefficients[self.names.index(name)]

    @property
    def critical(self) -> Estimate:
        """Where the transition is; exact if it was given."""
        known = self.expansion.form.critical
        return self.parameter("critical") if known is None else exact(known)

    @property
    def nu(self) -> Estimate:
        """Exponent of the localization length."""
        return self.parameter("nu")

    @property
    def irrelevant(self) -> Estimate:
        """Exponent y < 0 of the irrelevant variable; NaN without one."""
        return self.parameter("y")

    @property
    def at_transition(self) -> Estimate:
        """What large sizes have at the transition, a₀₀."""
        return self.parameter("a00")

    @property
    def squares(self) -> float:
        """χ², each number weighted by its own error."""
        away = self.expansion.value(self.fit.coefficients.values) - self.y.values
        return float(np.sum((away / self.y.error) ** 2))

    def value(self, tuning: ArrayLike, sizes: ArrayLike) -> Array:
        """Return the function at other points; arrays broadcast."""
        return self._at(tuning, sizes, "value")

    def without_irrelevant(self, tuning: ArrayLike, sizes: ArrayLike) -> Array:
        """Return the function of the relevant variable alone at other points."""
        return self._at(tuning, sizes, "without_irrelevant")

    def relevant_variable(self, tuning: ArrayLike, sizes: ArrayLike) -> Array:
        """Return φ₁ = ±(M/ξ)^(1/ν) at other points: what all points collapse on."""
        return self._at(tuning, sizes, "relevant")

    def _at(self, tuning: ArrayLike, sizes: ArrayLike, what: str) -> Array:
        x, M = np.broadcast_arrays(
            np.asarray(tuning, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
        )
        there = self.expansion.at(x.ravel(), M.ravel())
        return np.asarray(getattr(there, what)(self.fit.coefficients.values)).reshape(x.shape)


def fit_scaling(
    tuning: ArrayLike,
    sizes: ArrayLike,
    y: Estimate,
    orders: ScalingOrders | Iterable[ScalingOrders] | None = None,
    *,
    critical: float | None = None,
    unit: float | None = None,
    even: bool = False,
    smallest: float | None = None,
) -> Scaling:
    """Return the scaling function of numbers that are the same for all sizes at a transition.

    Weighted nonlinear least squares; every number has the weight of its own error, and the errors of
    what comes out know what numbers have in common. Starts are found. With several orders, or none
    given, the rule of `choose_orders` takes one, and `.tried` has all of them.

    Parameters
    ----------
    tuning, sizes : float arrays
        What is tuned through the transition, such as the strength of disorder, and the sizes M of
        the points. They broadcast to the shape of `y`.
    y : Estimate of any shape
        What is scale invariant at the transition: ln Λ, Λ, 1/Λ, ⟨r⟩, ⟨ln g⟩, …. Points without a
        value or error do not count.
    orders : ScalingOrders or several, optional
        Of the expansion; `USUAL_ORDERS` unless given.
    critical : float, optional
        Where the transition is, if symmetry says so.
    unit : float, optional
        Of the distance from the transition, w = (x − x_c) / unit; x_c itself unless given. Needed where x_c
        may be 0.
    even : bool
        Whether both sides of the transition are alike, as of a quantum Hall transition.
    smallest : float, optional
        Only sizes from here on count.

    Raises
    ------
    InputError
        If the shapes do not belong together, a size is not positive, or a distance has no unit.
    Missing
        If there are fewer than two sizes, points do not suffice for the parameters, no point has a
        value, curves do not cross within the values of `tuning`, or no search settles.
    """
    y = estimate_of(y, "y")
    x, M, used = _points(tuning, sizes, y, smallest)
    form = Form(critical, unit, even)
    _refuse_form(form, x)
    numbers = y.reshape(y.size)[used.ravel()]
    _refuse_few(M, numbers, y.size, smallest)
    given = _orders(orders)
    fitted: dict[ScalingOrders, Scaling | str] = {}
    for one in sorted(set(given), key=lambda one: (len(Expansion(one, form, x, M).names), one)):
        smaller = [
            dict(zip(other.names, other.fit.coefficients.values.tolist(), strict=True))
            for other in fitted.values()
            if isinstance(other, Scaling) and one.holds(other.orders)
        ]
        fitted[one] = _one(Expansion(one, form, x, M), numbers, used, smaller[-3:])
    found = [one for one in fitted.values() if isinstance(one, Scaling)]
    if not found:
        _refuse_all(fitted)
    chosen = choose_orders(found)
    _refuse_outside(chosen)
    rows = [
        _row(one, result, Expansion(one, form, x, M), len(numbers), is_chosen=result is chosen)
        for one, result in fitted.items()
    ]
    return replace(chosen, tried=tuple(rows), settled=tuple(found))


def choose_orders(
    fits: Iterable[Scaling], bound: float = BOUND, significance: float = SIGNIFICANCE
) -> Scaling:
    """Return the fit of the fewest parameters that is good and that larger ones do not better.

    A fit is good if χ² of a right model would be as large with a probability of at least `bound`.
    One that contains it betters it if its χ² is smaller by so much that this would happen by chance
    with a probability below `significance`. If several have equally few parameters, the one of the
    largest probability is taken. If no fit is good, the one of the largest probability is.

    Raises
    ------
    InputError
        If there is no fit.
    """
    from scipy.stats import chi2

    every = sorted(fits, key=lambda one: (len(one.names), -one.fit.probability))
    if not every:
        raise InputError("choose_orders takes fits to choose from, got none")

    def betters(larger: Scaling, small: Scaling) -> bool:
        more = len(larger.names) - len(small.names)
        if more <= 0 or not larger.orders.holds(small.orders):
            return False
        # In units of what a degree of freedom of these numbers has.
        unit = larger.squares / larger.fit.reduced / larger.fit.degrees
        return bool(chi2.sf((small.squares - larger.squares) / unit, more) < significance)

    good = [one for one in every if one.fit.probability >= bound]
    for one in good:
        if not any(betters(other, one) for other in every):
            return one
    return max(good or every, key=lambda one: one.fit.probability)


def scan_smallest_size(
    tuning: ArrayLike,
    sizes: ArrayLike,
    y: Estimate,
    orders: ScalingOrders | Iterable[ScalingOrders] | None = None,
    *,
    critical: float | None = None,
    unit: float | None = None,
    even: bool = False,
) -> dict[float, Scaling | Missing]:
    """Return fits by the smallest size that counts, from all sizes to the two largest.

    Corrections that an expansion leaves out show as results that move with the smallest size.
    Parameters as in `fit_scaling`. Where there is no fit, the reason stands in its place.
    """
    found: dict[float, Scaling | Missing] = {}
    for smallest in np.unique(np.asarray(sizes, dtype=np.float64))[:-1].tolist():
        try:
            found[smallest] = fit_scaling(
                tuning, sizes, y, orders, critical=critical, unit=unit, even=even, smallest=smallest
            )
        except Missing as why:
            found[smallest] = why
    return found


def _one(
    expansion: Expansion, numbers: Estimate, used: Mask, smaller: list[dict[str, float]]
) -> Scaling | str:
    """Return the fit of one expansion, or why there is none."""
    count, sizes = len(expansion.names), len(np.unique(expansion.log_size))
    if len(numbers) <= count:
        return f"{count} parameters need more than {count} points, got {len(numbers)}"
    if expansion.orders.n_I and sizes < 3:
        return f"an irrelevant variable needs three sizes, got {sizes}"
    start = search(expansion, numbers.values, numbers.error, smaller)
    if start is None:
        return "no search settles at 0.5 < ν < 50" + (
            " and -20 < y < -0.02" if expansion.orders.n_I else ""
        )
    try:
        found = fit(expansion.value, numbers, start.parameters.tolist(), slope=expansion.slope)
    except Missing as why:
        return str(why)
    if not is_sound(expansion, found.coefficients.values):
        return "the search does not settle"
    return Scaling(expansion.orders, expansion.names, found, expansion, numbers, used)


def _row(
    orders: ScalingOrders,
    result: Scaling | str,
    expansion: Expansion,
    points: int,
    *,
    is_chosen: bool,
) -> TriedOrders:
    count = len(expansion.names)
    if isinstance(result, str):
        nan = float("nan")
        return TriedOrders(orders, count, points - count, nan, nan, nan, nan, nan, result)
    known = (float(result.critical), float(result.nu), float(result.irrelevant))
    quality = (result.fit.reduced, result.fit.probability)
    why = "chosen" if is_chosen else ""
    return TriedOrders(orders, count, points - count, *quality, *known, why)


def _points(
    tuning: ArrayLike, sizes: ArrayLike, y: Estimate, smallest: float | None
) -> tuple[Array, Array, Mask]:
    """Return x and M of the points that count, and which these are."""
    try:
        x, M = (
            np.broadcast_to(np.asarray(one, dtype=np.float64), y.shape) for one in (tuning, sizes)
        )
    except ValueError:
        shapes = [np.shape(one) for one in (tuning, sizes)]
        raise InputError(
            f"tuning and sizes broadcast to the shape of y, {y.shape}; got {shapes[0]} and {shapes[1]}"
        ) from None
    if not (np.isfinite(x).all() and np.isfinite(M).all() and (M > 0).all()):
        raise InputError(f"tuning must be finite and sizes > 0; the smallest size is {M.min():g}")
    used = np.isfinite(y.values) & np.isfinite(y.error) & (y.error > 0)
    if smallest is not None:
        if np.isnan(smallest):
            raise InputError("smallest must be a size or None, got nan")
        used &= smallest <= M
    return x[used], M[used], used


def _orders(orders: object) -> tuple[ScalingOrders, ...]:
    """Return the orders that are tried, of one, of several, or of None."""
    given = (orders,) if isinstance(orders, ScalingOrders) else orders
    given = USUAL_ORDERS if given is None else given
    several = tuple(given) if isinstance(given, Iterable) else (given,)
    if not several:
        raise InputError("fit_scaling takes one ScalingOrders or several, got none")
    for one in several:
        if not isinstance(one, ScalingOrders):
            raise InputError(
                "orders are ScalingOrders(n_R, n_I, m_R, m_I), one or several of them, got "
                f"{brief(orders)}"
            )
    return several


def _refuse_form(form: Form, x: Array) -> None:
    if form.critical is not None and not np.isfinite(form.critical):
        raise InputError(f"critical must be a finite number or None, got {form.critical}")
    if form.unit is not None and not form.unit > 0:
        raise InputError(
            f"unit, of the distance from the transition, must be > 0, got {form.unit:g}"
        )
    crosses_zero = x.size and x.min() <= 0 <= x.max()
    if form.unit is None and (form.critical == 0 or (form.critical is None and crosses_zero)):
        raise InputError(
            "the transition may lie at 0, where (x - x_c) / x_c is no distance from it: give `unit`, "
            "a number such as half the range of x"
        )


def _refuse_few(M: Array, numbers: Estimate, given: int, smallest: float | None) -> None:
    if not len(numbers):
        raise Missing(
            f"none of the {given} points has a value with an error: all samples are missing or in "
            "doubt, or no size is large enough; compute more realizations"
        )
    sizes = np.unique(M)
    if len(sizes) < 2:
        above = "" if smallest is None else f" of at least {smallest:g}"
        raise Missing(
            f"finite-size scaling compares at least two sizes{above}, got "
            f"{', '.join(f'{one:g}' for one in sizes)} with values; add a size"
        )


def _refuse_outside(chosen: Scaling) -> None:
    """Raise Missing if the values do not bracket the transition that was found."""
    x, place = chosen.expansion.tuning, float(chosen.critical)
    low, high = float(x.min()), float(x.max())
    if chosen.expansion.form.critical is not None or low <= place <= high:
        return
    edge = high if place > high else low
    M = np.exp(chosen.expansion.log_size)
    side = side_of_crossing(x, M, chosen.y)
    if abs(place - edge) < 2 * (high - low):
        raise Missing(f"the best fit has the transition at {place:.4g}, beyond the values: {side}")
    raise Missing(side)


def _refuse_all(fitted: dict[ScalingOrders, Scaling | str]) -> None:
    """Raise Missing: say why the expansion of the fewest parameters failed."""
    whys = {str(one): str(why) for one, why in fitted.items()}
    orders, why = next(iter(whys.items()))
    more = f" ({len(whys) - 1} larger expansions failed as well)" if len(whys) > 1 else ""
    raise Missing(f"no scaling function of orders {orders} was found: {why}{more}")
