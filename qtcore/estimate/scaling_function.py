"""The scaling function near a transition, expanded in a relevant and an irrelevant variable.

y = Σ a_ij φ₁^i φ₂^j with φ₁ = u(w) M^(1/ν), φ₂ = v(w) M^y, w = (x − x_c) / x_c, for i up to n_R and j up
to n_I. u = w + b₂ w² + … up to m_R is the relevant variable, v = 1 + c₁ w + … up to m_I the
irrelevant one, whose exponent y is negative. K. Slevin and T. Ohtsuki, Phys. Rev. Lett. 82, 382 (1999);
New J. Phys. 16, 015012 (2014), where b₁ and c₀ are free and a₁₀ = a₀₁ = 1 in their place. With
b₁ = c₀ = 1 the model is linear in all a_ij, so that a search needs starts for x_c, ν and y only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array


@dataclass(frozen=True, order=True)
class ScalingOrders:
    """Orders of the expansion of a scaling function.

    Attributes
    ----------
    n_R, n_I : int
        Highest powers of the relevant and of the irrelevant variable in the scaling function;
        n_I = 0 is scaling with one parameter.
    m_R, m_I : int
        Highest powers of w in the variables themselves.

    Raises
    ------
    InputError
        If an order is no whole number, n_R or m_R is below 1, or another one negative, or m_I is
        above 0 without an irrelevant variable.
    """

    n_R: int = 3
    n_I: int = 0
    m_R: int = 1
    m_I: int = 0

    def __post_init__(self) -> None:
        least = {"n_R": 1, "n_I": 0, "m_R": 1, "m_I": 0}
        for name, lowest in least.items():
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, int) or given < lowest:
                raise InputError(
                    f"{name}, an order of the scaling function, is a whole number from {lowest} on, "
                    f"got {given!r}"
                )
        if self.m_I and not self.n_I:
            raise InputError(
                f"m_I = {self.m_I} expands an irrelevant variable that n_I = 0 leaves out; "
                "give n_I = 1 or m_I = 0"
            )

    def __str__(self) -> str:
        return f"({self.n_R}, {self.n_I}, {self.m_R}, {self.m_I})"

    def holds(self, other: "ScalingOrders") -> bool:
        """Whether the expansion contains another one."""
        pairs = zip(self.as_tuple(), other.as_tuple(), strict=True)
        return all(own >= theirs for own, theirs in pairs)

    def as_tuple(self) -> tuple[int, int, int, int]:
        """Return n_R, n_I, m_R, m_I."""
        return self.n_R, self.n_I, self.m_R, self.m_I


@dataclass(frozen=True)
class Form:
    """What a scaling function is apart from its orders.

    Attributes
    ----------
    critical : float, optional
        Where the transition is, if that is known.
    unit : float, optional
        w = (x − x_c) / unit; x_c unless given.
    is_even : bool
        Whether both sides of the transition are alike: even powers of φ₁ only.
    """

    critical: float | None = None
    unit: float | None = None
    is_even: bool = False


class Expansion:
    """The scaling function of some points, as a function of its parameters.

    Parameters
    ----------
    orders : ScalingOrders
    form : Form
    tuning, sizes : (n,) float arrays
        x and M of the points.

    Attributes
    ----------
    names : tuple of str
        Of the parameters: "critical" unless it is known, "nu", "y", "b2", …, "c1", …, "a00", ….
    """

    def __init__(self, orders: ScalingOrders, form: Form, tuning: Array, sizes: Array) -> None:
        self.orders, self.form = orders, form
        self.tuning, self.log_size = tuning, np.log(sizes)
        self.powers = np.arange(0, orders.n_R + 1, 2 if form.is_even else 1)
        names = [] if form.critical is not None else ["critical"]
        names += ["nu", "y"] if orders.n_I else ["nu"]
        names += [f"b{k}" for k in range(2, orders.m_R + 1)]
        names += [f"c{k}" for k in range(1, orders.m_I + 1)]
        self._nonlinear = len(names)
        names += [f"a{i}{j}" for i in self.powers for j in range(orders.n_I + 1)]
        self.names = tuple(names)
        self._place = {name: n for n, name in enumerate(names)}
        self._b = [self._place[f"b{k}"] for k in range(2, orders.m_R + 1)]
        self._c = [self._place[f"c{k}"] for k in range(1, orders.m_I + 1)]

    def at(self, tuning: Array, sizes: Array) -> "Expansion":
        """Return the same function at other points."""
        return Expansion(self.orders, self.form, tuning, sizes)

    def parameters(self, known: Mapping[str, float]) -> Array:
        """Return parameters from those that are known by name; 0 for others."""
        return np.array([known.get(name, 0.0) for name in self.names])

    def relevant(self, parameters: Array) -> Array:
        """Return φ₁ (n,)."""
        w = self._distance(parameters)[0]
        u = w * _series(1.0, parameters[self._b], w)[0]
        return np.asarray(u * np.exp(self.log_size / parameters[self._place["nu"]]))

    def irrelevant(self, parameters: Array) -> Array:
        """Return φ₂ (n,); 0 without an irrelevant variable."""
        if not self.orders.n_I:
            return np.zeros(len(self.tuning))
        v = _series(1.0, parameters[self._c], self._distance(parameters)[0])[0]
        return np.asarray(v * np.exp(parameters[self._place["y"]] * self.log_size))

    def value(self, parameters: Array) -> Array:
        """Return the function (n,)."""
        return self._sum(parameters, self.relevant(parameters), self.irrelevant(parameters))

    def without_irrelevant(self, parameters: Array) -> Array:
        """Return the function (n,) of the relevant variable alone: what is left of large sizes."""
        return self._sum(parameters, self.relevant(parameters), np.zeros(len(self.tuning)))

    def slope(self, parameters: Array) -> Array:
        """Return derivatives of the function with respect to its parameters, (n, p)."""
        w, in_critical = self._distance(parameters)
        one, two = self.relevant(parameters), self.irrelevant(parameters)
        a = self._coefficients(parameters)
        first, second = self._powers(one), np.vander(two, a.shape[1], increasing=True)
        by_one = ((_steps(first) @ a) * second).sum(axis=1)
        if self.form.is_even:
            by_one = by_one * 2 * one
        nu = parameters[self._place["nu"]]
        # u = w s(w), so that du/dw = s + w ds/dw.
        shape, bend = _series(1.0, parameters[self._b], w)
        scale = np.exp(self.log_size / nu)
        found = np.empty((len(w), len(self.names)))
        found[:, self._place["nu"]] = -by_one * one * self.log_size / nu**2
        for k, place in enumerate(self._b, 2):
            found[:, place] = by_one * scale * w**k
        in_w = by_one * scale * (shape + w * bend)
        if self.orders.n_I:
            by_two = ((first @ a) * _steps(second)).sum(axis=1)
            scale = np.exp(parameters[self._place["y"]] * self.log_size)
            found[:, self._place["y"]] = by_two * two * self.log_size
            for k, place in enumerate(self._c, 1):
                found[:, place] = by_two * scale * w**k
            in_w = in_w + by_two * scale * _series(1.0, parameters[self._c], w)[1]
        if self.form.critical is None:
            found[:, 0] = in_w * in_critical
        found[:, self._nonlinear :] = (first[:, :, None] * second[:, None, :]).reshape(len(w), -1)
        return found

    def design(self, parameters: Array) -> Array:
        """Return derivatives with respect to the coefficients a_ij alone, (n, coefficient)."""
        first = self._powers(self.relevant(parameters))
        second = np.vander(self.irrelevant(parameters), self.orders.n_I + 1, increasing=True)
        return np.asarray((first[:, :, None] * second[:, None, :]).reshape(len(first), -1))

    def _powers(self, one: Array) -> Array:
        """Return powers (n, power) of the relevant variable."""
        step = one**2 if self.form.is_even else one
        return np.asarray(np.vander(step, len(self.powers), increasing=True))

    def _distance(self, parameters: Array) -> tuple[Array, Array]:
        """Return w (n,) and its derivative with respect to x_c."""
        known, unit = self.form.critical, self.form.unit
        critical = parameters[0] if known is None else known
        scale = critical if unit is None else unit
        w = (self.tuning - critical) / scale
        return w, -(w + 1) / scale if unit is None else np.full(len(w), -1 / scale)

    def _coefficients(self, parameters: Array) -> Array:
        return parameters[self._nonlinear :].reshape(len(self.powers), self.orders.n_I + 1)

    def _sum(self, parameters: Array, one: Array, two: Array) -> Array:
        a = self._coefficients(parameters)
        second = np.vander(two, a.shape[1], increasing=True)
        return np.asarray(((self._powers(one) @ a) * second).sum(axis=1))


def _series(first: float, rest: Array, w: Array) -> tuple[Array, Array]:
    """Return first + rest₀ w + rest₁ w² + …, and its derivative."""
    value, slope = np.full(len(w), first), np.zeros(len(w))
    for k, factor in enumerate(rest, 1):
        value = value + factor * w**k
        slope = slope + k * factor * w ** (k - 1)
    return value, slope


def _steps(powers: Array) -> Array:
    """Return derivatives of powers (n, power) with respect to what is raised."""
    found = np.zeros_like(powers)
    found[:, 1:] = powers[:, :-1] * np.arange(1, powers.shape[1])
    return found
